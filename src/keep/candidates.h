/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures worth teaching: each as JPEG, with a JSON of the decision beside it, in a folder of
 * their own. Few and different ones are of more use than many, so no more than one a second is
 * looked at, and one that looks much like one of the last ten is not kept.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "media/frame.h"

struct candidates;

/* folder is copied; at most max pictures are kept there. */
int candidates_new(struct candidates **ret, const char *folder, size_t max);
struct candidates *candidates_free(struct candidates *c);
DEFINE_CLEANUP(struct candidates *, candidates_free)

/* Where they are kept; as long as c lives. */
const char *candidates_folder(const struct candidates *c);

/* Any thread; never blocks. Takes references of its own; a picture that still waits gives way.
 * decision must not be changed any more. True: there is one to be kept now. */
bool candidates_offer(struct candidates *c, struct frame *f, json_t *decision);

/* One thread, blocks on the disk: keeps the picture that waits. 1 and its path, which is the
 * caller's; 0: there is none, or one like it is there already; else a negative errno with why. */
int candidates_keep(struct candidates *c, char **ret_path, char *why, size_t why_size);
