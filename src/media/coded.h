/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * H.264 that a source has encoded already, as a chain of packets which can be passed on as they
 * are: each begins at the one before it, from an IDR on. Parameter sets, wherever the source gives
 * them, are put in front of each IDR, as encoders of ours have it. Inside the media floor only; one
 * owner thread.
 *
 * What is known to be missing, because a driver, demuxer or decoder says so, breaks the chain, and
 * nothing comes of what follows until the next IDR: half of a picture is worse than none. Serials
 * tell whoever passes packets on the same of those that got lost behind the chain. The owner sees
 * to it that a packet goes on only with the picture that came of it at once: so there are no B
 * pictures.
 */
#pragma once

#include "media/encoder-sets.h"
#include "media/packet.h"

struct coded {
	struct encoder_sets sets;
	bool linked; /* an IDR has come, and all that followed */
	bool fits;   /* … with parameter sets that can be described to a receiver */
	uint64_t serial;
};

/* Before the next one something is missing, or could not be decoded. */
static inline void coded_break(struct coded *c)
{
	c->linked = false;
}

/* The next access unit, as Annex B; it stays the caller's. Gives a packet without times, whose
 * reference goes to the caller, or NULL: there is nothing in it that could be passed on. -ENOMEM.
 */
int coded_next(struct coded *c, const struct AVPacket *av, struct packet **ret);
