/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What watchers get, decoded with libavformat: whenever they join, however slow they are, and when
 * the tracks change. Limits of time are either endless or nothing, so that no test waits for one.
 */
#include "media/live.h"

#include <libavcodec/codec_par.h>
#include <pthread.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"
#include "tests/unit/av-readback.h"

#define FOREVER (3600 * USEC_PER_SEC)
#define WATCHERS 100

static char path[] = "/tmp/test-live.XXXXXX";
static struct av_packets *packets;
static atomic_int asked, told;

static void on_want_keyframe(void *userdata)
{
	(void) userdata;
	atomic_fetch_add(&asked, 1);
}

static void on_ready(void *userdata)
{
	(void) userdata;
	atomic_fetch_add(&told, 1);
}

static void set_tracks(struct live *l, unsigned generation)
{
	struct tracks *t = av_packets_tracks(packets, generation);

	live_set_tracks(l, t);
	tracks_unref(t);
}

static struct live *begin_with(const struct live_settings *s)
{
	const struct live_hooks hooks = { on_want_keyframe, NULL };
	struct live *l;

	atomic_store(&asked, 0);
	atomic_store(&told, 0);
	if (live_new(&l, s, &hooks) < 0)
		abort();
	live_listen(l, on_ready, NULL);
	set_tracks(l, 1);
	return l;
}

/* Keyframes are good for ever, and asked for once; or never, and as often as somebody likes. */
static struct live *begin(uint64_t spacing_usec)
{
	const struct live_settings s = { FOREVER, spacing_usec, 4 * USEC_PER_SEC, 16 << 20 };

	return begin_with(&s);
}

/* Packets up to and with that many pictures. Returns how many of them were keyframes. */
static int put(struct live *l, int pictures)
{
	int keys = 0;

	while (pictures > 0) {
		struct packet *p = av_packets_next(packets);

		live_put(l, p);
		pictures -= p->track == TRACK_VIDEO;
		keys += p->key;
		packet_unref(p);
	}
	return keys;
}

static struct live_stats stats(struct live *l)
{
	struct live_stats s;

	live_stats(l, &s);
	return s;
}

/* All that there is for a watcher, also into a file when there is one. */
struct got {
	int inits, fragments, keys;
	bool first_key; /* each init segment is followed by a keyframe */
	bool in_order;
	unsigned session;
	uint64_t last;
	int64_t dts_usec;
	char mime[FMP4_MIME_MAX];
};

static void note(struct got *g, const struct live_fragment *f)
{
	if (f->init) {
		g->inits++;
		g->session = f->session;
		snprintf(g->mime, sizeof(g->mime), "%s", f->mime);
		g->last = 0;
		return;
	}
	if (!g->last)
		g->first_key = (g->first_key || g->fragments == 0) && f->key;
	g->in_order = (g->in_order || g->fragments == 0) && f->session == g->session &&
		      (!g->last || f->sequence == g->last + 1 || f->key) && f->sequence > g->last &&
		      (g->fragments == 0 || f->dts_usec > g->dts_usec);
	g->last = f->sequence;
	g->dts_usec = f->dts_usec;
	g->fragments++;
	g->keys += f->key;
}

static int take(struct live *l, struct live_cursor *c, struct got *g, FILE *file)
{
	struct live_fragment *f = NULL;
	int n = 0;

	while (live_next(l, c, &f) == 0) {
		note(g, f);
		if (file && fwrite(f->data, 1, f->size, file) != f->size)
			abort();
		live_fragment_unref(f);
		n++;
	}
	return n;
}

static void test_nobody(void)
{
	struct live *l = begin(FOREVER);
	struct live_cursor c = { 0 };
	struct live_fragment *f;
	int width, height;
	char mime[FMP4_MIME_MAX];

	put(l, 60);
	ok(!live_wanted(l) && stats(l).fragments == 0 && stats(l).held == 0,
		"nobody watches: nothing is made");
	ok(atomic_load(&asked) == 0 && atomic_load(&told) == 0, "nor asked for, nor told");
	ok(live_next(l, &c, &f) == -EAGAIN &&
			live_mime(l, mime, sizeof(mime), &width, &height) == -EAGAIN,
		"there is no session");
	live_free(l);
}

static void test_one(void)
{
	struct live *l = begin(FOREVER);
	FILE *file = fopen(path, "w");
	struct live_cursor c = { 0 };
	struct got g = { 0 };
	struct readback rb;
	int pictures = 0, width = 0, height = 0, keys;
	bool prompt = true, read;
	char mime[FMP4_MIME_MAX] = "";

	live_watch(l);
	ok(live_wanted(l) && atomic_load(&asked) == 1, "one watches, and a keyframe is asked for");
	while (pictures < 90) {
		keys = put(l, 1);
		if (pictures > 0 || keys > 0)
			pictures++;
		prompt = prompt && take(l, &c, &g, file) == (pictures > 0) + (pictures == 1);
	}
	fclose(file);
	ok(prompt, "each picture is there at once");
	ok(g.inits == 1 && g.first_key && g.in_order && g.fragments == 90,
		"an init segment, then a keyframe, then all");
	ok(atomic_load(&told) == 90, "it is told each time");
	read = live_mime(l, mime, sizeof(mime), &width, &height) == 0;
	ok(read && strcmp(mime, g.mime) == 0 && strstr(mime, ", mp4a.40.2\"") && width == 320 &&
			height == 180,
		"%s, %dx%d", mime, width, height);
	read = av_readback(path, &rb);
	ok(read && rb.pictures == 90 && rb.errors == 0 && rb.monotonic && rb.blocks > 130,
		"all is decoded: %d pictures, %d blocks, %d errors", rb.pictures, rb.blocks,
		rb.errors);
	ok(rb.sound_begins > -0.001 && rb.sound_begins < 0.05, "with the sound of its time");
	live_listen(l, NULL, NULL);
	put(l, 3);
	ok(atomic_load(&told) == 90, "who does not listen is not told");
	live_free(l);
}

/* Whoever joins at any time can decode from the first picture on. */
static void test_join(void)
{
	struct live *l = begin(FOREVER);
	int bad = 0;

	live_watch(l);
	put(l, 2 * AV_PACKETS_GOP);
	for (int i = 0; i < AV_PACKETS_GOP; i++) {
		FILE *file = fopen(path, "w");
		struct live_cursor c = { 0 };
		struct got g = { 0 };
		struct readback rb;

		live_watch(l);
		take(l, &c, &g, file);
		put(l, AV_PACKETS_GOP + 1);
		take(l, &c, &g, file);
		live_unwatch(l);
		fclose(file);
		if (!av_readback(path, &rb) || rb.errors || !rb.first_key || !g.first_key ||
			g.fragments < AV_PACKETS_GOP + 1 || g.fragments > 2 * AV_PACKETS_GOP + 1 ||
			rb.pictures != g.fragments)
			bad++;
	}
	ok(bad == 0, "who joins begins with the newest keyframe, and all is decoded");
	ok(atomic_load(&asked) == 1, "that is new enough: none is asked for");
	live_free(l);
}

static void test_asking(void)
{
	struct live *l = begin(FOREVER), *eager;
	struct live_cursor c[WATCHERS] = { { 0 } };
	struct live_fragment *f[2] = { NULL };
	struct got g = { 0 };
	int waiting = 0;

	for (int i = 0; i < WATCHERS; i++) {
		live_watch(l);
		(void) live_next(l, &c[i], &f[0]);
	}
	ok(atomic_load(&asked) == 1, "a hundred join at once: one keyframe is asked for");
	live_free(l);

	eager = begin(0);
	live_watch(eager);
	while (put(eager, 1) == 0)
		;
	put(eager, 2);
	atomic_store(&asked, 0);
	memset(c, 0, sizeof(c));
	for (int i = 0; i < 3; i++)
		waiting += take(eager, &c[i], &g, NULL) == 1 && g.fragments == 0;
	ok(waiting == 3 && atomic_load(&asked) == 3,
		"a keyframe that is too old will not do: another is asked for");
	while (put(eager, 1) == 0)
		;
	put(eager, 2);
	g = (struct got){ .inits = 1, .session = 1 };
	ok(take(eager, &c[0], &g, NULL) == 3 && g.first_key,
		"it begins with the one that comes, also when it is slow to look");
	ok(live_next(eager, &c[1], &f[0]) == 0 && live_next(eager, &c[2], &f[1]) == 0 &&
			f[0] == f[1] && f[0]->key,
		"what is made is shared");
	live_fragment_unref(f[0]);
	live_free(eager);
	ok(f[1]->size > 100 && memcmp(f[1]->data + 4, "moof", 4) == 0, "and outlives its maker");
	live_fragment_unref(f[1]);
}

static void test_behind(void)
{
	const struct live_settings s = { FOREVER, FOREVER, USEC_PER_SEC, 16 << 20 };
	struct live *l = begin_with(&s);
	FILE *file = fopen(path, "w");
	struct live_cursor c = { 0 };
	struct got g = { 0 };
	struct readback rb;
	uint64_t longest = 0, last;
	int n;

	live_watch(l);
	while (put(l, 1) == 0)
		;
	put(l, 9);
	ok(take(l, &c, &g, file) == 11, "a watcher looks on");
	last = g.last;
	for (int i = 0; i < 90; i++) {
		put(l, 1);
		longest = MAX(longest, stats(l).held_usec);
	}
	ok(longest > 900000 && longest <= USEC_PER_SEC, "the ring is bounded in time (%d ms)",
		(int) (longest / 1000));
	n = take(l, &c, &g, file);
	ok(n > 0 && n <= AV_PACKETS_GOP && g.keys == 2 && g.in_order && g.inits == 1,
		"it falls behind, and goes on with the newest keyframe (%d fragments)", n);
	ok(c.skipped > 0 && c.skipped == g.last - last - (uint64_t) n,
		"what it missed is counted (%d)", (int) c.skipped);
	fclose(file);
	ok(av_readback(path, &rb) && rb.errors == 0 && rb.pictures == g.fragments,
		"all that it got is decoded");
	ok(atomic_load(&asked) == 1, "and nobody has to make a keyframe for it");
	live_free(l);
}

static void test_bytes(void)
{
	const struct live_settings s = { FOREVER, FOREVER, FOREVER, 100000 };
	struct live *l = begin_with(&s);
	uint64_t most = 0;

	live_watch(l);
	for (int i = 0; i < 90; i++) {
		put(l, 1);
		most = MAX(most, stats(l).held_bytes);
	}
	ok(most > 50000 && most <= 100000, "the ring is bounded in bytes (%d)", (int) most);
	live_free(l);
}

static void set_silent_tracks(struct live *l, unsigned generation)
{
	struct tracks *t = av_packets_tracks(packets, generation);

	avcodec_parameters_free(&t->audio);
	live_set_tracks(l, t);
	tracks_unref(t);
}

static void test_tracks(void)
{
	struct live *l = begin(FOREVER);
	struct live_cursor c = { 0 }, late = { 0 };
	struct got g = { 0 };
	struct live_fragment *f;
	int before;

	live_watch(l);
	put(l, 40);
	take(l, &c, &g, NULL);
	before = g.fragments;
	live_set_tracks(l, NULL);
	put(l, 20);
	ok(take(l, &c, &g, NULL) == 0, "the encoder is closed: nothing comes");
	set_tracks(l, 2);
	put(l, 20);
	ok(take(l, &c, &g, NULL) > 1 && g.inits == 2 && g.session == 2 && g.first_key,
		"other tracks: a new init segment, then a keyframe");
	ok(g.in_order && g.fragments > before, "and times go on");
	set_silent_tracks(l, 3);
	put(l, 40);
	take(l, &c, &g, NULL);
	ok(g.inits == 3 && g.first_key && g.in_order && !strstr(g.mime, "mp4a"),
		"without sound it is %s", g.mime);
	ok(live_next(l, &late, &f) == 0 && f->init && f->session == 3,
		"who comes later gets the last session only");
	live_fragment_unref(f);
	live_free(l);
}

static void test_refused(void)
{
	struct live *l = begin(FOREVER);
	struct tracks *t = av_packets_tracks(packets, 2);
	struct live_cursor c = { 0 };
	struct live_fragment *f;

	live_watch(l);
	memset(t->video->extradata, 0, (size_t) t->video->extradata_size);
	live_set_tracks(l, t);
	put(l, 20);
	ok(live_next(l, &c, &f) == -ENOTSUP && atomic_load(&told) > 0,
		"tracks that cannot be shown: who watches is told");
	set_tracks(l, 3);
	put(l, 20);
	ok(live_next(l, &c, &f) == 0 && f->init, "until they are others");
	live_fragment_unref(f);
	tracks_unref(t);
	live_free(l);
}

static void test_leaving(void)
{
	const struct live_settings s = { 0, FOREVER, FOREVER, 16 << 20 };
	struct live *l = begin(FOREVER);
	struct live_cursor c = { 0 };
	struct live_fragment *f;
	uint64_t made;

	live_watch(l);
	put(l, 30);
	live_unwatch(l);
	made = stats(l).fragments;
	put(l, 5);
	ok(live_wanted(l) && stats(l).fragments == made + 5, "the last one goes: it goes on a bit");
	live_free(l);

	l = begin_with(&s);
	live_watch(l);
	live_watch(l);
	put(l, 30);
	live_unwatch(l);
	made = stats(l).fragments;
	ok(live_wanted(l) && made > 0, "one of two goes: nothing changes");
	live_unwatch(l);
	put(l, 5);
	ok(!live_wanted(l) && stats(l).fragments == made && stats(l).held == 0 &&
			stats(l).held_bytes == 0,
		"then nothing is made nor held any more");
	live_watch(l);
	ok(live_next(l, &c, &f) == 0 && f->init, "who comes back gets an init segment");
	live_fragment_unref(f);
	ok(live_next(l, &c, &f) == -EAGAIN, "and nothing old");
	put(l, 30);
	ok(live_next(l, &c, &f) == 0 && f->key && f->sequence > made, "but what is new");
	live_fragment_unref(f);
	live_free(l);
}

/* ---- all at once ---- */

static atomic_bool over;

static void *watch(void *userdata)
{
	struct live *l = userdata;
	bool *good = calloc(1, sizeof(*good));

	*good = true;
	while (!atomic_load(&over)) {
		struct live_cursor c = { 0 };
		struct got g = { 0 };

		live_watch(l);
		for (int i = 0; i < 20 && !atomic_load(&over); i++)
			take(l, &c, &g, NULL);
		live_unwatch(l);
		*good = *good && (g.fragments == 0 || (g.first_key && g.in_order));
	}
	return good;
}

static void test_threads(void)
{
	struct live *l = begin(0);
	pthread_t threads[4];
	bool good = true;

	atomic_store(&over, false);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, watch, l);
	for (unsigned i = 0; i < 40; i++) {
		put(l, 50);
		if (i % 8 == 7)
			set_tracks(l, i);
	}
	atomic_store(&over, true);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *one;

		pthread_join(threads[i], &one);
		good = good && *(bool *) one;
		free(one);
	}
	ok(good && stats(l).watchers == 0, "many come and go while it runs");
	live_free(l);
}

int main(void)
{
	int fd = mkstemp(path);

	packets = av_packets_new(2, true, 60);
	if (fd < 0 || !packets)
		abort();
	close(fd);
	test_nobody();
	test_one();
	test_join();
	test_asking();
	test_behind();
	test_bytes();
	test_tracks();
	test_refused();
	test_leaving();
	test_threads();
	av_packets_free(packets);
	(void) unlink(path);
	return tap_done();
}
