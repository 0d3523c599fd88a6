/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/camera.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define DEVICE 18, 1, 0, 2, 239, 2, 1, 64, 0x4d, 0x53, 0x09, 0x21, 0, 1, 1, 2, 3, 1
#define CONFIGURATION 9, 2, 0, 1, 4, 1, 0, 0x80, 250
#define VIDEO_CONTROL 9, 4, 0, 0, 0, 14, 1, 0, 0
#define SOUND_CONTROL 9, 4, 2, 0, 0, 1, 1, 0, 0
#define CAMERA(a, b) 18, 0x24, 2, 1, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3, a, b, 0
#define COMPOSITE 8, 0x24, 2, 1, 0x01, 0x04, 0, 0

static void check(const uint8_t *descriptors, size_t size, bool camera, const char *what)
{
	bool found = false;

	ok(camera_is_described(descriptors, size) == camera, "%s", what);
	if (!camera)
		return;
	/* Everything that stops short of the controls is no camera, and never read beyond. */
	for (size_t n = 0; n + 2 < size; n++) {
		_cleanup_(freep) uint8_t *cut = malloc(n ? n : 1);

		if (!cut)
			break;
		memcpy(cut, descriptors, n);
		found = found || camera_is_described(cut, n);
	}
	ok(!found, "%s: not when it is cut off", what);
}

#define CHECK(camera, what, ...)                                                                  \
	check((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), camera, \
		what)

int main(void)
{
	static const uint8_t zeros[64];

	CHECK(true, "a camera that can be focused", DEVICE, CONFIGURATION, VIDEO_CONTROL,
		CAMERA(0x2e, 0x0a));
	CHECK(true, "one whose iris can be set", DEVICE, CONFIGURATION, VIDEO_CONTROL,
		CAMERA(0, 1));
	CHECK(false, "a grabber that says it is a camera", DEVICE, CONFIGURATION, VIDEO_CONTROL,
		CAMERA(0, 0));
	CHECK(false, "a grabber that says what it is", DEVICE, CONFIGURATION, VIDEO_CONTROL,
		COMPOSITE);
	CHECK(false, "the same bytes, but of a microphone", DEVICE, CONFIGURATION, SOUND_CONTROL,
		CAMERA(0x2e, 0x0a));
	CHECK(false, "a terminal that counts more controls than it has", DEVICE, CONFIGURATION,
		VIDEO_CONTROL, 16, 0x24, 2, 1, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0);
	ok(!camera_is_described(zeros, sizeof(zeros)), "zeros are no endless loop");
	ok(!camera_is_described(zeros, 0), "nothing is no camera");
	return tap_done();
}
