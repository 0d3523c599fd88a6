/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose network the bitrate follows, and between what: the settings' part of media/bitrate.h. Looks
 * at the outputs from outside, which none of them notices. Belongs to the main thread, and is part
 * of the pipeline; what it holds has a fixed size. Nothing in it can fail: an output of which
 * nothing is known does not decide.
 *
 * It runs on a timer of the main thread, and not with each picture, so that nothing is asked of the
 * encoder's thread while it is off; being late by some tenths of a second does no harm.
 */
#pragma once

#include "media/bitrate.h"
#include "media/hub.h"
#include "settings/settings.h"

struct events;
struct video;

struct follow {
	/* the pipeline's, which sets them; NULL for tests that only step */
	struct video *video;
	struct hub *hub;
	struct events *events;
	struct bitrate bitrate;
	struct bitrate_limits limits;
	struct bitrate_decision decision; /* the last one */
	char primary[SETTINGS_OUTPUTS_MAX][BITRATE_NAME_MAX];
	size_t n_primary;
};

/* New settings; what the network was seen to take stays. sound: is there a track of it? */
void follow_apply(struct follow *f, const struct settings *s, bool sound);

/* Outputs have come or gone, and nothing else has changed. */
void follow_outputs(struct follow *f, const struct settings *s);

/* What is asked for meanwhile; at or below the floor nothing is lowered any more. */
void follow_set_ceiling(struct follow *f, int64_t bitrate);

/* What the encoder is to aim at until the next step. */
int64_t follow_target(const struct follow *f);

/* Is there anything to follow? Else no step needs to be made, but one in which it ends. */
bool follow_wanted(const struct follow *f);

/* Each BITRATE_TICK_USEC while it is wanted: looks, has the encoder follow, and tells of an
 * episode's beginning and end; then it returns true. */
bool follow_tick(struct follow *f);

/* What there is to see. */
struct follow_view {
	int64_t target, ceiling;
	enum bitrate_state state;
	char output[BITRATE_NAME_MAX]; /* for whose sake it is lowered; "" */
	uint64_t falls;
};

void follow_view(const struct follow *f, struct follow_view *ret);

/* The look alone, for tests. Returns f's decision. */
const struct bitrate_decision *follow_step(struct follow *f, uint64_t now_usec);
