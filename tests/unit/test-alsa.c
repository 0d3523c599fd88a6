/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sound card that is sent to sleep, wakes or does not, overruns, or goes: nothing here can be
 * made to suspend, so what stands in front of the library is a card of our own. */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "capture/source.h"
#include "common/usec.h"
#include "tests/tap.h"

#define PERIOD 480

static struct {
	int broken;         /* what every call says; 0: it works */
	int resume_answer;  /* in the end */
	int resume_retries; /* before that */
	int resumes, starts;
	int ready_fd; /* always readable, as a running card is soon */
} card;

/* --- the library --- */

int snd_pcm_open(snd_pcm_t **pcm, const char *name, snd_pcm_stream_t stream, int mode)
{
	(void) name, (void) stream, (void) mode;
	*pcm = (snd_pcm_t *) &card;
	return 0;
}

int snd_pcm_close(snd_pcm_t *pcm)
{
	(void) pcm;
	return 0;
}

/* Parameters: whatever is wanted. */
#define AGREE(name, ...)      \
	int name(__VA_ARGS__) \
	{                     \
		return 0;     \
	}

/* clang-format off */
#pragma GCC diagnostic ignored "-Wunused-parameter"
AGREE(snd_pcm_hw_params_any, snd_pcm_t *p, snd_pcm_hw_params_t *hw)
AGREE(snd_pcm_hw_params_set_rate_resample, snd_pcm_t *p, snd_pcm_hw_params_t *hw, unsigned on)
AGREE(snd_pcm_hw_params_set_access, snd_pcm_t *p, snd_pcm_hw_params_t *hw, snd_pcm_access_t a)
AGREE(snd_pcm_hw_params_test_format, snd_pcm_t *p, snd_pcm_hw_params_t *hw, snd_pcm_format_t f)
AGREE(snd_pcm_hw_params_set_format, snd_pcm_t *p, snd_pcm_hw_params_t *hw, snd_pcm_format_t f)
AGREE(snd_pcm_hw_params_set_channels_max, snd_pcm_t *p, snd_pcm_hw_params_t *hw, unsigned *n)
AGREE(snd_pcm_hw_params_set_channels_near, snd_pcm_t *p, snd_pcm_hw_params_t *hw, unsigned *n)
AGREE(snd_pcm_hw_params_set_rate_near, snd_pcm_t *p, snd_pcm_hw_params_t *hw, unsigned *n, int *d)
AGREE(snd_pcm_hw_params_set_period_time_near, snd_pcm_t *p, snd_pcm_hw_params_t *hw, unsigned *n, int *d)
AGREE(snd_pcm_hw_params_set_buffer_time_near, snd_pcm_t *p, snd_pcm_hw_params_t *hw, unsigned *n, int *d)
AGREE(snd_pcm_hw_params, snd_pcm_t *p, snd_pcm_hw_params_t *hw)
AGREE(snd_pcm_sw_params_current, snd_pcm_t *p, snd_pcm_sw_params_t *sw)
AGREE(snd_pcm_sw_params_set_avail_min, snd_pcm_t *p, snd_pcm_sw_params_t *sw, snd_pcm_uframes_t n)
AGREE(snd_pcm_sw_params_set_tstamp_mode, snd_pcm_t *p, snd_pcm_sw_params_t *sw, snd_pcm_tstamp_t t)
AGREE(snd_pcm_sw_params_set_tstamp_type, snd_pcm_t *p, snd_pcm_sw_params_t *sw, snd_pcm_tstamp_type_t t)
AGREE(snd_pcm_sw_params, snd_pcm_t *p, snd_pcm_sw_params_t *sw)
/* clang-format on */

int snd_pcm_hw_params_get_period_size(
	const snd_pcm_hw_params_t *hw, snd_pcm_uframes_t *frames, int *dir)
{
	*frames = PERIOD;
	return 0;
}

int snd_pcm_hw_params_get_buffer_size(const snd_pcm_hw_params_t *hw, snd_pcm_uframes_t *frames)
{
	*frames = 100 * PERIOD;
	return 0;
}

snd_pcm_state_t snd_pcm_state(snd_pcm_t *pcm)
{
	switch (card.broken) {
	case -ESTRPIPE:
		return SND_PCM_STATE_SUSPENDED;
	case -EPIPE:
		return SND_PCM_STATE_XRUN;
	case -ENODEV:
		return SND_PCM_STATE_DISCONNECTED;
	default:
		return SND_PCM_STATE_RUNNING;
	}
}

int snd_pcm_prepare(snd_pcm_t *pcm)
{
	if (card.broken == -ENODEV)
		return -ENODEV;
	card.broken = 0;
	return 0;
}

int snd_pcm_start(snd_pcm_t *pcm)
{
	card.starts++;
	return card.broken;
}

int snd_pcm_resume(snd_pcm_t *pcm)
{
	card.resumes++;
	if (card.resume_retries > 0) {
		card.resume_retries--;
		return -EAGAIN;
	}
	if (card.resume_answer == 0)
		card.broken = 0;
	return card.resume_answer;
}

snd_pcm_sframes_t snd_pcm_avail_update(snd_pcm_t *pcm)
{
	return card.broken ? card.broken : PERIOD;
}

int snd_pcm_htimestamp(snd_pcm_t *pcm, snd_pcm_uframes_t *avail, snd_htimestamp_t *stamp)
{
	*avail = PERIOD;
	return clock_gettime(CLOCK_MONOTONIC, stamp);
}

snd_pcm_sframes_t snd_pcm_readi(snd_pcm_t *pcm, void *buffer, snd_pcm_uframes_t frames)
{
	return card.broken ? card.broken : (snd_pcm_sframes_t) frames;
}

int snd_pcm_poll_descriptors(snd_pcm_t *pcm, struct pollfd *fds, unsigned space)
{
	fds[0] = (struct pollfd){ .fd = card.ready_fd, .events = POLLIN };
	return 1;
}

int snd_pcm_poll_descriptors_revents(
	snd_pcm_t *pcm, struct pollfd *fds, unsigned n, unsigned short *revents)
{
	*revents = (unsigned short) fds[0].revents;
	return 0;
}

/* --- the tests --- */

static struct source *s;
static int wake_fd;

/* A block within seconds; its length, or what went wrong. */
static int take(bool *gap)
{
	struct samples in;
	int r = s->ops->read_audio(s, wake_fd, usec_now() + 20 * USEC_PER_SEC, &in);

	*gap = r == 0 && in.gap;
	return r == 0 ? in.frames : r;
}

static void breaks(int error, int retries, int answer)
{
	card.broken = error;
	card.resume_retries = retries;
	card.resume_answer = answer;
	card.resumes = card.starts = 0;
}

int main(void)
{
	bool gap = true;
	int r;

	wake_fd = eventfd(0, EFD_NONBLOCK);
	card.ready_fd = eventfd(1, 0);
	if (source_alsa_new(&s, "hw:7", NULL) < 0)
		abort();
	ok(s->ops->open(s) == 0, "a sound card: %s", s->reason);
	r = take(&gap);
	ok(r == PERIOD && !gap, "it sounds: %d", r);

	breaks(-ESTRPIPE, 3, 0);
	r = take(&gap);
	ok(r == PERIOD && gap, "asleep for a while: it sounds again, after a gap: %d", r);
	ok(card.resumes == 4 && card.starts == 0, "woken as often as it takes: %d", card.resumes);
	r = take(&gap);
	ok(r == PERIOD && !gap, "and goes on");

	breaks(-ESTRPIPE, 0, -ENOSYS);
	r = take(&gap);
	ok(r == PERIOD && gap && card.starts == 1, "one that cannot wake is started anew: %d", r);

	breaks(-EPIPE, 0, 0);
	r = take(&gap);
	ok(r == PERIOD && gap && card.starts == 1 && card.resumes == 0, "an overrun: %d", r);
	ok(s->counters.errors == 3, "all of it is counted: %d", (int) s->counters.errors);

	breaks(-ESTRPIPE, 1000000, 0);
	(void) eventfd_write(wake_fd, 1);
	ok(take(&gap) == -EAGAIN, "who sleeps does not keep us from ending");
	(void) eventfd_read(wake_fd, &(eventfd_t){ 0 });

	breaks(-ENODEV, 0, 0);
	r = take(&gap);
	ok(r == -ENODEV && strcmp(s->reason, "sound card hw:7 was unplugged") == 0, "%d %s", r,
		s->reason);
	source_free(s);
	close(wake_fd);
	close(card.ready_fd);
	return tap_done();
}
