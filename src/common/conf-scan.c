/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look at a file before libconfig reads it, for what libconfig would take without a word: an
 * @include of anything on the disk, of any size; integers that do not fit (1.5 cuts them to 32
 * bits); so many settings or so deep that its lists and recursion become slow. The lexer knows
 * comments and strings and no grammar: what is wrong otherwise is libconfig's to find.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"
#include "common/file.h"

#define SETTINGS_MAX 20000
#define GROUP_MAX 2000   /* libconfig compares each name with all before it in its group */
#define VALUES_MAX 20000 /* and grows lists and texts in small steps */
#define TEXT_MAX 16384
#define DEPTH_MAX 32
#define INCLUDES_MAX 64
#define INCLUDE_DEPTH_MAX 8
#define NUMBER_MAX 32

/* of all files of one reading */
struct scan {
	const char *folder;
	struct conf_report *report;
	size_t bytes, settings, values, includes;
	size_t in_group[DEPTH_MAX + 1]; /* settings so far, for each level */
	int depth, include_depth;
};

/* of one file */
struct cursor {
	const char *path;
	const char *p;
	int line;
};

static int scan_text(struct scan *s, const char *text, const char *path);

static int refuse(const struct scan *s, const struct cursor *c, const char *what)
{
	conf_report_add(s->report, CONF_ERROR, c->path, c->line, NULL, "%s", what);
	return -EINVAL;
}

static void skip(struct cursor *c, size_t n)
{
	for (; n > 0 && *c->p; n--)
		c->line += *c->p++ == '\n';
}

static void skip_to(struct cursor *c, const char *what)
{
	const size_t n = strlen(what);

	while (*c->p && strncmp(c->p, what, n) != 0)
		skip(c, 1);
	skip(c, n);
}

static int scan_string(struct scan *s, struct cursor *c)
{
	const struct cursor begin = *c;

	for (skip(c, 1); *c->p && *c->p != '"'; skip(c, 1))
		if (*c->p == '\\')
			skip(c, 1);
	skip(c, 1);
	if (c->p - begin.p > TEXT_MAX)
		return refuse(s, &begin, "a text is too long");
	return ++s->values > VALUES_MAX ? refuse(s, &begin, "too many values") : 0;
}

/* Names may hold digits and are skipped whole, so what begins with a digit is a number. */
static int scan_name(const struct scan *s, struct cursor *c)
{
	const char *begin = c->p;

	while (isalnum((unsigned char) *c->p) || (*c->p && strchr("_*-", *c->p)))
		c->p++;
	return c->p - begin > TEXT_MAX ? refuse(s, c, "a name is too long") : 0;
}

static int scan_number(const struct scan *s, struct cursor *c)
{
	bool hex = c->p[0] == '0' && (c->p[1] == 'x' || c->p[1] == 'X');
	size_t n =
		hex ? 2 + strspn(c->p + 2, "0123456789abcdefABCDEF") : strspn(c->p, "0123456789");
	char what[NUMBER_MAX + 80];
	long long number;

	errno = 0;
	number = strtoll(c->p, NULL, hex ? 16 : 10);
	/* An L makes it 64 bits; a point or an exponent, a float that has room. */
	if (!strchr(hex ? "L" : "L.eE", c->p[n]) || !c->p[n] || errno) {
		if (number > INT_MAX) {
			snprintf(what, sizeof(what),
				"%.*s is too large for a bare number: write \"%.*s\" or "
				"append an L",
				(int) MIN(n, NUMBER_MAX / 2), c->p, (int) MIN(n, NUMBER_MAX / 2),
				c->p);
			return refuse(s, c, what);
		}
	}
	c->p += n;
	if (!hex && *c->p == '.')
		c->p += 1 + strspn(c->p + 1, "0123456789");
	return scan_name(s, c);
}

/* Relative and downwards only; a backslash would be libconfig's escape. */
static bool include_allowed(const char *name)
{
	return *name && *name != '/' && !strstr(name, "..") && !strchr(name, '\\');
}

static int include_file(struct scan *s, const struct cursor *c, const char *name)
{
	_cleanup_(freep) char *path = NULL, *text = NULL;
	size_t size = 0;
	int r;

	if (!s->folder)
		return refuse(s, c, "nothing can be included here");
	if (!include_allowed(name))
		return refuse(s, c, "only files of the same folder or below can be included");
	if (s->include_depth == INCLUDE_DEPTH_MAX || s->includes == INCLUDES_MAX)
		return refuse(s, c, "too many files are included");
	s->includes++;
	if (asprintf(&path, "%s/%s", s->folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_read(path, CONF_FILE_MAX, &text, &size);
	if (r < 0) {
		conf_report_add(s->report, CONF_ERROR, c->path, c->line, NULL,
			"cannot include %s: %s", name, strerror(-r));
		return r == -ENOMEM ? r : -EINVAL;
	}
	if (memchr(text, '\0', size))
		return refuse(s, c, "the included file is no text");
	s->include_depth++;
	r = scan_text(s, text, path);
	s->include_depth--;
	return r;
}

/* At an '@'. libconfig knows the directive at the start of a line only; elsewhere it is an error.
 */
static int scan_directive(struct scan *s, struct cursor *c)
{
	_cleanup_(freep) char *name = NULL;
	static const char word[] = "@include";
	const char *p = c->p + sizeof(word) - 1, *end;
	int r;

	if (strncmp(c->p, word, sizeof(word) - 1) != 0)
		return refuse(s, c, "only @include may begin with '@'");
	p += strspn(p, " \t");
	end = *p == '"' ? strchr(p + 1, '"') : NULL;
	if (!end)
		return refuse(s, c, "@include needs the name of a file in quotes");
	name = strndup(p + 1, (size_t) (end - p) - 1);
	if (!name)
		return -ENOMEM;
	r = include_file(s, c, name);
	skip(c, (size_t) (end - c->p) + 1);
	return r;
}

/* One character that is neither space, comment, string, name nor number. */
static int scan_punctuation(struct scan *s, struct cursor *c)
{
	switch (*c->p) {
	case '=':
	case ':':
		if (++s->settings > SETTINGS_MAX)
			return refuse(s, c, "more than 20000 settings");
		if (++s->in_group[s->depth] > GROUP_MAX)
			return refuse(s, c, "more than 2000 settings in a group");
		break;
	case ',':
		if (++s->values > VALUES_MAX)
			return refuse(s, c, "too many values");
		break;
	case '{':
	case '(':
	case '[':
		if (++s->depth > DEPTH_MAX)
			return refuse(s, c, "nested too deep");
		s->in_group[s->depth] = 0;
		break;
	case '}':
	case ')':
	case ']':
		s->depth = MAX(s->depth - 1, 0);
		break;
	}
	skip(c, 1);
	return 0;
}

static int scan_next(struct scan *s, struct cursor *c)
{
	if (*c->p == '#' || strncmp(c->p, "//", 2) == 0)
		skip_to(c, "\n");
	else if (strncmp(c->p, "/*", 2) == 0)
		skip_to(c, "*/");
	else if (*c->p == '"')
		return scan_string(s, c);
	else if (*c->p == '@')
		return scan_directive(s, c);
	else if (isdigit((unsigned char) *c->p))
		return scan_number(s, c);
	else if (isalpha((unsigned char) *c->p) || *c->p == '*')
		return scan_name(s, c);
	else
		return scan_punctuation(s, c);
	return 0;
}

static int scan_text(struct scan *s, const char *text, const char *path)
{
	struct cursor c = { .path = path, .p = text, .line = 1 };
	int r = 0;

	s->bytes += strlen(text);
	if (s->bytes > CONF_FILE_MAX)
		return refuse(s, &c, "larger than 1 MiB with all that is included");
	while (*c.p && r == 0)
		r = scan_next(s, &c);
	return r;
}

int conf_scan(const char *text, const char *path, const char *folder, struct conf_report *report)
{
	struct scan s = { .folder = folder, .report = report };

	return scan_text(&s, text, path);
}
