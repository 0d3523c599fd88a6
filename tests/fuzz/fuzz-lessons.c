/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a file of learnt digits: what is accepted keeps to its limits, can be taught from,
 * and is written so that it is read as the same; what is refused is explained in one line.
 */
#include <errno.h>
#include <string.h>

#include "detector/lessons.h"
#include "tests/fuzz/fuzz.h"

static void on_refused(const char *why, void *userdata)
{
	(void) userdata;
	must(*why);
}

static void check_lesson(const struct lesson *l)
{
	const struct grey *g = &l->crop.picture;

	must(*l->text && strlen(l->text) <= DIGITS_MAX);
	must(g->width > 0 && g->height > 0 && g->width * g->height <= CROP_BYTES_MAX);
	must(l->crop.rect.w > 0 && l->crop.rect.w <= CROP_SIDE_MAX);
	must(l->crop.rect.h > 0 && l->crop.rect.h <= CROP_SIDE_MAX);
}

static void check_again(const struct lessons *l, const struct rules *rules)
{
	_cleanup_(lessons_freep) struct lessons *again = NULL;
	_cleanup_(freep) char *text = NULL, *twice = NULL;
	char why[LESSONS_WHY_SIZE];
	size_t n, m;

	text = lessons_format(l, &n);
	must(text && n <= LESSONS_TEXT_MAX);
	must(lessons_parse(&again, rules, text, n, why, sizeof(why)) == 0);
	twice = lessons_format(again, &m);
	must(twice && n == m && memcmp(text, twice, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules rules = { .width = 640,
		.height = 480,
		.n_numbers = 2,
		.numbers = { { .name = (char *) "CREDIT", .rect = { 130, 428, 125, 44 } },
			{ .name = (char *) "BET", .rect = { 0, 0, 50, 20 } } } };
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	char why[LESSONS_WHY_SIZE] = "";
	int err = lessons_parse(&l, &rules, (const char *) data, size, why, sizeof(why));

	must(err == 0 || err == -EBADMSG || err == -ENOTSUP || err == -EFBIG);
	must((err == 0) == (l != NULL) && (err == 0) == !*why);
	for (const char *c = why; *c; c++)
		must((unsigned char) *c >= ' ' && *c != 0x7f);
	if (!l)
		return 0;
	for (int n = 0; n < rules.n_numbers; n++) {
		must(lessons_count(l, n) <= LESSONS_MAX);
		for (int i = 0; i < lessons_count(l, n); i++)
			check_lesson(lessons_get(l, n, i));
	}
	check_again(l, &rules);
	must(recogniser_new(&r, &rules) == 0);
	must(lessons_teach(l, r, on_refused, NULL) == 0);
	return 0;
}
