/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device nodes in a folder of the test's own. */
#include "streamer/encoder-devices.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

static int find(enum encoder_device device, uint64_t *ret, char why[160])
{
	*ret = 0;
	why[0] = '\0';
	return encoder_devices_find(".", "./sys", device, ret, why, 160);
}

int main(void)
{
	uint64_t one, again, two;
	char why[160];

	enter_folder();
	ok(find(ENCODER_DEVICE_NONE, &one, why) == 0, "software needs no device");
	ok(find(ENCODER_DEVICE_DRI, &one, why) == -ENOENT && strcmp(why, "no ./dri/renderD*") == 0,
		"%s", why);
	ok(find(ENCODER_DEVICE_NVIDIA, &one, why) == -ENOENT && strstr(why, "nvidia"), "%s", why);
	ok(find(ENCODER_DEVICE_M2M, &one, why) == -ENOENT && *why, "%s", why);
	(void) file_write("video0", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_M2M, &one, why) == -ENOENT, "a node that is none of video");
	(void) file_write("nvidiactl", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_NVIDIA, &one, why) == -ENOENT, "NVIDIA's driver without a GPU");
	(void) file_write("nvidia0", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_NVIDIA, &one, why) == 0, "with one");
	(void) mkdir("dri", 0700);
	(void) file_write("dri/card0", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_DRI, &one, why) == -ENOENT, "a GPU that only shows");
	(void) file_write("dri/renderD128", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_DRI, &one, why) == 0 && find(ENCODER_DEVICE_DRI, &again, why) == 0 &&
			one == again,
		"one that renders has a number that stays");
	(void) file_write("dri/renderD129", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_DRI, &two, why) == 0 && two != one, "… until there is another one");
	(void) unlink("dri/renderD129");
	(void) file_write("dri/renderD128", "", 0, 0600, false);
	ok(find(ENCODER_DEVICE_DRI, &two, why) == 0 && two != one, "… or it is made anew");
	wipe("dri");
	leave_folder();
	return tap_done();
}
