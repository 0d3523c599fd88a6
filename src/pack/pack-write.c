/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder into a pack in memory, that into an archive in memory, which is read again by those who
 * will read it elsewhere: what they would refuse is never written.
 */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "media/picture.h"
#include "pack/pack-private.h"
#include "recognize/truth.h"
#include "settings/rules-file.h"

#define FILE_MODE 0644

DEFINE_CLEANUP(struct archive *, archive_write_free)
DEFINE_CLEANUP(struct archive_entry *, archive_entry_free)

struct writer {
	struct pack *p;
	const char *folder; /* of the references */
	int64_t newest;     /* seconds since 1970 of the newest picture */
	char *why;
	size_t why_size;
};

#define refuse(writer, r, ...) pack_refuse(r, (writer)->why, (writer)->why_size, __VA_ARGS__)

/* Nobody else has said anything yet. */
static int fail(const struct writer *w, int r)
{
	return refuse(w, r, "%s", strerror(-r));
}

/* --- what goes in --- */

static int add(struct writer *w, const char *name, char *data, size_t size)
{
	int r = pack_add(w->p, name, (uint8_t *) data, size);

	if (r == -ENOSPC)
		return refuse(w, -EFBIG, "more than %d files, or more than %d MiB", PACK_FILES_MAX,
			PACK_BYTES_MAX >> 20);
	return r < 0 ? fail(w, r) : 0;
}

static int add_rules(struct writer *w, const struct rules *rules)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (!f)
		return fail(w, -ENOMEM);
	r = rules_file_write(rules, f);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		return add(w, PACK_RULES, text, size);
	free(text);
	return fail(w, r);
}

/* name: in the folder of the references. */
static int add_file(struct writer *w, const char *name, size_t max)
{
	_cleanup_(freep) char *path = NULL, *in_pack = NULL;
	struct stat st;
	char *data;
	size_t size;
	int r;

	if (asprintf(&path, "%s/%s", w->folder, name) < 0) {
		path = NULL;
		return fail(w, -ENOMEM);
	}
	if (asprintf(&in_pack, PACK_REFS "%s", name) < 0) {
		in_pack = NULL;
		return fail(w, -ENOMEM);
	}
	r = file_read(path, max, &data, &size);
	if (r == -EFBIG)
		return refuse(w, r, "%s: larger than %zu MiB", path, max >> 20);
	if (r < 0)
		return refuse(w, r, "%s: %s", path, r == -EINVAL ? "not a file" : strerror(-r));
	if (stat(path, &st) == 0 && pack_is_picture(name))
		w->newest = MAX(w->newest, (int64_t) st.st_mtime);
	return add(w, in_pack, data, size);
}

static int add_credits(struct writer *w)
{
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/" PACK_CREDITS, w->folder) < 0) {
		path = NULL;
		return fail(w, -ENOMEM);
	}
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return add_file(w, PACK_CREDITS, TRUTH_TEXT_MAX);
}

/* What was learnt for these rules' numbers. */
static int add_digits(struct writer *w, const struct rules *rules)
{
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	_cleanup_(freep) char *path = NULL, *text = NULL;
	char why[LESSONS_WHY_SIZE] = "";
	size_t size;
	int r, n = 0;

	if (asprintf(&path, "%s/" PACK_DIGITS, w->folder) < 0) {
		path = NULL;
		return fail(w, -ENOMEM);
	}
	r = lessons_open(&l, rules, w->folder, why, sizeof(why));
	if (r < 0)
		return refuse(w, r, "%s: %s", path, *why ? why : strerror(-r));
	for (int i = 0; i < rules->n_numbers; i++)
		n += lessons_count(l, i);
	if (n == 0)
		return 0;
	text = lessons_format(l, &size);
	return text ? add(w, PACK_REFS PACK_DIGITS, TAKE_PTR(text), size) : fail(w, -ENOMEM);
}

static int add_picture(struct writer *w, const char *state, const char *name)
{
	_cleanup_(freep) char *path = NULL;

	if (!pack_picture_name_allowed(name))
		return refuse(w, -EBADMSG,
			"%s/%s/%s: its name has more than 255 characters, or others than ASCII",
			w->folder, state, name);
	if (asprintf(&path, "%s/%s", state, name) < 0) {
		path = NULL;
		return fail(w, -ENOMEM);
	}
	return add_file(w, path, PICTURE_BYTES_MAX);
}

static int is_shown_picture(const struct dirent *e)
{
	return e->d_name[0] != '.' && pack_is_picture(e->d_name);
}

static int add_state(struct writer *w, const char *state)
{
	_cleanup_(freep) char *path = NULL;
	struct dirent **entries;
	int n, r = 0;

	if (asprintf(&path, "%s/%s", w->folder, state) < 0) {
		path = NULL;
		return fail(w, -ENOMEM);
	}
	n = scandir(path, &entries, is_shown_picture, alphasort);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return refuse(w, -errno, "%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = add_picture(w, state, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int add_all(struct writer *w, const struct rules *rules)
{
	struct stat st;
	int r = 0;

	if (stat(w->folder, &st) < 0)
		return refuse(w, -errno, "%s: %s", w->folder, strerror(errno));
	for (int i = 0; r == 0 && i < rules->n_states; i++)
		r = add_state(w, rules->states[i].name);
	if (r == 0)
		r = add_credits(w);
	if (r == 0)
		r = add_digits(w, rules);
	if (r == 0)
		r = add_rules(w, rules);
	return r;
}

/* --- the archive --- */

static int set_date(struct writer *w)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;

	w->p->date = MAX(w->newest, 0);
	if (!epoch || !*epoch)
		return 0;
	errno = 0;
	w->p->date = strtoll(epoch, &end, 10);
	if (errno || *end || w->p->date < 0)
		return refuse(w, -EINVAL, "SOURCE_DATE_EPOCH: not a number of seconds");
	return 0;
}

static int seal(struct writer *w, const char *game, const char *note)
{
	int r = set_date(w);

	w->p->game = strdup(game);
	w->p->note = strdup(note ? note : "");
	if (r == 0 && (!w->p->game || !w->p->note))
		return fail(w, -ENOMEM);
	pack_sort(w->p);
	for (size_t i = 0; r == 0 && i < w->p->n_files; i++) {
		r = pack_sum(&w->p->files[i], w->p->files[i].sum);
		if (r < 0)
			return fail(w, r);
	}
	return r;
}

static la_ssize_t to_stream(struct archive *a, void *userdata, const void *data, size_t size)
{
	FILE *f = userdata;

	if (fwrite(data, 1, size, f) == size)
		return (la_ssize_t) size;
	archive_set_error(a, ENOMEM, "%s", strerror(ENOMEM));
	return -1;
}

/* Nothing in it tells who wrote it, where and when. */
static int put(struct archive *a, const char *name, const void *data, size_t size, int64_t date)
{
	_cleanup_(archive_entry_freep) struct archive_entry *entry = archive_entry_new();

	if (!entry)
		return ARCHIVE_FATAL;
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, FILE_MODE);
	archive_entry_set_size(entry, (la_int64_t) size);
	archive_entry_set_mtime(entry, (time_t) date, 0);
	if (archive_write_header(a, entry) != ARCHIVE_OK ||
		archive_write_data(a, data, size) != (la_ssize_t) size)
		return ARCHIVE_FATAL;
	return ARCHIVE_OK;
}

static int put_all(struct archive *a, FILE *f, const struct pack *p, const char *manifest)
{
	if (archive_write_add_filter_zstd(a) != ARCHIVE_OK ||
		archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
		archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
		archive_write_open(a, f, NULL, to_stream, NULL) != ARCHIVE_OK ||
		put(a, PACK_MANIFEST, manifest, strlen(manifest), p->date) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	for (size_t i = 0; i < p->n_files; i++)
		if (put(a, p->files[i].name, p->files[i].data, p->files[i].size, p->date) !=
			ARCHIVE_OK)
			return ARCHIVE_FATAL;
	return archive_write_close(a);
}

static int archive(const struct writer *w, char **ret, size_t *ret_size)
{
	_cleanup_(archive_write_freep) struct archive *a = archive_write_new();
	_cleanup_(freep) char *manifest = pack_manifest_format(w->p), *data = NULL;
	FILE *f = open_memstream(&data, ret_size);
	int r = 0;

	if (!manifest)
		r = refuse(w, -EINVAL, "its list cannot be written: game and note must be UTF-8");
	else if (!a || !f)
		r = fail(w, -ENOMEM);
	else if (put_all(a, f, w->p, manifest) != ARCHIVE_OK)
		r = refuse(w, -EIO, "cannot be packed: %s",
			archive_error_string(a) ? archive_error_string(a) : strerror(ENOMEM));
	/* Before the stream goes, which it might still write to. */
	archive_write_freep(&a);
	a = NULL;
	if (f && fclose(f) != 0 && r == 0)
		r = fail(w, -ENOMEM);
	if (r == 0)
		*ret = TAKE_PTR(data);
	return r;
}

int pack_write(const char *path, const char *game, const char *note, const struct rules *rules,
	const char *refs_folder, char *why, size_t why_size)
{
	_cleanup_(pack_freep) struct pack *p = calloc(1, sizeof(*p)), *again = NULL;
	struct writer w = { .p = p, .folder = refs_folder, .why = why, .why_size = why_size };
	_cleanup_(freep) char *data = NULL;
	size_t size = 0;
	int r;

	if (!p)
		return fail(&w, -ENOMEM);
	r = add_all(&w, rules);
	if (r == 0)
		r = seal(&w, game, note);
	if (r == 0)
		r = archive(&w, &data, &size);
	if (r == 0)
		r = pack_parse(&again, data, size, why, why_size);
	if (r < 0)
		return r;
	r = file_write(path, data, size, FILE_MODE, 1);
	return r < 0 ? refuse(&w, r, "%s: %s", path, strerror(-r)) : 0;
}
