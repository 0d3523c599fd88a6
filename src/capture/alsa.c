/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ALSA card as a source. The kernel stamps each move of its write pointer with the monotonic
 * clock; from the stamp and the number of samples between that pointer and ours follows the time of
 * the first sample of a block, whenever it is read. The stamps of the period interrupts are used as
 * they are: asking the card anew (snd_pcm_avail) would stamp a pointer that only moves once per
 * transfer with the time of the question.
 *
 * An overrun or a suspend is mended here and marked as a gap; a card that is gone is lost.
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <string.h>

#include "capture/identity.h"
#include "capture/source.h"
#include "capture/wait.h"
#include "common/usec.h"

#define PERIOD_USEC 20000   /* about what AAC encodes at once: less would wake us for nothing */
#define BUFFER_USEC 1000000 /* a busy machine may keep us from reading for a while */
#define RATE 48000
#define CHANNELS 2
#define POLL_MAX 8
#define RESUME_LIMIT_USEC USEC_PER_SEC
#define RESUME_RETRY_USEC (20 * USEC_PER_MSEC)
#define RECOVERIES_MAX 16 /* without a sample in between */
#define NAME_LENGTH 128

static const struct {
	snd_pcm_format_t alsa;
	enum sample_format format;
	size_t bytes;
	const char *name;
} formats[] = {
	{ SND_PCM_FORMAT_S16, SAMPLE_S16, 2, "S16" },
	{ SND_PCM_FORMAT_S32, SAMPLE_S32, 4, "S32" },
	{ SND_PCM_FORMAT_FLOAT, SAMPLE_FLT, 4, "FLOAT" },
};

struct alsa_source {
	struct source source;
	/* set by new */
	char device[NAME_LENGTH];
	char video_device[256];
	/* the owner's thread only */
	char identity[IDENTITY_MAX]; /* of the card beside which we were found; empty at first */
	/* the owner's thread only; valid while open */
	snd_pcm_t *pcm;
	char name[NAME_LENGTH]; /* what is open */
	size_t format;          /* index in formats */
	unsigned rate, channels;
	snd_pcm_uframes_t period, buffer;
	void *samples;        /* room for buffer */
	bool gap;             /* before the next block */
	unsigned recoveries;  /* since the last block */
	uint64_t resume_usec; /* give up resuming then; 0: not suspended */
};

/* The library prints to stderr what it also returns. */
static void be_quiet(
	const char *file, int line, const char *function, int err, const char *fmt, va_list arg)
{
	(void) file, (void) line, (void) function, (void) err, (void) fmt, (void) arg;
}

/* "auto" stays with its card when that comes back under another node. */
static int find_beside(struct alsa_source *a)
{
	char node[sizeof(a->video_device)];
	int r = identity_locate(a->video_device, a->identity, node, sizeof(node));

	if (r == 0)
		r = identity_find_sound(node, a->name, sizeof(a->name));
	if (r < 0)
		return r;
	if (a->identity[0] == '\0' && identity_of_video(node, a->identity) < 0)
		a->identity[0] = '\0';
	return 0;
}

static int find_device(struct alsa_source *a)
{
	int r;

	if (strcmp(a->device, "auto") != 0) {
		(void) snprintf(a->name, sizeof(a->name), "%s", a->device);
		return 0;
	}
	r = find_beside(a);
	if (r < 0)
		return source_fail(&a->source, r, "no sound card beside %.60s",
			a->video_device[0] ? a->video_device : "the picture");
	return 0;
}

static int fail_open(struct alsa_source *a, int err)
{
	if (err == -ENOENT || err == -ENODEV || err == -ENXIO)
		return source_fail(&a->source, err, "no sound card %.70s", a->name);
	if (err == -EBUSY)
		return source_fail(
			&a->source, err, "sound card %.50s is in use by another program", a->name);
	if (err == -EACCES || err == -EPERM)
		return source_fail(
			&a->source, err, "no permission to open sound card %.50s", a->name);
	return source_fail(
		&a->source, err, "cannot open sound card %.40s: %s", a->name, snd_strerror(err));
}

static int set_hw_params(struct alsa_source *a)
{
	unsigned period_usec = PERIOD_USEC, buffer_usec = BUFFER_USEC, most = SAMPLES_CHANNELS_MAX;
	snd_pcm_hw_params_t *hw;
	size_t format = 0;
	int r;

	snd_pcm_hw_params_alloca(&hw);
	r = snd_pcm_hw_params_any(a->pcm, hw);
	if (r < 0)
		return r;
	(void) snd_pcm_hw_params_set_rate_resample(a->pcm, hw, 0);
	r = snd_pcm_hw_params_set_access(a->pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
	if (r < 0)
		return r;
	while (format < ARRAY_SIZE(formats) &&
		snd_pcm_hw_params_test_format(a->pcm, hw, formats[format].alsa) < 0)
		format++;
	if (format == ARRAY_SIZE(formats))
		return -ENOMEDIUM;
	a->format = format;
	a->rate = RATE;
	a->channels = CHANNELS;
	if ((r = snd_pcm_hw_params_set_format(a->pcm, hw, formats[format].alsa)) < 0 ||
		(r = snd_pcm_hw_params_set_channels_max(a->pcm, hw, &most)) < 0 ||
		(r = snd_pcm_hw_params_set_channels_near(a->pcm, hw, &a->channels)) < 0 ||
		(r = snd_pcm_hw_params_set_rate_near(a->pcm, hw, &a->rate, NULL)) < 0 ||
		(r = snd_pcm_hw_params_set_period_time_near(a->pcm, hw, &period_usec, NULL)) < 0 ||
		(r = snd_pcm_hw_params_set_buffer_time_near(a->pcm, hw, &buffer_usec, NULL)) < 0 ||
		(r = snd_pcm_hw_params(a->pcm, hw)) < 0 ||
		(r = snd_pcm_hw_params_get_period_size(hw, &a->period, NULL)) < 0 ||
		(r = snd_pcm_hw_params_get_buffer_size(hw, &a->buffer)) < 0)
		return r;
	return a->channels > 0 && a->channels <= SAMPLES_CHANNELS_MAX && a->rate > 0 ? 0 : -EINVAL;
}

static int set_sw_params(struct alsa_source *a)
{
	snd_pcm_sw_params_t *sw;
	int r;

	snd_pcm_sw_params_alloca(&sw);
	if ((r = snd_pcm_sw_params_current(a->pcm, sw)) < 0 ||
		(r = snd_pcm_sw_params_set_avail_min(a->pcm, sw, a->period)) < 0 ||
		(r = snd_pcm_sw_params_set_tstamp_mode(a->pcm, sw, SND_PCM_TSTAMP_ENABLE)) < 0 ||
		(r = snd_pcm_sw_params_set_tstamp_type(a->pcm, sw, SND_PCM_TSTAMP_TYPE_MONOTONIC)) <
			0)
		return r;
	return snd_pcm_sw_params(a->pcm, sw);
}

static void alsa_close(struct source *s)
{
	struct alsa_source *a = (struct alsa_source *) s;

	if (a->pcm)
		(void) snd_pcm_close(a->pcm);
	a->pcm = NULL;
	free(a->samples);
	a->samples = NULL;
}

/* Leaves nothing open on failure. -ENOMEDIUM: no sample format of ours. */
static int open_pcm(struct alsa_source *a)
{
	snd_local_error_handler_t before = snd_lib_error_set_local(be_quiet);
	int r = snd_pcm_open(&a->pcm, a->name, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);

	if (r < 0)
		a->pcm = NULL;
	if (r == 0)
		r = set_hw_params(a);
	if (r == 0)
		r = set_sw_params(a);
	if (r == 0) {
		a->samples = calloc(a->buffer, formats[a->format].bytes * a->channels);
		r = a->samples ? snd_pcm_start(a->pcm) : -ENOMEM;
	}
	(void) snd_lib_error_set_local(before);
	if (r < 0)
		alsa_close(&a->source);
	return r;
}

static int alsa_open(struct source *s)
{
	struct alsa_source *a = (struct alsa_source *) s;
	char converted[NAME_LENGTH];
	int r = find_device(a);

	if (r < 0)
		return r;
	r = open_pcm(a);
	if (r == -ENOMEDIUM && strncmp(a->name, "hw:", 3) == 0) {
		/* Packed 24 bits and the like: let the library unpack them. */
		if (snprintf(converted, sizeof(converted), "plug%s", a->name) <
			(int) sizeof(converted)) {
			memcpy(a->name, converted, sizeof(converted));
			r = open_pcm(a);
		}
	}
	if (r < 0)
		return fail_open(a, r);
	a->gap = false;
	a->recoveries = 0;
	a->resume_usec = 0;
	s->info = (struct source_info){
		.rate_num = (int) a->rate,
		.rate_den = 1,
		.channels = (int) a->channels,
	};
	(void) snprintf(s->info.format, sizeof(s->info.format), "%s", formats[a->format].name);
	(void) snprintf(s->info.device, sizeof(s->info.device), "%.95s", a->name);
	return 0;
}

static int lost(struct alsa_source *a, int err)
{
	identity_part(a->identity);
	if (err == -ENODEV || snd_pcm_state(a->pcm) == SND_PCM_STATE_DISCONNECTED)
		return source_fail(&a->source, -ENODEV, "sound card %.60s was unplugged", a->name);
	return source_fail(
		&a->source, err, "sound card %.40s failed: %s", a->name, snd_strerror(err));
}

static int restart(struct alsa_source *a)
{
	int r = snd_pcm_prepare(a->pcm);

	a->resume_usec = 0;
	return r < 0 ? r : snd_pcm_start(a->pcm);
}

/* Mends what can be mended. 0: go on; -EAGAIN: the card is not awake yet; else it is lost. */
static int recover(struct alsa_source *a, int err)
{
	int r;

	if (err != -EPIPE && err != -ESTRPIPE)
		return err;
	a->gap = true;
	if (a->resume_usec == 0) {
		a->source.counters.errors++;
		if (++a->recoveries > RECOVERIES_MAX)
			return -EIO;
		a->resume_usec = usec_now() + RESUME_LIMIT_USEC;
	}
	if (err == -EPIPE)
		return restart(a);
	r = snd_pcm_resume(a->pcm);
	if (r == -EAGAIN && usec_now() < a->resume_usec)
		return -EAGAIN;
	if (r < 0)
		return restart(a);
	a->resume_usec = 0;
	return 0;
}

/* The time of the first sample that waits. */
static uint64_t first_usec(struct alsa_source *a)
{
	uint64_t now = usec_now(), stamp, age;
	snd_pcm_uframes_t avail;
	snd_htimestamp_t ts;

	if (snd_pcm_htimestamp(a->pcm, &avail, &ts) < 0)
		return now;
	age = avail * USEC_PER_SEC / a->rate;
	stamp = usec_from_timespec(&ts);
	/* Plug-ins may have no stamps, or those of another clock. */
	if (stamp > now || now - stamp > USEC_PER_SEC)
		stamp = now;
	return stamp > age ? stamp - age : 0;
}

/* 1: a block; 0: nothing yet. */
static int take(struct alsa_source *a, struct samples *ret)
{
	snd_pcm_sframes_t n = snd_pcm_avail_update(a->pcm);
	uint64_t usec = 0;

	if (n >= 0 && (snd_pcm_uframes_t) n < a->period)
		return 0;
	if (n > 0) {
		usec = first_usec(a);
		n = snd_pcm_readi(a->pcm, a->samples, MIN((snd_pcm_uframes_t) n, a->buffer));
	}
	if (n == -EAGAIN || n == 0)
		return 0;
	if (n < 0)
		return (int) n;
	*ret = (struct samples){
		.format = formats[a->format].format,
		.rate = (int) a->rate,
		.channels = (int) a->channels,
		.frames = (int) n,
		.data = a->samples,
		.capture_usec = usec,
		.gap = a->gap,
	};
	a->gap = false;
	a->recoveries = 0;
	a->source.counters.frames += (uint64_t) n;
	return 1;
}

/* Waits for the card or the wake-up. 1: go on; 0: time or wake-up. */
static int wait_card(struct alsa_source *a, int wake_fd, uint64_t until_usec)
{
	struct pollfd fds[POLL_MAX + 1];
	unsigned short revents = 0;
	int n, r;

	n = snd_pcm_poll_descriptors(a->pcm, fds, POLL_MAX);
	if (n < 0)
		return n;
	fds[n] = (struct pollfd){ .fd = wake_fd, .events = POLLIN };
	r = wait_until(fds, (nfds_t) n + 1, until_usec);
	if (r < 0)
		return r;
	if (fds[n].revents != 0 || (r == 0 && usec_now() >= until_usec))
		return 0;
	r = snd_pcm_poll_descriptors_revents(a->pcm, fds, (unsigned) n, &revents);
	if (r < 0)
		return r;
	if (revents & (POLLERR | POLLHUP | POLLNVAL)) {
		snd_pcm_state_t state = snd_pcm_state(a->pcm);

		/* What can be mended shows at the next look; anything else would poll for ever. */
		if (state == SND_PCM_STATE_XRUN)
			return recover(a, -EPIPE) < 0 ? -EIO : 1;
		if (state != SND_PCM_STATE_RUNNING && state != SND_PCM_STATE_SUSPENDED)
			return state == SND_PCM_STATE_DISCONNECTED ? -ENODEV : -EIO;
	}
	return 1;
}

/* Nothing tells when a suspended card is awake again; so it is asked now and then. */
static int wait_awake(int wake_fd, uint64_t until_usec)
{
	struct pollfd fd = { .fd = wake_fd, .events = POLLIN };
	uint64_t retry = usec_now() + RESUME_RETRY_USEC;
	int r = wait_until(&fd, 1, MIN(retry, until_usec));

	if (r < 0)
		return r;
	return fd.revents == 0 && usec_now() < until_usec;
}

static int alsa_read_audio(struct source *s, int wake_fd, uint64_t until_usec, struct samples *ret)
{
	struct alsa_source *a = (struct alsa_source *) s;

	for (;;) {
		int r = take(a, ret);

		if (r > 0)
			return 0;
		if (r < 0) {
			r = recover(a, r);
			if (r < 0 && r != -EAGAIN)
				return lost(a, r);
		}
		r = r == -EAGAIN ? wait_awake(wake_fd, until_usec)
				 : wait_card(a, wake_fd, until_usec);
		if (r < 0)
			return lost(a, r);
		if (r == 0)
			return -EAGAIN;
	}
}

static void alsa_free(struct source *s)
{
	alsa_close(s);
	free(s);
}

static const struct source_ops alsa_ops = {
	.name = "alsa",
	.open = alsa_open,
	.read_audio = alsa_read_audio,
	.close = alsa_close,
	.free = alsa_free,
};

int source_alsa_new(struct source **ret, const char *device, const char *video_device)
{
	struct alsa_source *a;

	if (strlen(device) >= NAME_LENGTH ||
		(video_device && strlen(video_device) >= sizeof(a->video_device)))
		return -ENAMETOOLONG;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->source.ops = &alsa_ops;
	(void) snprintf(a->device, sizeof(a->device), "%s", device);
	(void) snprintf(
		a->video_device, sizeof(a->video_device), "%s", video_device ? video_device : "");
	*ret = &a->source;
	return 0;
}
