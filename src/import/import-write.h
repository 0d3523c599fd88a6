/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stream of the original's as the settings of one card: the text of cards/CARD.conf, and apart
 * from it the secrets that it refers to as ${credential:NAME}. Pure; any thread.
 */
#pragma once

#include "import/import-old.h"

#define IMPORT_KEYS_MAX 16
#define IMPORT_KEY_NAME_MAX 56 /* with the end */

struct import_key {
	char name[IMPORT_KEY_NAME_MAX];
	char *value;
};

struct import_card {
	char *text; /* of the settings; no secrets in it */
	struct import_key keys[IMPORT_KEYS_MAX];
	size_t n_keys;
};

/* width, height: the screen that regions refer to; 0: the original's picture. 0, -EINVAL with a
 * finding, -ENOMEM; ret must be given back with import_card_deinit() in any case. */
int import_write_card(const struct old_config *c, const struct old_stream *s, const char *card,
	int width, int height, struct import_card *ret, struct conf_report *report);

void import_card_deinit(struct import_card *card);

/* The screen of a stream's detector as the original saw it: 640 wide, the height in proportion, and
 * even. */
void import_screen(const struct old_stream *s, int *ret_width, int *ret_height);
