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

/* What was encoded before, and where each picture lies in it. */
struct film {
	uint8_t *data;
	struct span *pictures;
	size_t n;
};

struct picture_source {
	struct film jpeg, h264;

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

static int add_picture(struct film *f, size_t offset, size_t size)
{
	struct span *grown = realloc(f->pictures, (f->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	f->pictures = grown;
	f->pictures[f->n++] = (struct span){ offset, size };
	return 0;
}

/* Cuts at the markers for start (ff d8) and end (ff d9): inside a picture both would be escaped. */
static int find_jpegs(struct film *f, size_t size)
{
	size_t start = SIZE_MAX;
	int r;

	for (size_t i = 0; i + 1 < size; i++) {
		if (f->data[i] != 0xff)
			continue;
		if (f->data[i + 1] == 0xd8 && start == SIZE_MAX)
			start = i;
		if (f->data[i + 1] == 0xd9 && start != SIZE_MAX) {
			r = add_picture(f, start, i + 2 - start);
			if (r < 0)
				return r;
			start = SIZE_MAX;
		}
	}
	return f->n > 0 ? 0 : -ENODATA;
}

/* The next start code (00 00 01) at or after i, with the zero in front of it; size: there is none.
 */
static size_t next_unit(const struct film *f, size_t size, size_t i)
{
	for (; i + 4 < size; i++)
		if (f->data[i] == 0 && f->data[i + 1] == 0 && f->data[i + 2] == 1)
			return i > 0 && f->data[i - 1] == 0 ? i - 1 : i;
	return size;
}

/* A picture ends where the first slice of another one begins, or what stands in front of that. */
static int find_units(struct film *f, size_t size)
{
	size_t start = SIZE_MAX, next;
	bool whole = false; /* there is a slice in what began at start */
	int r;

	for (size_t i = next_unit(f, size, 0); i < size; i = next) {
		size_t head = i + (f->data[i + 2] == 1 ? 3 : 4);
		unsigned int type = f->data[head] & 0x1f;
		bool slice = type == 1 || type == 5, first = f->data[head + 1] & 0x80;

		next = next_unit(f, size, head);
		if (whole && (!slice || first)) {
			r = add_picture(f, start, i - start);
			if (r < 0)
				return r;
			start = SIZE_MAX;
			whole = false;
		}
		if (start == SIZE_MAX)
			start = i;
		whole |= slice;
	}
	return whole ? add_picture(f, start, size - start) : f->n > 0 ? 0 : -ENODATA;
}

static int read_film(struct film *f, const char *path, int (*find)(struct film *f, size_t size))
{
	size_t size = 0;
	int r = read_file(path, &f->data, &size);

	return r < 0 ? r : find(f, size);
}

static void free_film(struct film *f)
{
	free(f->pictures);
	free(f->data);
}

struct picture_source *picture_source_free(struct picture_source *s)
{
	if (!s)
		return NULL;
	free(s->pixels);
	free_film(&s->jpeg);
	free_film(&s->h264);
	free(s);
	return NULL;
}
DEFINE_CLEANUP(struct picture_source *, picture_source_free)

int picture_source_new(
	struct picture_source **ret, const char *jpeg_path, const char *h264_path, bool mirrored)
{
	_cleanup_(picture_source_freep) struct picture_source *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return -ENOMEM;
	s->mirrored = mirrored;
	if (jpeg_path)
		r = read_film(&s->jpeg, jpeg_path, find_jpegs);
	if (r == 0 && h264_path)
		r = read_film(&s->h264, h264_path, find_units);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

static const uint8_t *show(const struct film *f, uint64_t number, size_t *ret_size)
{
	const struct span *picture = &f->pictures[number % f->n];

	*ret_size = picture->size;
	return f->data + picture->offset;
}

const uint8_t *picture_source_jpeg(struct picture_source *s, uint64_t number, size_t *ret_size)
{
	return show(&s->jpeg, number, ret_size);
}

const uint8_t *picture_source_h264(struct picture_source *s, uint64_t number, size_t *ret_size)
{
	return show(&s->h264, number, ret_size);
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
