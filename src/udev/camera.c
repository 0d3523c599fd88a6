/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By the class's book a camera has an input terminal of the type "camera" and a grabber one of
 * another type. But grabbers call themselves cameras too, because drivers expect it (MacroSilicon's
 * do). What they do not claim is a shutter: a camera says in its terminal which of exposure, focus,
 * iris and zoom can be set; a grabber says none. Cameras that are too simple to have any of these
 * are not found this way; for those there is EGM_WEBCAM in udev's hardware database.
 */
#include "udev/camera.h"

#include <linux/usb/ch9.h>
#include <linux/usb/video.h>

#include "common/cleanup.h"

#define TERMINAL_CAMERA 0x0201
#define TERMINAL_TYPE_AT 4
#define CONTROL_SIZE_AT 14
#define CONTROLS_AT 15

static bool is_camera_terminal(const uint8_t *d, size_t length)
{
	size_t end;

	if (length <= CONTROLS_AT || d[2] != UVC_VC_INPUT_TERMINAL ||
		(d[TERMINAL_TYPE_AT] | d[TERMINAL_TYPE_AT + 1] << 8) != TERMINAL_CAMERA)
		return false;
	end = MIN(length, (size_t) CONTROLS_AT + d[CONTROL_SIZE_AT]);
	for (size_t i = CONTROLS_AT; i < end; i++)
		if (d[i])
			return true;
	return false;
}

bool camera_is_described(const uint8_t *descriptors, size_t size)
{
	bool video_control = false;

	for (size_t at = 0; at + 2 <= size;) {
		const uint8_t *d = descriptors + at;
		size_t length = d[0];

		if (length < 2 || length > size - at)
			return false;
		if (d[1] == USB_DT_INTERFACE && length >= USB_DT_INTERFACE_SIZE)
			video_control = d[5] == USB_CLASS_VIDEO && d[6] == UVC_SC_VIDEOCONTROL;
		else if (d[1] == USB_DT_CS_INTERFACE && video_control &&
			 is_camera_terminal(d, length))
			return true;
		at += length;
	}
	return false;
}
