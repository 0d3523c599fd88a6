/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/tree.h"
#include "tests/tap.h"

static int count_entries(const char *folder)
{
	DIR *d = opendir(folder);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

static bool holds(const char *path, const char *expected, size_t expected_size)
{
	_cleanup_(freep) char *data = NULL;
	size_t size;

	return file_read(path, 1 << 20, &data, &size) == 0 && size == expected_size &&
	       memcmp(data, expected, size) == 0 && data[size] == '\0';
}

static void test_read(void)
{
	_cleanup_(freep) char *big = malloc(100000), *data = NULL;
	size_t size = 7;

	if (!big)
		abort();
	memset(big, 'b', 100000);
	ok(file_write("f", "", 0, 0644, 0) == 0 && holds("f", "", 0), "an empty file");
	ok(file_write("f", "a\0b", 3, 0644, 0) == 0 && holds("f", "a\0b", 3), "NUL bytes");
	ok(file_write("f", big, 100000, 0644, 1) == 0 && holds("f", big, 100000), "100 kB");
	ok(file_read("f", 99999, &data, &size) == -EFBIG, "a byte too many");
	ok(!data && size == 7, "leaves the results alone");
	ok(file_read("f", 100000, &data, NULL) == 0, "exactly the limit; no size asked for");
	freep(&data);
	data = NULL;
	ok(file_read("absent", 10, &data, &size) == -ENOENT, "no file");
	ok(file_read(".", 10, &data, &size) == -EISDIR, "a folder");
	ok(file_read("/dev/null", 10, &data, &size) == -EINVAL, "a device");
	ok(mkfifo("fifo", 0600) == 0 && file_read("fifo", 10, &data, &size) == -EINVAL,
		"a FIFO, without waiting for its writer");
	ok(file_read("/proc/self/status", 1 << 20, &data, &size) == 0 && size > 100,
		"a file without a size");
	ok(file_read("/proc/self/maps", 5, &(char *){ NULL }, &size) == -EFBIG,
		"such a file that is too long");
	ok(unlink("fifo") == 0, "away with it");
}

static void test_write(void)
{
	struct stat st;

	umask(077);
	ok(file_write("f", "new", 3, 0644, 1) == 0 && holds("f", "new", 3), "replaced");
	ok(stat("f", &st) == 0 && (st.st_mode & 07777) == 0644,
		"with the mode, whatever the umask");
	ok(file_write("f", "key", 3, 0600, 0) == 0 && stat("f", &st) == 0 &&
			(st.st_mode & 07777) == 0600,
		"the mode of the old file does not matter");
	ok(file_write("absent/f", "x", 1, 0600, 0) == -ENOENT, "no folder");
	ok(mkdir("d", 0700) == 0 && file_write("d", "x", 1, 0600, 0) < 0, "a folder in its place");
	ok(count_entries(".") == 2, "no temporary file is left");
	ok(rmdir("d") == 0 && holds("f", "key", 3), "the old file is untouched");
}

static void test_mkdir(void)
{
	struct stat st;

	ok(file_mkdir_p("a/b//c", 0755) == 0 && stat("a/b/c", &st) == 0 && S_ISDIR(st.st_mode),
		"three at once");
	ok(file_mkdir_p("a/b/c/", 0755) == 0, "they are there already");
	ok(file_mkdir_p("f/x", 0755) == -ENOTDIR, "a file in the way");
	ok(file_mkdir_p("f", 0755) == -ENOTDIR, "a file in its place");
	ok(file_mkdir_p("", 0755) == -EINVAL, "no name");
	ok(file_mkdir_p("/", 0755) == 0, "the root");
	ok(rmdir("a/b/c") == 0 && rmdir("a/b") == 0 && rmdir("a") == 0, "away with them");
}

static void test_create(void)
{
	struct stat st;

	umask(077);
	ok(file_create_at(AT_FDCWD, "made", "new", 3, 0644) == 0 && holds("made", "new", 3) &&
			stat("made", &st) == 0 && (st.st_mode & 07777) == 0644,
		"a file that was not there");
	ok(file_create_at(AT_FDCWD, "made", "x", 1, 0644) == -EEXIST && holds("made", "new", 3),
		"one that was stays");
	ok(symlink("nowhere", "link") == 0 &&
			file_create_at(AT_FDCWD, "link", "x", 1, 0644) == -EEXIST &&
			access("nowhere", F_OK) < 0,
		"links are not followed");
}

static int make_tree(const char *path, mode_t mode)
{
	int fd = tree_open(path, mode);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void test_links(void)
{
	struct stat st;
	int fd;

	ok(make_tree("m/b", 0755) == 0 && symlink("m", "lead") == 0 &&
			symlink("../lead/b", "m/up") == 0 && symlink("round", "round") == 0,
		"links");
	fd = tree_open("lead/up/c", 0755);
	ok(fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && access("m/b/c", F_OK) == 0,
		"one's own are followed");
	close(fd);
	ok(tree_open("round/c", 0755) == -ELOOP, "but not for ever");
	if (geteuid() == 0)
		ok(lchown("m/up", 1, 1) == 0 && tree_open("m/up/d", 0755) == -ELOOP &&
				access("m/b/d", F_OK) < 0,
			"those of others are not");
	else
		ok(true, "links of others # SKIP needs root");
	ok(tree_remove_at(AT_FDCWD, "m") == 0 && unlink("lead") == 0 && unlink("round") == 0,
		"away with them");
}

static void test_make(void)
{
	struct stat st;

	umask(077);
	ok(make_tree("m//b/c/", 0755) == 0 && stat("m/b/c", &st) == 0 &&
			(st.st_mode & 07777) == 0755 && stat("m", &st) == 0 &&
			(st.st_mode & 07777) == 0755,
		"folders with their mode, whatever the umask");
	ok(make_tree("m/b", 0700) == 0 && stat("m/b", &st) == 0 && (st.st_mode & 07777) == 0755,
		"what is there stays as it is");
	ok(make_tree("f/x", 0755) == -ENOTDIR && make_tree("f", 0755) == -ENOTDIR,
		"a file in the way");
	ok(make_tree("", 0755) == -ENOENT && make_tree("/", 0755) == 0, "no name; the root");
	if (geteuid() == 0)
		ok(chown("m", 1, 2) == 0 && make_tree("m/d/e", 0755) == 0 &&
				stat("m/d/e", &st) == 0 && st.st_uid == 1 && st.st_gid == 2,
			"of the owner of the folder they are made in");
	else
		ok(true, "owner # SKIP needs root");
	ok(tree_remove_at(AT_FDCWD, "m") == 0, "away with them");
}

static void test_remove(void)
{
	char path[64] = "";

	ok(tree_remove_at(AT_FDCWD, "absent") == 0, "nothing to remove");
	ok(tree_remove_at(AT_FDCWD, "link") == 0 && access("made", F_OK) == 0 &&
			tree_remove_at(AT_FDCWD, "made") == 0,
		"a link, a file");
	ok(file_mkdir_p("t/a/b", 0700) == 0 && file_write("t/a/f", "x", 1, 0600, 0) == 0 &&
			file_write("kept", "x", 1, 0600, 0) == 0 &&
			symlink("../../kept", "t/a/b/file") == 0 && symlink("../..", "t/a/up") == 0,
		"a tree with links out of it");
	ok(tree_remove_at(AT_FDCWD, "t") == 0 && access("t", F_OK) < 0, "goes");
	ok(access("kept", F_OK) == 0 && unlink("kept") == 0, "what the links lead to stays");
	for (int i = 0; i < TREE_DEPTH_MAX + 2; i++)
		strcat(path, i > 0 ? "/d" : "d");
	ok(file_mkdir_p(path, 0700) == 0 && tree_remove_at(AT_FDCWD, "d") == -ELOOP, "too deep");
	ok(tree_remove_at(AT_FDCWD, "d/d/d/d") == 0 && tree_remove_at(AT_FDCWD, "d") == 0,
		"its lower half, then the rest");
}

int main(void)
{
	char folder[] = "/tmp/test-file.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	test_read();
	test_write();
	test_mkdir();
	test_create();
	test_make();
	test_links();
	test_remove();
	(void) unlink("f");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left over");
	return tap_done();
}
