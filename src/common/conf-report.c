/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"

/* Of errors, and of all else together: a file of nonsense must not fill the memory or the journal,
 * nor may ten thousand warnings hide the error that matters. */
#define KEPT_MAX 100
#define KEY_MAX 64

void conf_report_deinit(struct conf_report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->findings[i].file);
		free(r->findings[i].key);
		free(r->findings[i].text);
	}
	free(r->findings);
	*r = (struct conf_report){ 0 };
}

bool conf_report_has_room(const struct conf_report *r, enum conf_severity severity)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++)
		kept += (r->findings[i].severity == CONF_ERROR) == (severity == CONF_ERROR);
	return kept < KEPT_MAX;
}

/* An absent part stays NULL; so does one for which there is no memory, the finding counts anyway.
 */
static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

void conf_report_add(struct conf_report *r, enum conf_severity severity, const char *file, int line,
	const char *key, const char *fmt, ...)
{
	struct conf_finding f = { .severity = severity, .line = line }, *bigger;
	va_list ap;

	r->errors += severity == CONF_ERROR;
	r->warnings += severity == CONF_WARNING;
	if (!conf_report_has_room(r, severity))
		return;
	bigger = reallocarray(r->findings, r->n + 1, sizeof(*bigger));
	if (!bigger)
		return;
	r->findings = bigger;
	f.file = copy(file);
	f.key = copy(key);
	va_start(ap, fmt);
	if (vasprintf(&f.text, fmt, ap) < 0)
		f.text = NULL;
	va_end(ap);
	r->findings[r->n++] = f;
}

const char *conf_finding_format(const struct conf_finding *f, char *buf, size_t size)
{
	char line[16] = "";

	if (f->line > 0)
		snprintf(line, sizeof(line), ":%d", f->line);
	snprintf(buf, size, "%s%s%s%s%s%s", f->file ? f->file : "", f->file ? line : "",
		f->file ? ": " : "", f->key ? f->key : "", f->key ? ": " : "",
		f->text ? f->text : "out of memory");
	return buf;
}

/* Edits (insert, delete, replace, swap of neighbours) that make b of a. */
static size_t distance(const char *a, const char *b)
{
	size_t above[KEY_MAX + 1] = { 0 }, before[KEY_MAX + 1], row[KEY_MAX + 1];
	const size_t n = strlen(a), m = strlen(b);

	if (n > KEY_MAX || m > KEY_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		memcpy(before, above, sizeof(before));
		memcpy(above, row, sizeof(above));
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = MIN(above[j - 1] + (a[i - 1] != b[j - 1]),
				MIN(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
	}
	return row[m];
}

static const char *last_component(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

struct nearest {
	const char *key, *found;
	size_t distance;
};

/* A right name in the wrong group is as likely as a misspelt one. */
static void consider(struct nearest *n, const char *path)
{
	const char *name = last_component(path);
	size_t whole = distance(n->key, path), part = distance(last_component(n->key), name);

	if (whole > MAX(2, strlen(path) / 4))
		whole = SIZE_MAX;
	if (part <= strlen(name) / 4)
		whole = MIN(whole, part + 1);
	if (whole < n->distance) {
		n->distance = whole;
		n->found = path;
	}
}

const char *conf_nearest(
	const struct conf_table *table, const struct conf_row *rows, const char *key)
{
	struct nearest n = { .key = key, .distance = SIZE_MAX };

	for (const struct conf_row *row = rows ? rows : table->rows; row->path; row++)
		consider(&n, row->path);
	for (const struct conf_list *list = table->lists; !rows && list && list->path; list++)
		consider(&n, list->path);
	for (const struct conf_tree *tree = table->trees; !rows && tree && tree->path; tree++)
		consider(&n, tree->path);
	return n.found;
}

const char *conf_nearest_name(
	const struct conf_row *rows, const char *const *others, const char *name)
{
	struct nearest n = { .key = name, .distance = SIZE_MAX };

	for (; rows->path; rows++)
		consider(&n, rows->path);
	for (; others && *others; others++)
		consider(&n, *others);
	return n.found;
}

int conf_report_show(const struct conf_report *r, FILE *f)
{
	static const char *const words[] = {
		[CONF_NOTE] = "note",
		[CONF_WARNING] = "warning",
		[CONF_ERROR] = "error",
	};
	char text[512];

	for (size_t i = 0; i < r->n; i++)
		fprintf(f, "%s: %s\n", words[r->findings[i].severity],
			conf_finding_format(&r->findings[i], text, sizeof(text)));
	return r->errors ? 1 : 0;
}

void conf_report_setting(struct conf_report *r, const struct conf *c, enum conf_severity severity,
	const char *list, size_t index, const char *path, const char *text)
{
	char key[KEY_MAX];
	const char *file;
	int line;

	if (list)
		snprintf(key, sizeof(key), "%s[%zu].%s", list, index, path);
	else
		snprintf(key, sizeof(key), "%s", path);
	conf_origin(c, list, index, path, &file, &line);
	conf_report_add(r, severity, file, line, key, "%s", text);
}
