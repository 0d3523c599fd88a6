/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers that a detector reads: what it has told before, and what it is told. */
#include <string.h>
#include <unistd.h>

#include "tests/unit/detector-bench.h"

/* What was told is learnt when the thread of the numbers lets go of it, at any picture. It may have
 * read the number by itself before. */
static bool feed_until_taught(struct bench *b, struct frame *f)
{
	uint64_t until = usec_now() + LIMIT;

	while ((get(&b->seen, &b->seen.numbers) == 0 || get(&b->seen, &b->seen.taught) == 0) &&
		usec_now() < until)
		feed(b, f, 1);
	return get(&b->seen, &b->seen.numbers) == 1 && get(&b->seen, &b->seen.taught) == 1;
}

static void test_told_number(void)
{
	struct detector_told told = { .numbers = { { "NONE", "1" } }, .n_numbers = 2 };
	struct bench *b = bench_new(MODE_BETTER, true);

	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 15);
	ok(comes_to(&b->seen, &b->seen.numbers, 1), "a number is told: %s", b->seen.number);
	snprintf(
		told.numbers[1].name, sizeof(told.numbers[1].name), "%s", b->rules.numbers[0].name);
	snprintf(told.numbers[1].text, sizeof(told.numbers[1].text), "%.16s", b->seen.number);
	bench_free(b);
	b = bench_new(MODE_BETTER, true);
	b->settings.told = &told;
	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 15);
	ok(shows(b, "PLAYING") && get(&b->seen, &b->seen.numbers) == 0,
		"what was told by the detector before is no news");
	bench_free(b);
	b = bench_new(MODE_BETTER, true);
	told.numbers[1].text[0] = '#';
	b->settings.told = &told;
	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 15);
	ok(comes_to(&b->seen, &b->seen.numbers, 1), "another one is");
	bench_free(b);
}

/* What the detector has just learnt by itself may be written over it: then it is put there again.
 */
static bool is_told_of(struct bench *b, const char *path, const char *text)
{
	uint64_t until = usec_now() + LIMIT;

	do {
		koi_write(path, text, strlen(text));
		detector_reload(b->detector);
		if (counter_reaches_within(
			    &b->seen.lock, &b->seen.changed, &b->seen.faults, 1, 2 * USEC_PER_SEC))
			return true;
	} while (usec_now() < until);
	return false;
}

/* Somebody says what is shown; the detector that comes after a restart knows it by itself. */
static void test_tell_number(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);
	const char *name = b->rules.numbers[0].name;
	char path[96];

	snprintf(path, sizeof(path), "%s/credits.json", b->refs);
	ok(unlink(path) == 0, "nobody knows the references' numbers");
	begin(b);
	feed(b, b->pictures[KOI_NORMAL], 15);
	ok(detector_tell_number(b->detector, "NONE", "1") == -ENOENT &&
			detector_tell_number(b->detector, name, "one") == -EINVAL,
		"nonsense is refused");
	ok(detector_tell_number(b->detector, name, "123456") == 0, "told");
	ok(feed_until_taught(b, b->pictures[KOI_NORMAL]) && strcmp(b->seen.number, "123456") == 0,
		"learnt, which is said, and read: %s", b->seen.number);
	ok(detector_free(b->detector, usec_now() + LIMIT) == 0, "it ends");
	b->detector = NULL;
	snprintf(path, sizeof(path), "%s/digits.json", b->refs);
	ok(access(path, F_OK) == 0, "what it has learnt is in a file");
	b->seen.numbers = b->seen.read = 0;
	b->fed = 0;
	b->seen.number[0] = '\0';
	begin(b);
	feed(b, b->pictures[KOI_NORMAL], 15);
	ok(comes_to(&b->seen, &b->seen.numbers, 1) && strcmp(b->seen.number, "123456") == 0 &&
			get(&b->seen, &b->seen.faults) == 0,
		"another one reads it at once: %s", b->seen.number);
	ok(is_told_of(b, path, "{ \"format\": 9 }") && strcmp(b->seen.path, path) == 0 &&
			strstr(b->seen.why, "later version"),
		"one of a later version is told of: %s", b->seen.why);
	bench_free(b);
}

int main(void)
{
	test_told_number();
	test_tell_number();
	return tap_done();
}
