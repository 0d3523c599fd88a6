/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "capture/clockcode.h"
#include "capture/source.h"
#include "common/file.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/clip.h"

#define PICTURES 10
#define PERIOD (USEC_PER_SEC / CLIP_RATE)
#define WAIT (5 * USEC_PER_SEC)

static sem_t resolver;

/* libavformat's resolver: one name hangs, as with a name server that does not answer. */
int getaddrinfo(
	const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (node && strcmp(node, "stuck.test") == 0) {
		sem_wait(&resolver);
		sem_post(&resolver);
		return EAI_AGAIN;
	}
	*(void **) &real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, res);
}

static char folder[] = "/tmp/test-filesource.XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int number_of(const struct frame *f)
{
	_cleanup_(freep) uint8_t *luma = calloc((size_t) f->height, (size_t) f->width);
	int step = f->pixel == PIXEL_YUYV ? 2 : 1;
	struct clockcode code;

	/* The code is in the top sixth. */
	for (int y = 0; y < f->height / 5; y++)
		for (int x = 0; x < f->width; x++)
			luma[y * f->width + x] =
				f->data[0][(ptrdiff_t) y * f->stride[0] + x * step];
	if (!clockcode_read(luma, f->width, f->width, f->height, &code))
		return -1;
	return (int) code.number;
}

static int open_soon(struct source *s)
{
	uint64_t until = usec_now() + WAIT;
	int r;

	do {
		r = s->ops->open(s);
	} while (r == -ETIMEDOUT && usec_now() < until);
	return r;
}

static void nap(uint64_t usec)
{
	struct timespec ts = usec_to_timespec(usec);

	(void) nanosleep(&ts, NULL);
}

struct seen {
	int pictures, in_order, on_time;
	uint64_t samples, wrong, gaps;
	uint64_t first_usec, last_usec, latest_usec;
	uint32_t last_sequence;
	int result;
};

/* Reads until something but a picture comes, at most n. A busy machine may lose some: numbers and
 * times are checked against the sequence, in which those are missing. */
static struct seen watch(struct source *s, int n)
{
	struct seen seen = { 0 };
	uint64_t last = 0;
	uint32_t sequence = 0;

	while (seen.pictures < n) {
		_cleanup_(frame_unrefp) struct frame *f = NULL;
		uint64_t expect;

		seen.result = s->ops->read_video(s, -1, usec_now() + WAIT, &f);
		if (seen.result < 0)
			break;
		expect = last + (f->sequence - sequence) * PERIOD;
		seen.in_order += number_of(f) == (int) (f->sequence % PICTURES);
		seen.on_time += f->capture_usec <= f->dequeue_usec &&
				(last == 0 || llabs((int64_t) (f->capture_usec - expect)) < 1500);
		last = f->capture_usec;
		sequence = f->sequence;
		seen.pictures++;
	}
	seen.last_usec = last;
	seen.last_sequence = sequence;
	return seen;
}

static struct seen hear(struct source *s, uint64_t n)
{
	struct seen seen = { 0 };
	struct samples b;

	while (seen.samples < n) {
		seen.result = s->ops->read_audio(s, -1, usec_now() + WAIT, &b);
		if (seen.result < 0)
			break;
		if (b.format == SAMPLE_S16)
			for (int i = 0; i < b.frames; i++)
				seen.wrong += ((const int16_t *) b.data)[2 * i] !=
					      (int16_t) (seen.samples + (uint64_t) i);
		seen.first_usec = seen.samples ? seen.first_usec : b.capture_usec;
		seen.last_usec = b.capture_usec;
		seen.latest_usec = MAX(seen.latest_usec, usec_now() - b.capture_usec);
		seen.samples += (uint64_t) b.frames;
		seen.gaps += b.gap;
	}
	return seen;
}

static void *hear_main(void *userdata)
{
	struct source *s = userdata;
	struct seen *seen = calloc(1, sizeof(*seen));

	*seen = hear(s, UINT64_MAX);
	return seen;
}

static void test_raw(void)
{
	struct source *v = NULL, *a = NULL;
	struct seen seen, again, *heard = NULL;
	uint64_t start;
	pthread_t thread;

	ok(clip_make(in_folder("raw.nut"), "rawvideo", "pcm_s16le", PICTURES) == 0, "NUT, raw");
	ok(source_file_new(&v, &a, in_folder("raw.nut"), false) == 0, "two halves");
	ok(open_soon(v) == 0 && open_soon(a) == 0, "open");
	ok(!strcmp(v->info.format, "rawvideo") && v->info.width == CLIP_WIDTH &&
			v->info.rate_num == CLIP_RATE * v->info.rate_den &&
			!strcmp(v->info.device, "raw.nut"),
		"tell the picture");
	ok(!strcmp(a->info.format, "pcm_s16le") && a->info.rate_num == CLIP_HZ &&
			a->info.channels == 2,
		"and the sound");
	start = usec_now(); /* the first read of either half starts the file's clock */
	pthread_create(&thread, NULL, hear_main, a);
	seen = watch(v, 1000);
	pthread_join(thread, (void **) &heard);
	ok(seen.in_order == seen.pictures && (int) v->counters.dropped + seen.pictures == PICTURES,
		"all pictures in order");
	ok(seen.on_time == seen.pictures && usec_now() - start >= PICTURES * PERIOD,
		"each when it is due");
	ok(heard->samples == PICTURES * CLIP_HZ / CLIP_RATE && !heard->wrong && !heard->gaps,
		"all sound");
	ok(llabs((int64_t) (seen.last_usec - (PICTURES - 1) * PERIOD - heard->first_usec)) < 2000,
		"on the same clock");
	ok(seen.result == -ENODATA && heard->result == -ENODATA, "both end with the file");
	ok(v->counters.frames == (uint64_t) seen.pictures, "and have counted");
	free(heard);
	v->ops->close(v);
	ok(open_soon(v) == 0, "a later open reads it again");
	again = watch(v, 1000);
	ok(again.in_order == again.pictures && again.in_order > 0 && again.result == -ENODATA,
		"also without the sound");
	source_free(a);
	source_free(v);
}

static void test_loop(void)
{
	struct source *v = NULL, *a = NULL;
	struct seen seen, heard;

	ok(clip_make(in_folder("loop.mp4"), "libx264", "aac", PICTURES) == 0, "MP4, H.264, AAC");
	ok(source_file_new(&v, NULL, in_folder("loop.mp4"), true) == 0 && open_soon(v) == 0,
		"the picture alone");
	seen = watch(v, 2 * PICTURES + 3);
	ok(seen.pictures == 2 * PICTURES + 3 && seen.in_order == seen.pictures, "loops");
	/* The sound's last block is longer than the last picture, which each loop waits for. */
	ok(seen.on_time >= seen.pictures - (int) seen.last_sequence / PICTURES, "evenly (%d of %d)",
		seen.on_time, seen.pictures);
	source_free(v);
	ok(source_file_new(NULL, &a, in_folder("loop.mp4"), true) == 0 && open_soon(a) == 0,
		"the sound alone");
	heard = hear(a, CLIP_HZ / 2);
	ok(heard.result == 0 && heard.gaps == 0, "loops too");
	source_free(a);
}

/* Reads one, is late for the next, and reads that: in time, and has all between the two been
 * counted? */
static bool read_late(struct source *v, bool *ret_counted)
{
	_cleanup_(frame_unrefp) struct frame *first = NULL, *f = NULL;
	uint64_t dropped;

	if (v->ops->read_video(v, -1, usec_now() + WAIT, &first) < 0)
		return false;
	dropped = v->counters.dropped;
	nap(7 * PERIOD + PERIOD / 2);
	if (v->ops->read_video(v, -1, usec_now() + WAIT, &f) < 0)
		return false;
	*ret_counted = f->sequence >= first->sequence + 6 &&
		       v->counters.dropped - dropped == f->sequence - first->sequence - 1;
	return f->dequeue_usec - f->capture_usec < 2 * PERIOD + 10000;
}

/* A busy host may be late with the picture itself, but not always. */
static void test_late(void)
{
	_cleanup_(source_freep) struct source *v = NULL;
	bool in_time = false, counted = false;

	ok(source_file_new(&v, NULL, in_folder("raw.nut"), true) == 0 && open_soon(v) == 0,
		"opens");
	for (int i = 0; i < 30 && !in_time; i++)
		in_time = read_late(v, &counted);
	ok(in_time, "a late reader gets the older of the two newest");
	ok(counted, "the skipped ones are counted");
}

static void test_waits(void)
{
	_cleanup_(source_freep) struct source *v = NULL, *a = NULL;
	struct samples b;
	int fd = eventfd(1, EFD_CLOEXEC);

	ok(clip_make(in_folder("mute.mkv"), "libx264", NULL, PICTURES) == 0, "no sound");
	ok(source_file_new(&v, &a, in_folder("mute.mkv"), false) == 0 && open_soon(a) == 0 &&
			a->info.channels == 0 && open_soon(v) == 0,
		"opens nevertheless");
	ok(a->ops->read_audio(a, fd, USEC_INFINITY, &b) == -EAGAIN, "a wake-up ends the wait");
	ok(a->ops->read_audio(a, -1, usec_now() + 1000, &b) == -EAGAIN, "so does the time");
	(void) watch(v, 1000);
	ok(a->ops->read_audio(a, -1, USEC_INFINITY, &b) == -ENODATA, "and the end of the file");
	close(fd);
}

/* Of pictures as large as these only one is decoded ahead. They come slowly: only a machine that
 * stands still has a reason to drop any. */
static const struct clip large = { .video = "rawvideo",
	.audio = "pcm_s16le",
	.pictures = 6,
	.width = 1280,
	.height = 720,
	.period = 10 };

/* How many pictures were shown in order, if the sound was whole. */
static int play_large(void)
{
	_cleanup_(source_freep) struct source *v = NULL, *a = NULL;
	struct seen seen, *heard = NULL;
	pthread_t thread;
	bool whole;

	if (source_file_new(&v, &a, in_folder("large.nut"), false) < 0 || open_soon(v) < 0 ||
		open_soon(a) < 0 || v->info.width != large.width)
		return -1;
	pthread_create(&thread, NULL, hear_main, a);
	seen = watch(v, 1000);
	pthread_join(thread, (void **) &heard);
	whole = heard->samples == 6 * 10 * CLIP_HZ / CLIP_RATE && !heard->wrong && !heard->gaps;
	free(heard);
	return whole ? seen.in_order : -1;
}

static void test_large(void)
{
	int shown = 0;

	ok(clip_write(in_folder("large.nut"), &large) == 0, "large pictures");
	for (int i = 0; i < 3 && shown != large.pictures; i++)
		shown = play_large();
	ok(shown == large.pictures, "all are shown in order, with all sound (%d)", shown);
}

/* Nothing for a second in the middle of the sound: what comes before it does not wait for that. */
static void test_hole(void)
{
	const struct clip holed = { .audio = "pcm_s16le", .pictures = 11, .hole_msec = 1000 };
	_cleanup_(source_freep) struct source *a = NULL;
	struct seen heard;

	ok(clip_write(in_folder("hole.mkv"), &holed) == 0, "a hole in the sound");
	ok(source_file_new(NULL, &a, in_folder("hole.mkv"), false) == 0 && open_soon(a) == 0,
		"opens");
	nap(2 * PERIOD); /* so that much is there when the first is asked for */
	heard = hear(a, UINT64_MAX);
	ok(heard.samples == 11 * CLIP_HZ / CLIP_RATE && heard.gaps == 1,
		"all sound, and the gap is told (%d)", (int) heard.samples);
	ok(heard.latest_usec < 500000, "none is late (%d ms)", (int) (heard.latest_usec / 1000));
}

/* Read to its end before the sound's reader has come: the two are together all the same. */
static void test_short(void)
{
	_cleanup_(source_freep) struct source *v = NULL, *a = NULL;
	struct seen seen, heard;

	ok(clip_make(in_folder("short.nut"), "rawvideo", "pcm_s16le", 2) == 0, "a short file");
	ok(source_file_new(&v, &a, in_folder("short.nut"), false) == 0 && open_soon(v) == 0,
		"the picture's reader comes first");
	nap(4 * PERIOD);
	ok(open_soon(a) == 0, "the other one later");
	seen = watch(v, 1);
	nap(PERIOD);
	heard = hear(a, UINT64_MAX);
	ok(seen.pictures == 1 && heard.samples == 2 * CLIP_HZ / CLIP_RATE && !heard.wrong &&
			llabs((int64_t) (heard.first_usec - seen.last_usec)) < 2000,
		"they are on the same clock");
}

/* Takes the headers of all JPEG pictures away. */
static void spoil(const char *path)
{
	_cleanup_(freep) char *data = NULL;
	size_t size = 0;

	if (file_read(path, 1 << 24, &data, &size) < 0)
		abort();
	for (size_t i = 0; i + 500 < size; i++)
		if (memcmp(data + i, "\xff\xd8\xff", 3) == 0)
			memset(data + i, 0, 500);
	if (file_write(path, data, size, 0600, 0) < 0)
		abort();
}

/* Sound that nobody wants is no reason to read the file round and round. */
static void test_nothing_to_see(void)
{
	_cleanup_(source_freep) struct source *v = NULL;
	int r;

	ok(clip_make(in_folder("spoilt.mkv"), "mjpeg", "pcm_s16le", PICTURES) == 0, "JPEG");
	spoil(in_folder("spoilt.mkv"));
	ok(source_file_new(&v, NULL, in_folder("spoilt.mkv"), true) == 0,
		"of which nothing can be decoded");
	r = open_soon(v);
	if (r == 0)
		r = watch(v, 1).result;
	ok(r == -EBADMSG, "is given up: %s", v->reason);
}

static int open_fails(const char *url, char *reason, size_t size)
{
	_cleanup_(source_freep) struct source *v = NULL;
	int r = source_file_new(&v, NULL, url, false);

	if (r == 0)
		r = open_soon(v);
	snprintf(reason, size, "%s", v ? v->reason : "");
	return r;
}

static void write_file(const char *path, size_t from, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	uint32_t seed = 7;

	(void) lseek(fd, (off_t) from, SEEK_SET);
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t) ((seed = seed * 1664525 + 1013904223) >> 24);

		(void) !write(fd, &c, 1);
	}
	close(fd);
}

static void test_faults(void)
{
	char why[128];

	ok(open_fails(in_folder("none.mp4"), why, sizeof(why)) == -ENOENT &&
			strstr(why, "none.mp4: No such file"),
		"no file: %s", why);
	write_file(in_folder("noise.mp4"), 0, 20000);
	ok(open_fails(in_folder("noise.mp4"), why, sizeof(why)) == -EBADMSG, "noise: %s", why);
	ok(clip_make(in_folder("sound.wav"), NULL, "pcm_s16le", PICTURES) == 0 &&
			open_fails(in_folder("sound.wav"), why, sizeof(why)) == -EBADMSG,
		"no picture: %s", why);
	ok(open_fails("rtmp://user:secret@127.0.0.1:1/live/secret", why, sizeof(why)) ==
				-ECONNREFUSED &&
			!strstr(why, "secret"),
		"nobody there: %s", why);
	ok(open_fails("nothing://here", why, sizeof(why)) < 0, "no such protocol: %s", why);
}

static void test_corrupt(void)
{
	_cleanup_(source_freep) struct source *v = NULL;
	struct seen seen;

	ok(clip_make(in_folder("bad.ts"), "libx264", "aac", 2 * PICTURES) == 0, "MPEG-TS");
	write_file(in_folder("bad.ts"), 188 * 20, 188 * 12);
	ok(source_file_new(&v, NULL, in_folder("bad.ts"), false) == 0 && open_soon(v) == 0,
		"damaged, but opens");
	seen = watch(v, 1000);
	ok(seen.result == -ENODATA && seen.pictures > PICTURES / 2,
		"plays to the end (%d pictures)", seen.pictures);
	ok(v->counters.errors > 0, "the damage is counted");
}

struct server {
	int fd;
	const char *path;
};

/* Sends a file to a client, a little at a time. */
static void serve_one(int client, const char *path)
{
	int file = open(path, O_RDONLY);
	char chunk[188 * 4];
	ssize_t n;

	while ((n = read(file, chunk, sizeof(chunk))) > 0) {
		if (send(client, chunk, (size_t) n, MSG_NOSIGNAL) < 0)
			break;
		nap(3000);
	}
	close(file);
	close(client);
}

/* One client after the other: on a busy machine an open may miss its deadline and come again. */
static void *serve(void *userdata)
{
	const struct server *s = userdata;
	int client;

	while ((client = accept(s->fd, NULL, NULL)) >= 0)
		serve_one(client, s->path);
	return NULL;
}

static int listen_somewhere(char *url, size_t size)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *) &a, len) < 0 || listen(fd, 1) < 0 ||
		getsockname(fd, (struct sockaddr *) &a, &len) < 0)
		return -1;
	snprintf(url, size, "tcp://127.0.0.1:%d?token=secret", ntohs(a.sin_port));
	return fd;
}

static void test_live(void)
{
	_cleanup_(source_freep) struct source *v = NULL;
	bool fresh = true, ordered = true;
	uint64_t last = 0, until = usec_now() + WAIT, dropped;
	char url[64], path[128];
	struct server server;
	pthread_t thread;
	int n = 0, r;

	snprintf(path, sizeof(path), "%s", in_folder("live.ts"));
	ok(clip_make(path, "libx264", "aac", 2 * PICTURES) == 0, "a stream");
	server = (struct server){ listen_somewhere(url, sizeof(url)), path };
	pthread_create(&thread, NULL, serve, &server);
	ok(source_file_new(&v, NULL, url, true) == 0, "of the network");
	/* On a busy machine the stream may have ended before it was understood. */
	do {
		dropped = v->counters.dropped;
		r = v->ops->open(v);
	} while ((r == -ETIMEDOUT || r == -EPIPE) && usec_now() < until);
	ok(r == 0, "opens");
	ok(!strstr(v->info.device, "secret"), "shows no secret: %s", v->info.device);
	for (;;) {
		_cleanup_(frame_unrefp) struct frame *f = NULL;

		r = v->ops->read_video(v, -1, usec_now() + WAIT, &f);
		if (r < 0)
			break;
		fresh = fresh && f->capture_usec <= f->dequeue_usec &&
			f->dequeue_usec - f->capture_usec < USEC_PER_SEC;
		ordered = ordered && f->capture_usec >= last;
		last = f->capture_usec;
		n++;
	}
	ok(n > 0 && n + (int) (v->counters.dropped - dropped) == 2 * PICTURES,
		"all that arrives (%d)", n);
	ok(fresh && ordered, "is handed on as it comes: fresh %d, in order %d", fresh, ordered);
	ok(r == -EPIPE, "its end is a loss: %s", v->reason);
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(server.fd);
}

static void *churn(void *userdata)
{
	struct source *s = userdata;

	for (int i = 0; i < 8; i++) {
		struct frame *f = NULL;
		struct samples b;

		if (open_soon(s) < 0)
			return "cannot open";
		for (int j = 0; j < 3; j++) {
			if (!s->ops->read_video)
				(void) s->ops->read_audio(s, -1, usec_now() + 20000, &b);
			else if (s->ops->read_video(s, -1, usec_now() + 20000, &f) == 0)
				f = frame_unref(f);
		}
		s->ops->close(s);
	}
	source_free(s);
	return NULL;
}

static void test_churn(void)
{
	struct source *v = NULL, *a = NULL;
	void *rv = NULL, *ra = NULL;
	pthread_t tv, ta;

	(void) source_file_new(&v, &a, in_folder("loop.mp4"), true);
	pthread_create(&tv, NULL, churn, v);
	pthread_create(&ta, NULL, churn, a);
	pthread_join(tv, &rv);
	pthread_join(ta, &ra);
	ok(!rv && !ra, "two threads open, read, close and free as they like");
}

/* What an abandoned thread may look at is never freed; that is no leak. */
void __lsan_disable(void) __attribute__((weak));

/* A thread in a resolver that does not answer cannot be waited for: the reader goes, and it comes
 * back to what is still there. */
static void *leave_stuck(void *userdata)
{
	uint64_t start = usec_now();
	bool *good = userdata;
	struct source *v;

	if (__lsan_disable)
		__lsan_disable();
	*good = source_file_new(&v, NULL, "rtmp://stuck.test/live/x", false) == 0 &&
		v->ops->open(v) == -ETIMEDOUT;
	source_free(v);
	*good = *good && usec_now() - start < 2 * WAIT;
	sem_post(&resolver);
	return NULL;
}

int main(void)
{
	static const char *const names[] = { "raw.nut", "loop.mp4", "mute.mkv", "large.nut",
		"hole.mkv", "short.nut", "spoilt.mkv", "noise.mp4", "sound.wav", "bad.ts",
		"live.ts" };

	bool stuck_left = false;
	pthread_t stuck;

	if (!mkdtemp(folder) || sem_init(&resolver, 0, 0) < 0)
		return 99;
	/* Three seconds, beside the others; what it leaves behind has those that remain. */
	pthread_create(&stuck, NULL, leave_stuck, &stuck_left);
	test_raw();
	test_loop();
	test_late();
	test_waits();
	test_large();
	test_hole();
	test_short();
	test_nothing_to_see();
	test_faults();
	test_corrupt();
	test_live();
	test_churn();
	pthread_join(stuck, NULL);
	ok(stuck_left, "a reader can leave a stuck thread behind");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void) unlink(in_folder(names[i]));
	(void) rmdir(folder);
	return tap_done();
}
