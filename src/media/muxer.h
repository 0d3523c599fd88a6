/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One session of one output, from connect to close: with libavformat, or with our own RTMP. Belongs
 * to the output's thread, or to who has its turn; every blocking call ends within its deadline or
 * soon after muxer_interrupt(), unless it is in the resolver.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/packet.h"
#include "media/tracks.h"

struct muxer;

/* Of a file with DESTINATION_TIME in its name. */
struct muxer_recording {
	uint64_t segment_usec; /* the next keyframe after so long begins a new file */
	uint64_t bytes;        /* of all segments together; the oldest ones go. 0: no limit */
	uint64_t age_usec;     /* what was written so long ago goes. 0: no limit */
};

struct muxer_settings {
	uint64_t connect_usec; /* connect and handshake together, header included */
	uint64_t write_usec;   /* one packet */
	uint64_t close_usec;   /* trailer and goodbye */
	int hls_seconds;       /* length of a segment */
	int hls_segments;      /* in the playlist; older files are deleted */
	bool hls_fmp4;         /* fragmented MP4 segments instead of MPEG-TS */
	char ca_file[256];     /* the only authorities trusted of a TLS server; "": the system's */
	bool tls_unverified;   /* any server is taken for the right one */
	struct muxer_recording recording;
};

int muxer_new(struct muxer **ret);
struct muxer *muxer_free(struct muxer *m);
DEFINE_CLEANUP(struct muxer *, muxer_free)

/* Connects and writes the header. An existing file is never overwritten: "name.ts" becomes
 * "name.1.ts" and so on (HLS playlists are replaced, that is their nature). A listener waits for
 * its caller as long as it takes. why gets words without secrets. Returns 0 or a negative errno
 * (-ETIMEDOUT for a missed deadline, -ECANCELED after an interrupt, -ENOTSUP for HEVC where it
 * cannot go). Nothing stays open on failure. */
int muxer_open(struct muxer *m, const char *url, const struct muxer_settings *settings,
	struct tracks *tracks, char *why, size_t why_size);

/* Writes one packet through to the kernel before it returns (MP4 and HLS gather up to their next
 * fragment or segment, Matroska for up to a second: their form wants it). Timestamps are rebased so
 * that the session's first video keyframe has time 0; packets before that moment are skipped
 * (returns 0). more: the next packet lies ready, so that this one, or its end, may be kept until
 * that is written, to go out together; a reference is taken where it is. After a failure only the
 * close makes sense. */
int muxer_write(struct muxer *m, struct packet *p, bool more, char *why, size_t why_size);

/* May muxer_try() be called? Of our own RTMP. */
bool muxer_can_try(const struct muxer *m);

/* As muxer_write(), but never waits, and may be called on another thread while the owner keeps
 * away. -EAGAIN: the packet is taken, but muxer_finish() has to be called next. -EBUSY: nothing was
 * done, since this packet might have to wait for room: muxer_write() takes it. */
int muxer_try(struct muxer *m, struct packet *p, bool more, char *why, size_t why_size);

/* Waits until what muxer_try() has left is gone. Returns as muxer_write(). */
int muxer_finish(struct muxer *m, char *why, size_t why_size);

/* Can a session of it go on with other tracks? RTMP can, and MPEG-TS over a network. */
bool muxer_can_follow(const struct muxer *m);

/* Goes on with other tracks, of which the next packets are, in the same session. -ENOTSUP: not with
 * these, whose codec or sound is another one; the session is as it was. Else as muxer_write(). */
int muxer_follow(struct muxer *m, struct tracks *tracks, char *why, size_t why_size);

/* Trailer (where it still makes sense) and close. A file into which no picture came is removed.
 * Takes a closed muxer. */
void muxer_close(struct muxer *m);

/* Between two packets. Counts from the next keyframe on. */
void muxer_set_recording(struct muxer *m, const struct muxer_recording *r);

/* What went wrong without ending the session: datagrams that could not be sent, old segments that
 * could not be removed. Counted since the muxer was made; words of the last one, or "". */
uint64_t muxer_mishaps(const struct muxer *m);
const char *muxer_mishap(const struct muxer *m);

/* Files begun since the muxer was made: when it grows, muxer_path() is another one. */
uint64_t muxer_segments(const struct muxer *m);

/* Payload bytes handed to the protocol in this session, still valid after its close. */
uint64_t muxer_bytes(const struct muxer *m);

/* The file that is being written, when it is one; else NULL. Valid until the close. */
const char *muxer_path(const struct muxer *m);

/* How the connection of the session fares, as the kernel has it. */
struct muxer_load {
	uint64_t delivered_bytes; /* that the peer has, of the session */
	uint64_t held_bytes;      /* that the kernel has, and the peer not yet */
	uint64_t round_usec;      /* least that a round trip took */
};

/* Any thread, at any time; does not block. False: nobody knows, as with files and all that
 * libavformat speaks, or there is no session. */
bool muxer_load(struct muxer *m, struct muxer_load *ret);

/* Any thread, at any time: the running call ends with -ECANCELED, and so do all later ones. */
void muxer_interrupt(struct muxer *m);

/* Any thread, at any time: no call, close included, goes on after this monotonic time. The earliest
 * ever asked for counts. */
void muxer_hurry(struct muxer *m, uint64_t until_usec);
