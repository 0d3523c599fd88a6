/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Video nodes that turn pictures into packets or back, in memory. Any thread; devices are opened,
 * but none on USB, so no card is touched. */
#pragma once

#include <stddef.h>

/* The first video node from so many of dev ("/dev") that is one; sys ("/sys") tells where it is
 * plugged in. Into ret; -ENOENT: there is none. */
int v4l2_find_m2m(const char *dev, const char *sys, char *ret, size_t size);
