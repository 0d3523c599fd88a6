/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices, servers and files name things in whatever bytes they like. All of it passes
 * show_clean() before a person sees it; JSON has escapes of its own.
 */
#include "egmctl/show.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "common/usec.h"
#include "common/utf8.h"

#define FIELD_WIDTH 12
#define GAP 2

struct cell {
	char *text;
	size_t width;
	enum show_tone tone;
};

struct show_table {
	const char *const *headers;
	size_t n_columns;
	struct cell *cells;
	size_t n, room;
};

/* Controls, and what makes a line read as something else than it is. */
static bool is_trick(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
}

const char *show_clean(const char *text, size_t width, char buf[static SHOW_TEXT_MAX])
{
	const char *p = text ? text : "";
	size_t used = 0, chars = 0, last = 0;

	while (*p) {
		uint32_t c = 0;
		size_t n = utf8_decode(p, &c);

		if (chars == width || used + 8 > SHOW_TEXT_MAX) {
			used = last;
			memcpy(buf + used, "…", strlen("…"));
			used += strlen("…");
			break;
		}
		last = used;
		if (n == 0 || is_trick(c)) {
			buf[used++] = '?';
			p += n ? n : 1;
		} else {
			memcpy(buf + used, p, n);
			used += n;
			p += n;
		}
		chars++;
	}
	buf[used] = '\0';
	return buf;
}

size_t show_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char) *text & 0xc0) != 0x80;
	return n;
}

bool show_in_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(f)) && (!no || !*no) && term && strcmp(term, "dumb") != 0;
}

const char *show_bitrate(uint64_t bits, char buf[static 32])
{
	if (bits == 0)
		snprintf(buf, 32, "-");
	else if (bits >= 1000000)
		snprintf(buf, 32, "%.2f Mb/s", (double) bits / 1e6);
	else
		snprintf(buf, 32, "%.0f kb/s", (double) bits / 1e3);
	return buf;
}

const char *show_bytes(uint64_t bytes, char buf[static 32])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double) bytes;
	size_t i = 0;

	for (; v >= 1024 && i + 1 < ARRAY_SIZE(units); i++)
		v /= 1024;
	snprintf(buf, 32, i ? "%.1f %s" : "%.0f %s", v, units[i]);
	return buf;
}

const char *show_time(uint64_t realtime_usec, char buf[static 32])
{
	time_t t = (time_t) (realtime_usec / USEC_PER_SEC), now = time(NULL);
	struct tm tm, today;
	bool same;

	snprintf(buf, 32, "-");
	if (realtime_usec == 0 || !localtime_r(&t, &tm) || !localtime_r(&now, &today))
		return buf;
	same = tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year;
	if (strftime(buf, 32, same ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(buf, 32, "-");
	return buf;
}

struct show_table *show_table_new(const char *const *headers)
{
	struct show_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->headers = headers;
	while (headers[t->n_columns] && t->n_columns < SHOW_COLUMNS_MAX)
		t->n_columns++;
	return t;
}

struct show_table *show_table_free(struct show_table *t)
{
	for (size_t i = 0; t && i < t->n; i++)
		free(t->cells[i].text);
	if (t)
		free(t->cells);
	free(t);
	return NULL;
}

static struct cell *next_cell(struct show_table *t)
{
	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 16 * t->n_columns;
		struct cell *cells;

		if (room > SHOW_ROWS_MAX * t->n_columns)
			room = SHOW_ROWS_MAX * t->n_columns;
		if (room == t->n)
			return NULL;
		cells = reallocarray(t->cells, room, sizeof(*cells));
		if (!cells)
			return NULL;
		t->cells = cells;
		t->room = room;
	}
	return &t->cells[t->n];
}

void show_cell(struct show_table *t, enum show_tone tone, const char *fmt, ...)
{
	char text[SHOW_TEXT_MAX], clean[SHOW_TEXT_MAX];
	struct cell *c = next_cell(t);
	va_list ap;

	if (!c)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	show_clean(*text ? text : "-", SHOW_CELL_MAX, clean);
	*c = (struct cell){ .text = strdup(clean), .width = show_width(clean), .tone = tone };
	t->n += c->text != NULL;
}

static const char *tone_begin(enum show_tone tone)
{
	switch (tone) {
	case SHOW_GOOD:
		return "\033[32m";
	case SHOW_ODD:
		return "\033[33m";
	case SHOW_BAD:
		return "\033[31m";
	case SHOW_FAINT:
		return "\033[2m";
	case SHOW_PLAIN:
	default:
		return "";
	}
}

/* One cell with the gap behind it, as far as the line is not full. */
static void print_cell(FILE *f, const struct cell *c, size_t pad, size_t *room, bool colour)
{
	char cut[SHOW_TEXT_MAX];
	const char *text = c->text;
	size_t width = c->width;

	if (*room == 0)
		return;
	if (width > *room) {
		text = show_clean(text, *room, cut);
		width = *room;
	}
	if (colour && c->tone != SHOW_PLAIN)
		fprintf(f, "%s%s\033[0m", tone_begin(c->tone), text);
	else
		fputs(text, f);
	*room -= width;
	pad = pad > c->width ? pad - c->width : 0;
	pad = MIN(pad, *room);
	*room -= pad;
	fprintf(f, "%*s", (int) pad, "");
}

void show_table_print(const struct show_table *t, FILE *f, size_t width, bool colour)
{
	size_t widths[SHOW_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < t->n_columns; i++)
		widths[i] = show_width(t->headers[i]);
	for (size_t i = 0; i < t->n; i++)
		widths[i % t->n_columns] = MAX(widths[i % t->n_columns], t->cells[i].width);
	for (size_t row = 0; row <= t->n / t->n_columns; row++) {
		size_t room = width ? width : SIZE_MAX;

		for (size_t i = 0; i < t->n_columns; i++) {
			size_t at = (row - 1) * t->n_columns + i;
			struct cell header = { .text = (char *) t->headers[i],
				.width = show_width(t->headers[i]) };

			if (row > 0 && at >= t->n)
				break;
			print_cell(f, row == 0 ? &header : &t->cells[at],
				i + 1 < t->n_columns ? widths[i] + GAP : 0, &room, colour);
		}
		fputc('\n', f);
	}
}

void show_field(const char *key, const char *fmt, ...)
{
	char text[SHOW_TEXT_MAX], clean[SHOW_TEXT_MAX], name[SHOW_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	show_clean(key, SHOW_CELL_MAX, name);
	printf("%*s%c %s\n", FIELD_WIDTH, name, *name ? ':' : ' ',
		show_clean(text, SHOW_TEXT_MAX, clean));
}

static int dump(json_t *json, size_t flags)
{
	int r;

	if (!json)
		return -ENOMEM;
	r = json_dumpf(json, stdout, flags | JSON_REAL_PRECISION(12));
	json_decref(json);
	if (r < 0 || fputc('\n', stdout) == EOF || fflush(stdout) != 0)
		return -EIO;
	return 0;
}

int show_json(json_t *json)
{
	return dump(json, JSON_INDENT(2));
}

int show_json_line(json_t *json)
{
	return dump(json, JSON_COMPACT);
}

const char *show_string(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

uint64_t show_number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : (uint64_t) n;
}

double show_real(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

bool show_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}
