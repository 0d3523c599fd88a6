/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chunk stream as a server sends it: the messages are the same however it is cut, and none is
 * above the limit. */
#include <string.h>

#include "common/cleanup.h"
#include "rtmp/chunk.h"
#include "tests/fuzz/fuzz.h"

struct seen {
	uint64_t sum;
	int n;
};

static int on_message(void *userdata, const struct chunk_message *m)
{
	struct seen *s = userdata;

	must(m->size <= CHUNK_MESSAGE_MAX);
	must(m->type != CHUNK_SET_SIZE && m->type != CHUNK_ABORT);
	for (size_t i = 0; i < m->size; i++)
		s->sum = s->sum * 31 + m->payload[i];
	s->sum = s->sum * 31 + m->msec + m->type + m->stream;
	s->n++;
	return 0;
}

static struct seen feed(const uint8_t *data, size_t size, size_t step, int *ret)
{
	struct chunk_in *c;
	struct seen s = { 0 };

	must(chunk_in_new(&c) == 0);
	*ret = 0;
	for (size_t i = 0; *ret == 0 && i < size; i += step)
		*ret = chunk_in_feed(c, data + i, MIN(step, size - i), on_message, &s);
	chunk_in_free(c);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int r, r1;
	struct seen whole = feed(data, size, size, &r), bytes = feed(data, size, 1, &r1);

	must(r == r1 && whole.n == bytes.n && whole.sum == bytes.sum);
	must(r == 0 || r == -EBADMSG || r == -EMSGSIZE);
	return 0;
}
