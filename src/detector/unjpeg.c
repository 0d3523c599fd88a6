/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector/unjpeg.h"

int unjpeg(struct unjpeg *u, struct frame *f, struct frame **ret)
{
	int r;

	if (f->pixel != PIXEL_MJPEG) {
		*ret = frame_ref(f);
		return 0;
	}
	if (u->width != f->width || u->height != f->height)
		unjpeg_deinit(u);
	if (!u->converter) {
		r = converter_new(&u->converter, f->width / 2 * 2, f->height / 2 * 2);
		if (r < 0)
			return r;
		u->width = f->width;
		u->height = f->height;
	}
	return converter_run(u->converter, f, ret);
}

void unjpeg_deinit(struct unjpeg *u)
{
	u->converter = converter_free(u->converter);
}
