/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/digits-filter.h"

#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

#define NUMBERS 1000
#define PICTURES 4 /* of each number */

static bool push_seen(struct digits_filter *f, const char *seen, double contrast)
{
	struct digits_reading r = { .sure = *seen && !strchr(seen, DIGITS_UNSURE),
		.contrast = contrast };

	snprintf(r.seen, sizeof(r.seen), "%s", seen);
	if (r.sure)
		snprintf(r.text, sizeof(r.text), "%s", seen);
	return digits_filter_push(f, &r);
}

static bool push(struct digits_filter *f, const char *seen)
{
	return push_seen(f, seen, 1);
}

/* Pushes what is seen in picture after picture, joined by spaces. Which of them, from 1 on, is the
 * first to show the answer; 0: none is. */
static int first_shown(int need, const char *pictures)
{
	struct digits_filter f = { .need = need };
	char text[512], *save, *p;
	int n = 0;

	snprintf(text, sizeof(text), "%s", pictures);
	for (p = strtok_r(text, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		n++;
		(void) push(&f, strcmp(p, "-") == 0 ? "" : p);
		if (f.shown)
			return n;
	}
	return 0;
}

static void test_whole(void)
{
	struct digits_filter f = { .need = 3 }, quick = { 0 };

	ok(!push(&f, "12") && !push(&f, "12") && !f.text[0] && !f.shown,
		"two readings are not enough");
	ok(push(&f, "12") && strcmp(f.text, "12") == 0 && f.shown, "three are");
	ok(!push(&f, "12") && f.shown, "more change nothing");
	ok(!push(&f, "13") && !f.shown && !push(&f, "13") && !push_seen(&f, "", 0) &&
			!push(&f, "13") && !push(&f, "13") && strcmp(f.text, "12") == 0,
		"a picture without a number begins anew");
	ok(push(&f, "13") && strcmp(f.text, "13") == 0, "then it changes");
	for (int i = 0; i < 10; i++)
		ok(!push_seen(&f, "", 0) && !f.shown, "no answer is no change");
	ok(strcmp(f.text, "13") == 0, "the answer stays");
	ok(!push_seen(&f, "14", 0.5) && !push_seen(&f, "14", 0.6) && !push_seen(&f, "14", 0.7) &&
			!push_seen(&f, "14", 0.8) && strcmp(f.text, "13") == 0,
		"a number that fades in does not count");
	ok(!push_seen(&f, "14", 0.81) && push_seen(&f, "14", 0.8), "until it stays");
	ok(push(&quick, "1") && !push(&quick, "1") && push_seen(&quick, "2", 0.6) && quick.shown,
		"one is enough when nothing else is asked for");
	ok(!push(&quick, "?") && !quick.shown && !push(&quick, "") && !quick.shown,
		"but a whole one");
}

static void test_digits(void)
{
	ok(first_shown(2, "1234 1234") == 2, "twice the same");
	ok(first_shown(2, "12?4 1234 123? 1?34 1234") == 5,
		"each digit was read twice in a row, though never all of them");
	ok(first_shown(2, "1?34 1?34 ?234 ?234 1234") == 5, "and all of them once");
	ok(first_shown(2, "1?34 1?34 ?234 ?234 1?34 ?234") == 0,
		"never all of them in one picture: never told");
	ok(first_shown(2, "1234 123? 1234 123? 1234 123?") == 0,
		"a digit that is never read twice in a row");
	ok(first_shown(2, "1234 123? 1234 1234") == 4, "until it is");
	ok(first_shown(3, "123? 123? 1234 ?234 1?34 1234") == 6, "the others go on meanwhile");
	ok(first_shown(2, "???? 1234 1234") == 3, "nothing readable at first");
	ok(first_shown(2, "1234 - 1234 1234") == 4, "no line at all begins anew");
	ok(first_shown(2, "123 1234 1234") == 3, "another length is another number");
	ok(first_shown(2, "1,234 1,234") == 2 && first_shown(2, "1,2?4 1,234 1.234") == 0,
		"marks are as good as digits");
	ok(first_shown(2, "1234 1235 1234 1235 1234 1235") == 0, "in turns: neither");
}

static void test_hold(void)
{
	ok(first_shown(2, "?234 ?234 1??? 1??? 1234") == 5, "a digit is held for a while");
	ok(first_shown(2, "?234 ?234 1??? 1??? 1??? 1??? 1234") == 7 &&
			first_shown(2, "?234 ?234 1??? 1??? 1??? 1??? 1??? 1234") == 0,
		"not for ever");
	ok(first_shown(2, "?234 ?234 1??? 1??? 1??? 1??? 1??? 1235 1234 1234") == 10,
		"and what it was still contradicts");
}

/* 1299 becomes 1300, and for one look the 3 is taken for the 2 it was. */
static void test_never_mixed(void)
{
	ok(first_shown(2, "1299 1299") == 2, "1299 is told");
	ok(first_shown(2, "12?9 1299 1?00 1?00 1200 1300 1300") == 7,
		"what stood before another digit changed proves nothing");
	ok(first_shown(3, "1?99 1299 1?00 1?00 1200 1200 1300 1300 1300") == 9, "nor with three");
	ok(first_shown(2, "1?00 12?? 1?00 ??00 1300 1300") == 6,
		"a digit that was read otherwise begins anew, with all of them");
}

/* What a counter shows, with digits that cannot be read, and at times one taken for another, but
 * none twice in a row. Taken for what it was before, it is as if the number had not changed yet. */
static void test_counter(void)
{
	struct digits_filter f = { .need = 2 };
	unsigned random = 7;
	int told = 0, wrong = 0, whole = 0, number = 1000;
	bool was_misread = false;
	char last[DIGITS_MAX + 1] = "";

	for (int i = 0; i < NUMBERS; i++) {
		bool was_told = false, was_whole = false;
		char shown[16], before[16];

		snprintf(before, sizeof(before), "%d", number);
		number += 1 + i % 7 * 33;
		snprintf(shown, sizeof(shown), "%d", number);
		*last = '\0';
		for (int k = 0; k < PICTURES; k++) {
			char seen[16];

			memcpy(seen, shown, sizeof(seen));
			for (size_t d = 0; seen[d]; d++) {
				random = random * 1103515245 + 12345;
				if ((random >> 16) % 100 < 15)
					seen[d] = DIGITS_UNSURE;
			}
			random = random * 1103515245 + 12345;
			if (!was_misread && (random >> 16) % 100 < 10) {
				seen[(random >> 24) % strlen(seen)] =
					'0' + (char) (random >> 20) % 10;
				was_misread = true;
			} else {
				was_misread = false;
			}
			(void) push(&f, seen);
			was_told |= f.shown && strcmp(f.text, shown) == 0;
			wrong += f.shown && strcmp(f.text, shown) != 0 &&
				 strcmp(f.text, before) != 0;
			was_whole |= strcmp(last, seen) == 0 && !strchr(seen, DIGITS_UNSURE);
			memcpy(last, seen, sizeof(seen));
		}
		told += was_told;
		whole += was_whole;
	}
	ok(wrong == 0, "%d numbers, %d wrong", NUMBERS, wrong);
	ok(told > whole + NUMBERS / 20, "%d told, where twice the same would have been %d", told,
		whole);
}

int main(void)
{
	test_whole();
	test_digits();
	test_hold();
	test_never_mixed();
	test_counter();
	return tap_done();
}
