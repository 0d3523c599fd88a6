/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of packets for each track. Each packet put gets a running number there; a line holds the
 * numbers head … tail - 1. Sound comes a little later than the pictures of its time, or earlier:
 * with lines of their own, what belongs to a GOP is a matter of times alone.
 */
#include "media/ring.h"

#include <pthread.h>
#include <stdbool.h>

#include "common/usec.h"

#define FIRST_ROOM 256

/* What a packet takes besides its payload: the struct, libav's, its buffer's and their headers. */
#define PACKET_COST 400

/* Sound that waits for the first picture of its time. */
#define EARLY_SOUND_USEC ((int64_t) USEC_PER_SEC)

struct line {
	struct packet **slot;
	size_t room; /* a power of two */
	uint64_t head, tail;
};

struct ring {
	/* set by new */
	uint64_t keep_usec;
	size_t keep_bytes;

	pthread_mutex_t lock;
	/* protected by lock */
	struct line line[_TRACK_MAX];
	struct tracks *tracks; /* of what is in it; NULL: there never were any */
	bool open;             /* more is to come */
	size_t bytes;
	int64_t hold_usec;
	uint64_t epoch; /* another one each time it was emptied */
};

int ring_new(struct ring **ret, uint64_t keep_usec, size_t keep_bytes)
{
	struct ring *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->keep_usec = MIN(keep_usec, (uint64_t) INT64_MAX / 2);
	r->keep_bytes = keep_bytes;
	r->hold_usec = INT64_MAX;
	pthread_mutex_init(&r->lock, NULL);
	*ret = r;
	return 0;
}

static struct packet **slot(const struct line *l, uint64_t number)
{
	return &l->slot[number & (l->room - 1)];
}

static int make_room(struct line *l)
{
	struct line bigger = { .head = l->head, .tail = l->tail };

	if (l->tail - l->head < l->room)
		return 0;
	bigger.room = l->room ? l->room * 2 : FIRST_ROOM;
	bigger.slot = calloc(bigger.room, sizeof(struct packet *));
	if (!bigger.slot)
		return -ENOMEM;
	for (uint64_t n = l->head; n < l->tail; n++)
		*slot(&bigger, n) = *slot(l, n);
	free(l->slot);
	*l = bigger;
	return 0;
}

static size_t cost(const struct packet *p)
{
	return p->size + PACKET_COST;
}

static void drop_oldest(struct ring *r, struct line *l)
{
	struct packet *p = *slot(l, l->head++);

	r->bytes -= cost(p);
	packet_unref(p);
}

/* Drops the pictures before this number, and the sound that ended before this time. */
static void drop_before(struct ring *r, uint64_t number, int64_t usec)
{
	struct line *video = &r->line[TRACK_VIDEO], *audio = &r->line[TRACK_AUDIO];

	while (video->head < number)
		drop_oldest(r, video);
	while (audio->head < audio->tail && (*slot(audio, audio->head))->dts_usec < usec)
		drop_oldest(r, audio);
}

static void empty(struct ring *r)
{
	drop_before(r, r->line[TRACK_VIDEO].tail, INT64_MAX);
	r->epoch++;
}

struct ring *ring_free(struct ring *r)
{
	if (!r)
		return NULL;
	empty(r);
	free(r->line[TRACK_VIDEO].slot);
	free(r->line[TRACK_AUDIO].slot);
	tracks_unref(r->tracks);
	pthread_mutex_destroy(&r->lock);
	free(r);
	return NULL;
}

void ring_set_tracks(struct ring *r, struct tracks *t)
{
	struct tracks *old = NULL;

	pthread_mutex_lock(&r->lock);
	if (t) {
		old = r->tracks;
		if (!r->open || t->generation != old->generation)
			empty(r);
		r->tracks = tracks_ref(t);
	}
	r->open = t;
	pthread_mutex_unlock(&r->lock);
	tracks_unref(old);
}

/* The second keyframe, where the second GOP begins; tail: there is none. */
static uint64_t second_gop(const struct line *video)
{
	uint64_t n = video->head + 1;

	while (n < video->tail && !(*slot(video, n))->key)
		n++;
	return MIN(n, video->tail);
}

static int64_t newest(const struct line *l)
{
	return l->head < l->tail ? (*slot(l, l->tail - 1))->dts_usec : INT64_MIN;
}

/* Is what begins at this time all that is to be kept? */
static bool is_enough(const struct ring *r, int64_t usec)
{
	int64_t from = newest(&r->line[TRACK_VIDEO]) - (int64_t) r->keep_usec;

	return usec <= MIN(from, r->hold_usec);
}

/* Keeps the limits. Called for each keyframe, and for every packet that is one too much. */
static void trim(struct ring *r)
{
	struct line *video = &r->line[TRACK_VIDEO];

	for (;;) {
		uint64_t second = second_gop(video);
		bool over = r->bytes > r->keep_bytes;
		int64_t usec;

		if (second == video->tail) {
			if (over)
				empty(r);
			return;
		}
		usec = (*slot(video, second))->dts_usec;
		if (!over && !is_enough(r, usec))
			return;
		drop_before(r, second, usec);
	}
}

/* Before the first keyframe: no picture is of use, and of the sound only what is new. */
static bool take_first(struct ring *r, const struct packet *p)
{
	if (p->track == TRACK_VIDEO && p->key)
		drop_before(r, r->line[TRACK_VIDEO].tail, p->dts_usec);
	else if (p->track == TRACK_AUDIO)
		drop_before(r, r->line[TRACK_VIDEO].tail, p->dts_usec - EARLY_SOUND_USEC);
	return p->key || p->track == TRACK_AUDIO;
}

static void put(struct ring *r, struct packet *p)
{
	const struct line *video = &r->line[TRACK_VIDEO];
	struct line *l = &r->line[p->track];

	if (video->head == video->tail && !take_first(r, p))
		return;
	if (make_room(l) < 0) {
		empty(r);
		return;
	}
	*slot(l, l->tail++) = packet_ref(p);
	r->bytes += cost(p);
	if (p->key || r->bytes > r->keep_bytes)
		trim(r);
}

void ring_put(struct ring *r, struct packet *p)
{
	pthread_mutex_lock(&r->lock);
	if (r->open)
		put(r, p);
	pthread_mutex_unlock(&r->lock);
}

void ring_hold(struct ring *r, int64_t from_usec)
{
	pthread_mutex_lock(&r->lock);
	r->hold_usec = from_usec;
	trim(r);
	pthread_mutex_unlock(&r->lock);
}

static void seek(const struct ring *r, int64_t from_usec, struct ring_cursor *ret)
{
	const struct line *video = &r->line[TRACK_VIDEO], *audio = &r->line[TRACK_AUDIO];
	uint64_t v = video->tail - 1, a = audio->head;

	while (v > video->head &&
		(!(*slot(video, v))->key || (*slot(video, v))->dts_usec > from_usec))
		v--;
	while (a < audio->tail && (*slot(audio, a))->dts_usec < (*slot(video, v))->dts_usec)
		a++;
	ret->epoch = r->epoch;
	ret->next[TRACK_VIDEO] = v;
	ret->next[TRACK_AUDIO] = a;
}

int ring_seek(
	struct ring *r, int64_t from_usec, struct ring_cursor *ret, struct tracks **ret_tracks)
{
	const struct line *video = &r->line[TRACK_VIDEO];
	int result = -ENODATA;

	pthread_mutex_lock(&r->lock);
	if (video->head < video->tail) {
		seek(r, from_usec, ret);
		*ret_tracks = tracks_ref(r->tracks);
		result = 0;
	}
	pthread_mutex_unlock(&r->lock);
	return result;
}

/* The earlier one of what comes next in both tracks, the picture first; NULL: nothing as yet. */
static struct packet *next(const struct ring *r, const struct ring_cursor *c)
{
	struct packet *first = NULL;

	for (int t = 0; t < _TRACK_MAX; t++) {
		const struct line *l = &r->line[t];
		struct packet *p = c->next[t] < l->tail ? *slot(l, c->next[t]) : NULL;

		if (p && (!first || p->dts_usec < first->dts_usec))
			first = p;
	}
	return first;
}

int ring_read(
	struct ring *r, struct ring_cursor *c, int64_t until_usec, struct packet **ret, int max)
{
	struct packet *p;
	int n = 0;

	pthread_mutex_lock(&r->lock);
	if (c->epoch != r->epoch)
		n = -ESTALE;
	else if (c->next[TRACK_VIDEO] < r->line[TRACK_VIDEO].head ||
		 c->next[TRACK_AUDIO] < r->line[TRACK_AUDIO].head)
		n = -ENOBUFS;
	while (n >= 0 && n < max && (p = next(r, c)) && p->dts_usec < until_usec) {
		ret[n++] = packet_ref(p);
		c->next[p->track]++;
	}
	if (n == 0 && !r->open && !next(r, c))
		n = -ESTALE;
	pthread_mutex_unlock(&r->lock);
	return n;
}

int64_t ring_newest(struct ring *r)
{
	int64_t usec;

	pthread_mutex_lock(&r->lock);
	usec = newest(&r->line[TRACK_VIDEO]);
	pthread_mutex_unlock(&r->lock);
	return usec;
}

uint64_t ring_bytes(struct ring *r)
{
	uint64_t bytes;

	pthread_mutex_lock(&r->lock);
	bytes = r->bytes;
	pthread_mutex_unlock(&r->lock);
	return bytes;
}
