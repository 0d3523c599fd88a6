/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-value.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define PATH_TEXT_MAX 256
#define DIGITS "0123456789"

void import_find(struct import_reading *rd, enum conf_severity severity,
	const struct import_node *n, const char *path, const char *key, const char *fmt, ...)
{
	char text[512], full[PATH_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(full, sizeof(full), "%s%s%s", path, *path && *key ? "." : "", key);
	conf_report_add(rd->report, severity, rd->file, n ? n->line : 0, full, "%s", text);
	rd->failed |= severity == CONF_ERROR;
}

bool import_parse_bool(const struct import_node *n, bool *ret)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; n->kind == IMPORT_TEXT && !n->quoted && i < ARRAY_SIZE(words); i++)
		if (strcasecmp(n->text, words[i]) == 0) {
			*ret = i % 2 == 1;
			return true;
		}
	return false;
}

/* Decimal only: with a zero in front YAML 1.1 means another number than everybody reads. Numbers in
 * quotes are taken, the original's library converted them as well. */
bool import_parse_int(const struct import_node *n, int64_t *ret)
{
	const char *p = n->kind == IMPORT_TEXT ? n->text : "";
	size_t digits;

	p += *p == '-' || *p == '+';
	digits = strspn(p, DIGITS);
	if (digits < 1 || digits > 18 || p[digits] || (digits > 1 && *p == '0'))
		return false;
	*ret = strtoll(n->text, NULL, 10);
	return true;
}

bool import_parse_real(const struct import_node *n, double *ret)
{
	const char *text = n->kind == IMPORT_TEXT ? n->text : "";
	char *end;
	double value;

	/* No words, no hexadecimal numbers; programs run in the C locale's numbers. */
	if (!*text || text[strspn(text, DIGITS "+-.eE")])
		return false;
	value = strtod(text, &end);
	if (*end || !isfinite(value))
		return false;
	*ret = value;
	return true;
}

static struct import_node *value_of(struct import_node *map, const char *key)
{
	struct import_node *n = import_node_take(map, key);

	return n && !import_node_is_null(n) ? n : NULL;
}

void import_get_bool(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, bool *ret)
{
	struct import_node *n = value_of(map, key);

	if (n && !import_parse_bool(n, ret))
		import_find(rd, CONF_ERROR, n, path, key, "must be true or false");
}

void import_get_int(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, int64_t min, int64_t max, int64_t *ret)
{
	struct import_node *n = value_of(map, key);
	int64_t value;

	if (!n)
		return;
	if (import_parse_int(n, &value) && value >= min && value <= max)
		*ret = value;
	else
		import_find(rd, CONF_ERROR, n, path, key,
			"must be a whole number from %" PRId64 " to %" PRId64, min, max);
}

void import_get_real(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, double min, double max, double *ret)
{
	struct import_node *n = value_of(map, key);
	double value;

	if (!n)
		return;
	if (import_parse_real(n, &value) && value >= min && value <= max)
		*ret = value;
	else
		import_find(
			rd, CONF_ERROR, n, path, key, "must be a number from %g to %g", min, max);
}

void import_get_text(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, const char **ret)
{
	struct import_node *n = value_of(map, key);

	if (n && n->kind == IMPORT_TEXT)
		*ret = n->text;
	else if (n)
		import_find(rd, CONF_ERROR, n, path, key, "must be a text");
}

void import_get_word(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, const char *const *words, const char **ret)
{
	struct import_node *n = value_of(map, key);
	char list[256] = "";

	for (size_t i = 0; n && words[i]; i++) {
		if (n->kind == IMPORT_TEXT && strcmp(n->text, words[i]) == 0) {
			*ret = n->text;
			return;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			i == 0 ? "" : ", ", words[i]);
	}
	if (n)
		import_find(rd, CONF_ERROR, n, path, key, "must be one of %s", list);
}

struct import_node *import_get_node(struct import_reading *rd, struct import_node *map,
	const char *path, const char *key, enum import_kind kind)
{
	struct import_node *n = value_of(map, key);

	if (!n || n->kind == kind)
		return n;
	import_find(rd, CONF_ERROR, n, path, key,
		kind == IMPORT_MAP ? "must be a group of keys and values" : "must be a list");
	return NULL;
}

static void know_all(struct import_node *n)
{
	n->known = true;
	for (size_t i = 0; i < n->n; i++)
		know_all(&n->children[i]);
}

void import_leave(struct import_reading *rd, struct import_node *map, const char *path,
	const char *key, const char *why)
{
	struct import_node *n = import_node_take(map, key);

	if (!n || import_node_is_null(n) || (n->kind == IMPORT_LIST && n->n == 0))
		return;
	know_all(n);
	import_find(rd, CONF_NOTE, n, path, key, "is not taken over: %s", why);
}

static void tell_unknown(struct import_reading *rd, const struct import_node *map, const char *path)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct import_node *n = &map->children[i];
		char full[PATH_TEXT_MAX], key[64];

		if (n->key)
			snprintf(key, sizeof(key), "%.60s", n->key);
		else
			snprintf(key, sizeof(key), "[%zu]", i);
		if (map->kind == IMPORT_MAP && !n->known) {
			import_find(rd, CONF_WARNING, n, path, key,
				"is not known, and was not to the original: ignored");
			continue;
		}
		snprintf(full, sizeof(full), "%s%s%s", path, *path && n->key ? "." : "", key);
		tell_unknown(rd, n, full);
	}
}

void import_tell_unknown(struct import_reading *rd, const struct import_node *root)
{
	tell_unknown(rd, root, "");
}
