/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/courier.h"

#include "common/backoff.h"
#include "common/usec.h"

static bool is_delivered(int status)
{
	return status >= 200 && status < 300;
}

/* A redirect is not about this notice either: a portal that wants somebody to log in answers so. */
static bool is_refused(int status)
{
	return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

/* What did not work. A status is no number of libcurl's: those end below 200. */
static int describe(const struct post_answer *a, char *words, size_t size)
{
	int n;

	if (a->status == 0) {
		snprintf(words, size, "%s", a->words);
		return a->error;
	}
	n = snprintf(words, size, "answers %d", a->status);
	if (a->words[0])
		snprintf(words + n, size - (size_t) n, ": %s", a->words);
	return a->status;
}

static void back_off(struct receiver *r, struct backoff *b, uint64_t retry_after_usec)
{
	uint64_t wait = MAX(backoff_next(b), MIN(retry_after_usec, b->max_usec));
	uint64_t until = usec_now() + wait;

	while (usec_now() < until && receiver_wait(r, until))
		;
}

static void settle(
	struct receiver *r, struct backoff *b, const struct notice *n, const struct post_answer *a)
{
	char words[RECEIVER_WORDS_MAX];
	int code;

	if (is_delivered(a->status)) {
		backoff_reset(b);
		receiver_delivered(r, n);
		return;
	}
	code = describe(a, words, sizeof(words));
	if (is_refused(a->status)) {
		backoff_reset(b);
		receiver_give_up(r, n, code, words);
	} else {
		receiver_fails(r, code, words);
		back_off(r, b, a->retry_after_usec);
	}
}

void courier_run(struct receiver *r, const struct courier *c)
{
	struct backoff b = { .min_usec = c->times.backoff_min_usec,
		.max_usec = c->times.backoff_max_usec,
		.seed = (uint32_t) usec_now() ^ (uint32_t) (uintptr_t) r };

	while (!receiver_stopping(r)) {
		_cleanup_(notice_unrefp) struct notice *n = receiver_peek(r);
		struct post_answer answer = { 0 };
		int error;

		if (!n) {
			(void) receiver_wait(r, USEC_INFINITY);
			continue;
		}
		error = c->deliver(c->self, r, n, &answer);
		if (error == -EINTR)
			break;
		if (error < 0)
			snprintf(answer.words, sizeof(answer.words), "no memory");
		settle(r, &b, n, &answer);
	}
}

static bool woken(void *userdata)
{
	return receiver_collect(userdata);
}

struct post_request courier_request(struct receiver *r, const struct courier_times *times)
{
	return (struct post_request){ .timeout_usec = times->timeout_usec,
		.wake_fd = receiver_wake_fd(r),
		.woken = woken,
		.userdata = r };
}
