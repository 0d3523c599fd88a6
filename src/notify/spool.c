/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/spool.h"

#include <stdbool.h>
#include <string.h>

#include "notify/diskqueue.h"

/* The disk is given back in pieces of this size. */
#define SEGMENT_MIN (4 * 1024)
#define SEGMENT_MAX (1024 * 1024)
#define SEGMENTS 8

struct item {
	struct item *next;
	struct notice *notice;
	size_t bytes; /* as JSON */
};

struct spool {
	char *folder; /* NULL: memory only */
	size_t max_notices, max_bytes;
	struct diskqueue *disk;  /* NULL: none, or it cannot be opened */
	struct item *items;      /* newer than what is on the disk; oldest first */
	struct item **items_end; /* where the next one is linked */
	size_t n_items;
	uint64_t item_bytes;
	struct notice *head; /* the oldest on the disk, once it has been read */
	uint64_t dropped;
	int error;
};

static void open_disk(struct spool *s)
{
	size_t segment = CLAMP(s->max_bytes / SEGMENTS, SEGMENT_MIN, SEGMENT_MAX);

	s->error = diskqueue_open(&s->disk, s->folder, segment);
}

int spool_new(struct spool **ret, const char *folder, size_t max_notices, size_t max_bytes)
{
	_cleanup_(spool_freep) struct spool *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->items_end = &s->items;
	s->max_notices = MAX(max_notices, 1);
	s->max_bytes = max_bytes;
	if (folder) {
		s->folder = strdup(folder);
		if (!s->folder)
			return -ENOMEM;
		open_disk(s);
	}
	*ret = TAKE_PTR(s);
	return 0;
}

/* ---- memory ---- */

static void add_item(struct spool *s, struct notice *n, size_t bytes)
{
	struct item *i = malloc(sizeof(*i));

	if (!i) {
		s->dropped++;
		return;
	}
	*i = (struct item){ .notice = notice_ref(n), .bytes = bytes };
	*s->items_end = i;
	s->items_end = &i->next;
	s->n_items++;
	s->item_bytes += bytes;
}

static void remove_item(struct spool *s)
{
	struct item *i = s->items;

	s->items = i->next;
	if (!s->items)
		s->items_end = &s->items;
	s->n_items--;
	s->item_bytes -= i->bytes;
	notice_unref(i->notice);
	free(i);
}

struct spool *spool_free(struct spool *s)
{
	if (!s)
		return NULL;
	while (s->items)
		remove_item(s);
	notice_unref(s->head);
	diskqueue_close(s->disk);
	free(s->folder);
	free(s);
	return NULL;
}

/* ---- disk ---- */

static void drop_from_disk(struct spool *s)
{
	int r = diskqueue_drop(s->disk);

	s->head = notice_unref(s->head);
	if (r < 0)
		s->error = r;
}

/* Has the oldest on the disk read; true when there is one. */
static bool find_head(struct spool *s)
{
	const char *text;
	size_t size;

	while (s->disk && !s->head && diskqueue_head(s->disk, &text, &size) > 0) {
		if (notice_parse(text, size, &s->head) == 0)
			break;
		drop_from_disk(s);
		s->dropped++;
	}
	if (s->disk)
		s->dropped += diskqueue_take_lost(s->disk);
	return s->head != NULL;
}

/* The folder is gone: so is what was in it. */
static void give_up_disk(struct spool *s)
{
	s->dropped += diskqueue_count(s->disk);
	s->head = notice_unref(s->head);
	s->disk = diskqueue_close(s->disk);
}

static int append(struct spool *s, const char *json)
{
	int r = diskqueue_append(s->disk, json, strlen(json));

	if (r == -ENOENT)
		give_up_disk(s);
	if (r < 0)
		s->error = r;
	return r;
}

/* ---- both ---- */

static uint64_t bytes_of(const struct spool *s)
{
	return s->item_bytes + (s->disk ? diskqueue_bytes(s->disk) : 0);
}

static void drop_oldest(struct spool *s)
{
	if (find_head(s))
		drop_from_disk(s);
	else if (s->items)
		remove_item(s);
	else
		return;
	s->dropped++;
}

static void drop_surplus(struct spool *s)
{
	while (spool_waiting(s) > s->max_notices ||
		(spool_waiting(s) > 1 && bytes_of(s) > s->max_bytes))
		drop_oldest(s);
}

void spool_push(struct spool *s, struct notice *n)
{
	_cleanup_(freep) char *json = notice_json(n);

	if (!json) {
		s->dropped++;
		return;
	}
	if (!s->disk || s->items || append(s, json) < 0)
		add_item(s, n, strlen(json));
	drop_surplus(s);
}

struct notice *spool_peek(struct spool *s)
{
	if (find_head(s))
		return notice_ref(s->head);
	return s->items ? notice_ref(s->items->notice) : NULL;
}

void spool_pop(struct spool *s, const struct notice *n)
{
	if (s->head && s->head == n)
		drop_from_disk(s);
	else if (!s->head && s->items && s->items->notice == n)
		remove_item(s);
}

/* True when the disk has taken the oldest item. */
static bool move_item(struct spool *s)
{
	_cleanup_(freep) char *json = notice_json(s->items->notice);

	if (!json)
		s->error = -ENOMEM;
	if (!json || append(s, json) < 0)
		return false;
	remove_item(s);
	return true;
}

void spool_retry(struct spool *s)
{
	if (s->error == 0)
		return;
	if (!s->disk)
		open_disk(s);
	else
		s->error = diskqueue_sync(s->disk);
	while (s->disk && s->items && move_item(s))
		s->error = 0;
	/* A fresh disk may hold more than is allowed together with what was in memory. */
	drop_surplus(s);
}

void spool_sync(struct spool *s)
{
	int r = s->disk ? diskqueue_sync(s->disk) : 0;

	if (r < 0)
		s->error = r;
}

size_t spool_waiting(const struct spool *s)
{
	return s->n_items + (s->disk ? diskqueue_count(s->disk) : 0);
}

size_t spool_in_memory(const struct spool *s)
{
	return s->n_items;
}

int spool_error(const struct spool *s)
{
	return s->error;
}

uint64_t spool_take_dropped(struct spool *s)
{
	uint64_t dropped = s->dropped;

	s->dropped = 0;
	return dropped;
}
