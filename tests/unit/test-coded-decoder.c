/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a card has encoded, through the decoder: the right pictures, and the chain of their packets,
 * whole, with something missing, and with rubbish in it. */
#include "media/coded-decoder.h"

#include <errno.h>
#include <libavcodec/packet.h>
#include <string.h>

#include "media/annexb.h"
#include "media/packet.h"
#include "tests/tap.h"
#include "tests/unit/coded-units.h"

/* What became of one unit; the frame is the caller's. */
static int put(struct coded_decoder *d, const uint8_t *data, size_t size, struct frame **ret)
{
	struct frame in = { .pixel = PIXEL_H264,
		.data = { data },
		.size = size,
		.capture_usec = 1000,
		.dequeue_usec = 2000,
		.sequence = 7 };

	*ret = NULL;
	return coded_decoder_run(d, &in, ret);
}

static int put_unit(struct coded_decoder *d, const struct coded_unit *u, struct frame **ret)
{
	return put(d, u->data, u->size, ret);
}

/* A unit that comes to nothing. */
static int put_vain(struct coded_decoder *d, const uint8_t *data, size_t size)
{
	struct frame *f;
	int r = put(d, data, size, &f);

	(void) frame_unref(f);
	return r;
}

/* The unit gives its own picture, with a packet; the serial of that, 0: it does not. */
static uint64_t shown(struct coded_decoder *d, const struct coded_unit *u)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	int r = put_unit(d, u, &f);

	if (r < 0 || !coded_luma_is(f, u->luma) || !f->coded || f->coded->key != u->key)
		return 0;
	return f->coded->serial;
}

static struct coded_decoder *begin(void)
{
	struct coded_decoder *d = NULL;

	if (coded_decoder_new(&d) < 0)
		abort();
	return d;
}

static void test_whole(const struct coded_units *u)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	uint64_t serial = 0, last = 0;
	struct frame *f;
	int n = 0;

	ok(coded_decoder_wants_key(d), "at first an IDR is needed");
	ok(put_unit(d, &u->list[0], &f) == 0 && coded_luma_is(f, u->list[0].luma),
		"the first picture comes at once");
	ok(f->capture_usec == 1000 && f->dequeue_usec == 2000 && f->sequence == 7,
		"with its times and its number");
	ok(f->coded && f->coded->track == TRACK_VIDEO && f->coded->key && f->coded->serial > 0 &&
			f->coded->size == u->list[0].size &&
			memcmp(f->coded->av->data, u->list[0].data, u->list[0].size) == 0,
		"and what it was made of, as it came");
	ok(!coded_decoder_wants_key(d), "no other is needed");
	last = f->coded->serial;
	(void) frame_unref(f);
	for (int i = 1; i < u->n; i++) {
		serial = shown(d, &u->list[i]);
		n += serial == last + 1;
		last = serial;
	}
	ok(n == u->n - 1, "each gives its own, and follows the one before it (%d of %d)", n,
		u->n - 1);
}

/* An IDR whose parameter sets are more than can be described to anybody: to be seen, and no more.
 */
static void test_too_many_sets(const struct coded_units *u)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	const struct coded_unit *key = &u->list[0];
	size_t sets = key->picture, size = 0;
	uint8_t *data = calloc(10, key->size);
	struct frame *f;

	if (!data)
		abort();
	for (int i = 0; i < 9; i++, size += sets)
		memcpy(data + size, key->data, sets);
	memcpy(data + size, key->data + sets, key->size - sets);
	size += key->size - sets;
	ok(put(d, data, size, &f) == 0 && coded_luma_is(f, key->luma) && !f->coded,
		"with too many parameter sets it is shown, but cannot be passed on");
	(void) frame_unref(f);
	ok(put_unit(d, &u->list[1], &f) == 0 && coded_luma_is(f, u->list[1].luma) && !f->coded,
		"nor can what follows");
	(void) frame_unref(f);
	ok(shown(d, &u->list[8]), "until an IDR comes with as many as usual");
	free(data);
}

static void test_break(const struct coded_units *u)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	uint64_t before, after;
	int n = 0;

	before = shown(d, &u->list[0]);
	coded_decoder_break(d);
	ok(before && coded_decoder_wants_key(d), "something is lost: an IDR is needed");
	for (int i = 2; i < 8; i++)
		n += put_vain(d, u->list[i].data, u->list[i].size) == -EAGAIN;
	ok(n == 6 && coded_decoder_wants_key(d), "until it comes there is no picture");
	after = shown(d, &u->list[8]);
	ok(after > before + 1 && !coded_decoder_wants_key(d),
		"then there is, and its number tells of the gap");
	ok(shown(d, &u->list[9]) == after + 1, "it goes on from there");
	before = after + 1;
	coded_decoder_break(d);
	ok(shown(d, &u->list[8]) > before + 1, "a gap right before an IDR is one, too");
	ok(put_vain(d, u->list[10].data, 0) == -EBADMSG && coded_decoder_wants_key(d),
		"an empty unit is broken");
}

/* One that begins in the middle. */
static void test_late(const struct coded_units *u)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	int n = 0;

	for (int i = 1; i < 8; i++)
		n += put_vain(d, u->list[i].data, u->list[i].size) == -EAGAIN;
	ok(n == 7, "what comes before the first IDR gives no picture");
	ok(shown(d, &u->list[8]) > 0, "that does");
}

static bool has_sets(const struct frame *f)
{
	const uint8_t *p = f->coded->av->data, *stop = p + f->coded->av->size;
	unsigned seen = 0;
	struct annexb_unit u;

	while (annexb_next(&p, stop, &u))
		seen |= 1U << annexb_part(&u, false);
	return seen & 1U << ANNEXB_PART_SPS && seen & 1U << ANNEXB_PART_PPS;
}

/* Parameter sets in a buffer of their own, which some cards give once and some before each IDR. */
static void test_sets(const struct coded_units *u)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	const struct coded_unit *idr = &u->list[0], *second = &u->list[8];
	uint64_t serial;
	struct frame *f;
	int n = 0;

	ok(put_vain(d, idr->data + idr->picture, idr->size - idr->picture) == -EAGAIN,
		"an IDR alone is of no use");
	ok(put_vain(d, idr->data, idr->picture) == -EAGAIN, "parameter sets give no picture");
	ok(put(d, idr->data + idr->picture, idr->size - idr->picture, &f) == 0 &&
			coded_luma_is(f, idr->luma),
		"the IDR after them does");
	ok(f && f->coded && has_sets(f), "its packet has them in front");
	serial = f && f->coded ? f->coded->serial : 0;
	(void) frame_unref(f);
	for (int i = 1; i < 8; i++)
		n += shown(d, &u->list[i]) == serial + (uint64_t) i;
	ok(n == 7, "and it goes on");
	ok(put_vain(d, second->data, second->picture) == -EAGAIN && !coded_decoder_wants_key(d),
		"once more in the middle, they break nothing");
	ok(put(d, second->data + second->picture, second->size - second->picture, &f) == 0 &&
			coded_luma_is(f, second->luma) && f->coded && has_sets(f) &&
			f->coded->serial == serial + 8,
		"what follows is the next one");
	(void) frame_unref(f);
}

static void test_rubbish(const struct coded_units *u)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	const struct coded_unit *cut = &u->list[3];
	uint8_t rubbish[500], bad[100];
	uint64_t serial;

	for (size_t i = 0; i < sizeof(rubbish); i++)
		rubbish[i] = (uint8_t) (i * 73 + 11) | 1;
	ok(put_vain(d, rubbish, sizeof(rubbish)) < 0 && coded_decoder_wants_key(d),
		"rubbish at first");
	serial = shown(d, &u->list[0]);
	ok(serial > 0, "then an IDR");
	ok(put_vain(d, rubbish, sizeof(rubbish)) == -EBADMSG && coded_decoder_wants_key(d),
		"rubbish in the middle is broken, and an IDR is needed");
	ok(put_vain(d, u->list[1].data, u->list[1].size) == -EAGAIN, "what follows has no picture");
	ok(shown(d, &u->list[8]) > serial + 1, "the IDR has");
	memset(bad, 0xff, sizeof(bad));
	memcpy(bad, cut->data, MIN(cut->picture + 5, sizeof(bad)));
	ok(put_vain(d, bad, sizeof(bad)) == -EBADMSG && coded_decoder_wants_key(d),
		"a picture that is none");
	ok(shown(d, &u->list[8]) > 0, "it can begin anew after that");
}

/* Is it one of these? */
static bool is_among(const struct frame *f, const struct coded_unit *list, int n)
{
	for (int i = 0; i < n; i++)
		if (coded_luma_is(f, list[i].luma))
			return true;
	return false;
}

/* What is held back when something is lost does not come out behind it. broken: by rubbish. */
static void try_held_back(const struct coded_units *u, int key, bool broken)
{
	static const uint8_t rubbish[] = { 0, 0, 0, 1, 0x41, 0xff, 0xff };
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	int pictures = 0, old = 0;

	for (int i = 0; i < key - 1; i++)
		(void) put_vain(d, u->list[i].data, u->list[i].size);
	if (broken)
		(void) put_vain(d, rubbish, sizeof(rubbish));
	else
		coded_decoder_break(d);
	for (int i = key; i < u->n; i++) {
		struct frame *f;

		if (put_unit(d, &u->list[i], &f) < 0)
			continue;
		pictures++;
		old += !is_among(f, &u->list[key], u->n - key);
		(void) frame_unref(f);
	}
	ok(pictures > 0 && old == 0, "%s: of what was held back nothing comes later (%d of %d)",
		broken ? "broken" : "lost", old, pictures);
}

/* A card that encodes B pictures although it was asked not to. */
static void test_b_pictures(void)
{
	_cleanup_(coded_decoder_freep) struct coded_decoder *d = begin();
	struct coded_units u;
	int pictures = 0, wrong = 0, broken = 0, key = 0;

	if (!coded_units_make(&u, 20, 1 | 1 << 10, 2)) {
		ok(false, "no libx264");
		return;
	}
	for (int i = 0; i < u.n; i++) {
		struct frame *f;
		int r = put_unit(d, &u.list[i], &f);

		key = u.list[i].key ? i : key;
		broken += r < 0 && r != -EAGAIN;
		pictures += r == 0;
		wrong += r == 0 && f->coded && !coded_luma_is(f, u.list[i].luma);
		(void) frame_unref(f);
	}
	ok(pictures >= 16 && broken == 0, "B pictures are shown (%d)", pictures);
	ok(wrong == 0, "none has the packet of another one (%d)", wrong);
	try_held_back(&u, key, false);
	try_held_back(&u, key, true);
	coded_units_free(&u);
}

int main(void)
{
	struct coded_units u;

	if (!coded_units_make(&u, 16, 1 | 1 << 8, 0)) {
		ok(false, "no libx264");
		return tap_done();
	}
	test_whole(&u);
	test_too_many_sets(&u);
	test_break(&u);
	test_late(&u);
	test_sets(&u);
	test_rubbish(&u);
	test_b_pictures();
	coded_units_free(&u);
	return tap_done();
}
