/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teach/reference-picture.h"

#include <string.h>

#include "media/convert.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "recognize/recogniser.h"

#define THUMBNAIL_QUANTISER 5
#define SIDE_MIN 16 /* of what a converter makes */
#define WHY_MAX 160

const char *reference_picture_type(const void *data, size_t size, const char **ret_suffix)
{
	static const struct {
		const char *type, *suffix, *magic;
		size_t size, offset;
	} kinds[] = {
		{ "image/jpeg", ".jpg", "\xff\xd8\xff", 3, 0 },
		{ "image/png", ".png", "\x89PNG\r\n\x1a\n", 8, 0 },
		{ "image/webp", ".webp", "WEBPVP8", 7, 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (size < kinds[i].offset + kinds[i].size ||
			memcmp((const char *) data + kinds[i].offset, kinds[i].magic,
				kinds[i].size) != 0)
			continue;
		if (ret_suffix)
			*ret_suffix = kinds[i].suffix;
		return kinds[i].type;
	}
	return NULL;
}

/* What the reader of references finds wrong with it. */
static int check(const struct rules *rules, int state, const struct frame *picture, struct fault *f)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	int err = recogniser_new(&r, rules);

	if (err < 0)
		return err;
	err = recogniser_add_reference(r, state, picture);
	if (err == -ENODATA)
		return fault_set(f, FAULT_BAD_PICTURE,
			"There is nothing to be seen in the regions of %s.",
			rules->states[state].name);
	if (err < 0 && err != -ENOMEM)
		return fault_set(
			f, FAULT_BAD_PICTURE, "The picture's format cannot be looked into.");
	return err;
}

static int decode(const void *data, size_t size, struct frame **ret, struct fault *f)
{
	char why[WHY_MAX] = "";
	int r;

	if (!reference_picture_type(data, size, NULL))
		return fault_set(f, FAULT_BAD_PICTURE, "That is no JPEG, PNG or WebP picture.");
	r = picture_decode(ret, data, size, why, sizeof(why));
	if (r < 0 && r != -ENOMEM)
		return fault_set(f, FAULT_BAD_PICTURE, "The picture cannot be used: %s.", why);
	return r;
}

int reference_picture_add(const char *folder, const struct rules *rules, int state,
	uint64_t realtime_usec, const void *data, size_t size, char ret[REFERENCE_NAME_MAX],
	struct fault *f)
{
	_cleanup_(frame_unrefp) struct frame *picture = NULL;
	const char *suffix = "";
	int r = decode(data, size, &picture, f);

	if (r >= 0)
		r = check(rules, state, picture, f);
	if (r < 0)
		return r;
	(void) reference_picture_type(data, size, &suffix);
	return reference_files_add(
		folder, rules->states[state].name, realtime_usec, suffix, data, size, ret, f);
}

/* The nearest even length that a picture can have. */
static int side(double length)
{
	int half = (int) (length / 2 + 0.5);

	return MAX(half * 2, SIDE_MIN);
}

int reference_picture_thumbnail(
	const void *data, size_t size, int width, uint8_t **ret, size_t *ret_size, struct fault *f)
{
	_cleanup_(frame_unrefp) struct frame *picture = NULL, *small = NULL;
	_cleanup_(converter_freep) struct converter *converter = NULL;
	int r = decode(data, size, &picture, f), w;

	if (r < 0 || !picture)
		return r;
	w = CLAMP(width, THUMBNAIL_WIDTH_MIN, THUMBNAIL_WIDTH_MAX);
	/* As high as a converter makes them at the least. */
	w = MAX(w, SIDE_MIN * picture->width / picture->height);
	w = side(MIN(w, picture->width));
	r = converter_new(&converter, w, side((double) w * picture->height / picture->width));
	if (r >= 0)
		r = converter_run(converter, picture, &small);
	if (r >= 0)
		r = jpeg_encode(small, THUMBNAIL_QUANTISER, ret, ret_size);
	if (r < 0 && r != -ENOMEM)
		return fault_set(
			f, FAULT_BAD_PICTURE, "It cannot be made smaller: %s.", strerror(-r));
	return r;
}
