/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has a card that is in use: one of our services says so in its status. Reads files, of limited
 * size and number; any thread.
 */
#pragma once

#include "common/card.h"
#include "recognize/rules.h"

struct holder {
	char card[CARD_NAME_MAX];
	char state[RULES_NAME_MAX + 1]; /* what it recognises now; empty: nothing */
	char status[320];               /* path of the file that says so */
};

/* folder: where each service has a folder with its status.json (STORE_RUN_FOLDER). device: a node,
 * or a link to one. -ENODATA when no service gets pictures from it; other errors of device. */
int holder_find(const char *folder, const char *device, struct holder *ret);
