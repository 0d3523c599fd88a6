/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References that are taught and forgotten: names, places, limits. */
#include "teach/reference-files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/usec.h"
#include "recognize/recogniser.h"
#include "tests/tap.h"

static char dir[] = "/tmp/test-reference-files.XXXXXX";

#define SECOND (UINT64_C(1700000000) * USEC_PER_SEC)

static int add(const char *state, char *name)
{
	struct fault f = { .kind = FAULT_NONE };

	return reference_files_add(dir, state, SECOND, ".jpg", "picture", 7, name, &f);
}

static enum fault_kind read_fault(const char *state, const char *name)
{
	struct fault f = { .kind = FAULT_NONE };
	void *data = NULL;
	size_t size;
	int r = reference_files_read(dir, state, name, &data, &size, &f);

	free(data);
	return r < 0 ? f.kind : FAULT_NONE;
}

static enum fault_kind move(const char *state, const char *name, const char *to, char *ret)
{
	struct fault f = { .kind = FAULT_NONE };

	return reference_files_move(dir, state, name, to, ret, &f) < 0 ? f.kind : FAULT_NONE;
}

static void test_add(void)
{
	char a[REFERENCE_NAME_MAX] = "", b[REFERENCE_NAME_MAX] = "";
	struct stat st;
	char path[512];

	ok(add("NORMAL", a) == 0 && strcmp(a, "ref_1700000000.jpg") == 0,
		"a picture of a state that has no folder yet");
	snprintf(path, sizeof(path), "%s/NORMAL/%s", dir, a);
	ok(stat(path, &st) == 0 && st.st_size == 7 && (st.st_mode & 0777) == 0644,
		"is there, for all to read");
	ok(add("NORMAL", b) == 0 && strcmp(b, "ref_1700000000_2.jpg") == 0,
		"another one of that second");
	snprintf(path, sizeof(path), "%s/NORMAL/.hidden.jpg", dir);
	ok(file_write(path, "", 0, 0644, 0) == 0, "a file that does not count");
}

static void test_list(void)
{
	struct reference_file *list = NULL;
	struct fault f = { .kind = FAULT_NONE };
	size_t n = 0;

	ok(reference_files_list(dir, "SELECT", &list, &n, &f) == 0 && n == 0,
		"of a state without a folder there is none");
	ok(reference_files_list(dir, "NORMAL", &list, &n, &f) == 0 && n == 2,
		"of the other one two");
	ok(n == 2 && strcmp(list[0].name, "ref_1700000000.jpg") == 0 &&
			strcmp(list[1].name, "ref_1700000000_2.jpg") == 0 &&
			strcmp(list[0].state, "NORMAL") == 0 && list[0].bytes == 7 &&
			list[0].realtime_usec > SECOND,
		"sorted, with their sizes and times");
	free(list);
}

static void test_limit(void)
{
	char name[REFERENCE_NAME_MAX];
	struct fault f = { .kind = FAULT_NONE };
	int r = 0;

	for (int i = 0; i < RECOGNISER_REFERENCES_MAX && r == 0; i++)
		r = add("MANY", name);
	ok(r == 0, "as many as are looked at");
	ok(reference_files_add(dir, "MANY", SECOND, ".jpg", "p", 1, name, &f) < 0 &&
			f.kind == FAULT_TOO_MANY_REFERENCES,
		"and not one more");
}

static void test_names(void)
{
	static const char *const bad[] = { "", ".", "..", "../outside.jpg", "/tmp/x.jpg",
		".hidden.jpg", "a/b.jpg", "credits.json", "rules.conf", "missing.jpg" };
	char outside[128], name[REFERENCE_NAME_MAX];
	bool all = true;

	snprintf(outside, sizeof(outside), "%s/outside.jpg", dir);
	(void) file_write(outside, "", 0, 0644, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		all = all && read_fault("NORMAL", bad[i]) == FAULT_NO_SUCH_REFERENCE &&
		      move("NORMAL", bad[i], "OTHERS", name) == FAULT_NO_SUCH_REFERENCE;
	ok(all && access(outside, F_OK) == 0, "what is no reference is neither read nor moved");
	ok(read_fault("NORMAL", "ref_1700000000.jpg") == FAULT_NONE, "one is read");
	ok(read_fault("NOWHERE", "ref_1700000000.jpg") == FAULT_NO_SUCH_REFERENCE,
		"of a state without a folder none is");
}

static void test_move(void)
{
	char name[REFERENCE_NAME_MAX] = "", path[512];
	int fd;

	ok(move("NORMAL", "ref_1700000000.jpg", "MOVED", name) == FAULT_NONE &&
			strcmp(name, "ref_1700000000.jpg") == 0 &&
			read_fault("MOVED", name) == FAULT_NONE &&
			read_fault("NORMAL", name) == FAULT_NO_SUCH_REFERENCE,
		"a picture moves to another state");
	(void) add("NORMAL", name);
	ok(move("NORMAL", "ref_1700000000.jpg", "MOVED", name) == FAULT_NONE &&
			strcmp(name, "ref_1700000000_2.jpg") == 0,
		"under a number when its name is taken there: %s", name);
	ok(move("MOVED", "ref_1700000000.jpg", "MOVED", name) == FAULT_NONE &&
			strcmp(name, "ref_1700000000.jpg") == 0 &&
			read_fault("MOVED", name) == FAULT_NONE,
		"to where it is: it stays");
	ok(move("MOVED", "ref_1700000000.jpg", "MANY", name) == FAULT_TOO_MANY_REFERENCES &&
			read_fault("MOVED", "ref_1700000000.jpg") == FAULT_NONE,
		"where there are enough it does not go");
	snprintf(path, sizeof(path), "%s/MOVED/%0251d.jpg", dir, 7);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	closep(&fd);
	ok(move("MOVED", path + strlen(dir) + 7, "NORMAL", name) == FAULT_NONE,
		"a name of 255 bytes");
}

static void test_broken(void)
{
	char path[128], name[REFERENCE_NAME_MAX];
	struct reference_file *list = NULL;
	struct fault f = { .kind = FAULT_NONE };
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/FILE", dir);
	(void) file_write(path, "", 0, 0644, 0);
	ok(reference_files_add(dir, "FILE", SECOND, ".jpg", "p", 1, name, &f) < 0 &&
			f.kind == FAULT_IO && strstr(f.words, "FILE"),
		"a file in place of the folder: %s", f.words);
	ok(reference_files_list(dir, "FILE", &list, &n, &f) < 0 && f.kind == FAULT_IO,
		"cannot be listed either");
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir))
		abort();
	test_add();
	test_list();
	test_limit();
	test_names();
	test_move();
	test_broken();
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return tap_done() | system(command);
}
