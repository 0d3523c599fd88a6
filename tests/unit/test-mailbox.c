/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/mailbox.h"

#include "common/usec.h"
#include "tests/tap.h"

#define LONG (20 * USEC_PER_SEC) /* a limit that only a broken mailbox reaches */
#define SENT 20000

static struct frame_pool *pool;

static struct frame *make(uint32_t sequence)
{
	struct frame *f = frame_pool_get(pool);

	if (f)
		f->sequence = sequence;
	return f;
}

/* The number of the frame taken, -1 for none. */
static int take_now(struct mailbox *m)
{
	_cleanup_(frame_unrefp) struct frame *f = mailbox_take(m, 0);

	return f ? (int) f->sequence : -1;
}

static void test_order(void)
{
	struct mailbox m;

	mailbox_init(&m, 2);
	ok(take_now(&m) == -1, "an empty one gives nothing");
	mailbox_put(&m, make(1));
	mailbox_put(&m, make(2));
	ok(take_now(&m) == 1 && take_now(&m) == 2 && take_now(&m) == -1, "the oldest comes first");
	for (uint32_t i = 3; i <= 7; i++)
		mailbox_put(&m, make(i));
	ok(atomic_load(&m.dropped) == 3, "what does not fit is counted");
	ok(take_now(&m) == 6 && take_now(&m) == 7, "the newest win");
	mailbox_put(&m, make(8));
	mailbox_put(&m, make(9));
	mailbox_deinit(&m);

	mailbox_init(&m, 1000);
	for (uint32_t i = 0; i < 20; i++)
		mailbox_put(&m, make(i));
	ok(m.depth == MAILBOX_DEPTH_MAX && take_now(&m) == 20 - MAILBOX_DEPTH_MAX,
		"no deeper than the maximum");
	mailbox_deinit(&m);

	mailbox_init(&m, 0);
	mailbox_put(&m, make(1));
	mailbox_put(&m, make(2));
	ok(take_now(&m) == 2 && take_now(&m) == -1, "no shallower than one");
	mailbox_deinit(&m);
}

static void test_time(void)
{
	struct mailbox m;
	uint64_t start = usec_now(), took;

	mailbox_init(&m, 2);
	ok(mailbox_take(&m, start + 30 * USEC_PER_MSEC) == NULL, "waiting ends without a frame");
	took = usec_now() - start;
	ok(took >= 30 * USEC_PER_MSEC, "… at its time (%llu ms)",
		(unsigned long long) (took / USEC_PER_MSEC));
	mailbox_wake(&m);
	ok(mailbox_take(&m, USEC_INFINITY) == NULL, "a wake-up before the wait counts");
	mailbox_wake(&m);
	mailbox_put(&m, make(4));
	ok(take_now(&m) == 4, "a wake-up costs no frame");
	mailbox_deinit(&m);
}

static void *take_one(void *arg)
{
	return mailbox_take(arg, usec_now() + LONG);
}

static void test_wake(void)
{
	struct mailbox m;
	uint64_t start = usec_now();
	pthread_t t;
	void *got;

	mailbox_init(&m, 2);
	pthread_create(&t, NULL, take_one, &m);
	mailbox_wake(&m);
	pthread_join(t, &got);
	ok(got == NULL && usec_now() - start < LONG, "a waiting thread is woken");
	pthread_create(&t, NULL, take_one, &m);
	mailbox_put(&m, make(11));
	pthread_join(t, &got);
	ok(got && ((struct frame *) got)->sequence == 11, "… and gets a frame that comes");
	frame_unref(got);
	mailbox_deinit(&m);
}

static void *put_many(void *arg)
{
	for (uint32_t i = 1; i <= SENT;) {
		struct frame *f = make(i);

		if (!f)
			continue;
		((uint8_t *) f->data[0])[0] = (uint8_t) i;
		mailbox_put(arg, f);
		i++;
	}
	return NULL;
}

static void test_threads(void)
{
	struct mailbox m;
	uint32_t last = 0, got = 0;
	bool rising = true, whole = true;
	pthread_t t;

	mailbox_init(&m, 2);
	pthread_create(&t, NULL, put_many, &m);
	while (last < SENT) {
		_cleanup_(frame_unrefp) struct frame *f = mailbox_take(&m, usec_now() + LONG);

		if (!f)
			break;
		rising = rising && f->sequence > last;
		whole = whole && f->data[0][0] == (uint8_t) f->sequence;
		last = f->sequence;
		got++;
	}
	pthread_join(t, NULL);
	ok(last == SENT, "the newest frame always arrives");
	ok(rising && whole, "frames keep their order and their pixels");
	ok(got + atomic_load(&m.dropped) == SENT, "taken and dropped make all (%u taken)", got);
	mailbox_deinit(&m);
}

int main(void)
{
	(void) frame_pool_new(&pool, PIXEL_I420, 16, 16, 12);
	test_order();
	test_time();
	test_wake();
	test_threads();
	frame_pool_unref(pool);
	return tap_done();
}
