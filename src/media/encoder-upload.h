/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a picture gets to an encoder that does not read I420 from memory: as NV12, and from there
 * into a surface of the GPU where the encoder wants one. Inside the media floor only; the encoder's
 * thread. Memory comes out of pools; a driver may block.
 */
#pragma once

#include <stddef.h>

struct AVCodecContext;
struct AVFrame;
struct encoder_upload;
struct frame;

/* device: an enum AVHWDeviceType, 0 for none: then frames stay in memory. Sets what the context,
 * not open yet, must know of it; its size is set. Render nodes are tried in turn. */
int encoder_upload_new(struct encoder_upload **ret, int device, struct AVCodecContext *ctx,
	char *why, size_t why_size);
struct encoder_upload *encoder_upload_free(struct encoder_upload *u);

/* An I420 frame of the context's size into out, which is empty. */
int encoder_upload_run(struct encoder_upload *u, const struct frame *f, struct AVFrame *out);
