/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The border for libav's errors: inside the media floor only. Pure, any thread. */
#pragma once

#include <stddef.h>

/* A negative errno for what a libav call returned; 0 and more come back as they are. What has no
 * errno of its own becomes -EIO. */
int av_errno(int averror);

/* Words for what a libav call returned (its own code or a negative errno). Returns buf. */
const char *av_errno_words(int averror, char *buf, size_t size);
