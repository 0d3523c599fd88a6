/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notice.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/usec.h"

/* In the year 2255: up to there a double holds every microsecond. */
#define TIMESTAMP_MAX 9e9

#define MARGIN_MAX 1e6
#define MARGIN_STEPS 1e6 /* in 1 */

/* Where the strings of a notice are, and what they are called in JSON. */
static const struct {
	const char *key;
	size_t offset;
} texts[] = {
	{ "card", offsetof(struct notice, card) },
	{ "machine", offsetof(struct notice, machine) },
	{ "role", offsetof(struct notice, role) },
	{ "state", offsetof(struct notice, state) },
	{ "previous", offsetof(struct notice, previous) },
	{ "reason", offsetof(struct notice, reason) },
	{ "number", offsetof(struct notice, number) },
	{ "value", offsetof(struct notice, value) },
};

static char **text_of(struct notice *n, size_t i)
{
	return (char **) ((char *) n + texts[i].offset);
}

static const char *const_text_of(const struct notice *n, size_t i)
{
	return *(char *const *) ((const char *) n + texts[i].offset);
}

/* A random UUID (RFC 4122, version 4), so that two machines never say the same. */
static void make_id(char *id, size_t size)
{
	uint8_t b[16] = { 0 };
	size_t n = 0;

	(void) !getrandom(b, sizeof(b), 0);
	b[6] = (uint8_t) ((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t) ((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++)
		n += (size_t) snprintf(id + n, size - n, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
}

/* Cut to NOTICE_TEXT_MAX without splitting a character; bytes that are no UTF-8 become '?', since
 * JSON and MQTT take nothing else. */
static char *copy_text(const char *text)
{
	size_t n = strnlen(text, NOTICE_TEXT_MAX + 1);
	json_t *valid;
	char *copy;

	if (n > NOTICE_TEXT_MAX)
		for (n = NOTICE_TEXT_MAX; n > 0 && (text[n] & 0xc0) == 0x80; n--)
			;
	copy = strndup(text, n);
	if (!copy)
		return NULL;
	valid = json_string(copy);
	for (char *c = copy; !valid && *c; c++)
		if ((unsigned char) *c > 0x7e)
			*c = '?';
	json_decref(valid);
	return copy;
}

struct notice *notice_new(const struct notice *from)
{
	_cleanup_(notice_unrefp) struct notice *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	atomic_init(&n->refs, 1);
	make_id(n->id, sizeof(n->id));
	n->realtime_usec = from->realtime_usec;
	n->margin = from->margin;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = const_text_of(from, i);

		if (!text)
			continue;
		*text_of(n, i) = copy_text(text);
		if (!*text_of(n, i))
			return NULL;
	}
	return TAKE_PTR(n);
}

struct notice *notice_ref(struct notice *n)
{
	atomic_fetch_add_explicit(&n->refs, 1, memory_order_relaxed);
	return n;
}

struct notice *notice_unref(struct notice *n)
{
	if (!n || atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) > 1)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		free(*text_of(n, i));
	free(n);
	return NULL;
}

static json_t *iso_time(uint64_t usec)
{
	time_t seconds = (time_t) (usec / USEC_PER_SEC);
	char text[64], day[40];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return NULL;
	snprintf(text, sizeof(text), "%s.%03" PRIu64 "Z", day, usec % USEC_PER_SEC / 1000);
	return json_string(text);
}

/* Every "set" takes its value, also when that is NULL, and says so by failing. */
static int fill(json_t *o, const struct notice *n)
{
	int r = 0;

	r |= json_object_set_new(o, "id", json_string(n->id));
	r |= json_object_set_new(o, "event", json_string(n->state ? "state" : "number"));
	r |= json_object_set_new(o, "time", iso_time(n->realtime_usec));
	r |= json_object_set_new(
		o, "timestamp", json_real((double) n->realtime_usec / (double) USEC_PER_SEC));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (const_text_of(n, i))
			r |= json_object_set_new(o, texts[i].key, json_string(const_text_of(n, i)));
	if (n->state && fabs(n->margin) < MARGIN_MAX)
		r |= json_object_set_new(
			o, "margin", json_real(round(n->margin * MARGIN_STEPS) / MARGIN_STEPS));
	return r;
}

char *notice_json(const struct notice *n)
{
	json_t *o = json_object();
	char *text = NULL;

	/* 16 digits are a microsecond of our days. */
	if (o && fill(o, n) == 0)
		text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(16));
	json_decref(o);
	return text;
}

/* It goes into a header of HTTP. */
static bool id_valid(const char *id)
{
	size_t n = strlen(id);

	return n > 0 && n < sizeof((struct notice *) NULL)->id &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

static int read_texts(const json_t *o, struct notice *n)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const json_t *value = json_object_get(o, texts[i].key);

		if (!value)
			continue;
		if (!json_is_string(value) || json_string_length(value) > NOTICE_TEXT_MAX)
			return -EBADMSG;
		*text_of(n, i) = strdup(json_string_value(value));
		if (!*text_of(n, i))
			return -ENOMEM;
	}
	return 0;
}

static int read_notice(const json_t *o, struct notice *n)
{
	const char *id = json_string_value(json_object_get(o, "id"));
	const char *event = json_string_value(json_object_get(o, "event"));
	const json_t *timestamp = json_object_get(o, "timestamp"), *margin;
	double seconds = json_number_value(timestamp);
	int r;

	if (!id || !id_valid(id) || !event || !json_is_number(timestamp) || seconds < 0 ||
		seconds > TIMESTAMP_MAX)
		return -EBADMSG;
	r = read_texts(o, n);
	if (r < 0)
		return r;
	if (strcmp(event, "state") == 0 ? !n->state
					: strcmp(event, "number") != 0 || n->state || !n->number)
		return -EBADMSG;
	snprintf(n->id, sizeof(n->id), "%s", id);
	n->realtime_usec = (uint64_t) llround(seconds * (double) USEC_PER_SEC);
	margin = json_object_get(o, "margin");
	n->margin = json_is_number(margin) ? json_number_value(margin) : (double) NAN;
	return 0;
}

int notice_parse(const char *text, size_t size, struct notice **ret)
{
	_cleanup_(notice_unrefp) struct notice *n = NULL;
	json_error_t error;
	json_t *o;
	int r;

	if (size > NOTICE_JSON_MAX)
		return -EBADMSG;
	o = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
	n = calloc(1, sizeof(*n));
	if (n)
		atomic_init(&n->refs, 1);
	r = n ? read_notice(o, n) : -ENOMEM;
	json_decref(o);
	if (r == 0)
		*ret = TAKE_PTR(n);
	return r;
}
