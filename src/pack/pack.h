/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A game pack: what one game looks like, in one file that goes from card to card and from machine
 * to machine. A tar archive, compressed with zstd, of
 *
 *	egm-pack.json           first: format, game, note, date; every other file with size and
 *				SHA-256
 *	refs/STATE/NAME.jpg     the reference pictures (.jpeg .png .webp)
 *	refs/credits.json       the numbers in them, from which digits are learnt (may be missing)
 *	refs/digits.json        what was learnt of digits besides (lessons.h; may be missing)
 *	rules.conf              as rules-file.h writes it
 *
 * and nothing else. A pack with learnt digits is of format 2, one without of format 1, so that
 * earlier versions take it. Nothing in a pack is trusted: names, kinds, counts and sizes are
 * checked before anything is kept, checksums before anything is used, and pictures are decoded
 * once. A pack replaces rules and references as a whole or not at all. Blocking; any thread.
 *
 * why gets one line without a line's end, and no control characters of the pack's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "detector/lessons.h"
#include "recognize/rules.h"

#define PACK_FORMAT 2              /* the latest */
#define PACK_BYTES_MAX (256 << 20) /* of the file; and unpacked, all together */
#define PACK_FILES_MAX 2048
#define PACK_GAME_MAX 127  /* bytes */
#define PACK_NOTE_MAX 1023 /* bytes */

struct pack;

/* Opens and checks all of it, in memory. 0; -ENOENT …; -EBADMSG: not a pack, or broken; -ENOTSUP: a
 * later format; -EFBIG; -ENOMEM. */
int pack_open(struct pack **ret, const char *path, char *why, size_t why_size);
/* Likewise, of the file's bytes. The archive need not be compressed. */
int pack_parse(struct pack **ret, const void *data, size_t size, char *why, size_t why_size);
struct pack *pack_free(struct pack *p);
DEFINE_CLEANUP(struct pack *, pack_free)

int pack_format(const struct pack *p);
const char *pack_game(const struct pack *p);
const char *pack_note(const struct pack *p); /* "" for none */
int64_t pack_date(const struct pack *p);     /* seconds since 1970 */
size_t pack_bytes(const struct pack *p);     /* unpacked, all together */
const struct rules *pack_rules(const struct pack *p);
size_t pack_references(const struct pack *p, int state);  /* of all states: STATE_OTHER */
const struct lessons *pack_lessons(const struct pack *p); /* NULL: there are none */

/* Replaces refs_folder's content and rules_path by the pack's. Both change in the same moment: the
 * rules are a file in the folder, rules_path is made a symbolic link to it, and the folders are
 * exchanged. Where a file system cannot exchange there is a moment without any references. What was
 * there before is kept as FOLDER.before (one). rules_path NULL: only the references are replaced.
 *
 * Durable when it returns 0. Else all is as it was, except that -EIO may come after the exchange,
 * when only its durability is in doubt. -EBUSY: another one is being put there; -EINVAL: the paths
 * cannot be used together. */
int pack_install(const struct pack *p, const char *rules_path, const char *refs_folder, char *why,
	size_t why_size);

/* Writes a pack atomically, the same bytes for the same things: its date is $SOURCE_DATE_EPOCH, or
 * the newest picture's. Only folders of the rules' states are looked into. A picture, or a file of
 * learnt digits, that cannot be used is refused by name: -EBADMSG, -EFBIG, -ENOTSUP. Learnt digits
 * of other numbers than the rules' stay away. note may be NULL. */
int pack_write(const char *path, const char *game, const char *note, const struct rules *rules,
	const char *refs_folder, char *why, size_t why_size);
