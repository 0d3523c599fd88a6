/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egm-pack.json:
 *
 *     { "format": 2, "game": "Koi", "note": "taught in hall 3", "date": "2026-11-22T09:30:00Z",
 *       "files": { "refs/NORMAL/ref_0.jpg": { "size": 20153, "sha256": "64 hex digits" }, … } }
 *
 * Other keys are left alone, so that a later version may add what an earlier one need not know;
 * what it must know makes another format. Format 2 may have the file of learnt digits, 1 has none.
 */
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "pack/pack-private.h"

#define DATE_SIZE 32
#define DATE_FORMAT "%Y-%m-%dT%H:%M:%SZ"
#define DATE_MAX INT64_C(253402300799) /* the year 9999 */

struct answer {
	char *why;
	size_t size;
};

#define refuse(answer, r, ...) \
	pack_refuse(r, (answer)->why, (answer)->size, PACK_MANIFEST ": " __VA_ARGS__)

int pack_sum(const struct pack_file *f, uint8_t ret[PACK_SUM_SIZE])
{
	return gnutls_hash_fast(GNUTLS_DIG_SHA256, f->data, f->size, ret) < 0 ? -EIO : 0;
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;

	return at ? (int) (at - digits) : -1;
}

static bool sum_from_text(const char *text, uint8_t ret[PACK_SUM_SIZE])
{
	if (!text || strlen(text) != 2 * PACK_SUM_SIZE)
		return false;
	for (size_t i = 0; i < PACK_SUM_SIZE; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t) (high << 4 | low);
	}
	return true;
}

static void sum_to_text(const uint8_t sum[PACK_SUM_SIZE], char ret[2 * PACK_SUM_SIZE + 1])
{
	for (size_t i = 0; i < PACK_SUM_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x", sum[i]);
}

static bool is_line(const char *text)
{
	for (; *text; text++)
		if (pack_is_control(text))
			return false;
	return true;
}

static int read_text(const json_t *root, const char *key, size_t least, size_t most,
	const struct answer *a, char **ret)
{
	const json_t *value = json_object_get(root, key);
	const char *text = value ? json_string_value(value) : "";

	if (!text || strlen(text) < least || strlen(text) > most || !is_line(text))
		return refuse(
			a, -EBADMSG, "%s: must be a line of %zu to %zu bytes", key, least, most);
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int read_date(const json_t *root, const struct answer *a, int64_t *ret)
{
	const char *text = json_string_value(json_object_get(root, "date")), *end;
	struct tm tm = { 0 };
	int64_t date;

	end = text ? strptime(text, DATE_FORMAT, &tm) : NULL;
	date = end && !*end ? (int64_t) timegm(&tm) : -1;
	if (date < 0 || date > DATE_MAX)
		return refuse(a, -EBADMSG, "date: must be like 2026-11-22T09:30:00Z");
	*ret = date;
	return 0;
}

static int read_file(struct pack *p, const char *name, const json_t *json, const struct answer *a)
{
	const json_t *size = json_object_get(json, "size");
	uint8_t sum[PACK_SUM_SIZE];
	size_t max;
	int r;

	if (!pack_name_allowed(name, &max) ||
		(p->format == PACK_FORMAT_PLAIN && strcmp(name, PACK_REFS PACK_DIGITS) == 0))
		return refuse(a, -EBADMSG, "a pack of format %d holds no file \"%.100s\"",
			p->format, name);
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return refuse(a, -EBADMSG, "%s: size: must be a whole number of bytes", name);
	if (json_integer_value(size) > (json_int_t) max)
		return refuse(a, -EFBIG, "%s: more than %zu bytes", name, max);
	if (!sum_from_text(json_string_value(json_object_get(json, "sha256")), sum))
		return refuse(
			a, -EBADMSG, "%s: sha256: must be 64 digits, 0 to 9 and a to f", name);
	r = pack_add(p, name, NULL, (size_t) json_integer_value(size));
	if (r == -ENOSPC)
		return refuse(a, -EFBIG, "more than %d files, or more than %d MiB", PACK_FILES_MAX,
			PACK_BYTES_MAX >> 20);
	if (r == 0)
		memcpy(p->files[p->n_files - 1].sum, sum, sizeof(sum));
	return r;
}

static int read_root(struct pack *p, json_t *root, const struct answer *a)
{
	const json_t *format = json_object_get(root, "format");
	json_t *files = json_object_get(root, "files"), *json;
	const char *name;
	int r;

	if (!json_is_integer(format) || json_integer_value(format) < 1)
		return refuse(a, -EBADMSG, "format: must be a number from 1 on");
	if (json_integer_value(format) > PACK_FORMAT)
		return refuse(a, -ENOTSUP,
			"format %lld is of a later version; this one reads formats 1 to %d",
			(long long) json_integer_value(format), PACK_FORMAT);
	p->format = (int) json_integer_value(format);
	r = read_text(root, "game", 1, PACK_GAME_MAX, a, &p->game);
	if (r == 0)
		r = read_text(root, "note", 0, PACK_NOTE_MAX, a, &p->note);
	if (r == 0)
		r = read_date(root, a, &p->date);
	if (r < 0)
		return r;
	if (!json_is_object(files))
		return refuse(a, -EBADMSG, "files: must be an object with a file for each key");
	json_object_foreach(files, name, json)
	{
		r = read_file(p, name, json, a);
		if (r < 0)
			return r;
	}
	pack_sort(p);
	return 0;
}

int pack_manifest_parse(struct pack *p, const char *text, size_t size, char *why, size_t why_size)
{
	const struct answer a = { why, why_size };
	json_error_t error;
	json_t *root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	int r;

	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!root)
		return refuse(&a, -EBADMSG, "line %d, column %d: %s", error.line, error.column,
			error.text);
	r = read_root(p, root, &a);
	json_decref(root);
	return r;
}

static json_t *files_json(const struct pack *p)
{
	json_t *files = json_object();
	int r = files ? 0 : -1;

	for (size_t i = 0; r == 0 && i < p->n_files; i++) {
		const struct pack_file *f = &p->files[i];
		char sum[2 * PACK_SUM_SIZE + 1];

		sum_to_text(f->sum, sum);
		r = json_object_set_new(files, f->name,
			json_pack("{s:I, s:s}", "size", (json_int_t) f->size, "sha256", sum));
	}
	if (r == 0)
		return files;
	json_decref(files);
	return NULL;
}

/* The earliest one that has all of it. */
static int format_of(const struct pack *p)
{
	for (size_t i = 0; i < p->n_files; i++)
		if (strcmp(p->files[i].name, PACK_REFS PACK_DIGITS) == 0)
			return PACK_FORMAT;
	return PACK_FORMAT_PLAIN;
}

char *pack_manifest_format(const struct pack *p)
{
	time_t date = (time_t) p->date;
	char text[DATE_SIZE], *ret;
	json_t *root;
	struct tm tm;

	if (!gmtime_r(&date, &tm) || !strftime(text, sizeof(text), DATE_FORMAT, &tm))
		return NULL;
	root = json_pack("{s:i, s:s, s:s, s:s, s:o}", "format", format_of(p), "game", p->game,
		"note", p->note, "date", text, "files", files_json(p));
	ret = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return ret;
}
