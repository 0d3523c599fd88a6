/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files pack*.c share: a pack in memory, and what may stand in one. Who reads fills it
 * from the manifest first and from the archive then; who writes fills it from a folder.
 */
#pragma once

#include <stdbool.h>

#include "pack/pack.h"

#define PACK_MANIFEST "egm-pack.json"
#define PACK_RULES "rules.conf"
#define PACK_CREDITS "credits.json" /* in the folder of the references */
#define PACK_DIGITS LESSONS_FILE    /* there, too */
#define PACK_FORMAT_PLAIN 1         /* what a pack without that file is of */
#define PACK_REFS "refs/"           /* what their names begin with */
#define PACK_MANIFEST_MAX (2 << 20) /* bytes */
#define PACK_FILE_NAME_MAX 255      /* of a picture, without its folders */
#define PACK_PIXELS_MAX \
	(UINT64_C(1) << 32) /* of all pictures together: the time that checking takes */
#define PACK_SUM_SIZE 32
#define PACK_WHY_SIZE 256

struct pack_file {
	char *name;    /* in the archive */
	uint8_t *data; /* NULL: not there yet */
	size_t size;
	uint8_t sum[PACK_SUM_SIZE]; /* SHA-256 */
};

struct pack {
	int format;
	char *game, *note;
	int64_t date;
	struct rules rules;
	struct lessons *lessons; /* NULL: none */
	struct pack_file *files; /* sorted by name, all different; the manifest is not among them */
	size_t n_files;
	size_t bytes; /* of the files */
	size_t references[RULES_STATES_MAX];
};

/* Says why, without control characters, and returns r. */
int pack_refuse(int r, char *why, size_t why_size, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Whether a terminal could obey what begins here, in UTF-8. */
bool pack_is_control(const char *c);

/* Whether a file of that name may be in a pack, and then how long it may be. */
bool pack_name_allowed(const char *name, size_t *ret_max);
/* Whether a file of that name in a state's folder is a picture, and one that a pack can hold. */
bool pack_is_picture(const char *name);
bool pack_picture_name_allowed(const char *name);

/* Takes data over, even on failure; NULL: to come. -ENOSPC: one file or byte too many. The caller
 * sorts. */
int pack_add(struct pack *p, const char *name, uint8_t *data, size_t size);
void pack_sort(struct pack *p);
struct pack_file *pack_find(const struct pack *p, const char *name);

/* Reads the rules and decodes the pictures of a pack whose files are all there. 0, -EBADMSG,
 * -EFBIG, -ENOMEM. */
int pack_check(struct pack *p, char *why, size_t why_size);

/* The manifest's text into a pack without files. 0, -EBADMSG, -ENOTSUP, -EFBIG, -ENOMEM. */
int pack_manifest_parse(struct pack *p, const char *text, size_t size, char *why, size_t why_size);
/* The other way round, of files whose sums are known; the caller frees. NULL: no memory. */
char *pack_manifest_format(const struct pack *p);

/* SHA-256 of the file's data. 0 or -EIO. */
int pack_sum(const struct pack_file *f, uint8_t ret[PACK_SUM_SIZE]);
