/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes on their way from the threads that notice them to the main loop, in their order. Nobody
 * waits: when the loop does not come to take them, the oldest go, and are counted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"

enum change_kind {
	CHANGE_SIGNAL, /* live; text: why it is not */
	CHANGE_OUTPUT, /* name; text: its state; more: an error's words, "" for none */
	CHANGE_STATE,  /* text: the state; name: the one before; more: why it is UNKNOWN */
	CHANGE_NUMBER, /* name; text: what it is now */
};

struct change {
	enum change_kind kind;
	bool live;
	char name[64], text[160], more[160];
	uint64_t capture_usec, capture_realtime; /* of a state and a number */
};

#define CHANGES_MAX 128

struct changes;

int changes_new(struct changes **ret);
struct changes *changes_free(struct changes *c);
DEFINE_CLEANUP(struct changes *, changes_free)

/* Any thread. Copied. */
void changes_put(struct changes *c, const struct change *change);

/* The oldest one into ret; false: there is none. dropped: how many went since the last call. */
bool changes_take(struct changes *c, struct change *ret, uint64_t *ret_dropped);
