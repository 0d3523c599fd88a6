/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is there any hardware that could encode? A look at names, which costs nothing where there is
 * none. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "media/encoder-kind.h"

/* 0 and a number that stays the same until a node goes or comes (at least until the next start of
 * the machine); -ENOENT with words. dev and sys: "/dev" and "/sys", but for tests. */
int encoder_devices_find(const char *dev, const char *sys, enum encoder_device device,
	uint64_t *ret, char *why, size_t why_size);
