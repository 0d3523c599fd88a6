/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages go out with a whole header each (format 0): eight bytes more than the tersest, in a
 * picture of some thousands, and nothing to be remembered from one to the next.
 */
#include "rtmp/chunk.h"

#include <assert.h>
#include <string.h>

#include "common/cleanup.h"

#define DEFAULT_SIZE 128
#define EXTENDED UINT32_C(0xffffff) /* a timestamp that stands behind the header */
#define HEAD_MAX (3 + 11 + 4)

struct stream {
	uint32_t number; /* of the chunk stream; 0: not in use */
	uint32_t msec, delta;
	uint32_t size; /* of the message */
	uint32_t id;   /* of the message stream */
	uint8_t type;
	bool known; /* a whole header came */
	bool extended;
	uint8_t *data; /* what has come of the message */
	size_t have, room;
};

struct chunk_in {
	struct stream streams[CHUNK_STREAMS_MAX];
	uint32_t chunk_size;
	uint8_t head[HEAD_MAX];
	size_t have;         /* of the header */
	struct stream *body; /* whose chunk is being read; NULL: a header is */
	size_t left;         /* … of its chunk */
};

int chunk_in_new(struct chunk_in **ret)
{
	struct chunk_in *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->chunk_size = DEFAULT_SIZE;
	*ret = c;
	return 0;
}

struct chunk_in *chunk_in_free(struct chunk_in *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < CHUNK_STREAMS_MAX; i++)
		free(c->streams[i].data);
	free(c);
	return NULL;
}

static uint32_t big(const uint8_t *p, size_t bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

static struct stream *find_stream(struct chunk_in *c, uint32_t number, bool make)
{
	for (size_t i = 0; i < CHUNK_STREAMS_MAX; i++) {
		struct stream *s = &c->streams[i];

		if (s->number == number)
			return s;
		if (s->number == 0 && make) {
			s->number = number;
			return s;
		}
	}
	return NULL;
}

/* What is known of a header by its first bytes. */
struct head {
	uint32_t number;
	unsigned format;
	size_t basic, fields; /* bytes of both parts */
	struct stream *stream;
};

static bool read_basic(const uint8_t *p, size_t have, struct head *ret)
{
	static const size_t fields[4] = { 11, 7, 3, 0 };
	uint32_t number;
	size_t basic;

	if (have == 0)
		return false;
	number = p[0] & 63;
	basic = number == 0 ? 2 : number == 1 ? 3 : 1;
	if (have < basic)
		return false;
	if (basic == 2)
		number = 64 + p[1];
	else if (basic == 3)
		number = 64 + p[1] + 256U * p[2];
	*ret = (struct head){ number, p[0] >> 6, basic, fields[p[0] >> 6], NULL };
	return true;
}

/* How many bytes the header has, as far as that can be told: more than have means that it is not
 * whole. A negative errno when it is none. */
static int head_size(struct chunk_in *c, struct head *ret)
{
	struct stream *s;
	bool extended;

	if (!read_basic(c->head, c->have, ret))
		return (int) c->have + 1;
	s = find_stream(c, ret->number, ret->format == 0);
	if (!s || (ret->format != 0 && !s->known))
		return -EBADMSG;
	ret->stream = s;
	if (c->have < ret->basic + MIN(ret->fields, (size_t) 3))
		return (int) c->have + 1;
	extended = ret->format == 3 ? s->extended : big(c->head + ret->basic, 3) == EXTENDED;
	return (int) (ret->basic + ret->fields + (extended ? 4 : 0));
}

/* Takes over what a whole header says. Between the chunks of a message there may only be those that
 * repeat nothing; whoever says something new drops the message. */
static int apply_head(struct chunk_in *c, const struct head *h)
{
	struct stream *s = h->stream;
	const uint8_t *p = c->head + h->basic;
	bool extended = c->have > h->basic + h->fields;
	uint32_t stamp = 0;

	if (extended)
		stamp = big(p + h->fields, 4);
	else if (h->format < 3)
		stamp = big(p, 3);
	if (h->format < 3) {
		s->have = 0;
		s->extended = extended;
		s->delta = h->format == 0 ? 0 : stamp;
	}
	if (h->format < 2) {
		s->size = big(p + 3, 3);
		s->type = p[6];
	}
	if (h->format == 0) {
		s->id = p[7] | (uint32_t) p[8] << 8 | (uint32_t) p[9] << 16 |
			(uint32_t) p[10] << 24;
		s->msec = stamp;
		s->known = true;
	} else if (s->have == 0) {
		s->msec += s->delta;
	}
	if (s->size > CHUNK_MESSAGE_MAX)
		return -EMSGSIZE;
	c->body = s;
	c->left = MIN((size_t) c->chunk_size, s->size - s->have);
	c->have = 0;
	return 0;
}

static int reserve(struct stream *s)
{
	uint8_t *data;

	if (s->room >= s->size)
		return 0;
	data = realloc(s->data, s->size);
	if (!data)
		return -ENOMEM;
	s->data = data;
	s->room = s->size;
	return 0;
}

/* Messages about the chunks; 0: it is another, 1: it was one. */
static int adjust(struct chunk_in *c, const struct stream *s)
{
	struct stream *other;
	uint32_t value;

	if (s->type != CHUNK_SET_SIZE && s->type != CHUNK_ABORT)
		return 0;
	if (s->size < 4)
		return -EBADMSG;
	value = big(s->data, 4);
	if (s->type == CHUNK_SET_SIZE) {
		if (value == 0 || value > INT32_MAX)
			return -EBADMSG;
		c->chunk_size = value;
		return 1;
	}
	other = value ? find_stream(c, value, false) : NULL;
	if (other)
		other->have = 0;
	return 1;
}

static int finish_chunk(struct chunk_in *c,
	int (*fn)(void *userdata, const struct chunk_message *m), void *userdata)
{
	struct stream *s = TAKE_PTR(c->body);
	struct chunk_message m;
	int r;

	if (s->have < s->size)
		return 0;
	s->have = 0;
	r = adjust(c, s);
	if (r != 0)
		return MIN(r, 0);
	m = (struct chunk_message){ s->type, s->id, s->msec, s->data, s->size };
	return fn(userdata, &m);
}

static int feed_head(struct chunk_in *c, uint8_t byte)
{
	struct head h = { 0 };
	int size;

	c->head[c->have++] = byte;
	size = head_size(c, &h);
	if (size < 0)
		return size;
	return !h.stream || (size_t) size > c->have ? 0 : apply_head(c, &h);
}

int chunk_in_feed(struct chunk_in *c, const uint8_t *data, size_t size,
	int (*fn)(void *userdata, const struct chunk_message *m), void *userdata)
{
	int r = 0;

	while (r >= 0 && size > 0) {
		size_t n = 1;

		if (!c->body) {
			r = feed_head(c, *data);
		} else {
			n = MIN(size, c->left);
			r = reserve(c->body);
			if (r < 0)
				break;
			memcpy(c->body->data + c->body->have, data, n);
			c->body->have += n;
			c->left -= n;
		}
		data += n;
		size -= n;
		/* An empty message ends with its header. */
		if (r >= 0 && c->body && c->left == 0)
			r = finish_chunk(c, fn, userdata);
	}
	return r;
}

void chunk_out_init(struct chunk_out *o)
{
	*o = (struct chunk_out){ .chunk_size = DEFAULT_SIZE };
}

/* A header and a copied piece that a chunk's end cuts in two. */
bool chunk_out_full(const struct chunk_out *o)
{
	return o->n + 4 > CHUNK_PIECES_MAX || o->n_ends >= CHUNK_PIECES_MAX ||
	       o->used + 2 * HEAD_MAX + CHUNK_COPY_MAX > sizeof(o->scratch);
}

bool chunk_out_has_room(const struct chunk_out *o, size_t pieces, size_t size)
{
	size_t chunks = size / o->chunk_size + 2, copies = pieces + 1;

	/* Each chunk has a head, and cuts a piece in two; then there must not be too little. */
	return pieces < CHUNK_PIECES_MAX && chunks < CHUNK_PIECES_MAX &&
	       o->n + pieces + copies + 2 * chunks + 4 <= CHUNK_PIECES_MAX &&
	       o->n_ends + 1 < CHUNK_PIECES_MAX &&
	       o->used + (chunks + 2) * HEAD_MAX + (copies + 1) * CHUNK_COPY_MAX <=
		       sizeof(o->scratch);
}

/* A piece behind the last one, as one with it where both lie side by side. */
static void add(struct chunk_out *o, const void *data, size_t size)
{
	struct iovec *last = o->n > o->done ? &o->piece[o->n - 1] : NULL;
	bool ended = o->n_ends > 0 && o->ends[o->n_ends - 1] == o->n;

	if (last && !ended && (const uint8_t *) last->iov_base + last->iov_len == data) {
		last->iov_len += size;
		return;
	}
	assert(o->n < CHUNK_PIECES_MAX);
	o->piece[o->n++] = (struct iovec){ (void *) (uintptr_t) data, size };
}

static uint8_t *take_scratch(struct chunk_out *o, size_t size)
{
	uint8_t *p = o->scratch + o->used;

	assert(size <= sizeof(o->scratch) - o->used);
	o->used += size;
	return p;
}

static size_t put_big(uint8_t *p, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (uint8_t) (value >> 8 * (bytes - 1 - i));
	return bytes;
}

void chunk_out_begin(struct chunk_out *o, const struct chunk_message *m)
{
	/* One for each kind, so that none can be in the way of another: below 64. */
	static const uint8_t numbers[] = {
		[CHUNK_AUDIO] = 4, [CHUNK_VIDEO] = 6, [CHUNK_DATA] = 5, [CHUNK_COMMAND] = 3
	};
	uint32_t stamp = MIN(m->msec, EXTENDED);
	uint8_t head[HEAD_MAX], *p = head;

	o->number = m->type < ARRAY_SIZE(numbers) && numbers[m->type] ? numbers[m->type] : 2;
	o->msec = m->msec;
	o->left = m->size;
	o->room = o->chunk_size;
	*p++ = (uint8_t) o->number;
	p += put_big(p, stamp, 3);
	p += put_big(p, (uint32_t) m->size, 3);
	*p++ = m->type;
	for (int i = 0; i < 4; i++)
		*p++ = (uint8_t) (m->stream >> 8 * i);
	if (stamp == EXTENDED)
		p += put_big(p, m->msec, 4);
	memcpy(take_scratch(o, (size_t) (p - head)), head, (size_t) (p - head));
	add(o, o->scratch + o->used - (p - head), (size_t) (p - head));
	if (m->size == 0)
		o->ends[o->n_ends++] = o->n;
}

/* Between two chunks of a message. */
static void put_continuation(struct chunk_out *o)
{
	uint8_t *p = take_scratch(o, o->msec >= EXTENDED ? 5 : 1);

	p[0] = (uint8_t) (0xc0 | o->number);
	if (o->msec >= EXTENDED)
		(void) put_big(p + 1, o->msec, 4);
	add(o, p, o->msec >= EXTENDED ? 5 : 1);
	o->room = o->chunk_size;
}

size_t chunk_out_put(struct chunk_out *o, const void *data, size_t size)
{
	assert(size <= o->left);
	if (size == 0)
		return 0;
	if (o->room == 0)
		put_continuation(o);
	size = MIN(size, o->room);
	add(o, data, size);
	o->room -= size;
	o->left -= size;
	if (o->left == 0)
		o->ends[o->n_ends++] = o->n;
	return size;
}

void chunk_out_copy(struct chunk_out *o, const void *data, size_t size)
{
	const uint8_t *p = data;

	assert(size <= CHUNK_COPY_MAX);
	while (size > 0) {
		uint8_t *copy;
		size_t n;

		/* The header between two chunks has to lie in front. */
		if (o->room == 0)
			put_continuation(o);
		n = MIN(size, o->room);
		copy = take_scratch(o, n);
		memcpy(copy, p, n);
		(void) chunk_out_put(o, copy, n);
		p += n;
		size -= n;
	}
}

size_t chunk_out_sent(struct chunk_out *o, size_t bytes)
{
	size_t completed = 0, begun = 0;

	while (o->done < o->n && bytes >= o->piece[o->done].iov_len)
		bytes -= o->piece[o->done++].iov_len;
	if (o->done < o->n) {
		struct iovec *v = &o->piece[o->done];

		v->iov_base = (uint8_t *) v->iov_base + bytes;
		v->iov_len -= bytes;
	}
	while (begun < o->n_ends && o->ends[begun] <= o->done)
		begun++;
	completed = begun;
	memmove(o->ends, o->ends + begun, (o->n_ends - begun) * sizeof(*o->ends));
	o->n_ends -= begun;
	if (o->done == o->n)
		o->done = o->n = o->used = o->n_ends = 0;
	return completed;
}
