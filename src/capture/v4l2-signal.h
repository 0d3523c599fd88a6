/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a card says of the signal at its input: DV timings of HDMI and SDI, status bits of all
 * others. Pictures do not tell: drivers go on with blue ones, or the last one, when there is none.
 *
 * The watch belongs to the thread that reads the card. It subscribes to the driver's event, so that
 * a change is known at once, and looks by itself for drivers that send none: at the status bits
 * each LOOK, at the timings each LOOK_FULL, never for each picture. One look is one or two ioctls,
 * which a driver may answer by asking its chip over I2C, a few milliseconds.
 *
 * A card whose signal is not good is closed, and opened again by its owner until it is.
 */
#pragma once

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"
#include "common/usec.h"

#define V4L2_LOOK_USEC (100 * USEC_PER_MSEC)
#define V4L2_LOOK_FULL_USEC USEC_PER_SEC

/* ---- pure ---- */

/* Of what VIDIOC_QUERY_DV_TIMINGS returned (0 or a negative errno). powered: the other end of the
 * cable is known to have power, or nothing is known about that. SIGNAL_UNKNOWN: the input has no
 * such timings. */
enum signal v4l2_signal_of_query(int err, bool powered);

/* Of an input's status bits. Without one it is known to be good only of an input that has timings
 * or a standard to lock on: drivers of webcams and USB grabbers never set any. */
enum signal v4l2_signal_of_status(uint32_t status, uint32_t capabilities);

/* The errno with which a source fails for want of a signal; 0: it need not. */
int v4l2_signal_errno(enum signal signal);

/* In words: "no signal at /dev/video0". Returns buf. */
const char *v4l2_signal_words(enum signal signal, const char *device, char *buf, size_t size);

/* The same picture at the same rate? Receivers measure, so that 59.94 and 60 are the same. */
bool v4l2_timings_same(const struct v4l2_dv_timings *a, const struct v4l2_dv_timings *b);

/* ---- the card ---- */

struct v4l2_watch {
	int fd;
	uint32_t input;      /* number of the input, as last selected */
	uint32_t power_mask; /* its bit in the control that tells of power; 0: there is none */
	bool timings_known;  /* the input has DV timings, and these are they */
	bool subscribed;     /* poll() tells of changes by POLLPRI */
	bool has_status;
	struct v4l2_dv_timings timings;
	uint64_t look_usec, full_usec; /* when to look next */
};

/*
 * Begins to watch an open card, before its format is set: the timings of the signal are looked for
 * and set. 0: go on, *ret is SIGNAL_OK or SIGNAL_UNKNOWN; a negative errno: there is no good
 * signal, and *ret says which, or the timings could not be set, with SIGNAL_OK.
 */
int v4l2_watch_begin(struct v4l2_watch *w, int fd, enum signal *ret);

/*
 * Looks at the signal of a card that streams, unless it has been looked at just now. urgent: poll()
 * has told of a change, so it is looked at in any case. 0: as it was. -ESTALE: there is a signal
 * with other timings, the card is to be opened anew. Otherwise as v4l2_watch_begin().
 */
int v4l2_watch_look(struct v4l2_watch *w, bool urgent, enum signal *ret);
