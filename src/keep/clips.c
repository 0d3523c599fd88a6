/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The encoders only ever put packets into the ring; the thread reads them from there twice a second
 * while a clip is open, and sleeps else. What it has yet to read is held in the ring, so a disk
 * that stands still for a while costs neither pictures nor memory.
 */
#include "keep/clips.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "common/file.h"
#include "common/folder-limit.h"
#include "common/stage.h"
#include "common/usec.h"
#include "common/words.h"
#include "keep/candidates.h"
#include "keep/clips-writer.h"
#include "media/ring.h"

/* So much later than its picture a change may be told: settling and debounce. */
#define LATE_USEC (2 * USEC_PER_SEC)
#define WHY_MAX 256

static const char *const suffixes[] = { ".mkv", NULL };

/* What can go wrong, and well again, each by itself. */
enum kind {
	KIND_CLIP,
	KIND_LIMIT,
	KIND_CANDIDATE,
	_KIND_MAX
};

struct clips {
	/* set by new */
	char *folder, *states;
	uint64_t before_usec, after_usec;
	struct folder_limit limit;
	struct ring *ring;             /* NULL: no clips */
	struct candidates *candidates; /* NULL: none */
	struct stage stage;

	/* the thread's; hurrying the muxers is anybody's */
	struct clip clips[CLIPS_OPEN_MAX];
	struct folder_usage usage;
	char newest[FOLDER_NAME_MAX]; /* of the clip begun last, as told */

	/* any thread */
	atomic_int_fast64_t wake_usec; /* a picture of this time or later wakes the thread */

	pthread_mutex_t hook_lock; /* held by the thread while it calls one */
	/* protected by hook_lock */
	struct clips_hooks hooks; /* all NULL: the owner has let go */

	pthread_mutex_t lock;
	/* protected by lock */
	struct clip_change pending[CLIPS_OPEN_MAX];
	int n_pending;
	int64_t hold_usec; /* what the ring has been told */
	uint64_t kept[_KIND_MAX], missed, bytes;
	char why[_KIND_MAX][WHY_MAX]; /* what is wrong; "": nothing */
};

static bool is_set(const char *text)
{
	return text && *text;
}

static void destroy(struct clips *c)
{
	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		muxer_free(c->clips[i].muxer);
	candidates_free(c->candidates);
	ring_free(c->ring);
	stage_deinit(&c->stage);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->hook_lock);
	free(c->folder);
	free(c->states);
	free(c);
}

static int new_clips(struct clips *c, const struct clips_settings *s)
{
	int r;

	c->folder = strdup(s->folder);
	c->states = strdup(s->states ? s->states : "");
	if (!c->folder || !c->states)
		return -ENOMEM;
	c->limit = (struct folder_limit){ .path = c->folder,
		.suffixes = suffixes,
		.bytes = s->folder_bytes,
		.items = s->folder_files };
	r = ring_new(&c->ring, s->before_usec + LATE_USEC, s->memory_bytes);
	for (int i = 0; i < CLIPS_OPEN_MAX && r == 0; i++)
		r = muxer_new(&c->clips[i].muxer);
	return r;
}

int clips_new(struct clips **ret, const struct clips_settings *s, const struct clips_hooks *hooks)
{
	struct clips *c = calloc(1, sizeof(*c));
	int r = 0;

	if (!c)
		return -ENOMEM;
	c->stage = STAGE_NULL;
	c->hooks = *hooks;
	c->before_usec = s->before_usec;
	c->after_usec = s->after_usec;
	c->hold_usec = INT64_MAX;
	atomic_init(&c->wake_usec, INT64_MAX);
	pthread_mutex_init(&c->hook_lock, NULL);
	pthread_mutex_init(&c->lock, NULL);
	if (is_set(s->folder))
		r = new_clips(c, s);
	if (r == 0 && is_set(s->candidates))
		r = candidates_new(&c->candidates, s->candidates, s->candidates_max);
	if (r < 0) {
		destroy(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* ---- what is told ---- */

static void call_hook(struct clips *c, const char *path, const char *why)
{
	pthread_mutex_lock(&c->hook_lock);
	if (c->hooks.kept)
		c->hooks.kept(c->hooks.userdata, path, why);
	pthread_mutex_unlock(&c->hook_lock);
}

/* cut: why it ended early, or NULL. */
static void tell_kept(struct clips *c, enum kind kind, const char *path, const char *cut)
{
	pthread_mutex_lock(&c->lock);
	c->kept[kind]++;
	c->why[kind][0] = '\0';
	pthread_mutex_unlock(&c->lock);
	call_hook(c, path, cut);
}

static void tell_wrong(struct clips *c, enum kind kind, const char *why)
{
	bool news;

	pthread_mutex_lock(&c->lock);
	news = strcmp(c->why[kind], why) != 0;
	snprintf(c->why[kind], WHY_MAX, "%s", why);
	pthread_mutex_unlock(&c->lock);
	if (news)
		call_hook(c, NULL, why);
}

static void tell_missed(struct clips *c, const char *why)
{
	pthread_mutex_lock(&c->lock);
	c->missed++;
	pthread_mutex_unlock(&c->lock);
	tell_wrong(c, KIND_CLIP, why);
}

/* ---- the thread: clips ---- */

static uint64_t open_bytes(const struct clips *c)
{
	uint64_t sum = 0;

	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		sum += clip_bytes(&c->clips[i]);
	return sum;
}

/* Makes room for what is open and for so much more. written: a path that stays; NULL: none. */
static void keep_limit(struct clips *c, uint64_t room_bytes, size_t room_items, const char *written)
{
	struct folder_limit limit = c->limit;
	char why[WHY_MAX];
	int r;

	room_bytes += open_bytes(c);
	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		room_items += c->clips[i].open;
	limit.newest = c->newest;
	limit.spared = written ? strrchr(written, '/') + 1 : NULL;
	r = folder_limit_keep(&limit, room_bytes, room_items, &c->usage);
	pthread_mutex_lock(&c->lock);
	c->bytes = c->usage.bytes;
	if (r == 0)
		c->why[KIND_LIMIT][0] = '\0';
	pthread_mutex_unlock(&c->lock);
	if (r == 0)
		return;
	snprintf(why, sizeof(why), "old clips cannot be removed from %s: %s", c->folder,
		strerror(-r));
	tell_wrong(c, KIND_LIMIT, why);
}

static void finish(struct clips *c, struct clip *clip)
{
	_cleanup_(freep) char *path = NULL;
	const char *cut = clip->cut;
	char why[WHY_MAX];
	int r;

	r = clip_finish(clip, !stage_stopping(&c->stage), &path, why, sizeof(why));
	if (r < 0) {
		tell_missed(c, why);
		return;
	}
	keep_limit(c, 0, 0, path);
	tell_kept(c, KIND_CLIP, path, cut);
}

/* Makes the folder and room in it. */
static int prepare_folder(struct clips *c, uint64_t room_bytes, size_t room_items, char *why)
{
	int r = file_mkdir_p(c->folder, 0755);

	if (r < 0)
		snprintf(why, WHY_MAX, "%s: %s", c->folder, strerror(-r));
	else
		keep_limit(c, room_bytes, room_items, NULL);
	return r;
}

static struct clip *find_place(struct clips *c)
{
	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		if (!c->clips[i].open)
			return &c->clips[i];
	return NULL;
}

static void begin(struct clips *c, const struct clip_change *t)
{
	struct clip *place;
	char why[WHY_MAX];

	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		if (clip_extend(&c->clips[i], t, c->after_usec))
			return;
	place = find_place(c);
	if (!place) {
		tell_missed(c, "more changes at a time than there can be clips");
		return;
	}
	folder_item_name(c->newest, t->realtime_usec, t->label);
	if (prepare_folder(c, ring_bytes(c->ring), 1, why) < 0 ||
		clip_begin(place, c->ring, c->folder, t, c->before_usec, c->after_usec, why,
			sizeof(why)) < 0)
		tell_missed(c, why);
}

static void begin_pending(struct clips *c)
{
	struct clip_change changes[CLIPS_OPEN_MAX];
	int n;

	pthread_mutex_lock(&c->lock);
	n = c->n_pending;
	memcpy(changes, c->pending, (size_t) n * sizeof(*changes));
	c->n_pending = 0;
	pthread_mutex_unlock(&c->lock);
	for (int i = 0; i < n; i++)
		begin(c, &changes[i]);
}

static void pump(struct clips *c, struct clip *clip)
{
	char why[WHY_MAX], words[WHY_MAX / 2];
	uint64_t others = open_bytes(c) - clip_bytes(clip);
	int r;

	clip->room_bytes = c->limit.bytes > others ? c->limit.bytes - others : 0;
	r = clip_pump(clip, c->ring, words, sizeof(words));
	if (r > 0 && !clip->cut) {
		/* A change that was told before its last packet came makes it longer. */
		begin_pending(c);
		r = clip_pump(clip, c->ring, words, sizeof(words));
	}
	if (r < 0) {
		snprintf(why, sizeof(why), "%.*s: %s", WHY_MAX / 2 - 3, c->folder, words);
		clip_discard(clip);
		tell_missed(c, why);
		return;
	}
	if (c->usage.bytes + open_bytes(c) > c->limit.bytes)
		keep_limit(c, 0, 0, NULL);
	if (r > 0)
		finish(c, clip);
}

/* When the thread has to look again, and what must not go from the ring until then. */
static uint64_t plan(struct clips *c)
{
	int64_t wake = INT64_MAX, hold = INT64_MAX;
	uint64_t until = USEC_INFINITY;

	if (!c->ring)
		return until;
	for (int i = 0; i < CLIPS_OPEN_MAX; i++) {
		const struct clip *clip = &c->clips[i];

		if (!clip->open)
			continue;
		wake = MIN(wake, clip_wake_usec(clip));
		hold = MIN(hold, clip->read_usec);
		until = MIN(until, clip->moved_usec + CLIP_IDLE_USEC + 1);
	}
	pthread_mutex_lock(&c->lock);
	for (int i = 0; i < c->n_pending; i++)
		hold = MIN(hold, c->pending[i].pts_usec - (int64_t) c->before_usec);
	c->hold_usec = hold;
	ring_hold(c->ring, hold);
	pthread_mutex_unlock(&c->lock);
	atomic_store(&c->wake_usec, wake);
	/* Who put it before he was asked to wake us will not do so. */
	return ring_newest(c->ring) >= wake ? 0 : until;
}

/* ---- the thread: candidates ---- */

static void keep_candidate(struct clips *c)
{
	_cleanup_(freep) char *path = NULL;
	char why[WHY_MAX];
	int r;

	r = candidates_keep(c->candidates, &path, why, sizeof(why));
	if (r < 0)
		tell_wrong(c, KIND_CANDIDATE, why);
	else if (r > 0)
		tell_kept(c, KIND_CANDIDATE, path, NULL);
}

/* ---- the thread ---- */

static void step(struct clips *c)
{
	if (c->ring)
		begin_pending(c);
	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		if (c->clips[i].open)
			pump(c, &c->clips[i]);
	if (c->candidates)
		keep_candidate(c);
}

static void clips_run(void *userdata)
{
	struct clips *c = userdata;
	char why[WHY_MAX];

	folder_item_name(c->newest, usec_of(CLOCK_REALTIME), "");
	if (c->ring && prepare_folder(c, 0, 0, why) < 0)
		tell_wrong(c, KIND_CLIP, why);
	while (stage_wait(&c->stage, plan(c)))
		step(c);
	step(c);
	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		if (c->clips[i].open)
			finish(c, &c->clips[i]);
}

int clips_start(struct clips *c)
{
	if (!c->ring && !c->candidates)
		return 0;
	return stage_start(&c->stage, "clips", clips_run, c);
}

/* ---- the outside ---- */

bool clips_wanted(const struct clips *c)
{
	return c->ring;
}

void clips_set_tracks(struct clips *c, struct tracks *t)
{
	if (!c->ring)
		return;
	ring_set_tracks(c->ring, t);
	stage_wake(&c->stage);
}

void clips_put(struct clips *c, struct packet *p)
{
	if (!c->ring)
		return;
	ring_put(c->ring, p);
	if (p->track != TRACK_VIDEO || p->dts_usec < atomic_load(&c->wake_usec))
		return;
	atomic_store(&c->wake_usec, INT64_MAX);
	stage_wake(&c->stage);
}

/* Is it one of the names in the list? Without a list, what cannot be told is none. */
static bool is_wanted(const char *list, const char *label)
{
	return *list ? words_have(list, label) : strcmp(label, "UNKNOWN") != 0;
}

void clips_trigger(struct clips *c, int64_t pts_usec, uint64_t realtime_usec, const char *label)
{
	struct clip_change t = { .pts_usec = pts_usec, .realtime_usec = realtime_usec };

	if (!c->ring || !is_wanted(c->states, label))
		return;
	snprintf(t.label, sizeof(t.label), "%s", label);
	pthread_mutex_lock(&c->lock);
	if (c->n_pending < CLIPS_OPEN_MAX) {
		c->pending[c->n_pending++] = t;
		c->hold_usec = MIN(c->hold_usec, pts_usec - (int64_t) c->before_usec);
		ring_hold(c->ring, c->hold_usec);
	} else {
		c->missed++;
	}
	pthread_mutex_unlock(&c->lock);
	stage_wake(&c->stage);
}

void clips_candidate(struct clips *c, struct frame *f, json_t *decision)
{
	if (c->candidates && candidates_offer(c->candidates, f, decision))
		stage_wake(&c->stage);
}

const char *clips_candidates_folder(const struct clips *c)
{
	return c->candidates ? candidates_folder(c->candidates) : NULL;
}

json_t *clips_json(struct clips *c)
{
	const char *why = NULL;
	json_t *json;

	pthread_mutex_lock(&c->lock);
	for (int i = 0; i < _KIND_MAX && !why; i++)
		why = c->why[i][0] ? c->why[i] : NULL;
	json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s?}", "clips",
		(json_int_t) c->kept[KIND_CLIP], "missed", (json_int_t) c->missed, "bytes",
		(json_int_t) c->bytes, "memory", (json_int_t) (c->ring ? ring_bytes(c->ring) : 0),
		"candidates", (json_int_t) c->kept[KIND_CANDIDATE], "last_error", why);
	pthread_mutex_unlock(&c->lock);
	return json;
}

int clips_end(struct clips *c, uint64_t until_usec)
{
	int r;

	for (int i = 0; i < CLIPS_OPEN_MAX; i++)
		if (c->clips[i].muxer)
			muxer_hurry(c->clips[i].muxer, until_usec);
	stage_stop(&c->stage);
	r = stage_join(&c->stage, until_usec);
	pthread_mutex_lock(&c->hook_lock);
	c->hooks = (struct clips_hooks){ 0 };
	pthread_mutex_unlock(&c->hook_lock);
	return r < 0 ? 1 : 0;
}

int clips_free(struct clips *c, uint64_t until_usec)
{
	if (!c)
		return 0;
	if (clips_end(c, until_usec))
		return 1;
	destroy(c);
	return 0;
}
