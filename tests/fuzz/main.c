/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target without a fuzzer: over the files that are named, or over its corpus, so that
 * "make check" shows that what once broke something still does not. The target aborts when it finds
 * something, and the TAP plan is then missing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/tap.h"

#define INPUT_MAX (1 << 21)

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int run_file(const char *path)
{
	_cleanup_(freep) char *data = NULL;
	_cleanup_(freep) uint8_t *exact = NULL;
	size_t size;

	if (file_read(path, INPUT_MAX, &data, &size) < 0)
		return -errno;
	/* Without the byte that file_read() adds, so that a sanitizer sees who reads too far. */
	exact = malloc(size ? size : 1);
	if (!exact)
		return -ENOMEM;
	memcpy(exact, data, size);
	return LLVMFuzzerTestOneInput(exact, size);
}

static void run_corpus(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, alphasort);

	ok(n > 0, "%s holds something", folder);
	for (int i = 0; i < n; i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0)
			abort();
		ok(run_file(path) == 0, "%s", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int main(int argc, char *argv[])
{
	const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '-');
	_cleanup_(freep) char *folder = NULL;

	for (int i = 1; i < argc; i++)
		ok(run_file(argv[i]) == 0, "%s", argv[i]);
	if (argc == 1) {
		/* fuzz-conf: corpus/conf */
		if (asprintf(&folder, "%s/tests/corpus/%s", top ? top : ".", name ? name + 1 : "") <
			0)
			return 1;
		run_corpus(folder);
	}
	return tap_done();
}
