/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two stages of the picture share: who opens the source and reads it (video-source.c), and
 * who encodes (video.c) or passes on (video-copy.c).
 */
#pragma once

#include <pthread.h>

#include "common/stage.h"
#include "media/convert.h"
#include "media/encoder-copy.h"
#include "media/pacer.h"
#include "media/placeholder.h"
#include "streamer/video.h"

/* What is passed on as the source has encoded it; the encode stage's own. */
struct video_copy {
	bool on;              /* the encoder is one that passes on */
	int width, height;    /* of what was passed on last */
	uint64_t serial;      /* of the last picture that came */
	uint64_t good_usec;   /* since when all of them could have been; 0: this one could not */
	uint64_t bare_usec;   /* since when nothing comes with the pictures; 0: it does */
	uint64_t ours_usec;   /* since when one of ours is used instead; 0: it is not */
	uint64_t passed_usec; /* when one was */
	uint64_t began_usec;  /* when the first one was, without ours in between */
	uint64_t back_usec;   /* how long all must have been well; 0: as usual */
	uint64_t asked_usec;  /* when the source was asked for an IDR */
	uint64_t wanted_usec; /* since when an output waits for one; 0: none does */
};

struct video {
	/* set before start */
	struct video_settings settings;
	struct video_hooks hooks;
	struct source *source; /* of the capture stage, and of the other one while it is lent */
	struct stage capture, encode;
	struct shape *shape; /* but for video_set_shape() the encode stage's own */

	/* the capture stage's own */
	struct recovery recovery;

	/* the encode stage's own */
	struct codec *codec;
	struct encoder *encoder;
	struct video_copy copy;
	struct converter *converter;
	struct placeholder *placeholder;
	struct pacer pacer;
	struct frame *last;       /* last picture that was encoded from the source */
	uint64_t period_usec;     /* of the encoder */
	uint64_t lost_usec;       /* LOST_USEC, more for a slow source */
	uint64_t last_frame_usec; /* when a picture last came */
	uint64_t read_usec;  /* … was read, or the source was lent; the lender sets it before */
	uint64_t stall_usec; /* no picture for so long after that: it has failed; as read_usec */
	uint64_t last_key_usec, retry_usec;
	uint64_t handed_usec; /* spent on handing on the packets of the last picture */
	int64_t last_pts;
	bool seen;  /* a picture of the source has been encoded */
	int errors; /* of the encoder in a row */
	int64_t encoder_bitrate;

	/* any thread */
	atomic_bool want_key, ended;
	atomic_bool reopen;  /* the source is to be closed and opened again */
	atomic_bool refused; /* it could not be opened, or was lost; never cleared */
	atomic_bool lent;    /* it is open, and the encode stage's until that clears it */
	atomic_uint_fast64_t progress;
	struct hist encode_hist;

	pthread_mutex_t lock;
	pthread_cond_t returned; /* the source, or the encode stage is over */
	/* protected by lock; what the encode stage alone writes, it reads without */
	struct video_status status;
	char source_reason[128]; /* the capture stage's words */
	int source_error;        /* with which the source came back */
	bool over;               /* the encode stage takes no source any more */
	int64_t bitrate;
};

/* The capture stage: opens the source as often as it is lost, and lends it. */
void video_capture_run(void *userdata);

/* For the encode stage. The source's next picture, whose reference goes to the caller; NULL: there
 * is none by then, or something else is to be done. */
struct frame *video_next_picture(struct video *v, uint64_t until_usec);

/* … which gives the source back with this error, if it has it; 0: to be opened again at once. */
void video_return_source(struct video *v, int error);

/* What became of a picture that may be passed on. */
enum video_copied {
	VIDEO_NOT_COPIED, /* it is to be encoded */
	VIDEO_COPIED,
	VIDEO_COPY_WAITS, /* it is to be left out */
};

/* The encode stage only, as the rest. f: as the source gave it. */
enum video_copied video_copy(struct video *v, struct frame *f, uint64_t now);

/* No picture comes, and nothing else is due yet. False: the encoder of ours shall fill in. */
bool video_copy_waits(struct video *v, uint64_t now);

/* Of video.c. */
struct encoder_settings video_choose_settings(struct video *v, const struct frame *f);
int video_adopt_encoder(struct video *v, const struct encoder_settings *e);
void video_close_encoder(struct video *v);
void video_set_live(struct video *v, bool live, uint64_t now);
bool video_take_key_request(struct video *v, uint64_t now);
int video_publish(struct video *v, struct packet *p);
