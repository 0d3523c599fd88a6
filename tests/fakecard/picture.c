/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pattern is a ramp of light from left to right and of colour from top to bottom, so that a
 * wrong size, stride or colour order shows; over its top runs a white block, 4 pixels a picture,
 * from which a test sees that pictures follow each other.
 */
#include "picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define BAR_LINES 16
#define BLOCK_PIXELS 16
#define BLOCK_STEP 4
#define FILE_BYTES_MAX (256l << 20)
#define BLACK 16
#define WHITE 235

struct span {
	size_t offset, size;
};

struct picture_source {
	uint8_t *file;
	struct span *jpegs;
	size_t n_jpegs;

	/* the pattern, painted once per size */
	uint8_t *pixels;
	unsigned int width, height;
	bool mirrored;
};

static int read_file(const char *path, uint8_t **ret, size_t *ret_size)
{
	_cleanup_(fclosep) FILE *f = fopen(path, "rbe");
	_cleanup_(freep) uint8_t *data = NULL;
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0)
		return -errno;
	size = ftell(f);
	if (size < 0)
		return -errno;
	if (size > FILE_BYTES_MAX)
		return -EFBIG;
	rewind(f);
	data = malloc((size_t) size + 1);
	if (!data)
		return -ENOMEM;
	if (fread(data, 1, (size_t) size, f) != (size_t) size)
		return -EIO;
	*ret = TAKE_PTR(data);
	*ret_size = (size_t) size;
	return 0;
}

static int add_jpeg(struct picture_source *s, size_t offset, size_t size)
{
	struct span *grown = realloc(s->jpegs, (s->n_jpegs + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->jpegs = grown;
	s->jpegs[s->n_jpegs++] = (struct span){ offset, size };
	return 0;
}

/* Cuts at the markers for start (ff d8) and end (ff d9): inside a picture both would be escaped. */
static int find_jpegs(struct picture_source *s, size_t size)
{
	size_t start = SIZE_MAX;
	int r;

	for (size_t i = 0; i + 1 < size; i++) {
		if (s->file[i] != 0xff)
			continue;
		if (s->file[i + 1] == 0xd8 && start == SIZE_MAX)
			start = i;
		if (s->file[i + 1] == 0xd9 && start != SIZE_MAX) {
			r = add_jpeg(s, start, i + 2 - start);
			if (r < 0)
				return r;
			start = SIZE_MAX;
		}
	}
	return s->n_jpegs > 0 ? 0 : -ENODATA;
}

struct picture_source *picture_source_free(struct picture_source *s)
{
	if (!s)
		return NULL;
	free(s->pixels);
	free(s->jpegs);
	free(s->file);
	free(s);
	return NULL;
}
DEFINE_CLEANUP(struct picture_source *, picture_source_free)

int picture_source_new(struct picture_source **ret, const char *jpeg_path, bool mirrored)
{
	_cleanup_(picture_source_freep) struct picture_source *s = calloc(1, sizeof(*s));
	size_t size = 0;
	int r;

	if (!s)
		return -ENOMEM;
	s->mirrored = mirrored;
	if (jpeg_path) {
		r = read_file(jpeg_path, &s->file, &size);
		if (r < 0)
			return r;
		r = find_jpegs(s, size);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(s);
	return 0;
}

const uint8_t *picture_source_jpeg(struct picture_source *s, uint64_t number, size_t *ret_size)
{
	const struct span *jpeg = &s->jpegs[number % s->n_jpegs];

	*ret_size = jpeg->size;
	return s->file + jpeg->offset;
}

static int paint(struct picture_source *s, unsigned int width, unsigned int height)
{
	uint8_t *p = realloc(s->pixels, (size_t) width * height * 2);

	if (!p)
		return -ENOMEM;
	s->pixels = p;
	s->width = width;
	s->height = height;
	for (unsigned int y = 0; y < height; y++)
		for (unsigned int x = 0; x < width; x++) {
			unsigned int colour = 20 + y * 200 / height;
			unsigned int step = s->mirrored ? width - 1 - x : x;

			*p++ = (uint8_t) (BLACK + step * (WHITE - BLACK) / width);
			*p++ = (uint8_t) (x % 2 ? 240 - colour : colour); /* V : U */
		}
	return 0;
}

const uint8_t *picture_source_yuyv(struct picture_source *s, uint64_t number, unsigned int width,
	unsigned int height, size_t *ret_size)
{
	unsigned int start = (unsigned int) (number * BLOCK_STEP % width);

	if ((s->width != width || s->height != height) && paint(s, width, height) < 0) {
		*ret_size = 0;
		return NULL;
	}
	for (unsigned int y = 0; y < BAR_LINES; y++)
		for (unsigned int x = 0; x < width; x++)
			s->pixels[(y * width + x) * 2] =
				x >= start && x < start + BLOCK_PIXELS ? WHITE : BLACK;
	*ret_size = (size_t) width * height * 2;
	return s->pixels;
}
