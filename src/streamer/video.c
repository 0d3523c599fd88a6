/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/video.h"

#include <string.h>

#include "common/usec.h"
#include "streamer/video-private.h"

#define REPEAT_USEC (150 * USEC_PER_MSEC) /* no picture for so long: repeat the last one */
#define LOST_USEC (400 * USEC_PER_MSEC)   /* … for so long: the input is not live */
/* How long a source may take to open and yield its first picture. */
#define FIRST_USEC (1500 * USEC_PER_MSEC)
#define KEY_SPACING_USEC (100 * USEC_PER_MSEC)
#define RETRY_ENCODER_USEC USEC_PER_SEC
#define ENCODE_ERRORS_MAX 5 /* in a row, then a new encoder */
#define DEFAULT_WIDTH 1280
#define DEFAULT_HEIGHT 720
#define DEFAULT_RATE 30

static void count(struct video *v, uint64_t *counter, uint64_t by)
{
	pthread_mutex_lock(&v->lock);
	*counter += by;
	pthread_mutex_unlock(&v->lock);
}

/* ---- the encode stage: encoding ---- */

void video_set_live(struct video *v, bool live, uint64_t now)
{
	char reason[sizeof(v->status.reason)];
	bool changed;

	/* What only this thread writes it may read without the lock: so it is with each picture. */
	if (live && v->status.live)
		return;
	pthread_mutex_lock(&v->lock);
	changed = v->status.live != live || v->status.live_since_usec == 0;
	if (changed)
		v->status.live_since_usec = now;
	v->status.live = live;
	snprintf(v->status.reason, sizeof(v->status.reason), "%s", live ? "" : v->source_reason);
	snprintf(reason, sizeof(reason), "%s", v->status.reason);
	pthread_mutex_unlock(&v->lock);
	if (changed)
		v->hooks.live(v->hooks.userdata, live, reason);
}

void video_close_encoder(struct video *v)
{
	if (!v->encoder)
		return;
	v->encoder = encoder_free(v->encoder);
	v->copy.on = false;
	codec_closed(v->codec);
	v->converter = converter_free(v->converter);
	v->placeholder = placeholder_free(v->placeholder);
	v->last = frame_unref(v->last);
	pthread_mutex_lock(&v->lock);
	v->status.width = v->status.height = v->status.rate_num = v->status.rate_den = 0;
	pthread_mutex_unlock(&v->lock);
	v->hooks.tracks(v->hooks.userdata, NULL, 0, 0);
}

/* The lower of the wanted rate and what the source yields. */
static void choose_rate(struct video *v, struct encoder_settings *e)
{
	const struct video_settings *s = &v->settings;
	struct source_info info;

	pthread_mutex_lock(&v->lock);
	info = v->status.info;
	pthread_mutex_unlock(&v->lock);
	e->rate_num = s->rate_num ? s->rate_num : DEFAULT_RATE;
	e->rate_den = s->rate_num ? s->rate_den : 1;
	if (info.rate_num > 0 && info.rate_den > 0 &&
		(!s->rate_num || (int64_t) info.rate_num * e->rate_den <
					 (int64_t) e->rate_num * info.rate_den)) {
		e->rate_num = info.rate_num;
		e->rate_den = info.rate_den;
	}
}

struct encoder_settings video_choose_settings(struct video *v, const struct frame *f)
{
	struct encoder_settings e = v->settings.encoder;

	e.width = v->settings.width ? v->settings.width : f ? f->width : DEFAULT_WIDTH;
	e.height = v->settings.height ? v->settings.height : f ? f->height : DEFAULT_HEIGHT;
	if (!f && v->copy.width) {
		e.width = v->copy.width;
		e.height = v->copy.height;
	}
	shape_size(v->shape, e.width, e.height, &e.width, &e.height);
	e.bt709 = f && f->pixel != PIXEL_RGB24 && f->pixel != PIXEL_BGR24 ? f->bt709
									  : e.height >= 720;
	choose_rate(v, &e);
	pthread_mutex_lock(&v->lock);
	e.bitrate = v->bitrate;
	pthread_mutex_unlock(&v->lock);
	return e;
}

/* -EAGAIN: not yet, and there is nothing wrong. */
static int build_encoder(struct video *v, struct encoder_settings *e, char *why, size_t size)
{
	int r;

	r = codec_open(v->codec, e, &v->encoder, why, size);
	if (r < 0)
		return r;
	r = converter_new(&v->converter, e->width, e->height);
	if (r >= 0)
		converter_set_stretch(v->converter, shape_stretches(v->shape));
	if (r >= 0)
		r = placeholder_new(&v->placeholder, e->width, e->height);
	if (r < 0) {
		snprintf(why, size, "no memory for pictures of %dx%d", e->width, e->height);
		return r;
	}
	return 0;
}

/* The encoder that has been opened is the one that is used from now on. */
int video_adopt_encoder(struct video *v, const struct encoder_settings *e)
{
	struct AVCodecParameters *parameters = NULL;
	int r = encoder_parameters(v->encoder, &parameters);

	if (r < 0)
		return r;
	v->period_usec = USEC_PER_SEC * (uint64_t) e->rate_den / (uint64_t) e->rate_num;
	v->lost_usec = MAX(LOST_USEC, v->period_usec * 5 / 2);
	v->errors = 0;
	v->encoder_bitrate = e->bitrate;
	pacer_init(&v->pacer, e->rate_num, e->rate_den);
	pthread_mutex_lock(&v->lock);
	v->status.width = e->width;
	v->status.height = e->height;
	v->status.rate_num = e->rate_num;
	v->status.rate_den = e->rate_den;
	pthread_mutex_unlock(&v->lock);
	v->hooks.tracks(v->hooks.userdata, parameters, e->rate_num, e->rate_den);
	return 0;
}

static int open_encoder(struct video *v, const struct frame *f)
{
	struct encoder_settings e = video_choose_settings(v, f);
	char why[160] = "no memory";
	int r;

	r = build_encoder(v, &e, why, sizeof(why));
	if (r == -EAGAIN)
		return r;
	if (r >= 0)
		r = video_adopt_encoder(v, &e);
	if (r < 0) {
		v->encoder = encoder_free(v->encoder);
		codec_closed(v->codec);
		v->converter = converter_free(v->converter);
		v->placeholder = placeholder_free(v->placeholder);
		v->retry_usec = usec_now() + RETRY_ENCODER_USEC;
		v->hooks.failed(v->hooks.userdata, why);
	}
	return r;
}

bool video_take_key_request(struct video *v, uint64_t now)
{
	if (v->last_key_usec && now - v->last_key_usec < KEY_SPACING_USEC)
		return false;
	return atomic_exchange(&v->want_key, false);
}

static void note_packet(struct video *v, const struct packet *p)
{
	uint64_t now = usec_now();

	hist_add(&v->encode_hist, p->encode_usec);
	if (p->key)
		v->last_key_usec = now;
	pthread_mutex_lock(&v->lock);
	v->status.frames++;
	v->status.keyframes += p->key;
	v->status.bytes += p->size;
	if (!v->status.first_packet_usec)
		v->status.first_packet_usec = now;
	pthread_mutex_unlock(&v->lock);
}

static void follow_bitrate(struct video *v)
{
	int64_t bitrate;

	pthread_mutex_lock(&v->lock);
	bitrate = v->bitrate;
	pthread_mutex_unlock(&v->lock);
	if (bitrate == v->encoder_bitrate)
		return;
	v->encoder_bitrate = bitrate;
	encoder_set_bitrate(v->encoder, bitrate);
}

/* One that makes nothing but errors, or is too slow, gives way to the next, or to itself anew. */
static void note_encode(struct video *v, uint64_t start_usec, int r)
{
	if (r < 0) {
		count(v, &v->status.encode_errors, 1);
		if (++v->errors < ENCODE_ERRORS_MAX)
			return;
		codec_failed(v->codec, r);
		video_close_encoder(v);
		return;
	}
	v->errors = 0;
	if (start_usec && codec_took(v->codec, usec_now() - start_usec, v->period_usec))
		video_close_encoder(v);
}

/* All packets that are ready; hardware may be late with them. */
int video_publish(struct video *v, struct packet *p)
{
	int r = 0;

	while (p && r >= 0) {
		uint64_t before = usec_now();

		p->duration_usec = (int64_t) v->period_usec;
		note_packet(v, p);
		v->hooks.packet(v->hooks.userdata, p);
		v->handed_usec += usec_now() - before;
		packet_unref(p);
		p = NULL;
		r = encoder_take(v->encoder, &p);
	}
	return r;
}

/* Encodes and publishes one I420 frame of the encoder's size. */
static void encode_frame(struct video *v, struct frame *f)
{
	uint64_t start = codec_measures(v->codec) ? usec_now() : 0;
	struct packet *p = NULL;
	int64_t pts = (int64_t) (f->capture_usec - v->settings.epoch_usec);
	int r;

	if (pts <= v->last_pts) {
		count(v, &v->status.stale, 1);
		return;
	}
	follow_bitrate(v);
	v->handed_usec = 0;
	r = encoder_encode(v->encoder, f, pts, video_take_key_request(v, usec_now()), &p);
	if (r >= 0) {
		v->last_pts = pts;
		r = video_publish(v, p);
	}
	/* Packets may be sent as they are handed on, for which no encoder is to blame. */
	note_encode(v, start ? start + v->handed_usec : 0, r);
}

/* A picture that is not from the source: the last one again, or the placeholder. Its time is now.
 */
static void encode_filler(struct video *v, struct frame *f, uint64_t now)
{
	struct frame view = {
		.pixel = f->pixel,
		.width = f->width,
		.height = f->height,
		.capture_usec = now,
		.dequeue_usec = now,
	};

	/* The encoder gives its reference back before it returns, so a view on the stack will do.
	 */
	memcpy(view.data, f->data, sizeof(view.data));
	memcpy(view.stride, f->stride, sizeof(view.stride));
	atomic_init(&view.refs, 1);
	encode_frame(v, &view);
}

/* Nothing came in time. */
static void fill(struct video *v, uint64_t now)
{
	uint64_t silent = now - v->last_frame_usec;
	char reason[128];

	if (silent < v->lost_usec && v->last) {
		count(v, &v->status.repeated, 1);
		encode_filler(v, v->last, now);
		return;
	}
	video_set_live(v, false, now);
	v->last = frame_unref(v->last);
	pthread_mutex_lock(&v->lock);
	snprintf(reason, sizeof(reason), "%s", v->source_reason);
	pthread_mutex_unlock(&v->lock);

	_cleanup_(frame_unrefp) struct frame *f = placeholder_frame(
		v->placeholder, v->settings.title, reason, v->last_frame_usec, now);
	if (!f)
		return;
	count(v, &v->status.placeholders, 1);
	encode_filler(v, f, now);
}

/* A picture that decides size and rate after the placeholder had to guess them. */
static bool encoder_fits(struct video *v, const struct frame *f)
{
	struct encoder_settings e = video_choose_settings(v, f);

	return v->status.width == e.width && v->status.height == e.height &&
	       v->status.rate_num == e.rate_num && v->status.rate_den == e.rate_den;
}

/* Pictures come, but none that can be decoded: that is no live input. */
static void note_corrupt(struct video *v)
{
	pthread_mutex_lock(&v->lock);
	v->status.corrupt++;
	snprintf(v->source_reason, sizeof(v->source_reason), "broken pictures from %.95s",
		v->status.info.device);
	pthread_mutex_unlock(&v->lock);
}

static void show(struct video *v, struct frame *f)
{
	if (v->hooks.frame)
		v->hooks.frame(v->hooks.userdata, f);
}

/* The picture as everybody may see it; NULL: nobody may, which is no live input. */
static struct frame *arrange(struct video *v, struct frame *f)
{
	struct frame *arranged = NULL;
	char why[sizeof(v->source_reason)];
	int r = shape_run(v->shape, f, &arranged, why, sizeof(why));

	if (r == -EBADMSG) {
		note_corrupt(v);
	} else if (r < 0) {
		pthread_mutex_lock(&v->lock);
		v->status.stale++;
		snprintf(v->source_reason, sizeof(v->source_reason), "%s", why);
		pthread_mutex_unlock(&v->lock);
	}
	return arranged;
}

/* A JPEG that was decoded need not be decoded by others as well, unless it got borders. */
static void show_decoded(struct video *v, struct frame *f, struct frame *picture)
{
	bool same = (int64_t) f->width * picture->height == (int64_t) picture->width * f->height;

	if (f->pixel == PIXEL_MJPEG)
		show(v, same ? picture : f);
}

static bool encode_picture(struct video *v, struct frame *f, uint64_t now)
{
	_cleanup_(frame_unrefp) struct frame *picture = NULL;
	int r = converter_run(v->converter, f, &picture);

	if (r == -EBADMSG)
		note_corrupt(v);
	else if (r < 0)
		count(v, &v->status.stale, 1);
	if (r < 0)
		return false;
	v->seen = true;
	v->last_frame_usec = now;
	video_set_live(v, true, now);
	show_decoded(v, f, picture);
	encode_frame(v, picture);
	frame_unref(v->last);
	v->last = TAKE_PTR(picture);
	return true;
}

/* While encoders are still being tried, the picture has come all the same: no placeholder is due.
 */
static bool have_encoder(struct video *v, const struct frame *f, uint64_t now)
{
	int r = now < v->retry_usec ? -EBUSY : open_encoder(v, f);

	if (r == -EAGAIN)
		v->last_frame_usec = now;
	return r >= 0;
}

/* Returns whether it is a picture to show, or one to leave out. */
static bool take_picture(struct video *v, struct frame *f, uint64_t now)
{
	_cleanup_(frame_unrefp) struct frame *arranged = NULL;
	enum video_copied copied;

	if (!v->seen && v->encoder && !encoder_fits(v, f))
		video_close_encoder(v);
	if (f->pixel != PIXEL_MJPEG) {
		arranged = arrange(v, f);
		if (!arranged)
			return false;
		show(v, arranged);
	}
	copied = video_copy(v, f, now);
	if (copied != VIDEO_NOT_COPIED) {
		if (!arranged)
			show(v, f);
		return true;
	}
	if (!v->encoder && !have_encoder(v, f, now))
		return false;
	if (!pacer_accept(&v->pacer, f->capture_usec))
		return true;
	if (!arranged) {
		arranged = arrange(v, f);
		if (!arranged)
			return false;
		if (arranged != f)
			show(v, arranged);
	}
	return encode_picture(v, arranged, now);
}

/* Asleep, frames are not decoded here, only noticed, but for what is to be hidden in them. */
static void doze(struct video *v, struct frame *f, uint64_t now)
{
	_cleanup_(frame_unrefp) struct frame *arranged = f ? arrange(v, f) : NULL;

	video_close_encoder(v);
	if (arranged) {
		v->last_frame_usec = now;
		video_set_live(v, true, now);
		show(v, arranged);
	} else if (now - v->last_frame_usec >= v->lost_usec) {
		video_set_live(v, false, now);
	}
}

/* Takes over what video_set_shape() was told. */
static void follow_shape(struct video *v)
{
	enum shape_news news = shape_follow(v->shape);

	if (news == SHAPE_SAME)
		return;
	v->last = frame_unref(v->last);
	if (v->converter)
		converter_set_stretch(v->converter, shape_stretches(v->shape));
	if (news == SHAPE_SIZE)
		v->seen = false; /* the next one may want another encoder */
}

/* How long a live source may take for a picture before something else is sent. */
static uint64_t patience_usec(const struct video *v)
{
	return MAX(REPEAT_USEC, 2 * v->period_usec);
}

/* Until when to wait for the next picture. */
static uint64_t next_time(const struct video *v, uint64_t now)
{
	uint64_t period = v->period_usec ? v->period_usec : USEC_PER_SEC / DEFAULT_RATE;
	uint64_t next = v->last_frame_usec + patience_usec(v);

	if (!v->encoder)
		return now + period;
	return next > now ? next : now + period;
}

/* No picture yet and none lost: a source that is open, or has not refused to be, gets some time
 * before the placeholder steps in, whose size is a guess: another one begins the outputs' sessions
 * anew. */
static bool patience(struct video *v, uint64_t now, uint64_t start)
{
	return !v->seen && !v->encoder && now - start < FIRST_USEC &&
	       (atomic_load(&v->lent) || !atomic_load(&v->refused) || now - start < LOST_USEC);
}

/* Has nothing worth showing come for so long that something else must be sent? */
static bool overdue(const struct video *v, uint64_t now)
{
	return now - v->last_frame_usec >= patience_usec(v);
}

static void encode_run(void *userdata)
{
	struct video *v = userdata;
	uint64_t start = usec_now(), due = 0;

	v->last_frame_usec = start;
	while (!stage_stopping(&v->encode)) {
		uint64_t now = usec_now(), until = MAX(next_time(v, now), due);
		_cleanup_(frame_unrefp) struct frame *f = video_next_picture(v, until);

		now = usec_now();
		follow_shape(v);
		atomic_fetch_add(&v->progress, 1);
		if (!f && atomic_load(&v->ended)) {
			v->hooks.ended(v->hooks.userdata);
			break;
		}
		if (!v->hooks.wanted(v->hooks.userdata) && v->status.first_packet_usec) {
			doze(v, f, now);
			due = 0;
		} else if (f && take_picture(v, f, now)) {
			due = 0;
		} else if (video_copy_waits(v, now)) {
			due = 0;
		} else if (now >= due && overdue(v, now) && !patience(v, now, start)) {
			if (v->encoder || (now >= v->retry_usec && open_encoder(v, NULL) >= 0))
				fill(v, now);
			due = now + v->period_usec;
		}
	}
	pthread_mutex_lock(&v->lock);
	v->over = true;
	pthread_mutex_unlock(&v->lock);
	video_return_source(v, -ECANCELED);
	/* A file's end leaves all as it is, for whoever wants to know how it went, until the stop.
	 */
	while (stage_wait(&v->encode, USEC_INFINITY))
		;
	video_close_encoder(v);
}

/* ---- the outside ---- */

int video_new(struct video **ret, struct source *source, const struct video_settings *settings,
	const struct video_hooks *hooks)
{
	struct video *v = calloc(1, sizeof(*v));
	int r = v ? shape_new(&v->shape, &settings->shape) : -ENOMEM;

	if (r >= 0)
		r = codec_new(&v->codec, settings->encoder.codec, &settings->codec, &v->encode,
			hooks->encoder, hooks->userdata);
	if (r < 0) {
		source_free(source);
		shape_free(v ? v->shape : NULL);
		free(v);
		return r;
	}
	v->settings = *settings;
	v->hooks = *hooks;
	v->source = source;
	v->bitrate = settings->encoder.bitrate;
	v->last_pts = -1;
	v->lost_usec = LOST_USEC;
	v->capture = v->encode = STAGE_NULL;
	recovery_init(&v->recovery, source);
	snprintf(v->source_reason, sizeof(v->source_reason), "no input yet");
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->returned, NULL);
	*ret = v;
	return 0;
}

int video_start(struct video *v)
{
	int r = stage_start(&v->encode, "video-enc", encode_run, v);

	if (r >= 0)
		r = stage_start(&v->capture, "video-in", video_capture_run, v);
	return r;
}

void video_want_keyframe(struct video *v)
{
	atomic_store(&v->want_key, true);
}

void video_reopen(struct video *v)
{
	atomic_store(&v->reopen, true);
	stage_wake(&v->capture);
	stage_wake(&v->encode);
}

int video_set_bitrate(struct video *v, int64_t bitrate)
{
	if (bitrate <= 0)
		return -EINVAL;
	pthread_mutex_lock(&v->lock);
	v->bitrate = bitrate;
	pthread_mutex_unlock(&v->lock);
	return 0;
}

void video_set_shape(struct video *v, const struct shape_settings *shape)
{
	shape_set(v->shape, shape);
}

void video_status(struct video *v, struct video_status *ret)
{
	pthread_mutex_lock(&v->lock);
	*ret = v->status;
	pthread_mutex_unlock(&v->lock);
	recovery_status(&v->recovery, &ret->recovery);
	codec_status(v->codec, &ret->codec);
}

const struct hist *video_encode_hist(const struct video *v)
{
	return &v->encode_hist;
}

uint64_t video_progress(const struct video *v)
{
	return atomic_load(&v->progress);
}

void video_stop(struct video *v)
{
	if (!v)
		return;
	stage_stop(&v->capture);
	stage_stop(&v->encode);
	codec_stop(v->codec);
}

int video_free(struct video *v, uint64_t until_usec)
{
	int r = 0;

	if (!v)
		return 0;
	/* A card that hangs takes all the time there is, and is not to be held against the encoder.
	 */
	if (stage_join(&v->encode, until_usec) < 0 || codec_free(v->codec, until_usec) < 0)
		r = -ETIMEDOUT;
	if (stage_join(&v->capture, until_usec) < 0)
		r = -ETIMEDOUT;
	if (r < 0)
		return r; /* left behind with its stuck thread */
	source_free(v->source);
	frame_unref(v->last);
	shape_free(v->shape);
	stage_deinit(&v->capture);
	stage_deinit(&v->encode);
	recovery_deinit(&v->recovery);
	pthread_cond_destroy(&v->returned);
	pthread_mutex_destroy(&v->lock);
	free(v);
	return 0;
}
