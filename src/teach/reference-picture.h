/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pictures in the files of references, for those who look at them and bring new ones. Blocking
 * for as long as decoding takes; any thread. What cannot be done is a negative errno with a fault.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "recognize/rules.h"
#include "teach/reference-files.h"

#define THUMBNAIL_WIDTH_MIN 16
#define THUMBNAIL_WIDTH_MAX 1920

/* The kind of picture that the bytes begin like: "image/jpeg", "image/png", "image/webp" and the
 * suffix of its file. NULL: none of these. ret_suffix may be NULL. */
const char *reference_picture_type(const void *data, size_t size, const char **ret_suffix);

/* Bytes that somebody brought become a reference of the state (an index of the rules), after they
 * were read as the recogniser will read them: what that would leave out is refused. Its name in
 * ret. FAULT_BAD_PICTURE, _TOO_MANY_REFERENCES, _IO. */
int reference_picture_add(const char *folder, const struct rules *rules, int state,
	uint64_t realtime_usec, const void *data, size_t size, char ret[REFERENCE_NAME_MAX],
	struct fault *f);

/* A JPEG of at most that width (taken to the nearest possible one), never wider than the picture;
 * the caller frees it. FAULT_BAD_PICTURE. */
int reference_picture_thumbnail(
	const void *data, size_t size, int width, uint8_t **ret, size_t *ret_size, struct fault *f);
