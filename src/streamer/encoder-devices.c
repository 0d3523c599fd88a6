/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/encoder-devices.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "capture/v4l2-m2m.h"
#include "common/cleanup.h"
#include "common/fnv.h"

/* When a node was made is when the driver was loaded. */
static uint64_t add_node(uint64_t sum, const char *path)
{
	struct stat st;
	uint64_t facts[3];

	if (stat(path, &st) < 0)
		return sum;
	facts[0] = (uint64_t) st.st_rdev;
	facts[1] = (uint64_t) st.st_ctim.tv_sec;
	facts[2] = (uint64_t) st.st_ctim.tv_nsec;
	return fnv64(fnv64(sum, path, strlen(path)), facts, sizeof(facts));
}

static int find_names(const char *dev, const char *pattern, uint64_t *ret, char *why, size_t size)
{
	uint64_t sum = FNV64_BEGIN;
	char path[256];
	glob_t g;

	snprintf(path, sizeof(path), "%s/%s", dev, pattern);
	if (glob(path, 0, NULL, &g) != 0) {
		snprintf(why, size, "no %s", path);
		return -ENOENT;
	}
	for (size_t i = 0; i < g.gl_pathc; i++)
		sum = add_node(sum, g.gl_pathv[i]);
	globfree(&g);
	*ret = sum;
	return 0;
}

int encoder_devices_find(const char *dev, const char *sys, enum encoder_device device,
	uint64_t *ret, char *why, size_t why_size)
{
	char node[256];

	switch (device) {
	case ENCODER_DEVICE_DRI:
		return find_names(dev, "dri/renderD*", ret, why, why_size);
	case ENCODER_DEVICE_NVIDIA:
		return find_names(dev, "nvidia[0-9]*", ret, why, why_size);
	case ENCODER_DEVICE_M2M:
		if (v4l2_find_m2m(dev, sys, node, sizeof(node)) < 0) {
			snprintf(why, why_size, "no video node encodes");
			return -ENOENT;
		}
		*ret = add_node(FNV64_BEGIN, node);
		return 0;
	case ENCODER_DEVICE_NONE:
		break;
	}
	*ret = FNV64_BEGIN;
	return 0;
}
