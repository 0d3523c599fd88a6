/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bitrate that the network takes: how the primary outputs fare goes in, what the encoder is to
 * aim at comes out. Pure: no clock, no lock, no I/O; belongs to whoever has it.
 *
 * Each output has a target of its own, and the lowest of those that are connected decides. What
 * counts is the standing delay: the least that waited, in our queue and in the kernel's, at any
 * moment of the last STANDING_USEC, so that a keyframe that goes out for a while is no congestion.
 * What a connection always has on its way is taken off.
 *
 * Down: when the delay stands above a threshold, or the queue is half full, or it has dropped, the
 * target becomes what the output really got rid of, less what drains the rest within seconds; at
 * most to half at once, since a stall of a moment says nothing about the rate. Then there is a
 * pause, in which the encoder follows, and no further fall while the delay shrinks.
 *
 * Up: a step every few seconds while nothing waits; quick below what the network was seen to take,
 * in small steps above that, and those only some time after the last fall. That time doubles with
 * each fall that follows a rise, to a minute at most. An output that the target does not put to the
 * proof, because another one is slower, stays where it is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BITRATE_LINKS_MAX 16
#define BITRATE_NAME_MAX 32
#define BITRATE_SAMPLES 32
#define BITRATE_TICK_USEC 100000 /* how often to look */

struct bitrate_limits {
	int64_t floor,
		ceiling;     /* of the picture, bit/s. floor 0, or not below: nothing is lowered */
	int64_t sound;       /* bit/s of the tracks beside the picture */
	uint64_t queue_usec; /* at which an output's queue drops */
};

/* How an output that is connected fares. Bytes are since the connection was made, or before. */
struct bitrate_sample {
	uint64_t session;         /* another number: another connection */
	uint64_t delivered_bytes; /* that the peer has, as far as anybody knows */
	uint64_t held_bytes;      /* that the kernel has, and the peer not yet; 0: nobody knows */
	uint64_t round_usec;      /* least that a round trip took; 0: nobody knows */
	uint64_t queue_usec;      /* that wait in our queue */
	uint64_t drops;           /* times that the queue has dropped */
	bool by_packet; /* delivered_bytes grows by whole packets, and before they arrive */
};

enum bitrate_state {
	BITRATE_OFF,     /* nothing may be lowered */
	BITRATE_FULL,    /* at the ceiling */
	BITRATE_LOWERED, /* below it, for an output's sake */
	BITRATE_RISING,  /* still below, and on its way up */
	_BITRATE_STATE_MAX
};

const char *bitrate_state_name(enum bitrate_state state); /* "off" … */

enum bitrate_news {
	BITRATE_NO_NEWS,
	BITRATE_BEGINS, /* an episode of being lowered */
	BITRATE_ENDS,   /* at the ceiling for EPISODE_USEC */
};

struct bitrate_decision {
	int64_t target; /* bit/s */
	enum bitrate_state state;
	enum bitrate_news news;
	char output[BITRATE_NAME_MAX]; /* that decides; when an episode ends: that decided; or "" */
	uint64_t falls;                /* times that the target was lowered, for ever */
};

/* What is known of one output; it outlives a connection by MEMORY_USEC. */
struct bitrate_link {
	char name[BITRATE_NAME_MAX]; /* "": free */
	uint64_t seen_usec;
	bool heard;     /* in this round */
	int64_t target; /* while lowered */
	int64_t proven; /* what the network was seen to take, at the last fall; 0: not known */
	bool lowered;   /* else at the ceiling, whatever that is */
	bool rising;    /* the last change was a rise */
	uint64_t session, drops;
	bool by_packet;
	uint64_t fell_usec, rose_usec; /* 0: never */
	uint64_t above_usec;    /* since when the target is above what was proven; 0: it is not */
	uint64_t clear_usec;    /* since when nothing waits; 0: something does */
	uint64_t wait_usec;     /* from a fall to the next proof */
	uint64_t settled_usec;  /* when the delay is to be looked at again after a fall */
	uint64_t settled_delay; /* … and what it was */
	uint64_t base_usec[2], base_since_usec; /* least delay that the kernel's part had, lately */
	struct {
		uint64_t usec, delivered_bytes, delay_usec;
	} samples[BITRATE_SAMPLES];
	size_t n; /* samples ever; the last is (n - 1) % BITRATE_SAMPLES */
};

/* Zeros are a good beginning. */
struct bitrate {
	struct bitrate_limits limits;
	struct bitrate_link links[BITRATE_LINKS_MAX];
	int64_t in_use; /* the target of the last round; 0: none yet */
	uint64_t now_usec;
	uint64_t full_usec; /* since when at the ceiling */
	bool episode;
	char culprit[BITRATE_NAME_MAX]; /* that decided last */
	uint64_t falls;
};

/* A round: begin, put for each primary output that is connected, end. Time must not go back. */
void bitrate_begin(struct bitrate *b, const struct bitrate_limits *limits, uint64_t now_usec);
void bitrate_put(struct bitrate *b, const char *name, const struct bitrate_sample *s);
struct bitrate_decision bitrate_end(struct bitrate *b);
