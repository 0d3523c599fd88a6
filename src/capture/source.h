/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one face of everything that yields pictures or sound: V4L2 cards, ALSA cards, the built-in
 * pattern and tone, files and URLs.
 *
 * A source belongs to one thread at a time: the stage that reads it, or one that opens it and hands
 * it over. open() and close() come in turns, as often as the card comes and goes; the settings
 * given to the constructor live from one end to the other. Nothing here logs: faults come back as a
 * negative errno and a reason in words.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"
#include "media/samples.h"

/* What a source turned out to be, once open; for status and for the encoder's choices. */
struct source_info {
	char format[16]; /* "YUYV", "MJPG", "S16", "rawvideo" … */
	int width, height;
	int rate_num, rate_den; /* pictures per second, or Hz over 1 */
	int channels;           /* sound only */
	char device[96]; /* "/dev/video0", "hw:1,0", "pattern", file name; never a URL's secret */
	/* What had to be given up for it, in words; "" when it is what was wanted. */
	char compromise[96];
};

struct source_counters {
	uint64_t frames; /* pictures or sample frames handed on */
	/* Good pictures skipped for a newer one, lost by the card, or encoded and of no use without
	 * one of those. */
	uint64_t dropped;
	uint64_t errors; /* corrupt, short or ERROR buffers; xruns */
	uint64_t lost;   /* of those dropped: what the card lost, which never arrived */
	uint64_t copied; /* handed on as a copy: too many of the card's buffers were out */
};

/* What the device says of the signal at its input, whatever its pictures show. */
enum signal {
	SIGNAL_UNKNOWN, /* it cannot tell, or has not been asked yet */
	SIGNAL_OK,
	SIGNAL_NO_DEVICE, /* it is not there */
	SIGNAL_NO_CABLE,  /* nothing is plugged in, or what is has no power */
	SIGNAL_NO_SIGNAL,
	SIGNAL_NO_SYNC,     /* there is something, and it cannot be locked on */
	SIGNAL_UNSUPPORTED, /* its timings are beyond what the device can do */
	_SIGNAL_MAX
};

/* "ok", "no-cable" and so on, for status and metrics. */
const char *signal_name(enum signal signal);

struct source;

/* Pictures that wait for their reader at most; of more, the oldest are dropped and counted. */
#define SOURCE_WAITING 2

struct source_ops {
	const char *name;
	/* Opens the device or file; may block for at most 2 s. On failure nothing stays open, and
	 * s->reason says why in words for a person ("no device /dev/video0"). */
	int (*open)(struct source *s);
	/* One of the two, by kind. Waits until something is there, the time has come (-EAGAIN), or
	 * wake_fd is readable (-EAGAIN; the callee leaves it readable). Any other negative errno
	 * means that the source is lost: close it and open it again later; -ESTALE: at once, for it
	 * yields something else now; -ENODATA: the file has ended. read_video gives the older of
	 * the two newest good pictures (SOURCE_WAITING), so that a reader which once takes too long
	 * loses none and one which always does is not more than that behind; its reference goes to
	 * the caller. Of a card that encodes by itself it gives each in turn, and takes as long as
	 * decoding does. */
	int (*read_video)(struct source *s, int wake_fd, uint64_t until_usec, struct frame **ret);
	int (*read_audio)(struct source *s, int wake_fd, uint64_t until_usec, struct samples *ret);
	/* Of an open one that yields nothing or is broken: what is cheaper than close() and open(),
	 * as may well help. Frames that are out stay readable; may block as open() does. A negative
	 * errno: close it. NULL: there is no such thing. */
	int (*restart)(struct source *s);
	/* Of an open one whose pictures come encoded (frame.coded): the next one shall be an IDR,
	 * if it can do that. NULL: it cannot. */
	void (*want_key)(struct source *s);
	/* Of a closed one: its hardware is reset, as if it were pulled and plugged in; open() may
	 * not find it for a while. Gives up after 9 s, or when wake_fd is readable (-EAGAIN).
	 * -ENOTSUP: not with this hardware; else s->reason says why. NULL: there is no such thing.
	 */
	int (*reset)(struct source *s, int wake_fd);
	void (*close)(struct source *s);
	void (*free)(struct source *s);
};

/* Embedded first in each source's own struct. */
struct source {
	const struct source_ops *ops;
	struct source_info info;         /* valid while open */
	struct source_counters counters; /* live for ever; written by the reading thread only */
	char reason[128];                /* of the last failure */
	char warning[256];  /* while open: what could not be done as it was asked for, or "" */
	enum signal signal; /* as of the last look; the owner's thread */
};

struct source *source_free(struct source *s);
DEFINE_CLEANUP(struct source *, source_free)

/* Words for s->reason; returns err, so that `return source_fail(s, -EIO, "…");` reads well. */
int source_fail(struct source *s, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* What is wanted of a video source; zeros mean "as the source has it". */
struct video_want {
	int width, height;
	int rate_num, rate_den;
	enum pixel format;
	bool format_auto; /* true: format is not looked at */
	/* With format_auto: pictures that a V4L2 card has encoded itself are preferred to those
	 * that it has not, if it has them at just this size and not faster. */
	bool coded;
	/* Of a V4L2 card that encodes by itself, as near as it can: pictures from IDR to IDR, and
	 * bit/s; 0: as it is set. */
	int gop;
	int64_t bitrate;
	/* Of a V4L2 card, both may be NULL; looked at by its constructor only. */
	const char *input;    /* number or name; "auto": the one that is selected */
	const char *controls; /* NAME=VALUE, as words_next() has them */
};

/* device: a node such as /dev/video0 or /dev/egm/NAME. The card is remembered by its identity at
 * the first successful open (see identity.h) and found again under whatever node it comes back,
 * unless device is a link that udev keeps (/dev/egm, /dev/v4l). */
int source_v4l2_new(struct source **ret, const char *device, const struct video_want *want);

/* device: an ALSA name ("hw:1,0", "plughw:CARD=Video,DEV=0"), or "auto" with the video node next to
 * which the sound card is looked for, each time it is opened. */
int source_alsa_new(struct source **ret, const char *device, const char *video_device);

/* The built-in picture: clock and frame number, readable by people and by clockcode.h. Zeros in
 * want: 1280x720 at 30. */
int source_pattern_new(struct source **ret, const struct video_want *want);

/* The built-in tone: 1 kHz at -26 dBFS with a click of 5 ms at each whole second of the monotonic
 * clock. ppm: how much faster its sample clock runs than it claims. */
int source_tone_new(struct source **ret, double ppm);

/* A file or URL, opened once and read by two sources that share it; either may be NULL-ed by
 * passing NULL. Paced in real time by its timestamps. loop: starts again at the end, else both
 * end with -ENODATA. audio stays without samples when there is no sound track. */
int source_file_new(
	struct source **ret_video, struct source **ret_audio, const char *url, bool loop);

/* Of a video half, before either is opened: H.264 stays beside its pictures (frame.coded). */
void source_file_keep_coded(struct source *video);
