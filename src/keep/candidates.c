/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/candidates.h"

#include <pthread.h>
#include <string.h>

#include "common/file.h"
#include "common/folder-limit.h"
#include "common/usec.h"
#include "media/jpeg.h"
#include "media/picture.h"
#include "recognize/hash.h"

#define SPACING_USEC USEC_PER_SEC
#define QUANTISER 3

/* A picture of 1920x1080 takes half a megabyte. All of them together may take no more than this
 * for each. */
#define PAIR_BYTES ((uint64_t) 2 << 20)
#define PAIR_BYTES_MAX ((size_t) 16 << 20) /* a single one */

/* Two pictures of one scene differ in fewer bits than this, noise and a blinking lamp included. */
#define LOOKS 10
#define LOOK_SIZE 8
#define LOOK_DISTANCE 3

struct candidates {
	/* set by new */
	char *folder;
	struct folder_limit limit;
	/* the keeping thread's */
	struct hasher *hasher;
	struct hash looks[LOOKS]; /* of those kept last */
	int n_looks, next_look;

	pthread_mutex_t lock;
	/* protected by lock */
	struct frame *frame; /* NULL: none waits */
	json_t *decision;
	uint64_t realtime_usec;
	uint64_t next_usec; /* monotonic; pictures before it are passed over */
};

struct offer {
	struct frame *frame;
	json_t *decision;
	uint64_t realtime_usec;
};

struct pair {
	uint8_t *jpeg;
	size_t jpeg_size;
	char *json;
};

static const char *const suffixes[] = { ".jpg", ".json", NULL };

int candidates_new(struct candidates **ret, const char *folder, size_t max)
{
	_cleanup_(candidates_freep) struct candidates *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	pthread_mutex_init(&c->lock, NULL);
	c->folder = strdup(folder);
	if (!c->folder)
		return -ENOMEM;
	c->limit = (struct folder_limit){
		.path = c->folder, .suffixes = suffixes, .bytes = PAIR_BYTES * max, .items = max
	};
	r = hasher_new(&c->hasher, HASH_DHASH, LOOK_SIZE);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

static void offer_deinit(struct offer *o)
{
	frame_unref(o->frame);
	json_decref(o->decision);
}

static void pair_deinit(struct pair *p)
{
	free(p->jpeg);
	free(p->json);
}

struct candidates *candidates_free(struct candidates *c)
{
	if (!c)
		return NULL;
	frame_unref(c->frame);
	json_decref(c->decision);
	hasher_free(c->hasher);
	pthread_mutex_destroy(&c->lock);
	free(c->folder);
	free(c);
	return NULL;
}

const char *candidates_folder(const struct candidates *c)
{
	return c->folder;
}

/* The wall clock's time of a picture that was taken at this monotonic time. */
static uint64_t realtime_of(uint64_t capture_usec, uint64_t now)
{
	uint64_t realtime = usec_of(CLOCK_REALTIME), age = now - capture_usec;

	return capture_usec <= now && age < realtime ? realtime - age : realtime;
}

bool candidates_offer(struct candidates *c, struct frame *f, json_t *decision)
{
	struct offer old = { 0 };
	uint64_t now = usec_now();
	bool taken;

	pthread_mutex_lock(&c->lock);
	taken = now >= c->next_usec;
	if (taken) {
		old = (struct offer){ c->frame, c->decision, 0 };
		c->frame = frame_ref(f);
		c->decision = json_incref(decision);
		c->realtime_usec = realtime_of(f->capture_usec, now);
		c->next_usec = now + SPACING_USEC;
	}
	pthread_mutex_unlock(&c->lock);
	offer_deinit(&old);
	return taken;
}

static struct offer take(struct candidates *c)
{
	struct offer o;

	pthread_mutex_lock(&c->lock);
	o.frame = TAKE_PTR(c->frame);
	o.decision = TAKE_PTR(c->decision);
	o.realtime_usec = c->realtime_usec;
	pthread_mutex_unlock(&c->lock);
	return o;
}

/* What the whole picture looks like. */
static int look_at(struct candidates *c, const struct frame *f, struct hash *ret)
{
	_cleanup_(grey_plane_deinit) struct grey_plane plane = { 0 };
	struct grey g;
	int r = grey_view(f, &plane, &g);

	if (r < 0)
		return r;
	return hasher_run(c->hasher, ret, &g, (struct rect){ 0, 0, f->width, f->height });
}

static bool is_known(const struct candidates *c, const struct hash *look)
{
	for (int i = 0; i < c->n_looks; i++)
		if (hash_distance(&c->looks[i], look) <= LOOK_DISTANCE)
			return true;
	return false;
}

static void remember(struct candidates *c, const struct hash *look)
{
	c->looks[c->next_look] = *look;
	c->next_look = (c->next_look + 1) % LOOKS;
	c->n_looks = MIN(c->n_looks + 1, LOOKS);
}

static char *path_of(const struct candidates *c, const char *name, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s%s", c->folder, name, suffix) < 0 ? NULL : path;
}

/* The decision goes first: no picture is ever there without it. */
static int write_pair(struct candidates *c, const char *name, const struct pair *p, char **ret_path)
{
	_cleanup_(freep) char *json_path = path_of(c, name, ".json");
	_cleanup_(freep) char *jpeg_path = path_of(c, name, ".jpg");
	int r;

	if (!json_path || !jpeg_path)
		return -ENOMEM;
	r = file_write(json_path, p->json, strlen(p->json), 0644, 0);
	if (r < 0)
		return r;
	r = file_write(jpeg_path, p->jpeg, p->jpeg_size, 0644, 0);
	if (r < 0)
		(void) unlink(json_path);
	else
		*ret_path = TAKE_PTR(jpeg_path);
	return r;
}

/* Room is made before it is taken. */
static int store(struct candidates *c, const char *name, const struct pair *p, char **ret_path)
{
	struct folder_limit limit = c->limit;
	size_t size = strlen(p->json) + p->jpeg_size;
	struct folder_usage usage;
	int r;

	if (size > PAIR_BYTES_MAX)
		return -EFBIG;
	limit.newest = name;
	r = file_mkdir_p(c->folder, 0755);
	if (r == 0)
		r = folder_limit_keep(&limit, size, 1, &usage);
	return r < 0 ? r : write_pair(c, name, p, ret_path);
}

/* The card gets its picture back before anything waits for the disk. */
static int make_pair(struct offer *o, struct pair *ret)
{
	int r = jpeg_encode(o->frame, QUANTISER, &ret->jpeg, &ret->jpeg_size);

	o->frame = frame_unref(o->frame);
	if (r < 0)
		return r;
	ret->json = o->decision ? json_dumps(o->decision, JSON_INDENT(2)) : strdup("{}");
	return ret->json ? 0 : -ENOMEM;
}

static int keep(struct candidates *c, struct offer *o, char **ret_path)
{
	const char *label = json_string_value(json_object_get(o->decision, "state"));
	_cleanup_(pair_deinit) struct pair pair = { 0 };
	char name[FOLDER_NAME_MAX];
	struct hash look;
	bool has_look = look_at(c, o->frame, &look) == 0;
	int r;

	if (has_look && is_known(c, &look))
		return 0;
	folder_item_name(name, o->realtime_usec, label ? label : "picture");
	r = make_pair(o, &pair);
	if (r == 0)
		r = store(c, name, &pair, ret_path);
	if (r < 0)
		return r;
	if (has_look)
		remember(c, &look);
	return 1;
}

int candidates_keep(struct candidates *c, char **ret_path, char *why, size_t why_size)
{
	_cleanup_(offer_deinit) struct offer o = take(c);
	_cleanup_(frame_unrefp) struct frame *decoded = NULL;
	int r = 0;

	if (!o.frame)
		return 0;
	if (o.frame->pixel == PIXEL_MJPEG) {
		r = picture_decode(&decoded, o.frame->data[0], o.frame->size, why, why_size);
		if (r < 0)
			return r;
		frame_unref(o.frame);
		o.frame = TAKE_PTR(decoded);
	}
	r = keep(c, &o, ret_path);
	if (r < 0)
		snprintf(why, why_size, "%s: %s", c->folder, strerror(-r));
	return r;
}
