/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture's stages with encoders that misbehave: which one is in use in the end, what is said
 * of it, and that the stream goes on with an IDR whenever it is another one.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/usec.h"
#include "media/tracks.h"
#include "streamer/commands.h"
#include "streamer/video.h"
#include "tests/tap.h"
#include "tests/unit/counters.h"
#include "tests/unit/fake-encoder.h"
#include "tests/unit/folder.h"

#define LIMIT COUNTERS_LIMIT

/* ---- a source that goes on for ever ---- */

struct endless {
	struct source source;
	struct frame_pool *pool;
};

static int source_open(struct source *s)
{
	struct endless *e = (struct endless *) s;

	s->info.width = 320;
	s->info.height = 180;
	s->info.rate_num = 30;
	s->info.rate_den = 1;
	return frame_pool_new(&e->pool, PIXEL_I420, 320, 180, 8);
}

static int source_read(struct source *s, int wake_fd, uint64_t until, struct frame **ret)
{
	struct pollfd p = { .fd = wake_fd, .events = POLLIN };
	struct endless *e = (struct endless *) s;

	(void) until;
	if (poll(&p, 1, 33) > 0)
		return -EAGAIN;
	*ret = frame_pool_get(e->pool);
	if (!*ret)
		return -EAGAIN;
	memset((uint8_t *) (*ret)->data[0], 100, (size_t) (*ret)->stride[0] * 180);
	(*ret)->capture_usec = (*ret)->dequeue_usec = usec_now();
	s->counters.frames++;
	return 0;
}

static void source_close(struct source *s)
{
	struct endless *e = (struct endless *) s;

	e->pool = frame_pool_unref(e->pool);
}

static void source_done(struct source *s)
{
	free(s);
}

static const struct source_ops ops = {
	.name = "endless",
	.open = source_open,
	.read_video = source_read,
	.close = source_close,
	.free = source_done,
};

static struct source *source_new(void)
{
	struct endless *e = calloc(1, sizeof(*e));

	e->source.ops = &ops;
	return &e->source;
}

/* ---- what is told ---- */

#define NEWS_MAX 8

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	int packets, tracks, n_news, failed;
	bool expect_first, unkeyed, backwards;
	int64_t last_pts;
	struct news {
		enum codec_news_kind kind;
		char name[24], before[24], why[400];
	} news[NEWS_MAX];
};

static void on_tracks(void *userdata, struct AVCodecParameters *parameters, int num, int den)
{
	struct seen *s = userdata;
	struct tracks *t = NULL;

	if (parameters && tracks_new(&t, 1, parameters, NULL, num, den) == 0)
		tracks_unref(t);
	pthread_mutex_lock(&s->lock);
	s->tracks += parameters != NULL;
	s->expect_first = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static uint64_t hand_usec; /* each packet takes so long to be handed on */

static void on_packet(void *userdata, struct packet *p)
{
	const struct timespec ts = usec_to_timespec(hand_usec);
	struct seen *s = userdata;

	if (hand_usec)
		nanosleep(&ts, NULL);
	pthread_mutex_lock(&s->lock);
	s->unkeyed |= s->expect_first && !p->key;
	s->expect_first = false;
	s->backwards |= s->packets && p->pts_usec <= s->last_pts;
	s->last_pts = p->pts_usec;
	s->packets++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_live(void *userdata, bool live, const char *reason)
{
	(void) userdata, (void) live, (void) reason;
}

static void on_ended(void *userdata)
{
	(void) userdata;
}

static void on_failed(void *userdata, const char *why)
{
	struct seen *s = userdata;

	(void) why;
	pthread_mutex_lock(&s->lock);
	s->failed++;
	pthread_mutex_unlock(&s->lock);
}

static bool on_wanted(void *userdata)
{
	(void) userdata;
	return true;
}

static void on_encoder(void *userdata, const struct codec_news *n)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	if (s->n_news < NEWS_MAX) {
		struct news *to = &s->news[s->n_news++];

		to->kind = n->kind;
		snprintf(to->name, sizeof(to->name), "%s", n->name);
		snprintf(to->before, sizeof(to->before), "%s", n->before ? n->before : "");
		snprintf(to->why, sizeof(to->why), "%s", n->why);
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static unsigned slow_window; /* else as usual: the machine may be busy */
static const char *card;     /* whose files there are; mostly none */

static struct video *begin(struct seen *s, const char *codec)
{
	const struct video_settings settings = {
		.title = "test",
		.epoch_usec = usec_now(),
		.encoder = { .codec = codec,
			.preset = "ultrafast",
			.tune = "zerolatency",
			.profile = "main",
			.bitrate = 500000,
			.gop = 30,
			.threads = 1 },
		.codec = { .prober = { .timeout_usec = LIMIT, .card = card },
			.patience_usec = 4 * LIMIT,
			.slow_window = slow_window },
	};
	const struct video_hooks hooks = { on_tracks, on_packet, on_live, on_ended, on_failed,
		on_wanted, NULL, NULL, on_encoder, NULL, s };
	struct video *v = NULL;

	*s = (struct seen){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	if (video_new(&v, source_new(), &settings, &hooks) < 0 || video_start(v) < 0)
		abort();
	return v;
}

static bool reach(struct seen *s, const int *counter, int n)
{
	return counter_reaches(&s->lock, &s->changed, counter, n);
}

static struct news news_at(struct seen *s, int i)
{
	struct news n;

	(void) reach(s, &s->n_news, i + 1);
	pthread_mutex_lock(&s->lock);
	n = s->news[i];
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* Some packets more, and the stream is sound. */
static void goes_on(struct seen *s, struct video *v, const char *name, unsigned demotions)
{
	struct video_status t;
	bool good;

	good = reach(s, &s->packets, counter_get(&s->lock, &s->packets) + 10);
	video_status(v, &t);
	pthread_mutex_lock(&s->lock);
	good = good && !s->unkeyed && !s->backwards;
	pthread_mutex_unlock(&s->lock);
	ok(good, "… packets go on, each encoder begins with an IDR, times rise");
	ok(strcmp(t.codec.name, name) == 0 && t.codec.demotions == demotions,
		"… the status says %s, %u demotions (%s)", t.codec.name, t.codec.demotions,
		t.codec.reason);
	video_stop(v);
	ok(video_free(v, usec_now() + LIMIT) == 0, "ends");
}

static void test_works(void)
{
	static const char *const order[] = { "broken", "good", NULL };
	struct news n;
	struct seen s;
	struct video *v;

	fake_order = order;
	v = begin(&s, "auto");
	n = news_at(&s, 0);
	ok(n.kind == CODEC_CHOSEN && strcmp(n.name, "good") == 0 && !*n.before &&
			strcmp(n.why, "broken: fake is broken") == 0,
		"auto: %s is used (%s)", n.name, n.why);
	goes_on(&s, v, "good", 0);
	ok(s.tracks == 1 && s.n_news == 1, "nobody heard of it but once");
}

static void test_none(void)
{
	static const char *const order[] = { "good", "slow", NULL };
	int opened = atomic_load(&fake_opened);
	struct news n;
	struct seen s;
	struct video *v;

	fake_order = order;
	atomic_store(&fake_missing, true);
	v = begin(&s, "auto");
	n = news_at(&s, 0);
	ok(n.kind == CODEC_CHOSEN && strcmp(n.name, "libx264") == 0 &&
			strcmp(n.why, "good: no fake; slow: no fake") == 0,
		"no devices: %s is used (%s)", n.name, n.why);
	goes_on(&s, v, "libx264", 0);
	ok(atomic_load(&fake_opened) == opened, "nothing was tried");
	atomic_store(&fake_missing, false);
}

static void test_all_bad(void)
{
	static const char *const order[] = { "crashes", "dark", "gone", NULL };
	struct news n;
	struct seen s;
	struct video *v;

	fake_order = order;
	v = begin(&s, "auto");
	n = news_at(&s, 0);
	ok(strcmp(n.name, "libx264") == 0 && strstr(n.why, "crashes: its driver crashes") &&
			strstr(n.why, "dark: its pictures are not") &&
			strstr(n.why, "gone: fake is gone"),
		"all are bad: %s is used (%s)", n.name, n.why);
	goes_on(&s, v, "libx264", 1);
	ok(s.failed == 0, "no failure was told");
}

static void test_dies(void)
{
	static const char *const order[] = { "dies", NULL };
	struct news n;
	struct seen s;
	struct video *v;

	fake_order = order;
	v = begin(&s, "auto");
	n = news_at(&s, 0);
	ok(strcmp(n.name, "dies") == 0, "one that works, for a while");
	n = news_at(&s, 1);
	ok(n.kind == CODEC_DEMOTED && strcmp(n.name, "libx264") == 0 &&
			strcmp(n.before, "dies") == 0 && strstr(n.why, "again and again"),
		"after errors it is opened again, then %s is used instead of %s (%s)", n.name,
		n.before, n.why);
	goes_on(&s, v, "libx264", 1);
	ok(s.tracks == 3, "with three encoders in all");
}

static void test_slow(void)
{
	static const char *const order[] = { "slow", NULL };
	struct news n;
	struct seen s;
	struct video *v;

	fake_order = order;
	slow_window = 6;
	v = begin(&s, "auto");
	slow_window = 0;
	n = news_at(&s, 1);
	ok(n.kind == CODEC_DEMOTED && strcmp(n.name, "libx264") == 0 &&
			strstr(n.why, "does not keep up"),
		"one that is too slow: %s is used (%s)", n.name, n.why);
	goes_on(&s, v, "libx264", 1);
}

/* What takes long to be handed on is not the encoder's fault: with a host that is not too busy for
 * the fake one, it stays. */
static void test_handing(void)
{
	static const char *const order[] = { "good", NULL };
	int demoted = 1;

	fake_order = order;
	hand_usec = 50 * USEC_PER_MSEC;
	slow_window = 6;
	for (int i = 0; i < 4 && demoted; i++) {
		struct seen s;
		struct video *v = begin(&s, "auto");

		(void) reach(&s, &s.packets, 30);
		demoted = counter_get(&s.lock, &s.n_news) != 1;
		video_stop(v);
		(void) video_free(v, usec_now() + LIMIT);
	}
	hand_usec = 0;
	slow_window = 0;
	ok(!demoted, "who takes long with the packets is not the encoder");
}

static void test_late(void)
{
	static const char *const order[] = { "late", NULL };
	struct seen s;
	struct video *v;

	fake_order = order;
	v = begin(&s, "auto");
	ok(strcmp(news_at(&s, 0).name, "late") == 0, "one that holds back pictures");
	goes_on(&s, v, "late", 0);
}

static void test_named(void)
{
	struct news n;
	struct seen s;
	struct video *v;

	v = begin(&s, "broken");
	n = news_at(&s, 0);
	ok(n.kind == CODEC_REFUSED && strcmp(n.name, "libx264") == 0,
		"one that is wanted by name, and does not work: %s (%s)", n.name, n.why);
	goes_on(&s, v, "libx264", 0);
	v = begin(&s, "good");
	n = news_at(&s, 0);
	ok(n.kind == CODEC_CHOSEN && strcmp(n.name, "good") == 0 && !*n.why, "one that works");
	goes_on(&s, v, "good", 0);
}

static void test_stop_while_trying(void)
{
	struct seen s;
	struct video *v = begin(&s, "hangs");

	video_stop(v);
	ok(video_free(v, usec_now() + LIMIT) == 0, "it ends while one is tried that hangs");
	ok(s.packets == 0, "… without a packet");
}

/* ---- one that hangs for ever, again and again ---- */

static const char *const freezing[] = { "freezes", NULL };
static sem_t frozen;

static void on_freezing(void)
{
	(void) sem_post(&frozen);
}

/* In a process of its own: the encoder hangs, and then somebody ends that. */
static int freeze(const char *how)
{
	struct seen s;
	struct video *v;

	fake_order = freezing;
	fake_freezing = on_freezing;
	card = "card1";
	(void) sem_init(&frozen, 0, 0);
	v = begin(&s, "auto");
	while (sem_wait(&frozen) < 0)
		;
	if (strcmp(how, "stop") == 0) {
		video_stop(v);
		if (video_free(v, usec_now()) != -ETIMEDOUT)
			_exit(1);
	}
	/* Not by _exit(), at which a sanitizer would find a thread too many. */
	return raise(SIGKILL);
}

/* True: it hung, and came as far as to its end. */
static bool run_frozen(const char *how)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void) execl("/proc/self/exe", "test", "freeze", how, NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGKILL;
}

static void expect_codec(
	enum codec_news_kind kind, const char *name, unsigned demotions, const char *words)
{
	struct news n;
	struct seen s;
	struct video *v;

	v = begin(&s, "auto");
	n = news_at(&s, 0);
	ok(n.kind == kind && strcmp(n.name, name) == 0 && strstr(n.why, words) &&
			strcmp(n.before, kind == CODEC_DEMOTED ? "freezes" : "") == 0,
		"%s is used, before: %s (%s)", n.name, n.before, n.why);
	goes_on(&s, v, name, demotions);
}

static void test_freezes(void)
{
	card = "card1";
	fake_order = freezing;
	fake_life = 1 << 30;
	/* Clean ends are none. */
	for (int i = 0; i < 3; i++)
		expect_codec(CODEC_CHOSEN, "freezes", 0, "");
	ok(run_frozen("watchdog"), "it hangs, and is killed for it");
	/* Once may be anything. */
	expect_codec(CODEC_CHOSEN, "freezes", 0, "");
	ok(run_frozen("stop"), "it hangs, and is left behind by a stop");
	expect_codec(CODEC_DEMOTED, "libx264", 1, "freezes: the service died 2 times");
	expect_codec(CODEC_CHOSEN, "libx264", 0, "freezes: the service died 2 times");
	/* Another card has not seen it. */
	card = "card2";
	expect_codec(CODEC_CHOSEN, "freezes", 0, "");
	card = NULL;
	wipe("encoders");
	wipe("encoders-in-use");
}

static void test_switched_off(void)
{
	card = "card1";
	fake_order = freezing;
	for (int i = 0; i < 3; i++) {
		char boot[16];

		snprintf(boot, sizeof(boot), "boot-%d", i);
		(void) setenv("EGM_BOOT_ID", boot, true);
		(void) run_frozen("watchdog");
	}
	/* Who is switched off says nothing of the encoder. */
	(void) setenv("EGM_BOOT_ID", "boot-3", true);
	expect_codec(CODEC_CHOSEN, "freezes", 0, "");
	card = NULL;
	wipe("encoders");
	wipe("encoders-in-use");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "probe-encoder") == 0) {
		atomic_store(&fake_probing, true);
		return command_probe_encoder(argc - 1, argv + 1);
	}
	if (argc > 2 && strcmp(argv[1], "freeze") == 0)
		return freeze(argv[2]);
	enter_folder();
	(void) setenv("STATE_DIRECTORY", folder_path, true);
	(void) setenv("EGM_BOOT_ID", "boot", true);
	test_works();
	test_none();
	test_all_bad();
	test_dies();
	test_slow();
	test_handing();
	test_late();
	test_named();
	test_stop_while_trying();
	test_freezes();
	test_switched_off();
	leave_folder();
	ok(atomic_load(&fake_opened) == atomic_load(&fake_closed), "all encoders are closed");
	return tap_done();
}
