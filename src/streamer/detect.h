/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One decision: what "egm-streamer detect" does. A picture is shown to the recogniser for as long
 * as a debounce may ask, anything else is read like the picture of a card. Whatever goes wrong is
 * logged.
 */
#pragma once

#include <stdint.h>

#include "recognize/recogniser.h"

struct detect_options {
	const char *config;     /* file of rules; NULL: the card's settings */
	const char *pack;       /* game pack with rules and references; NULL: none */
	const char *config_dir; /* of the settings; NULL: the built-in one */
	const char *card;       /* NULL: none */
	const char *refs;       /* folder; NULL: the card's */
	const char *input;      /* picture, device, file or URL; NULL: the card */
	uint64_t usec;          /* how long to look */
};

struct detect_result {
	struct rules *rules;
	struct decision decision; /* the last one */
	int pictures, broken;     /* looked at; not decodable */
	int width, height;
	int references;
	/* "STATE/FILE" of each reference, as the decision counts them */
	char *names[RULES_STATES_MAX][RECOGNISER_REFERENCES_MAX];
};

/* 0 or a negative errno, after a message. ret must be given back in both cases. */
int detect(const struct detect_options *o, struct detect_result *ret);
void detect_result_deinit(struct detect_result *r);

/* The reference that a ROI is nearest to, or NULL. */
const char *detect_nearest(const struct detect_result *r, int state, int roi);
