/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fragment is made on the encoder's thread: it is a copy of a packet with a head of some two
 * hundred bytes, and a thread in between would only add to the delay. The lock is held for no
 * longer than it takes to put a pointer into the ring or to take one out.
 *
 * The ring holds the fragments head … tail - 1, numbered through all sessions from 1 on.
 */
#include "media/live.h"

#include <libavcodec/codec_par.h>
#include <pthread.h>
#include <string.h>

#include "common/usec.h"
#include "media/fmp4.h"

#define SOUND_MAX 64 /* packets that wait for a picture, 1.4 s of them */

static const struct live_settings usual = {
	.hold_usec = 3 * USEC_PER_SEC,
	.spacing_usec = 500 * USEC_PER_MSEC,
	.ring_usec = 4 * USEC_PER_SEC,
	.ring_bytes = 16 << 20,
};

struct live {
	/* set by new */
	struct live_settings settings;
	struct live_hooks hooks;

	/* of the thread that puts pictures */
	struct tracks *tracks; /* NULL: the encoder is closed */
	struct fmp4 *fmp4;     /* of the session, once something was to be made */
	bool begun;            /* a keyframe came since somebody watches */

	/* any thread */
	atomic_int watchers;
	atomic_uint_fast64_t hold_until_usec;

	pthread_mutex_t listen_lock; /* held while ready is called */
	/* protected by listen_lock */
	void (*ready)(void *userdata);
	void *ready_userdata;

	pthread_mutex_t lock;
	/* protected by lock */
	struct live_fragment *ring[LIVE_FRAGMENTS_MAX];
	uint64_t head, tail;
	uint64_t newest_key; /* its number; below head: there is none */
	size_t bytes;
	struct live_fragment *init; /* of the session; NULL: there is none yet */
	int error;                  /* why there is none; 0 */
	uint64_t asked_usec;        /* when a keyframe was last asked for; 0: never */
	struct packet *sound[SOUND_MAX];
	size_t n_sound;
	struct live_stats stats;
};

int live_new(
	struct live **ret, const struct live_settings *settings, const struct live_hooks *hooks)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->settings = settings ? *settings : usual;
	l->hooks = *hooks;
	l->head = l->tail = 1;
	pthread_mutex_init(&l->listen_lock, NULL);
	pthread_mutex_init(&l->lock, NULL);
	*ret = l;
	return 0;
}

/* ---- fragments ---- */

/* Takes the data over, on failure too. */
static struct live_fragment *fragment_new(uint8_t *data, size_t size)
{
	struct live_fragment *f = calloc(1, sizeof(*f));

	if (!f) {
		free(data);
		return NULL;
	}
	f->data = data;
	f->size = size;
	f->made_usec = usec_now();
	atomic_init(&f->refs, 1);
	return f;
}

struct live_fragment *live_fragment_unref(struct live_fragment *f)
{
	if (!f || atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) != 1)
		return NULL;
	free(f->data);
	free(f);
	return NULL;
}

/* ---- the ring, with the lock held ---- */

static struct live_fragment **slot(struct live *l, uint64_t number)
{
	return &l->ring[number % LIVE_FRAGMENTS_MAX];
}

static void forget_until(struct live *l, uint64_t number)
{
	for (; l->head < number; l->head++) {
		l->bytes -= (*slot(l, l->head))->size;
		*slot(l, l->head) = live_fragment_unref(*slot(l, l->head));
	}
}

static uint64_t span_usec(struct live *l)
{
	int64_t span;

	if (l->head == l->tail)
		return 0;
	span = (*slot(l, l->tail - 1))->dts_usec - (*slot(l, l->head))->dts_usec;
	return (uint64_t) MAX(span, (int64_t) 0);
}

static void add(struct live *l, struct live_fragment *f)
{
	if (l->tail - l->head == LIVE_FRAGMENTS_MAX)
		forget_until(l, l->head + 1);
	f->sequence = l->tail++;
	*slot(l, f->sequence) = f;
	l->bytes += f->size;
	if (f->key)
		l->newest_key = f->sequence;
	while (l->head < l->tail &&
		(l->bytes > l->settings.ring_bytes || span_usec(l) > l->settings.ring_usec))
		forget_until(l, l->head + 1);
	l->stats.fragments++;
}

static void forget_sound(struct live *l)
{
	while (l->n_sound > 0)
		packet_unref(l->sound[--l->n_sound]);
}

/* May a keyframe be asked for, and is that the one who does? */
static bool take_turn(struct live *l)
{
	uint64_t now = usec_now();

	if (l->asked_usec && now - l->asked_usec < l->settings.spacing_usec)
		return false;
	l->asked_usec = now;
	l->stats.asked++;
	return true;
}

/* ---- from the encoders ---- */

static void tell(struct live *l)
{
	pthread_mutex_lock(&l->listen_lock);
	if (l->ready)
		l->ready(l->ready_userdata);
	pthread_mutex_unlock(&l->listen_lock);
}

/* Nobody watches any more: nothing is held for nobody. */
static void rest(struct live *l)
{
	l->begun = false;
	pthread_mutex_lock(&l->lock);
	forget_until(l, l->tail);
	forget_sound(l);
	pthread_mutex_unlock(&l->lock);
}

static int make_init(struct live *l, struct live_fragment **ret)
{
	struct live_fragment *f;
	uint8_t *data;
	size_t size;
	int r;

	r = fmp4_new(&l->fmp4, l->tracks);
	if (r == 0)
		r = fmp4_init_segment(l->fmp4, &data, &size);
	if (r < 0)
		return r;
	f = fragment_new(data, size);
	if (!f)
		return -ENOMEM;
	f->init = true;
	f->width = l->tracks->video->width;
	f->height = l->tracks->video->height;
	snprintf(f->mime, sizeof(f->mime), "%s", fmp4_mime(l->fmp4));
	*ret = f;
	return 0;
}

/* A session begins where there is a fragment to follow. */
static int begin_session(struct live *l)
{
	struct live_fragment *init = NULL;
	int r = make_init(l, &init);

	if (r < 0)
		l->fmp4 = fmp4_free(l->fmp4);
	pthread_mutex_lock(&l->lock);
	forget_until(l, l->tail);
	l->init = live_fragment_unref(l->init);
	l->error = r;
	if (init) {
		l->init = init;
		init->session = ++l->stats.session;
	}
	pthread_mutex_unlock(&l->lock);
	return r;
}

void live_set_tracks(struct live *l, struct tracks *t)
{
	if (t && l->tracks && t->generation == l->tracks->generation)
		return;
	tracks_unref(l->tracks);
	l->tracks = t ? tracks_ref(t) : NULL;
	l->fmp4 = fmp4_free(l->fmp4);
	if (!live_wanted(l))
		rest(l);
	l->begun = false;
	pthread_mutex_lock(&l->lock);
	l->error = 0;
	pthread_mutex_unlock(&l->lock);
}

static void put_sound(struct live *l, struct packet *p)
{
	struct packet *old = NULL;

	pthread_mutex_lock(&l->lock);
	if (l->n_sound == SOUND_MAX) {
		old = l->sound[0];
		memmove(l->sound, l->sound + 1, sizeof(struct packet *) * --l->n_sound);
		l->stats.lost++;
	}
	l->sound[l->n_sound++] = packet_ref(p);
	pthread_mutex_unlock(&l->lock);
	packet_unref(old);
}

/* The sound that has come goes to the caller, unless it is of a time before the first picture. */
static size_t take_sound(struct live *l, const struct packet *picture, struct packet **sound)
{
	size_t n = 0;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->n_sound; i++) {
		struct packet *p = l->sound[i];

		if (l->begun || p->dts_usec >= picture->dts_usec)
			sound[n++] = p;
		else
			packet_unref(p);
	}
	l->n_sound = 0;
	pthread_mutex_unlock(&l->lock);
	return n;
}

static struct live_fragment *make_fragment(struct live *l, const struct packet *p)
{
	struct packet *sound[SOUND_MAX];
	size_t n = take_sound(l, p, sound), size;
	struct live_fragment *f = NULL;
	uint8_t *data;

	if (fmp4_fragment(l->fmp4, p, sound, n, &data, &size) == 0)
		f = fragment_new(data, size);
	while (n > 0)
		packet_unref(sound[--n]);
	if (!f)
		return NULL;
	f->key = p->key;
	f->capture_usec = p->capture_usec;
	f->dts_usec = p->dts_usec;
	return f;
}

static void put_picture(struct live *l, const struct packet *p)
{
	struct live_fragment *f;

	if (!l->begun && !p->key)
		return;
	if (!l->fmp4 && begin_session(l) < 0) {
		tell(l);
		return;
	}
	f = make_fragment(l, p);
	pthread_mutex_lock(&l->lock);
	if (f) {
		f->session = l->stats.session;
		add(l, f);
	} else {
		l->stats.lost++;
	}
	pthread_mutex_unlock(&l->lock);
	/* What refers to a picture that is missing is of no use. */
	l->begun = f;
	if (f)
		tell(l);
}

void live_put(struct live *l, struct packet *p)
{
	if (p->track == TRACK_VIDEO && !live_wanted(l))
		rest(l);
	else if (p->track == TRACK_VIDEO && l->tracks)
		put_picture(l, p);
	else if (p->track == TRACK_AUDIO && live_wanted(l))
		put_sound(l, p);
}

/* ---- watchers ---- */

bool live_wanted(const struct live *l)
{
	return atomic_load(&l->watchers) > 0 || usec_now() < atomic_load(&l->hold_until_usec);
}

void live_watch(struct live *l)
{
	bool first = atomic_fetch_add(&l->watchers, 1) == 0, ask;

	pthread_mutex_lock(&l->lock);
	/* Before a keyframe comes nothing is made at all, not even a reason to look again. */
	ask = first && l->head == l->tail && take_turn(l);
	pthread_mutex_unlock(&l->lock);
	if (ask)
		l->hooks.want_keyframe(l->hooks.userdata);
}

void live_unwatch(struct live *l)
{
	atomic_store(&l->hold_until_usec, usec_now() + l->settings.hold_usec);
	atomic_fetch_sub(&l->watchers, 1);
}

void live_listen(struct live *l, void (*ready)(void *userdata), void *userdata)
{
	pthread_mutex_lock(&l->listen_lock);
	l->ready = ready;
	l->ready_userdata = userdata;
	pthread_mutex_unlock(&l->listen_lock);
}

static struct live_fragment *next_init(struct live *l, struct live_cursor *c)
{
	*c = (struct live_cursor){
		.session = l->stats.session,
		.behind = c->session != 0,
		.skipped = c->skipped,
	};
	return l->init;
}

/* A keyframe to begin with; false: there is none as yet. */
static bool find_keyframe(struct live *l, struct live_cursor *c)
{
	const struct live_fragment *f;

	if (c->from == 0)
		c->from = l->tail;
	if (l->newest_key < l->head)
		return false;
	f = *slot(l, l->newest_key);
	if (!c->behind && l->newest_key < c->from &&
		usec_now() - f->made_usec > l->settings.spacing_usec)
		return false;
	c->next = l->newest_key;
	return true;
}

static struct live_fragment *next_fragment(struct live *l, struct live_cursor *c, bool *ask)
{
	uint64_t was = c->next;

	if (c->next && c->next < l->head) {
		c->next = c->from = 0;
		c->behind = true;
	}
	if (!c->next && !find_keyframe(l, c)) {
		c->skipped += was ? l->tail - was : 0;
		*ask = take_turn(l);
		return NULL;
	}
	if (was && c->next > was)
		c->skipped += c->next - was;
	return c->next < l->tail ? *slot(l, c->next++) : NULL;
}

int live_next(struct live *l, struct live_cursor *c, struct live_fragment **ret)
{
	struct live_fragment *f = NULL;
	bool ask = false;
	int r;

	pthread_mutex_lock(&l->lock);
	r = l->error ? l->error : -EAGAIN;
	if (l->init && c->session != l->stats.session)
		f = next_init(l, c);
	else if (l->init)
		f = next_fragment(l, c, &ask);
	if (f)
		*ret = live_fragment_ref(f);
	pthread_mutex_unlock(&l->lock);
	if (ask)
		l->hooks.want_keyframe(l->hooks.userdata);
	return f ? 0 : r;
}

int live_mime(struct live *l, char *buf, size_t size, int *ret_width, int *ret_height)
{
	int r = -EAGAIN;

	pthread_mutex_lock(&l->lock);
	if (l->init) {
		snprintf(buf, size, "%s", l->init->mime);
		*ret_width = l->init->width;
		*ret_height = l->init->height;
		r = 0;
	}
	pthread_mutex_unlock(&l->lock);
	return r;
}

void live_stats(struct live *l, struct live_stats *ret)
{
	pthread_mutex_lock(&l->lock);
	*ret = l->stats;
	ret->held = l->tail - l->head;
	ret->held_bytes = l->bytes;
	ret->held_usec = span_usec(l);
	pthread_mutex_unlock(&l->lock);
	ret->watchers = atomic_load(&l->watchers);
}

struct live *live_free(struct live *l)
{
	if (!l)
		return NULL;
	forget_until(l, l->tail);
	forget_sound(l);
	live_fragment_unref(l->init);
	fmp4_free(l->fmp4);
	tracks_unref(l->tracks);
	pthread_mutex_destroy(&l->lock);
	pthread_mutex_destroy(&l->listen_lock);
	free(l);
	return NULL;
}
