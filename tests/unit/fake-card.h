/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A source that obeys a test: it is there or not, yields pictures or not, breaks and mends. There
 * is one of it at a time. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "capture/source.h"

#define JPEG_WIDTH 48
#define JPEG_HEIGHT 32

extern struct fake_card {
	atomic_bool absent, stuck, ends, broken, jpeg, opening;
	atomic_bool stale;    /* said once */
	atomic_bool faulty;   /* until it is restarted or reset */
	atomic_bool stubborn; /* a restart does not help */
	atomic_bool squeezed; /* had to make a compromise */
	atomic_int restarts, resets, reset_result;
	atomic_int width, height;
	atomic_int signal;
	atomic_int closes;
	char *data; /* a JPEG; set before the stages run */
	size_t size;
} card;

/* The caller's. Pictures of I420, with another grey each and no white in them. */
struct source *fake_card_new(void);
