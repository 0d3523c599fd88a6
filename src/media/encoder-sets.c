/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/encoder-sets.h"

#include <libavcodec/packet.h>
#include <string.h>

#include "common/cleanup.h"
#include "media/annexb.h"

enum part {
	PART_SPS = 1 << 0,
	PART_PPS = 1 << 1,
	PART_VPS = 1 << 2,
	PART_KEY = 1 << 3,
	PART_OTHER_PICTURE = 1 << 4,
};

#define PART_PICTURE (PART_KEY | PART_OTHER_PICTURE)

static unsigned part_hevc(const struct annexb_unit *u)
{
	unsigned type = annexb_hevc_type(u);

	switch (type) {
	case ANNEXB_HEVC_VPS:
		return PART_VPS;
	case ANNEXB_HEVC_SPS:
		return PART_SPS;
	case ANNEXB_HEVC_PPS:
		return PART_PPS;
	default:
		if (type > ANNEXB_HEVC_PICTURE_LAST)
			return 0;
		return type >= ANNEXB_HEVC_KEY && type <= ANNEXB_HEVC_KEY_LAST ? PART_KEY
									       : PART_OTHER_PICTURE;
	}
}

static unsigned part_of(const struct encoder_sets *s, const struct annexb_unit *u)
{
	if (s->hevc)
		return part_hevc(u);
	switch (u->type) {
	case ANNEXB_SPS:
		return PART_SPS;
	case ANNEXB_PPS:
		return PART_PPS;
	case ANNEXB_IDR:
		return PART_KEY;
	default:
		return u->type >= ANNEXB_SLICE && u->type < ANNEXB_IDR ? PART_OTHER_PICTURE : 0;
	}
}

struct encoder_head encoder_sets_look(
	const struct encoder_sets *s, const uint8_t *data, size_t size)
{
	unsigned all = PART_SPS | PART_PPS | (s->hevc ? PART_VPS : 0), seen = 0;
	const uint8_t *p = data, *stop = data + size;
	struct annexb_unit u;

	while (!(seen & PART_PICTURE) && annexb_next(&p, stop, &u))
		seen |= part_of(s, &u);
	return (struct encoder_head){
		.sets = (seen & all) == all, .picture = seen & PART_PICTURE, .key = seen & PART_KEY
	};
}

void encoder_sets_keep(struct encoder_sets *s, const uint8_t *data, size_t size)
{
	static const uint8_t start[] = { 0, 0, 0, 1 };
	const uint8_t *p = data, *stop = data ? data + size : NULL;
	uint8_t kept[ENCODER_SETS_MAX];
	struct annexb_unit u;
	size_t used = 0;

	while (p && annexb_next(&p, stop, &u)) {
		unsigned part = part_of(s, &u);

		if (part & PART_PICTURE)
			break;
		if (!part)
			continue;
		if (u.size > sizeof(kept) - used - MIN(sizeof(start), sizeof(kept) - used))
			return;
		memcpy(kept + used, start, sizeof(start));
		memcpy(kept + used + sizeof(start), u.data, u.size);
		used += sizeof(start) + u.size;
	}
	if (used == 0 || !encoder_sets_look(s, kept, used).sets)
		return;
	memcpy(s->data, kept, used);
	s->size = used;
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
