/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The card's USB descriptors: what it tells the host about itself. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "card.h"

/* Bytes of one URB's worth of picture, header included. */
#define DESCRIPTORS_VIDEO_PAYLOAD 16384

/* Writes the descriptor of the type (USB_DT_…) and index into ret, of which size bytes are at least
 * 1024. Returns its length, or -ENOENT when the card has no such descriptor. */
int descriptors_get(
	const struct card *card, uint8_t type, uint8_t index, uint8_t *ret, size_t size);
