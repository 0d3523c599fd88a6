/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/encoder-sets.h"

#include <libavcodec/packet.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/annexb.h"

/* As bits, of enum annexb_part. */
#define SPS (1U << ANNEXB_PART_SPS)
#define PPS (1U << ANNEXB_PART_PPS)
#define VPS (1U << ANNEXB_PART_VPS)
#define KEY (1U << ANNEXB_PART_KEY)
#define PICTURE (KEY | 1U << ANNEXB_PART_PICTURE)

static unsigned part_of(const struct encoder_sets *s, const struct annexb_unit *u)
{
	return 1U << annexb_part(u, s->hevc);
}

struct encoder_head encoder_sets_look(
	const struct encoder_sets *s, const uint8_t *data, size_t size)
{
	unsigned all = SPS | PPS | (s->hevc ? VPS : 0), seen = 0;
	const uint8_t *p = data, *stop = data + size;
	struct annexb_unit u;

	while (!(seen & PICTURE) && annexb_next(&p, stop, &u))
		seen |= part_of(s, &u);
	return (struct encoder_head){
		.sets = (seen & all) == all, .picture = seen & PICTURE, .key = seen & KEY
	};
}

bool encoder_sets_keep(struct encoder_sets *s, const uint8_t *data, size_t size)
{
	static const uint8_t start[] = { 0, 0, 0, 1 };
	const uint8_t *p = data, *stop = data ? data + size : NULL;
	unsigned n[] = { [ANNEXB_PART_VPS] = 0, [ANNEXB_PART_SPS] = 0, [ANNEXB_PART_PPS] = 0 };
	uint8_t kept[ENCODER_SETS_MAX];
	struct annexb_unit u;
	size_t used = 0;

	while (p && annexb_next(&p, stop, &u)) {
		unsigned part = part_of(s, &u);

		if (part & PICTURE)
			break;
		if (!(part & (SPS | PPS | VPS)))
			continue;
		if (u.size > sizeof(kept) - used - MIN(sizeof(start), sizeof(kept) - used) ||
			++n[annexb_part(&u, s->hevc)] > ENCODER_SETS_EACH)
			return false;
		memcpy(kept + used, start, sizeof(start));
		memcpy(kept + used + sizeof(start), u.data, u.size);
		used += sizeof(start) + u.size;
	}
	if (used == 0 || !encoder_sets_look(s, kept, used).sets)
		return false;
	memcpy(s->data, kept, used);
	s->size = used;
	return true;
}

int encoder_sets_prepend(const struct encoder_sets *s, struct AVPacket *av)
{
	AVPacket *with;
	int r;

	if (s->size == 0)
		return -ENODATA;
	with = av_packet_alloc();
	if (!with)
		return -ENOMEM;
	r = av_new_packet(with, (int) s->size + av->size);
	if (r >= 0) {
		memcpy(with->data, s->data, s->size);
		memcpy(with->data + s->size, av->data, (size_t) av->size);
		r = av_packet_copy_props(with, av);
	}
	if (r >= 0) {
		av_packet_unref(av);
		av_packet_move_ref(av, with);
	}
	av_packet_free(&with);
	return r < 0 ? -ENOMEM : 0;
}
