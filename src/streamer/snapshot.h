/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next captured picture for people, or as a reference. Blocking, on a stage's own thread (see
 * jobs.h), within a few seconds; both answer a negative errno with a fault. */
#pragma once

#include "common/fault.h"
#include "media/jpeg.h"
#include "streamer/stills.h"
#include "teach/reference-files.h"

#define SNAPSHOT_QUALITY_MAX JPEG_QUALITY_MAX /* 1 … */

struct snapshot {
	int width, height;
	uint64_t capture_realtime; /* µs since 1970 */
};

/* As JPEG in memory, which the caller frees. width, height: as jpeg_make() has them, checked by the
 * caller. FAULT_NO_PICTURE, _BUSY, _IO. */
int snapshot_make(struct stills *stills, struct stage *stage, int width, int height, int quality,
	uint8_t **ret_jpeg, size_t *ret_size, struct snapshot *ret, struct fault *f);

/* As JPEG into somebody's file, see peer-file.h. FAULT_NO_PICTURE, _BUSY, _IO. */
int snapshot_write(struct stills *stills, struct stage *stage, int fd, int quality,
	struct snapshot *ret, struct fault *f);

/* As a new reference of the state; its name into name. Likewise, and FAULT_TOO_MANY_REFERENCES. */
int snapshot_learn(struct stills *stills, struct stage *stage, const char *folder,
	const char *state, char name[REFERENCE_NAME_MAX], struct fault *f);
