/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector/hash-cache.h"

#include <jansson.h>
#include <string.h>

#include "common/file.h"

#define FORMAT 1
#define NS_PER_SEC INT64_C(1000000000)
#define RECT_TEXT_MAX 48

struct hash_cache {
	const char *path;
	const struct rules *rules;
	json_t *before; /* the file's object; NULL: none that can be used */
	json_t *now;    /* what it shall be */
	json_t *known;  /* borrowed: the pictures in before, or NULL */
	json_t *kept;   /* borrowed: … and in now */
};

static json_t *new_object(const struct rules *rules)
{
	return json_pack("{s:i, s:i, s:s, s:i, s:[ii], s:{}}", "format", FORMAT, "version",
		HASH_VERSION, "algorithm", hash_algo_name(rules->algo), "size", rules->hash_size,
		"screen", rules->width, rules->height, "pictures");
}

/* Is it of this format, and made for such rules? */
static bool fits(const json_t *before, const json_t *now)
{
	static const char *const keys[] = { "format", "version", "algorithm", "size", "screen" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_equal(json_object_get(before, keys[i]), json_object_get(now, keys[i])))
			return false;
	return json_is_object(json_object_get(before, "pictures"));
}

static void read_file(struct hash_cache *c)
{
	_cleanup_(freep) char *text = NULL;
	size_t size;

	if (file_read(c->path, HASH_CACHE_BYTES_MAX, &text, &size) < 0)
		return;
	c->before = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	if (c->before && fits(c->before, c->now))
		c->known = json_object_get(c->before, "pictures");
}

int hash_cache_open(struct hash_cache **ret, const char *path, const struct rules *rules)
{
	_cleanup_(hash_cache_freep) struct hash_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->path = path;
	c->rules = rules;
	c->now = new_object(rules);
	if (!c->now)
		return -ENOMEM;
	c->kept = json_object_get(c->now, "pictures");
	read_file(c);
	*ret = TAKE_PTR(c);
	return 0;
}

struct hash_cache *hash_cache_free(struct hash_cache *c)
{
	if (!c)
		return NULL;
	json_decref(c->before);
	json_decref(c->now);
	free(c);
	return NULL;
}

static json_int_t ns_of(const struct timespec *ts)
{
	return (json_int_t) ts->tv_sec * NS_PER_SEC + ts->tv_nsec;
}

/* Does the entry belong to the picture as it is? The time of its last change of any kind cannot be
 * set, so that one that was put there with an old date is noticed. */
static bool is_of(const json_t *entry, const struct stat *st)
{
	json_int_t bytes, mtime, ctime, inode;

	return json_unpack((json_t *) entry, "{s:I, s:I, s:I, s:I}", "bytes", &bytes, "mtime_ns",
		       &mtime, "ctime_ns", &ctime, "inode", &inode) == 0 &&
	       bytes == st->st_size && mtime == ns_of(&st->st_mtim) &&
	       ctime == ns_of(&st->st_ctim) && inode == (json_int_t) st->st_ino;
}

static const char *rect_text(const struct rect *r, char buf[RECT_TEXT_MAX])
{
	snprintf(buf, RECT_TEXT_MAX, "%d,%d,%d,%d", r->x, r->y, r->w, r->h);
	return buf;
}

/* The rectangles that the references of a state are compared in. */
static int rects_of(const struct rules *rules, int state, struct rect ret[RECOGNISER_HASHES_MAX])
{
	int n = 0;

	for (int s = 0; s < rules->n_states; s++)
		for (int i = 0; i < rules->states[s].n_rois; i++)
			if (rules->states[s].rois[i].ref_state == state)
				ret[n++] = rules->states[s].rois[i].rect;
	return n;
}

int hash_cache_find(struct hash_cache *c, int state, const char *name, const struct stat *st,
	struct hash ret[RECOGNISER_HASHES_MAX])
{
	json_t *entry = json_object_get(c->known, name), *hashes;
	struct rect rects[RECOGNISER_HASHES_MAX];
	char key[RECT_TEXT_MAX];
	int n;

	if (!entry || !is_of(entry, st))
		return 0;
	hashes = json_object_get(entry, "hashes");
	n = rects_of(c->rules, state, rects);
	for (int i = 0; i < n; i++) {
		const char *text =
			json_string_value(json_object_get(hashes, rect_text(&rects[i], key)));

		if (!text || hash_from_text(&ret[i], c->rules->algo, c->rules->hash_size, text) < 0)
			return 0;
	}
	/* As it is, so that one that is up to date compares equal. */
	return json_object_set(c->kept, name, entry) < 0 ? 0 : n;
}

int hash_cache_put(struct hash_cache *c, int state, const char *name, const struct stat *st,
	const struct hash *hashes, int n)
{
	struct rect rects[RECOGNISER_HASHES_MAX];
	char key[RECT_TEXT_MAX], text[HASH_TEXT_MAX];
	json_t *entry = json_pack("{s:I, s:I, s:I, s:I, s:{}}", "bytes", (json_int_t) st->st_size,
		"mtime_ns", ns_of(&st->st_mtim), "ctime_ns", ns_of(&st->st_ctim), "inode",
		(json_int_t) st->st_ino, "hashes");
	json_t *object = json_object_get(entry, "hashes");

	n = MIN(n, rects_of(c->rules, state, rects));
	for (int i = 0; i < n; i++) {
		hash_to_text(&hashes[i], text);
		(void) json_object_set_new(object, rect_text(&rects[i], key), json_string(text));
	}
	/* A name that is not UTF-8 cannot be kept. */
	return json_object_set_new(c->kept, name, entry) < 0 ? -EINVAL : 0;
}

int hash_cache_save(struct hash_cache *c)
{
	_cleanup_(freep) char *text = NULL;

	if (c->before && json_equal(c->before, c->now))
		return 0;
	text = json_dumps(c->now, JSON_INDENT(1) | JSON_SORT_KEYS);
	if (!text)
		return -ENOMEM;
	return file_write(c->path, text, strlen(text), 0644, 0);
}
