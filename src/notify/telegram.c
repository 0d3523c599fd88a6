/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/telegram.h"

#include <string.h>
#include <time.h>

#include "common/secret.h"
#include "common/usec.h"

/* A person waits for it: better try again soon than long. */
#define TIMEOUT_MAX_USEC (5 * USEC_PER_SEC)

/* So much of the token in a row gives it away. */
#define PIECE_SIZE 8

struct telegram {
	char *url, *token, *chat, *client;
	struct post *post;
	struct courier courier;
};

static void put_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", f);
		else if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else
			fputc(*text, f);
	}
}

static void put_text(FILE *f, const struct notice *n, const char *client)
{
	time_t seconds = (time_t) (n->realtime_usec / USEC_PER_SEC);
	char when[64] = "";
	struct tm tm;

	fputs("<b>", f);
	put_escaped(f, n->state ? n->state : n->number ? n->number : "");
	fputs("</b>", f);
	if (n->reason || n->value) {
		fputs(": ", f);
		put_escaped(f, n->value ? n->value : n->reason);
	}
	fputc('\n', f);
	put_escaped(f, client);
	if (localtime_r(&seconds, &tm) &&
		strftime(when, sizeof(when), "\n%Y-%m-%d %H:%M:%S %Z", &tm))
		put_escaped(f, when);
}

char *telegram_text(const struct notice *n, const char *client)
{
	_cleanup_(freep) char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	put_text(f, n, client);
	if (fclose(f) != 0)
		return NULL;
	return TAKE_PTR(text);
}

static char *body_of(const struct telegram *t, const struct notice *n)
{
	_cleanup_(freep) char *text = telegram_text(n, t->client);
	char *body;
	json_t *o;

	if (!text)
		return NULL;
	o = json_pack("{s:s, s:s, s:s}", "chat_id", t->chat, "text", text, "parse_mode", "HTML");
	body = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return body;
}

/* Whole, cut, or in a path with other characters in place of its colon. */
static bool holds_token(const char *words, const char *token)
{
	char piece[PIECE_SIZE + 1];
	size_t size = strlen(token);

	for (size_t i = 0; i == 0 || i + PIECE_SIZE <= size; i++) {
		snprintf(piece, sizeof(piece), "%s", token + i);
		if (strcasestr(words, piece))
			return true;
	}
	return false;
}

/* What it says besides a status: {"description": "…", "parameters": {"retry_after": s}}. A proxy
 * may well say which path it does not know. */
static void read_answer(const struct telegram *t, struct post_answer *a)
{
	json_t *o = json_loads(a->text, JSON_REJECT_DUPLICATES, NULL);
	const char *words = json_string_value(json_object_get(o, "description"));
	json_int_t wait = json_integer_value(
		json_object_get(json_object_get(o, "parameters"), "retry_after"));

	if (a->status >= 300 && words)
		snprintf(a->words, sizeof(a->words), "%s",
			holds_token(words, t->token) ? "***" : words);
	if (wait > 0 && wait < INT32_MAX)
		a->retry_after_usec = (uint64_t) wait * USEC_PER_SEC;
	json_decref(o);
}

static int deliver(void *self, struct receiver *r, const struct notice *n, struct post_answer *ret)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	struct telegram *t = self;
	struct post_request q = courier_request(r, &t->courier.times);
	_cleanup_(freep) char *body = body_of(t, n);
	int error;

	if (!body)
		return -ENOMEM;
	q.url = t->url;
	q.headers = headers;
	q.body = body;
	q.size = strlen(body);
	error = post_send(t->post, &q, ret);
	if (error == 0 && ret->status)
		read_answer(t, ret);
	return error;
}

static void run(struct receiver *r, void *self)
{
	struct telegram *t = self;

	courier_run(r, &t->courier);
}

static void telegram_free(void *self)
{
	struct telegram *t = self;

	post_free(t->post);
	secret_free(t->url);
	secret_free(t->token);
	free(t->chat);
	free(t->client);
	free(t);
}

static char *url_of(const struct notifier_telegram *settings)
{
	size_t n = strlen(settings->base);
	char *url = NULL;

	while (n > 0 && settings->base[n - 1] == '/')
		n--;
	if (asprintf(&url, "%.*s/bot%s/sendMessage", (int) n, settings->base, settings->token) < 0)
		return NULL;
	return url;
}

int telegram_new(struct receiver_transport *ret, const struct notifier_telegram *settings,
	const char *client, const struct courier_times *times)
{
	struct telegram *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->courier = (struct courier){ .times = *times, .deliver = deliver, .self = t };
	t->courier.times.timeout_usec = MIN(times->timeout_usec, TIMEOUT_MAX_USEC);
	t->url = url_of(settings);
	t->token = strdup(settings->token);
	t->chat = strdup(settings->chat);
	t->client = strdup(client);
	if (!t->url || !t->token || !t->chat || !t->client || post_new(&t->post) < 0) {
		telegram_free(t);
		return -ENOMEM;
	}
	*ret = (struct receiver_transport){ .run = run, .free = telegram_free, .self = t };
	return 0;
}
