/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/diskqueue.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/file.h"
#include "notify/diskqueue-record.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

#define SEGMENT 1024

static struct diskqueue *reopen(struct diskqueue *q)
{
	struct diskqueue *fresh = NULL;

	diskqueue_close(q);
	if (diskqueue_open(&fresh, "q", SEGMENT) < 0)
		abort();
	return fresh;
}

/* Appends the numbers from first to last as texts. */
static bool append(struct diskqueue *q, int first, int last)
{
	for (int i = first; i <= last; i++) {
		char text[32];
		int n = snprintf(text, sizeof(text), "text %d", i);

		if (diskqueue_append(q, text, (size_t) n) < 0)
			return false;
	}
	return true;
}

/* Takes the numbers from first to last, and nothing else. */
static bool takes(struct diskqueue *q, int first, int last)
{
	for (int i = first; i <= last; i++) {
		const char *text = NULL;
		char expected[32];
		size_t size = 0;

		snprintf(expected, sizeof(expected), "text %d", i);
		if (diskqueue_head(q, &text, &size) != 1 || size != strlen(expected) ||
			memcmp(text, expected, size) != 0 || diskqueue_drop(q) < 0) {
			printf("# expected %s, found %.*s\n", expected, (int) size,
				text ? text : "nothing");
			return false;
		}
	}
	return true;
}

static bool is_empty(struct diskqueue *q)
{
	const char *text;
	size_t size;

	return diskqueue_head(q, &text, &size) == 0 && diskqueue_count(q) == 0 &&
	       diskqueue_bytes(q) == 0;
}

static int files_in_folder(void)
{
	struct dirent *entry;
	DIR *d = opendir("q");
	int n = 0;

	while (d && (entry = readdir(d)))
		n += strstr(entry->d_name, ".spool") != NULL;
	if (d)
		closedir(d);
	return n;
}

/* The path of the segment that begins with this record. */
static const char *segment(unsigned first)
{
	static char path[64];

	snprintf(path, sizeof(path), "q/%016x.spool", first);
	return path;
}

static void test_record(void)
{
	char buf[64];
	struct record r;

	ok(record_checksum(0, "123456789", 9) == 0xcbf43926, "the checksum is CRC-32");
	record_write(buf, 0x1234, "hello", 5);
	ok(memcmp(buf, "0000000000001234 00000005 ", 26) == 0 &&
			memcmp(buf + 34, " hello\n", 7) == 0,
		"a record is a line: %.40s", buf);
	ok(record_read(buf, 5 + RECORD_FRAME, &r) && r.number == 0x1234 && r.text_size == 5 &&
			r.size == 5 + RECORD_FRAME && memcmp(r.text, "hello", 5) == 0,
		"and is read again");
	ok(!record_read(buf, 5 + RECORD_FRAME - 1, &r), "not without its end");
	for (int i = 0; i < 5 + RECORD_FRAME; i++) {
		buf[i] ^= 1;
		if (record_read(buf, 5 + RECORD_FRAME, &r))
			ok(false, "not with byte %d changed", i);
		buf[i] ^= 1;
	}
	ok(record_read(buf, sizeof(buf), &r), "what follows does not matter");
}

static void test_order(void)
{
	struct diskqueue *q = reopen(NULL);
	struct diskqueue *other = NULL;
	struct stat st;

	ok(is_empty(q), "nothing in a new one");
	ok(append(q, 1, 100) && diskqueue_count(q) == 100, "a hundred texts");
	ok(files_in_folder() > 3, "in segments: %d", files_in_folder());
	ok(stat(segment(1), &st) == 0 && (st.st_mode & 0777) == 0600, "for the owner only");
	ok(stat("q", &st) == 0 && (st.st_mode & 0777) == 0700, "in a folder for the owner only");
	ok(diskqueue_open(&other, "q", SEGMENT) == -EBUSY && !other, "one user at a time");
	ok(takes(q, 1, 50) && diskqueue_count(q) == 50, "fifty taken in order");
	q = reopen(q);
	ok(diskqueue_count(q) == 50 && diskqueue_bytes(q) == 50 * (7 + RECORD_FRAME) + 1,
		"fifty are there after a restart: %u bytes", (unsigned) diskqueue_bytes(q));
	ok(append(q, 101, 120) && takes(q, 51, 90), "both ends at work");
	q = reopen(q);
	ok(takes(q, 91, 120) && is_empty(q), "to the last");
	ok(files_in_folder() <= 1, "the files are gone");
	q = reopen(q);
	ok(is_empty(q) && append(q, 121, 121) && takes(q, 121, 121), "and on it goes");
	ok(diskqueue_append(q, "", DISKQUEUE_TEXT_MAX + 1) == -EMSGSIZE, "a limit for each");
	ok(diskqueue_sync(q) == 0 && diskqueue_take_lost(q) == 0, "nothing was lost");
	diskqueue_close(q);
	wipe("q");
}

/* Cut at every byte of the last record: what came before it is whole, the next one follows it. */
static void test_torn(void)
{
	const size_t one = 6 + RECORD_FRAME;
	bool good = true;

	for (size_t cut = 0; cut < one && good; cut++) {
		struct diskqueue *q = reopen(NULL);

		good = append(q, 1, 3);
		diskqueue_close(q);
		good = good && truncate(segment(1), (off_t) (2 * one + cut)) == 0;
		q = reopen(NULL);
		good = good && diskqueue_count(q) == 2 && diskqueue_bytes(q) == 2 * one &&
		       append(q, 4, 4);
		q = reopen(q);
		good = good && takes(q, 1, 2) && takes(q, 4, 4) && is_empty(q) &&
		       diskqueue_take_lost(q) == 0;
		diskqueue_close(q);
		wipe("q");
		if (!good)
			printf("# cut at %zu\n", cut);
	}
	ok(good, "half a record at the end is cut off");
}

static void damage(const char *path, off_t at, char byte, size_t n)
{
	int fd = open(path, O_WRONLY);

	for (size_t i = 0; i < n; i++)
		if (pwrite(fd, &byte, 1, at + (off_t) i) != 1)
			abort();
	close(fd);
}

static void test_damaged(void)
{
	struct diskqueue *q = reopen(NULL);

	(void) append(q, 1, 9);
	diskqueue_close(q);
	/* Two records and a half. */
	damage(segment(1), 3 * (6 + RECORD_FRAME) + 20, '\0', 2 * (6 + RECORD_FRAME));
	q = reopen(NULL);
	ok(takes(q, 1, 3) && takes(q, 7, 9) && is_empty(q), "behind rubbish it goes on");
	ok(diskqueue_take_lost(q) == 3, "what is missing is counted");
	ok(diskqueue_take_lost(q) == 0, "once");
	diskqueue_close(q);
	wipe("q");

	q = reopen(NULL);
	(void) append(q, 1, 60);
	(void) takes(q, 1, 5);
	diskqueue_close(q);
	damage("q/position", 3, 'x', 1);
	q = reopen(NULL);
	ok(takes(q, 1, 10), "without a position it begins at the oldest");
	diskqueue_close(q);
	(void) unlink(segment(1));
	q = reopen(NULL);
	ok(diskqueue_count(q) > 10 && diskqueue_count(q) < 50 && diskqueue_take_lost(q) > 0,
		"a file that is gone: %zu are left", diskqueue_count(q));
	diskqueue_close(q);
	wipe("q");
}

static void test_rubbish(void)
{
	char rubbish[3 * SEGMENT];
	struct diskqueue *q;

	for (size_t i = 0; i < sizeof(rubbish); i++)
		rubbish[i] = (char) (i * 7919 % 251);
	(void) file_mkdir_p("q", 0700);
	(void) file_write(segment(5), rubbish, sizeof(rubbish), 0600, 0);
	(void) file_write(segment(0xffffff), "", 0, 0600, 0);
	(void) file_write("q/position", rubbish, 100, 0600, 0);
	(void) file_write("q/0123.spool", rubbish, 100, 0600, 0);
	(void) file_mkdir_p("q/0000000000000002.spool", 0700);
	q = reopen(NULL);
	ok(append(q, 1, 30) && takes(q, 1, 30) && is_empty(q), "rubbish in the folder");
	diskqueue_close(q);
	(void) rmdir("q/0000000000000002.spool");
	wipe("q");
	(void) file_mkdir_p("q", 0700);
	if (mkfifo("q/position", 0600) < 0)
		abort();
	q = NULL;
	ok(diskqueue_open(&q, "q", SEGMENT) == -EINVAL && !q, "a pipe is no file");
	wipe("q");
	(void) file_mkdir_p("q", 0700);
	if (symlink("/dev/null", segment(1)) < 0)
		abort();
	q = reopen(NULL);
	ok(!append(q, 1, 1) && diskqueue_count(q) == 0, "links are not followed");
	diskqueue_close(q);
	wipe("q");
}

/* Everything beyond a size fails, in the middle of a record. */
static void test_full(void)
{
	struct rlimit old, small = { .rlim_cur = 300, .rlim_max = RLIM_INFINITY };
	struct diskqueue *q = reopen(NULL);
	bool stays, takes_some;
	int n = 1;

	(void) getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	(void) signal(SIGXFSZ, SIG_IGN);
	(void) setrlimit(RLIMIT_FSIZE, &small);
	while (n < 100 && append(q, n, n))
		n++;
	stays = !append(q, n, n) && diskqueue_count(q) == (size_t) n - 1;
	takes_some = takes(q, 1, 2);
	/* Before anything is said: it may be said into a file. */
	(void) setrlimit(RLIMIT_FSIZE, &old);
	ok(n > 3 && n < 12, "full after %d", n - 1);
	ok(stays, "and full it stays");
	ok(takes_some, "what is there can be taken");
	ok(append(q, n, 50) && takes(q, 3, 50) && is_empty(q) && diskqueue_take_lost(q) == 0,
		"with room again nothing is missing");
	diskqueue_close(q);
	wipe("q");
}

/* A writer that is killed at any time: what it has said to be in is there. */
static void test_killed(void)
{
	bool good = true;

	for (int round = 0; round < 10 && good; round++) {
		int pipe_fd[2], told = 0, last = 0, status;
		const char *text;
		size_t size;
		struct diskqueue *q;
		pid_t pid;

		if (pipe(pipe_fd) < 0)
			abort();
		pid = fork();
		if (pid == 0) {
			q = reopen(NULL);
			for (int i = 1;; i++)
				if (!append(q, i, i) ||
					write(pipe_fd[1], &i, sizeof(i)) != sizeof(i))
					_exit(1);
		}
		close(pipe_fd[1]);
		while (told < 20 + 37 * round && read(pipe_fd[0], &told, sizeof(told)) > 0)
			;
		kill(pid, SIGKILL);
		(void) waitpid(pid, &status, 0);
		while (read(pipe_fd[0], &told, sizeof(told)) > 0)
			;
		close(pipe_fd[0]);
		q = reopen(NULL);
		while (diskqueue_head(q, &text, &size) == 1) {
			good = good && sscanf(text, "text %d", &status) == 1 && status == ++last;
			(void) diskqueue_drop(q);
		}
		good = good && last >= told && diskqueue_take_lost(q) == 0;
		if (!good)
			printf("# told %d, found %d\n", told, last);
		diskqueue_close(q);
		wipe("q");
	}
	ok(good, "kill -9 loses nothing that was in");
}

int main(void)
{
	enter_folder();
	test_record();
	test_order();
	test_torn();
	test_damaged();
	test_rubbish();
	test_full();
	test_killed();
	leave_folder();
	return tap_done();
}
