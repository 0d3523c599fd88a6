/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/v4l2-signal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/v4l2-probe.h"

#define EVENTS_MAX 16 /* taken in one look */
#define INPUTS_MAX 32
#define RATE_SLACK 1 /* % */

#define NO_SIGNAL_BITS (V4L2_IN_ST_NO_POWER | V4L2_IN_ST_NO_SIGNAL | V4L2_IN_ST_NO_CARRIER)
#define NO_SYNC_BITS                                                            \
	(V4L2_IN_ST_NO_H_LOCK | V4L2_IN_ST_NO_V_LOCK | V4L2_IN_ST_NO_STD_LOCK | \
		V4L2_IN_ST_NO_SYNC | V4L2_IN_ST_NO_EQU)

enum signal v4l2_signal_of_query(int err, bool powered)
{
	switch (err) {
	case 0:
		return SIGNAL_OK;
	case -ENOLINK:
		return powered ? SIGNAL_NO_SIGNAL : SIGNAL_NO_CABLE;
	case -ENOLCK:
		return SIGNAL_NO_SYNC;
	case -ERANGE:
		return SIGNAL_UNSUPPORTED;
	}
	return SIGNAL_UNKNOWN;
}

enum signal v4l2_signal_of_status(uint32_t status, uint32_t capabilities)
{
	if (status & NO_SIGNAL_BITS)
		return SIGNAL_NO_SIGNAL;
	if (status & NO_SYNC_BITS)
		return SIGNAL_NO_SYNC;
	return capabilities & (V4L2_IN_CAP_DV_TIMINGS | V4L2_IN_CAP_STD) ? SIGNAL_OK
									 : SIGNAL_UNKNOWN;
}

int v4l2_signal_errno(enum signal signal)
{
	static const int errors[_SIGNAL_MAX] = {
		[SIGNAL_NO_DEVICE] = -ENODEV,
		[SIGNAL_NO_CABLE] = -ENOLINK,
		[SIGNAL_NO_SIGNAL] = -ENOLINK,
		[SIGNAL_NO_SYNC] = -ENOLCK,
		[SIGNAL_UNSUPPORTED] = -ERANGE,
	};

	return errors[signal];
}

const char *v4l2_signal_words(enum signal signal, const char *device, char *buf, size_t size)
{
	static const struct {
		const char *before, *after;
	} words[_SIGNAL_MAX] = {
		[SIGNAL_UNKNOWN] = { "nothing is known of the signal at ", "" },
		[SIGNAL_OK] = { "a good signal at ", "" },
		[SIGNAL_NO_DEVICE] = { "no device ", "" },
		[SIGNAL_NO_CABLE] = { "no cable at ", ", or its other end is off" },
		[SIGNAL_NO_SIGNAL] = { "no signal at ", "" },
		[SIGNAL_NO_SYNC] = { "no sync at ", ": the signal is not stable" },
		[SIGNAL_UNSUPPORTED] = { "unsupported timings at ", "" },
	};

	(void) snprintf(buf, size, "%s%.50s%s", words[signal].before, device, words[signal].after);
	return buf;
}

/* Pictures in 1000 s. */
static uint64_t rate_of(const struct v4l2_bt_timings *bt)
{
	uint64_t total = (uint64_t) V4L2_DV_BT_FRAME_WIDTH(bt) * V4L2_DV_BT_FRAME_HEIGHT(bt);

	return total ? bt->pixelclock * 1000 / total : 0;
}

bool v4l2_timings_same(const struct v4l2_dv_timings *a, const struct v4l2_dv_timings *b)
{
	uint64_t ra = rate_of(&a->bt), rb = rate_of(&b->bt);

	return a->bt.width == b->bt.width && a->bt.height == b->bt.height &&
	       a->bt.interlaced == b->bt.interlaced &&
	       (ra > rb ? ra - rb : rb - ra) * 100 <= MAX(ra, rb) * RATE_SLACK;
}

/* Some receivers know whether the other end feeds the cable: a bit for each connector, in the order
 * of the inputs that have timings. */
static uint32_t find_power_mask(int fd, uint32_t input)
{
	struct v4l2_queryctrl q = { .id = V4L2_CID_DV_RX_POWER_PRESENT };
	uint32_t connector = 0;

	if (v4l2_call(fd, VIDIOC_QUERYCTRL, &q) < 0)
		return 0;
	for (uint32_t i = 0; i < input && i < INPUTS_MAX; i++) {
		struct v4l2_input in = { .index = i };

		if (v4l2_call(fd, VIDIOC_ENUMINPUT, &in) == 0)
			connector += (in.capabilities & V4L2_IN_CAP_DV_TIMINGS) != 0;
	}
	return connector < 32 ? UINT32_C(1) << connector : 0;
}

static bool powered(const struct v4l2_watch *w)
{
	struct v4l2_control c = { .id = V4L2_CID_DV_RX_POWER_PRESENT };

	return w->power_mask == 0 || v4l2_call(w->fd, VIDIOC_G_CTRL, &c) < 0 ||
	       ((uint32_t) c.value & w->power_mask);
}

static enum signal query(const struct v4l2_watch *w, struct v4l2_dv_timings *ret)
{
	int r;

	memset(ret, 0, sizeof(*ret));
	r = v4l2_call(w->fd, VIDIOC_QUERY_DV_TIMINGS, ret);
	if (r == 0 && (ret->type != V4L2_DV_BT_656_1120 || ret->bt.width == 0))
		return SIGNAL_UNKNOWN;
	return v4l2_signal_of_query(r, r != -ENOLINK || powered(w));
}

static enum signal read_status(const struct v4l2_watch *w)
{
	struct v4l2_input in = { .index = w->input };

	if (v4l2_call(w->fd, VIDIOC_ENUMINPUT, &in) < 0)
		return SIGNAL_UNKNOWN;
	return v4l2_signal_of_status(in.status, in.capabilities);
}

static void subscribe(struct v4l2_watch *w)
{
	struct v4l2_event_subscription s = { .type = V4L2_EVENT_SOURCE_CHANGE, .id = w->input };

	w->subscribed = v4l2_call(w->fd, VIDIOC_SUBSCRIBE_EVENT, &s) == 0;
}

/* Setting what is set already would make some drivers forget their format. */
static int set_timings(int fd, const struct v4l2_dv_timings *wanted)
{
	struct v4l2_dv_timings t = { 0 };

	if (v4l2_call(fd, VIDIOC_G_DV_TIMINGS, &t) == 0 && v4l2_timings_same(&t, wanted))
		return 0;
	t = *wanted;
	return v4l2_call(fd, VIDIOC_S_DV_TIMINGS, &t);
}

int v4l2_watch_begin(struct v4l2_watch *w, int fd, enum signal *ret)
{
	enum signal signal;
	int input = 0, r;

	*w = (struct v4l2_watch){ .fd = fd };
	if (v4l2_call(fd, VIDIOC_G_INPUT, &input) == 0) {
		struct v4l2_input in = { .index = (uint32_t) input };

		w->input = (uint32_t) input;
		w->has_status = v4l2_call(fd, VIDIOC_ENUMINPUT, &in) == 0;
	}
	w->power_mask = find_power_mask(fd, w->input);
	subscribe(w); /* before the question, so that no change is missed */
	signal = query(w, &w->timings);
	w->timings_known = signal == SIGNAL_OK;
	if (signal == SIGNAL_UNKNOWN && w->has_status)
		signal = read_status(w);
	w->look_usec = usec_now() + V4L2_LOOK_USEC;
	w->full_usec = usec_now() + V4L2_LOOK_FULL_USEC;
	*ret = signal;
	r = v4l2_signal_errno(signal);
	if (r < 0 || !w->timings_known)
		return r;
	return set_timings(fd, &w->timings);
}

/* Empties the driver's queue. A driver that tells of events and then has none would have us look
 * for ever: it is not listened to any more. */
static bool take_events(struct v4l2_watch *w, bool urgent)
{
	struct v4l2_event e;
	int n = 0;

	while (n < EVENTS_MAX && v4l2_call(w->fd, VIDIOC_DQEVENT, &e) == 0)
		n++;
	if (urgent && n == 0)
		w->subscribed = false;
	return n > 0;
}

static int look_fully(struct v4l2_watch *w, enum signal *ret)
{
	struct v4l2_dv_timings now;
	enum signal signal = w->timings_known ? query(w, &now) : SIGNAL_UNKNOWN;

	if (signal == SIGNAL_OK && !v4l2_timings_same(&now, &w->timings)) {
		*ret = SIGNAL_OK;
		return -ESTALE;
	}
	if (signal == SIGNAL_UNKNOWN && w->has_status)
		signal = read_status(w);
	*ret = signal;
	return v4l2_signal_errno(signal);
}

int v4l2_watch_look(struct v4l2_watch *w, bool urgent, enum signal *ret)
{
	uint64_t now = usec_now();
	bool told;

	if (!urgent && now < w->look_usec)
		return 0;
	w->look_usec = now + V4L2_LOOK_USEC;
	told = w->subscribed && take_events(w, urgent);
	if (!told && now < w->full_usec &&
		(w->subscribed || !w->has_status || v4l2_signal_errno(read_status(w)) == 0))
		return 0;
	w->full_usec = now + V4L2_LOOK_FULL_USEC;
	return look_fully(w, ret);
}
