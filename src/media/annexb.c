/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/annexb.h"

#include <string.h>

/* Where the next 00 00 01 begins, or the end. */
static const uint8_t *find_start(const uint8_t *p, const uint8_t *stop)
{
	const uint8_t *from = p + 2;

	while (from < stop) {
		const uint8_t *one = memchr(from, 1, (size_t) (stop - from));

		if (!one)
			break;
		if (one[-1] == 0 && one[-2] == 0)
			return one - 2;
		from = one + 1;
	}
	return stop;
}

bool annexb_next(const uint8_t **p, const uint8_t *stop, struct annexb_unit *ret)
{
	const uint8_t *start = stop - *p > 2 ? find_start(*p, stop) : stop, *last;

	while (stop - start > 3) {
		start += 3;
		*p = last = stop - start > 2 ? find_start(start, stop) : stop;
		while (last > start && last[-1] == 0)
			last--; /* they belong to the next start code */
		if (last > start) {
			*ret = (struct annexb_unit){ start, (size_t) (last - start),
				*start & 0x1f };
			return true;
		}
		start = *p;
	}
	return false;
}

static enum annexb_part part_hevc(unsigned type)
{
	switch (type) {
	case ANNEXB_HEVC_VPS:
		return ANNEXB_PART_VPS;
	case ANNEXB_HEVC_SPS:
		return ANNEXB_PART_SPS;
	case ANNEXB_HEVC_PPS:
		return ANNEXB_PART_PPS;
	case ANNEXB_HEVC_DELIMITER:
	case ANNEXB_HEVC_FILLER:
		return ANNEXB_PART_PADDING;
	}
	if (type > ANNEXB_HEVC_PICTURE_LAST)
		return ANNEXB_PART_OTHER;
	return type >= ANNEXB_HEVC_KEY && type <= ANNEXB_HEVC_KEY_LAST ? ANNEXB_PART_KEY
								       : ANNEXB_PART_PICTURE;
}

enum annexb_part annexb_part(const struct annexb_unit *u, bool hevc)
{
	if (hevc)
		return part_hevc(annexb_hevc_type(u));
	switch (u->type) {
	case ANNEXB_SPS:
		return ANNEXB_PART_SPS;
	case ANNEXB_PPS:
		return ANNEXB_PART_PPS;
	case ANNEXB_DELIMITER:
	case ANNEXB_FILLER:
		return ANNEXB_PART_PADDING;
	case ANNEXB_IDR:
		return ANNEXB_PART_KEY;
	}
	return u->type >= ANNEXB_SLICE && u->type < ANNEXB_IDR ? ANNEXB_PART_PICTURE
							       : ANNEXB_PART_OTHER;
}
