/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source of H.264 that obeys a test: libx264 makes it, and its pictures come with it. There is
 * one of it at a time. */
#pragma once

#include <stdatomic.h>

#include "capture/source.h"

#define CODED_WIDTH 320
#define CODED_HEIGHT 180

extern struct coded_source {
	atomic_int gop;     /* pictures, of the next one that is opened */
	atomic_bool silent; /* yields nothing */
	atomic_bool absent; /* cannot be opened, and is lost when it is open */
	atomic_bool bare;   /* pictures come with nothing beside them */
	atomic_bool deaf;   /* makes no IDR because somebody wants one */
	atomic_bool jpeg;   /* yields JPEGs instead: no real ones */
	atomic_bool other;  /* the next IDR has other parameters */
	atomic_int lose;    /* so many pictures are to get lost */
	atomic_bool lossy;  /* each tenth gets lost */
	atomic_int asked;   /* how often an IDR was wanted */
	atomic_int yielded;
} coded_source;

struct source *coded_source_new(void);

/* Is it what the source yielded? Which one that was, counted from 1; 0: it was not. */
int coded_source_knows(const void *data, size_t size);
