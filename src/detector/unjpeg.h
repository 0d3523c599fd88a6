/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures for the recogniser, which looks into any layout but a JPEG. One thread for each object.
 */
#pragma once

#include "media/convert.h"

struct unjpeg {
	struct converter *converter; /* NULL until a JPEG comes */
	int width, height;           /* … of this size */
};

/* A reference for the caller: the frame itself, or a JPEG decoded at its own size, nearly: sides
 * are made even. As converter_run() otherwise. Zero u before the first call. */
int unjpeg(struct unjpeg *u, struct frame *f, struct frame **ret);
void unjpeg_deinit(struct unjpeg *u);
