/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated capture card is: read from the command line, never changed afterwards. The
 * card has four USB interfaces (two without sound); a bulk endpoint carries pictures, an
 * isochronous one sound.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
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

/* Sizes and intervals (in the unit of USB video: 100 ns) that all picture formats have. */
#define CARD_SIZES 3
#define CARD_INTERVALS 4
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
	/* What it has encoded; NULL: it does not offer that. YUYV is always there. */
	const char *jpeg_path, *h264_path;
	unsigned int tone_hz;
	double ppm; /* how much faster than true the sound's clock runs */
	bool sound;
	bool camera; /* claims to have a shutter and a lens */
	bool mirrored;
	enum card_cure cure;
};

enum card_format {
	CARD_FORMAT_MJPEG,
	CARD_FORMAT_H264,
	CARD_FORMAT_YUYV,
	_CARD_FORMAT_MAX
};

static inline bool card_has_format(const struct card *card, enum card_format format)
{
	return format == CARD_FORMAT_MJPEG  ? card->jpeg_path != NULL
	       : format == CARD_FORMAT_H264 ? card->h264_path != NULL
					    : true;
}

/* The card's formats are numbered from 1, in the order above. */
static inline unsigned int card_formats(const struct card *card)
{
	unsigned int n = 0;

	for (int i = 0; i < _CARD_FORMAT_MAX; i++)
		n += card_has_format(card, (enum card_format) i);
	return n;
}

static inline enum card_format card_format(const struct card *card, unsigned int number)
{
	for (int i = 0; i < CARD_FORMAT_YUYV; i++)
		if (card_has_format(card, (enum card_format) i) && --number == 0)
			return (enum card_format) i;
	return CARD_FORMAT_YUYV;
}
