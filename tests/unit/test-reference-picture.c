/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures that somebody brings as references, and small ones of those there are. */
#include "teach/reference-picture.h"

#include <string.h>

#include "common/file.h"
#include "common/usec.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "tests/tap.h"
#include "tests/unit/koi.h"

static char folder[64];
static struct rules rules;

#define MOMENT (UINT64_C(1700000000) * USEC_PER_SEC)

static enum fault_kind add(const void *data, size_t size, char *name)
{
	struct fault f = { .kind = FAULT_NONE };
	int r = reference_picture_add(folder, &rules, KOI_SELECT, MOMENT, data, size, name, &f);

	if (r < 0)
		printf("# %s\n", f.words);
	return r < 0 ? f.kind : FAULT_NONE;
}

/* A grey picture, in which nothing is to be seen. */
static void make_flat(uint8_t **ret, size_t *ret_size)
{
	static uint8_t pixels[640 * 480 * 3];
	struct frame f = { .pixel = PIXEL_RGB24, .width = 640, .height = 480 };

	memset(pixels, 128, sizeof(pixels));
	f.data[0] = pixels;
	f.stride[0] = 640 * 3;
	if (jpeg_encode(&f, 2, ret, ret_size) < 0)
		abort();
}

static void test_kinds(const char *jpeg, size_t size)
{
	const char *suffix = NULL;

	ok(strcmp(reference_picture_type(jpeg, size, &suffix), "image/jpeg") == 0 &&
			strcmp(suffix, ".jpg") == 0,
		"a JPEG is known");
	ok(strcmp(reference_picture_type("\x89PNG\r\n\x1a\n", 8, &suffix), "image/png") == 0 &&
			strcmp(suffix, ".png") == 0,
		"a PNG");
	ok(strcmp(reference_picture_type("RIFF\1\2\3\4WEBPVP8 ", 16, &suffix), "image/webp") == 0,
		"a WebP");
	ok(!reference_picture_type("RIFF\1\2\3\4WAVEfmt ", 16, NULL) &&
			!reference_picture_type("P6\n4 4\n255\n", 11, NULL) &&
			!reference_picture_type("\xff\xd8", 2, NULL) &&
			!reference_picture_type("", 0, NULL),
		"nothing else is");
}

static void test_add(const char *jpeg, size_t size)
{
	char name[REFERENCE_NAME_MAX] = "";
	uint8_t *flat = NULL;
	size_t flat_size = 0;
	struct fault f = { .kind = FAULT_NONE };
	void *back = NULL;
	size_t back_size = 0;

	ok(add(jpeg, size, name) == FAULT_NONE && strcmp(name, "ref_1700000000.jpg") == 0,
		"a picture becomes a reference: %s", name);
	ok(reference_files_read(folder, "SELECT", name, &back, &back_size, &f) == 0 &&
			back_size == size && memcmp(back, jpeg, size) == 0,
		"to the byte");
	free(back);
	ok(add(jpeg, size / 2, name) == FAULT_BAD_PICTURE, "half of one does not");
	ok(add("\xff\xd8\xff\xe0 no picture", 16, name) == FAULT_BAD_PICTURE,
		"nor what only begins like one");
	ok(add("P6\n4 4\n255\n", 11, name) == FAULT_BAD_PICTURE, "nor another kind");
	make_flat(&flat, &flat_size);
	ok(add(flat, flat_size, name) == FAULT_BAD_PICTURE, "nor one that shows nothing");
	free(flat);
}

static void test_thumbnail(const char *jpeg, size_t size)
{
	static const struct {
		int asked, width;
	} cases[] = { { 160, 160 }, { 161, 162 }, { 1, 22 }, { -5, 22 }, { 100000, 640 } };
	struct frame *whole = NULL;
	char why[128];

	(void) picture_decode(&whole, jpeg, size, why, sizeof(why));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fault f = { .kind = FAULT_NONE };
		struct frame *small = NULL;
		uint8_t *out = NULL;
		size_t n = 0;
		int r = reference_picture_thumbnail(jpeg, size, cases[i].asked, &out, &n, &f);

		if (r == 0)
			(void) picture_decode(&small, out, n, why, sizeof(why));
		ok(small && small->width == MIN(cases[i].width, whole->width) &&
				abs(small->height * whole->width - small->width * whole->height) <=
					2 * whole->width,
			"asked for %d it is %dx%d", cases[i].asked, small ? small->width : 0,
			small ? small->height : 0);
		frame_unref(small);
		free(out);
	}
	frame_unref(whole);
}

int main(void)
{
	char *jpeg;
	size_t size;

	koi_folder(folder);
	koi_rules(&rules, MODE_BETTER);
	if (file_read(koi_path("refs/koi-short/SELECT/ref_0.jpg"), 1 << 20, &jpeg, &size) < 0)
		return 77;
	test_kinds(jpeg, size);
	test_add(jpeg, size);
	test_thumbnail(jpeg, size);
	free(jpeg);
	rules_deinit(&rules);
	koi_remove(folder);
	return tap_done();
}
