/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drop rule, first by hand and then against what must hold whatever happens: order is kept,
 * what follows a gap begins with a keyframe, limits are kept, and every packet is accounted for.
 */
#include "media/outqueue.h"

#include <libavcodec/packet.h>
#include <stdatomic.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define MS 1000

/* The running number travels in duration_usec. */
static struct packet *make(enum track track, bool key, int64_t msec, int size, int64_t number)
{
	AVPacket *av = av_packet_alloc();
	struct packet *p;

	if (av_new_packet(av, size) < 0 || packet_new(&p, av) < 0)
		abort();
	memset(av->data, 0, (size_t) size);
	p->track = track;
	p->key = key;
	p->pts_usec = p->dts_usec = msec * MS;
	p->duration_usec = number;
	return p;
}

static bool put(struct outqueue *q, char what, int64_t msec, int size)
{
	struct packet *p =
		make(what == 'a' ? TRACK_AUDIO : TRACK_VIDEO, what == 'K', msec, size, 0);
	bool shut = outqueue_put(q, p, NULL);

	packet_unref(p);
	return shut;
}

/* Empties the queue into text: K, p and a with their milliseconds. */
static const char *drain(struct outqueue *q)
{
	static char text[256];
	struct packet *p;

	text[0] = '\0';
	while ((p = outqueue_take(q, 0, NULL))) {
		char c = p->track == TRACK_AUDIO ? 'a' : p->key ? 'K' : 'p';

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%c%d",
			text[0] ? " " : "", c, (int) (p->pts_usec / MS));
		packet_unref(p);
	}
	return text;
}

static void test_gate(void)
{
	struct outqueue_stats st;
	struct outqueue *q;

	ok(outqueue_new(&q, 1000 * MS, 100000) == 0, "new");
	ok(!put(q, 'K', 0, 10) && strcmp(drain(q), "") == 0, "nobody connected: ignored");
	outqueue_restart(q, true);
	ok(put(q, 'p', 33, 10), "shut: asks for a keyframe");
	ok(put(q, 'a', 40, 10), "sound does not open it");
	ok(!put(q, 'K', 66, 10) && !put(q, 'a', 60, 10) && !put(q, 'p', 99, 10), "opened");
	ok(strcmp(drain(q), "K66 a60 p99") == 0, "begins with the keyframe");
	put(q, 'p', 120, 10);
	outqueue_restart(q, true);
	outqueue_stats(q, &st);
	ok(st.shut && st.packets == 0 && st.queued_bytes == 0, "restart empties and shuts");
	ok(st.dropped_video == 0 && st.dropped_audio == 0 && st.drops == 0, "and counts nothing");
	outqueue_free(q);
}

static void test_rule(void)
{
	struct outqueue_stats st;
	struct outqueue *q;

	ok(outqueue_new(&q, 200 * MS, 1000) == 0, "new with 200 ms, 1000 bytes");
	outqueue_restart(q, true);
	put(q, 'K', 0, 10);
	put(q, 'a', 10, 10);
	put(q, 'p', 100, 10);
	put(q, 'K', 150, 10);
	put(q, 'a', 160, 10);
	ok(!put(q, 'p', 230, 10), "over the time");
	outqueue_stats(q, &st);
	ok(st.dropped_video == 2 && st.dropped_audio == 1 && st.drops == 1,
		"the old tail is counted");
	ok(st.queued_usec == 80 * MS && st.queued_bytes == 30 && st.packets == 3, "what is left");
	ok(strcmp(drain(q), "K150 a160 p230") == 0, "goes on at the last keyframe");

	put(q, 'p', 260, 10);
	put(q, 'p', 300, 10);
	ok(put(q, 'p', 500, 10), "no keyframe: shut");
	ok(put(q, 'a', 510, 10) && put(q, 'p', 533, 10), "stays shut");
	ok(!put(q, 'K', 566, 10), "until a keyframe");
	outqueue_stats(q, &st);
	ok(st.dropped_video == 6 && st.dropped_audio == 2 && st.drops == 2, "all of it is counted");
	ok(strcmp(drain(q), "K566") == 0, "nothing else comes out");

	put(q, 'K', 600, 10);
	put(q, 'p', 610, 600);
	ok(put(q, 'p', 620, 600), "over the bytes, the keyframe is the head: all goes");
	ok(strcmp(drain(q), "") == 0, "empty");
	ok(!put(q, 'K', 700, 5000) && strcmp(drain(q), "K700") == 0,
		"a huge keyframe alone passes");
	outqueue_free(q);
}

static void test_new_limits(void)
{
	struct outqueue_stats st;
	struct outqueue *q;

	ok(outqueue_new(&q, 1000 * MS, 1000) == 0, "new");
	outqueue_restart(q, true);
	put(q, 'K', 0, 10);
	put(q, 'p', 33, 10);
	put(q, 'K', 66, 10);
	put(q, 'p', 99, 10);
	outqueue_set_limits(q, 50 * MS, 1000);
	outqueue_stats(q, &st);
	ok(st.queued_usec == 33 * MS && st.drops == 1 && st.dropped_video == 2 && !st.shut,
		"a shorter time holds at once");
	outqueue_set_limits(q, 50 * MS, 15);
	outqueue_stats(q, &st);
	ok(st.packets == 0 && st.drops == 2 && st.dropped_video == 4, "so do fewer bytes");
	ok(put(q, 'p', 133, 10), "and a keyframe is asked for");
	outqueue_set_limits(q, 500 * MS, 1000);
	ok(!put(q, 'K', 166, 10) && !put(q, 'p', 600, 10) && strcmp(drain(q), "K166 p600") == 0,
		"so do wider ones");
	outqueue_free(q);
}

static void test_waiting(void)
{
	struct outqueue *q;
	uint64_t begin = usec_now();

	ok(outqueue_new(&q, 200 * MS, 1000) == 0, "new");
	ok(!outqueue_take(q, begin + 20 * MS, NULL) && usec_now() - begin >= 20 * MS,
		"waits until the time");
	outqueue_wake(q);
	ok(!outqueue_take(q, USEC_INFINITY, NULL), "a wake-up before the take ends it");
	outqueue_restart(q, true);
	put(q, 'K', 0, 10);
	outqueue_wake(q);
	ok(!outqueue_take(q, USEC_INFINITY, NULL), "also when there is a packet");
	ok(strcmp(drain(q), "K0") == 0, "which is still there");
	put(q, 'p', 33, 10);
	outqueue_wake(q);
	ok(strcmp(drain(q), "p33") == 0, "and no wake-up hides it from who does not wait");
	ok(!outqueue_take(q, USEC_INFINITY, NULL), "it is for who waits next");
	outqueue_free(q);
}

struct lender {
	struct outqueue *q;
	atomic_int taken; /* by the taker itself */
	atomic_bool stop;
};

static void *take_or_lend(void *arg)
{
	struct lender *l = arg;

	while (!atomic_load(&l->stop)) {
		struct packet *p = outqueue_take_or_lend(l->q, NULL);

		atomic_fetch_add(&l->taken, p != NULL);
		packet_unref(p);
	}
	return NULL;
}

/* Keyframes until one comes with the taker's turn, which waits for them. */
static bool put_until_lent(struct lender *l, int64_t msec)
{
	const struct timespec step = usec_to_timespec(MS);
	bool lent = false;

	for (int i = 0; i < 20000 && !lent; i++) {
		struct packet *p = make(TRACK_VIDEO, true, msec, 10, 0);

		outqueue_put(l->q, p, &lent);
		packet_unref(p);
		if (!lent)
			nanosleep(&step, NULL);
	}
	return lent;
}

static bool has_taken(struct lender *l, int n)
{
	const struct timespec step = usec_to_timespec(MS);

	for (int i = 0; i < 20000 && atomic_load(&l->taken) < n; i++)
		nanosleep(&step, NULL);
	return atomic_load(&l->taken) >= n;
}

static void test_lending(void)
{
	const struct timespec pause = usec_to_timespec(20 * MS);
	struct lender l = { .q = NULL };
	bool lent = true;
	pthread_t thread;
	struct packet *p;
	int before;

	ok(outqueue_new(&l.q, 2000 * MS, 100000) == 0, "new");
	outqueue_restart(l.q, true);
	p = make(TRACK_VIDEO, true, 0, 10, 0);
	outqueue_put(l.q, p, &lent);
	packet_unref(p);
	ok(!lent && strcmp(drain(l.q), "K0") == 0, "nobody waits: nothing is lent");

	pthread_create(&thread, NULL, take_or_lend, &l);
	ok(put_until_lent(&l, 100), "who waits lends its turn");
	before = atomic_load(&l.taken);
	put(l.q, 'a', 110, 10);
	put(l.q, 'a', 120, 10);
	p = make(TRACK_VIDEO, false, 133, 10, 0);
	outqueue_put(l.q, p, &lent);
	packet_unref(p);
	nanosleep(&pause, NULL);
	ok(!lent && atomic_load(&l.taken) == before, "and keeps away, whatever comes");
	ok(strcmp(drain(l.q), "K100 a110 a120 p133") == 0, "all is there for who has the turn");
	outqueue_give_back(l.q, false);

	ok(put_until_lent(&l, 200), "it lends again");
	before = atomic_load(&l.taken);
	outqueue_give_back(l.q, false);
	ok(has_taken(&l, before + 1), "what is left is the taker's");

	ok(put_until_lent(&l, 300) && strcmp(drain(l.q), "K300") == 0, "and again");
	atomic_store(&l.stop, true);
	outqueue_give_back(l.q, true);
	pthread_join(thread, NULL);
	ok(atomic_load(&l.taken) >= before + 1, "a wake-up with the turn ends its wait");
	outqueue_free(l.q);
}

static uint32_t seed = 12345;

static uint32_t pick(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

struct model {
	int64_t put, taken;
	int64_t passed; /* outside of the rule: before the first keyframe, or in it at a restart */
	int64_t last;   /* number taken last, -1 after a restart */
	bool fresh;     /* no keyframe since the restart */
	bool order, gap, limit, sums;
};

static void restart(struct model *m, struct outqueue *q)
{
	struct outqueue_stats st;

	outqueue_stats(q, &st);
	m->passed += st.packets;
	outqueue_restart(q, true);
	m->last = -1;
	m->fresh = true;
}

static void put_random(struct model *m, struct outqueue *q, int64_t msec)
{
	bool audio = pick(3) == 0, key = !audio && pick(20) == 0;
	struct packet *p;

	p = make(audio ? TRACK_AUDIO : TRACK_VIDEO, key, msec, 1 + (int) pick(key ? 500 : 100),
		m->put++);
	m->fresh = m->fresh && !key;
	m->passed += m->fresh;
	outqueue_put(q, p, NULL);
	packet_unref(p);
}

/* A number that is not the successor of the last is behind a gap. */
static bool take_one(struct model *m, struct outqueue *q)
{
	struct packet *p = outqueue_take(q, 0, NULL);

	if (!p)
		return false;
	m->order &= p->duration_usec > m->last;
	m->gap &= (m->last >= 0 && p->duration_usec == m->last + 1) || p->key;
	m->last = p->duration_usec;
	m->taken++;
	packet_unref(p);
	return true;
}

/* One random life of a queue. */
static void play(struct model *m, uint64_t limit_usec, size_t limit_bytes, uint32_t taker)
{
	struct outqueue_stats st;
	struct outqueue *q;
	int64_t msec = 0;

	m->put = m->taken = m->passed = 0;
	if (outqueue_new(&q, limit_usec, limit_bytes) < 0)
		abort();
	restart(m, q);
	for (int i = 0; i < 3000; i++) {
		msec += pick(40);
		put_random(m, q, msec);
		outqueue_stats(q, &st);
		m->limit &= st.packets <= 1 ||
			    (st.queued_usec <= limit_usec && st.queued_bytes <= limit_bytes);
		while (pick(100) < taker && take_one(m, q))
			;
		if (pick(300) == 0)
			restart(m, q);
	}
	outqueue_stats(q, &st);
	m->sums &= m->put == m->taken + m->passed + st.packets + (int64_t) st.dropped_video +
				     (int64_t) st.dropped_audio;
	outqueue_free(q);
}

static void test_properties(void)
{
	struct model m = { .order = true, .gap = true, .limit = true, .sums = true };

	for (int i = 0; i < 60; i++)
		play(&m, (50 + pick(2000)) * MS, 200 + pick(20000), 10 + pick(85));
	ok(m.order, "order is kept");
	ok(m.gap, "after a gap comes a keyframe");
	ok(m.limit, "limits are kept");
	ok(m.sums, "every packet is accounted for");
}

/* But for the queue, what is here belongs to whoever has the turn. */
struct race {
	struct outqueue *q;
	uint64_t until_usec;
	bool lends;
	int64_t last, taken;
	bool good;
};

static void note(struct race *r, struct packet *p)
{
	r->good &= p->duration_usec > r->last;
	r->good &= p->duration_usec == r->last + 1 || p->key;
	r->last = p->duration_usec;
	r->taken++;
	packet_unref(p);
}

static void *take_all(void *arg)
{
	struct race *r = arg;
	struct packet *p;

	while ((p = r->lends ? outqueue_take_or_lend(r->q, NULL)
			     : outqueue_take(r->q, r->until_usec, NULL)))
		note(r, p);
	return NULL;
}

static void take_lent(struct race *r)
{
	struct packet *p;

	while ((p = outqueue_take(r->q, 0, NULL)))
		note(r, p);
	outqueue_give_back(r->q, false);
}

static void test_threads(bool lends)
{
	struct race r = { .until_usec = USEC_INFINITY, .lends = lends, .last = -1, .good = true };
	struct outqueue_stats st;
	pthread_t thread;

	ok(outqueue_new(&r.q, 300 * MS, 3000) == 0, "new");
	outqueue_restart(r.q, true);
	pthread_create(&thread, NULL, take_all, &r);
	for (int i = 0; i < 2000; i++) {
		struct packet *p = make(i % 3 ? TRACK_VIDEO : TRACK_AUDIO, i % 30 == 1, i, 50, i);
		bool lent = false;

		outqueue_put(r.q, p, lends ? &lent : NULL);
		packet_unref(p);
		if (lent)
			take_lent(&r);
	}
	outqueue_wake(r.q);
	pthread_join(thread, NULL);
	r.until_usec = 0;
	r.lends = false;
	take_all(&r);
	outqueue_stats(r.q, &st);
	/* The first packet is sound, refused before the first keyframe. */
	ok(r.good && r.taken + (int64_t) (st.dropped_video + st.dropped_audio) == 1999,
		"two threads: order, gaps and sums");
	outqueue_free(r.q);
}

int main(void)
{
	test_gate();
	test_rule();
	test_new_limits();
	test_waiting();
	test_lending();
	test_properties();
	test_threads(false);
	test_threads(true);
	return tap_done();
}
