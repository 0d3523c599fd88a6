/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which hardware encoder was in use when the service died. A driver that hangs for ever while it
 * encodes takes the whole process along, by the watchdog, and so does one that crashes; a probe of
 * a few pictures does not find that out, and the next start would take the same encoder again. So a
 * note is on disk for as long as one is in use, and whoever finds it at a start knows.
 *
 * A note of another boot says nothing: the machine was switched off, as cabinets are. Nor need it
 * survive that, so nothing is synced. Whatever else kills the process counts as well, since nobody
 * can tell; hence it takes two within an hour.
 *
 * Owned by one thread, the prober's, which may wait for a disk. A file that cannot be read or
 * written is as good as none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PAST_KEY_MAX 96
#define PAST_DEATHS_MAX 2 /* so many, and the encoder is not to be used */
#define PAST_DEATHS_USEC (UINT64_C(3600) * 1000 * 1000)

struct past {
	char *path;             /* NULL: nothing is kept */
	char boot[40];          /* this one */
	char key[PAST_KEY_MAX]; /* encoder and settings as one word; "" before the first */
	uint64_t nodes;         /* … and for which devices and version of ours */
	bool in_use;
	unsigned deaths;
	uint64_t died_usec; /* CLOCK_BOOTTIME, of the last one */
};

/* Takes over path, the note's; its folder exists. Reads it, counts a death, and writes that down.
 * True: key and nodes have died too often by that, which is told once. */
bool past_open(struct past *p, char *path, uint64_t now_usec);

/* As above, after it has been read; boot as the kernel has it. Pure. */
bool past_take(struct past *p, const char *text, const char *boot, uint64_t now_usec);

/* That one is about to be used. Returns what became of the writing. */
int past_begin(struct past *p, const char *key, uint64_t nodes);

/* It is not any more. */
void past_end(struct past *p);

void past_close(struct past *p);
