/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Candidates: what is listed, read, accepted and deleted, and what is none. */
#include "teach/candidate-files.h"

#include <string.h>

#include "common/file.h"
#include "tests/tap.h"
#include "tests/unit/koi.h"

static char folder[64];
static struct rules rules;

static const char *at(const char *name)
{
	return koi_in(folder, name);
}

static const char *candidates(void)
{
	return koi_in(folder, "candidates");
}

static size_t list(struct candidate_file **ret)
{
	struct fault f = { .kind = FAULT_NONE };
	size_t n = 0;

	return candidate_files_list(candidates(), ret, &n, &f) < 0 ? SIZE_MAX : n;
}

static enum fault_kind read_one(const char *name)
{
	struct fault f = { .kind = FAULT_NONE };
	void *data = NULL;
	size_t size;
	int r = candidate_files_read(candidates(), name, &data, &size, &f);

	free(data);
	return r < 0 ? f.kind : FAULT_NONE;
}

static enum fault_kind delete (const char *name) {
	struct fault f = { .kind = FAULT_NONE };

		return candidate_files_delete(candidates(), name, &f) < 0 ? f.kind : FAULT_NONE;
}

static enum fault_kind accept(const char *name, char *ret)
{
	struct fault f = { .kind = FAULT_NONE };

	return candidate_files_accept(candidates(), name, at("refs"), &rules, KOI_SELECT, ret, &f) <
			       0
		       ? f.kind
		       : FAULT_NONE;
}

#define A "20261122T101530.123Z-OTHER.jpg"
#define B "20261122T101531.000Z-PLAYING.jpg"

static void test_list(void)
{
	struct candidate_file *l = NULL;

	ok(list(&l) == 0 && !l, "without a folder there is none");
	(void) file_mkdir_p(candidates(), 0755);
	koi_copy_file(koi_path("refs/koi-short/SELECT/ref_0.jpg"), at("candidates/" A));
	koi_write(at("candidates/20261122T101530.123Z-OTHER.json"),
		"{\"state\": \"OTHER\", \"reason\": \"below-threshold\"}", 48 - 1);
	koi_write(at("candidates/" B), "no picture", 10);
	koi_write(at("candidates/notes.jpg"), "x", 1);
	koi_write(at("candidates/.20261122T101530.123Z-X.jpg"), "x", 1);
	ok(list(&l) == 2 && strcmp(l[0].name, B) == 0 && strcmp(l[1].name, A) == 0,
		"the newest first, and nothing else");
	ok(strcmp(l[1].state, "OTHER") == 0 && strcmp(l[1].reason, "below-threshold") == 0 &&
			l[1].taken_realtime == UINT64_C(1795342530123000) && l[1].bytes > 1000,
		"with what was decided");
	ok(strcmp(l[0].state, "UNKNOWN") == 0 && !*l[0].reason && l[0].bytes == 10,
		"or that nothing is known");
	free(l);
}

static void test_names(void)
{
	static const char *const bad[] = { "", ".", "..", "notes.jpg", "../refs/NORMAL/ref_0.jpg",
		"20261122T101530.123Z-OTHER.json", ".20261122T101530.123Z-X.jpg",
		"20261122T101530.123Z-../../x.jpg", "20261122T101530.123Z-NONE.jpg" };
	char name[REFERENCE_NAME_MAX];
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		all = all && read_one(bad[i]) == FAULT_NO_SUCH_CANDIDATE &&
		      delete (bad[i]) == FAULT_NO_SUCH_CANDIDATE &&
		      accept(bad[i], name) == FAULT_NO_SUCH_CANDIDATE;
	ok(all && access(at("candidates/notes.jpg"), F_OK) == 0, "what is none is left alone");
}

static void test_one(void)
{
	char name[REFERENCE_NAME_MAX] = "", path[320];

	ok(read_one(A) == FAULT_NONE, "one is read");
	ok(accept(B, name) == FAULT_BAD_PICTURE && read_one(B) == FAULT_NONE,
		"what is no picture is not accepted, and stays");
	ok(accept(A, name) == FAULT_NONE && strcmp(name, "ref_1795342530.jpg") == 0,
		"one becomes a reference: %s", name);
	snprintf(path, sizeof(path), "refs/SELECT/%s", name);
	ok(access(at(path), F_OK) == 0 && read_one(A) == FAULT_NO_SUCH_CANDIDATE &&
			access(at("candidates/20261122T101530.123Z-OTHER.json"), F_OK) < 0,
		"and is no candidate any more");
	ok(delete (B) == FAULT_NONE && delete (B) == FAULT_NO_SUCH_CANDIDATE, "one is deleted");
}

int main(void)
{
	koi_folder(folder);
	koi_rules(&rules, MODE_BETTER);
	test_list();
	test_names();
	test_one();
	rules_deinit(&rules);
	koi_remove(folder);
	return tap_done();
}
