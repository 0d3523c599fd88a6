/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/koi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/tree.h"

#define BYTES_MAX (1 << 20)
#define REFS "refs/koi-short/"

static const char *const names[KOI_STATES] = { "SELECT", "PLAYING", "NORMAL" };

static char *buffer(void)
{
	static char buffers[4][512];
	static int next;

	return buffers[next++ % 4];
}

const char *koi_path(const char *name)
{
	const char *top = getenv("top_srcdir");
	char *path = buffer();

	snprintf(path, 512, "%s/tests/data/clips/%s", top ? top : ".", name);
	return path;
}

const char *koi_in(const char *folder, const char *name)
{
	char *path = buffer();

	snprintf(path, 512, "%s/%s", folder, name);
	return path;
}

void koi_rules(struct rules *ret, enum rules_mode mode)
{
	_cleanup_(freep) char *text = NULL;
	struct truth truth;
	char why[TRUTH_WHY_SIZE];
	size_t size;

	if (file_read(koi_path("koi-short.json"), TRUTH_TEXT_MAX, &text, &size) < 0 ||
		truth_parse(text, size, &truth, ret, why, sizeof(why)) < 0)
		abort();
	truth_deinit(&truth);
	ret->mode = mode;
}

void koi_folder(char ret[64])
{
	const char *tmp = getenv("TMPDIR");

	snprintf(ret, 64, "%.40s/egm-koi.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(ret))
		abort();
}

void koi_remove(const char *folder)
{
	(void) tree_remove_at(AT_FDCWD, folder);
}

void koi_write(const char *path, const void *data, size_t size)
{
	if (file_write(path, data, size, 0644, 0) < 0)
		abort();
}

void koi_copy_file(const char *from, const char *to)
{
	_cleanup_(freep) char *data = NULL;
	size_t size;

	if (file_read(from, BYTES_MAX, &data, &size) < 0)
		abort();
	koi_write(to, data, size);
}

void koi_copy(const char *folder)
{
	char name[64];

	if (mkdir(koi_in(folder, "refs"), 0755) < 0)
		abort();
	for (int s = 0; s < KOI_STATES; s++) {
		snprintf(name, sizeof(name), "refs/%s", names[s]);
		if (mkdir(koi_in(folder, name), 0755) < 0)
			abort();
		for (int i = 0; i < 3; i++) {
			char from[64];

			snprintf(name, sizeof(name), "refs/%s/ref_%d.jpg", names[s], i);
			snprintf(from, sizeof(from), REFS "%s/ref_%d.jpg", names[s], i);
			koi_copy_file(koi_path(from), koi_in(folder, name));
		}
	}
	koi_copy_file(koi_path(REFS "credits.json"), koi_in(folder, "refs/credits.json"));
}
