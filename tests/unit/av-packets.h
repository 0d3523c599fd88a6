/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real packets for tests of what comes after the encoders: a few seconds of noisy picture and a
 * tone, encoded once with libx264 and AAC, then handed out for ever with growing timestamps.
 */
#pragma once

#include <stdint.h>

#include "media/packet.h"
#include "media/tracks.h"

#define AV_PACKETS_RATE 30
#define AV_PACKETS_GOP 15

struct av_packets;

/* seconds: of material, whole; a GOP has 15 pictures. audio: with a sound track. noise: 0 … 255,
 * the bigger the more bytes. NULL when libx264 or AAC is missing. */
struct av_packets *av_packets_new(int seconds, bool audio, int noise);

/* The same with libx265. */
struct av_packets *av_packets_hevc_new(int seconds, bool audio, int noise);
void av_packets_free(struct av_packets *g);

/* The tracks with a generation of the caller's choice, the caller's reference. */
struct tracks *av_packets_tracks(struct av_packets *g, unsigned generation);

/* The next packet in the order of the timestamps, the caller's reference. Its dequeue time is now.
 */
struct packet *av_packets_next(struct av_packets *g);
