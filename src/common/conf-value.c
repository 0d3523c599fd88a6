/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of one value and what it means. Numbers with units are decimal and computed in integers,
 * hence the same in every locale and without rounding.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"
#include "common/url.h"
#include "common/usec.h"
#include "common/utf8.h"
#include "common/words.h"

#define STRING_MAX_DEFAULT 1023
#define SHOWN_MAX 64
#define FRACTION_DIGITS_MAX 9
#define RATE_TERM_MAX 1000000

struct unit {
	const char *name;
	uint64_t factor;
};

/* Ascending, so that the last one which divides a number is the best to show it in. */
static const struct unit bitrate_units[] = { { "", 1 }, { "K", 1000 }, { "k", 1000 },
	{ "M", 1000000 }, { NULL, 0 } };
static const struct unit bytes_units[] = { { "", 1 }, { "k", 1 << 10 }, { "K", 1 << 10 },
	{ "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 } };
static const struct unit duration_units[] = { { "us", 1 }, { "ms", USEC_PER_MSEC },
	{ "", USEC_PER_SEC }, { "sec", USEC_PER_SEC }, { "s", USEC_PER_SEC },
	{ "min", 60 * USEC_PER_SEC }, { "h", 3600 * USEC_PER_SEC }, { NULL, 0 } };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12", "1.5": the digits, and how many of them stand behind the point. */
static int parse_decimal(const char **text, uint64_t *ret, int *ret_digits)
{
	const char *p = *text;
	bool point = false;
	uint64_t n = 0;
	int digits = 0;

	if (!is_digit(*p))
		return -EINVAL;
	for (; is_digit(*p) || (*p == '.' && !point && is_digit(p[1])); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (digits == FRACTION_DIGITS_MAX && *p == '0')
			continue;
		if (digits == FRACTION_DIGITS_MAX)
			return -EINVAL;
		if (__builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, (uint64_t) (*p - '0'), &n))
			return -ERANGE;
		digits += point;
	}
	*text = p;
	*ret = n;
	*ret_digits = digits;
	return 0;
}

/* "500ms", "3 M", "0.5": a number and a unit, white space between them or not. */
static int parse_quantity(const char *text, const struct unit *units, uint64_t *ret)
{
	const struct unit *u;
	uint64_t n, factor;
	int digits, r;

	r = parse_decimal(&text, &n, &digits);
	if (r < 0)
		return r;
	text += strspn(text, " ");
	for (u = units; u->name && strcmp(u->name, text) != 0; u++)
		;
	if (!u->name)
		return -EINVAL;
	/* Halves of a bit or byte are somebody's mistake; "2.0" comes from a file's floats. */
	for (; digits > 0 && n % 10 == 0; digits--)
		n /= 10;
	if (digits > 0 && u->factor == 1)
		return -EINVAL;
	for (factor = u->factor; digits > 0 && factor % 10 == 0; digits--)
		factor /= 10;
	if (__builtin_mul_overflow(n, factor, &n))
		return -ERANGE;
	for (; digits > 0; digits--)
		n /= 10;
	*ret = n;
	return n <= INT64_MAX ? 0 : -ERANGE;
}

static int check_limits(const struct conf_row *row, int64_t n)
{
	return n < row->min || n > row->max ? -ERANGE : 0;
}

static int parse_amount(
	const struct conf_row *row, const char *text, const struct unit *units, int64_t *ret)
{
	uint64_t n;
	int r = parse_quantity(text, units, &n);

	if (r < 0)
		return r;
	*ret = (int64_t) n;
	return check_limits(row, *ret);
}

static int parse_duration(const struct conf_row *row, const char *text, uint64_t *ret)
{
	int64_t n;
	int r;

	if (row->max == INT64_MAX && strcmp(text, "forever") == 0) {
		*ret = USEC_INFINITY;
		return 0;
	}
	r = parse_amount(row, text, duration_units, &n);
	if (r == 0)
		*ret = (uint64_t) n;
	return r;
}

/* Digits are looked at first: strtod() would take words and hexadecimal numbers. The program stays
 * in the C locale. */
static int parse_real(const struct conf_row *row, const char *text, double *ret)
{
	double real;
	char *end;

	if (!is_digit(text[*text == '-']) || text[strspn(text, "-+.eE0123456789")])
		return -EINVAL;
	real = strtod(text, &end);
	if (*end)
		return -EINVAL;
	if (!(real >= (double) row->min && real <= (double) row->max))
		return -ERANGE;
	*ret = real;
	return 0;
}

static int parse_int(const struct conf_row *row, const char *text, int64_t *ret)
{
	const char *digits = text + (*text == '-');
	char *end;

	if (!is_digit(*digits))
		return -EINVAL;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (*end)
		return -EINVAL;
	return errno ? -ERANGE : check_limits(row, *ret);
}

/* A number of pixels, pictures …: digits only, at most RATE_TERM_MAX. */
static int parse_term(const char **text, int *ret)
{
	const char *p = *text;
	int n = 0;

	for (; is_digit(*p); p++) {
		n = n * 10 + (*p - '0');
		if (n > RATE_TERM_MAX)
			return -ERANGE;
	}
	if (p == *text)
		return -EINVAL;
	*text = p;
	*ret = n;
	return 0;
}

static int parse_size(const struct conf_row *row, const char *text, struct conf_size *ret)
{
	struct conf_size size;
	int r;

	if (strcmp(text, "auto") == 0) {
		*ret = (struct conf_size){ 0, 0 };
		return 0;
	}
	r = parse_term(&text, &size.width);
	if (r == 0 && *text++ != 'x')
		r = -EINVAL;
	if (r == 0)
		r = parse_term(&text, &size.height);
	if (r < 0 || *text)
		return r < 0 ? r : -EINVAL;
	/* Chroma is halved both ways; no encoder of ours takes an odd picture. */
	if (size.width % 2 || size.height % 2 || check_limits(row, size.width) < 0 ||
		check_limits(row, size.height) < 0)
		return -ERANGE;
	*ret = size;
	return 0;
}

static int gcd(int a, int b)
{
	while (b) {
		int rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* 29.97 and its kin mean N × 1000/1001, to whatever number of digits somebody wrote them. */
static bool is_ntsc(uint64_t n, uint64_t scale, struct conf_rate *ret)
{
	static const int bases[] = { 12, 15, 24, 30, 48, 60, 120 };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		double exact = bases[i] / 1.001, given = (double) n / (double) scale;

		if (given > exact - 0.006 && given < exact + 0.006) {
			*ret = (struct conf_rate){ bases[i] * 1000, 1001 };
			return true;
		}
	}
	return false;
}

static int parse_decimal_rate(const char *text, struct conf_rate *ret)
{
	uint64_t n, scale = 1;
	int digits, r;

	r = parse_decimal(&text, &n, &digits);
	if (r < 0 || *text)
		return r < 0 ? r : -EINVAL;
	for (; digits > 0 && n % 10 == 0; digits--)
		n /= 10;
	for (int i = 0; i < digits; i++)
		scale *= 10;
	if (digits > 0 && is_ntsc(n, scale, ret))
		return 0;
	if (digits > 3)
		return -EINVAL;
	if (n > (uint64_t) RATE_TERM_MAX)
		return -ERANGE;
	*ret = (struct conf_rate){ (int) n, (int) scale };
	return 0;
}

static int parse_rate(const struct conf_row *row, const char *text, struct conf_rate *ret)
{
	struct conf_rate rate;
	int r;

	if (strcmp(text, "auto") == 0) {
		*ret = (struct conf_rate){ 0, 1 };
		return 0;
	}
	if (strchr(text, '/')) {
		r = parse_term(&text, &rate.num);
		if (r == 0 && *text++ != '/')
			r = -EINVAL;
		if (r == 0)
			r = parse_term(&text, &rate.den);
		if (r == 0 && (*text || rate.den == 0))
			r = -EINVAL;
	} else {
		r = parse_decimal_rate(text, &rate);
	}
	if (r < 0)
		return r;
	if (rate.num <= 0 || rate.num < row->min * rate.den || rate.num / rate.den > row->max ||
		(rate.num / rate.den == row->max && rate.num % rate.den))
		return -ERANGE;
	r = gcd(rate.num, rate.den);
	*ret = (struct conf_rate){ rate.num / r, rate.den / r };
	return 0;
}

static int find_word(const struct conf_row *row, const char *text)
{
	for (int i = 0; row->words[i]; i++)
		if (strcmp(row->words[i], text) == 0)
			return i;
	return -EINVAL;
}

bool conf_value_clean(const char *text)
{
	return strlen(text) <= CONF_TREE_TEXT_MAX && utf8_is_clean(text);
}

int conf_row_length_max(const struct conf_row *row)
{
	return row->max ? (int) row->max : STRING_MAX_DEFAULT;
}

static int parse_string(const struct conf_row *row, const char *text, const char **ret)
{
	int64_t length = (int64_t) strlen(text);

	if (length < row->min || length > conf_row_length_max(row))
		return -ERANGE;
	if (!utf8_is_clean(text) || (row->words && find_word(row, text) < 0))
		return -EINVAL;
	*ret = text;
	return 0;
}

bool conf_value_add_word(char *buf, const char *word)
{
	const size_t n = strlen(buf), length = strlen(word);

	if (length == 0 || strcspn(word, WORDS_SEPARATORS) < length ||
		n + 2 + length >= CONF_MADE_MAX)
		return false;
	snprintf(buf + n, CONF_MADE_MAX - n, "%s%s", n ? ", " : "", word);
	return true;
}

static int parse_words(const struct conf_row *row, const char *text, const char **ret)
{
	const struct conf_row whole = { .min = row->min, .max = row->max };
	const char *word, *rest = text;
	size_t n;
	int r = parse_string(&whole, text, ret);

	while (r == 0 && row->words && (word = words_next(&rest, &n))) {
		const char *const *known = row->words;

		while (*known && (strlen(*known) != n || strncmp(*known, word, n) != 0))
			known++;
		r = *known ? 0 : -EINVAL;
	}
	return r;
}

static int parse_bool(const char *text, bool *ret)
{
	*ret = strcmp(text, "true") == 0;
	return *ret || strcmp(text, "false") == 0 ? 0 : -EINVAL;
}

int conf_value_parse(const struct conf_row *row, const char *text, union conf_parsed *ret)
{
	switch (row->type) {
	case CONF_STRING:
		return parse_string(row, text, &ret->string);
	case CONF_BOOL:
		return parse_bool(text, &ret->boolean);
	case CONF_INT:
		return parse_int(row, text, &ret->number);
	case CONF_BITRATE:
		return parse_amount(row, text, bitrate_units, &ret->number);
	case CONF_DURATION:
		return parse_duration(row, text, &ret->usec);
	case CONF_BYTES:
		return parse_amount(row, text, bytes_units, &ret->number);
	case CONF_SIZE:
		return parse_size(row, text, &ret->size);
	case CONF_RATE:
		return parse_rate(row, text, &ret->rate);
	case CONF_REAL:
		return parse_real(row, text, &ret->real);
	case CONF_WORDS:
		return parse_words(row, text, &ret->string);
	case CONF_ENUM:
		ret->word = find_word(row, text);
		return MIN(ret->word, 0);
	case _CONF_TYPE_MAX:
		break;
	}
	return -EINVAL;
}

/* In the largest unit that shows it exactly. */
static const char *show_quantity(int64_t n, const struct unit *units, char *buf, size_t size)
{
	const struct unit *best = units;

	for (const struct unit *u = units; u->name && n > 0; u++)
		if (n % (int64_t) u->factor == 0)
			best = u;
	snprintf(buf, size, "%" PRId64 "%s", n / (int64_t) best->factor, n ? best->name : "");
	return buf;
}

static void show_quantities(const struct conf_row *row, const char *what, const struct unit *units,
	const char *examples, char *buf, size_t size)
{
	char min[32], max[32];

	show_quantity(row->min, units, min, sizeof(min));
	if (row->type == CONF_DURATION && row->max == INT64_MAX)
		snprintf(buf, size, "%s of at least %s, or \"forever\" (%s)", what, min, examples);
	else
		snprintf(buf, size, "%s from %s to %s (%s)", what, min,
			show_quantity(row->max, units, max, sizeof(max)), examples);
}

static void show_words(const char *begin, const char *const *words, char *buf, size_t size)
{
	size_t n = (size_t) snprintf(buf, size, "%s", begin);

	for (size_t i = 0; words[i] && n < size; i++)
		n += (size_t) snprintf(buf + n, size - n, "%s \"%s\"", i ? "," : "", words[i]);
}

const char *conf_value_allowed(const struct conf_row *row, char *buf, size_t size)
{
	*buf = '\0';
	switch (row->type) {
	case CONF_STRING:
		if (row->words)
			show_words("one of", row->words, buf, size);
		else
			snprintf(buf, size,
				"a text of %" PRId64
				" to %d bytes in quotes, UTF-8 without control characters",
				row->min, conf_row_length_max(row));
		break;
	case CONF_BOOL:
		snprintf(buf, size, "true or false");
		break;
	case CONF_INT:
		snprintf(buf, size, "a whole number from %" PRId64 " to %" PRId64, row->min,
			row->max);
		break;
	case CONF_BITRATE:
		show_quantities(row, "bits per second", bitrate_units, "3000000, \"3000k\", \"3M\"",
			buf, size);
		break;
	case CONF_DURATION:
		show_quantities(row, "a time", duration_units,
			"2, 0.5, \"500ms\", \"2s\", \"3min\"", buf, size);
		break;
	case CONF_BYTES:
		show_quantities(row, "bytes", bytes_units, "4194304, \"512K\", \"4M\"", buf, size);
		break;
	case CONF_SIZE:
		snprintf(buf, size,
			"\"auto\" or a size such as \"1280x720\", both numbers even, from %" PRId64
			" to %" PRId64,
			row->min, row->max);
		break;
	case CONF_RATE:
		snprintf(buf, size,
			"\"auto\" or pictures per second from %" PRId64 " to %" PRId64
			" (30, 29.97, \"30000/1001\")",
			row->min, row->max);
		break;
	case CONF_REAL:
		snprintf(buf, size, "a number from %" PRId64 " to %" PRId64, row->min, row->max);
		break;
	case CONF_WORDS:
		if (row->words)
			show_words("a list of", row->words, buf, size);
		else
			snprintf(buf, size,
				"a list of texts without commas and white space, together of "
				"%" PRId64 " to %d bytes",
				row->min, conf_row_length_max(row));
		break;
	case CONF_ENUM:
		show_words("one of", row->words, buf, size);
		break;
	case _CONF_TYPE_MAX:
		break;
	}
	return buf;
}

void conf_value_refuse(const struct conf_row *row, const char *text, const char *key,
	const char *file, int line, struct conf_report *report)
{
	_cleanup_(freep) char *shown = NULL;
	char allowed[512];

	conf_value_allowed(row, allowed, sizeof(allowed));
	/* A URL may have landed under a key that is not meant for one. */
	if (text && !(row->flags & CONF_SECRET) && strlen(text) <= SHOWN_MAX && utf8_is_clean(text))
		shown = url_mask_text(text);
	if (shown)
		conf_report_add(
			report, CONF_ERROR, file, line, key, "\"%s\" is not %s", shown, allowed);
	else
		conf_report_add(report, CONF_ERROR, file, line, key, "must be %s", allowed);
}
