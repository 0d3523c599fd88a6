/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values there and back, and what is no value. */
#include "rtmp/amf0.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

static struct amf0_reader reader(const void *data, size_t size)
{
	return (struct amf0_reader){ data, (const uint8_t *) data + size };
}

static void test_round(void)
{
	uint8_t data[256];
	struct amf0_writer w = { .data = data, .room = sizeof(data) };
	struct amf0_reader r, value;
	struct amf0_text text;
	double number = 0;

	amf0_put_string(&w, "name");
	amf0_put_number(&w, 4);
	amf0_put_null(&w);
	amf0_begin_object(&w);
	amf0_put_name(&w, "on");
	amf0_put_bool(&w, true);
	amf0_put_name(&w, "ex");
	amf0_begin_array(&w, 1);
	amf0_put_name(&w, "code");
	amf0_put_number(&w, -302.5);
	amf0_end(&w);
	amf0_put_name(&w, "level");
	amf0_put_string(&w, "error");
	amf0_end(&w);
	ok(!w.full, "fits");
	r = reader(data, w.size);
	ok(!amf0_number(&r, &number) && amf0_string(&r, &text) && amf0_text_is(text, "name"),
		"a string");
	ok(!amf0_string(&r, &text) && amf0_number(&r, &number) && number == 4, "a number");
	ok(amf0_skip(&r), "nothing");
	ok(amf0_find(&r, "level", &value) && amf0_string(&value, &text) &&
			amf0_text_is(text, "error"),
		"a member behind others");
	ok(amf0_find(&r, "ex", &value) && amf0_find(&value, "code", &value) &&
			amf0_number(&value, &number) && number == -302.5,
		"a member of a member");
	ok(!amf0_find(&r, "code", &value) && !amf0_find(&r, "", &value), "and none");
	ok(amf0_skip(&r) && r.at == r.stop && !amf0_skip(&r), "that is all");
	for (size_t cut = 0; cut < w.size; cut++) {
		r = reader(data, cut);
		while (amf0_skip(&r))
			;
		if (r.at == r.stop && cut > 17) /* in the object */
			ok(false, "cut at %zu", cut);
	}
}

static void test_room(void)
{
	uint8_t data[16];
	struct amf0_writer w = { .data = data, .room = sizeof(data) };
	char *big = calloc(1, 70000);

	amf0_put_number(&w, 1);
	ok(!w.full && w.size == 9, "there is room");
	amf0_put_number(&w, 2);
	ok(w.full && w.size <= 16, "there is none");
	w = (struct amf0_writer){ .data = data, .room = sizeof(data) };
	memset(big, 'x', 69999);
	amf0_put_string(&w, big);
	ok(w.full, "a string that is too long");
	free(big);
}

static void test_bad(void)
{
	static const struct {
		const char *what, *data;
		size_t size;
		bool whole;
	} cases[] = {
		{ "nothing", "", 0, false },
		{ "undefined", "\x06", 1, true },
		{ "a date", "\x0b\0\0\0\0\0\0\0\0\0\0", 11, true },
		{ "half a date", "\x0b\0\0\0\0", 5, false },
		{ "a long string", "\x0c\0\0\0\2ab", 7, true },
		{ "a string longer than the message", "\x02\xff\xff", 3, false },
		{ "a very long one", "\x0c\xff\xff\xff\xff", 5, false },
		{ "a list", "\x0a\0\0\0\2\x05\x06", 7, true },
		{ "a list with more than there is", "\x0a\xff\xff\xff\xff\x05\x05", 7, false },
		{ "a typed object", "\x10\0\1t\0\0\x09", 7, true },
		{ "an object without end", "\x03\0\1a\x05", 5, false },
		{ "AMF 3", "\x11\x01", 2, false },
		{ "no type at all", "\xee", 1, false },
	};
	char deep[64];
	struct amf0_reader r;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		r = reader(cases[i].data, cases[i].size);
		ok(amf0_skip(&r) == cases[i].whole &&
				(r.at == (const uint8_t *) cases[i].data) == !cases[i].whole,
			"%s", cases[i].what);
	}
	for (size_t i = 0; i < 60; i += 4)
		memcpy(deep + i, "\x03\0\1a", 4);
	r = reader(deep, 60);
	ok(!amf0_skip(&r), "too deep");
}

int main(void)
{
	test_round();
	test_room();
	test_bad();
	return tap_done();
}
