/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A V4L2 card as a source: finds it, negotiates, and hands its pictures on. The buffers are
 * v4l2-buffers.c, the questions to the driver v4l2-probe.c, the choice v4l2-format.c; the signal is
 * watched by v4l2-signal.c, inputs and controls are v4l2-input.c, and v4l2-codec.c is about cards
 * that encode by themselves.
 *
 * A card without a good signal does not open, and one that loses it, or gets one with other
 * timings, is lost as if it had been pulled: what comes after it goes on with a placeholder, never
 * with what the driver makes of nothing, and opening it again is what sets new timings.
 *
 * A card is remembered by its identity, because the kernel gives it another node when it comes back
 * while somebody still holds the old one, or its node to another card.
 */
#include <errno.h>
#include <fcntl.h>
#include <libv4l2.h>
#include <string.h>

#include "capture/identity.h"
#include "capture/source.h"
#include "capture/usb-reset.h"
#include "capture/v4l2-buffers.h"
#include "capture/v4l2-codec.h"
#include "capture/v4l2-input.h"
#include "capture/v4l2-probe.h"
#include "capture/v4l2-signal.h"
#include "capture/wait.h"
#include "common/usec.h"

#define AUTO_RATE 30 /* what is looked for when nobody says a rate and the card runs slower */
#define DEVICE_MAX 256
#define CHEAPER_MAX 12                      /* attempts, when the bus has no room */
#define CHEAPER_USEC (1500 * USEC_PER_MSEC) /* … and for how long */
#define RESET_USEC (9 * USEC_PER_SEC)       /* for the helper's answer */

struct v4l2_source {
	struct source source;
	/* set by new */
	char device[DEVICE_MAX];
	struct video_want want;
	char *input, *controls; /* NULL: as they are */
	/* the owner's thread only */
	char identity[IDENTITY_MAX]; /* empty until the first successful open */
	char node[DEVICE_MAX];       /* where the card was found */
	int fd;                      /* of buffers, which own it */
	struct v4l2_buffers *buffers;
	bool multiplanar;
	struct v4l2_codec codec; /* while it is open, of a card that encodes */
	struct v4l2_watch watch; /* while it is open */
	enum signal found;       /* by the attempt to open it that goes on */
};

static int find_node(struct v4l2_source *v)
{
	int r = identity_locate(v->device, v->identity, v->node, sizeof(v->node));

	if (r < 0) {
		v->found = SIGNAL_NO_DEVICE;
		return source_fail(&v->source, r, "the card of %.60s is not plugged in", v->device);
	}
	return 0;
}

static int fail_open(struct v4l2_source *v, int err)
{
	const char *node = v->node;

	if (err == -ENOENT || err == -ENXIO || err == -ENODEV) {
		v->found = SIGNAL_NO_DEVICE;
		return source_fail(&v->source, err, "no device %.70s", node);
	}
	if (err == -EACCES || err == -EPERM)
		return source_fail(&v->source, err, "no permission to open %.60s", node);
	if (err == -EBUSY)
		return source_fail(&v->source, err, "%.60s is in use by another program", node);
	return source_fail(&v->source, err, "cannot open %.50s: %s", node, strerrordesc_np(-err));
}

static int check_kind(struct v4l2_source *v, int fd)
{
	static const char *const words[] = {
		[V4L2_KIND_METADATA] = "a metadata node",
		[V4L2_KIND_OUTPUT] = "an output",
		[V4L2_KIND_OTHER] = "not for video capture",
	};
	struct v4l2_capability cap;
	enum v4l2_kind kind;
	int r = v4l2_node_kind(fd, &cap, &kind);

	if (r == -ENOTTY)
		return source_fail(&v->source, r, "%.60s is not a video device", v->node);
	if (r < 0)
		return fail_open(v, r);
	v->multiplanar = kind == V4L2_KIND_CAPTURE && v4l2_only_multiplanar(&cap);
	if (kind == V4L2_KIND_CAPTURE)
		return 0;
	return source_fail(&v->source, -ENOTSUP, "%.40s is %s, the card's picture is elsewhere",
		v->node, words[kind]);
}

/* Opens the node and hands it to libv4l2, which makes less of multi-planar ones than they are:
 * these it is not told about, and passes its calls on. */
static int open_node(struct v4l2_source *v, bool convert, int *ret)
{
	_cleanup_(closep) int fd = open(v->node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int r;

	if (fd < 0)
		return fail_open(v, -errno);
	r = check_kind(v, fd);
	if (r < 0)
		return r;
	if (!v->multiplanar && v4l2_fd_open(fd, convert ? 0 : V4L2_DISABLE_CONVERSION) < 0)
		return fail_open(v, -errno);
	*ret = TAKE_FD(fd);
	return 0;
}

/* A receiver that scales would squeeze a picture of another shape: it is left as it comes, and gets
 * its borders later. */
static void follow_timings(const struct v4l2_watch *w, struct video_want *want)
{
	int width = (int) MIN(w->timings.bt.width, (uint32_t) FRAME_SIDE_MAX);
	int height = (int) MIN(w->timings.bt.height, (uint32_t) FRAME_SIDE_MAX);

	if (!w->timings_known || (int64_t) want->width * height == (int64_t) want->height * width)
		return;
	want->width = width;
	want->height = height;
}

/* What is wanted, with what the card is set to now where nothing is. */
static struct video_want complete_want(
	const struct video_want *want, const struct v4l2_source *v, int fd)
{
	struct video_want now, w = *want;

	v4l2_current(fd, v->multiplanar, &now);
	if (w.width <= 0 || w.height <= 0) {
		w.width = now.width;
		w.height = now.height;
	}
	if (w.rate_num <= 0 || w.rate_den <= 0) {
		/* The rate of today's format may be the slowest that the card has. */
		bool slow = now.rate_den <= 0 || now.rate_num / now.rate_den < AUTO_RATE;

		w.rate_num = slow ? AUTO_RATE : now.rate_num;
		w.rate_den = slow ? 1 : now.rate_den;
	}
	follow_timings(&v->watch, &w);
	return w;
}

static int fail_stream(struct v4l2_source *v, int err, const char *where)
{
	if (err == -EBUSY || err == -EACCES || err == -ENODEV)
		return fail_open(v, err);
	if (err == -ENOSPC)
		return source_fail(&v->source, err, "not enough USB bandwidth for %.50s", v->node);
	return source_fail(&v->source, err, "%.40s: %s: %s", v->node, where, strerrordesc_np(-err));
}

/* Gets ready for what the card encodes; for all others there is nothing to do. */
static int prepare_codec(struct v4l2_source *v, int fd, const struct v4l2_picture *picture)
{
	int r;

	v4l2_codec_end(&v->codec);
	if (picture->pixel != PIXEL_H264)
		return 0;
	r = v4l2_codec_begin(&v->codec);
	if (r < 0)
		return r;
	v4l2_codec_set(&v->codec, fd, &v->want);
	/* What people have said stands above that, and may not have been there before. */
	v4l2_controls_set(fd, v->controls, v->source.warning, sizeof(v->source.warning));
	return 0;
}

/* Sets and starts. fd is taken over, whatever comes of it. */
static int start_choice(
	struct v4l2_source *v, int fd, const struct v4l2_choice *choice, bool converted)
{
	struct v4l2_picture picture;
	const char *where = "S_FMT";
	int r = v4l2_apply(fd, v->multiplanar, choice, &picture);

	if (r == 0) {
		where = "decoder";
		r = prepare_codec(v, fd, &picture);
	}
	if (r < 0) {
		(void) v4l2_close(fd);
		return fail_stream(v, r, where);
	}
	r = v4l2_buffers_start(&v->buffers, fd, &picture, converted, &where);
	if (r < 0) {
		v4l2_codec_end(&v->codec);
		return fail_stream(v, r, where);
	}
	v->fd = fd;
	v->source.info = (struct source_info){
		.width = picture.width,
		.height = picture.height,
		.rate_num = (int) MIN(picture.interval.denominator, (uint32_t) INT32_MAX),
		.rate_den = (int) MIN(picture.interval.numerator, (uint32_t) INT32_MAX),
	};
	(void) snprintf(v->source.info.format, sizeof(v->source.info.format), "%s",
		pixel_name(picture.pixel));
	(void) snprintf(v->source.info.device, sizeof(v->source.info.device), "%.95s", v->node);
	return 0;
}

static int fail_signal(struct v4l2_source *v, int err, enum signal signal)
{
	char words[sizeof(v->source.reason)];

	return source_fail(
		&v->source, err, "%s", v4l2_signal_words(signal, v->node, words, sizeof(words)));
}

/* What decides about the formats: the input, and the timings of its signal. */
static int prepare(struct v4l2_source *v, int fd)
{
	char why[96];
	int r = v4l2_input_select(fd, v->input, why, sizeof(why));

	if (r < 0)
		return source_fail(&v->source, r, "%.30s %s", v->node, why);
	v4l2_controls_set(fd, v->controls, v->source.warning, sizeof(v->source.warning));
	r = v4l2_watch_begin(&v->watch, fd, &v->found);
	if (r < 0 && v4l2_signal_errno(v->found) == 0)
		return fail_stream(v, r, "S_DV_TIMINGS");
	return r < 0 ? fail_signal(v, r, v->found) : 0;
}

static int open_prepared(struct v4l2_source *v, bool convert, int *ret)
{
	int fd = -1, r = open_node(v, convert, &fd);

	if (r < 0)
		return r;
	r = prepare(v, fd);
	if (r < 0)
		(void) v4l2_close(fd);
	else
		*ret = fd;
	return r;
}

static const char *choice_name(
	const char *format, int width, int height, int64_t millirate, char buf[static 40])
{
	(void) snprintf(
		buf, 40, "%.8s %dx%d at %.4g", format, width, height, (double) millirate / 1000);
	return buf;
}

static void note_compromise(struct v4l2_source *v, const struct v4l2_choice *best)
{
	struct source_info *i = &v->source.info;
	char got[40], wanted[40];

	(void) snprintf(i->compromise, sizeof(i->compromise), "%s instead of %s",
		choice_name(i->format, i->width, i->height,
			i->rate_den ? (int64_t) i->rate_num * 1000 / i->rate_den : 0, got),
		choice_name(pixel_name(best->pixel), best->width, best->height,
			v4l2_millirate(&best->interval), wanted));
}

/* The bus has no room for the best choice: less may fit beside what else is there. */
static int start_cheaper(struct v4l2_source *v, const struct v4l2_modes *modes,
	const struct video_want *want, const struct v4l2_choice *best, bool converted)
{
	bool smaller = v->want.width <= 0 || v->want.height <= 0;
	uint64_t until = usec_now() + CHEAPER_USEC;
	struct v4l2_choice choice = *best;
	int fd, r = -ENOSPC;

	for (int i = 0; i < CHEAPER_MAX && r == -ENOSPC && usec_now() < until; i++) {
		if (v4l2_choose_cheaper(modes->list, modes->n, want, smaller, &choice, &choice) < 0)
			break;
		r = open_prepared(v, converted, &fd);
		if (r == 0)
			r = start_choice(v, fd, &choice, converted);
	}
	if (r == 0)
		note_compromise(v, best);
	return r;
}

/* Chooses, sets and starts. fd is taken over, whatever comes of it. */
static int start_stream(struct v4l2_source *v, int fd, const struct v4l2_modes *modes,
	const struct video_want *want, bool converted)
{
	struct v4l2_choice choice;
	int r = v4l2_choose(modes->list, modes->n, want, &choice);

	if (r < 0) {
		(void) v4l2_close(fd);
		return source_fail(&v->source, -ENOTSUP, "%.40s does not offer %s", v->node,
			pixel_name(want->format));
	}
	r = start_choice(v, fd, &choice, converted);
	return r == -ENOSPC ? start_cheaper(v, modes, want, &choice, converted) : r;
}

/* One attempt with libv4l2's conversion on or off. -ENOMEDIUM: none of our formats is there. */
static int try_open(struct v4l2_source *v, bool convert, const struct video_want *wanted)
{
	struct v4l2_modes modes = { 0 };
	struct video_want want;
	char offered[64];
	int fd = -1, r;

	r = open_prepared(v, convert, &fd);
	if (r < 0)
		return r;
	want = complete_want(wanted, v, fd);
	r = v4l2_enumerate(fd, v->multiplanar, &want, &modes, offered, sizeof(offered));
	if (r == 0 && modes.n == 0)
		r = source_fail(&v->source, -ENOMEDIUM, "no usable format; the card offers%.60s",
			offered[0] ? offered : " none");
	if (r < 0)
		(void) v4l2_close(fd);
	else
		r = start_stream(v, fd, &modes, &want, convert);
	free(modes.list);
	return r;
}

static int open_card(struct v4l2_source *v)
{
	struct video_want want = v->want;
	int r = find_node(v);

	if (r < 0)
		return r;
	r = try_open(v, false, &want);
	if (r == -ENOMEDIUM && !v->multiplanar)
		r = try_open(v, true, &want);
	if (r < 0)
		return r;
	if (v->identity[0] == '\0' && identity_of_video(v->node, v->identity) < 0)
		v->identity[0] = '\0';
	return 0;
}

static int v4l2_source_open(struct source *s)
{
	struct v4l2_source *v = (struct v4l2_source *) s;
	int r;

	v->found = SIGNAL_UNKNOWN;
	r = open_card(v);
	s->signal = v->found;
	return r;
}

static int lost(struct v4l2_source *v, int err)
{
	struct v4l2_capability cap;

	identity_part(v->identity);
	/* Drivers report a card that is gone in many ways; the next question tells. */
	if (err == -ENODEV || v4l2_call(v->fd, VIDIOC_QUERYCAP, &cap) == -ENODEV) {
		v->source.signal = SIGNAL_NO_DEVICE;
		return source_fail(
			&v->source, -ENODEV, "%.60s was unplugged", v->source.info.device);
	}
	return source_fail(&v->source, err == -EAGAIN ? -EIO : err, "%.50s: capture failed: %s",
		v->source.info.device, strerrordesc_np(err == -EAGAIN ? EIO : -err));
}

/* ret_any: the card gave something, a picture or not. */
static int take(struct v4l2_source *v, bool *ret_any, struct frame **ret)
{
	struct source_counters *c = &v->source.counters;
	struct v4l2_taken t;
	int r = v4l2_buffers_take(v->buffers, &t);

	if (v->codec.decoder)
		v4l2_codec_decode(&v->codec, v->fd, &t);
	*ret_any = t.any;
	c->dropped += t.dropped;
	c->lost += t.lost;
	c->errors += t.errors;
	c->copied += t.copied;
	if (r < 0)
		return lost(v, r);
	if (!t.frame)
		return -EAGAIN;
	c->frames++;
	*ret = t.frame;
	return 0;
}

/* Is the signal still what it was? */
static int look(struct v4l2_source *v, bool urgent)
{
	int r = v4l2_watch_look(&v->watch, urgent, &v->source.signal);

	if (r == -ESTALE)
		return source_fail(&v->source, r, "the signal at %.60s is another one", v->node);
	return r < 0 ? fail_signal(v, r, v->source.signal) : 0;
}

static int v4l2_read_video(struct source *s, int wake_fd, uint64_t until_usec, struct frame **ret)
{
	struct v4l2_source *v = (struct v4l2_source *) s;
	bool troubled = false, told = false, any = false;

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = v->fd, .events = POLLIN },
			{ .fd = wake_fd, .events = POLLIN },
		};
		int r = look(v, told);

		if (r == 0)
			r = take(v, &any, ret);
		if (r != -EAGAIN)
			return r;
		if (v->watch.subscribed)
			fds[0].events |= POLLPRI;
		/* The driver says that something is wrong, and yet that there is only nothing. */
		if (troubled && !any)
			return lost(v, -EAGAIN);
		r = wait_until(fds, ARRAY_SIZE(fds), until_usec);
		if (r < 0)
			return lost(v, r);
		told = fds[0].revents & POLLPRI;
		troubled = (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
		/* Also while there is always more, of which nothing comes. */
		if (fds[1].revents != 0 ||
			(!told && (!troubled || any) && usec_now() >= until_usec))
			return take(v, &any, ret);
	}
}

static int v4l2_source_restart(struct source *s)
{
	struct v4l2_source *v = (struct v4l2_source *) s;
	const char *where;
	int r = v4l2_buffers_restart(v->buffers, &where);

	if (r == 0 && v->codec.decoder) {
		where = "decoder";
		r = v4l2_codec_begin(&v->codec);
	}
	return r < 0 ? fail_stream(v, r, where) : 0;
}

static void v4l2_source_want_key(struct source *s)
{
	struct v4l2_source *v = (struct v4l2_source *) s;

	v4l2_codec_want_key(&v->codec, v->fd);
}

static int v4l2_source_reset(struct source *s, int wake_fd)
{
	struct v4l2_source *v = (struct v4l2_source *) s;
	char why[80];
	int r = usb_reset(USB_RESET_SOCKET, USB_RESET_NAMES, v->node, wake_fd,
		usec_now() + RESET_USEC, why, sizeof(why));

	return r < 0 ? source_fail(s, r, "%s", why) : 0;
}

static void v4l2_source_close(struct source *s)
{
	struct v4l2_source *v = (struct v4l2_source *) s;

	v->buffers = v4l2_buffers_stop(v->buffers);
	v4l2_codec_end(&v->codec);
	v->fd = -1;
}

static void v4l2_source_free(struct source *s)
{
	struct v4l2_source *v = (struct v4l2_source *) s;

	v4l2_source_close(s);
	free(v->input);
	free(v->controls);
	free(v);
}

static const struct source_ops v4l2_ops = {
	.name = "v4l2",
	.open = v4l2_source_open,
	.read_video = v4l2_read_video,
	.restart = v4l2_source_restart,
	.want_key = v4l2_source_want_key,
	.reset = v4l2_source_reset,
	.close = v4l2_source_close,
	.free = v4l2_source_free,
};

int source_v4l2_new(struct source **ret, const char *device, const struct video_want *want)
{
	struct v4l2_source *v;

	if (strlen(device) >= DEVICE_MAX)
		return -ENAMETOOLONG;
	v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->source.ops = &v4l2_ops;
	v->want = *want;
	v->want.input = v->want.controls = NULL;
	v->fd = -1;
	(void) snprintf(v->device, sizeof(v->device), "%s", device);
	if ((want->input && !(v->input = strdup(want->input))) ||
		(want->controls && !(v->controls = strdup(want->controls)))) {
		v4l2_source_free(&v->source);
		return -ENOMEM;
	}
	*ret = &v->source;
	return 0;
}
