/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring by hand, and then with a writer and readers at once against what must hold whatever
 * happens: readers see whole GOPs in order from where they began, and the limits are kept.
 */
#include "media/ring.h"

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
#include <pthread.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

#define MS 1000
#define MANY 4096

static struct packet *make(char what, int64_t msec, int size)
{
	AVPacket *av = av_packet_alloc();
	struct packet *p;

	if (av_new_packet(av, size) < 0 || packet_new(&p, av) < 0)
		abort();
	memset(av->data, 0, (size_t) size);
	p->track = what == 'a' ? TRACK_AUDIO : TRACK_VIDEO;
	p->key = what == 'K';
	p->pts_usec = p->dts_usec = msec * MS;
	return p;
}

static void put(struct ring *r, char what, int64_t msec, int size)
{
	struct packet *p = make(what, msec, size);

	ring_put(r, p);
	packet_unref(p);
}

static struct tracks *make_tracks(unsigned generation)
{
	struct tracks *t;

	if (tracks_new(&t, generation, avcodec_parameters_alloc(), NULL, 30, 1) < 0)
		abort();
	return t;
}

static void set_tracks(struct ring *r, unsigned generation)
{
	struct tracks *t = make_tracks(generation);

	ring_set_tracks(r, t);
	tracks_unref(t);
}

static struct ring *new_ring(uint64_t keep_msec, size_t keep_bytes)
{
	struct ring *r;

	if (ring_new(&r, keep_msec * MS, keep_bytes) < 0)
		abort();
	set_tracks(r, 1);
	return r;
}

static bool seek(struct ring *r, int64_t from_msec, struct ring_cursor *c)
{
	struct tracks *t;

	if (ring_seek(r, from_msec * MS, c, &t) < 0)
		return false;
	tracks_unref(t);
	return true;
}

/* What the cursor gives before a time as text: K, p and a with their milliseconds; or the error. */
static const char *read_text(struct ring *r, struct ring_cursor *c, int64_t until_msec)
{
	static char text[512];
	struct packet *p[3];
	int n;

	text[0] = '\0';
	while ((n = ring_read(r, c, until_msec == INT64_MAX ? INT64_MAX : until_msec * MS, p, 3)) >
		0) {
		for (int i = 0; i < n; i++) {
			char what = p[i]->track == TRACK_AUDIO ? 'a' : p[i]->key ? 'K' : 'p';

			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%c%d",
				text[0] ? " " : "", what, (int) (p[i]->dts_usec / MS));
			packet_unref(p[i]);
		}
	}
	if (n < 0)
		snprintf(text, sizeof(text), "%s", n == -ESTALE ? "stale" : "dropped");
	return text;
}

static const char *all_from(struct ring *r, int64_t msec)
{
	struct ring_cursor c;

	return seek(r, msec, &c) ? read_text(r, &c, INT64_MAX) : "none";
}

static void test_order(void)
{
	struct ring *r = new_ring(1000, 1 << 20);
	struct ring_cursor c;

	ok(strcmp(all_from(r, 0), "none") == 0 && ring_newest(r) == INT64_MIN, "empty");
	put(r, 'p', 0, 10);
	put(r, 'a', 5, 10);
	ok(strcmp(all_from(r, 0), "none") == 0, "nothing can be shown before a keyframe");
	put(r, 'a', 45, 10);
	put(r, 'K', 40, 10);
	put(r, 'p', 80, 10);
	put(r, 'a', 66, 10);
	put(r, 'a', 88, 10);
	put(r, 'a', 125, 10);
	put(r, 'K', 120, 10);
	put(r, 'p', 160, 10);
	ok(strcmp(all_from(r, 0), "K40 a45 a66 p80 a88 K120 a125 p160") == 0,
		"from the first keyframe, each GOP with the sound of its time");
	ok(strcmp(all_from(r, 119), "K40 a45 a66 p80 a88 K120 a125 p160") == 0 &&
			strcmp(all_from(r, 120), "K120 a125 p160") == 0 &&
			strcmp(all_from(r, 9999), "K120 a125 p160") == 0,
		"from the newest keyframe at or before a time");
	ok(ring_newest(r) == 160 * MS, "newest");
	ok(seek(r, 120, &c) && strcmp(read_text(r, &c, 125), "K120") == 0, "up to a time");
	put(r, 'p', 200, 10);
	ok(strcmp(read_text(r, &c, 200), "a125 p160") == 0, "and on from there");
	put(r, 'a', 180, 10);
	put(r, 'a', 210, 10);
	ok(strcmp(read_text(r, &c, 300), "a180 p200 a210") == 0 &&
			strcmp(read_text(r, &c, 300), "") == 0,
		"and what has come meanwhile");
	ring_free(r);
}

static void test_limits(void)
{
	struct ring *r = new_ring(100, 1 << 20);
	struct ring_cursor c, held;

	for (int i = 0; i <= 300; i += 20)
		put(r, i % 60 ? 'p' : 'K', i, 10);
	put(r, 'a', 305, 10);
	ok(strcmp(all_from(r, 0), "K180 p200 p220 K240 p260 p280 K300 a305") == 0,
		"whole GOPs go once the next one has the time that is wanted: %s", all_from(r, 0));
	ok(seek(r, 0, &c), "a reader");
	ring_hold(r, 200 * MS);
	for (int i = 320; i <= 600; i += 20)
		put(r, i % 60 ? 'p' : 'K', i, 10);
	ok(seek(r, 0, &held) && strncmp(all_from(r, 0), "K180 p200", 9) == 0,
		"what is held stays, with its keyframe");
	ok(strncmp(read_text(r, &c, INT64_MAX), "K180 p200 p220 K240", 19) == 0, "and is read");
	ring_hold(r, INT64_MAX);
	ok(strncmp(all_from(r, 0), "K480", 4) == 0, "until it is let go: %s", all_from(r, 0));
	ok(strcmp(read_text(r, &held, INT64_MAX), "dropped") == 0, "who comes too late is told");
	ok(strcmp(read_text(r, &c, INT64_MAX), "") == 0, "who has read it all is not");
	ring_free(r);

	r = new_ring(60000, 10000);
	ring_hold(r, 0);
	for (int i = 0; i < 40; i++) {
		put(r, i % 4 ? 'p' : 'K', i * 40, 600);
		if (ring_bytes(r) > 10000)
			break;
	}
	ok(ring_bytes(r) <= 10000 && ring_bytes(r) >= 5000, "bytes count, whatever is held: %d",
		(int) ring_bytes(r));
	ok(all_from(r, 0)[0] == 'K' && strstr(all_from(r, 0), "p1560"), "and the oldest GOP goes");
	put(r, 'K', 2000, 20000);
	ok(strcmp(all_from(r, 0), "none") == 0 && ring_bytes(r) == 0,
		"a GOP that is larger than all is not kept");
	put(r, 'p', 2040, 10);
	ok(strcmp(all_from(r, 0), "none") == 0, "nor what follows it");
	put(r, 'K', 2080, 10);
	ok(strcmp(all_from(r, 0), "K2080") == 0, "but the next one is");
	for (int i = 0; i < 5000; i += 20)
		put(r, 'a', 2080 + i, 10);
	ok(ring_bytes(r) <= 10000, "sound alone is bounded as well");
	ring_free(r);

	r = new_ring(1000, 1 << 20);
	for (int i = 0; i < 5000; i += 20)
		put(r, 'a', i, 10);
	put(r, 'K', 4000, 10);
	ok(strncmp(all_from(r, 0), "K4000 a4000", 11) == 0 && ring_bytes(r) < 51 * 500,
		"sound waits for its picture, not for ever");
	ring_free(r);
}

static void test_tracks(void)
{
	struct ring *r = new_ring(1000, 1 << 20);
	struct ring_cursor c;

	put(r, 'K', 0, 10);
	set_tracks(r, 1);
	ok(seek(r, 0, &c) && strcmp(read_text(r, &c, INT64_MAX), "K0") == 0, "the same: stays");
	set_tracks(r, 2);
	ok(strcmp(all_from(r, 0), "none") == 0 && ring_bytes(r) == 0, "others empty it");
	ok(strcmp(read_text(r, &c, INT64_MAX), "stale") == 0, "readers are told");
	put(r, 'K', 100, 10);
	ok(seek(r, 0, &c), "packets of the new ones");
	put(r, 'a', 105, 10);
	put(r, 'p', 140, 10);
	ring_set_tracks(r, NULL);
	put(r, 'K', 200, 10);
	put(r, 'a', 200, 10);
	ok(ring_newest(r) == 140 * MS, "without an encoder nothing is taken");
	ok(strcmp(all_from(r, 0), "stale") == 0 &&
			strcmp(read_text(r, &c, 120), "K100 a105") == 0 &&
			strcmp(read_text(r, &c, 120), "") == 0 &&
			strcmp(read_text(r, &c, INT64_MAX), "stale") == 0,
		"but what there is can be read to its end");
	set_tracks(r, 2);
	ok(ring_bytes(r) == 0 && strcmp(all_from(r, 0), "none") == 0 &&
			strcmp(read_text(r, &c, INT64_MAX), "stale") == 0,
		"until there is one again");
	ring_free(r);
}

/* ---- all at once ---- */

struct shared {
	struct ring *ring;
	atomic_bool stop;
	atomic_int seeks, faults, stale;
};

static void *write_all(void *userdata)
{
	struct shared *s = userdata;

	for (int i = 0; i < MANY || (atomic_load(&s->seeks) < 100 && i < 100 * MANY); i++) {
		put(s->ring, i % 15 ? 'p' : 'K', i * 40, 100 + i % 7 * 50);
		put(s->ring, 'a', i * 40 - 30, 50);
		if (i % 64 == 0)
			ring_hold(s->ring, (i - 40) * 40 * MS);
		if (i % 1500 == 1499)
			set_tracks(s->ring, (unsigned) i);
	}
	atomic_store(&s->stop, true);
	return NULL;
}

/* From a keyframe on no picture may be missing. */
static void read_some(struct shared *s, struct ring_cursor *c)
{
	int64_t last = INT64_MIN;
	struct packet *p[16];
	int n;

	for (int rounds = 0; rounds < 20; rounds++) {
		n = ring_read(s->ring, c, INT64_MAX, p, 16);
		atomic_fetch_add(&s->stale, n < 0);
		for (int i = 0; i < n; i++) {
			if (p[i]->track == TRACK_VIDEO) {
				if (last == INT64_MIN ? !p[i]->key
						      : p[i]->dts_usec != last + 40 * MS)
					atomic_fetch_add(&s->faults, 1);
				last = p[i]->dts_usec;
			}
			packet_unref(p[i]);
		}
		if (n < 0)
			return;
	}
}

static void *read_all(void *userdata)
{
	struct shared *s = userdata;
	struct ring_cursor c;

	while (!atomic_load(&s->stop)) {
		int64_t newest = ring_newest(s->ring);
		struct tracks *t;

		if (ring_bytes(s->ring) > 30000)
			atomic_fetch_add(&s->faults, 1);
		if (ring_seek(s->ring, MAX(newest, 1000 * MS) - 1000 * MS, &c, &t) < 0)
			continue;
		tracks_unref(t);
		atomic_fetch_add(&s->seeks, 1);
		read_some(s, &c);
	}
	return NULL;
}

static void test_threads(void)
{
	struct shared s = { .ring = new_ring(1000, 30000) };
	pthread_t thread[3];

	pthread_create(&thread[0], NULL, read_all, &s);
	pthread_create(&thread[1], NULL, read_all, &s);
	pthread_create(&thread[2], NULL, write_all, &s);
	for (int i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	ok(atomic_load(&s.faults) == 0, "a writer and two readers: %d looked, %d overtaken",
		atomic_load(&s.seeks), atomic_load(&s.stale));
	ring_free(s.ring);
}

int main(void)
{
	test_order();
	test_limits();
	test_tracks();
	test_threads();
	return tap_done();
}
