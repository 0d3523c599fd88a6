/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learnt digits on disk: what is written teaches again, and what is broken is refused by name. */
#include "detector/lessons.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/tree.h"
#include "detector/references.h"
#include "media/picture.h"
#include "tests/tap.h"

#define W 154 /* of one picture in a strip, see test-digits.c */
#define H 50
#define PICTURES 16
#define ALL_DIGITS 0x3ffU

static const struct rect place = { 15, 4, 125, 44 };

static struct number number = { .name = (char *) "CREDIT", .rect = { 15, 4, 125, 44 } };
static struct rules rules = { .width = W, .height = H, .n_numbers = 1 };
static struct frame *strip;
static char texts[PICTURES][DIGITS_MAX + 1];
static char why[LESSONS_WHY_SIZE];

static void load_strip(void)
{
	const char *top = getenv("top_srcdir");
	_cleanup_(fclosep) FILE *f = NULL;
	char path[4096];
	int n = 0;

	snprintf(path, sizeof(path), "%s/tests/data/digits/koi-clean-refs.png", top ? top : ".");
	ok(picture_load(&strip, path, why, sizeof(why)) == 0, "pictures %s", why);
	snprintf(path, sizeof(path), "%s/tests/data/digits/koi-clean-refs.txt", top ? top : ".");
	f = fopen(path, "re");
	while (f && n < PICTURES && fscanf(f, "%16s", texts[n]) == 1)
		n++;
	*why = '\0';
}

static struct grey view(int i)
{
	return (struct grey){ W, H, strip->data[0] + (ptrdiff_t) i * H * strip->stride[0],
		strip->stride[0], 3, true };
}

/* All pictures of the strip with a number; how many were kept. */
static int fill(struct lessons *l)
{
	int kept = 0;

	for (int i = 0; i < PICTURES && texts[i][0]; i++) {
		struct grey g = view(i);

		if (texts[i][0] != '-')
			kept += lessons_add(l, 0, &g, place, texts[i]) == 0;
	}
	return kept;
}

static void on_refused(const char *text, void *userdata)
{
	int *n = userdata;

	++*n;
	snprintf(why, sizeof(why), "%s", text);
}

/* What a recogniser that knows nothing knows then; refused: how many are not believed. */
static unsigned taught(struct lessons *l, int *refused)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;

	*refused = 0;
	if (recogniser_new(&r, &rules) < 0 || lessons_teach(l, r, on_refused, refused) < 0)
		return 0;
	return recogniser_known_digits(r, 0);
}

/* --- keeping --- */

static void test_keep(void)
{
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	struct grey g = view(0);
	static uint8_t large[2][3000];
	const struct grey wide = { 3000, 2, large[0], 3000, 1, false };
	int n;

	ok(lessons_new(&l, &rules) == 0 && lessons_count(l, 0) == 0 && lessons_digits(l, 0) == 0,
		"none yet");
	ok(lessons_add(l, 0, &g, place, "") == -EINVAL &&
			lessons_add(l, 0, &g, place, "  ") == -EINVAL &&
			lessons_add(l, 0, &g, place, "12x") == -EINVAL &&
			lessons_add(l, 0, &g, place, "12345678901234567") == -EINVAL &&
			lessons_add(l, 1, &g, place, "1") == -EINVAL &&
			lessons_add(l, -1, &g, place, "1") == -EINVAL,
		"nonsense");
	ok(lessons_add(l, 0, &wide, (struct rect){ 0, 0, 3000, 2 }, "1") == -EFBIG, "too large");
	n = fill(l);
	ok(n >= 4 && lessons_digits(l, 0) == ALL_DIGITS, "%d pictures hold all digits", n);
	ok(lessons_add(l, 0, &g, place, "1234,567.89") == 0 &&
			lessons_add(l, 0, &g, place, "1,.") == 0 &&
			lessons_add(l, 0, &g, place, "1,.") == -EALREADY,
		"two of each character are enough");
	while (lessons_count(l, 0) > 0)
		lessons_remove(l, 0, 0);
	ok(lessons_digits(l, 0) == 0 && fill(l) == n, "removed, and again");
}

/* The most that a number can have: so a file cannot grow. */
static void test_bounds(void)
{
	static const char *const each[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ",",
		"." };
	static uint8_t pixels[400][600];
	const struct grey small = view(0), g = { 600, 400, pixels[0], 600, 1, false };
	_cleanup_(lessons_freep) struct lessons *l = NULL, *again = NULL;
	_cleanup_(freep) char *text = NULL;
	size_t size = 0;
	int n = 0, full = 0;

	if (lessons_new(&l, &rules) < 0 || lessons_new(&again, &rules) < 0)
		return;
	for (int i = 0; i < 100; i++)
		n += lessons_add(l, 0, &small, place, each[i % 12]) == 0;
	ok(n == LESSONS_MAX && lessons_count(l, 0) == LESSONS_MAX, "%d and no more", n);
	for (n = 0; n < 24; n++)
		full += lessons_add(again, 0, &g, (struct rect){ 50, 50, 500, 300 },
				each[n % 12]) == -ENOSPC;
	n = lessons_count(again, 0);
	ok(full > 0 && n > 10, "%d large ones, no room for %d", n, full);
	text = lessons_format(again, &size);
	ok(text && size < LESSONS_TEXT_MAX, "their file has %zu bytes", size);
}

/* --- the text --- */

static int parse(const char *text, size_t size, struct lessons **ret)
{
	_cleanup_(freep) char *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, text, size);
	*why = '\0';
	*ret = NULL;
	return lessons_parse(ret, &rules, exact, size, why, sizeof(why));
}

static void test_round_trip(void)
{
	_cleanup_(lessons_freep) struct lessons *l = NULL, *again = NULL;
	_cleanup_(freep) char *text = NULL, *twice = NULL;
	const struct lesson *a, *b;
	size_t size = 0, m = 0;
	int refused;

	if (lessons_new(&l, &rules) < 0 || fill(l) == 0)
		return;
	text = lessons_format(l, &size);
	ok(text && parse(text, size, &again) == 0, "written and read %s", why);
	if (!again)
		return;
	a = lessons_get(l, 0, 1);
	b = lessons_get(again, 0, 1);
	ok(lessons_count(again, 0) == lessons_count(l, 0) && strcmp(a->text, b->text) == 0 &&
			a->crop.picture.width == b->crop.picture.width &&
			a->crop.picture.limited == b->crop.picture.limited &&
			memcmp(&a->crop.rect, &b->crop.rect, sizeof(struct rect)) == 0 &&
			memcmp(a->crop.pixels, b->crop.pixels,
				(size_t) a->crop.picture.width * (size_t) a->crop.picture.height) ==
				0,
		"the same to the bit");
	twice = lessons_format(again, &m);
	ok(twice && m == size && memcmp(text, twice, size) == 0, "and written the same");
	ok(taught(again, &refused) == ALL_DIGITS && refused == 0, "it teaches all digits");
	for (size_t n = 0, wrong = 0; n < size; n += 997) {
		_cleanup_(lessons_freep) struct lessons *cut = NULL;

		wrong += parse(text, n, &cut) != -EBADMSG;
		if (n + 997 >= size)
			ok(wrong == 0, "cut off anywhere: refused");
	}
}

#define HEAD "{ \"format\": 1, \"version\": 1, \"numbers\": { "
#define CREDIT HEAD "\"CREDIT\": { \"screen\": [154, 50], \"rect\": [15, 4, 125, 44], "
#define PICTURE CREDIT "\"pictures\": [ { \"shows\": \"12\", \"size\": [2, 2], "
#define TAIL " } ] } } }"

static void test_broken(void)
{
	static const struct {
		const char *text, *word;
		int r;
	} bad[] = {
		{ "", "line 1", -EBADMSG },
		{ "[]", "format", -EBADMSG },
		{ "{}", "format", -EBADMSG },
		{ "{ \"format\": 2 }", "format 2 is of a later version", -ENOTSUP },
		{ "{ \"format\": 1 }", "version", -EBADMSG },
		{ "{ \"format\": 1, \"version\": 2 }", "version 2 is of a later", -ENOTSUP },
		{ "{ \"format\": 1, \"version\": 1 }", "numbers", -EBADMSG },
		{ HEAD "\"a b\": {} } }", "no name", -EBADMSG },
		{ HEAD "\"x\\u001b[2J\": {} } }", "?[2J", -EBADMSG },
		{ HEAD "\"A\":{},\"B\":{},\"C\":{},\"D\":{},\"E\":{},\"F\":{},\"G\":{},\"H\":{},"
		       "\"I\":{} } }",
			"at most 8", -EBADMSG },
		{ HEAD "\"CREDIT\": { \"screen\": [154] } } }", "screen", -EBADMSG },
		{ HEAD "\"CREDIT\": { \"screen\": [154, 99999] } } }", "screen", -EBADMSG },
		{ HEAD "\"CREDIT\": { \"screen\": [154, 50], \"rect\": [0,0,0,1] } } }", "rect",
			-EBADMSG },
		{ CREDIT "\"pictures\": {} } } }", "pictures", -EBADMSG },
		{ CREDIT "\"pictures\": [ 7 ] } } }", "pictures[0]: shows", -EBADMSG },
		{ CREDIT "\"pictures\": [ { \"shows\": \"1a\" } ] } } }", "shows", -EBADMSG },
		{ CREDIT "\"pictures\": [ { \"shows\": \"1\", \"size\": [4000, 4000] } ] } } }",
			"size", -EBADMSG },
		{ CREDIT "\"pictures\": [ { \"shows\": \"1\", \"size\": [0, 1] } ] } } }", "size",
			-EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 1]" TAIL, "rect", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 3000, 1]" TAIL, "rect", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 2, 2]" TAIL, "limited", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 2, 2], \"limited\": true" TAIL, "4 bytes", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 2, 2], \"limited\": true, \"grey\": \"AAAA\"" TAIL,
			"4 bytes", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 2, 2], \"limited\": true, \"grey\": \"AAAAA===\"" TAIL,
			"base64", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 2, 2], \"limited\": true, \"grey\": \"AAAAAB==\"" TAIL,
			"base64", -EBADMSG },
		{ PICTURE "\"rect\": [0, 0, 2, 2], \"limited\": true, \"grey\": \"AA-AAA==\"" TAIL,
			"base64", -EBADMSG },
	};
	static const char good[] = PICTURE "\"rect\": [0, 0, 2, 2], \"limited\": true, "
					   "\"grey\": \"AQIDBA==\"" TAIL;
	struct lessons *l;
	int refused;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int r = parse(bad[i].text, strlen(bad[i].text), &l);

		ok(r == bad[i].r && !l && strstr(why, bad[i].word), "%d: %s", r, why);
	}
	ok(parse(good, strlen(good), &l) == 0 && lessons_count(l, 0) == 1 &&
			lessons_get(l, 0, 0)->crop.pixels[3] == 4,
		"without a fault %s", why);
	ok(l && taught(l, &refused) == 0 && refused == 1 && lessons_count(l, 0) == 0,
		"in which nothing is to be seen: %s", why);
	lessons_free(l);
}

/* For which number it is. */
static void test_place(void)
{
	static struct number others[] = { { .name = (char *) "CREDIT", .rect = { 15, 4, 100, 44 } },
		{ .name = (char *) "BET", .rect = { 15, 4, 125, 44 } },
		{ .name = (char *) "CREDIT", .rect = { 150, 40, 1250, 440 } } };
	static const int scale[] = { 1, 1, 10 };
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	_cleanup_(freep) char *text = NULL;
	size_t size = 0;

	if (lessons_new(&l, &rules) < 0 || fill(l) == 0)
		return;
	text = lessons_format(l, &size);
	for (int i = 0; text && i < 3; i++) {
		struct rules other = { .width = W * scale[i],
			.height = H * scale[i],
			.n_numbers = 1,
			.numbers = { others[i] } };
		_cleanup_(lessons_freep) struct lessons *found = NULL;
		int r = lessons_parse(&found, &other, text, size, why, sizeof(why));

		if (i < 2)
			ok(r == 0 && lessons_count(found, 0) == 0 &&
					strcmp(lessons_left_out(found), "CREDIT") == 0,
				"another %s: left out", i ? "name" : "place");
		else
			ok(r == 0 && lessons_count(found, 0) == lessons_count(l, 0) &&
					!lessons_left_out(found),
				"the same place on a larger screen");
	}
}

/* --- who is believed --- */

static void test_never_over_references(void)
{
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	struct grey first = view(0), second = view(1);
	int refused = 0;

	if (lessons_new(&l, &rules) < 0 || recogniser_new(&r, &rules) < 0)
		return;
	ok(lessons_add(l, 0, &first, place, "423156") == 0 &&
			lessons_add(l, 0, &second, place, texts[1]) == 0,
		"a lie and a truth");
	ok(recogniser_teach_number(r, 0, &first, place, texts[0], false) == 0,
		"a reference shows %s", texts[0]);
	ok(lessons_teach(l, r, on_refused, &refused) == 0 && refused == 1 &&
			strstr(why, "CREDIT") && strstr(why, "423156"),
		"%s", why);
	ok(lessons_count(l, 0) == 1 && strcmp(lessons_get(l, 0, 0)->text, texts[1]) == 0,
		"it goes, the other one stays");
	ok(recogniser_known_digits(r, 0) == ALL_DIGITS, "all digits are known");
}

/* --- the file --- */

static int save(struct lessons *l)
{
	struct lessons_image i = { .fd = -1 };
	int r = lessons_image(l, &i);

	if (r < 0)
		return r;
	r = lessons_image_write(&i);
	lessons_image_done(l, &i);
	lessons_image_deinit(&i);
	return r;
}

static void put_text(const char *path, const char *text)
{
	if (file_write(path, text, strlen(text), 0644, 0) < 0)
		abort();
}

static bool has_text(const char *path, const char *text)
{
	_cleanup_(freep) char *found = NULL;

	return file_read(path, LESSONS_TEXT_MAX, &found, NULL) == 0 && strcmp(found, text) == 0;
}

static void test_file(void)
{
	_cleanup_(lessons_freep) struct lessons *l = NULL, *again = NULL;
	struct stat st;

	ok(lessons_open(&l, &rules, "refs", why, sizeof(why)) == 0 && lessons_count(l, 0) == 0,
		"no folder");
	ok(fill(l) > 0 && save(l) == 0 && save(l) == 0, "is made when there is something to keep");
	ok(stat("refs/digits.json", &st) == 0 && (st.st_mode & 0777) == 0644, "as a file for all");
	ok(lessons_open(&again, &rules, "refs", why, sizeof(why)) == 0 &&
			lessons_count(again, 0) == lessons_count(l, 0),
		"and read %s", why);
	/* A game pack is put in its place. */
	ok(rename("refs", "refs.before") == 0 && mkdir("refs", 0755) == 0 &&
			unlink("refs.before/digits.json") == 0 && save(again) == 0 &&
			access("refs/digits.json", F_OK) < 0 &&
			access("refs.before/digits.json", F_OK) == 0,
		"what was learnt goes where it belongs, not to another game");
	again = lessons_free(again);
	ok(rmdir("refs") == 0 && lessons_open(&again, &rules, "refs", why, sizeof(why)) == 0 &&
			fill(again) > 0 && mkdir("refs", 0755) == 0 && save(again) == -EEXIST &&
			access("refs/digits.json", F_OK) < 0,
		"nor into a folder that somebody else has made since");
	again = lessons_free(again);
	ok(lessons_open(&again, &rules, "no/refs", why, sizeof(why)) == 0 && fill(again) > 0 &&
			save(again) == -ENOENT,
		"nowhere");
}

static void test_refused(void)
{
	static const char later[] = "{ \"format\": 7 }";
	_cleanup_(lessons_freep) struct lessons *l = NULL;

	put_text("refs/digits.json", later);
	ok(lessons_open(&l, &rules, "refs", why, sizeof(why)) == -ENOTSUP && !l, "%s", why);
	ok(lessons_open_anew(&l, &rules, "refs") == 0 && lessons_count(l, 0) == 0 &&
			has_text("refs/digits.json", later),
		"anew");
	ok(fill(l) > 0 && save(l) == 0 && has_text("refs/digits.json.refused", later),
		"what was refused is kept");
	ok(save(l) == 0 && has_text("refs/digits.json.refused", later), "once");
	l = lessons_free(l);
	ok(lessons_open(&l, &rules, "refs", why, sizeof(why)) == 0 && lessons_count(l, 0) > 0,
		"the new one can be used");
	l = lessons_free(l);
	ok(truncate("refs/digits.json", LESSONS_TEXT_MAX + 1) == 0 &&
			lessons_open(&l, &rules, "refs", why, sizeof(why)) == -EFBIG && *why,
		"%s", why);
	ok(unlink("refs/digits.json") == 0 && mkdir("refs/digits.json", 0755) == 0 &&
			lessons_open(&l, &rules, "refs", why, sizeof(why)) == -EISDIR && *why,
		"%s", why);
	ok(rmdir("refs/digits.json") == 0, "away with it");
}

/* --- with references --- */

struct told {
	char path[256], why[LESSONS_WHY_SIZE];
	int n;
	struct lessons *lessons;
};

static void on_warned(const char *path, const char *text, void *userdata)
{
	struct told *t = userdata;

	snprintf(t->path, sizeof(t->path), "%s", path);
	snprintf(t->why, sizeof(t->why), "%s", text);
	t->n++;
}

static void on_lessons(struct lessons *l, void *userdata)
{
	struct told *t = userdata;

	t->lessons = l;
}

static unsigned load(struct told *t)
{
	const struct references_hooks hooks = {
		.skipped = on_warned, .warned = on_warned, .lessons = on_lessons, .userdata = t
	};
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	struct references_count count;

	*t = (struct told){ 0 };
	if (recogniser_new(&r, &rules) < 0 ||
		references_load(r, &rules, "refs", NULL, &hooks, &count) < 0)
		return 0;
	return recogniser_known_digits(r, 0);
}

static void test_references(void)
{
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	struct told t;

	if (lessons_open(&l, &rules, "refs", why, sizeof(why)) < 0 || fill(l) == 0 || save(l) < 0)
		return;
	ok(load(&t) == ALL_DIGITS && t.n == 0 && lessons_count(t.lessons, 0) > 0,
		"read with the references %s", t.why);
	lessons_free(t.lessons);
	put_text("refs/digits.json", "{ \"format\": 1, ");
	ok(load(&t) == 0 && t.n == 1 && strcmp(t.path, "refs/digits.json") == 0 &&
			lessons_count(t.lessons, 0) == 0,
		"%s: %s", t.path, t.why);
	lessons_free(t.lessons);
	put_text("refs/digits.json", HEAD "\"BET\": { \"screen\": [154, 50], \"rect\": "
					  "[15, 4, 125, 44], \"pictures\": [] } } }");
	ok(load(&t) == 0 && t.n == 1 && strstr(t.why, "BET"), "%s: %s", t.path, t.why);
	lessons_free(t.lessons);
}

int main(void)
{
	char folder[] = "/tmp/test-lessons.XXXXXX";

	rules.numbers[0] = number;
	load_strip();
	if (!strip || !mkdtemp(folder) || chdir(folder) < 0)
		return tap_done();
	test_keep();
	test_bounds();
	test_round_trip();
	test_broken();
	test_place();
	test_never_over_references();
	test_file();
	test_refused();
	test_references();
	frame_unref(strip);
	(void) !chdir("/");
	(void) tree_remove_at(AT_FDCWD, folder);
	return tap_done();
}
