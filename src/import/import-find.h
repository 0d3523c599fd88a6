/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the original has left on this machine: which card of ours its device is, its reference
 * pictures, its units. root stands in front of every path, "" for the machine's own. Blocking; main
 * thread.
 */
#pragma once

#include "common/card.h"
#include "common/conf.h"
#include "import/import-old.h"
#include "import/import-plan.h"

#define IMPORT_REFS_MAX 1024                     /* of one state, as egm-streamer takes them */
#define IMPORT_REFS_BYTES_MAX (INT64_C(1) << 30) /* of all that is copied at once */

/* The card behind a device's path, by the links in /dev/egm. 0, -ENOENT: there is none (now),
 * -ENOMEM. */
int import_find_card(const char *root, const char *device, char ret[static CARD_NAME_MAX]);

/* JPEG, PNG or WebP, by the first bytes. */
bool import_is_picture(const void *data, size_t n);

/* Plans the copies of the references of all states of the detector to those of the card. bytes
 * counts what all calls copy. What is left out is a finding. 0, -ENOMEM, -ENOSPC. */
int import_find_refs(struct import_plan *p, const struct old_config *c, const char *card,
	int64_t *bytes, struct conf_report *report);

/* Is this text of a unit the original's? */
bool import_is_old_unit(const char *text);

/* Plans that the original's units go, with the links that enable them, and stop before; units of
 * anybody else stay and are told. 0, or an error with a finding. */
int import_find_units(struct import_plan *p, struct conf_report *report);
