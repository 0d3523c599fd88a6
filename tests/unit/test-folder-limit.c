/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/folder-limit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "tests/tap.h"

static char folder[] = "/tmp/test-folder-limit.XXXXXX";

static const char *const suffixes[] = { ".jpg", ".json", NULL };

static struct folder_limit limit_of(uint64_t bytes, size_t items)
{
	return (struct folder_limit){
		.path = folder, .suffixes = suffixes, .bytes = bytes, .items = items
	};
}

static void make(const char *name, int size, int age_sec)
{
	const struct timespec now = usec_to_timespec(usec_of(CLOCK_REALTIME));
	struct timespec times[2] = { now, now };
	_cleanup_(closep) int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	times[0].tv_sec = times[1].tv_sec -= age_sec;
	if (fd < 0 || ftruncate(fd, size) < 0 || futimens(fd, times) < 0)
		abort();
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

/* A pair of the n-th second. */
static void make_pair(int n, int size)
{
	char name[64];

	snprintf(name, sizeof(name), "20261122T1015%02d.123Z-A.jpg", n);
	make(name, size, 0);
	snprintf(name, sizeof(name), "20261122T1015%02d.123Z-A.json", n);
	make(name, 10, 0);
}

static bool has_pair(int n)
{
	char name[64];

	snprintf(name, sizeof(name), "20261122T1015%02d.123Z-A.jpg", n);
	if (!is_there(name))
		return false;
	snprintf(name, sizeof(name), "20261122T1015%02d.123Z-A.json", n);
	return is_there(name);
}

static void test_names(void)
{
	char name[FOLDER_NAME_MAX], label[200];

	folder_item_name(name, UINT64_C(1795342530123456), "PLAYING");
	ok(strcmp(name, "20261122T101530.123Z-PLAYING") == 0, "%s", name);
	folder_item_name(name, 0, "../a.b /\xc3\xa4\n");
	ok(strcmp(name, "19700101T000000.000Z-___a_b_____") == 0, "nothing but a name: %s", name);
	memset(label, 'x', sizeof(label));
	label[sizeof(label) - 1] = '\0';
	folder_item_name(name, UINT64_C(1795342530123456), label);
	ok(strlen(name) == 21 + FOLDER_LABEL_MAX, "of limited length");
}

static void test_limits(void)
{
	struct folder_limit l = limit_of(1 << 20, 3);
	struct folder_usage u;

	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.bytes == 0 && u.items == 0, "empty");
	for (int i = 5; i > 0; i--)
		make_pair(i, 1000);
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 3 && u.bytes == 3030 &&
			!has_pair(1) && !has_pair(2) && has_pair(3) && has_pair(5),
		"the oldest go, both files of each");
	ok(folder_limit_keep(&l, 0, 1, &u) == 0 && u.items == 2 && has_pair(4), "room for one");
	l = limit_of(2500, 10);
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 2, "bytes: enough");
	ok(folder_limit_keep(&l, 481, 0, &u) == 0 && u.items == 1 && u.bytes == 1010, "too many");
	make("20261122T101559.999Z-B.jpg", 5000, 0);
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 0 && u.bytes == 0,
		"even the only one");
	ok(folder_limit_keep(&l, 1 << 20, 0, &u) == 0 && u.items == 0, "more room than there is");
}

/* The clock went back with a full folder: 41 to 43 are from before, then 3, 4 and 5 came. */
static void test_stepped(void)
{
	struct folder_limit l = limit_of(1 << 20, 5);
	struct folder_usage u;

	for (int i = 3; i <= 5; i++) {
		make_pair(i, 100);
		make_pair(i + 38, 100);
	}
	make_pair(1, 100);
	l.newest = "20261122T101505.123Z-A";
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 5 && !has_pair(41) && !has_pair(42) &&
			has_pair(43) && has_pair(1),
		"what is from before goes first, the oldest of it first");
	l.items = 2;
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 2 && has_pair(4) && has_pair(5),
		"then the others");
	make_pair(44, 100);
	l.spared = "20261122T101544.123Z-A.jpg";
	ok(folder_limit_keep(&l, 0, 1, &u) == 0 && u.items == 1 && has_pair(44),
		"what was just written stays");
	ok(folder_limit_keep(&l, 0, 2, &u) == 0 && u.items == 1 && has_pair(44),
		"though it is too much");
	l.spared = NULL;
	ok(folder_limit_keep(&l, 0, 2, &u) == 0 && u.items == 0, "until there is the next");
}

/* Whatever else there is stays. */
static void test_others(void)
{
	static const char *const others[] = { "notes.jpg", "20261122T101501.123-A.jpg",
		"20261122T101501.123Z-A.jpg.bak", "20261122t101501.123Z-A.jpg",
		"20261122T101501.123Z-A.png", "2026", ".hidden", ".20261122.part",
		"20261122T101501.123Z.jpg" };
	const struct folder_limit l = limit_of(1, 1);
	struct folder_usage u;
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		make(others[i], 1000, 3600);
	good &= mkdir("20261122T101502.123Z-A.jpg", 0700) == 0;
	good &= symlink("notes.jpg", "20261122T101503.123Z-A.jpg") == 0;
	good &= symlink("notes.jpg", ".20261122T101503.123Z-A.part") == 0;
	good &= mkfifo("20261122T101504.123Z-A.jpg", 0600) == 0;
	make_pair(9, 1000);
	good &= folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 0;
	ok(good && !has_pair(9), "ours goes");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ok(is_there(others[i]), "%s stays", others[i]);
	ok(is_there("20261122T101502.123Z-A.jpg") && is_there("20261122T101503.123Z-A.jpg") &&
			is_there(".20261122T101503.123Z-A.part") &&
			is_there("20261122T101504.123Z-A.jpg"),
		"folders, links and pipes stay");
}

/* What somebody else has given the name of is exactly that. */
static void test_around(void)
{
	static const char *const tails[] = { "-a.mkv", NULL };
	static const char *const others[] = { "20261122T101501.123Z-a.mkv",
		"b20261122T101501.123Z-a.mkv", "g.20261122T101501.123Z-b-a.mkv",
		"g.20261122T101501.123Z.1-a.mkv", "g.20261122T101501.123Z-a.mkv~",
		"g.20261122T101501123Z-a.mkv", "g.-a.mkv", "g.",
		".20261122T101501.123Z-a.mkv.tmp" };
	struct folder_limit l = { .path = folder,
		.before = "g.",
		.suffixes = tails,
		.bytes = 250,
		.items = 10,
		.age_usec = 60 * USEC_PER_SEC,
		.newest = "g.20261122T101505.123Z-a.mkv",
		.spared = "g.20261122T101505.123Z-a.mkv" };
	struct folder_usage u;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		make(others[i], 1000, 3600);
	make("g.20261122T101502.123Z-a.mkv", 1, 3600);
	make("g.20261122T101503.123Z-a.mkv", 100, 30);
	make("g.20261122T101504.123Z-a.mkv", 100, 0);
	make("g.20261122T101505.123Z-a.mkv", 100, 3600);
	make("g.20261122T101506.123Z-a.mkv", 100, 3600);
	l.bytes = 1000;
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 3 && u.bytes == 300 &&
			!is_there("g.20261122T101502.123Z-a.mkv") &&
			!is_there("g.20261122T101506.123Z-a.mkv") &&
			is_there("g.20261122T101505.123Z-a.mkv"),
		"what is too old goes, but not the one that is spared");
	l.bytes = 250;
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.items == 2 && u.bytes == 200 &&
			!is_there("g.20261122T101503.123Z-a.mkv"),
		"and the oldest for its size");
	ok(folder_limit_keep(&l, 251, 0, &u) == 0 && u.items == 1 &&
			is_there("g.20261122T101505.123Z-a.mkv"),
		"more room than there is");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ok(is_there(others[i]) && unlink(others[i]) == 0, "%s stays", others[i]);
	ok(unlink("g.20261122T101505.123Z-a.mkv") == 0, "the one that was spared");
}

static void test_unfinished(void)
{
	const struct folder_limit l = limit_of(1 << 20, 100);
	struct folder_usage u;

	make(".20261122T101530.123Z-A.part.mkv", 10, 60);
	make(".20261122T101531.123Z-A.part.mkv", 10, 3600);
	make(".20261122T101532.123Z-A.jpg.x3Zq1a", 10, 3600);
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && is_there(".20261122T101530.123Z-A.part.mkv"),
		"what is being written stays");
	ok(!is_there(".20261122T101531.123Z-A.part.mkv") &&
			!is_there(".20261122T101532.123Z-A.jpg.x3Zq1a") && is_there(".hidden"),
		"what was left behind goes");
}

static void test_faults(void)
{
	struct folder_limit l = limit_of(1, 1);
	struct folder_usage u = { 1, 1 };

	l.path = "/tmp/test-folder-limit.not/there";
	ok(folder_limit_keep(&l, 0, 0, &u) == 0 && u.bytes == 0 && u.items == 0, "no folder");
	l.path = "notes.jpg";
	ok(folder_limit_keep(&l, 0, 0, &u) == -ENOTDIR, "not a folder");
}

int main(void)
{
	char command[64];

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 99;
	test_names();
	test_limits();
	test_stepped();
	test_others();
	test_around();
	test_unfinished();
	test_faults();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? tap_done() : 1;
}
