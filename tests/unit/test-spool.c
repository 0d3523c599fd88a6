/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/spool.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#include "common/file.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

#define PLENTY (1 << 20)

static struct spool *open_spool(const char *folder, size_t notices, size_t bytes)
{
	struct spool *s = NULL;

	if (spool_new(&s, folder, notices, bytes) < 0)
		abort();
	return s;
}

/* Pushes notices whose values are the numbers from first to last. */
static void push(struct spool *s, int first, int last)
{
	static char number[] = "N";

	for (int i = first; i <= last; i++) {
		_cleanup_(notice_unrefp) struct notice *n = NULL;
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		n = notice_new(&(struct notice){ .number = number, .value = value });
		spool_push(s, n);
	}
}

static bool takes(struct spool *s, int first, int last)
{
	for (int i = first; i <= last; i++) {
		_cleanup_(notice_unrefp) struct notice *n = spool_peek(s);

		if (!n || atoi(n->value) != i) {
			printf("# expected %d, found %s\n", i, n ? n->value : "nothing");
			return false;
		}
		spool_pop(s, n);
	}
	return true;
}

static bool is_empty(struct spool *s)
{
	_cleanup_(notice_unrefp) struct notice *n = spool_peek(s);

	return !n && spool_waiting(s) == 0;
}

/* The same with a folder and without. */
static void test_bounds(const char *folder)
{
	const char *what = folder ? "on disk" : "in memory";
	struct spool *s = open_spool(folder, 10, PLENTY);
	struct notice *n;

	push(s, 1, 10);
	ok(spool_waiting(s) == 10 && spool_take_dropped(s) == 0, "%s: ten fit", what);
	push(s, 11, 25);
	ok(spool_waiting(s) == 10 && spool_take_dropped(s) == 15, "%s: 15 are dropped", what);
	n = spool_peek(s);
	ok(!strcmp(n->value, "16"), "%s: the oldest", what);
	push(s, 26, 26);
	notice_unref(spool_peek(s));
	spool_pop(s, n);
	notice_unref(n);
	ok(spool_waiting(s) == 10 && takes(s, 17, 26) && is_empty(s),
		"%s: dropped while it is delivered, another is not taken for it", what);
	ok(spool_take_dropped(s) == 1 && spool_error(s) == 0, "%s: that is one more", what);
	spool_free(s);
	if (folder)
		wipe(folder);

	s = open_spool(folder, 1000, 2000);
	push(s, 1, 100);
	ok(spool_waiting(s) > 8 && spool_waiting(s) < 20 &&
			spool_take_dropped(s) + spool_waiting(s) == 100,
		"%s: bounded in bytes: %zu", what, spool_waiting(s));
	ok(takes(s, 101 - (int) spool_waiting(s), 100), "%s: the newest stay", what);
	spool_free(s);
	if (folder)
		wipe(folder);

	s = open_spool(folder, 1000, 1);
	push(s, 1, 3);
	ok(takes(s, 3, 3) && is_empty(s), "%s: one always fits", what);
	spool_free(s);
	if (folder)
		wipe(folder);
}

static void test_restart(void)
{
	struct spool *s = open_spool("s", 100, PLENTY);

	push(s, 1, 20);
	(void) takes(s, 1, 5);
	spool_sync(s);
	s = spool_free(s);
	s = open_spool("s", 100, PLENTY);
	ok(spool_waiting(s) == 15 && takes(s, 6, 7), "a restart");
	s = spool_free(s);
	s = open_spool("s", 5, PLENTY);
	push(s, 21, 21);
	ok(takes(s, 17, 21) && is_empty(s) && spool_take_dropped(s) == 9,
		"a restart with a smaller bound");
	spool_free(s);
	wipe("s");
}

/* A record whose frame is whole and whose text is none of ours. */
static void test_foreign(void)
{
	static const char path[] = "s/0000000000000001.spool";
	static const char foreign[] = "0000000000000001 00000005 30320967 hello\n";
	struct spool *s;

	(void) file_mkdir_p("s", 0700);
	(void) file_write(path, foreign, sizeof(foreign) - 1, 0600, 0);
	s = open_spool("s", 100, PLENTY);
	push(s, 1, 1);
	ok(takes(s, 1, 1) && is_empty(s) && spool_take_dropped(s) == 1,
		"what is no notice is dropped and counted");
	spool_free(s);
	wipe("s");
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	(void) getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	(void) setrlimit(RLIMIT_FSIZE, &limit);
}

static void test_full(void)
{
	struct spool *s = open_spool("s", 100, PLENTY);
	int error, still;
	bool good;

	(void) signal(SIGXFSZ, SIG_IGN);
	limit_files(500);
	push(s, 1, 20);
	error = spool_error(s);
	good = spool_waiting(s) == 20 && takes(s, 1, 1);
	spool_retry(s);
	still = spool_error(s);
	limit_files(RLIM_INFINITY);
	ok(error == -EFBIG && good, "a full disk: the rest is in memory");
	ok(still == -EFBIG, "full it stays");
	push(s, 21, 21);
	spool_retry(s);
	ok(spool_error(s) == 0, "with room again it moves to the disk");
	s = spool_free(s);
	s = open_spool("s", 100, PLENTY);
	ok(spool_waiting(s) == 20 && takes(s, 2, 21) && is_empty(s) && spool_take_dropped(s) == 0,
		"where it is after a restart, in order");
	spool_free(s);
	wipe("s");

	s = open_spool("s", 10, PLENTY);
	limit_files(500);
	push(s, 1, 30);
	good = spool_waiting(s) == 10 && takes(s, 21, 30) && is_empty(s) &&
	       spool_take_dropped(s) == 20;
	limit_files(RLIM_INFINITY);
	ok(good, "disk and memory together keep to the bounds, the oldest go first");
	spool_free(s);
	wipe("s");
}

static void test_no_folder(void)
{
	struct spool *s;

	(void) file_write("file", "", 0, 0600, 0);
	s = open_spool("file/s", 10, PLENTY);
	ok(spool_error(s) == -ENOTDIR, "no folder can be made");
	push(s, 1, 5);
	ok(takes(s, 1, 2) && spool_waiting(s) == 3, "it goes on in memory");
	(void) unlink("file");
	push(s, 6, 6);
	spool_retry(s);
	ok(spool_error(s) == 0 && takes(s, 3, 3), "and on the disk as soon as it can");
	s = spool_free(s);
	s = open_spool("file/s", 10, PLENTY);
	ok(takes(s, 4, 6) && is_empty(s), "so a restart finds it");
	wipe("file/s");
	push(s, 7, 7);
	ok(takes(s, 7, 7), "a folder that is deleted");
	/* More than one file of the spool holds. */
	spool_free(s);
	s = open_spool("file/s", 1000, 32 * 1024);
	wipe("file/s");
	push(s, 1, 100);
	ok(spool_error(s) == -ENOENT, "is noticed in time");
	spool_retry(s);
	push(s, 101, 101);
	ok(spool_error(s) == 0 && spool_waiting(s) + spool_take_dropped(s) == 101,
		"and made anew, what was in it is counted");
	spool_free(s);
	wipe("file/s");
	(void) rmdir("file");
}

int main(void)
{
	enter_folder();
	test_bounds(NULL);
	test_bounds("s");
	test_restart();
	test_foreign();
	test_full();
	test_no_folder();
	leave_folder();
	return tap_done();
}
