/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MPEG-TS over UDP: a way out for the bytes of libavformat's muxer, cut into datagrams of whole
 * packets. A network that cannot take one is counted and no reason to end, since whoever receives
 * knows how to live with a loss; when nothing could be sent for as long as a write may take, it is.
 * libavformat's own udp: ends at the first failure instead.
 *
 * Of the URL are read: host and port, ttl (of multicast; 16 unless given), pkt_size (bytes of a
 * datagram, rounded down to whole packets; 1316) and localaddr (address of the interface that
 * multicast leaves by). Belongs to the muxer's thread. Opening blocks in the resolver.
 */
#pragma once

#include "common/cleanup.h"

struct AVIOContext;
struct datagrams;
struct muxer;

/* m must outlive it. Returns 0 or a negative errno; why gets words for what a code cannot say, and
 * is untouched else. */
int datagrams_open(
	struct datagrams **ret, struct muxer *m, const char *url, char *why, size_t why_size);

struct datagrams *datagrams_close(struct datagrams *d);
DEFINE_CLEANUP(struct datagrams *, datagrams_close)

/* What the muxer writes to; belongs to d. */
struct AVIOContext *datagrams_io(struct datagrams *d);
