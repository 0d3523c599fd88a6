/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as JSON, for pages that show and change them: the names of egm-streamer.conf(5), and the
 * same checks. {"priority": [NAME …], "states": {NAME: {"min_match", "rois": [{"name", "x", "y",
 * "w", "h" …}] …}}, "numbers": {NAME: {"x", "y", "w", "h", "format"}}, "width", "height" (of the
 * screen that the regions are in), "mode", "algo", "hash_size", "confirm_frames", "drop_frames",
 * "frozen"}. Any thread; nothing blocks.
 */
#pragma once

#include <jansson.h>

#include "common/conf.h"
#include "recognize/rules.h"

/* A new reference; NULL: no memory. */
json_t *rules_json(const struct rules *r);

/* Rules of an object of that shape. What it leaves out at its top is as in before (NULL: at its
 * default), except that the order of new states is not that of the old ones; "editable", and "refs"
 * of a state, are passed over. 0; -EINVAL with error findings, whose keys are those of the
 * settings; -ENOMEM. ret must be given back with rules_deinit(). */
int rules_json_parse(const json_t *object, const struct rules *before, struct rules *ret,
	struct conf_report *report);
