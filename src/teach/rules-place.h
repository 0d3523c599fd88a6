/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a card's rules are, and whether they can be changed from here: only in a file of their own
 * (detector.rules) that the service may write. Those in the settings are the administrator's.
 */
#pragma once

#include <stdbool.h>

#include "common/fault.h"
#include "recognize/rules.h"
#include "settings/settings.h"

struct rules_place {
	char *path;    /* of the file, links followed; NULL: they are in the settings */
	bool editable; /* else why says what to do about it */
	char why[256];
};

/* To be given back with rules_place_deinit(), also on failure. Looks at the disk, without reading.
 * 0, -ENOMEM. */
int rules_place_find(const struct settings *s, const char *card, struct rules_place *ret);
void rules_place_deinit(struct rules_place *p);

/* Replaces the file atomically, and lastingly. Blocks on the disk; any thread. FAULT_NOT_EDITABLE,
 * FAULT_BAD_RULES (no file can have them), FAULT_IO. */
int rules_place_write(const struct rules_place *p, const struct rules *rules, struct fault *f);
