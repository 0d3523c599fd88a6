/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a picture: either RGB24 whose pixels can all be read, or a refusal in words. */
#include <errno.h>
#include <string.h>

#include "media/av-log.h"
#include "media/picture.h"
#include "tests/fuzz/fuzz.h"

/* A sanitizer sees what was never written or lies outside. */
static void look_at(const struct frame *f)
{
	unsigned long sum = 0, max;

	must(f->pixel == PIXEL_RGB24 && f->full_range);
	must(f->width >= 1 && f->width <= FRAME_SIDE_MAX);
	must(f->height >= 1 && f->height <= FRAME_SIDE_MAX);
	must(f->stride[0] >= f->width * 3);
	for (int y = 0; y < f->height; y++) {
		for (int x = 0; x < f->width * 3; x++)
			sum += f->data[0][(ptrdiff_t) y * f->stride[0] + x];
	}
	max = 255ul * 3 * (unsigned long) f->width * (unsigned long) f->height;
	must(sum <= max);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	char why[128] = "";
	int r;

	avlog_capture();
	r = picture_decode(&f, data, size, why, sizeof(why));
	must(r == 0 || r == -EBADMSG || r == -EFBIG || r == -ENOMEM);
	must((r == 0) == (f != NULL) && (r == 0) == (*why == '\0'));
	must(strlen(why) < sizeof(why) && !strchr(why, '\n'));
	if (f)
		look_at(f);
	return 0;
}
