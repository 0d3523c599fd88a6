/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/metrics.h"

#include <stdbool.h>
#include <string.h>

#define NAME_MAX_ 200
#define LINE_MAX_ 4096

struct family {
	char *name, *help, *type; /* help and type: whole lines; NULL: none */
	char *samples;
	size_t size, room;
};

struct metrics {
	struct family *families;
	size_t n;
	size_t total; /* bytes of all samples */
};

/* A line on its way; not terminated. */
struct line {
	const char *text;
	size_t n;
};

static size_t name_length(const char *text, size_t max)
{
	size_t n = 0;

	while (n < max && ((text[n] >= 'a' && text[n] <= 'z') ||
				  (text[n] >= 'A' && text[n] <= 'Z') || text[n] == '_' ||
				  text[n] == ':' || (n > 0 && text[n] >= '0' && text[n] <= '9')))
		n++;
	return n <= NAME_MAX_ ? n : 0;
}

/* NULL: no memory, or too many. */
static struct family *find(struct metrics *m, const char *name, size_t n)
{
	struct family *more;

	for (size_t i = 0; i < m->n; i++)
		if (strlen(m->families[i].name) == n && memcmp(m->families[i].name, name, n) == 0)
			return &m->families[i];
	if (m->n == METRICS_FAMILIES_MAX)
		return NULL;
	more = realloc(m->families, (m->n + 1) * sizeof(*more));
	if (!more)
		return NULL;
	m->families = more;
	more[m->n] = (struct family){ .name = strndup(name, n) };
	return more[m->n].name ? &more[m->n++] : NULL;
}

static bool append(struct family *f, const char *text, size_t n)
{
	if (f->size + n + 1 > f->room) {
		size_t room = MAX(2 * f->room, f->size + n + 256);
		char *more = realloc(f->samples, room);

		if (!more)
			return false;
		f->samples = more;
		f->room = room;
	}
	memcpy(f->samples + f->size, text, n);
	f->size += n;
	f->samples[f->size] = '\0';
	return true;
}

/* Whether one of the labels, from behind the brace on, is "card"; *ret_end: at the closing brace.
 * false, and *ret_end NULL: they do not end. */
static bool has_card(const char *p, const char *end, const char **ret_end)
{
	bool found = false, quoted = false, fresh = true;

	*ret_end = NULL;
	for (; p < end; p++) {
		if (quoted) {
			/* What is escaped ends nothing. */
			if (*p == '\\')
				p++;
			else
				quoted = *p != '"';
			continue;
		}
		if (*p == '}') {
			*ret_end = p;
			return found;
		}
		if (fresh && end - p > 5 && memcmp(p, "card=", 5) == 0)
			found = true;
		fresh = *p == ',' || (fresh && *p == ' ');
		quoted = *p == '"';
	}
	return false;
}

/* A number, or +Inf and its kin. */
static bool is_value(const char *p, const char *end)
{
	const char *begin = p;

	while (p < end && *p == ' ')
		p++;
	return p > begin && p < end && strchr("0123456789+-.NIni", *p);
}

static bool put_sample(struct family *f, const char *card, const struct line *l, size_t name)
{
	const char *rest = l->text + name, *end = l->text + l->n, *close = NULL;
	const bool braced = rest < end && *rest == '{';
	char label[64] = "";
	bool has = false;

	if (braced) {
		has = has_card(rest + 1, end, &close);
		if (!close)
			return true;
	}
	if (!is_value(braced ? close + 1 : rest, end))
		return true;
	if (card && !has)
		snprintf(label, sizeof(label),
			braced && rest[1] != '}' ? "{card=\"%s\"," : "{card=\"%s\"}", card);
	if (!append(f, l->text, name) || !append(f, label, strlen(label)))
		return false;
	/* The brace that is there has been written, and the one that closes, too, when it is next.
	 */
	if (*label && braced)
		rest += rest[1] == '}' ? 2 : 1;
	return append(f, rest, (size_t) (end - rest)) && append(f, "\n", 1);
}

/* "# HELP name …" and "# TYPE name …"; the family they begin. Other comments are left out. */
static struct family *take_comment(struct metrics *m, const struct line *l, bool *ret_good)
{
	bool help = l->n > 7 && memcmp(l->text, "# HELP ", 7) == 0;
	bool type = l->n > 7 && memcmp(l->text, "# TYPE ", 7) == 0;
	size_t n = help || type ? name_length(l->text + 7, l->n - 7) : 0;
	struct family *f = n ? find(m, l->text + 7, n) : NULL;
	char **to;

	*ret_good = true;
	if (!f)
		return NULL;
	to = help ? &f->help : &f->type;
	if (!*to) {
		*to = strndup(l->text, l->n);
		*ret_good = *to != NULL;
	}
	return f;
}

/* Of histograms and summaries the samples have names of their own. */
static bool is_of(const struct family *f, const struct line *l, size_t n)
{
	static const char *const ends[] = { "", "_bucket", "_sum", "_count", "_total", "_created" };
	const size_t length = strlen(f->name);

	if (n < length || memcmp(l->text, f->name, length) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (strlen(ends[i]) == n - length &&
			memcmp(l->text + length, ends[i], n - length) == 0)
			return true;
	return false;
}

static bool take_line(
	struct metrics *m, const char *card, const struct line *l, size_t *family, bool *has_family)
{
	struct family *f;
	bool good = true;
	size_t n;

	if (l->n == 0 || l->n > LINE_MAX_)
		return true;
	if (*l->text == '#') {
		f = take_comment(m, l, &good);
		*has_family = f != NULL;
		*family = f ? (size_t) (f - m->families) : 0;
		return good;
	}
	n = name_length(l->text, l->n);
	if (n == 0 || n == l->n || (l->text[n] != '{' && l->text[n] != ' '))
		return true;
	f = *has_family && is_of(&m->families[*family], l, n) ? &m->families[*family]
							      : find(m, l->text, n);
	if (!f || m->total + l->n + 64 > METRICS_TEXT_MAX)
		return true;
	m->total += l->n + 64;
	return put_sample(f, card, l, n);
}

int metrics_add(struct metrics *m, const char *card, const char *text)
{
	bool has_family = false;
	size_t family = 0;

	while (*text) {
		struct line l = { text, strcspn(text, "\n") };

		text += l.n + (text[l.n] == '\n');
		while (l.n > 0 && l.text[l.n - 1] == '\r')
			l.n--;
		if (!take_line(m, card, &l, &family, &has_family))
			return -ENOMEM;
	}
	return 0;
}

char *metrics_text(const struct metrics *m, size_t *ret_size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_size);

	if (!f)
		return NULL;
	for (size_t i = 0; i < m->n; i++) {
		const struct family *y = &m->families[i];

		/* A family that nobody has a sample of is none. */
		if (y->size == 0)
			continue;
		if (y->help)
			fprintf(f, "%s\n", y->help);
		if (y->type)
			fprintf(f, "%s\n", y->type);
		fwrite(y->samples, 1, y->size, f);
	}
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

int metrics_new(struct metrics **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct metrics *metrics_free(struct metrics *m)
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->n; i++) {
		free(m->families[i].name);
		free(m->families[i].help);
		free(m->families[i].type);
		free(m->families[i].samples);
	}
	free(m->families);
	free(m);
	return NULL;
}
