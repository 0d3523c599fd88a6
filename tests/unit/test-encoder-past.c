/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notes of encoders in use: what they say at the next start, in this boot and in others. */
#include "streamer/encoder-past.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

#define SECOND UINT64_C(1000000)
#define MINUTE (60 * SECOND)

static bool take(struct past *p, const char *text, uint64_t now)
{
	*p = (struct past){ 0 };
	return past_take(p, text, "boot", now);
}

static void test_take(void)
{
	struct past p;

	ok(!take(&p, "boot key 00000000000000ff 0 0 1\n", MINUTE) && p.deaths == 1 &&
			p.died_usec == MINUTE && p.nodes == 0xff && !p.in_use,
		"one death");
	ok(take(&p, "boot key ff 1 60000000 1\n", 2 * MINUTE) && strcmp(p.key, "key") == 0 &&
			p.nodes == 0xff && p.deaths == 0,
		"two are too many, and then it begins anew");
	ok(!take(&p, "boot key ff 1 60000000 1\n", 61 * MINUTE) && p.deaths == 1,
		"two that are an hour apart are not");
	ok(!take(&p, "boot key ff 1 60000000 0\n", 2 * MINUTE) && p.deaths == 1,
		"a clean end does not count, and forgets nothing");
	ok(!take(&p, "other key ff 1 60000000 1\n", 2 * MINUTE) && p.deaths == 0,
		"one of another boot says nothing");
	ok(!take(&p, "boot key ff 1 180000000 1\n", 2 * MINUTE) && p.deaths == 1,
		"nor does what lies in the future");
}

static void test_rubbish(void)
{
	static const char *const texts[] = { "", "\n", "boot", "boot key", "boot key ff 1 60000000",
		"boot key zz 1 60000000 1", "boot key ff x 60000000 1", "%s %n %s %s 1 1" };
	struct past p;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		ok(!take(&p, texts[i], MINUTE) && p.deaths == 0 && !p.in_use &&
				strcmp(p.boot, "boot") == 0,
			"rubbish: %zu", i);
}

/* Opens the note anew, as after a death. */
static bool again(struct past *p, uint64_t now)
{
	past_close(p);
	return past_open(p, strdup("note"), now);
}

static void test_file(void)
{
	struct past p = { 0 };
	struct stat st;

	ok(!again(&p, MINUTE) && stat("note", &st) < 0, "no note is no news, and makes none");
	ok(past_begin(&p, "key", 255) == 0 && stat("note", &st) == 0 && (st.st_mode & 0777) == 0600,
		"in use");
	ok(!again(&p, MINUTE) && p.deaths == 1, "it died");
	ok(!again(&p, MINUTE) && p.deaths == 1, "it died before any encoder: counted once");
	(void) past_begin(&p, "key", 255);
	past_end(&p);
	ok(!again(&p, 2 * MINUTE) && p.deaths == 1, "it ended");
	(void) past_begin(&p, "key", 255);
	ok(again(&p, 2 * MINUTE) && strcmp(p.key, "key") == 0 && p.nodes == 255, "it died again");
	ok(!again(&p, 2 * MINUTE) && p.deaths == 0, "… which is told once");
	(void) past_begin(&p, "key", 255);
	(void) again(&p, 3 * MINUTE);
	(void) past_begin(&p, "other", 255);
	ok(!again(&p, 3 * MINUTE) && p.deaths == 1, "another encoder, or other settings");
	(void) past_begin(&p, "other", 256);
	ok(!again(&p, 3 * MINUTE) && p.deaths == 1, "another version, or another device");
	past_close(&p);
	(void) unlink("note");
	p.path = strdup("no/such/folder");
	ok(past_begin(&p, "key", 255) == -ENOENT, "what cannot be written");
	past_close(&p);
}

int main(void)
{
	test_take();
	test_rubbish();
	enter_folder();
	(void) setenv("EGM_BOOT_ID", "boot", true);
	test_file();
	leave_folder();
	return tap_done();
}
