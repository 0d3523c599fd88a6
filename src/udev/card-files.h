/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two registers on disk. Blocking; one process at a time between lock and unlock. */
#pragma once

#include "udev/card-register.h"

/* Waits for others; returns a descriptor that the caller closes, which also unlocks. -ENOENT when
 * the folder is not there. */
int card_files_lock(const char *folder);

/* A file that is not there, is too long or cannot be read leaves the register empty; all but the
 * first are also returned as an error. */
int card_files_load(const char *folder, const char *name, struct card_register *ret);

/* Writes what has changed; durable: it has to survive a power cut. */
int card_files_save(
	const char *folder, const char *name, const struct card_register *r, bool durable);
