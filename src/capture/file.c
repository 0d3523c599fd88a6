/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two sources that read one file. They share a counted object, which knows the run that is going
 * on; whoever opens first starts it, the other one joins, and the last to close ends it. A half
 * that is opened again after the end, while the other has not noticed yet, starts a new run.
 */
#include <pthread.h>
#include <string.h>

#include "capture/file-run.h"
#include "capture/source.h"
#include "common/url.h"
#include "common/usec.h"

#define OPEN_WAIT \
	USEC_PER_SEC /* a slow server goes on connecting while the caller does other things */

struct clip {
	atomic_int refs;
	/* constant */
	char *url;
	char name[96]; /* fit to be shown */
	bool is_url;
	struct file_wish wish;
	bool both; /* halves were made */
	pthread_mutex_t lock;
	/* protected by lock */
	struct file_run *run; /* borrowed: whoever has joined it keeps it alive */
};

struct half {
	struct source source;
	enum file_track track;
	struct clip *clip;
	struct file_run *run; /* from open to close, and while it is still being opened */
};

static void set_name(struct clip *c)
{
	_cleanup_(freep) char *masked = NULL;
	const char *name = strrchr(c->url, '/');

	c->is_url = strstr(c->url, "://");
	if (c->is_url) {
		masked = url_mask(c->url);
		name = masked ? masked : "URL";
	} else {
		name = name ? name + 1 : c->url;
	}
	snprintf(c->name, sizeof(c->name), "%s", name);
}

static struct clip *clip_unref(struct clip *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
		return NULL;
	pthread_mutex_destroy(&c->lock);
	free(c->url);
	free(c);
	return NULL;
}
DEFINE_CLEANUP(struct clip *, clip_unref)

static int clip_new(struct clip **ret, const char *url, bool loop)
{
	struct clip *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	atomic_init(&c->refs, 1);
	pthread_mutex_init(&c->lock, NULL);
	c->wish.loop = loop;
	c->url = strdup(url);
	if (!c->url) {
		clip_unref(c);
		return -ENOMEM;
	}
	set_name(c);
	*ret = c;
	return 0;
}

static void half_leave(struct half *h)
{
	struct file_run *run = TAKE_PTR(h->run);
	bool last;

	if (!run)
		return;
	file_run_count(run, h->track, &h->source.counters);
	pthread_mutex_lock(&h->clip->lock);
	last = file_run_leave(run, h->track);
	if (last && h->clip->run == run)
		h->clip->run = NULL;
	pthread_mutex_unlock(&h->clip->lock);
	if (last)
		file_run_stop(run);
	file_run_unref(run);
}

static int half_join(struct half *h)
{
	struct clip *c = h->clip;
	int r = 0;

	if (h->run)
		return 0;
	pthread_mutex_lock(&c->lock);
	if (!c->run || !file_run_join(c->run, h->track))
		r = file_run_new(&c->run, c->url, c->wish, c->both, h->track);
	if (r == 0)
		h->run = c->run;
	pthread_mutex_unlock(&c->lock);
	return r;
}

static void set_info(struct half *h, const struct demux_info *info)
{
	struct source_info *i = &h->source.info;

	*i = (struct source_info){ .rate_den = 1 };
	if (h->track == FILE_VIDEO) {
		snprintf(i->format, sizeof(i->format), "%.15s", info->video_codec);
		i->width = info->width;
		i->height = info->height;
		i->rate_num = info->rate_num;
		i->rate_den = info->rate_den;
	} else if (info->has_audio) {
		snprintf(i->format, sizeof(i->format), "%.15s", info->audio_codec);
		i->rate_num = info->audio_rate;
		i->channels = info->audio_channels;
	}
	snprintf(i->device, sizeof(i->device), "%s", h->clip->name);
}

/* A URL is left out: it is long, and libav's words say what matters of it. Of a long name the end
 * tells more than the start. */
static int open_failed(struct half *h, int err, const char *why)
{
	const char *name = h->clip->name;

	if (h->clip->is_url)
		return source_fail(&h->source, err, "%s", why);
	name += MAX((int) strlen(name) - 28, 0);
	return source_fail(&h->source, err, "%s: %s", name, why);
}

static int half_open(struct source *s)
{
	struct half *h = (struct half *) s;
	struct demux_info info;
	char why[96] = "";
	int r = half_join(h);

	if (r < 0)
		return source_fail(s, r, "cannot read: %s", strerror(-r));
	r = file_run_opened(h->run, h->track, usec_now() + OPEN_WAIT, &info, why, sizeof(why));
	if (r == -EAGAIN)
		return source_fail(s, -ETIMEDOUT, "still connecting to %.60s", h->clip->name);
	if (r == 0 && h->track == FILE_VIDEO && !info.has_video) {
		snprintf(why, sizeof(why), "there is no picture in it");
		r = -EBADMSG;
	}
	if (r < 0) {
		half_leave(h);
		return open_failed(h, r, why);
	}
	set_info(h, &info);
	return 0;
}

static int half_read(struct half *h, int r, const char *why, uint64_t frames)
{
	struct source *s = &h->source;

	file_run_count(h->run, h->track, &s->counters);
	if (r == 0)
		s->counters.frames += frames;
	else if (r != -EAGAIN)
		return source_fail(s, r, "%s", r == -ENODATA ? "the file has ended" : why);
	return r;
}

static int half_read_video(struct source *s, int wake_fd, uint64_t until_usec, struct frame **ret)
{
	struct half *h = (struct half *) s;
	char why[96] = "";
	int r = file_run_video(h->run, wake_fd, until_usec, ret, why, sizeof(why));

	return half_read(h, r, why, 1);
}

static int half_read_audio(struct source *s, int wake_fd, uint64_t until_usec, struct samples *ret)
{
	struct half *h = (struct half *) s;
	char why[96] = "";
	int r = file_run_audio(h->run, wake_fd, until_usec, ret, why, sizeof(why));

	return half_read(h, r, why, r == 0 ? (uint64_t) ret->frames : 0);
}

static void half_close(struct source *s)
{
	half_leave((struct half *) s);
}

static void half_free(struct source *s)
{
	struct half *h = (struct half *) s;

	half_leave(h);
	clip_unref(h->clip);
	free(h);
}

static const struct source_ops half_ops[_FILE_TRACK_MAX] = {
	[FILE_VIDEO] = {
		.name = "file",
		.open = half_open,
		.read_video = half_read_video,
		.close = half_close,
		.free = half_free,
	},
	[FILE_AUDIO] = {
		.name = "file",
		.open = half_open,
		.read_audio = half_read_audio,
		.close = half_close,
		.free = half_free,
	},
};

static struct source *half_new(struct clip *c, enum file_track track)
{
	struct half *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->source.ops = &half_ops[track];
	h->track = track;
	h->clip = c;
	atomic_fetch_add(&c->refs, 1);
	return &h->source;
}

int source_file_new(
	struct source **ret_video, struct source **ret_audio, const char *url, bool loop)
{
	_cleanup_(clip_unrefp) struct clip *c = NULL;
	_cleanup_(source_freep) struct source *video = NULL, *audio = NULL;
	int r = clip_new(&c, url, loop);

	if (r < 0)
		return r;
	c->both = ret_video && ret_audio;
	if (ret_video)
		video = half_new(c, FILE_VIDEO);
	if (ret_audio)
		audio = half_new(c, FILE_AUDIO);
	if ((ret_video && !video) || (ret_audio && !audio))
		return -ENOMEM;
	if (ret_video)
		*ret_video = TAKE_PTR(video);
	if (ret_audio)
		*ret_audio = TAKE_PTR(audio);
	return 0;
}

void source_file_keep_coded(struct source *video)
{
	((struct half *) video)->clip->wish.coded = true;
}
