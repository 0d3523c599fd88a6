/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages out and in again, cut at any place; and chunks that are none. */
#include "rtmp/chunk.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define MESSAGES 8

struct got {
	int n;
	struct {
		uint8_t type;
		uint32_t stream, msec;
		size_t size;
		uint32_t sum;
	} m[MESSAGES];
};

static uint32_t sum_of(const uint8_t *p, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = sum * 31 + p[i];
	return sum;
}

static int on_message(void *userdata, const struct chunk_message *m)
{
	struct got *g = userdata;

	if (g->n == MESSAGES)
		return -E2BIG;
	g->m[g->n].type = m->type;
	g->m[g->n].stream = m->stream;
	g->m[g->n].msec = m->msec;
	g->m[g->n].size = m->size;
	g->m[g->n++].sum = sum_of(m->payload, m->size);
	return 0;
}

/* What a batch holds, as one run of bytes. */
static size_t gather(struct chunk_out *o, uint8_t *data)
{
	size_t size = 0;

	for (size_t i = o->done; i < o->n; i++) {
		memcpy(data + size, o->piece[i].iov_base, o->piece[i].iov_len);
		size += o->piece[i].iov_len;
	}
	return size;
}

static void put(struct chunk_out *o, const uint8_t *data, size_t size)
{
	while (size > 0) {
		size_t n = chunk_out_put(o, data, size);

		data += n;
		size -= n;
	}
}

static void message(
	struct chunk_out *o, uint8_t type, uint32_t msec, const uint8_t *data, size_t size)
{
	const struct chunk_message m = { .type = type, .stream = 1, .msec = msec, .size = size };

	chunk_out_begin(o, &m);
	if (size > 7) {
		chunk_out_copy(o, data, 5);
		data += 5;
		size -= 5;
	}
	put(o, data, size);
}

/* Fed in pieces of this size. Returns what the last feed did. */
static int feed(const uint8_t *data, size_t size, size_t step, struct got *g)
{
	struct chunk_in *c;
	int r;

	*g = (struct got){ 0 };
	r = chunk_in_new(&c);
	for (size_t i = 0; r == 0 && i < size; i += step)
		r = chunk_in_feed(c, data + i, MIN(step, size - i), on_message, g);
	chunk_in_free(c);
	return r;
}

static void test_round(size_t chunk_size)
{
	static const uint32_t times[] = { 0, 40, 0xfffffe, 0xffffff, 0x1000000, 0x7fffffff };
	static const size_t sizes[] = { 1, 128, 129, 0, 12000, 700 };
	static const uint8_t types[] = { 20, 9, 8, 18, 9, 8 };
	static uint8_t payload[12000], data[20000];
	static struct chunk_out o;
	const uint8_t set[4] = { 0, 0, (uint8_t) (chunk_size >> 8), (uint8_t) chunk_size };
	bool good = true;
	struct got g;
	size_t size;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t) (i * 7 + i / 251);
	chunk_out_init(&o);
	message(&o, CHUNK_SET_SIZE, 0, set, sizeof(set));
	o.chunk_size = chunk_size;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		message(&o, types[i], times[i], payload, sizes[i]);
	ok(!chunk_out_full(&o), "%zu: all of it fits", chunk_size);
	size = gather(&o, data);
	for (size_t step = 1; step < 300; step += 41) {
		good &= feed(data, size, step, &g) == 0 && g.n == (int) ARRAY_SIZE(sizes);
		for (size_t i = 0; good && i < ARRAY_SIZE(sizes); i++)
			good = g.m[i].type == types[i] && g.m[i].msec == times[i] &&
			       g.m[i].stream == 1 && g.m[i].size == sizes[i] &&
			       g.m[i].sum == sum_of(payload, sizes[i]);
	}
	ok(good, "%zu: comes back, however it is cut", chunk_size);
}

/* Written by a kernel that takes a few bytes at a time. */
static void test_sent(void)
{
	static uint8_t payload[5000], whole[8000], parts[8000];
	static struct chunk_out o;
	size_t size, done = 0, messages = 0, copies = 0;

	chunk_out_init(&o);
	for (int i = 0; i < 3; i++)
		message(&o, CHUNK_VIDEO, 10, payload, sizeof(payload) / 3);
	size = gather(&o, whole);
	while (!chunk_out_empty(&o)) {
		size_t n = MIN((size_t) 97, size - done);

		(void) gather(&o, parts);
		memcpy(whole + done, parts, n);
		messages += chunk_out_sent(&o, n);
		copies += messages > done / (size / 3) + 1;
		done += n;
	}
	ok(done == size && messages == 3 && copies == 0 && o.n == 0 && o.used == 0,
		"three messages are told one by one: %zu", messages);
	for (int i = 0; !chunk_out_full(&o); i++)
		message(&o, CHUNK_AUDIO, 0, payload + (i & 1), 20);
	ok(o.n > 100 && o.n <= CHUNK_PIECES_MAX, "full at %zu pieces", o.n);
	ok(chunk_out_sent(&o, gather(&o, whole)) > 50 && !chunk_out_full(&o), "and empty again");
}

/* A message of so many pieces, each behind a copy of four bytes. False: it did not fit. */
static bool fits(struct chunk_out *o, const uint8_t *data, size_t pieces, size_t size)
{
	const struct chunk_message m = {
		.type = CHUNK_VIDEO, .msec = UINT32_MAX, .size = 5 + size + 4 * pieces
	};
	bool good = !chunk_out_full(o);

	if (good)
		chunk_out_begin(o, &m);
	good = good && !chunk_out_full(o);
	if (good)
		chunk_out_copy(o, data, 5);
	for (size_t i = 0; good && i < pieces; i++) {
		size_t left = size / pieces + (i == 0 ? size % pieces : 0);

		good = !chunk_out_full(o);
		if (good)
			chunk_out_copy(o, data, 4);
		/* With a byte in between, so that no two pieces become one. */
		for (const uint8_t *p = data + i; good && left > 0;) {
			size_t n;

			good = !chunk_out_full(o);
			n = good ? chunk_out_put(o, p, left) : 0;
			p += n;
			left -= n;
		}
	}
	return good;
}

/* What is said to have room has it to its last byte, wherever the chunks' ends are. */
static void test_room(void)
{
	static const size_t chunk_sizes[] = { 128, 1000, 65536 };
	static uint8_t payload[300000];
	static struct chunk_out o;
	int told = 0, wrong = 0, asked = 0;

	for (size_t c = 0; c < ARRAY_SIZE(chunk_sizes); c++) {
		for (size_t pieces = 1; pieces < 300; pieces += 1 + pieces / 5) {
			for (size_t size = pieces; size < sizeof(payload);
				size += 1 + size * 3 / 4) {
				chunk_out_init(&o);
				o.chunk_size = chunk_sizes[c];
				/* One behind the other, as long as there is room. */
				while (chunk_out_has_room(&o, pieces + 1, size + 4 * pieces)) {
					told++;
					wrong += !fits(&o, payload, pieces, size);
				}
				asked++;
			}
		}
	}
	ok(asked > 100 && told > asked && wrong == 0,
		"room for %d messages in %d batches, %d wrong", told, asked, wrong);
	chunk_out_init(&o);
	ok(!chunk_out_has_room(&o, SIZE_MAX, 1) && !chunk_out_has_room(&o, 1, SIZE_MAX),
		"none for what is beyond all bounds");
}

static void test_peers(void)
{
	static const struct {
		const char *what, *data;
		size_t size;
		int r, messages;
	} cases[] = {
		{ "terse headers",
			"\x03\0\0\5\0\0\1\x14\0\0\0\0a" /* whole */
			"\x43\0\0\2\0\0\2\x14"
			"bc" /* no stream */
			"\x83\0\0\1"
			"de" /* no length */
			"\xc3"
			"fg",
			12 + 1 + 8 + 2 + 4 + 2 + 1 + 2, 0, 4 },
		{ "long numbers of streams",
			"\x00\x10\0\0\0\0\0\1\x14\0\0\0\0a\x01\1\1\0\0\0\0\0\1\x14\0\0\0\0b",
			14 + 15, 0, 2 },
		{ "a header of a stream that never began", "\xc3", 1, -EBADMSG, 0 },
		{ "a message above the limit", "\x03\0\0\0\x01\0\1\x14\0\0\0\0", 12, -EMSGSIZE, 0 },
		{ "the longest there is", "\x03\0\0\0\xff\xff\xff\x14\0\0\0\0", 12, -EMSGSIZE, 0 },
		{ "chunks of nothing", "\x02\0\0\0\0\0\4\1\0\0\0\0\0\0\0\0", 16, -EBADMSG, 0 },
		{ "chunks of more than all", "\x02\0\0\0\0\0\4\1\0\0\0\0\x80\0\0\0", 16, -EBADMSG,
			0 },
		{ "a size that is cut off", "\x02\0\0\0\0\0\2\1\0\0\0\0\0\1", 14, -EBADMSG, 0 },
		{ "an abort of nothing", "\x02\0\0\0\0\0\4\2\0\0\0\0\0\0\0\x33", 16, 0, 0 },
		{ "empty messages", "\x03\0\0\0\0\0\0\x14\0\0\0\0\xc3\xc3", 14, 0, 3 },
	};
	uint8_t many[17 * 13];
	struct got g;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		r = feed((const uint8_t *) cases[i].data, cases[i].size, 1, &g);
		ok(r == cases[i].r && g.n == cases[i].messages, "%s: %d, %d messages",
			cases[i].what, r, g.n);
	}
	r = feed((const uint8_t *) cases[0].data, cases[0].size, 100, &g);
	ok(r == 0 && g.m[0].msec == 5 && g.m[1].msec == 7 && g.m[2].msec == 8 && g.m[3].msec == 9,
		"times add up");
	for (uint8_t i = 0; i < 17; i++)
		memcpy(many + i * 13, (uint8_t[13]){ (uint8_t) (i + 3), 0, 0, 0, 0, 0, 1, 20 }, 13);
	r = feed(many, sizeof(many), sizeof(many), &g);
	ok(r < 0, "too many streams");
}

/* A message in pieces that is given up, then a whole one. */
static void test_abort(void)
{
	static uint8_t data[12 + 128 + 16 + 13];
	struct got g;

	memcpy(data, "\x04\0\0\0\0\1\0\x14\0\0\0\0", 12);
	memcpy(data + 140, "\x02\0\0\0\0\0\4\2\0\0\0\0\0\0\0\4", 16);
	memcpy(data + 156, "\x04\0\0\0\0\0\1\x14\0\0\0\0z", 13);
	ok(feed(data, sizeof(data), 7, &g) == 0 && g.n == 1 && g.m[0].size == 1, "abort");
}

int main(void)
{
	test_round(128);
	test_round(1000);
	test_round(65535);
	test_sent();
	test_room();
	test_peers();
	test_abort();
	return tap_done();
}
