/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which encoder is next, whatever happens to the one at hand. No encoder is opened. */
#include "media/encoder-choice.h"

#include <errno.h>
#include <string.h>

#include "tests/tap.h"

#define SEC UINT64_C(1000000)

static bool is(const struct choice *c, const char *name)
{
	return strcmp(choice_kind(c)->name, name) == 0;
}

static void test_auto(void)
{
	struct choice c;
	char words[CHOICE_WORDS_MAX];

	ok(choice_init(&c, "auto") == 0 && is(&c, "h264_vaapi") && choice_must_probe(&c),
		"auto: hardware first, and it is to be probed");
	ok(strcmp(choice_words(&c, words, sizeof(words)), "") == 0, "… with nothing to say yet");
	choice_probed(&c, -ENOENT, "no node");
	choice_probed(&c, -ENOENT, "no node either");
	choice_probed(&c, -EIO, "no driver");
	ok(is(&c, "h264_v4l2m2m") && choice_must_probe(&c), "one after the other");
	choice_probed(&c, -ETIMEDOUT, "it hangs");
	ok(is(&c, "libx264") && !choice_must_probe(&c), "libx264 is used without a probe");
	ok(c.demotions == 0, "… which is no demotion");
	choice_words(&c, words, sizeof(words));
	ok(strstr(words, "h264_vaapi: no node; h264_qsv: no node either") &&
			strstr(words, "h264_v4l2m2m: it hangs"),
		"why: %s", words);
	for (int i = 0; i < 100; i++)
		(void) choice_trouble(&c, SEC * (uint64_t) i, "errors");
	ok(is(&c, "libx264") && !choice_slow(&c, "slow") && c.demotions == 0,
		"the last one stays, whatever happens");
}

static void test_hardware(void)
{
	struct choice c;

	(void) choice_init(&c, "auto");
	choice_probed(&c, -ENOENT, "no node");
	choice_probed(&c, 0, "");
	ok(is(&c, "h264_qsv") && !choice_must_probe(&c), "what works is used");
	ok(!choice_trouble(&c, 10 * SEC, "errors"), "after errors it is opened again");
	ok(is(&c, "h264_qsv") && !choice_must_probe(&c), "… without another probe");
	ok(choice_trouble(&c, 20 * SEC, "errors") && is(&c, "h264_nvenc") &&
			choice_must_probe(&c) && c.demotions == 1,
		"errors again soon: the next one, which is to be probed");
	choice_probed(&c, 0, "");
	ok(!choice_trouble(&c, 30 * SEC, "errors"), "that one has its own count");
	ok(!choice_trouble(&c, 30 * SEC + CHOICE_TROUBLE_USEC, "errors"),
		"errors much later are forgiven");
	ok(choice_trouble(&c, 40 * SEC + CHOICE_TROUBLE_USEC, "errors"), "… but not twice");
	choice_probed(&c, 0, "");
	ok(choice_slow(&c, "slow") && is(&c, "libx264") && c.demotions == 3,
		"too slow: the next one at once");
}

static void test_named(void)
{
	struct choice c;

	ok(choice_init(&c, "libx264") == 0 && c.n == 1 && !choice_must_probe(&c) && c.named,
		"libx264 by name: nothing else is tried");
	ok(choice_init(&c, "h264_nvenc") == 0 && c.n == 2 && is(&c, "h264_nvenc") &&
			choice_must_probe(&c),
		"hardware by name is probed");
	choice_probed(&c, -EIO, "no driver");
	ok(is(&c, "libx264") && c.at == 1, "… and libx264 stands behind it");
	ok(choice_init(&c, "nonesuch") == -ENOSYS, "a name that nobody knows");
}

static void test_hevc(void)
{
	struct choice c;

	ok(choice_init(&c, "hevc") == 0 && is(&c, "hevc_vaapi") && !c.named, "hevc: the same list");
	for (int i = 0; i < 4; i++)
		choice_probed(&c, -ENOENT, "no node");
	ok(is(&c, "libx265"), "… with libx265 at its end");
	(void) choice_init(&c, "hevc_qsv");
	choice_probed(&c, -EIO, "no driver");
	ok(is(&c, "libx265"), "HEVC by name does not become H.264");
}

static void test_words(void)
{
	struct choice c;
	char small[24], long_why[400];

	memset(long_why, 'x', sizeof(long_why) - 1);
	long_why[sizeof(long_why) - 1] = '\0';
	(void) choice_init(&c, "auto");
	for (int i = 0; i < 4; i++)
		choice_probed(&c, -EIO, long_why);
	ok(strlen(choice_words(&c, small, sizeof(small))) == sizeof(small) - 1,
		"words that are too many are cut off");
}

/* How many pictures of so long it takes; at most 10000. */
static int until_slow(struct slowness *s, uint64_t busy_usec, uint64_t period_usec)
{
	for (int i = 1; i <= 10000; i++)
		if (slowness_add(s, busy_usec, period_usec))
			return i;
	return 0;
}

static void test_slowness(void)
{
	struct slowness s;
	bool slow = false;

	slowness_init(&s, 0);
	ok(until_slow(&s, 29000, 33333) == 0, "29 of 33 ms are fast enough");
	ok(until_slow(&s, 31000, 33333) >= SLOWNESS_WINDOW, "31 of 33 ms are not");
	slowness_init(&s, 0);
	ok(until_slow(&s, 40000, 33333) <= 2 * SLOWNESS_WINDOW && s.mean_usec == 40000,
		"40 ms are too slow after two windows");
	slowness_init(&s, 0);
	ok(until_slow(&s, 1000000, 33333) <= 12, "a second for each does not take minutes");
	slowness_init(&s, 10);
	for (int i = 0; i < 100; i++)
		slow |= slowness_add(&s, i % 20 < 10 ? 60000 : 5000, 33333);
	ok(!slow, "one bad window is a machine that was busy");
}

int main(void)
{
	test_auto();
	test_hardware();
	test_named();
	test_hevc();
	test_words();
	test_slowness();
	return tap_done();
}
