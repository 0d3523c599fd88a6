/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/data/imagehash holds pictures and what ImageHash 4.3.2 on Pillow 9.4 makes of rectangles of
 * them.
 */
#include "recognize/hash.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "media/picture.h"
#include "tests/tap.h"

#define IMAGES_MAX 32

struct image {
	char name[32];
	struct frame *frame;
	uint8_t *pixels;
	struct grey grey;
};

struct images {
	struct image list[IMAGES_MAX];
	int n;
};

static const char *path_of(const char *name)
{
	static char path[4096];
	const char *top = getenv("top_srcdir");

	snprintf(path, sizeof(path), "%s/tests/data/imagehash/%s", top ? top : ".", name);
	return path;
}

static struct grey grey_over(const uint8_t *pixels, int width, int height)
{
	return (struct grey){
		.width = width, .height = height, .data = pixels, .stride = width, .step = 1
	};
}

static const struct grey *image_of(struct images *images, const char *name)
{
	struct image *i = images->list;
	char why[128];

	for (; i < images->list + images->n; i++) {
		if (strcmp(i->name, name) == 0)
			return &i->grey;
	}
	if (images->n == IMAGES_MAX || picture_load(&i->frame, path_of(name), why, sizeof(why)) < 0)
		return NULL;
	images->n++;
	snprintf(i->name, sizeof(i->name), "%s", name);
	i->pixels = calloc((size_t) i->frame->width, (size_t) i->frame->height);
	if (!i->pixels || grey_from_rgb(i->frame, i->pixels) < 0)
		abort();
	i->grey = grey_over(i->pixels, i->frame->width, i->frame->height);
	return &i->grey;
}

static void images_free(struct images *images)
{
	for (int i = 0; i < images->n; i++) {
		frame_unref(images->list[i].frame);
		free(images->list[i].pixels);
	}
}

/* Returns whether it is equal. */
static bool check_vector(struct images *images, json_t *v)
{
	const char *name, *algo_name, *hex;
	char text[HASH_TEXT_MAX] = "";
	const struct grey *grey;
	enum hash_algo algo;
	struct hash h, back;
	struct rect r;
	int size;

	if (json_unpack(v, "{s:s, s:i, s:i, s:i, s:i, s:s, s:i, s:s}", "image", &name, "x", &r.x,
		    "y", &r.y, "w", &r.w, "h", &r.h, "algo", &algo_name, "hash_size", &size, "hex",
		    &hex) < 0)
		return false;
	grey = image_of(images, name);
	if (!grey || hash_algo_from_name(algo_name, &algo) < 0 ||
		hash_compute(&h, algo, size, grey, r) < 0)
		return false;
	hash_to_text(&h, text);
	if (strcmp(text, hex) != 0) {
		printf("# %s %s %d, %d,%d %dx%d: %s, not %s\n", name, algo_name, size, r.x, r.y,
			r.w, r.h, hex, text);
		return false;
	}
	return hash_from_text(&back, algo, size, hex) == 0 && hash_distance(&h, &back) == 0;
}

static void test_vectors(void)
{
	json_t *vectors = json_load_file(path_of("vectors.json"), 0, NULL);
	struct images images = { 0 };
	size_t n = 0, equal = 0;
	json_t *v;

	json_array_foreach(vectors, n, v) equal += check_vector(&images, v);
	ok(n == 446 && equal == n, "%zu of %zu hashes are those of ImageHash", equal, n);
	json_decref(vectors);
	images_free(&images);
}

static void test_names(void)
{
	enum hash_algo algo;

	ok(hash_algo_from_name("phash", &algo) == 0 && algo == HASH_PHASH &&
			strcmp(hash_algo_name(HASH_AHASH), "ahash") == 0,
		"algorithms have names");
	ok(hash_algo_from_name("whash", &algo) == -EINVAL &&
			hash_algo_from_name("", &algo) == -EINVAL,
		"others do not");
}

static bool same_text(enum hash_algo algo, int size, const struct grey *g, const char *expected)
{
	struct rect whole = { 0, 0, g->width, g->height };
	char text[HASH_TEXT_MAX];
	struct hash h;

	if (hash_compute(&h, algo, size, g, whole) < 0)
		return false;
	hash_to_text(&h, text);
	if (strcmp(text, expected) != 0)
		printf("# %s\n", text);
	return strcmp(text, expected) == 0;
}

/* One colour has no frequencies, and rounding must not invent any. */
static void test_flat(void)
{
	uint8_t pixels[50 * 40], wedge[9 * 3];
	struct grey g = grey_over(pixels, 50, 40);
	int wrong = 0;

	for (int v = 0; v < 256; v++) {
		memset(pixels, v, sizeof(pixels));
		wrong += !same_text(HASH_PHASH, 8, &g, v ? "8000000000000000" : "0000000000000000");
		wrong += !same_text(HASH_DHASH, 8, &g, "0000000000000000");
		wrong += !same_text(HASH_AHASH, 8, &g, "0000000000000000");
	}
	ok(wrong == 0, "one colour, whichever");
	for (int i = 0; i < 27; i++)
		wedge[i] = (uint8_t) (i % 9 * 20);
	g = grey_over(wedge, 9, 3);
	ok(same_text(HASH_DHASH, 8, &g, "ffffffffffffffff"), "brighter to the right is 1");
	ok(same_text(HASH_DHASH, 3, &g, "1ff"), "9 bits are three digits, the first one short");
	ok(same_text(HASH_AHASH, 2, &g, "5"), "4 bits are one");
}

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t) (i * 89 + i * i / 50);
}

/* Packed luma of limited range beyond the picture's edge is what grey_copy() makes of it. */
static void test_view(void)
{
	static uint8_t packed[2 * 60 * 50], copy[48 * 40];
	struct grey g = { .width = 60,
		.height = 50,
		.data = packed + 1,
		.stride = 2 * 60,
		.step = 2,
		.limited = true };
	struct grey c = grey_over(copy, 48, 40);
	struct rect r = { 30, -7, 48, 40 }, whole = { 0, 0, 48, 40 };
	int wrong = 0;

	fill(packed, sizeof(packed));
	grey_copy(&g, r, copy);
	for (int algo = 0; algo < _HASH_ALGO_MAX; algo++) {
		struct hash a, b;

		wrong += hash_compute(&a, (enum hash_algo) algo, 8, &g, r) != 0;
		wrong += hash_compute(&b, (enum hash_algo) algo, 8, &c, whole) != 0;
		wrong += hash_distance(&a, &b);
	}
	ok(wrong == 0, "a view and its copy have the same hash");
	r = (struct rect){ INT_MAX, INT_MIN, 20, 20 };
	wrong = hash_compute(&(struct hash){ 0 }, HASH_DHASH, 8, &g, r);
	r = (struct rect){ INT_MIN, INT_MAX, 20, 20 };
	wrong |= hash_compute(&(struct hash){ 0 }, HASH_DHASH, 8, &g, r);
	ok(wrong == 0, "far outside");
}

static void test_hasher(void)
{
	static uint8_t pixels[64 * 64];
	struct grey g = grey_over(pixels, 64, 64);
	static const struct rect rects[] = { { 0, 0, 64, 64 }, { 5, 6, 20, 30 }, { 7, 8, 20, 30 },
		{ 0, 0, 1, 1 }, { 0, 0, 64, 64 } };
	_cleanup_(hasher_freep) struct hasher *h = NULL;
	int wrong = 0;

	fill(pixels, sizeof(pixels));
	ok(hasher_new(&h, HASH_PHASH, 8) == 0, "a hasher");
	for (size_t i = 0; i < ARRAY_SIZE(rects); i++) {
		struct hash a, b;

		wrong += hasher_run(h, &a, &g, rects[i]) != 0;
		wrong += hash_compute(&b, HASH_PHASH, 8, &g, rects[i]) != 0;
		wrong += hash_distance(&a, &b);
	}
	ok(wrong == 0, "one hasher takes every size in turn");
	ok(hasher_run(h, &(struct hash){ 0 }, &g, (struct rect){ 0, 0, 0, 5 }) == -EINVAL &&
			hasher_run(h, &(struct hash){ 0 }, &g, (struct rect){ 0, 0, 5, -1 }) ==
				-EINVAL &&
			hasher_run(h, &(struct hash){ 0 }, &g,
				(struct rect){ 0, 0, FRAME_SIDE_MAX + 1, 5 }) == -EINVAL,
		"sizes out of range are refused");
	ok(hasher_run(h, &(struct hash){ 0 }, &g, rects[1]) == 0, "… and it goes on");
}

static void test_limits(void)
{
	static uint8_t pixels[16];
	struct grey g = grey_over(pixels, 4, 4);
	struct rect r = { 0, 0, FRAME_SIDE_MAX, 4 };
	struct hash h;
	int wrong = 0;

	memset(pixels, 255, sizeof(pixels));
	for (int algo = 0; algo < _HASH_ALGO_MAX; algo++)
		for (int size = HASH_SIZE_MIN; size <= HASH_SIZE_MAX; size++)
			wrong += hash_compute(&h, (enum hash_algo) algo, size, &g, r) != 0;
	ok(wrong == 0, "all sizes of hashes, of the widest rectangle");
	ok(hash_compute(&h, HASH_DHASH, HASH_SIZE_MIN - 1, &g, r) == -EINVAL &&
			hash_compute(&h, HASH_DHASH, HASH_SIZE_MAX + 1, &g, r) == -EINVAL &&
			hash_compute(&h, HASH_DHASH, INT_MAX, &g, r) == -EINVAL &&
			hash_compute(&h, _HASH_ALGO_MAX, 8, &g, r) == -EINVAL,
		"others are refused");
}

/* The sum of the widest line's white samples fits, with every sample counting for each output. */
static void test_widest(void)
{
	uint8_t *pixels = malloc((size_t) FRAME_SIDE_MAX * 3);
	struct grey g = grey_over(pixels, FRAME_SIDE_MAX, 3);

	if (!pixels)
		abort();
	memset(pixels, 255, (size_t) FRAME_SIDE_MAX * 3);
	ok(same_text(HASH_DHASH, 2, &g, "0") && same_text(HASH_PHASH, 2, &g, "8") &&
			same_text(HASH_AHASH, 2, &g, "0"),
		"the widest white line stays white");
	free(pixels);
}

static void test_text(void)
{
	static const struct {
		int size;
		const char *text;
		int result;
	} cases[] = { { 8, "00ff00ff12345678", 0 }, { 8, "ABCDEF0012345678", 0 },
		{ 8, "00ff00ff1234567", -EINVAL }, { 8, "00ff00ff123456789", -EINVAL },
		{ 8, "00ff00ff1234567g", -EINVAL }, { 8, "", -EINVAL }, { 3, "1ff", 0 },
		{ 3, "2ff", -EINVAL }, { 1, "1", -EINVAL }, { 33, "1", -EINVAL } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[HASH_TEXT_MAX] = "";
		struct hash h;
		int r = hash_from_text(&h, HASH_DHASH, cases[i].size, cases[i].text);

		if (r == 0)
			hash_to_text(&h, text);
		ok(r == cases[i].result && (r < 0 || strcasecmp(text, cases[i].text) == 0),
			"\"%s\" of %d bits a side: %s", cases[i].text, cases[i].size,
			r == 0 ? "read" : "refused");
	}
}

static void test_distance(void)
{
	struct hash a, b;

	ok(hash_from_text(&a, HASH_DHASH, 16,
		   "8000000000000000000000000000000000000000000000000000000000000000") == 0 &&
			hash_from_text(&b, HASH_DHASH, 16,
				"000000000000000000000000000000000000000000000000000000000000000"
				"7") == 0,
		"two hashes of 256 bits");
	ok(hash_distance(&a, &b) == 4 && hash_distance(&a, &a) == 0, "… differ in 4");
}

int main(void)
{
	test_vectors();
	test_names();
	test_flat();
	test_view();
	test_hasher();
	test_limits();
	test_widest();
	test_text();
	test_distance();
	return tap_done();
}
