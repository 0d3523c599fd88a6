/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders in which the streamer keeps things for people to look at, and their limits. What belongs
 * there has a name that begins with its time, TIME-LABEL.SUFFIX; files of the same TIME-LABEL are
 * one item. Or, where people say what stands around the time, names that are BEFORE, TIME and
 * SUFFIX and nothing else, each an item. Over a limit the oldest items by name are removed. A clock
 * that was set back does not make the newest ones the oldest: items of a time after that of the
 * newest one are from before, and go first. Anything else in such a folder is never touched, and no
 * link is followed. Blocking; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FOLDER_NAME_MAX 96
#define FOLDER_LABEL_MAX 64
#define FOLDER_ITEMS_MAX 10000 /* the highest limit there may be */

struct folder_limit {
	const char *path;
	const char *before;          /* the time; NULL: the names are TIME-LABEL.SUFFIX */
	const char *const *suffixes; /* ".mkv" …, NULL-terminated */
	uint64_t bytes;
	size_t items;
	uint64_t age_usec;  /* what was written to so long ago goes; 0: nothing for that */
	const char *newest; /* name of the item that was begun last; NULL: the last by name */
	const char *spared; /* a file just written, which is not removed; NULL: none */
};

struct folder_usage {
	uint64_t bytes;
	size_t items;
};

#define FOLDER_TIME_MAX 24

/* "20261122T101530.123Z", in UTC. Returns buf. */
const char *folder_item_stamp(char buf[FOLDER_TIME_MAX], uint64_t realtime_usec);

/* "20261122T101530.123Z-LABEL". Characters of the label other than letters, digits, '-'
 * and '_' become '_'; it is cut at FOLDER_LABEL_MAX bytes. Returns buf. */
const char *folder_item_name(char buf[FOLDER_NAME_MAX], uint64_t realtime_usec, const char *label);

/* The time of such a name, µs since 1970; 0: it is none. */
uint64_t folder_item_time(const char *name);

/* Removes items that are too old, then others until so many bytes and items more have room, or none
 * is left; and, of names without BEFORE, files that begin with "." and a time and were left
 * unfinished by somebody who died, once they are ten minutes old.
 * 0 and what is left; a negative errno when something could not be read or removed (the rest has
 * been). A folder that is not there is empty. */
int folder_limit_keep(const struct folder_limit *l, uint64_t room_bytes, size_t room_items,
	struct folder_usage *ret);
