/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture's stages with a source that obeys the test: what is sent while it is there, gone,
 * stuck and back, and that nothing is encoded while nobody wants it. Bounds are generous: the
 * machine may be busy.
 */
#include "streamer/video.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "common/file.h"
#include "common/usec.h"
#include "media/placeholder.h"
#include "media/tracks.h"
#include "tests/tap.h"
#include "tests/unit/counters.h"

#define LIMIT COUNTERS_LIMIT
#define JPEG_WIDTH 48
#define JPEG_HEIGHT 32

/* ---- the placeholder: what it is told ---- */

static atomic_uint_fast64_t lost_usec; /* the earliest */

struct frame *__real_placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec);
struct frame *__wrap_placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec);

struct frame *__wrap_placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec)
{
	atomic_store(&lost_usec, MIN(atomic_load(&lost_usec), since_usec));
	return __real_placeholder_frame(p, title, reason, since_usec, now_usec);
}

/* ---- the ladder: skipped up to the reset ---- */

static atomic_bool reset_next;

enum ladder_step __real_ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec);
enum ladder_step __wrap_ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec);

enum ladder_step __wrap_ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec)
{
	if (atomic_exchange(&reset_next, false))
		return LADDER_RESET;
	return __real_ladder_next(l, error, open, now_usec);
}

/* ---- a source that obeys ---- */

static struct {
	atomic_bool absent, stuck, ends, broken, jpeg, opening;
	atomic_bool stale;    /* said once */
	atomic_bool faulty;   /* until it is restarted or reset */
	atomic_bool stubborn; /* a restart does not help */
	atomic_bool squeezed; /* had to make a compromise */
	atomic_int restarts, resets, reset_result;
	atomic_int width, height;
	atomic_int signal;
	atomic_int closes;
	char *data; /* a JPEG; set before the stages run */
	size_t size;
} card = { .width = 320, .height = 180 };

struct fake {
	struct source source;
	struct frame_pool *pool;
};

static int fake_open(struct source *s)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct fake *f = (struct fake *) s;

	while (atomic_load(&card.opening))
		(void) nanosleep(&moment, NULL);
	s->signal = (enum signal) atomic_load(&card.signal);
	if (atomic_load(&card.absent))
		return source_fail(s, -ENODEV, "no device fake");
	snprintf(s->info.format, sizeof(s->info.format), "YU12");
	snprintf(s->info.device, sizeof(s->info.device), "fake");
	s->info.width = atomic_load(&card.width);
	s->info.height = atomic_load(&card.height);
	s->info.rate_num = 30;
	s->info.rate_den = 1;
	snprintf(s->info.compromise, sizeof(s->info.compromise), "%s",
		atomic_load(&card.squeezed) ? "less" : "");
	return frame_pool_new(&f->pool, PIXEL_I420, s->info.width, s->info.height, 8);
}

static void free_frame(struct frame *f)
{
	free(f);
}

static struct frame *jpeg_frame(const uint8_t *data, size_t size, int width, int height)
{
	struct frame *f = calloc(1, sizeof(*f));

	f->pixel = PIXEL_MJPEG;
	f->width = width;
	f->height = height;
	f->data[0] = data;
	f->size = size;
	f->capture_usec = f->dequeue_usec = usec_now();
	f->release = free_frame;
	atomic_init(&f->refs, 1);
	return f;
}

/* A JPEG that is none behind its first two bytes. */
static struct frame *broken_frame(void)
{
	static const uint8_t rubbish[64] = { 0xff, 0xd8, 0x12, 0x34, [62] = 0xff, [63] = 0xd9 };

	return jpeg_frame(rubbish, sizeof(rubbish), 320, 180);
}

static int fake_read(struct source *s, int wake_fd, uint64_t until, struct frame **ret)
{
	struct fake *f = (struct fake *) s;
	struct pollfd p = { .fd = wake_fd, .events = POLLIN };
	uint64_t now = usec_now();
	bool stuck = atomic_load(&card.stuck);

	s->signal = (enum signal) atomic_load(&card.signal);
	if (atomic_load(&card.ends))
		return -ENODATA;
	if (atomic_exchange(&card.stale, false))
		return source_fail(s, -ESTALE, "another signal");
	if (poll(&p, 1, stuck ? (int) ((until - now) / 1000) : 33) > 0 || stuck)
		return -EAGAIN;
	if (atomic_load(&card.absent))
		return source_fail(s, -ENODEV, "fake was pulled out");
	if (atomic_load(&card.faulty))
		return source_fail(s, -EIO, "fake is broken");
	if (atomic_load(&card.broken)) {
		*ret = broken_frame();
		return 0;
	}
	if (atomic_load(&card.jpeg)) {
		*ret = jpeg_frame((const uint8_t *) card.data, card.size, JPEG_WIDTH, JPEG_HEIGHT);
		return 0;
	}
	*ret = frame_pool_get(f->pool);
	if (!*ret)
		return -EAGAIN;
	memset((uint8_t *) (*ret)->data[0], (int) (s->counters.frames & 127) + 16,
		(size_t) (*ret)->stride[0] * (size_t) (*ret)->height);
	(*ret)->capture_usec = (*ret)->dequeue_usec = usec_now();
	s->counters.frames++;
	return 0;
}

static int fake_restart(struct source *s)
{
	atomic_fetch_add(&card.restarts, 1);
	if (atomic_load(&card.stubborn))
		return source_fail(s, -EIO, "fake does not restart");
	atomic_store(&card.faulty, false);
	return 0;
}

static int fake_reset(struct source *s, int wake_fd)
{
	int r = atomic_load(&card.reset_result);

	(void) wake_fd;
	atomic_fetch_add(&card.resets, 1);
	if (r < 0)
		return source_fail(s, r, "fake does not reset");
	atomic_store(&card.faulty, false);
	return 0;
}

static void fake_close(struct source *s)
{
	struct fake *f = (struct fake *) s;

	f->pool = frame_pool_unref(f->pool);
	atomic_fetch_add(&card.closes, 1);
}

static void fake_free(struct source *s)
{
	free(s);
}

static const struct source_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.read_video = fake_read,
	.restart = fake_restart,
	.reset = fake_reset,
	.close = fake_close,
	.free = fake_free,
};

static struct source *fake_new(void)
{
	struct fake *f = calloc(1, sizeof(*f));

	f->source.ops = &fake_ops;
	return &f->source;
}

/* ---- what the stages tell ---- */

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	int packets, keys, tracks, closed, live, lost, ended, failed;
	int events[VIDEO_UNCOMPROMISED + 1];
	int frames, jpegs; /* handed to whoever looks at pictures */
	int bare;          /* of these, with something in the corner that a mask is over */
	int masked;        /* … and with the mask */
	int width, height; /* of the last one */
	int64_t last_pts;
	bool expect_first; /* the next packet is the first of an encoder */
	struct tracks *last_tracks;
	struct told {
		int64_t longest_gap;
		bool backwards, first_is_key;
		char reason[128], why[160], words[96];
	} told;
	/* any thread */
	atomic_bool wanted;
};

static void on_tracks(void *userdata, struct AVCodecParameters *parameters, int num, int den)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (parameters) {
		s->tracks++;
		s->expect_first = true;
		tracks_unref(s->last_tracks);
		(void) tracks_new(&s->last_tracks, 1, parameters, NULL, num, den);
	} else {
		s->closed++;
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_packet(void *userdata, struct packet *p)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (s->expect_first)
		s->told.first_is_key = s->told.first_is_key && p->key;
	s->expect_first = false;
	if (s->packets && p->pts_usec <= s->last_pts)
		s->told.backwards = true;
	if (s->packets)
		s->told.longest_gap = MAX(s->told.longest_gap, p->pts_usec - s->last_pts);
	s->last_pts = p->pts_usec;
	s->packets++;
	s->keys += p->key;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_live(void *userdata, bool live, const char *reason)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->live += live;
	s->lost += !live;
	snprintf(s->told.reason, sizeof(s->told.reason), "%s", reason);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_ended(void *userdata)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->ended++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_failed(void *userdata, const char *why)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->failed++;
	snprintf(s->told.why, sizeof(s->told.why), "%s", why);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static bool on_wanted(void *userdata)
{
	struct seen *s = userdata;

	return atomic_load(&s->wanted);
}

/* Cards of the tests yield no white. */
static bool is_masked(const struct frame *f)
{
	return f->pixel != PIXEL_MJPEG && f->data[0][0] == (f->full_range ? 255 : 235);
}

static void on_frame(void *userdata, struct frame *f)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->frames += f->pixel == PIXEL_I420;
	s->width = f->width;
	s->height = f->height;
	s->masked += is_masked(f);
	s->bare += !is_masked(f);
	s->jpegs += f->pixel == PIXEL_MJPEG;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_event(void *userdata, enum video_event event, const char *words)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->events[event]++;
	snprintf(s->told.words, sizeof(s->told.words), "%s", words);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static bool reach(struct seen *s, const int *counter, int n)
{
	return counter_reaches(&s->lock, &s->changed, counter, n);
}

static int get(struct seen *s, const int *counter)
{
	return counter_get(&s->lock, counter);
}

/* What has been told so far; the stages go on telling. */
static struct told told(struct seen *s)
{
	struct told t;

	pthread_mutex_lock(&s->lock);
	t = s->told;
	pthread_mutex_unlock(&s->lock);
	return t;
}

static struct seen seen_new(void)
{
	return (struct seen){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
		.told.first_is_key = true,
		.wanted = true };
}

static struct video *begin_shaped(
	struct seen *s, const char *profile, const struct shape_settings *shape)
{
	const struct video_settings settings = {
		.shape = *shape,
		.title = "test",
		.epoch_usec = usec_now(),
		.encoder = { .codec = "libx264",
			.preset = "ultrafast",
			.tune = "zerolatency",
			.profile = profile,
			.bitrate = 500000,
			.gop = 30,
			.threads = 1 },
	};
	const struct video_hooks hooks = { on_tracks, on_packet, on_live, on_ended, on_failed,
		on_wanted, on_frame, on_event, NULL, s };
	struct video *v = NULL;

	if (video_new(&v, fake_new(), &settings, &hooks) < 0 || video_start(v) < 0)
		abort();
	return v;
}

static struct video *begin(struct seen *s, const char *profile)
{
	return begin_shaped(s, profile, &(struct shape_settings){ 0 });
}

static int end(struct video *v, struct seen *s)
{
	int r;

	video_stop(v);
	r = video_free(v, usec_now() + LIMIT);
	tracks_unref(s->last_tracks);
	return r;
}

/* ---- the tests ---- */

static void test_lost_and_back(void)
{
	struct seen s = seen_new();
	struct video *v = begin(&s, "main");
	struct video_status t;
	uint64_t start, placeholder_usec, begun_usec = usec_now();
	int n, frames;
	struct told seen;

	atomic_store(&lost_usec, UINT64_MAX);
	ok(reach(&s, &s.packets, 5) && get(&s, &s.live) == 1, "a picture comes and is live");
	ok(told(&s).first_is_key, "the first packet is an IDR");

	start = usec_now();
	atomic_store(&card.absent, true);
	ok(reach(&s, &s.lost, 1), "the card is pulled out: not live any more");
	ok(usec_now() - start < 2 * USEC_PER_SEC, "… soon");
	seen = told(&s);
	ok(strcmp(seen.reason, "fake was pulled out") == 0 ||
			strcmp(seen.reason, "no device fake") == 0 ||
			strcmp(seen.reason, "no picture from fake") == 0, /* a busy host: before */
		"… and it is said why: %s", seen.reason);
	n = get(&s, &s.packets);
	frames = get(&s, &s.frames);
	(void) reach(&s, &s.packets, n + 1);
	placeholder_usec = usec_now() - start;
	ok(reach(&s, &s.packets, n + 10), "packets go on");
	ok(frames >= 5 && get(&s, &s.frames) == frames,
		"%d pictures have been looked at, the placeholder is not", frames);
	video_status(v, &t);
	ok(!t.live && t.placeholders > 0 && t.width == 320, "with a placeholder of the same size");
	ok(atomic_load(&lost_usec) >= begun_usec && atomic_load(&lost_usec) <= usec_now(),
		"that is told when the card was lost");

	start = usec_now();
	atomic_store(&card.absent, false);
	ok(reach(&s, &s.live, 2), "the card is back: live");
	printf("# placeholder after %d ms, live after %d ms\n",
		(int) (placeholder_usec / USEC_PER_MSEC),
		(int) ((usec_now() - start) / USEC_PER_MSEC));
	n = get(&s, &s.packets);
	ok(reach(&s, &s.packets, n + 5), "packets of the card");

	atomic_store(&card.stuck, true);
	ok(reach(&s, &s.lost, 2), "the card yields nothing: not live");
	n = atomic_load(&card.closes);
	atomic_store(&card.stuck, false);
	ok(reach(&s, &s.live, 3), "it yields again: live");
	seen = told(&s);
	ok(!seen.backwards, "timestamps rise strictly all the time");
	ok(seen.longest_gap < 1000000, "and without holes (longest %d ms)",
		(int) (seen.longest_gap / 1000));
	ok(get(&s, &s.tracks) == 1, "all with one encoder");
	ok(end(v, &s) == 0, "ends");
}

/* Packets never cease, so they tell the time. */
static bool signal_becomes(struct video *v, struct seen *s, enum signal signal)
{
	struct video_status t = { .live = false };

	atomic_store(&card.signal, (int) signal);
	for (int i = 0; i < 300; i++) {
		video_status(v, &t);
		if (t.signal == signal || !reach(s, &s->packets, get(s, &s->packets) + 1))
			break;
	}
	return t.signal == signal;
}

static void test_signal(void)
{
	struct seen s = seen_new();
	struct video *v = begin(&s, "main");

	ok(reach(&s, &s.live, 1) && signal_becomes(v, &s, SIGNAL_OK),
		"what the source says of its signal is in the status");
	ok(signal_becomes(v, &s, SIGNAL_NO_SYNC), "also when pictures go on");
	atomic_store(&card.stuck, true);
	ok(reach(&s, &s.lost, 1) && signal_becomes(v, &s, SIGNAL_NO_CABLE), "and when none comes");
	atomic_store(&card.absent, true);
	atomic_store(&card.stuck, false);
	ok(signal_becomes(v, &s, SIGNAL_NO_DEVICE), "and when it cannot be opened");
	atomic_store(&card.absent, false);
	ok(reach(&s, &s.live, 2) && signal_becomes(v, &s, SIGNAL_UNKNOWN), "until it is back");
	ok(end(v, &s) == 0, "ends");
}

static void test_reopened(void)
{
	struct seen s = seen_new();
	struct video_status t;
	struct video *v;
	int closes = atomic_load(&card.closes), lost;

	v = begin(&s, "main");
	ok(reach(&s, &s.live, 1), "a picture is live");
	lost = get(&s, &s.lost);
	video_reopen(v);
	for (int n = get(&s, &s.frames); atomic_load(&card.closes) == closes; n++)
		if (!reach(&s, &s.frames, n + 1))
			break;
	ok(reach(&s, &s.frames, get(&s, &s.frames) + 5), "the source is closed and opened anew");
	video_status(v, &t);
	ok(t.opens == 2 && atomic_load(&card.closes) == closes + 1, "once");
	ok(get(&s, &s.lost) == lost && get(&s, &s.tracks) == 1 && !told(&s).backwards,
		"nobody else notices");
	ok(end(v, &s) == 0 && atomic_load(&card.closes) == closes + 2, "closed at the end");
}

/* What comes has another size, what is sent has not. */
static void test_stale(void)
{
	struct seen s = seen_new();
	struct video_status t;
	struct video *v;
	int closes = atomic_load(&card.closes), lost;

	v = begin(&s, "main");
	ok(reach(&s, &s.live, 1) && reach(&s, &s.packets, 2), "a picture is live");
	lost = get(&s, &s.lost);
	atomic_store(&card.height, 240);
	atomic_store(&card.stale, true);
	for (int n = get(&s, &s.frames); atomic_load(&card.closes) == closes; n++)
		if (!reach(&s, &s.frames, n + 1))
			break;
	ok(reach(&s, &s.frames, get(&s, &s.frames) + 5),
		"another signal: the source is opened anew");
	video_status(v, &t);
	ok(t.opens == 2 && t.info.height == 240 && t.width == 320 && t.height == 180,
		"%dx%d comes, %dx%d is sent", t.info.width, t.info.height, t.width, t.height);
	ok(get(&s, &s.lost) == lost && get(&s, &s.tracks) == 1 && get(&s, &s.closed) == 0 &&
			!told(&s).backwards,
		"nobody else notices");
	ok(end(v, &s) == 0, "ends");
	atomic_store(&card.height, 180);
}

static void test_recovery(void)
{
	struct seen s = seen_new();
	struct video *v = begin(&s, "main");
	int closes = atomic_load(&card.closes), lost;
	struct video_status t;

	ok(reach(&s, &s.live, 1), "a picture is live");
	lost = get(&s, &s.lost);
	atomic_store(&card.faulty, true);
	while (atomic_load(&card.faulty) && reach(&s, &s.packets, get(&s, &s.packets) + 1))
		;
	ok(reach(&s, &s.frames, get(&s, &s.frames) + 5), "a stream that broke goes on");
	video_status(v, &t);
	ok(t.opens == 1 && atomic_load(&card.closes) == closes && t.recovery.restarts == 1 &&
			get(&s, &s.lost) == lost,
		"by a restart; nobody else notices");

	atomic_store(&card.stubborn, true);
	atomic_store(&reset_next, true);
	atomic_store(&card.faulty, true);
	ok(reach(&s, &s.events[VIDEO_RESET], 1), "one that stays broken is reset");
	ok(reach(&s, &s.frames, get(&s, &s.frames) + 5) && atomic_load(&card.resets) == 1 &&
			atomic_load(&card.closes) == closes + 1,
		"closed meanwhile, and goes on");
	atomic_store(&card.reset_result, -EIO);
	atomic_store(&reset_next, true);
	atomic_store(&card.faulty, true);
	ok(reach(&s, &s.events[VIDEO_RESET_FAILED], 1) &&
			strcmp(told(&s).words, "fake does not reset") == 0,
		"when that fails it is told why");
	video_status(v, &t);
	ok(t.recovery.resets == 1 && t.recovery.failed_resets == 1 &&
			strcmp(t.recovery.reset_error, "fake does not reset") == 0,
		"and counted");
	atomic_store(&card.stubborn, false);
	atomic_store(&card.faulty, false);
	atomic_store(&card.reset_result, 0);
	ok(reach(&s, &s.frames, get(&s, &s.frames) + 5), "it works again");
	ok(get(&s, &s.tracks) == 1 && !told(&s).backwards && told(&s).longest_gap < 1000000,
		"all with one encoder and without holes");
	ok(end(v, &s) == 0, "ends");
}

static void test_compromise(void)
{
	struct seen s = seen_new();
	struct video *v;
	int closes;

	atomic_store(&card.squeezed, true);
	v = begin(&s, "main");
	ok(reach(&s, &s.events[VIDEO_COMPROMISE], 1) && reach(&s, &s.live, 1),
		"a compromise is told");
	for (int i = 0; i < 2; i++) {
		closes = atomic_load(&card.closes);
		atomic_store(&card.squeezed, i == 0);
		video_reopen(v);
		while (atomic_load(&card.closes) == closes)
			(void) reach(&s, &s.frames, get(&s, &s.frames) + 1);
		ok(reach(&s, &s.frames, get(&s, &s.frames) + 5), "opened anew");
	}
	ok(get(&s, &s.events[VIDEO_COMPROMISE]) == 1, "once");
	ok(get(&s, &s.events[VIDEO_UNCOMPROMISED]) == 1, "its end, too");
	ok(end(v, &s) == 0, "ends");
}

static void test_opening(void)
{
	struct seen s = seen_new();
	struct video *v;
	int closes = atomic_load(&card.closes);

	atomic_store(&card.opening, true);
	v = begin(&s, "main");
	ok(reach(&s, &s.packets, 10) && get(&s, &s.live) == 0,
		"packets do not wait for a card that takes its time to open");
	video_stop(v);
	atomic_store(&card.opening, false);
	ok(end(v, &s) == 0, "it ends while the card opens");
	ok(atomic_load(&card.closes) == closes + 1, "which is closed again");
}

static void test_sleep(void)
{
	struct seen s = seen_new();
	struct video *v;
	struct video_status t;
	int n;
	struct told seen;

	atomic_store(&s.wanted, false);
	v = begin(&s, "main");
	ok(reach(&s, &s.closed, 1) && get(&s, &s.packets) == 1,
		"nobody wants it: one packet to prove the encoder, then it is closed");
	n = get(&s, &s.packets);
	ok(reach(&s, &s.live, 1), "the input is watched all the same");
	video_status(v, &t);
	ok(t.width == 0 && get(&s, &s.packets) == n, "nothing is encoded");
	ok(reach(&s, &s.frames, get(&s, &s.frames) + 5) && get(&s, &s.packets) == n,
		"pictures are looked at all the same");
	atomic_store(&card.absent, true);
	ok(reach(&s, &s.lost, 1), "a loss is noticed asleep");
	atomic_store(&card.absent, false);
	ok(reach(&s, &s.live, 2), "so is the return");
	atomic_store(&s.wanted, true);
	ok(reach(&s, &s.packets, n + 5) && get(&s, &s.tracks) == 2, "wanted: a new encoder");
	seen = told(&s);
	ok(seen.first_is_key && !seen.backwards, "that begins with an IDR, later in time");
	ok(end(v, &s) == 0, "ends");
}

static void test_keyframes_on_request(void)
{
	struct seen s = seen_new();
	struct video *v = begin(&s, "main");
	int keys, packets, tracks;

	/* A busy machine may have begun with a placeholder. */
	ok(reach(&s, &s.live, 1) && reach(&s, &s.packets, 5), "packets come");
	tracks = get(&s, &s.tracks);
	keys = get(&s, &s.keys);
	packets = get(&s, &s.packets);
	video_want_keyframe(v);
	ok(reach(&s, &s.keys, keys + 1), "a keyframe when one is asked for");
	ok(get(&s, &s.packets) - packets <= 10, "… within a few pictures");
	ok(video_set_bitrate(v, 800000) == 0 && reach(&s, &s.packets, packets + 15),
		"another bitrate on the way");
	ok(get(&s, &s.tracks) == tracks, "without a new encoder");
	ok(end(v, &s) == 0, "ends");
}

static void test_late_card(void)
{
	struct seen s = seen_new();
	struct video *v;
	struct video_status t;
	struct told seen;

	atomic_store(&card.absent, true);
	v = begin(&s, "main");
	ok(reach(&s, &s.packets, 3) && get(&s, &s.live) == 0, "without a card: a placeholder");
	video_status(v, &t);
	ok(t.width == 1280 && t.height == 720 && !t.live, "of 1280x720");
	ok(strcmp(t.reason, "no device fake") == 0, "the status says why: %s", t.reason);
	atomic_store(&card.absent, false);
	ok(reach(&s, &s.live, 1) && reach(&s, &s.tracks, 2), "the card comes: its own size");
	ok(reach(&s, &s.packets, get(&s, &s.packets) + 3), "packets go on");
	video_status(v, &t);
	ok(t.width == 320 && t.height == 180, "320x180 now");
	seen = told(&s);
	ok(!seen.backwards && seen.first_is_key, "in order, beginning with an IDR");
	atomic_store(&card.ends, true);
	ok(reach(&s, &s.ended, 1), "the end of a file is told");
	ok(end(v, &s) == 0, "ends");
	atomic_store(&card.ends, false);
}

static void test_broken_pictures(void)
{
	struct seen s = seen_new();
	struct video *v;
	struct video_status t;
	int n;

	atomic_store(&card.broken, true);
	v = begin(&s, "main");
	ok(reach(&s, &s.packets, 3) && get(&s, &s.live) == 0,
		"broken pictures only: a placeholder");
	atomic_store(&card.broken, false);
	ok(reach(&s, &s.live, 1), "whole ones: live");
	atomic_store(&card.broken, true);
	ok(reach(&s, &s.lost, 2), "broken ones again: not live");
	n = get(&s, &s.packets);
	ok(reach(&s, &s.packets, n + 10), "packets go on");
	video_status(v, &t);
	ok(strcmp(t.reason, "broken pictures from fake") == 0 && t.corrupt > 0, "%s, counted",
		t.reason);
	ok(!told(&s).backwards, "in order");
	ok(end(v, &s) == 0, "ends");
	atomic_store(&card.broken, false);
}

static void read_jpeg(void)
{
	const char *top = getenv("top_srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/corpus/convert/yuvj420p.jpg", top ? top : ".");
	if (file_read(path, 1 << 20, &card.data, &card.size) < 0)
		abort();
}

static void test_jpeg(void)
{
	struct seen s = seen_new();
	struct video *v;

	read_jpeg();
	atomic_store(&card.jpeg, true);
	v = begin(&s, "main");
	ok(reach(&s, &s.live, 1) && reach(&s, &s.frames, 5) && get(&s, &s.jpegs) == 0,
		"JPEGs on their way to the encoder are looked at decoded");
	atomic_store(&s.wanted, false);
	ok(reach(&s, &s.jpegs, 5), "while nobody decodes them, as they are");
	ok(end(v, &s) == 0, "ends");
	atomic_store(&card.jpeg, false);
	free(card.data);
}

static void make_mask(struct shape_settings *shape)
{
	shape->geometry.width = 320;
	shape->geometry.height = 180;
	shape->geometry.masks[0] = (struct geometry_rect){ 0, 0, 100, 50 };
	shape->geometry.n_masks = 1;
	shape->geometry.colour = 0xffffff;
}

/* The shape changes on the way: who must notice, and who must not. */
static void test_shape(void)
{
	struct shape_settings shape = { 0 };
	struct seen s = seen_new();
	struct video *v = begin(&s, "main");
	struct video_status t;
	int tracks;

	ok(reach(&s, &s.live, 1) && reach(&s, &s.bare, 3), "pictures come as they are");
	tracks = get(&s, &s.tracks);
	make_mask(&shape);
	video_set_shape(v, &shape);
	ok(reach(&s, &s.masked, 5), "a mask: it is seen");
	ok(get(&s, &s.tracks) == tracks, "with the same encoder");
	shape.geometry.turns = 2;
	video_set_shape(v, &shape);
	ok(reach(&s, &s.bare, get(&s, &s.bare) + 3) && get(&s, &s.tracks) == tracks,
		"turned over: the same");
	shape.geometry.turns = 1;
	video_set_shape(v, &shape);
	ok(reach(&s, &s.tracks, tracks + 1), "turned by 90 degrees: another one");
	ok(reach(&s, &s.packets, get(&s, &s.packets) + 3), "packets go on");
	video_status(v, &t);
	ok(t.width == 180 && t.height == 320 && get(&s, &s.width) == 180, "of %dx%d", t.width,
		t.height);
	shape.width = 160;
	shape.height = 320;
	video_set_shape(v, &shape);
	ok(reach(&s, &s.tracks, tracks + 2), "another size of the encoder: another one");
	ok(reach(&s, &s.packets, get(&s, &s.packets) + 3), "packets go on");
	shape.geometry.turns = 0;
	shape.stretch = true;
	video_set_shape(v, &shape);
	for (int n = get(&s, &s.frames); get(&s, &s.width) != 320 && reach(&s, &s.frames, ++n);)
		;
	video_status(v, &t);
	ok(t.width == 160 && t.height == 320 && get(&s, &s.tracks) == tracks + 2,
		"upright again: the size is set, the encoder stays");
	ok(get(&s, &s.lost) == 0 && !told(&s).backwards, "all without a loss");
	ok(end(v, &s) == 0, "ends");
}

/* The card goes on with another size and aspect: that is no matter of the outputs'. */
static void test_other_size(void)
{
	struct seen s = seen_new();
	struct video *v = begin(&s, "main");
	struct video_status t;

	ok(reach(&s, &s.live, 1) && reach(&s, &s.packets, 3), "pictures of 320x180");
	atomic_store(&card.width, 200);
	atomic_store(&card.height, 240);
	video_reopen(v);
	for (int n = get(&s, &s.frames); get(&s, &s.width) != 200 && reach(&s, &s.frames, ++n);)
		;
	ok(reach(&s, &s.packets, get(&s, &s.packets) + 5), "packets go on when they are 200x240");
	video_status(v, &t);
	ok(t.width == 320 && t.height == 180 && get(&s, &s.tracks) == 1 && t.live,
		"with the encoder that was there");
	ok(end(v, &s) == 0, "ends");
	atomic_store(&card.width, 320);
	atomic_store(&card.height, 180);
}

/* What is masked is never seen bare: not in pictures of another size, not in JPEGs, not asleep. */
static void test_masked(void)
{
	struct shape_settings shape = { 0 };
	struct seen s = seen_new();
	struct video_status t;
	struct video *v;
	int lost;

	make_mask(&shape);
	v = begin_shaped(&s, "main", &shape);
	ok(reach(&s, &s.masked, 3), "masked from the start");
	lost = get(&s, &s.lost);
	atomic_store(&card.height, 240);
	video_reopen(v);
	ok(reach(&s, &s.lost, lost + 1), "masks for another aspect: not live");
	ok(reach(&s, &s.packets, get(&s, &s.packets) + 5), "packets go on");
	video_status(v, &t);
	ok(strcmp(t.reason, "crop and masks are for 320x180, the picture is 320x240: hidden") ==
				0 &&
			t.width == 320 && t.height == 180 && t.placeholders > 0,
		"it is said why: %s", t.reason);
	atomic_store(&s.wanted, false);
	ok(reach(&s, &s.closed, 1), "asleep");
	video_status(v, &t);
	ok(!t.live, "it is no live input there either");
	atomic_store(&card.height, 180);
	video_reopen(v);
	ok(reach(&s, &s.live, 2) && reach(&s, &s.masked, get(&s, &s.masked) + 3),
		"the right size again: live, masked");
	ok(get(&s, &s.bare) == 0, "nobody has seen what is under the mask");
	ok(end(v, &s) == 0, "ends");
}

static void test_masked_jpeg(void)
{
	struct shape_settings shape = { 0 };
	struct seen s = seen_new();
	struct video *v;

	make_mask(&shape);
	shape.geometry.width = JPEG_WIDTH;
	shape.geometry.height = JPEG_HEIGHT;
	shape.geometry.masks[0] = (struct geometry_rect){ 0, 0, 8, 8 };
	read_jpeg();
	atomic_store(&card.jpeg, true);
	v = begin_shaped(&s, "main", &shape);
	ok(reach(&s, &s.live, 1) && reach(&s, &s.frames, 5), "JPEGs come decoded");
	atomic_store(&s.wanted, false);
	ok(reach(&s, &s.closed, 1) && reach(&s, &s.frames, get(&s, &s.frames) + 5) &&
			get(&s, &s.jpegs) == 0,
		"asleep as well");
	ok(get(&s, &s.bare) == 0, "nobody has seen what is under the mask");
	ok(end(v, &s) == 0, "ends");
	atomic_store(&card.jpeg, false);
	free(card.data);
}

static void test_bad_encoder(void)
{
	struct seen s = seen_new();
	struct video *v = begin(&s, "nonsense");
	struct told seen;

	ok(reach(&s, &s.failed, 1), "settings the encoder refuses are told");
	seen = told(&s);
	ok(strstr(seen.why, "nonsense"), "with words: %s", seen.why);
	ok(end(v, &s) == 0, "ends");
}

int main(void)
{
	test_lost_and_back();
	test_signal();
	test_reopened();
	test_stale();
	test_recovery();
	test_compromise();
	test_opening();
	test_sleep();
	test_keyframes_on_request();
	test_late_card();
	test_broken_pictures();
	test_jpeg();
	test_shape();
	test_other_size();
	test_masked();
	test_masked_jpeg();
	test_bad_encoder();
	return tap_done();
}
