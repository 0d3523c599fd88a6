/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtmp/amf0.h"

#include <string.h>

#include "common/cleanup.h"

#define NAME_MAX_BYTES 65535

enum marker {
	NUMBER = 0,
	BOOLEAN = 1,
	STRING = 2,
	OBJECT = 3,
	NOTHING = 5,
	UNDEFINED = 6,
	REFERENCE = 7,
	ARRAY = 8, /* with names */
	END = 9,
	LIST = 10, /* without */
	DATE = 11,
	LONG_STRING = 12,
	UNSUPPORTED = 13,
	XML = 15,
	TYPED_OBJECT = 16,
};

static void put(struct amf0_writer *w, const void *data, size_t size)
{
	if (w->full || size > w->room - w->size) {
		w->full = true;
		return;
	}
	memcpy(w->data + w->size, data, size);
	w->size += size;
}

static void put_big(struct amf0_writer *w, uint64_t value, size_t bytes)
{
	uint8_t data[8];

	for (size_t i = 0; i < bytes; i++)
		data[i] = (uint8_t) (value >> 8 * (bytes - 1 - i));
	put(w, data, bytes);
}

void amf0_put_number(struct amf0_writer *w, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put_big(w, NUMBER, 1);
	put_big(w, bits, 8);
}

void amf0_put_bool(struct amf0_writer *w, bool value)
{
	put_big(w, BOOLEAN, 1);
	put_big(w, value, 1);
}

void amf0_put_name(struct amf0_writer *w, const char *name)
{
	size_t size = strlen(name);

	if (size > NAME_MAX_BYTES) {
		w->full = true;
		return;
	}
	put_big(w, size, 2);
	put(w, name, size);
}

void amf0_put_string(struct amf0_writer *w, const char *text)
{
	put_big(w, STRING, 1);
	amf0_put_name(w, text);
}

void amf0_put_null(struct amf0_writer *w)
{
	put_big(w, NOTHING, 1);
}

void amf0_begin_object(struct amf0_writer *w)
{
	put_big(w, OBJECT, 1);
}

void amf0_begin_array(struct amf0_writer *w, uint32_t members)
{
	put_big(w, ARRAY, 1);
	put_big(w, members, 4);
}

void amf0_end(struct amf0_writer *w)
{
	put_big(w, END, 3); /* behind an empty name */
}

static bool take(struct amf0_reader *r, size_t size, const uint8_t **ret)
{
	if ((size_t) (r->stop - r->at) < size)
		return false;
	*ret = r->at;
	r->at += size;
	return true;
}

static bool take_big(struct amf0_reader *r, size_t bytes, uint64_t *ret)
{
	const uint8_t *p;
	uint64_t value = 0;

	if (!take(r, bytes, &p))
		return false;
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	*ret = value;
	return true;
}

/* Bytes behind their number, which has two or four bytes itself. */
static bool take_text(struct amf0_reader *r, size_t length_bytes, struct amf0_text *ret)
{
	const uint8_t *p;
	uint64_t size;

	if (!take_big(r, length_bytes, &size) || !take(r, (size_t) size, &p))
		return false;
	*ret = (struct amf0_text){ (const char *) p, (size_t) size };
	return true;
}

bool amf0_number(struct amf0_reader *r, double *ret)
{
	struct amf0_reader try = *r;
	uint64_t marker, bits;

	if (!take_big(&try, 1, &marker) || marker != NUMBER || !take_big(&try, 8, &bits))
		return false;
	memcpy(ret, &bits, sizeof(bits));
	*r = try;
	return true;
}

bool amf0_string(struct amf0_reader *r, struct amf0_text *ret)
{
	struct amf0_reader try = *r;
	uint64_t marker;

	if (!take_big(&try, 1, &marker) || (marker != STRING && marker != LONG_STRING) ||
		!take_text(&try, marker == STRING ? 2 : 4, ret))
		return false;
	*r = try;
	return true;
}

/* Bytes of a value whose size its marker tells; -1: it does not. */
static int fixed_size(uint64_t marker)
{
	switch (marker) {
	case NUMBER:
		return 8;
	case BOOLEAN:
		return 1;
	case NOTHING:
	case UNDEFINED:
	case UNSUPPORTED:
		return 0;
	case REFERENCE:
		return 2;
	case DATE:
		return 10;
	default:
		return -1;
	}
}

/* Steps into an object or named array: its first name comes next. */
static bool enter(struct amf0_reader *r)
{
	struct amf0_text type;
	uint64_t marker, members;

	if (!take_big(r, 1, &marker))
		return false;
	return marker == OBJECT || (marker == ARRAY && take_big(r, 4, &members)) ||
	       (marker == TYPED_OBJECT && take_text(r, 2, &type));
}

/* The name of the next member; *ret_end: there is none, and the end has been taken. */
static bool next_name(struct amf0_reader *r, struct amf0_text *ret, bool *ret_end)
{
	if (!take_text(r, 2, ret))
		return false;
	*ret_end = ret->size == 0 && r->at < r->stop && *r->at == END;
	r->at += *ret_end;
	return true;
}

static bool skip(struct amf0_reader *r, int depth);

static bool skip_members(struct amf0_reader *r, int depth)
{
	struct amf0_text name;
	bool end;

	while (next_name(r, &name, &end)) {
		if (end)
			return true;
		if (!skip(r, depth))
			return false;
	}
	return false;
}

static bool skip_list(struct amf0_reader *r, int depth)
{
	uint64_t n;

	r->at++;
	if (!take_big(r, 4, &n))
		return false;
	/* Each takes a byte at least, so that no number makes this long. */
	while (n-- > 0) {
		if (!skip(r, depth))
			return false;
	}
	return true;
}

static bool skip(struct amf0_reader *r, int depth)
{
	struct amf0_text text;
	const uint8_t *p;
	int size;

	if (r->at >= r->stop || depth >= AMF0_DEPTH_MAX)
		return false;
	switch (*r->at) {
	case OBJECT:
	case ARRAY:
	case TYPED_OBJECT:
		return enter(r) && skip_members(r, depth + 1);
	case LIST:
		return skip_list(r, depth + 1);
	case STRING:
		r->at++;
		return take_text(r, 2, &text);
	case LONG_STRING:
	case XML:
		r->at++;
		return take_text(r, 4, &text);
	default:
		size = fixed_size(*r->at++);
		return size >= 0 && take(r, (size_t) size, &p);
	}
}

bool amf0_skip(struct amf0_reader *r)
{
	struct amf0_reader try = *r;

	if (!skip(&try, 0))
		return false;
	*r = try;
	return true;
}

bool amf0_find(const struct amf0_reader *r, const char *name, struct amf0_reader *ret)
{
	struct amf0_reader try = *r;
	struct amf0_text found;
	bool end;

	if (!enter(&try))
		return false;
	while (next_name(&try, &found, &end) && !end) {
		if (amf0_text_is(found, name)) {
			*ret = try;
			return true;
		}
		if (!skip(&try, 1))
			return false;
	}
	return false;
}

bool amf0_text_is(struct amf0_text text, const char *other)
{
	return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}
