/* SPDX-License-Identifier: GPL-2.0-or-later */
/* References on disk, whole, broken and changing, and the cache of what the compatible mode keeps
 * of them. */
#include "detector/references.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "media/picture.h"
#include "tests/tap.h"
#include "tests/unit/koi.h"

static char folder[64];

static bool no_memory; /* for hashes */

int __real_recogniser_add_hashes(struct recogniser *r, int state, const struct hash *hashes, int n);
int __wrap_recogniser_add_hashes(struct recogniser *r, int state, const struct hash *hashes, int n);

int __wrap_recogniser_add_hashes(struct recogniser *r, int state, const struct hash *hashes, int n)
{
	return no_memory ? -ENOMEM : __real_recogniser_add_hashes(r, state, hashes, n);
}

static const char *in(const char *name)
{
	return koi_in(folder, name);
}

/* ---- what is told ---- */

struct heard {
	int used, skipped, warned;
	char skipped_path[256], skipped_why[128], warned_path[256];
	char first_used[256];
};

static void on_skipped(const char *path, const char *why, void *userdata)
{
	struct heard *h = userdata;

	h->skipped++;
	snprintf(h->skipped_path, sizeof(h->skipped_path), "%s", path);
	snprintf(h->skipped_why, sizeof(h->skipped_why), "%s", why);
}

static void on_warned(const char *path, const char *why, void *userdata)
{
	struct heard *h = userdata;

	(void) why;
	h->warned++;
	snprintf(h->warned_path, sizeof(h->warned_path), "%s", path);
}

static void on_used(int state, const char *path, void *userdata)
{
	struct heard *h = userdata;

	(void) state;
	if (h->used++ == 0)
		snprintf(h->first_used, sizeof(h->first_used), "%s", path);
}

struct loaded {
	struct rules rules;
	struct recogniser *recogniser;
	struct references_count count;
	struct heard heard;
	int r;
};

static struct loaded *load(enum rules_mode mode, const char *cache)
{
	struct loaded *l = calloc(1, sizeof(*l));
	const struct references_hooks hooks = {
		.skipped = on_skipped, .warned = on_warned, .used = on_used, .userdata = &l->heard
	};

	koi_rules(&l->rules, mode);
	if (recogniser_new(&l->recogniser, &l->rules) < 0)
		abort();
	l->r = references_load(l->recogniser, &l->rules, in("refs"), cache, &hooks, &l->count);
	return l;
}

static void drop(struct loaded *l)
{
	recogniser_free(l->recogniser);
	rules_deinit(&l->rules);
	free(l);
}

static uint64_t stamp(void)
{
	struct rules rules;
	uint64_t s;

	koi_rules(&rules, MODE_BETTER);
	s = references_stamp(&rules, in("refs"));
	rules_deinit(&rules);
	return s;
}

/* ---- the tests ---- */

static void look_at(struct loaded *l, const char *name, struct decision *ret)
{
	struct frame *f;
	char why[128];

	if (picture_load(&f, in(name), why, sizeof(why)) < 0)
		abort();
	for (uint64_t i = 1; i <= 10; i++) {
		f->capture_usec = 1000000 + i * 33333;
		(void) recogniser_look(l->recogniser, f, ret);
	}
	frame_unref(f);
}

static void test_whole(void)
{
	struct loaded *l = load(MODE_BETTER, NULL);
	struct decision d;

	ok(l->r == 0 && l->count.used == 9 && l->count.skipped == 0 && l->heard.used == 9 &&
			l->heard.skipped == 0 && l->heard.warned == 0,
		"nine pictures are read");
	ok(l->count.stamp != 0 && l->count.stamp == stamp(), "with the stamp they have");
	ok(strcmp(l->heard.first_used, in("refs/SELECT/ref_0.jpg")) == 0,
		"in the order of their names: %s", l->heard.first_used);
	look_at(l, "refs/PLAYING/ref_1.jpg", &d);
	ok(d.state == KOI_PLAYING && d.states[KOI_PLAYING].rois[0].reference == 1,
		"they are known again");
	ok(d.numbers[0].sure && strcmp(d.numbers[0].text, "7890") == 0,
		"the number they show as well: %s", d.numbers[0].text);
	drop(l);
}

static void test_broken(void)
{
	uint64_t before = stamp();
	struct loaded *l;

	koi_write(in("refs/NORMAL/ref_1.jpg"), "\xff\xd8\xff\xe0 no picture", 16);
	ok(stamp() != before, "a file that is replaced has another stamp");
	before = stamp();
	koi_write(in("refs/digits.json"), "{}", 2);
	ok(stamp() == before, "learnt digits are no reason to read the pictures again");
	ok(unlink(in("refs/digits.json")) == 0, "away with them");
	l = load(MODE_BETTER, NULL);
	ok(l->r == 0 && l->count.used == 8 && l->count.skipped == 1 &&
			strcmp(l->heard.skipped_path, in("refs/NORMAL/ref_1.jpg")) == 0 &&
			l->heard.skipped_why[0],
		"a broken picture is left out by name: %s", l->heard.skipped_why);
	drop(l);
	(void) unlink(in("refs/NORMAL/ref_1.jpg"));
	koi_write(in("refs/NORMAL/.hidden.jpg"), "x", 1);
	koi_write(in("refs/NORMAL/notes.txt"), "x", 1);
	l = load(MODE_BETTER, NULL);
	ok(l->count.used == 8 && l->count.skipped == 1 && l->heard.skipped == 1 &&
			strcmp(l->heard.skipped_path, in("refs/NORMAL/notes.txt")) == 0,
		"so is what is no picture by its name; hidden files are nobody's concern");
	drop(l);
	(void) unlink(in("refs/NORMAL/notes.txt"));
	koi_write(in("refs/credits.json"), "{ \"NORMAL/ref_0.jpg\": \"many\" }", 31);
	l = load(MODE_BETTER, NULL);
	ok(l->r == 0 && l->count.used == 8 && l->heard.warned == 1 &&
			strcmp(l->heard.warned_path, in("refs/credits.json")) == 0,
		"broken numbers are told, the pictures serve");
	drop(l);
}

static void test_missing(void)
{
	struct loaded *l;

	koi_remove(in("refs/PLAYING"));
	l = load(MODE_BETTER, NULL);
	ok(l->r == 0 && l->count.used == 6 && l->heard.skipped == 1 && l->count.skipped == 0 &&
			strcmp(l->heard.skipped_path, in("refs/PLAYING")) == 0,
		"a state without a folder is told: %s", l->heard.skipped_why);
	drop(l);
	koi_remove(in("refs"));
	l = load(MODE_BETTER, NULL);
	ok(l->r == 0 && l->count.used == 0 && l->count.stamp == 0 && stamp() == 0,
		"no folder at all: nothing, and a stamp that says so");
	drop(l);
}

static void test_many(void)
{
	struct loaded *l;

	for (int i = 0; i < REFERENCES_FILES_MAX + 3; i++) {
		char name[64];

		snprintf(name, sizeof(name), "refs/NORMAL/a%04d.txt",
			i * 37 % (REFERENCES_FILES_MAX + 3));
		koi_write(in(name), "", 0);
	}
	l = load(MODE_BETTER, NULL);
	ok(l->r == 0 && l->count.used == 6 && l->count.skipped == REFERENCES_FILES_MAX &&
			strcmp(l->heard.skipped_path, in("refs/NORMAL/a1023.txt")) == 0,
		"of very many files the first are looked at, up to %s", l->heard.skipped_path);
	drop(l);
}

/* ---- the cache ---- */

static json_t *read_cache(void)
{
	return json_load_file(in("cache.json"), 0, NULL);
}

static void write_cache(json_t *j)
{
	(void) json_dump_file(j, in("cache.json"), 0);
	json_decref(j);
}

static json_t *hashes_of(json_t *cache, const char *picture)
{
	return json_object_get(
		json_object_get(json_object_get(cache, "pictures"), picture), "hashes");
}

/* The hash of the last reference of a state, as text. */
static const char *last_hash(const struct loaded *l, int state)
{
	static char text[HASH_TEXT_MAX];
	struct hash hashes[RECOGNISER_HASHES_MAX];

	if (recogniser_last_hashes(l->recogniser, state, hashes) != 1)
		return "";
	hash_to_text(&hashes[0], text);
	return text;
}

#define FALSE_HASH "0123456789abcdef"

/* Puts a wrong hash into the cache, then changes something. Was the wrong one believed? */
static bool believed(void (*change)(json_t *cache))
{
	json_t *cache;
	struct loaded *l;
	bool yes;

	drop(load(MODE_COMPATIBLE, in("cache.json")));
	cache = read_cache();
	json_object_set_new(
		hashes_of(cache, "NORMAL/ref_2.jpg"), "540,80,91,31", json_string(FALSE_HASH));
	if (change)
		change(cache);
	write_cache(cache);
	l = load(MODE_COMPATIBLE, in("cache.json"));
	ok(l->r == 0 && l->count.used == 9 && l->heard.warned == 0, "all are in use");
	yes = strcmp(last_hash(l, KOI_NORMAL), FALSE_HASH) == 0;
	drop(l);
	(void) unlink(in("cache.json"));
	return yes;
}

static void touch_picture(json_t *cache)
{
	(void) cache;
	koi_copy_file(koi_path("refs/koi-short/NORMAL/ref_2.jpg"), in("refs/NORMAL/ref_2.jpg"));
}

static void other_size(json_t *cache)
{
	json_object_set_new(cache, "size", json_integer(16));
}

static void other_version(json_t *cache)
{
	json_object_set_new(cache, "version", json_integer(HASH_VERSION + 1));
}

static void other_screen(json_t *cache)
{
	json_object_set_new(cache, "screen", json_pack("[ii]", 1280, 720));
}

static void other_region(json_t *cache)
{
	json_t *hashes = hashes_of(cache, "NORMAL/ref_2.jpg");

	json_object_set(hashes, "540,80,91,32", json_object_get(hashes, "540,80,91,31"));
	json_object_del(hashes, "540,80,91,31");
}

static void no_hash(json_t *cache)
{
	json_object_set_new(hashes_of(cache, "NORMAL/ref_2.jpg"), "540,80,91,31",
		json_string("0123456789abcdeg"));
}

static void no_object(json_t *cache)
{
	json_object_set_new(json_object_get(cache, "pictures"), "NORMAL/ref_2.jpg", json_true());
}

static void test_cache(void)
{
	struct loaded *l;
	struct stat one, two;
	char first[HASH_TEXT_MAX];

	(void) unlink(in("refs/credits.json"));
	l = load(MODE_COMPATIBLE, in("cache.json"));
	snprintf(first, sizeof(first), "%s", last_hash(l, KOI_NORMAL));
	ok(l->count.used == 9 && stat(in("cache.json"), &one) == 0 && strlen(first) == 16,
		"compatible: hashes are kept");
	drop(l);
	l = load(MODE_COMPATIBLE, in("cache.json"));
	ok(l->count.used == 9 && l->heard.used == 9 && strcmp(last_hash(l, KOI_NORMAL), first) == 0,
		"and are the same the next time");
	drop(l);
	no_memory = true;
	l = load(MODE_COMPATIBLE, in("cache.json"));
	ok(l->r == -ENOMEM && l->heard.skipped == 0, "unless there is no memory for them");
	drop(l);
	no_memory = false;
	ok(stat(in("cache.json"), &two) == 0 && one.st_ino == two.st_ino,
		"what is up to date is not written again");
	ok(believed(NULL), "a picture whose hash is known is not read");
	ok(!believed(touch_picture), "unless it was touched");
	ok(!believed(other_size), "or the hashes are of another size");
	ok(!believed(other_version), "… version");
	ok(!believed(other_screen), "… screen");
	ok(!believed(other_region), "… region");
	ok(!believed(no_hash), "… or no hashes");
	ok(!believed(no_object), "… at all");
}

static void test_cache_faults(void)
{
	struct loaded *l;
	json_t *cache;

	koi_write(in("cache.json"), "{ \"format\": 1, ", 15);
	l = load(MODE_COMPATIBLE, in("cache.json"));
	ok(l->count.used == 9 && l->heard.warned == 0, "a broken cache counts as none");
	drop(l);
	cache = read_cache();
	ok(json_object_size(json_object_get(cache, "pictures")) == 9, "and is written anew");
	json_decref(cache);
	(void) unlink(in("refs/SELECT/ref_0.jpg"));
	drop(load(MODE_COMPATIBLE, in("cache.json")));
	cache = read_cache();
	ok(json_object_size(json_object_get(cache, "pictures")) == 8,
		"what is gone goes there too");
	json_decref(cache);
	l = load(MODE_COMPATIBLE, in("nowhere/cache.json"));
	ok(l->r == 0 && l->count.used == 8 && l->heard.warned == 1 &&
			strcmp(l->heard.warned_path, in("nowhere/cache.json")) == 0,
		"one that cannot be written is told, the pictures serve");
	drop(l);
	(void) unlink(in("cache.json"));
	drop(load(MODE_BETTER, in("cache.json")));
	ok(access(in("cache.json"), F_OK) < 0, "the better mode keeps none");
	/* With a number to learn the picture is needed. */
	koi_copy_file(koi_path("refs/koi-short/credits.json"), in("refs/credits.json"));
	drop(load(MODE_COMPATIBLE, in("cache.json")));
	l = load(MODE_COMPATIBLE, in("cache.json"));
	cache = read_cache();
	ok(l->count.used == 8 && json_object_size(json_object_get(cache, "pictures")) == 8,
		"numbers are learnt all the same");
	json_decref(cache);
	drop(l);
}

static void with_copy(void (*test)(void))
{
	koi_folder(folder);
	koi_copy(folder);
	test();
	koi_remove(folder);
}

int main(void)
{
	with_copy(test_whole);
	with_copy(test_broken);
	with_copy(test_missing);
	with_copy(test_many);
	with_copy(test_cache);
	with_copy(test_cache_faults);
	return tap_done();
}
