/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pictures are those of test-digits.c; what is guessed of them is sometimes wrong. */
#include "recognize/digits-guess.h"

#include <errno.h>
#include <string.h>

#include "media/picture.h"
#include "tests/tap.h"

#define W 154 /* of one picture in a strip */
#define H 50
#define PICTURES 60

static const struct rect number = { 15, 4, 125, 44 };

struct strip {
	struct frame *frame;
	int n;
	char text[PICTURES][DIGITS_MAX + 1];
};

static bool strip_load(struct strip *s, const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096], why[200] = "";
	_cleanup_(fclosep) FILE *f = NULL;

	snprintf(path, sizeof(path), "%s/tests/data/digits/%s.txt", top ? top : ".", name);
	f = fopen(path, "re");
	while (f && s->n < PICTURES && fscanf(f, "%16s", s->text[s->n]) == 1)
		s->n++;
	snprintf(path, sizeof(path), "%s/tests/data/digits/%s.png", top ? top : ".", name);
	return picture_load(&s->frame, path, why, sizeof(why)) == 0 && s->n * H == s->frame->height;
}

static struct grey view(const struct strip *s, int i)
{
	return (struct grey){
		.width = W,
		.height = H,
		.data = s->frame->data[0] + (ptrdiff_t) i * H * s->frame->stride[0],
		.stride = s->frame->stride[0],
		.step = 3,
		.limited = true,
	};
}

/* Somebody reads a picture, and takes one digit for another. */
static int guess(struct guesses *g, const struct strip *s, int i, const char *from, const char *to)
{
	struct grey picture = view(s, i);
	char text[DIGITS_MAX + 1];

	memcpy(text, s->text[i], sizeof(text));
	for (char *p = text; from && *p; p++)
		if (strchr(from, *p))
			*p = to[strchr(from, *p) - from];
	return guesses_add(g, &picture, number, text);
}

/* Learns all lessons; how many, and whether one of them is wrong. */
static int take_lessons(struct guesses *g, struct digits *d, const struct strip *s, int *ret_wrong)
{
	struct guess_lesson lesson;
	int n = 0;

	*ret_wrong = 0;
	while (guesses_next(g, &lesson)) {
		bool right = false;

		for (int i = 0; i < s->n; i++)
			right |= strcmp(lesson.text, s->text[i]) == 0;
		*ret_wrong += !right;
		(void) digits_learn_guess(d, &lesson.crop->picture, lesson.crop->rect, lesson.text);
		n++;
	}
	return n;
}

static void read_all(const struct digits *d, const struct strip *s, int *ret_read, int *ret_wrong)
{
	struct digits_reading reading;

	*ret_read = *ret_wrong = 0;
	for (int i = 0; i < s->n; i++) {
		struct grey g = view(s, i);

		digits_read(d, &g, number, &reading);
		if (reading.sure && strcmp(reading.text, s->text[i]) == 0)
			++*ret_read;
		else if (reading.sure && s->text[i][0] != '-')
			++*ret_wrong;
	}
}

static bool is_shown(const struct strip *s, int i)
{
	return s->text[i][0] != '-';
}

/* Every fifth guess is wrong in a digit. */
static void test_errors(const struct strip *s, const char *from, const char *to)
{
	_cleanup_(guesses_freep) struct guesses *g = NULL;
	_cleanup_(digits_freep) struct digits *d = NULL;
	int lessons = 0, wrong = 0, read, misread;

	ok(guesses_new(&g) == 0 && digits_new(&d) == 0, "%s taken for %s now and then", from, to);
	for (int i = 0, k = 0; i < s->n; i++) {
		int w;

		if (!is_shown(s, i))
			continue;
		(void) guess(g, s, i, k++ % 5 == 2 ? from : NULL, to);
		lessons += take_lessons(g, d, s, &w);
		wrong += w;
	}
	read_all(d, s, &read, &misread);
	ok(lessons > 5 && wrong == 0, "%d lessons, %d of them wrong", lessons, wrong);
	ok(read > 40 && misread == 0, "%d read, %d wrong", read, misread);
}

/* Always: then either cannot be believed. */
static void test_confusion(const struct strip *s, const char *from, const char *to)
{
	_cleanup_(guesses_freep) struct guesses *g = NULL;
	_cleanup_(digits_freep) struct digits *d = NULL;
	int believed = 0, read, misread;

	ok(guesses_new(&g) == 0 && digits_new(&d) == 0, "%s always taken for %s", from, to);
	for (int i = 0; i < s->n; i++)
		if (is_shown(s, i))
			(void) guess(g, s, i, from, to);
	(void) guesses_count(g, &believed);
	for (struct guess_lesson l; guesses_next(g, &l);)
		(void) digits_learn_guess(d, &l.crop->picture, l.crop->rect, l.text);
	read_all(d, s, &read, &misread);
	ok(misread == 0, "%d believed, %d read, %d wrong", believed, read, misread);
}

static void test_repeated(const struct strip *s)
{
	_cleanup_(guesses_freep) struct guesses *g = NULL;
	struct guess_lesson lesson;

	ok(guesses_new(&g) == 0, "one number");
	ok(guess(g, s, 0, NULL, NULL) == 0 && guess(g, s, 0, NULL, NULL) == 0, "twice");
	ok(guess(g, s, 0, NULL, NULL) == -EALREADY, "more are of no use");
	ok(!guesses_next(g, &lesson), "however often it is read, it is not believed");
}

static void test_nonsense(const struct strip *s)
{
	_cleanup_(guesses_freep) struct guesses *g = NULL;
	struct grey picture = view(s, 0);
	const struct rect outside = { 4000, 4000, 10, 10 }, huge = { 0, 0, 4000, 4000 };

	ok(guesses_new(&g) == 0, "nonsense");
	ok(guesses_add(g, &picture, number, "1") == -EBADMSG &&
			guesses_add(g, &picture, number, "1234567") == -EBADMSG,
		"more or less than is to be seen");
	ok(guesses_add(g, &picture, number, "") == -EINVAL &&
			guesses_add(g, &picture, number, "12a45") == -EINVAL &&
			guesses_add(g, &picture, number, "12345678901234567") == -EINVAL,
		"no number");
	ok(guesses_add(g, &picture, outside, "51544") == -EFBIG &&
			guesses_add(g, &picture, huge, "51544") == -EFBIG,
		"no place for one");
	ok(guesses_count(g, NULL) == 0, "nothing of it is kept");
}

static void test_rewind(const struct strip *s)
{
	_cleanup_(guesses_freep) struct guesses *g = NULL;
	struct guess_lesson lesson;
	int first = 0, again = 0;

	ok(guesses_new(&g) == 0, "tell again");
	for (int i = 0; i < s->n; i++)
		if (is_shown(s, i))
			(void) guess(g, s, i, NULL, NULL);
	while (guesses_next(g, &lesson))
		first++;
	ok(first > 5 && !guesses_next(g, &lesson), "%d lessons, once", first);
	guesses_rewind(g);
	while (guesses_next(g, &lesson))
		again++;
	ok(again == first, "and again");
}

int main(void)
{
	struct strip clean = { 0 }, worn = { 0 };

	ok(strip_load(&clean, "koi-clean") && strip_load(&worn, "koi-worn"), "strips of pictures");
	if (!clean.frame || !worn.frame)
		return tap_done();
	test_errors(&clean, "8", "6");
	test_errors(&worn, "1", "7");
	test_errors(&worn, "3", "8");
	test_confusion(&clean, "8", "6");
	test_confusion(&worn, "3", "5");
	test_repeated(&clean);
	test_nonsense(&clean);
	test_rewind(&worn);
	frame_unref(clean.frame);
	frame_unref(worn.frame);
	return tap_done();
}
