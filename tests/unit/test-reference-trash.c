/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References that were deleted: where they lie, how they come back, how many there may be. */
#include "teach/reference-trash.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/usec.h"
#include "recognize/recogniser.h"
#include "tests/tap.h"

static char dir[] = "/tmp/test-reference-trash.XXXXXX";

#define MOMENT (UINT64_C(1700000000) * USEC_PER_SEC)

static void add(const char *state, const char *name, off_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, state);
	(void) file_mkdir_p(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", dir, state, name);
	if (file_write(path, state, strlen(state), 0644, 0) < 0 ||
		(size > 0 && truncate(path, size) < 0))
		abort();
}

static bool there(const char *state, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", dir, state, name);
	return access(path, F_OK) == 0;
}

static enum fault_kind put(const char *state, const char *name, uint64_t usec, char *id)
{
	struct fault f = { .kind = FAULT_NONE };

	return reference_trash_put(dir, state, name, usec, id, &f) < 0 ? f.kind : FAULT_NONE;
}

static enum fault_kind restore(const char *id, char *name)
{
	struct fault f = { .kind = FAULT_NONE };

	return reference_trash_restore(dir, id, name, &f) < 0 ? f.kind : FAULT_NONE;
}

static size_t count(struct trash_file **list)
{
	struct fault f = { .kind = FAULT_NONE };
	size_t n = 0;

	*list = NULL;
	return reference_trash_list(dir, list, &n, &f) < 0 ? SIZE_MAX : n;
}

static size_t count_only(void)
{
	struct trash_file *list;
	size_t n = count(&list);

	free(list);
	return n;
}

static void test_there_and_back(void)
{
	char a[TRASH_ID_MAX] = "", b[TRASH_ID_MAX] = "", name[REFERENCE_NAME_MAX] = "", state[64];
	struct trash_file *list;

	ok(count_only() == 0, "at first there is no trash");
	add("NORMAL", "one.jpg", 0);
	ok(put("NORMAL", "one.jpg", MOMENT, a) == FAULT_NONE && !there("NORMAL", "one.jpg"),
		"a reference goes");
	ok(put("NORMAL", "one.jpg", MOMENT, b) == FAULT_NO_SUCH_REFERENCE, "once");
	ok(strcmp(reference_trash_state(a, state), "NORMAL") == 0, "its ID tells its state: %s", a);
	add("NORMAL", "one.jpg", 0);
	ok(put("NORMAL", "one.jpg", MOMENT, b) == FAULT_NONE && strcmp(a, b) != 0,
		"another one of that name and moment");
	ok(count(&list) == 2 && strcmp(list[0].id, b) == 0 && strcmp(list[1].id, a) == 0 &&
			strcmp(list[0].state, "NORMAL") == 0 &&
			strcmp(list[0].name, "one.jpg") == 0 && list[0].bytes == 6 &&
			list[1].deleted_realtime == MOMENT,
		"both are told, the latest first");
	free(list);
	ok(restore(b, name) == FAULT_NONE && strcmp(name, "one.jpg") == 0 &&
			there("NORMAL", "one.jpg"),
		"one comes back");
	ok(restore(b, name) == FAULT_NO_SUCH_TRASH, "once");
	ok(restore(a, name) == FAULT_NONE && strcmp(name, "one_2.jpg") == 0 &&
			there("NORMAL", "one_2.jpg"),
		"the other one with a number: %s", name);
	ok(count_only() == 0, "and there is none any more");
}

static void test_names(void)
{
	static const char *const bad[] = { "", ".", "..", "../x.jpg", "a/b.jpg", ".hidden.jpg",
		"rules.conf", "missing.jpg" };
	static const char *const ids[] = { "", ".", "..", "x", "1", "1.", "1.NORMAL", "1.N/ORMAL",
		"../NORMAL", "1700000000000000.NORMAL", "99999999999999999999.NORMAL", "1.." };
	char id[TRASH_ID_MAX], name[REFERENCE_NAME_MAX], state[64];
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		all = all && put("NORMAL", bad[i], MOMENT, id) == FAULT_NO_SUCH_REFERENCE;
	ok(all, "what is no reference stays");
	ok(put("NOWHERE", "one.jpg", MOMENT, id) == FAULT_NO_SUCH_REFERENCE, "nor of no state");
	all = true;
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		all = all && restore(ids[i], name) == FAULT_NO_SUCH_TRASH;
	ok(all, "what is no ID brings nothing back");
	ok(!*reference_trash_state("1.N/ORMAL", state) && !*reference_trash_state("x", state),
		"nor has it a state");
	add("NORMAL/folder.jpg", "x", 0);
	ok(put("NORMAL", "folder.jpg", MOMENT, id) == FAULT_IO && there("NORMAL", "folder.jpg"),
		"a folder is no picture");
	ok(count_only() == 0, "nothing was left behind");
}

static void test_limits(void)
{
	char id[TRASH_ID_MAX] = "", first[TRASH_ID_MAX] = "", name[REFERENCE_NAME_MAX];
	struct trash_file *list;
	bool all = true;
	size_t n;

	for (unsigned i = 0; i <= TRASH_FILES_MAX; i++) {
		add("SELECT", "many.jpg", 0);
		all = all &&
		      put("SELECT", "many.jpg", MOMENT + i, i == 0 ? first : id) == FAULT_NONE;
	}
	ok(all && count_only() == TRASH_FILES_MAX, "there are as many as there may be");
	ok(restore(first, name) == FAULT_NO_SUCH_TRASH, "the oldest has gone");
	for (unsigned i = 1; i <= 3; i++) {
		add("SELECT", "large.jpg", (off_t) (TRASH_BYTES_MAX / 2));
		(void) put("SELECT", "large.jpg", MOMENT + USEC_PER_SEC + i, id);
	}
	n = count(&list);
	ok(n == 2 && strcmp(list[0].id, id) == 0, "large ones leave less room: %zu", n);
	free(list);
}

static void test_full_state(void)
{
	char id[TRASH_ID_MAX], name[REFERENCE_NAME_MAX];

	add("FULL", "gone.jpg", 0);
	(void) put("FULL", "gone.jpg", MOMENT + 60 * USEC_PER_SEC, id);
	for (int i = 0; i < RECOGNISER_REFERENCES_MAX; i++) {
		snprintf(name, sizeof(name), "%d.jpg", i);
		add("FULL", name, 0);
	}
	ok(restore(id, name) == FAULT_TOO_MANY_REFERENCES && count_only() > 0,
		"it stays where it is when the state has enough");
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir))
		abort();
	test_there_and_back();
	test_names();
	test_limits();
	test_full_state();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ok(system(command) == 0, "cleaned up");
	return tap_done();
}
