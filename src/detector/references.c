/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder is listed, and each file's identity taken, before anything in it is read: a picture that
 * changes meanwhile has another stamp afterwards.
 */
#include "detector/references.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/fnv.h"
#include "detector/hash-cache.h"
#include "media/picture.h"
#include "recognize/truth.h"

#define NUMBERS_FILE "credits.json"

struct entry {
	char *name;
	struct stat st;
};

struct listing {
	struct entry *items; /* sorted by name */
	int n;
	bool more; /* there are others */
};

struct load {
	struct recogniser *recogniser;
	const struct rules *rules;
	const char *folder;
	const struct references_hooks *hooks;
	struct hash_cache *cache; /* NULL: none */
	struct truth_pictures numbers;
	int number; /* of the rules, that those are of */
	struct references_count count;
};

/* --- what lies there --- */

bool references_is_picture(const char *name)
{
	static const char *const ends[] = { ".jpg", ".jpeg", ".png", ".webp" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(ends); i++)
		if (strcasecmp(dot, ends[i]) == 0)
			return true;
	return false;
}

static void listing_deinit(struct listing *l)
{
	for (int i = 0; i < l->n; i++)
		free(l->items[i].name);
	free(l->items);
}

/* Keeps the first names, however many there are. */
static int add_name(struct listing *l, const char *name)
{
	int at = l->n;
	char *copy;

	while (at > 0 && strcmp(name, l->items[at - 1].name) < 0)
		at--;
	l->more = l->more || l->n == REFERENCES_FILES_MAX;
	if (at == REFERENCES_FILES_MAX)
		return 0;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	if (l->n == REFERENCES_FILES_MAX)
		free(l->items[--l->n].name);
	memmove(&l->items[at + 1], &l->items[at], (size_t) (l->n - at) * sizeof(*l->items));
	l->items[at].name = copy;
	l->n++;
	return 0;
}

static int list_folder(DIR *dir, struct listing *l)
{
	const struct dirent *e;
	int r;

	l->items = calloc(REFERENCES_FILES_MAX, sizeof(*l->items));
	if (!l->items)
		return -ENOMEM;
	for (errno = 0; (e = readdir(dir)); errno = 0) {
		r = e->d_name[0] != '.' ? add_name(l, e->d_name) : 0;
		if (r < 0)
			return r;
	}
	if (errno)
		return -errno;
	for (int i = 0; i < l->n; i++)
		if (fstatat(dirfd(dir), l->items[i].name, &l->items[i].st, 0) < 0)
			l->items[i].st = (struct stat){ 0 };
	return 0;
}

/* The state's folder; ret must be given back with listing_deinit() in any case. */
static int list_state(const struct rules *rules, const char *folder, int state, struct listing *ret)
{
	_cleanup_(freep) char *path = NULL;
	DIR *dir;
	int r;

	*ret = (struct listing){ 0 };
	if (asprintf(&path, "%s/%s", folder, rules->states[state].name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	dir = opendir(path);
	if (!dir)
		return -errno;
	r = list_folder(dir, ret);
	closedir(dir);
	return r;
}

/* --- the stamp --- */

static void mix(uint64_t *stamp, const void *data, size_t size)
{
	*stamp = fnv64(*stamp, data, size);
}

static void mix_file(uint64_t *stamp, const char *name, const struct stat *st)
{
	const uint64_t numbers[] = { (uint64_t) st->st_size, (uint64_t) st->st_ino,
		(uint64_t) st->st_mtim.tv_sec, (uint64_t) st->st_mtim.tv_nsec,
		(uint64_t) st->st_ctim.tv_sec, (uint64_t) st->st_ctim.tv_nsec };

	mix(stamp, name, strlen(name) + 1);
	mix(stamp, numbers, sizeof(numbers));
}

static void mix_state(uint64_t *stamp, int state, const struct listing *l)
{
	mix(stamp, &state, sizeof(state));
	for (int i = 0; i < l->n; i++)
		mix_file(stamp, l->items[i].name, &l->items[i].st);
}

static void mix_numbers(uint64_t *stamp, const char *folder)
{
	_cleanup_(freep) char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/" NUMBERS_FILE, folder) < 0)
		path = NULL;
	if (path && stat(path, &st) == 0)
		mix_file(stamp, NUMBERS_FILE, &st);
}

static uint64_t begin_stamp(const char *folder)
{
	uint64_t stamp = FNV64_BEGIN;

	mix_numbers(&stamp, folder);
	return stamp;
}

/* 0 is for none. */
static uint64_t end_stamp(uint64_t stamp, int folders)
{
	return folders == 0 ? 0 : stamp | 1;
}

uint64_t references_stamp(const struct rules *rules, const char *folder)
{
	uint64_t stamp = begin_stamp(folder);
	int folders = 0;

	for (int s = 0; s < rules->n_states; s++) {
		struct listing l;

		if (list_state(rules, folder, s, &l) >= 0) {
			mix_state(&stamp, s, &l);
			folders++;
		}
		listing_deinit(&l);
	}
	return end_stamp(stamp, folders);
}

/* --- pictures --- */

static void skip(struct load *l, const char *path, const char *why)
{
	l->hooks->skipped(path, why, l->hooks->userdata);
}

static void warn(struct load *l, const char *path, const char *why)
{
	if (l->hooks->warned)
		l->hooks->warned(path, why, l->hooks->userdata);
}

/* The number that the picture shows, as text; false: none, or nobody knows. */
static bool shown_number(const struct load *l, const char *name, char *ret, size_t size)
{
	int64_t number;

	if (truth_pictures_find(&l->numbers, name, &number) < 0 || number == TRUTH_NUMBER_NONE)
		return false;
	snprintf(ret, size, "%" PRId64, number);
	return true;
}

static void learn_number(
	struct load *l, const char *path, const struct frame *picture, const char *text)
{
	int r = recogniser_learn_number(l->recogniser, l->number, picture, text);
	char why[96];

	if (r >= 0 || r == -ENOSPC)
		return;
	snprintf(why, sizeof(why), "the number %s cannot be learnt from it", text);
	warn(l, path, why);
}

/* Whether it is told that the picture shows a number, or none. */
static bool is_numbered(const struct load *l, const char *name)
{
	int64_t number;

	return truth_pictures_find(&l->numbers, name, &number) >= 0;
}

/* What became of a picture. -ENOMEM only. */
static int conclude(struct load *l, int state, const char *path, int r)
{
	if (r >= 0) {
		l->count.used++;
		if (l->hooks->used)
			l->hooks->used(state, path, l->hooks->userdata);
		return 0;
	}
	if (r == -ENOMEM)
		return r;
	l->count.skipped++;
	skip(l, path,
		r == -ENOSPC    ? "there are enough of this state"
		: r == -ENODATA ? "there is nothing to be seen in the regions"
				: "its format cannot be looked into");
	return 0;
}

static void keep_hashes(struct load *l, int state, const char *name, const struct stat *st)
{
	struct hash hashes[RECOGNISER_HASHES_MAX];
	int n = recogniser_last_hashes(l->recogniser, state, hashes);

	if (n > 0)
		(void) hash_cache_put(l->cache, state, name, st, hashes, n);
}

static int load_picture(
	struct load *l, int state, const char *path, const char *name, const struct stat *st)
{
	_cleanup_(frame_unrefp) struct frame *picture = NULL;
	char why[128] = "", number[32];
	int r = picture_load(&picture, path, why, sizeof(why));

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		l->count.skipped++;
		skip(l, path, why);
		return 0;
	}
	r = recogniser_add_reference(l->recogniser, state, picture);
	if (r >= 0 && l->cache)
		keep_hashes(l, state, name, st);
	if (r >= 0 && shown_number(l, name, number, sizeof(number)))
		learn_number(l, path, picture, number);
	else if (r >= 0 && l->hooks->unnumbered && !is_numbered(l, name))
		l->hooks->unnumbered(picture, l->hooks->userdata);
	return conclude(l, state, path, r);
}

/* 1: the hashes of the picture are known, and taken; 0: they are not; -ENOMEM. */
static int take_hashes(
	struct load *l, int state, const char *path, const char *name, const struct stat *st)
{
	struct hash hashes[RECOGNISER_HASHES_MAX];
	char number[32];
	int n, r;

	if (!l->cache || shown_number(l, name, number, sizeof(number)))
		return 0;
	n = hash_cache_find(l->cache, state, name, st, hashes);
	if (n <= 0)
		return 0;
	r = conclude(l, state, path, recogniser_add_hashes(l->recogniser, state, hashes, n));
	return r < 0 ? r : 1;
}

static int load_entry(struct load *l, int state, const struct entry *e)
{
	_cleanup_(freep) char *path = NULL;
	const char *name;
	int r;

	if (asprintf(&path, "%s/%s/%s", l->folder, l->rules->states[state].name, e->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	name = path + strlen(l->folder) + 1;
	if (!references_is_picture(e->name)) {
		l->count.skipped++;
		skip(l, path, "its name does not end in .jpg, .jpeg, .png or .webp");
		return 0;
	}
	r = take_hashes(l, state, path, name, &e->st);
	if (r == 0)
		r = load_picture(l, state, path, name, &e->st);
	return MIN(r, 0);
}

static bool compares(const struct rules *rules, const struct roi *roi)
{
	return rules->mode == MODE_COMPATIBLE ||
	       (roi->feature != FEATURE_BRIGHTNESS && roi->feature != FEATURE_MOTION &&
		       roi->feature != FEATURE_DIGITS);
}

/* Does anything compare with the references of this state? */
static bool is_needed(const struct rules *rules, int state)
{
	for (int s = 0; s < rules->n_states; s++)
		for (int i = 0; i < rules->states[s].n_rois; i++) {
			const struct roi *roi = &rules->states[s].rois[i];

			if (roi->ref_state == state && compares(rules, roi))
				return true;
		}
	return false;
}

static void tell_folder(struct load *l, int state, const char *why)
{
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/%s", l->folder, l->rules->states[state].name) < 0)
		path = NULL;
	skip(l, path ? path : l->folder, why);
}

static int load_state(struct load *l, int state, const struct listing *listing)
{
	int r = 0;

	if (listing->more)
		tell_folder(l, state, "there are more files than can be looked at");
	for (int i = 0; i < listing->n && r >= 0; i++)
		r = load_entry(l, state, &listing->items[i]);
	return r;
}

static int load_states(struct load *l)
{
	uint64_t stamp = begin_stamp(l->folder);
	int folders = 0, r = 0;

	for (int s = 0; s < l->rules->n_states && r >= 0; s++) {
		struct listing listing;
		int error = list_state(l->rules, l->folder, s, &listing);

		if (error >= 0) {
			folders++;
			mix_state(&stamp, s, &listing);
			if (is_needed(l->rules, s))
				r = load_state(l, s, &listing);
		} else if (error == -ENOMEM) {
			r = error;
		} else if (is_needed(l->rules, s)) {
			tell_folder(l, s, strerror(-error));
		}
		listing_deinit(&listing);
	}
	l->count.stamp = end_stamp(stamp, folders);
	return r;
}

/* --- numbers --- */

/* The number that the file is about: the one it is named for, else the first. */
static int choose_number(const struct rules *rules)
{
	for (int i = 0; i < rules->n_numbers; i++)
		if (strcmp(rules->numbers[i].name, TRUTH_NUMBER_ROI) == 0)
			return i;
	return 0;
}

static int load_numbers(struct load *l)
{
	_cleanup_(freep) char *path = NULL, *text = NULL;
	char why[TRUTH_WHY_SIZE];
	size_t size;
	int r;

	if (l->rules->n_numbers == 0)
		return 0;
	l->number = choose_number(l->rules);
	if (asprintf(&path, "%s/" NUMBERS_FILE, l->folder) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_read(path, TRUTH_TEXT_MAX, &text, &size);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0) {
		warn(l, path, strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	r = truth_pictures_parse(text, size, &l->numbers, why, sizeof(why));
	if (r < 0 && r != -ENOMEM)
		warn(l, path, why);
	return r == -ENOMEM ? r : 0;
}

/* --- learnt digits --- */

static void warn_of_lesson(const char *why, void *userdata)
{
	struct load *l = userdata;
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/" LESSONS_FILE, l->folder) < 0)
		path = NULL;
	warn(l, path ? path : l->folder, why);
}

/* After the references, which count for more. */
static int load_lessons(struct load *l)
{
	_cleanup_(lessons_freep) struct lessons *lessons = NULL;
	char why[LESSONS_WHY_SIZE] = "";
	int r;

	if (l->rules->n_numbers == 0)
		return 0;
	r = lessons_open(&lessons, l->rules, l->folder, why, sizeof(why));
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		warn_of_lesson(why, l);
		r = lessons_open_anew(&lessons, l->rules, l->folder);
		if (r < 0)
			return r;
	}
	if (lessons_left_out(lessons)) {
		snprintf(why, sizeof(why), "%s: the rules have no such number, or elsewhere",
			lessons_left_out(lessons));
		warn_of_lesson(why, l);
	}
	r = lessons_teach(lessons, l->recogniser, warn_of_lesson, l);
	if (r >= 0 && l->hooks->lessons)
		l->hooks->lessons(TAKE_PTR(lessons), l->hooks->userdata);
	return r;
}

int references_load(struct recogniser *r, const struct rules *rules, const char *folder,
	const char *cache, const struct references_hooks *hooks, struct references_count *ret)
{
	struct load l = { .recogniser = r, .rules = rules, .folder = folder, .hooks = hooks };
	int err = 0, saved;

	if (cache && rules->mode == MODE_COMPATIBLE)
		err = hash_cache_open(&l.cache, cache, rules);
	if (err >= 0)
		err = load_numbers(&l);
	if (err >= 0)
		err = load_states(&l);
	if (err >= 0)
		err = load_lessons(&l);
	if (err >= 0 && l.cache) {
		saved = hash_cache_save(l.cache);
		if (saved < 0)
			warn(&l, cache, strerror(-saved));
	}
	hash_cache_free(l.cache);
	truth_pictures_deinit(&l.numbers);
	if (err >= 0)
		*ret = l.count;
	return err;
}
