/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Picture and sound for browsers, out of the packets that the outputs get: an init segment, then
 * one fragment of MP4 for each picture with the sound that came since. A fragment is made once, as
 * soon as its picture is encoded, however many look on; it is counted and immutable.
 *
 * Nothing is made while nobody watches: watchers are counted, and the last one's going ends it a
 * few seconds later. Who joins begins with a keyframe, one that just came or one that is asked for;
 * who falls behind goes on with the newest one. All that is held is a ring of a few seconds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/fmp4.h"
#include "media/packet.h"
#include "media/tracks.h"

#define LIVE_FRAGMENTS_MAX 1024 /* in the ring */

struct live;

struct live_fragment {
	bool init;             /* the init segment of its session, for which the last three are */
	bool key;              /* a decoder can begin with it */
	unsigned session;      /* another one for each new set of tracks; from 1 on */
	uint64_t sequence;     /* fragments of all sessions: one more each; 0: init */
	uint64_t capture_usec; /* monotonic: when its picture was taken; 0: init */
	size_t size;
	uint8_t *data;
	char mime[FMP4_MIME_MAX];
	int width, height;

	/* of live's own */
	uint64_t made_usec;
	int64_t dts_usec;
	atomic_int refs;
};

static inline struct live_fragment *live_fragment_ref(struct live_fragment *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

/* Any thread. Takes NULL. Returns NULL. */
struct live_fragment *live_fragment_unref(struct live_fragment *f);
DEFINE_CLEANUP(struct live_fragment *, live_fragment_unref)

struct live_settings {
	uint64_t hold_usec;    /* it goes on for so long when the last watcher has gone */
	uint64_t spacing_usec; /* at least, between keyframes that are asked for; a keyframe not
				* older than this is good enough to begin with */
	uint64_t ring_usec;    /* what is held, at most */
	size_t ring_bytes;
};

struct live_hooks {
	/* The encoder is asked for a keyframe. Any thread; must not block nor call live. */
	void (*want_keyframe)(void *userdata);
	void *userdata;
};

/* settings: NULL for the usual ones, of 3 s, 0.5 s, 4 s and 16 MB. */
int live_new(
	struct live **ret, const struct live_settings *settings, const struct live_hooks *hooks);

/* Nobody may put or watch any more; fragments that are out stay good. NULL is fine. */
struct live *live_free(struct live *l);
DEFINE_CLEANUP(struct live *, live_free)

/* From the encoders, as hub_set_tracks() and hub_publish(): neither blocks. Tracks and pictures
 * come from one thread, sound from any. */
void live_set_tracks(struct live *l, struct tracks *t);
void live_put(struct live *l, struct packet *p);

/* Does anybody watch, or did a moment ago? The encoder is needed then. Any thread. */
bool live_wanted(const struct live *l);

/* One watcher more, who may then use live_next(), and one less. Any thread. */
void live_watch(struct live *l);
void live_unwatch(struct live *l);

/* ready: there is something new for live_next(). Called on the encoder's thread; must not block nor
 * call live. One at a time listens; NULL: nobody, and it is not called any more once this has
 * returned. */
void live_listen(struct live *l, void (*ready)(void *userdata), void *userdata);

/* Where a watcher is. All zero at the start; one thread at a time. */
struct live_cursor {
	unsigned session;
	uint64_t next; /* the fragment to come; 0: a keyframe */
	uint64_t from; /* … at or after this one would do */
	bool behind;   /* … or any: it has watched before */
	/* for whoever wants to know */
	uint64_t skipped; /* fragments that were lost to it because it was slow */
};

/* What comes next for this watcher, with a reference of the caller's: the init segment of the
 * session, then fragments, a keyframe first. -EAGAIN: nothing as yet; -ENOTSUP, -ENOMEM: the stream
 * cannot be shown like this, until its tracks are others. Any thread. */
int live_next(struct live *l, struct live_cursor *c, struct live_fragment **ret);

/* What the session is, as its init segment says it: "video/mp4; codecs=…" into buf; the size of the
 * picture. -EAGAIN: there is no session as yet. Any thread. */
int live_mime(struct live *l, char *buf, size_t size, int *ret_width, int *ret_height);

struct live_stats {
	int watchers;
	unsigned session;
	uint64_t fragments; /* made, live for ever */
	uint64_t asked;     /* keyframes asked for */
	uint64_t lost;      /* pictures that could not be made a fragment, and sound left out */
	uint64_t held, held_bytes, held_usec; /* in the ring */
};

void live_stats(struct live *l, struct live_stats *ret);
