/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The encoders there may be. Constant tables; pure, any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct encoder_ops;
struct encoder_traits;

enum encoder_family {
	ENCODER_H264,
	ENCODER_HEVC,
};

/* The device nodes without which it is not worth a try. */
enum encoder_device {
	ENCODER_DEVICE_NONE, /* software */
	ENCODER_DEVICE_DRI,  /* /dev/dri/renderD* */
	ENCODER_DEVICE_NVIDIA,
	ENCODER_DEVICE_M2M, /* a video node that takes pictures and gives packets */
};

struct encoder_kind {
	const char *name; /* libavcodec's */
	enum encoder_family family;
	enum encoder_device device;
	const struct encoder_ops *ops;
	const struct encoder_traits *traits;
};

/* NULL: unknown. */
const struct encoder_kind *encoder_kind_find(const char *name);

/* In the order in which they are tried: hardware, then software. NULL: there are no more. */
const struct encoder_kind *encoder_kind_at(enum encoder_family family, size_t i);

static inline bool encoder_kind_is_hardware(const struct encoder_kind *k)
{
	return k->device != ENCODER_DEVICE_NONE;
}
