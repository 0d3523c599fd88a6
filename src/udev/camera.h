/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a webcam from a grabber. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From the descriptors of a USB device, as sysfs has them ("descriptors"). Broken or cut ones are
 * no camera. Pure. */
bool camera_is_described(const uint8_t *descriptors, size_t size);
