/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clips of real packets, fed much faster than real time: what is asserted is what is in the files,
 * and that the folder never holds more, or less whole, than it should.
 */
#include "keep/clips.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/usec.h"
#include "keep/clips-writer.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"
#include "tests/unit/av-readback.h"

#define MS ((int64_t) USEC_PER_MSEC)
#define SEC ((int64_t) USEC_PER_SEC)
#define REALTIME UINT64_C(1795342530123456) /* 2026-11-22 10:15:30.123 */
#define GOP_USEC (SEC * AV_PACKETS_GOP / AV_PACKETS_RATE)

static char folder[] = "/tmp/test-clips.XXXXXX";
static struct av_packets *packets;

/* ---- what the hooks say ---- */

#define TOLD_MAX 32

struct told {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	char path[TOLD_MAX][300], why[TOLD_MAX][300];
	int n, paths;
};

static void on_kept(void *userdata, const char *path, const char *why)
{
	struct told *t = userdata;

	pthread_mutex_lock(&t->lock);
	if (t->n < TOLD_MAX) {
		snprintf(t->path[t->n], sizeof(t->path[0]), "%s", path ? path : "");
		snprintf(t->why[t->n++], sizeof(t->why[0]), "%s", why ? why : "");
	}
	t->paths += path != NULL;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

/* Waits at most five seconds until so much has been told. */
static bool wait_told(struct told *t, int n)
{
	struct timespec until = usec_to_timespec(usec_of(CLOCK_REALTIME) + 5 * USEC_PER_SEC);
	bool good;
	int r = 0;

	pthread_mutex_lock(&t->lock);
	while (t->n < n && r == 0)
		r = pthread_cond_timedwait(&t->changed, &t->lock, &until);
	good = t->n >= n;
	pthread_mutex_unlock(&t->lock);
	return good;
}

/* ---- clips under test ---- */

struct bed {
	struct clips *clips;
	struct told told;
	char folder[100];
	int64_t now_usec; /* of the packet fed last */
	int pictures;
};

static struct bed *bed_new(const char *name, struct clips_settings s)
{
	struct bed *b = calloc(1, sizeof(*b));
	struct clips_hooks hooks = { on_kept, &b->told };

	b->told.lock = (pthread_mutex_t) PTHREAD_MUTEX_INITIALIZER;
	b->told.changed = (pthread_cond_t) PTHREAD_COND_INITIALIZER;
	snprintf(b->folder, sizeof(b->folder), "%s/%s", folder, name);
	s.folder = s.folder ? s.folder : b->folder;
	s.before_usec = s.before_usec ? s.before_usec : USEC_PER_SEC;
	s.after_usec = s.after_usec ? s.after_usec : USEC_PER_SEC;
	s.memory_bytes = s.memory_bytes ? s.memory_bytes : 8 << 20;
	s.folder_bytes = s.folder_bytes ? s.folder_bytes : 64 << 20;
	s.folder_files = s.folder_files ? s.folder_files : 10;
	if (clips_new(&b->clips, &s, &hooks) < 0 || clips_start(b->clips) < 0)
		abort();
	return b;
}

static void set_tracks(struct bed *b, unsigned generation)
{
	struct tracks *t = av_packets_tracks(packets, generation);

	clips_set_tracks(b->clips, t);
	tracks_unref(t);
}

/* Feeds packets of so much time; times go on from bed to bed. */
static void feed(struct bed *b, int64_t usec)
{
	int64_t until = INT64_MIN;

	for (;;) {
		struct packet *p = av_packets_next(packets);

		if (until == INT64_MIN)
			until = p->dts_usec + usec;
		clips_put(b->clips, p);
		b->now_usec = p->dts_usec;
		b->pictures += p->track == TRACK_VIDEO;
		packet_unref(p);
		/* Whole GOPs' ends are reached with the last picture's sound. */
		if (b->now_usec >= until - SEC / AV_PACKETS_RATE)
			return;
	}
}

static void trigger(struct bed *b, const char *label, int second)
{
	clips_trigger(b->clips, b->now_usec, REALTIME + (uint64_t) (second * SEC), label);
}

static json_int_t figure(struct bed *b, const char *name)
{
	json_t *json = clips_json(b->clips);
	json_int_t value = json_integer_value(json_object_get(json, name));

	json_decref(json);
	return value;
}

static bool says(struct bed *b, const char *words)
{
	json_t *json = clips_json(b->clips);
	const char *error = json_string_value(json_object_get(json, "last_error"));
	bool good = words ? error && strstr(error, words) : !error;

	if (!good)
		printf("# last_error: %s\n", error ? error : "none");
	json_decref(json);
	return good;
}

static bool bed_free(struct bed *b)
{
	bool good = clips_free(b->clips, usec_now() + 2 * USEC_PER_SEC) == 0;

	free(b);
	return good;
}

/* ---- what is in the folder ---- */

static const char *in_folder(const struct bed *b, const char *name)
{
	static char path[4][300];
	static int i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", b->folder, name);
	return path[i];
}

/* Files under their final names, or those that are not. */
static int count(const char *path, bool hidden)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += (e->d_name[0] == '.') == hidden && strcmp(e->d_name, ".") != 0 &&
		     strcmp(e->d_name, "..") != 0;
	if (d)
		closedir(d);
	return n;
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Decodes completely from its first packet, in so much time, with the sound of that time. */
static bool is_whole(const char *path, double least, double most)
{
	struct readback rb;
	bool good = av_readback(path, &rb) && rb.first_key && rb.errors == 0 && rb.monotonic &&
		    rb.seconds >= least && rb.seconds <= most &&
		    rb.pictures == (int) (rb.seconds * AV_PACKETS_RATE + 1.5) &&
		    rb.blocks >= rb.seconds * 44 - 3 && rb.sound_begins >= 0 &&
		    rb.sound_begins < 0.1 && rb.sound_ends > rb.seconds - 0.1 &&
		    rb.sound_ends < rb.seconds + 0.1;

	if (!good)
		printf("# %s: %g s, %d pictures, %d blocks from %g to %g s, %d errors\n", path,
			rb.seconds, rb.pictures, rb.blocks, rb.sound_begins, rb.sound_ends,
			rb.errors);
	return good;
}

/* ---- tests ---- */

static void test_clip(void)
{
	struct bed *b = bed_new("clip", (struct clips_settings){ .before_usec = 2 * USEC_PER_SEC });
	const char *path = in_folder(b, "20261122T101530.123Z-PLAYING.mkv");

	ok(clips_wanted(b->clips), "packets are wanted");
	set_tracks(b, 1);
	feed(b, 5 * SEC);
	trigger(b, "PLAYING", 0);
	feed(b, SEC / 2);
	ok(count(b->folder, false) == 0, "nothing to be seen before it is whole");
	feed(b, SEC);
	ok(wait_told(&b->told, 1) && strcmp(b->told.path[0], path) == 0 && !b->told.why[0][0],
		"told: %s", b->told.path[0]);
	ok(is_whole(path, 3 - 0.05, 3 + 0.5), "before and after, from a keyframe on");
	ok(count(b->folder, true) == 0 && count(b->folder, false) == 1, "one file");
	ok(figure(b, "clips") == 1 && figure(b, "missed") == 0 && says(b, NULL) &&
			figure(b, "bytes") == size_of(path) && figure(b, "memory") > 100000,
		"figures");
	trigger(b, "PLAYING", 0);
	feed(b, 3 * SEC / 2);
	ok(wait_told(&b->told, 2) && is_whole(in_folder(b, "20261122T101530.123Z-PLAYING-2.mkv"),
					     3 - 0.05, 3 + 0.5),
		"the same name again replaces nothing");
	ok(bed_free(b), "free");
}

static void test_start(void)
{
	struct bed *b = bed_new("start", (struct clips_settings){ .states = "PLAYING, BONUS" });

	feed(b, 0);
	trigger(b, "PLAYING", 0);
	ok(wait_told(&b->told, 1) && strstr(b->told.why[0], "encoder sleeps") &&
			figure(b, "missed") == 1,
		"no packets: %s", b->told.why[0]);
	set_tracks(b, 1);
	feed(b, SEC / 2);
	trigger(b, "PLAY", 1);
	trigger(b, "BONUS", 2);
	feed(b, 3 * SEC / 2);
	ok(wait_told(&b->told, 2) && strstr(b->told.path[1], "-BONUS.mkv"),
		"only states that are wanted");
	ok(is_whole(b->told.path[1], 1.2, 1.6), "what there is before it");
	ok(says(b, NULL), "well again");
	ok(bed_free(b), "free");
}

static void test_overlap(void)
{
	struct bed *b = bed_new("overlap", (struct clips_settings){ 0 });

	set_tracks(b, 1);
	feed(b, 2 * SEC);
	trigger(b, "UNKNOWN", 0);
	trigger(b, "A", 0);
	feed(b, SEC / 2);
	trigger(b, "B", 1);
	feed(b, SEC / 4);
	trigger(b, "A", 2);
	feed(b, 2 * SEC);
	ok(wait_told(&b->told, 2) && figure(b, "clips") == 2, "two states, two clips");
	ok(is_whole(in_folder(b, "20261122T101531.123Z-B.mkv"), 1.95, 2.5), "the one");
	ok(is_whole(in_folder(b, "20261122T101530.123Z-A.mkv"), 2.7, 3.25),
		"the one whose state came back is longer");
	for (int i = 0; i < 6; i++) {
		char label[2] = { (char) ('C' + i), '\0' };

		trigger(b, label, 10 + i);
	}
	feed(b, 2 * SEC);
	while (figure(b, "clips") + figure(b, "missed") < 8)
		sched_yield();
	ok(figure(b, "clips") >= 2 + CLIPS_OPEN_MAX && figure(b, "clips") < 8,
		"more than there can be are missed");
	ok(bed_free(b), "free");
}

/* A second of packets; the time of the last picture. */
static void put_second(struct ring *ring, int64_t *ret)
{
	for (int n = 0; n < AV_PACKETS_RATE;) {
		struct packet *p = av_packets_next(packets);

		ring_put(ring, p);
		if (p->track == TRACK_VIDEO) {
			*ret = p->dts_usec;
			n++;
		}
		packet_unref(p);
	}
}

/* By hand, without the thread: a state that comes back each second for six minutes. */
static void test_flapping(void)
{
	struct tracks *t = av_packets_tracks(packets, 1);
	struct clip clip = { .room_bytes = UINT64_MAX };
	struct clip_change change = { .realtime_usec = REALTIME, .label = "A" };
	struct clip_change other = { .label = "B" };
	char why[200], *path = NULL;
	struct ring *ring;
	int seconds = 0;

	if (ring_new(&ring, 5 * USEC_PER_SEC, 8 << 20) < 0 || muxer_new(&clip.muxer) < 0)
		abort();
	ring_set_tracks(ring, t);
	put_second(ring, &change.pts_usec);
	ok(clip_begin(&clip, ring, folder, &change, SEC / 2, SEC, why, sizeof(why)) == 0, "begin");
	other.pts_usec = change.pts_usec;
	ok(!clip_extend(&clip, &other, SEC), "another state needs another clip");
	do {
		put_second(ring, &change.pts_usec);
		seconds++;
	} while (clip_extend(&clip, &change, SEC) && seconds < 400 &&
		 clip_pump(&clip, ring, why, sizeof(why)) == 0);
	ok(seconds == 299, "a clip that does not end ends after five minutes: %d s", seconds);
	put_second(ring, &change.pts_usec);
	put_second(ring, &change.pts_usec);
	ok(clip_pump(&clip, ring, why, sizeof(why)) == 1 && !clip.cut, "it is over");
	ok(clip_finish(&clip, true, &path, why, sizeof(why)) == 0 && size_of(path) > 2 << 20,
		"and has its name");
	unlink(path);
	free(path);
	muxer_free(clip.muxer);
	ring_free(ring);
	tracks_unref(t);
}

static void test_encoder(void)
{
	struct bed *b = bed_new("encoder", (struct clips_settings){ 0 });

	set_tracks(b, 1);
	feed(b, 2 * SEC);
	trigger(b, "A", 0);
	while (size_of(in_folder(b, ".20261122T101530.123Z-A.part.mkv")) < 50000)
		sched_yield();
	feed(b, SEC / 2);
	clips_set_tracks(b->clips, NULL);
	ok(wait_told(&b->told, 1) && b->told.path[0][0] && strstr(b->told.why[0], "encoder"),
		"the encoder closes: the clip ends, and it is told why: %s", b->told.why[0]);
	ok(is_whole(b->told.path[0], 1.4, 2.0), "it can be played, up to there");
	set_tracks(b, 2);
	feed(b, SEC);
	trigger(b, "A", 1);
	feed(b, SEC / 2);
	/* Threads that are left behind may go on. */
	ok(clips_end(b->clips, usec_now() + 2 * USEC_PER_SEC) == 0, "the end");
	ok(is_whole("encoder/20261122T101531.123Z-A.mkv", 0.9, 1.6), "a stop ends clips, playable");
	feed(b, SEC);
	trigger(b, "B", 2);
	ok(bed_free(b), "free");
	ok(count("encoder", false) == 2 && count("encoder", true) == 0,
		"what comes then changes nothing");
	ok(count("encoder", true) == 0, "and leaves nothing unfinished");
}

static void test_limits(void)
{
	struct bed *b = bed_new("limits", (struct clips_settings){ .folder_files = 3 });
	off_t one;

	set_tracks(b, 1);
	for (int i = 0; i < 6; i++) {
		feed(b, 2 * SEC);
		trigger(b, "A", i);
		feed(b, 2 * SEC);
		(void) wait_told(&b->told, i + 1);
	}
	ok(count(b->folder, false) == 3 && b->told.paths == 6 &&
			size_of(in_folder(b, "20261122T101535.123Z-A.mkv")) > 0,
		"no more files than may be, the newest ones");
	one = size_of(in_folder(b, "20261122T101535.123Z-A.mkv"));
	ok(bed_free(b), "free");

	b = bed_new("limits", (struct clips_settings){ .folder_bytes = (uint64_t) one * 5 / 2 });
	set_tracks(b, 1);
	feed(b, 2 * SEC);
	trigger(b, "A", 10);
	feed(b, 2 * SEC);
	ok(wait_told(&b->told, 1) && count(b->folder, false) <= 2 &&
			figure(b, "bytes") <= one * 5 / 2,
		"nor more bytes");
	ok(bed_free(b), "free");

	b = bed_new("limits", (struct clips_settings){ .folder_bytes = (uint64_t) one / 2 });
	set_tracks(b, 1);
	feed(b, 2 * SEC);
	trigger(b, "A", 20);
	feed(b, 2 * SEC);
	ok(wait_told(&b->told, 1) && strstr(b->told.why[0], "room") &&
			size_of(b->told.path[0]) <= one / 2 && count(b->folder, false) == 1,
		"a clip that is too large for its folder is cut: %s", b->told.why[0]);
	ok(is_whole(b->told.path[0], 0.1, 2), "and can be played");
	ok(bed_free(b), "free");
}

/* The folder is full of clips of next year when one of now comes, and then some more. */
static void test_stepped(void)
{
	struct bed *b = bed_new("stepped", (struct clips_settings){ .folder_files = 3 });
	bool good = true;

	set_tracks(b, 1);
	for (int i = 0; i < 7; i++) {
		feed(b, 2 * SEC);
		trigger(b, "A", i < 3 ? 365 * 24 * 3600 + i : i);
		feed(b, 2 * SEC);
		good &= wait_told(&b->told, i + 1) && size_of(b->told.path[i]) > 0;
	}
	ok(good && count(b->folder, false) == 3, "a clock that is set back takes no new clip");
	for (int i = 4; i < 7; i++)
		ok(size_of(b->told.path[i]) > 0, "%s is there", b->told.path[i]);
	ok(bed_free(b), "free");
}

/* However few there may be, one that was just written is not taken by one that is open. */
static void test_few(void)
{
	struct bed *b = bed_new("few", (struct clips_settings){ .folder_files = 1 });

	set_tracks(b, 1);
	feed(b, 2 * SEC);
	trigger(b, "A", 0);
	feed(b, SEC / 2);
	trigger(b, "B", 1);
	feed(b, SEC);
	ok(wait_told(&b->told, 1) && size_of(b->told.path[0]) > 0, "%s", b->told.path[0]);
	feed(b, SEC);
	ok(wait_told(&b->told, 2) && size_of(b->told.path[1]) > 0 && count(b->folder, false) == 1,
		"%s", b->told.path[1]);
	ok(bed_free(b), "free");
}

/* The ring is the only memory: a thread that cannot write does not make it grow. */
static void test_memory(void)
{
	struct bed *b = bed_new("memory", (struct clips_settings){ .memory_bytes = 200000 });

	set_tracks(b, 1);
	for (int i = 0; i < 10; i++) {
		feed(b, 4 * SEC);
		ok(figure(b, "memory") <= 200000, "no more memory than may be: %d",
			(int) figure(b, "memory"));
	}
	ok(bed_free(b), "free");
}

static void test_faults(void)
{
	struct bed *b;
	char path[200];

	snprintf(path, sizeof(path), "%s/file/sub", folder);
	fclose(fopen("file", "w"));
	b = bed_new("", (struct clips_settings){ .folder = path });
	set_tracks(b, 1);
	feed(b, 2 * SEC);
	for (int i = 0; i < 3; i++) {
		trigger(b, "A", i);
		while (figure(b, "missed") <= i)
			sched_yield();
	}
	ok(b->told.n == 1 && strstr(b->told.why[0], "Not a directory"),
		"a folder that cannot be: said once: %s", b->told.why[0]);
	unlink("file");
	feed(b, SEC);
	trigger(b, "A", 4);
	feed(b, 2 * SEC);
	ok(wait_told(&b->told, 2) && is_whole(b->told.path[1], 1.9, 2.5) && says(b, NULL),
		"well again");
	trigger(b, "A", 5);
	feed(b, SEC / 2);
	while (count(path, true) == 0)
		sched_yield();
	ok(system("rm -r file") == 0, "the folder goes away");
	feed(b, SEC);
	ok(wait_told(&b->told, 3) && strstr(b->told.why[2], "No such file") &&
			figure(b, "missed") == 4,
		"%s", b->told.why[2]);
	feed(b, SEC);
	trigger(b, "A", 6);
	feed(b, 2 * SEC);
	ok(wait_told(&b->told, 4) && is_whole(b->told.path[3], 1.9, 2.5), "and is made anew");
	ok(bed_free(b), "free");
}

/* Runs in a child: nobody there may write files beyond a size, as if the disk were full. */
static int full_disk(void)
{
	struct rlimit most = { 60000, 60000 };
	struct bed *b;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &most);
	b = bed_new("full", (struct clips_settings){ 0 });
	set_tracks(b, 1);
	feed(b, 2 * SEC);
	for (int i = 0; i < 3; i++) {
		trigger(b, "A", i);
		feed(b, 2 * SEC);
		while (figure(b, "missed") <= i)
			sched_yield();
	}
	if (b->told.n != 1 || b->told.paths || !says(b, "File too large"))
		return 1;
	return bed_free(b) ? 0 : 2;
}

static void test_full(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(full_disk());
	waitpid(child, &status, 0);
	ok(status == 0, "a full disk is said once, and clips are missed");
	ok(count("full", false) == 0 && count("full", true) == 0, "nothing is left of them");
}

/* Runs in a child until it is killed. */
static void write_for_ever(void)
{
	struct bed *b = bed_new("killed", (struct clips_settings){ 0 });

	set_tracks(b, 1);
	feed(b, 2 * SEC);
	for (int i = 0;; i++) {
		trigger(b, "A", 0);
		feed(b, SEC / 4);
	}
}

static bool stopped_while_writing(pid_t child)
{
	int status;

	while (count("killed", true) == 0 ||
		size_of("killed/.20261122T101530.123Z-A.part.mkv") < 50000)
		sched_yield();
	kill(child, SIGSTOP);
	waitpid(child, &status, WUNTRACED);
	return count("killed", true) == 1;
}

static void test_killed(void)
{
	struct bed *b;
	pid_t child = fork();
	int status;

	if (child == 0)
		write_for_ever();
	/* It may get to the end of one before it hears of us. */
	while (!stopped_while_writing(child))
		kill(child, SIGCONT);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	for (int i = count("killed", false), n = 0; n < i; n++) {
		char name[64];

		snprintf(name, sizeof(name), "killed/20261122T101530.123Z-A%.0d.mkv",
			n ? -n - 1 : 0);
		ok(is_whole(name, 0, 301), "what has its name is whole");
	}
	ok(count("killed", true) == 1, "what was being written has not");
	ok(system("touch -d '1 hour ago' killed/.*part.mkv") == 0, "an hour later");
	b = bed_new("killed", (struct clips_settings){ 0 });
	set_tracks(b, 1);
	feed(b, SEC);
	trigger(b, "B", 0);
	feed(b, 2 * SEC);
	ok(wait_told(&b->told, 1) && count("killed", true) == 0, "it is cleared away");
	ok(bed_free(b), "free");
}

static void test_off(void)
{
	const struct clips_settings none = { .folder = "", .candidates = "" };
	const struct clips_hooks hooks = { 0 };
	struct packet *p = av_packets_next(packets);
	struct frame f = { .pixel = PIXEL_I420 };
	struct clips *c;

	ok(clips_new(&c, &none, &hooks) == 0 && clips_start(c) == 0,
		"neither clips nor candidates");
	clips_set_tracks(c, NULL);
	clips_put(c, p);
	clips_trigger(c, 0, REALTIME, "A");
	clips_candidate(c, &f, NULL);
	ok(!clips_wanted(c) && clips_free(c, 0) == 0, "cost nothing");
	packet_unref(p);
}

/* A picture of a slope that rises or falls. */
static struct frame *draw(struct frame *f, uint8_t *pixels, bool rises)
{
	for (int i = 0; i < 64 * 64; i++)
		pixels[i] = (uint8_t) (rises ? i % 64 * 3 + 20 : 212 - i % 64 * 3);
	memset(pixels + 64 * 64, 128, 64 * 32);
	*f = (struct frame){ .pixel = PIXEL_NV12,
		.width = 64,
		.height = 64,
		.data = { pixels, pixels + 64 * 64 },
		.stride = { 64, 64 },
		.capture_usec = usec_now() };
	atomic_init(&f->refs, 1);
	return f;
}

static void test_candidates(void)
{
	static uint8_t pixels[64 * 96];
	struct clips_settings s = { .candidates_max = 5 };
	json_t *d = json_pack("{s:s}", "state", "BONUS");
	struct frame f;
	char path[200];
	struct bed *b;

	snprintf(path, sizeof(path), "%s/candidates", folder);
	s.folder = "";
	s.candidates = path;
	b = bed_new("", s);
	ok(!clips_wanted(b->clips), "they need no packets");
	clips_candidate(b->clips, draw(&f, pixels, true), d);
	ok(wait_told(&b->told, 1) && strstr(b->told.path[0], "-BONUS.jpg") &&
			size_of(b->told.path[0]) > 0 && count(path, false) == 2,
		"a picture and its decision: %s", b->told.path[0]);
	clips_candidate(b->clips, draw(&f, pixels, false), d);
	ok(figure(b, "candidates") == 1, "one a second");
	ok(bed_free(b), "free");
	json_decref(d);
}

/* Everybody at once. */
static void *put_all(void *userdata)
{
	struct bed *b = userdata;

	for (int i = 0; i < 30; i++) {
		feed(b, SEC);
		if (i % 8 == 7)
			set_tracks(b, (unsigned) i);
	}
	return NULL;
}

static void test_threads(void)
{
	struct bed *b = bed_new("threads", (struct clips_settings){ .after_usec = SEC / 4 });
	struct timespec step = usec_to_timespec(2000);
	pthread_t thread;
	int64_t epoch;

	set_tracks(b, 1);
	feed(b, SEC);
	epoch = b->now_usec;
	pthread_create(&thread, NULL, put_all, b);
	for (int i = 0; i < 40; i++) {
		clips_trigger(b->clips, epoch + i * SEC, REALTIME + (uint64_t) (i * SEC),
			i % 2 ? "A" : "B");
		(void) figure(b, "missed");
		nanosleep(&step, NULL);
	}
	pthread_join(thread, NULL);
	ok(bed_free(b), "encoders, triggers and status at once");
	ok(count("threads", true) == 0, "leave nothing unfinished");
}

int main(void)
{
	char command[64];

	packets = av_packets_new(1, true, 60);
	if (!mkdtemp(folder) || chdir(folder) < 0 || !packets)
		return 99;
	/* Before there is a thread. */
	test_full();
	test_killed();
	test_off();
	test_clip();
	test_start();
	test_overlap();
	test_flapping();
	test_encoder();
	test_limits();
	test_stepped();
	test_few();
	test_memory();
	test_faults();
	test_candidates();
	test_threads();
	av_packets_free(packets);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? tap_done() : 1;
}
