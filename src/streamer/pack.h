/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A game pack: what one game looks like, in one file that goes from card to card and from machine
 *to machine. A tar archive (zstd) of
 *
 *	egm-pack.json        format 1; game, maker's words, date; each other file with size and
 *SHA-256 rules.conf           as rules-file.h writes it refs/STATE/NAME.jpg  (.png .webp) the
 *reference pictures refs/credits.json    the numbers in them, from which digits are learnt (may be
 *missing)
 *
 * and nothing else. Nothing in a pack is trusted: names, kinds, counts and sizes are checked before
 * anything is written, checksums before anything is put in place, and pictures are decoded once. A
 * pack replaces rules and references as a whole or not at all. Blocking; any thread.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"
#include "recognize/rules.h"

#define PACK_FORMAT 1
#define PACK_BYTES_MAX (256 << 20) /* unpacked, all together */
#define PACK_FILES_MAX 2048

struct pack;

/* Opens and checks all of it, in memory. 0; -ENOENT …; -EBADMSG: not a pack, or broken; -ENOTSUP: a
 * later format; -EFBIG; -ENOMEM. why gets one line. */
int pack_open(struct pack **ret, const char *path, char *why, size_t why_size);
struct pack *pack_free(struct pack *p);
DEFINE_CLEANUP(struct pack *, pack_free)

const char *pack_game(const struct pack *p);
const char *pack_note(const struct pack *p);
const struct rules *pack_rules(const struct pack *p);
size_t pack_references(const struct pack *p, int state);

/* Replaces refs_folder's content and rules_path (may be NULL) by the pack's: written beside,
 * synced, renamed; what was there before is kept as FOLDER.before (one). Durable when it returns 0.
 */
int pack_install(const struct pack *p, const char *rules_path, const char *refs_folder, char *why,
	size_t why_size);

/* Writes a pack atomically; pictures that cannot be decoded are refused by name. */
int pack_write(const char *path, const char *game, const char *note, const struct rules *rules,
	const char *refs_folder, char *why, size_t why_size);
