/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated capture card is: read from the command line, never changed afterwards. The
 * card has four USB interfaces (two without sound); a bulk endpoint carries pictures, an
 * isochronous one sound.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	CARD_INTERFACE_VIDEO_CONTROL,
	CARD_INTERFACE_VIDEO_STREAM,
	CARD_INTERFACE_SOUND_CONTROL,
	CARD_INTERFACE_SOUND_STREAM,
};

enum {
	CARD_ENDPOINT_VIDEO = 1,
	CARD_ENDPOINT_SOUND = 2,
};

#define CARD_SAMPLE_RATE 48000
#define CARD_CHANNELS 2
#define CARD_SAMPLE_FRAME_BYTES (CARD_CHANNELS * sizeof(int16_t))

/* Sizes and intervals (in the unit of USB video: 100 ns) that both picture formats have. */
#define CARD_SIZES 3
#define CARD_INTERVALS 2
#define CARD_DEFAULT_SIZE 1

struct card_size {
	uint16_t width, height;
};

extern const struct card_size card_sizes[CARD_SIZES];
extern const uint32_t card_intervals[CARD_INTERVALS];

/* What ends it that the card is stuck, besides another SIGUSR1. */
enum card_cure {
	CARD_CURE_NONE,
	CARD_CURE_STREAM, /* the stream begins anew */
	CARD_CURE_RESET,  /* the bus resets the device */
};

struct card {
	unsigned int port; /* of the simulated hub */
	uint16_t vendor_id, product_id;
	const char *vendor, *product, *serial;
	const char *jpeg_path; /* NULL: YUYV is the only format */
	unsigned int tone_hz;
	double ppm; /* how much faster than true the sound's clock runs */
	bool sound;
	bool camera; /* claims to have a shutter and a lens */
	bool mirrored;
	enum card_cure cure;
};

/* The card's formats are numbered from 1; MJPEG comes first when there is a file for it. */
static inline unsigned int card_formats(const struct card *card)
{
	return card->jpeg_path ? 2 : 1;
}

static inline bool card_format_is_mjpeg(const struct card *card, unsigned int format)
{
	return card->jpeg_path && format == 1;
}
