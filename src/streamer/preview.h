/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures as JPEG, one after the other, for whoever wants to see what the card sees: one thread,
 * "preview", behind a mailbox of one (newest wins), makes one JPEG of a picture however many watch,
 * and none while nobody does. While there is no input, a placeholder with the reason comes once a
 * second instead, marked as what it is: what is marked as live is.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/frame.h"

#define PREVIEW_QUALITY 80
#define PREVIEW_RATE_MAX 30

struct preview;

/* Made once, counted, immutable. */
struct preview_picture {
	uint8_t *jpeg;
	size_t size;
	int width, height;
	uint64_t capture_usec;          /* monotonic */
	uint64_t capture_realtime_usec; /* since 1970 */
	uint64_t sequence;              /* from 1 on, one more each */
	bool live;                      /* false: a placeholder */
	atomic_int refs;
};

static inline struct preview_picture *preview_picture_ref(struct preview_picture *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

/* Any thread. Takes NULL. Returns NULL. */
struct preview_picture *preview_picture_unref(struct preview_picture *p);
DEFINE_CLEANUP(struct preview_picture *, preview_picture_unref)

struct preview_settings {
	const char *title; /* of the placeholder; kept by reference */
	/* 0: as usual */
	uint64_t placeholder_usec; /* from one to the next: a second */
	uint64_t patience_usec; /* no good picture for so long, or for two and a half times as long
				 * as between the last two: the placeholder: three seconds */
};

int preview_new(struct preview **ret, const struct preview_settings *settings);
int preview_start(struct preview *p);

/* Each captured picture, and that there is none any more and why. Any thread, one at a time; never
 * block. At most two references are taken at a time, and none while nobody watches. */
void preview_frame(struct preview *p, struct frame *f);
void preview_lost(struct preview *p, const char *reason);

/* One watcher more, who may then use preview_newest(), and one less. Any thread. */
void preview_watch(struct preview *p);
void preview_unwatch(struct preview *p);

/* At most so many pictures a second, 1 … PREVIEW_RATE_MAX, which it is at the start; a source that
 * yields less is followed. Any thread. */
void preview_set_rate(struct preview *p, int rate);

/* ready: there is a new picture. Called on the preview's thread; must not block nor call preview.
 * One at a time listens; NULL: nobody, and it is not called any more once this has returned. */
void preview_listen(struct preview *p, void (*ready)(void *userdata), void *userdata);

/* The newest picture, with a reference of the caller's, when its sequence is greater; else NULL.
 * Any thread. */
struct preview_picture *preview_newest(struct preview *p, uint64_t after_sequence);

struct preview_stats {
	int watchers;
	uint64_t made;         /* pictures of the input made a JPEG */
	uint64_t placeholders; /* likewise */
	uint64_t dropped;      /* a newer picture came before it was its turn */
	uint64_t broken;       /* could not be made a JPEG */
};

void preview_stats(struct preview *p, struct preview_stats *ret);

/* Asks the thread to end. Any number of times; NULL is fine. */
void preview_stop(struct preview *p);

/* After preview_stop(), when nobody hands it pictures or watches any more: waits until the
 * monotonic time. -ETIMEDOUT: it is left behind with all it may touch. NULL is fine. */
int preview_free(struct preview *p, uint64_t until_usec);
