/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: segments without a gap, limits, and what a kill or a full disk leaves. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/folder-limit.h"
#include "common/usec.h"
#include "media/muxer.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"
#include "tests/unit/av-readback.h"

#define SEGMENTS_MAX 32
#define LATE_USEC ((int64_t) (300 * USEC_PER_MSEC)) /* by how much sound comes after pictures */
#define LATE_MAX 64

static char folder[] = "/tmp/test-recorder.XXXXXX";
static char why[160];
static bool cannot_remove;

static struct muxer_settings settings = { .connect_usec = 20 * USEC_PER_SEC,
	.write_usec = 20 * USEC_PER_SEC,
	.close_usec = 20 * USEC_PER_SEC,
	.recording = { .segment_usec = USEC_PER_SEC } };

int __real_folder_limit_keep(const struct folder_limit *l, uint64_t room_bytes, size_t room_items,
	struct folder_usage *ret);
int __wrap_folder_limit_keep(const struct folder_limit *l, uint64_t room_bytes, size_t room_items,
	struct folder_usage *ret);

int __wrap_folder_limit_keep(const struct folder_limit *l, uint64_t room_bytes, size_t room_items,
	struct folder_usage *ret)
{
	return cannot_remove ? -EACCES : __real_folder_limit_keep(l, room_bytes, room_items, ret);
}

/* What was handed to the muxer since its first keyframe. */
struct written {
	int pictures, blocks;
	bool begun;
	int64_t base_usec;
	struct packet *late[LATE_MAX]; /* sound that waits */
	int n_late;
};

static int write_one(struct muxer *m, struct written *w, struct packet *p)
{
	int r = muxer_write(m, p, false, why, sizeof(why));

	if (p->track == TRACK_VIDEO && p->key && !w->begun) {
		w->begun = true;
		w->base_usec = p->pts_usec;
	}
	if (w->begun && p->dts_usec >= w->base_usec) {
		w->pictures += p->track == TRACK_VIDEO;
		w->blocks += p->track == TRACK_AUDIO;
	}
	packet_unref(p);
	return r;
}

/* Sound comes as late as the encoders make it. */
static int write_late(struct muxer *m, struct written *w, int64_t now_usec)
{
	int r = 0;

	while (r == 0 && w->n_late > 0 && w->late[0]->dts_usec + LATE_USEC <= now_usec) {
		r = write_one(m, w, w->late[0]);
		w->n_late--;
		memmove(w->late, w->late + 1, (size_t) w->n_late * sizeof(w->late[0]));
	}
	return r;
}

static int write_pictures(struct muxer *m, struct av_packets *g, struct written *w, int n)
{
	int r = 0;

	while (n > 0 && r == 0) {
		struct packet *p = av_packets_next(g);
		int64_t now = p->dts_usec;

		if (p->track == TRACK_AUDIO && w->n_late < LATE_MAX) {
			w->late[w->n_late++] = p;
			continue;
		}
		n -= p->track == TRACK_VIDEO;
		r = write_one(m, w, p);
		if (r == 0)
			r = write_late(m, w, now);
	}
	return r;
}

static void forget(struct written *w)
{
	while (w->n_late > 0)
		packet_unref(w->late[--w->n_late]);
	*w = (struct written){ 0 };
}

static int open_recording(struct muxer *m, struct av_packets *g, const char *name)
{
	struct tracks *t = av_packets_tracks(g, 1);
	char url[128];
	int r;

	snprintf(url, sizeof(url), "%s/%s", folder, name);
	why[0] = '\0';
	r = muxer_open(m, url, &settings, t, why, sizeof(why));
	tracks_unref(t);
	return r;
}

struct files {
	char name[SEGMENTS_MAX][256];
	int n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The recording's files in order. */
static struct files list(const char *head, const char *tail)
{
	struct files f = { .n = 0 };
	DIR *dir = opendir(folder);
	struct dirent *e;

	while (dir && (e = readdir(dir)) && f.n < SEGMENTS_MAX) {
		size_t n = strlen(e->d_name), m = strlen(tail);

		if (strncmp(e->d_name, head, strlen(head)) == 0 && n > m &&
			strcmp(e->d_name + n - m, tail) == 0)
			snprintf(f.name[f.n++], sizeof(f.name[0]), "%s", e->d_name);
	}
	if (dir)
		closedir(dir);
	qsort(f.name, (size_t) f.n, sizeof(f.name[0]), by_name);
	return f;
}

static const char *path_of(const char *name)
{
	static char path[320];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void remove_all(const struct files *f)
{
	for (int i = 0; i < f->n; i++)
		(void) unlink(path_of(f->name[i]));
}

/* How many of them decode by themselves, all that is in them. */
static int count_whole(const struct files *f, struct readback *sum)
{
	int whole = 0;

	*sum = (struct readback){ 0 };
	for (int i = 0; i < f->n; i++) {
		struct readback rb = { 0 };
		bool good = av_readback(path_of(f->name[i]), &rb) && rb.errors == 0 &&
			    rb.first_key && rb.monotonic;

		whole += good;
		if (!good)
			printf("# %s: %d errors\n", f->name[i], rb.errors);
		sum->pictures += rb.pictures;
		sum->blocks += rb.blocks;
		/* The last one of a session ends with the session, and its sound before that. */
		if (i < f->n - 1 && rb.blocks > 0 &&
			(rb.sound_begins > 0.03 || rb.sound_ends < rb.seconds - 0.03))
			sum->errors++;
	}
	return whole;
}

static void test_whole(struct av_packets *g, const char *tail)
{
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct written w = { 0 };
	struct readback sum;
	struct files f;
	char name[64];

	snprintf(name, sizeof(name), "w-${time}%s", tail);
	ok(muxer_new(&m) == 0 && open_recording(m, g, name) == 0, "%s: open %s", tail, why);
	ok(muxer_segments(m) == 1, "%s: one file", tail);
	/* Begins in the middle of a GOP. */
	packet_unref(av_packets_next(g));
	ok(write_pictures(m, g, &w, 6 * AV_PACKETS_RATE) == 0, "%s: write %s", tail, why);
	ok(muxer_segments(m) >= 5 && strstr(muxer_path(m), "/w-20"), "%s: %d files, now %s", tail,
		(int) muxer_segments(m), muxer_path(m));
	ok(write_late(m, &w, INT64_MAX / 2) == 0, "%s: the sound that is left", tail);
	muxer_close(m);
	f = list("w-", tail);
	ok(f.n == (int) muxer_segments(m), "%s: all of them are there", tail);
	ok(count_whole(&f, &sum) == f.n, "%s: each is whole by itself", tail);
	ok(sum.pictures == w.pictures, "%s: %d pictures of %d", tail, sum.pictures, w.pictures);
	ok(sum.blocks == w.blocks, "%s: %d blocks of sound of %d", tail, sum.blocks, w.blocks);
	ok(sum.errors == 0, "%s: sound goes from end to end", tail);
	remove_all(&f);
	forget(&w);
}

static void touch(const char *name, int size)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0 || ftruncate(fd, size) < 0)
		abort();
	close(fd);
}

static bool is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

static void test_limits(struct av_packets *g)
{
	static const char *const others[] = { "l-notes.mkv", "l-20200101T000000.000Z-x.mkv",
		"20200101T000000.000Z.mkv", "l-20200101T000000.000Z.1.mkv" };
	static const char old[] = "l-20200101T000000.000Z.mkv";
	const struct timespec ages[2] = { { .tv_sec = 1600000000 }, { .tv_sec = 1600000000 } };
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct written w = { 0 };
	uint64_t segment;
	struct files f;
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		touch(others[i], 1000000);
	touch(old, 1000);
	ok(muxer_new(&m) == 0 && open_recording(m, g, "l-${time}.mkv") == 0, "open %s", why);
	ok(write_pictures(m, g, &w, 2 * AV_PACKETS_RATE) == 0 && is_there(old),
		"an old one that has room stays");
	segment = muxer_bytes(m) / 2;
	utimensat(AT_FDCWD, path_of(old), ages, 0);
	settings.recording.age_usec = 3600 * USEC_PER_SEC;
	muxer_set_recording(m, &settings.recording);
	ok(write_pictures(m, g, &w, 2 * AV_PACKETS_RATE) == 0 && !is_there(old),
		"one that is too old goes");
	settings.recording.bytes = 3 * segment;
	muxer_set_recording(m, &settings.recording);
	ok(write_pictures(m, g, &w, 6 * AV_PACKETS_RATE) == 0 && muxer_segments(m) >= 9, "%d files",
		(int) muxer_segments(m));
	f = list("l-2", "Z.mkv");
	/* Room for three, of which one is what is being written, and the rest of it. */
	ok(f.n >= 2 && f.n <= 3 && strcmp(path_of(f.name[f.n - 1]), muxer_path(m)) == 0,
		"%d are left, the last one is being written", f.n);
	settings.recording.bytes = 1;
	muxer_set_recording(m, &settings.recording);
	ok(write_pictures(m, g, &w, 2 * AV_PACKETS_RATE) == 0, "no room at all");
	f = list("l-2", "Z.mkv");
	ok(f.n == 1 && strcmp(path_of(f.name[0]), muxer_path(m)) == 0,
		"but for what is being written: %d", f.n);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		good &= is_there(others[i]) && unlink(path_of(others[i])) == 0;
	ok(good, "what is none of ours stays");
	ok(muxer_mishaps(m) == 0, "nothing went wrong %s", muxer_mishap(m));
	cannot_remove = true;
	ok(write_pictures(m, g, &w, 2 * AV_PACKETS_RATE) == 0 && muxer_mishaps(m) >= 1 &&
			strstr(muxer_mishap(m), "cannot be removed: Permission denied"),
		"what cannot be removed is no end: %s", muxer_mishap(m));
	cannot_remove = false;
	settings.recording = (struct muxer_recording){ .segment_usec = USEC_PER_SEC };
	muxer_close(m);
	f = list("l-2", "Z.mkv");
	remove_all(&f);
	forget(&w);
}

static void test_killed(struct av_packets *g, const char *tail)
{
	struct readback sum;
	struct files f;
	char name[64];
	pid_t pid;
	int status, n;

	snprintf(name, sizeof(name), "k-${time}%s", tail);
	pid = fork();
	if (pid == 0) {
		struct written w = { 0 };
		struct muxer *m;

		if (muxer_new(&m) == 0 && open_recording(m, g, name) == 0)
			(void) write_pictures(m, g, &w, 3 * AV_PACKETS_RATE + 7);
		raise(SIGKILL);
	}
	ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status), "%s: killed", tail);
	f = list("k-", tail);
	/* The last one may not have come to its second keyframe. */
	n = count_whole(&f, &sum);
	ok(f.n >= 3 && n >= f.n - 1, "%s: %d files of %d decode", tail, n, f.n);
	ok(sum.pictures >= 3 * AV_PACKETS_RATE + 7 - 2 * AV_PACKETS_GOP,
		"%s: up to the last keyframe: %d pictures", tail, sum.pictures);
	remove_all(&f);
}

/* As near to a full disk as a test without mounts gets. */
static void test_full(struct av_packets *g, const char *tail)
{
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct rlimit usual, small;
	struct written w = { 0 };
	struct readback sum;
	struct files f;
	char name[64];
	int r;

	snprintf(name, sizeof(name), "f-${time}%s", tail);
	ok(muxer_new(&m) == 0 && open_recording(m, g, name) == 0, "%s: open", tail);
	ok(write_pictures(m, g, &w, 2 * AV_PACKETS_RATE) == 0, "%s: while there is room", tail);
	getrlimit(RLIMIT_FSIZE, &usual);
	small = usual;
	small.rlim_cur = 1;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	r = write_pictures(m, g, &w, 3 * AV_PACKETS_RATE);
	muxer_close(m);
	setrlimit(RLIMIT_FSIZE, &usual);
	ok(r == -EFBIG && strstr(why, "too large"), "%s: full: %s", tail, why);
	f = list("f-", tail);
	ok(f.n >= 1 && f.n <= 3 && count_whole(&f, &sum) == f.n, "%s: %d files decode", tail, f.n);
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 3; i++) {
		forget(&w);
		r = open_recording(m, g, name);
		if (r == 0)
			r = write_pictures(m, g, &w, AV_PACKETS_RATE);
		muxer_close(m);
	}
	setrlimit(RLIMIT_FSIZE, &usual);
	ok(r < 0 && list("f-", tail).n == f.n, "%s: tries leave nothing behind: %s", tail, why);
	forget(&w);
	ok(open_recording(m, g, name) == 0 && write_pictures(m, g, &w, AV_PACKETS_RATE) == 0,
		"%s: and it goes on with room", tail);
	muxer_close(m);
	f = list("f-", tail);
	remove_all(&f);
	forget(&w);
}

static void test_ends(struct av_packets *g)
{
	_cleanup_(muxer_freep) struct muxer *m = NULL;
	struct written w = { 0 };
	struct files f;

	ok(muxer_new(&m) == 0, "new");
	ok(open_recording(m, g, "no/such/${time}.mkv") == -ENOENT && why[0], "no folder: %s", why);
	ok(open_recording(m, g, "e-${time}.mkv") == 0 && list("e-", ".mkv").n == 1, "a file");
	muxer_close(m);
	ok(list("e-", ".mkv").n == 0, "without a picture it goes again");
	for (int i = 0; i < 3; i++) {
		ok(open_recording(m, g, "e-${time}.mkv") == 0 &&
				write_pictures(m, g, &w, AV_PACKETS_GOP + 1) == 0,
			"session %d", i);
		muxer_close(m);
		forget(&w);
	}
	f = list("e-", ".mkv");
	ok(f.n == 3, "each session has a file of its own");
	remove_all(&f);
	ok(open_recording(m, g, "e-${time}.mkv") == 0, "another one");
	muxer_interrupt(m);
	ok(write_pictures(m, g, &w, AV_PACKETS_RATE) == -ECANCELED, "interrupted: %s", why);
	muxer_close(m);
	ok(open_recording(m, g, "e-${time}.mkv") == -ECANCELED, "and so is the next");
	f = list("e-", ".mkv");
	remove_all(&f);
	forget(&w);
}

int main(void)
{
	static const char *const tails[] = { ".mkv", ".mp4", ".ts", "-a.b.mkv" };
	struct av_packets *g = av_packets_new(2, true, 40), *silent = av_packets_new(2, false, 40);

	if (!g || !silent || !mkdtemp(folder))
		return 77;
	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		test_whole(g, tails[i]);
		test_killed(g, tails[i]);
		test_full(g, tails[i]);
	}
	test_whole(silent, ".mkv");
	test_limits(g);
	test_ends(g);
	av_packets_free(g);
	av_packets_free(silent);
	ok(rmdir(folder) == 0, "nothing is left");
	return tap_done();
}
