/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does an encoder really work? It encodes a few pictures of the wanted size, what comes out is
 * decoded, and must show them. A driver that hangs or crashes takes the caller along: that is for a
 * process of its own (streamer/prober.h). Any thread; blocks.
 */
#pragma once

#include <stddef.h>

struct encoder_settings;

/* Returns 0, or a negative errno with words: -EBADMSG: what comes out is no good, -ETIME: it takes
 * longer than the pictures last, else what opening it or encoding came to. */
int encoder_probe(const struct encoder_settings *settings, char *why, size_t why_size);
