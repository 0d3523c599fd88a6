/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/v4l2-m2m.h"

#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>

#include "capture/v4l2-probe.h"
#include "common/cleanup.h"

#define NODES 64

static bool is_usb(const char *sys, int i)
{
	char path[256], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/class/video4linux/video%d/device/subsystem", sys, i);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	return n >= 4 && strcmp(target + n - 4, "/usb") == 0;
}

static bool is_m2m(const char *node)
{
	_cleanup_(closep) int fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct v4l2_capability cap = { 0 };
	enum v4l2_kind kind;
	uint32_t caps;

	if (fd < 0 || v4l2_node_kind(fd, &cap, &kind) < 0)
		return false;
	caps = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;
	return caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE);
}

int v4l2_find_m2m(const char *dev, const char *sys, char *ret, size_t size)
{
	for (int i = 0; i < NODES; i++) {
		char node[256];

		snprintf(node, sizeof(node), "%s/video%d", dev, i);
		if (access(node, F_OK) < 0 || is_usb(sys, i) || !is_m2m(node))
			continue;
		snprintf(ret, size, "%s", node);
		return 0;
	}
	return -ENOENT;
}
