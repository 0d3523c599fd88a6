/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pictures of tests/corpus/picture: bars-… show eight colours, ramp… all 256 greys, row by row;
 * the others are broken.
 */
#include "media/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/file.h"
#include "media/av-log.h"
#include "tests/tap.h"

#define BARS 8
#define BARS_WIDTH 64
#define BARS_HEIGHT 16
#define RAMP_SIDE 16

static const uint8_t colours[BARS][3] = { { 255, 255, 255 }, { 255, 255, 0 }, { 0, 255, 255 },
	{ 0, 255, 0 }, { 255, 0, 255 }, { 255, 0, 0 }, { 0, 0, 255 }, { 40, 90, 60 } };

static const char *path_of(const char *name)
{
	static char path[4096];
	const char *top = getenv("top_srcdir");

	snprintf(path, sizeof(path), "%s/tests/corpus/picture/%s", top ? top : ".", name);
	return path;
}

static struct frame *load(const char *name)
{
	struct frame *f = NULL;
	char why[256] = "";
	int r = picture_load(&f, path_of(name), why, sizeof(why));

	ok(r == 0 && f && f->pixel == PIXEL_RGB24 && f->full_range && atomic_load(&f->refs) == 1 &&
			!*why,
		"%s is a picture", name);
	if (r < 0)
		printf("# %s\n", why);
	return f;
}

/* How far the middle of a bar is off its colour at most. */
static int worst_colour(const struct frame *f)
{
	int worst = 0;

	for (int y = 0; y < f->height; y++) {
		const uint8_t *row = f->data[0] + (ptrdiff_t) y * f->stride[0];

		for (int i = 0; i < BARS * 3; i++) {
			int x = i / 3 * (BARS_WIDTH / BARS) + BARS_WIDTH / BARS / 2;

			worst = MAX(worst, abs(row[x * 3 + i % 3] - colours[i / 3][i % 3]));
		}
	}
	return worst;
}

static void test_colours(void)
{
	static const struct {
		const char *name;
		int tolerance;
	} cases[] = { { "bars.png", 0 }, { "bars-alpha.png", 0 }, { "bars-palette.png", 0 },
		{ "bars.ppm", 0 }, { "bars-lossless.webp", 0 }, { "bars.webp", 4 },
		{ "bars-alpha.webp", 4 }, { "bars-420.jpg", 4 }, { "bars-444.jpg", 4 },
		{ "bars-progressive.jpg", 4 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(frame_unrefp) struct frame *f = load(cases[i].name);

		ok(f && f->width == BARS_WIDTH && f->height == BARS_HEIGHT &&
				worst_colour(f) <= cases[i].tolerance,
			"… with its colours");
	}
}

static int worst_grey(const struct frame *f)
{
	int worst = 0;

	for (int i = 0; i < RAMP_SIDE * RAMP_SIDE; i++) {
		const uint8_t *p = f->data[0] + (ptrdiff_t) (i / RAMP_SIDE) * f->stride[0] +
				   (ptrdiff_t) (i % RAMP_SIDE) * 3;

		if (p[0] != p[1] || p[1] != p[2])
			return 256;
		worst = MAX(worst, abs(p[0] - i));
	}
	return worst;
}

static void test_grey(void)
{
	static const struct {
		const char *name;
		int tolerance;
	} cases[] = { { "ramp.pgm", 0 }, { "ramp-ascii.pgm", 0 }, { "ramp.png", 0 },
		{ "ramp-16bit.png", 1 }, { "ramp.jpg", 2 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(frame_unrefp) struct frame *f = load(cases[i].name);

		ok(f && f->width == RAMP_SIDE && f->height == RAMP_SIDE &&
				worst_grey(f) <= cases[i].tolerance,
			"… with its greys");
	}
}

static void test_one_bit(void)
{
	static const char *const names[] = { "one-bit.png", "one-bit.pbm" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(frame_unrefp) struct frame *f = load(names[i]);
		int first = f ? f->data[0][0] : -1;
		int last = f ? f->data[0][(f->height - 1) * f->stride[0] + f->width * 3 - 1] : -1;

		ok(first == 0 && last == 255, "… of black and white");
	}
}

/* What is told of it may differ from one version of libav to the next: 0 for either. */
static void refused(const char *name, int expected)
{
	struct frame *f = NULL;
	char why[256] = "";
	int r = picture_load(&f, path_of(name), why, sizeof(why));

	ok((expected ? r == expected : r == -EBADMSG || r == -EFBIG) && !f && *why &&
			!strchr(why, '\n') && !strstr(why, "corpus"),
		"%s is refused: %s", *name ? name : "a folder", why);
}

static void test_broken(void)
{
	static const char *const names[] = { "empty", "words", "cut-off.jpg", "cut-off.png",
		"cut-off.ppm", "cut-off.webp", "crc.png", "no-size.png" };
	/* Some decoders miss the data before they want the memory. */
	static const char *const huge[] = { "huge.jpg", "huge.pgm", "huge.png", "wide.jpg",
		"wide.pgm", "wide.webp" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		refused(names[i], -EBADMSG);
	for (size_t i = 0; i < ARRAY_SIZE(huge); i++)
		refused(huge[i], 0);
	refused("wide.png", -EFBIG);
	refused("no-such-file.png", -ENOENT);
	refused("", -EISDIR);
}

static void test_large_file(void)
{
	char path[] = "/tmp/test-picture-XXXXXX", why[256] = "";
	_cleanup_(closep) int fd = mkstemp(path);
	_cleanup_(freep) void *data = calloc(1, PICTURE_BYTES_MAX + 1);
	struct frame *f = NULL;

	ok(fd >= 0 && ftruncate(fd, PICTURE_BYTES_MAX + 1) == 0 && data, "a file too long");
	ok(picture_load(&f, path, why, sizeof(why)) == -EFBIG && *why, "… is refused: %s", why);
	ok(data && picture_decode(&f, data, PICTURE_BYTES_MAX + 1, why, sizeof(why)) == -EFBIG,
		"… and so is as much memory");
	ok(picture_load(&f, "/dev/null", why, sizeof(why)) == -EINVAL, "a device is no picture");
	unlink(path);
}

/* Nothing that ends too early is taken for a picture. */
static void test_truncated(void)
{
	static const char *const names[] = { "bars.png", "bars.ppm", "bars.webp",
		"bars-lossless.webp", "bars-420.jpg", "bars-progressive.jpg", "ramp.pgm",
		"one-bit.pbm" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *data = NULL;
		size_t size = 0, taken = 0;

		ok(file_read(path_of(names[i]), 1 << 16, &data, &size) == 0, "%s", names[i]);
		for (size_t n = 0; n < size; n++) {
			_cleanup_(freep) uint8_t *exact = malloc(n ? n : 1);
			struct frame *f = NULL;
			char why[64];

			if (!exact)
				abort();
			memcpy(exact, data, n);
			taken += picture_decode(&f, exact, n, why, sizeof(why)) != -EBADMSG;
			frame_unref(f);
		}
		ok(taken == 0, "… is refused wherever it is cut off");
	}
}

int main(void)
{
	avlog_capture();
	test_colours();
	test_grey();
	test_one_bit();
	test_broken();
	test_large_file();
	test_truncated();
	return tap_done();
}
