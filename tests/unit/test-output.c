/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outputs and the hub with real files and hostile peers. Packets are fed several times faster than
 * real time; what is asserted is order, sums and generous bounds.
 */
#include "media/output.h"

#include <dirent.h>
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/hub.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"
#include "tests/unit/av-readback.h"
#include "tests/unit/peers.h"
#include "tests/unit/rtmp-server.h"

#define MS USEC_PER_MSEC
#define EVENTS 256

/* What nobody disturbs is done long before this, on a busy host, too. */
#define PATIENCE (30 * USEC_PER_SEC)

static char folder[] = "/tmp/test-output.XXXXXX";
static sem_t resolver, in_resolver;
static atomic_int asked; /* for later.test */

/* libavformat's resolver: one name hangs, as with a name server that does not answer, and another
 * one from the second time on. */
int getaddrinfo(
	const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (node && strcmp(node, "later.test") == 0 && atomic_fetch_add(&asked, 1) == 0)
		return EAI_AGAIN;
	if (node && (strcmp(node, "stuck.test") == 0 || strcmp(node, "later.test") == 0)) {
		sem_post(&in_resolver);
		sem_wait(&resolver);
		sem_post(&resolver);
		return EAI_AGAIN;
	}
	*(void **) &real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, res);
}

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	enum output_state states[EVENTS];
	int n;
	struct told {
		unsigned attempt;
		uint64_t retry_usec;
		char error[OUTPUT_ERROR_MAX], path[256];
		int keyframes;
	} told;
};

#define WATCH_NULL                                                            \
	((struct watch){ .lock = (pthread_mutex_t) PTHREAD_MUTEX_INITIALIZER, \
		.changed = (pthread_cond_t) PTHREAD_COND_INITIALIZER })

static void on_event(void *userdata, const struct output_event *e)
{
	struct watch *w = userdata;

	pthread_mutex_lock(&w->lock);
	if (w->n < EVENTS)
		w->states[w->n++] = e->state;
	w->told.attempt = MAX(w->told.attempt, e->attempt);
	if (e->retry_usec)
		w->told.retry_usec = e->retry_usec;
	if (e->error)
		snprintf(w->told.error, sizeof(w->told.error), "%s", e->error);
	if (e->path)
		snprintf(w->told.path, sizeof(w->told.path), "%s", e->path);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

static void on_keyframe(void *userdata)
{
	struct watch *w = userdata;

	pthread_mutex_lock(&w->lock);
	w->told.keyframes++;
	pthread_mutex_unlock(&w->lock);
}

/* What the events have said so far; an output that tries again goes on telling. */
static struct told told(struct watch *w)
{
	struct told t;

	pthread_mutex_lock(&w->lock);
	t = w->told;
	pthread_mutex_unlock(&w->lock);
	return t;
}

/* Waits for so many events of a state. */
static bool wait_state(struct watch *w, enum output_state state, int times)
{
	struct timespec until = usec_to_timespec(usec_of(CLOCK_REALTIME) + PATIENCE);
	int n, r = 0;

	pthread_mutex_lock(&w->lock);
	do {
		n = 0;
		for (int i = 0; i < w->n; i++)
			n += w->states[i] == state;
	} while (n < times && (r = pthread_cond_timedwait(&w->changed, &w->lock, &until)) == 0);
	pthread_mutex_unlock(&w->lock);
	return n >= times;
}

static bool peers_are_good;

static struct output *add_backed(struct hub *h, const char *name, const char *url,
	const char *backup, struct watch *w, uint64_t session_usec)
{
	struct output_settings s = { .queue_usec = 20 * USEC_PER_SEC,
		.queue_bytes = 64 << 20,
		.backoff_min_usec = 20 * MS,
		.backoff_max_usec = 100 * MS,
		.stable_usec = USEC_PER_SEC,
		.session_usec = session_usec,
		.backup_after_usec = 200 * MS,
		.backup_return_usec = 300 * MS,
		.muxer = { .connect_usec = 200 * MS,
			.write_usec = 300 * MS,
			.close_usec = 200 * MS,
			.hls_seconds = 1,
			.hls_segments = 4 } };
	struct output_hooks hooks = {
		.event = on_event, .want_keyframe = on_keyframe, .userdata = w
	};
	struct output *o;

	*w = WATCH_NULL;
	snprintf(s.name, sizeof(s.name), "%s", name);
	s.url = strdup(url);
	s.backups[0] = backup ? strdup(backup) : NULL;
	/* A bad peer on the network has to show what the drop rule does, and what becomes of one
	 * that is slow; files and good peers get the time they need on a busy host. */
	if (!destination_path(url) && !peers_are_good)
		s.queue_usec = USEC_PER_SEC;
	else if (!backup)
		s.muxer.connect_usec = s.muxer.write_usec = s.muxer.close_usec = PATIENCE;
	if (output_new(&o, &s, &hooks) < 0 || hub_add(h, o) < 0 || output_start(o) < 0)
		abort();
	free(s.url);
	free(s.backups[0]);
	return o;
}

static struct output *add(
	struct hub *h, const char *name, const char *url, struct watch *w, uint64_t session_usec)
{
	return add_backed(h, name, url, NULL, w, session_usec);
}

static const char *in_folder(const char *name)
{
	static char path[16][300];
	static int i;

	i = (i + 1) % 16;
	snprintf(path[i], sizeof(path[i]), "%s/%s", folder, name);
	return path[i];
}

/* Publishes so many pictures, the first of all a keyframe; spread over that many milliseconds. */
static void feed(struct hub *h, struct av_packets *g, int pictures, int msec)
{
	struct timespec step = usec_to_timespec((uint64_t) msec * MS / (uint64_t) pictures);

	for (int n = 0; n < pictures;) {
		struct packet *p = av_packets_next(g);

		hub_publish(h, p);
		if (p->track == TRACK_VIDEO) {
			n++;
			nanosleep(&step, NULL);
		}
		packet_unref(p);
	}
}

static void set_tracks(struct hub *h, struct av_packets *g, unsigned generation)
{
	struct tracks *t = av_packets_tracks(g, generation);

	hub_set_tracks(h, t);
	tracks_unref(t);
}

static struct hub *new_hub(void)
{
	struct hub *h;

	if (hub_new(&h) < 0)
		abort();
	return h;
}

static void test_file(void)
{
	struct av_packets *g = av_packets_new(1, true, 60);
	struct hub *h = new_hub();
	struct output_stats st;
	struct readback rb;
	struct output *o;
	struct watch w;
	bool good;

	o = add(h, "file", in_folder("one.mkv"), &w, 0);
	ok(wait_state(&w, OUTPUT_CONNECTING, 1), "waits for tracks");
	set_tracks(h, g, 1);
	ok(wait_state(&w, OUTPUT_RUNNING, 1), "runs");
	ok(strcmp(told(&w).path, in_folder("one.mkv")) == 0, "the event has the path");
	feed(h, g, 60, 100);
	hub_set_tracks(h, NULL);
	feed(h, g, 15, 20);
	set_tracks(h, g, 1);
	feed(h, g, 15, 20);
	output_stop(o);
	ok(wait_state(&w, OUTPUT_IDLE, 1), "stops");
	output_stats(o, &st);
	ok(st.frames == 90 && st.sessions == 1 && st.failures == 0 && st.first_sent_usec,
		"90 pictures in one session, also while the encoder was away");
	ok(st.queue.dropped_video == 0 && st.last_error[0] == '\0' && st.state == OUTPUT_IDLE,
		"stats");
	ok(atomic_load(&output_latency(o)->n) == 90 && atomic_load(&output_overhead(o)->n) == 90,
		"histograms");
	ok(told(&w).keyframes >= 1, "asked for a keyframe");
	ok(hub_free(h, usec_now() + PATIENCE) == 0, "free");
	good = av_readback(in_folder("one.mkv"), &rb);
	ok(good && rb.pictures == 90 && rb.errors == 0 && rb.monotonic, "all of it is in the file");
	av_packets_free(g);
}

/* Adds up what the numbered files of one output hold. */
static struct readback sum(const char *stem, int *files)
{
	struct readback all = { .first_key = true, .monotonic = true }, rb;
	struct dirent *e;
	DIR *d = opendir(folder);

	*files = 0;
	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, stem, strlen(stem)) != 0 ||
			!av_readback(in_folder(e->d_name), &rb))
			continue;
		++*files;
		all.pictures += rb.pictures;
		all.blocks += rb.blocks;
		all.errors += rb.errors;
		all.first_key &= rb.first_key;
		all.monotonic &= rb.monotonic;
	}
	closedir(d);
	return all;
}

static void test_renewal(void)
{
	struct av_packets *g = av_packets_new(1, true, 60);
	struct hub *h = new_hub();
	struct output_stats st;
	struct readback rb;
	struct output *o;
	struct watch w;
	int files;

	o = add(h, "file", in_folder("renew.mp4"), &w, 60 * MS);
	set_tracks(h, g, 1);
	ok(wait_state(&w, OUTPUT_RUNNING, 1), "runs");
	feed(h, g, 150, 500);
	ok(wait_state(&w, OUTPUT_RUNNING, 2), "renewed");
	output_stop(o);
	ok(wait_state(&w, OUTPUT_IDLE, 1), "stops");
	output_stats(o, &st);
	rb = sum("renew", &files);
	ok(files >= 3 && files == (int) st.sessions, "%d files of %d sessions", files,
		(int) st.sessions);
	ok(rb.pictures == 150 && rb.errors == 0 && rb.first_key, "nothing is lost: %d",
		rb.pictures);
	ok(hub_free(h, usec_now() + PATIENCE) == 0 && st.failures == 0, "free");
	av_packets_free(g);
}

/* A stop may come at any moment, also while one session is closed for the next one. */
static void test_stop_at_renewal(void)
{
	int pictures = 0, files = 0, sessions = 0;
	char stem[32], name[40];

	for (int i = 0; i < 30; i++) {
		struct av_packets *g = av_packets_new(1, false, 60);
		struct hub *h = new_hub();
		struct output_stats st;
		struct readback rb;
		struct output *o;
		struct watch w;
		int n;

		snprintf(stem, sizeof(stem), "stop%02d-", i);
		snprintf(name, sizeof(name), "%s.mp4", stem);
		o = add(h, "file", in_folder(name), &w, 1);
		set_tracks(h, g, 1);
		(void) wait_state(&w, OUTPUT_RUNNING, 1);
		feed(h, g, 31 + i, 50);
		output_stop(o);
		(void) wait_state(&w, OUTPUT_IDLE, 1);
		output_stats(o, &st);
		rb = sum(stem, &n);
		pictures += rb.pictures - 31 - i;
		files += n;
		sessions += (int) st.sessions;
		(void) hub_free(h, usec_now() + PATIENCE);
		av_packets_free(g);
	}
	ok(files > 30 && files == sessions, "%d files of %d sessions", files, sessions);
	ok(pictures == 0, "a stop between two of them loses nothing: %d", pictures);
}

static void test_new_tracks(void)
{
	struct av_packets *a = av_packets_new(1, true, 60), *b = av_packets_new(1, false, 60);
	struct hub *h = new_hub();
	struct output_stats st;
	struct readback rb;
	struct output *o;
	struct watch w;
	bool good;

	o = add(h, "file", in_folder("tracks.ts"), &w, 0);
	set_tracks(h, a, 1);
	ok(wait_state(&w, OUTPUT_RUNNING, 1), "runs");
	feed(h, a, 30, 100);
	set_tracks(h, b, 2);
	ok(wait_state(&w, OUTPUT_RUNNING, 2), "a new session begins");
	feed(h, b, 30, 100);
	output_stop(o);
	ok(wait_state(&w, OUTPUT_IDLE, 1), "stops");
	output_stats(o, &st);
	ok(st.sessions == 2 && st.failures == 0, "and that is no failure");
	good = av_readback(in_folder("tracks.ts"), &rb);
	ok(good && rb.errors == 0 && rb.pictures > 0 && rb.pictures <= 30 && rb.blocks > 0,
		"old ones");
	good = av_readback(in_folder("tracks.1.ts"), &rb);
	ok(good && rb.errors == 0 && rb.pictures == 30 && rb.blocks == 0 && rb.first_key,
		"new ones");
	ok(hub_free(h, usec_now() + PATIENCE) == 0, "free");
	av_packets_free(a);
	av_packets_free(b);
}

/* Feeds until the output has so many sessions. */
static bool feed_until(struct hub *h, struct av_packets *g, struct output *o, uint64_t sessions)
{
	struct output_stats st;
	int pictures = 0;

	do {
		feed(h, g, 5, 25);
		output_stats(o, &st);
	} while (st.sessions < sessions && (pictures += 5) < 2000);
	return st.sessions >= sessions;
}

/* The primary is a folder that comes later: to the backup at once, and back without a loss. */
static void test_backup(void)
{
	struct av_packets *g = av_packets_new(1, true, 60);
	struct readback before = { 0 }, after = { 0 };
	struct hub *h = new_hub();
	struct output_stats st;
	struct output *o;
	struct watch w;

	o = add_backed(h, "file", in_folder("primary/x.ts"), in_folder("backup.ts"), &w, 0);
	ok(strcmp(output_url_at(o, 1), in_folder("backup.ts")) == 0 && !output_url_at(o, 2),
		"it has two URLs");
	set_tracks(h, g, 1);
	ok(feed_until(h, g, o, 1), "runs");
	feed(h, g, 30, 100);
	output_stats(o, &st);
	ok(st.backup == 1 && st.failures == 1 && strstr(st.url_reason, "primary URL: "),
		"at its backup: %s", st.url_reason);
	(void) mkdir(in_folder("primary"), 0755);
	ok(feed_until(h, g, o, 2), "returns");
	feed(h, g, 30, 100);
	output_stop(o);
	ok(wait_state(&w, OUTPUT_IDLE, 1), "stops");
	output_stats(o, &st);
	ok(st.backup == 0 && st.failures == 1 && strstr(st.url_reason, "has been good"),
		"to its primary: %s", st.url_reason);
	ok(av_readback(in_folder("backup.ts"), &before) &&
			av_readback(in_folder("primary/x.ts"), &after) && after.first_key,
		"both files can be read");
	/* What came before the first session is not in any. */
	ok((uint64_t) before.pictures + (uint64_t) after.pictures == st.frames &&
			st.queue.dropped_video == 0 && before.errors + after.errors == 0,
		"the change costs no picture: %d, %d", before.pictures, after.pictures);
	ok(hub_free(h, usec_now() + PATIENCE) == 0, "free");
	(void) unlink(in_folder("primary/x.ts"));
	(void) rmdir(in_folder("primary"));
	av_packets_free(g);
}

/* A folder that comes later: back-off, words, and life without a restart. */
static void test_recovery(void)
{
	struct av_packets *g = av_packets_new(1, true, 60);
	struct hub *h = new_hub();
	struct output_stats st;
	struct output *o;
	struct watch w;
	struct told t;

	o = add(h, "file", in_folder("sub/late.ts"), &w, 0);
	set_tracks(h, g, 1);
	ok(wait_state(&w, OUTPUT_WAITING, 3), "tries again");
	t = told(&w);
	output_stats(o, &st);
	ok(strcmp(t.error, "No such file or directory") == 0, "says why: %s", t.error);
	ok(strcmp(st.last_error, t.error) == 0 && st.failures >= 3 && t.attempt >= 3, "and counts");
	ok(t.retry_usec >= 15 * MS && t.retry_usec <= 100 * MS, "backs off");
	mkdir(in_folder("sub"), 0755);
	ok(wait_state(&w, OUTPUT_RUNNING, 1), "runs as soon as it can");
	feed(h, g, 30, 50);
	ok(hub_free(h, usec_now() + PATIENCE) == 0, "free");
	av_packets_free(g);
}

static void test_hub(void)
{
	struct output_settings s = { .name = "a", .url = (char *) "x.ts" };
	struct output_hooks none = { 0 };
	struct hub *h = new_hub();
	struct output *o, *p;
	int r = 0;

	ok(output_new(&o, &s, &none) == 0 && hub_add(h, o) == 0, "add");
	ok(output_new(&p, &s, &none) == 0 && hub_add(h, p) == -EEXIST, "a name twice");
	output_free(p, 0);
	for (int i = 1; r == 0; i++) {
		snprintf(s.name, sizeof(s.name), "o%d", i);
		r = output_new(&p, &s, &none);
		r = r < 0 ? r : hub_add(h, p);
	}
	ok(r == -E2BIG && hub_count(h) == HUB_OUTPUTS_MAX, "too many");
	output_free(p, 0);
	ok(hub_remove(h, "a") == o && !hub_remove(h, "a"), "remove");
	ok(hub_count(h) == HUB_OUTPUTS_MAX - 1, "count");
	ok(output_free(o, 0) == 0, "an output that never started");
	ok(hub_free(h, 0) == 0, "free with outputs in it");
}

/* All of them must, with each URL that they may come to use. */
static void test_jpeg(void)
{
	struct output_settings s = { .name = "a", .url = (char *) "a.mkv" };
	struct output_hooks none = { 0 };
	struct hub *h = new_hub();
	struct output *a, *b, *c;

	ok(!hub_takes_jpeg(h), "no output takes no JPEG");
	ok(output_new(&a, &s, &none) == 0 && output_takes_jpeg(a), "Matroska takes JPEGs");
	s = (struct output_settings){ .name = "b", .url = (char *) "b.mkv" };
	s.backups[0] = (char *) "b.mp4";
	ok(output_new(&b, &s, &none) == 0 && !output_takes_jpeg(b), "but its backup does not");
	s = (struct output_settings){ .name = "c", .url = (char *) "rtmp://h/a/c" };
	s.backups[0] = (char *) "c.mkv";
	ok(output_new(&c, &s, &none) == 0 && !output_takes_jpeg(c), "nor RTMP");
	ok(hub_add(h, a) == 0 && hub_takes_jpeg(h), "the only one does");
	ok(hub_add(h, b) == 0 && !hub_takes_jpeg(h), "with the other they do not");
	ok(hub_add(h, c) == 0 && hub_remove(h, "b") == b && !hub_takes_jpeg(h),
		"nor while one is left that does not");
	ok(hub_remove(h, "c") == c && hub_takes_jpeg(h), "without it they do");
	ok(hub_remove(h, "a") == a && !hub_takes_jpeg(h), "the last one goes");
	output_free(a, 0);
	output_free(b, 0);
	output_free(c, 0);
	ok(hub_free(h, 0) == 0, "free");
}

struct publisher {
	struct hub *hub;
	atomic_bool stop;
};

static void *publish(void *userdata)
{
	struct publisher *p = userdata;
	struct av_packets *g = av_packets_new(1, true, 60);

	set_tracks(p->hub, g, 1);
	while (!atomic_load(&p->stop))
		feed(p->hub, g, 1, 1);
	av_packets_free(g);
	return NULL;
}

/* An encoder that is stuck may come back when all outputs have been freed. */
static void test_clear(void)
{
	struct publisher p = { .hub = new_hub() };
	struct watch w[2];
	pthread_t thread;

	(void) add(p.hub, "a", in_folder("clear.ts"), &w[0], 0);
	(void) add(p.hub, "b", in_folder("clear.flv"), &w[1], 0);
	pthread_create(&thread, NULL, publish, &p);
	ok(wait_state(&w[0], OUTPUT_RUNNING, 1) && wait_state(&w[1], OUTPUT_RUNNING, 1), "two run");
	ok(hub_clear(p.hub, usec_now() + PATIENCE) == 0 && hub_count(p.hub) == 0,
		"they are freed while packets come");
	(void) add(p.hub, "c", in_folder("clear.mkv"), &w[0], 0);
	ok(wait_state(&w[0], OUTPUT_RUNNING, 1), "and the hub is still of use");
	atomic_store(&p.stop, true);
	pthread_join(thread, NULL);
	ok(hub_free(p.hub, usec_now() + PATIENCE) == 0, "free");
}

/* Everything that can go wrong at once, beside two files that must not notice. */
static void test_hostile(void)
{
	static const enum peer_kind kinds[] = { PEER_SILENT, PEER_RESETS, PEER_CRAWLS, PEER_SPEAKS,
		PEER_REFUSES };
	static const char *const names[] = { "silent", "resets", "crawls", "stalls", "refuses",
		"unroutable" };
	struct av_packets *g = av_packets_new(1, true, 255);
	struct peer *peers[ARRAY_SIZE(kinds)];
	struct output *o[ARRAY_SIZE(names)], *healthy[2];
	struct watch w[ARRAY_SIZE(names)], calm[2];
	struct hub *h = new_hub();
	struct output_stats st;
	struct readback rb;
	uint64_t begin;
	bool good;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (i < ARRAY_SIZE(kinds))
			peers[i] = peer_new(kinds[i]);
		o[i] = add(h, names[i],
			i < ARRAY_SIZE(kinds) ? peer_url(peers[i]) : "rtmp://192.0.2.1/live/key",
			&w[i], 0);
	}
	healthy[0] = add(h, "flv", in_folder("calm.flv"), &calm[0], 0);
	healthy[1] = add(h, "ts", in_folder("calm.ts"), &calm[1], 0);
	set_tracks(h, g, 1);
	ok(wait_state(&calm[0], OUTPUT_RUNNING, 1) && wait_state(&calm[1], OUTPUT_RUNNING, 1),
		"run");
	ok(wait_state(&w[3], OUTPUT_RUNNING, 1), "so does the one that will stall");
	feed(h, g, 240, 900);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ok(wait_state(&w[i], OUTPUT_WAITING, 2), "%s: tries again and again", names[i]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		output_stats(o[i], &st);
		ok(st.failures >= 2 && st.last_error[0] && !strstr(st.last_error, "key"), "%s: %s",
			names[i], st.last_error);
	}
	output_stats(o[3], &st);
	ok(st.sessions >= 2 && st.frames > 0 && st.frames < 200, "stalls: %d frames went",
		(int) st.frames);
	begin = usec_now();
	ok(hub_free(h, begin + PATIENCE) == 0, "all of them stop");
	ok(usec_now() - begin < PATIENCE / 2, "in %d ms", (int) ((usec_now() - begin) / MS));
	for (int i = 0; i < 2; i++) {
		good = av_readback(in_folder(i ? "calm.ts" : "calm.flv"), &rb);
		ok(good && rb.pictures == 240 && rb.errors == 0 && rb.monotonic,
			"the healthy one has every picture");
	}
	(void) healthy;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		peer_free(peers[i]);
	av_packets_free(g);
}

#define LENT (13 * AV_PACKETS_GOP)

static struct output *add_server(
	struct hub *h, struct rtmp_server *server, struct watch *w, uint64_t session_usec)
{
	struct output *o;
	char url[80];

	snprintf(url, sizeof(url), "%s/key", rtmp_server_url(server));
	peers_are_good = true;
	o = add(h, "live", url, w, session_usec);
	peers_are_good = false;
	return o;
}

/* Stops the output and lets go of all. */
static void end_server(struct hub *h, struct output *o, struct watch *w, struct rtmp_server *server,
	struct output_stats *st, struct rtmp_server_seen *seen)
{
	output_stop(o);
	ok(wait_state(w, OUTPUT_IDLE, 1), "stops");
	output_stats(o, st);
	ok(hub_free(h, usec_now() + PATIENCE) == 0, "free");
	rtmp_server_end(server, seen);
}

/* A server that has room is sent each picture by who puts it, but for what is out of the ordinary;
 * all of it comes, in order, whoever sent it. */
static void test_lent(void)
{
	struct rtmp_server *server = rtmp_server_new(RTMP_SERVER_TAKES, NULL);
	struct av_packets *g = av_packets_new(1, true, 60);
	struct timespec step = usec_to_timespec(5 * MS);
	struct hub *h = new_hub();
	struct rtmp_server_seen seen;
	struct output_stats st;
	struct output *o;
	struct watch w;
	int at_once = 0;

	o = add_server(h, server, &w, 0);
	set_tracks(h, g, 1);
	ok(wait_state(&w, OUTPUT_RUNNING, 1), "runs");
	for (int i = 0; i < LENT; i++) {
		uint64_t before;

		output_stats(o, &st);
		before = st.frames;
		nanosleep(&step, NULL);
		feed(h, g, 1, 0);
		output_stats(o, &st);
		at_once += before == (uint64_t) i && st.frames == before + 1;
	}
	ok(at_once > 20, "%d of %d pictures had gone when their put was over", at_once, LENT);
	set_tracks(h, g, 2);
	feed(h, g, 105, 300);
	end_server(h, o, &w, server, &st, &seen);
	ok(st.frames == 300 && st.sessions == 1 && st.failures == 0 && st.queue.dropped_video == 0,
		"%d pictures in %d session", (int) st.frames, (int) st.sessions);
	/* Besides: what describes them, twice, and that it was the last. */
	ok(seen.sessions == 1 && seen.pictures == 303 && seen.deleted,
		"the server has them all: %d", seen.pictures);
	ok(seen.pongs == 1 && seen.acks >= 1 && seen.checks == 1, "and was heard");
	av_packets_free(g);
}

/* A session that is renewed, whoever has the turn when its time is over. */
static void test_lent_renewal(void)
{
	struct rtmp_server *server = rtmp_server_new(RTMP_SERVER_TAKES, NULL);
	struct av_packets *g = av_packets_new(1, true, 60);
	struct hub *h = new_hub();
	struct rtmp_server_seen seen;
	struct output_stats st;
	struct output *o;
	struct watch w;

	o = add_server(h, server, &w, 60 * MS);
	set_tracks(h, g, 1);
	ok(wait_state(&w, OUTPUT_RUNNING, 1), "runs");
	feed(h, g, 150, 800);
	ok(wait_state(&w, OUTPUT_RUNNING, 2), "renewed");
	end_server(h, o, &w, server, &st, &seen);
	ok(st.frames == 150 && st.failures == 0 && st.sessions >= 2, "%d pictures in %d sessions",
		(int) st.frames, (int) st.sessions);
	ok(seen.sessions == (int) st.sessions && seen.pictures == 150 + 2 * seen.sessions,
		"the server has them all: %d", seen.pictures);
	av_packets_free(g);
}

/* Why a server ends a stream is told, whoever finds out. */
static void test_lent_kicked(void)
{
	struct rtmp_server *server = rtmp_server_new(RTMP_SERVER_KICKS, NULL);
	struct av_packets *g = av_packets_new(1, true, 60);
	struct hub *h = new_hub();
	struct rtmp_server_seen seen;
	struct output_stats st = { 0 };
	struct output *o;
	struct watch w;

	o = add_server(h, server, &w, 0);
	set_tracks(h, g, 1);
	for (int i = 0; i < 4000 && st.failures < 3; i++) {
		feed(h, g, 1, 5);
		output_stats(o, &st);
	}
	ok(st.failures >= 3, "one that kicks is tried again: %d", (int) st.failures);
	ok(strcmp(st.last_error, "the server says: NetStream.Publish.Kicked: by the operator") == 0,
		"it is quoted: %s", st.last_error);
	ok(hub_free(h, usec_now() + PATIENCE) == 0, "free");
	rtmp_server_end(server, &seen);
	av_packets_free(g);
}

static int threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = -2;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_abandoned(void)
{
	static struct output *keep; /* for LeakSanitizer: it is meant to stay */
	struct av_packets *g = av_packets_new(1, false, 0);
	struct timespec step = usec_to_timespec(5 * MS);
	struct hub *h = new_hub();
	int before = threads();
	struct watch w;
	uint64_t begin;

	keep = add(h, "stuck", "rtmp://stuck.test/live/key", &w, 0);
	set_tracks(h, g, 1);
	sem_wait(&in_resolver);
	begin = usec_now();
	ok(hub_free(h, begin + 100 * MS) == 1, "one thread has to be abandoned");
	ok(usec_now() - begin < PATIENCE / 2, "in time");
	w.n = 0;
	sem_post(&resolver);
	for (int i = 0; i < 400 && threads() > before; i++)
		nanosleep(&step, NULL);
	ok(threads() <= before && w.n == 0 && keep, "it comes back, tells nobody, and ends");
	av_packets_free(g);
}

/* A probe that is stuck in the resolver is left behind, with its output. */
static void test_stuck_probe(void)
{
	const struct timespec step = { .tv_nsec = 5000000 };
	struct av_packets *g = av_packets_new(1, false, 60);
	int before = threads();
	struct hub *h = new_hub();
	static struct output *keep; /* as above: it is meant to stay */
	struct watch w;
	uint64_t begin;

	keep = add_backed(h, "later", "rtmp://later.test/live/key", in_folder("later.ts"), &w, 0);
	set_tracks(h, g, 1);
	ok(feed_until(h, g, keep, 1), "the backup runs");
	sem_wait(&in_resolver);
	feed(h, g, 15, 20);
	begin = usec_now();
	ok(hub_free(h, begin + 500 * MS) == 1, "the probe has to be abandoned");
	ok(usec_now() - begin < PATIENCE / 2, "in time");
	sem_post(&resolver);
	for (int i = 0; i < 400 && threads() > before; i++)
		nanosleep(&step, NULL);
	ok(threads() <= before && keep, "it comes back and ends");
	sem_wait(&resolver); /* as it was */
	av_packets_free(g);
}

int main(void)
{
	char command[64];

	if (!mkdtemp(folder))
		return 99;
	sem_init(&resolver, 0, 0);
	sem_init(&in_resolver, 0, 0);
	test_hub();
	test_jpeg();
	test_file();
	test_renewal();
	test_stop_at_renewal();
	test_new_tracks();
	test_backup();
	test_recovery();
	test_clear();
	test_hostile();
	test_lent();
	test_lent_renewal();
	test_lent_kicked();
	test_stuck_probe();
	test_abandoned();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? tap_done() : 1;
}
