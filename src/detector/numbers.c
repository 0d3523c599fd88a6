/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector/numbers.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/stage.h"
#include "common/usec.h"
#include "recognize/digits-guess.h"

#define QUEUE_MAX 16    /* parts of pictures that wait to be read */
#define TOLD_MAX 16     /* that somebody has told, kept for numbers_again(); the newest */
#define TRIES 2         /* for what is to be seen */
#define CONFIDENCE 0.85 /* less is no guess */
#define ALL_DIGITS 0x3ffU
#define OFTEN_USEC (200 * USEC_PER_MSEC)
#define SELDOM_USEC (30 * USEC_PER_SEC)
#define IDLE_USEC (60 * USEC_PER_SEC) /* then tesseract gives its memory back */

/* What the live picture shows of one number. */
struct watched {
	struct crop now, before, sent; /* seen last, before it; handed over last */
	int tries;                     /* of what was sent */
	uint64_t due_usec, every_usec;
};

struct request {
	int number;
	struct crop crop;
};

struct told {
	int number;
	char text[DIGITS_MAX + 1];
	struct crop crop; /* empty: the next picture */
};

struct numbers {
	/* set before start */
	struct numbers_settings settings;
	struct stage stage;

	/* the numbers thread's own */
	struct ocr *ocr;
	bool blind; /* it cannot be had */
	struct request request;
	uint64_t saved_usec; /* 0: never */
	int save_error;      /* of the last time, so that a full disk is told once */

	/* the recogniser thread's own */
	struct watched watched[RULES_NUMBERS_MAX];
	unsigned known[RULES_NUMBERS_MAX];
	struct grey_plane plane;

	atomic_bool fresh; /* there is something to learn … */
	atomic_bool again; /* … all of it, by another recogniser */

	pthread_mutex_t queue_lock;
	/* protected by queue_lock */
	struct request queue[QUEUE_MAX]; /* oldest first; what is beyond n keeps its memory */
	int n_queue;
	struct lessons *next;       /* of the recogniser that came last */
	struct told said[TOLD_MAX]; /* since the last picture */
	int n_said;

	pthread_mutex_t lock; /* held while guesses are compared, which takes a while */
	/* protected by lock */
	struct guesses *guesses[RULES_NUMBERS_MAX];
	struct told told[TOLD_MAX];
	int n_told, n_learnt;    /* … the first ones of which have been learnt */
	struct lessons *lessons; /* NULL: nothing is kept */
	bool unsaved;            /* … though there is more than in their file */
};

int numbers_new(struct numbers **ret, const struct numbers_settings *settings)
{
	struct numbers *n = calloc(1, sizeof(*n));
	int r = 0;

	if (!n)
		return -ENOMEM;
	n->settings = *settings;
	n->stage = STAGE_NULL;
	pthread_mutex_init(&n->queue_lock, NULL);
	pthread_mutex_init(&n->lock, NULL);
	for (int i = 0; r >= 0 && i < settings->rules->n_numbers; i++) {
		n->watched[i].every_usec = OFTEN_USEC;
		r = guesses_new(&n->guesses[i]);
	}
	if (r < 0) {
		(void) numbers_free(n, 0);
		return r;
	}
	*ret = n;
	return 0;
}

/* --- what is said --- */

PRINTF_LIKE(4, 5)
static void say(const struct numbers *n, int level, const char *number, const char *fmt, ...)
{
	char words[640];
	va_list ap;

	if (!n->settings.said)
		return;
	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	n->settings.said(n->settings.userdata, level, number, words);
}

/* --- the thread: from pictures to guesses --- */

static int read_crop(struct numbers *n, const struct crop *c, struct ocr_text *ret)
{
	const struct numbers_settings *s = &n->settings;
	char why[128] = "";
	int r;

	if (s->read)
		return s->read(s->userdata, &c->picture, c->rect, ret);
	if (!n->ocr && !n->blind) {
		r = ocr_new(&n->ocr, why, sizeof(why));
		if (r < 0) {
			n->blind = true;
			say(n, LOG_NOTICE, "", "Numbers cannot be learnt without being taught: %s.",
				why);
		}
	}
	return n->ocr ? ocr_read(n->ocr, &c->picture, c->rect, ret) : -ENOENT;
}

static bool take_request(struct numbers *n, struct request *ret)
{
	struct request oldest;
	bool any;

	pthread_mutex_lock(&n->queue_lock);
	any = n->n_queue > 0;
	if (any) {
		/* Memory goes round. */
		oldest = n->queue[0];
		n->n_queue--;
		memmove(&n->queue[0], &n->queue[1], (size_t) n->n_queue * sizeof(n->queue[0]));
		n->queue[n->n_queue] = *ret;
		*ret = oldest;
	}
	pthread_mutex_unlock(&n->queue_lock);
	return any;
}

static void work_on(struct numbers *n, const struct request *q)
{
	const struct number *number = &n->settings.rules->numbers[q->number];
	struct ocr_text text;
	int r;

	if (read_crop(n, &q->crop, &text) < 0 || text.confidence < CONFIDENCE ||
		!digits_has_format(text.text, number->format))
		return;
	say(n, LOG_DEBUG, number->name, "%s: %s is read, sure by %.2f.", number->name, text.text,
		text.confidence);
	pthread_mutex_lock(&n->lock);
	r = guesses_add(n->guesses[q->number], &q->crop.picture, q->crop.rect, text.text);
	pthread_mutex_unlock(&n->lock);
	if (r >= 0)
		atomic_store(&n->fresh, true);
}

void numbers_work(struct numbers *n)
{
	while (!stage_stopping(&n->stage) && take_request(n, &n->request))
		work_on(n, &n->request);
}

/* --- the thread: what was learnt is kept --- */

static bool is_unsaved(struct numbers *n)
{
	bool unsaved;

	pthread_mutex_lock(&n->lock);
	unsaved = n->unsaved;
	pthread_mutex_unlock(&n->lock);
	return unsaved;
}

/* The disk is not waited for with the lock held. */
static int write_lessons(struct numbers *n, char *path, size_t path_size)
{
	struct lessons_image image = { .fd = -1 };
	int r = 0;

	pthread_mutex_lock(&n->lock);
	if (n->lessons && n->unsaved)
		r = lessons_image(n->lessons, &image);
	n->unsaved = false;
	pthread_mutex_unlock(&n->lock);
	if (image.text) {
		snprintf(path, path_size, "%s/" LESSONS_FILE, image.folder);
		r = lessons_image_write(&image);
		pthread_mutex_lock(&n->lock);
		lessons_image_done(n->lessons, &image);
		pthread_mutex_unlock(&n->lock);
		lessons_image_deinit(&image);
	}
	return r;
}

static void save(struct numbers *n)
{
	char path[512] = LESSONS_FILE;
	int r = write_lessons(n, path, sizeof(path));

	n->saved_usec = usec_now();
	if (r < 0 && r != n->save_error)
		say(n, LOG_WARNING, "", "Cannot keep learnt digits in %s: %s", path, strerror(-r));
	else if (r >= 0 && n->save_error < 0)
		say(n, LOG_INFO, "", "%s can be written again.", path);
	n->save_error = r;
	if (r >= 0)
		return;
	pthread_mutex_lock(&n->lock);
	n->unsaved = true;
	pthread_mutex_unlock(&n->lock);
}

/* When it may be written next; 0: nothing waits for it. */
static uint64_t save_due(struct numbers *n)
{
	if (!is_unsaved(n))
		return 0;
	return n->saved_usec ? n->saved_usec + NUMBERS_SAVE_USEC : 1;
}

static void run(void *userdata)
{
	struct numbers *n = userdata;

	do {
		uint64_t begin = usec_now(), due = save_due(n), until;

		if (due && due <= begin) {
			save(n);
			due = save_due(n);
		}
		numbers_work(n);
		until = n->ocr ? begin + IDLE_USEC : USEC_INFINITY;
		if (!stage_wait(&n->stage, due ? MIN(due, until) : until))
			break;
		if (usec_now() >= begin + IDLE_USEC)
			n->ocr = ocr_free(n->ocr);
	} while (!stage_stopping(&n->stage));
	if (is_unsaved(n))
		save(n);
}

int numbers_start(struct numbers *n)
{
	return stage_start(&n->stage, "numbers", run, n);
}

/* --- from the live picture to requests --- */

static int put_request(struct numbers *n, int number, const struct crop *c)
{
	struct request *q;
	int r;

	pthread_mutex_lock(&n->queue_lock);
	if (n->n_queue == QUEUE_MAX) {
		/* The newest one gives way: the older ones are as good, and their turn comes. */
		n->n_queue--;
	}
	q = &n->queue[n->n_queue];
	r = crop_copy(&q->crop, c);
	if (r >= 0) {
		q->number = number;
		n->n_queue++;
	}
	pthread_mutex_unlock(&n->queue_lock);
	if (r >= 0)
		stage_wake(&n->stage);
	return r;
}

static struct rect rect_of(const struct numbers *n, int number, const struct grey *g)
{
	const struct rules *rules = n->settings.rules;

	return rules_scale(rules, rules->numbers[number].rect, g->width, g->height);
}

/* What is the same in two pictures in a row stands still. */
static void watch(struct numbers *n, int number, const struct grey *g, uint64_t usec)
{
	struct watched *w = &n->watched[number];
	struct crop swap = w->before;

	w->before = w->now;
	w->now = swap;
	if (crop_take(&w->now, g, rect_of(n, number, g)) < 0)
		w->now.picture.width = 0;
	if (crop_differs(&w->now, &w->before))
		return;
	w->due_usec = usec + w->every_usec;
	if (crop_differs(&w->now, &w->sent))
		w->tries = 0;
	if (w->tries >= TRIES || crop_copy(&w->sent, &w->now) < 0)
		return;
	w->tries++;
	w->every_usec = MIN(w->every_usec + w->every_usec / 8, SELDOM_USEC);
	(void) put_request(n, number, &w->now);
}

int numbers_show(struct numbers *n, const struct frame *picture)
{
	_cleanup_(grey_plane_deinit) struct grey_plane plane = { 0 };
	struct crop crop = { 0 };
	struct grey g;
	int r = grey_view(picture, &plane, &g);

	for (int i = 0; r >= 0 && i < n->settings.rules->n_numbers; i++)
		if (crop_take(&crop, &g, rect_of(n, i, &g)) >= 0)
			r = put_request(n, i, &crop);
	crop_deinit(&crop);
	return r == -ENOMEM ? r : 0;
}

/* --- from guesses to lessons --- */

/* It has been learnt, from that picture. */
static void keep(struct numbers *n, int number, const struct crop *c, const char *text)
{
	if (n->lessons && lessons_add(n->lessons, number, &c->picture, c->rect, text) == 0)
		n->unsaved = true;
}

/* The lessons of another recogniser, which it knows already. */
static void take_lessons(struct numbers *n)
{
	pthread_mutex_lock(&n->queue_lock);
	if (n->next) {
		lessons_free(n->lessons);
		n->lessons = TAKE_PTR(n->next);
		n->unsaved = false;
	}
	pthread_mutex_unlock(&n->queue_lock);
}

/* What was told first gives way: it has been learnt, and is kept in the file. */
static void take_told(struct numbers *n)
{
	pthread_mutex_lock(&n->queue_lock);
	for (int i = 0; i < n->n_said; i++) {
		if (n->n_told == TOLD_MAX) {
			crop_deinit(&n->told[0].crop);
			memmove(&n->told[0], &n->told[1], (TOLD_MAX - 1) * sizeof(n->told[0]));
			n->n_told--;
			n->n_learnt = MAX(n->n_learnt - 1, 0);
		}
		n->told[n->n_told++] = n->said[i];
	}
	n->n_said = 0;
	pthread_mutex_unlock(&n->queue_lock);
}

static void learn_told(struct numbers *n, struct recogniser *r, const struct grey *g)
{
	for (; n->n_learnt < n->n_told; n->n_learnt++) {
		struct told *t = &n->told[n->n_learnt];
		const char *name = n->settings.rules->numbers[t->number].name;
		bool now = !t->crop.pixels;
		int e = now ? crop_take(&t->crop, g, rect_of(n, t->number, g)) : 0;

		if (e >= 0)
			e = recogniser_teach_number(
				r, t->number, &t->crop.picture, t->crop.rect, t->text, false);
		if (e == 0)
			keep(n, t->number, &t->crop, t->text);
		if (e >= 0 || e == -ENOSPC) {
			if (now)
				say(n, LOG_INFO, name, "%s: learnt from %s, as told.", name,
					t->text);
			continue;
		}
		say(n, LOG_WARNING, name, "%s: %s, as told, is not what is to be seen.", name,
			t->text);
		/* Forget it. */
		crop_deinit(&t->crop);
		n->n_told--;
		memmove(t, t + 1, (size_t) (n->n_told - n->n_learnt) * sizeof(*t));
		n->told[n->n_told] = (struct told){ 0 };
		n->n_learnt--;
	}
}

static void learn_guesses(struct numbers *n, struct recogniser *r)
{
	struct guess_lesson l;

	for (int i = 0; i < n->settings.rules->n_numbers; i++)
		while (guesses_next(n->guesses[i], &l))
			if (recogniser_teach_number(
				    r, i, &l.crop->picture, l.crop->rect, l.text, true) == 0) {
				n->watched[i].every_usec = OFTEN_USEC;
				keep(n, i, l.crop, l.text);
			}
}

static void list_digits(unsigned known, char ret[11])
{
	for (int i = 0; i < 10; i++)
		if (known >> i & 1)
			*ret++ = (char) ('0' + i);
	*ret = '\0';
}

/* Whoever reads may be at it for a while: then it is the next picture's turn. */
static int learn(struct numbers *n, struct recogniser *r, const struct grey *g)
{
	bool unsaved;
	int more = 0;

	if (!atomic_load(&n->fresh) || pthread_mutex_trylock(&n->lock) != 0)
		return 0;
	atomic_store(&n->fresh, false);
	if (atomic_exchange(&n->again, false)) {
		for (int i = 0; i < n->settings.rules->n_numbers; i++)
			guesses_rewind(n->guesses[i]);
		n->n_learnt = 0;
		take_lessons(n);
	}
	take_told(n);
	learn_told(n, r, g);
	learn_guesses(n, r);
	unsaved = n->unsaved;
	pthread_mutex_unlock(&n->lock);
	if (unsaved)
		stage_wake(&n->stage);
	for (int i = 0; i < n->settings.rules->n_numbers; i++) {
		unsigned known = recogniser_known_digits(r, i), fresh = known & ~n->known[i];
		char digits[11];

		n->known[i] = known;
		if (!fresh)
			continue;
		list_digits(known, digits);
		say(n, LOG_INFO, n->settings.rules->numbers[i].name,
			"%s: the digits %s are known now.", n->settings.rules->numbers[i].name,
			digits);
		more += __builtin_popcount(fresh);
	}
	return more;
}

int numbers_follow(
	struct numbers *n, struct recogniser *r, const struct frame *f, const struct decision *d)
{
	bool due[RULES_NUMBERS_MAX] = { false }, any = atomic_load(&n->fresh);
	struct grey g;

	for (int i = 0; i < n->settings.rules->n_numbers; i++) {
		due[i] = !d->numbers[i].sure && f->capture_usec >= n->watched[i].due_usec &&
			 recogniser_known_digits(r, i) != ALL_DIGITS;
		any = any || due[i];
	}
	if (!any || grey_view(f, &n->plane, &g) < 0)
		return 0;
	for (int i = 0; i < n->settings.rules->n_numbers; i++)
		if (due[i])
			watch(n, i, &g, f->capture_usec);
	return learn(n, r, &g);
}

void numbers_again(struct numbers *n, struct lessons *lessons)
{
	struct lessons *unused;

	pthread_mutex_lock(&n->queue_lock);
	unused = n->next;
	n->next = lessons;
	pthread_mutex_unlock(&n->queue_lock);
	lessons_free(unused);
	atomic_store(&n->again, true);
	atomic_store(&n->fresh, true);
}

int numbers_tell(struct numbers *n, const char *name, const char *text)
{
	const struct rules *rules = n->settings.rules;
	int number = -1, r = 0;

	for (int i = 0; i < rules->n_numbers; i++)
		if (strcmp(rules->numbers[i].name, name) == 0)
			number = i;
	if (number < 0)
		return -ENOENT;
	if (!*text || strlen(text) > DIGITS_MAX || text[strspn(text, "0123456789., ")] ||
		!digits_has_format(text, rules->numbers[number].format))
		return -EINVAL;
	pthread_mutex_lock(&n->queue_lock);
	if (n->n_said < TOLD_MAX) {
		struct told *t = &n->said[n->n_said++];

		*t = (struct told){ .number = number };
		memcpy(t->text, text, strlen(text) + 1);
	} else {
		r = -ENOSPC;
	}
	pthread_mutex_unlock(&n->queue_lock);
	atomic_store(&n->fresh, true);
	return r;
}

/* --- the end --- */

int numbers_free(struct numbers *n, uint64_t until_usec)
{
	if (!n)
		return 0;
	stage_stop(&n->stage);
	if (stage_join(&n->stage, until_usec) < 0)
		return -ETIMEDOUT;
	stage_deinit(&n->stage);
	ocr_free(n->ocr);
	crop_deinit(&n->request.crop);
	for (int i = 0; i < QUEUE_MAX; i++)
		crop_deinit(&n->queue[i].crop);
	for (int i = 0; i < TOLD_MAX; i++)
		crop_deinit(&n->told[i].crop);
	for (int i = 0; i < RULES_NUMBERS_MAX; i++) {
		crop_deinit(&n->watched[i].now);
		crop_deinit(&n->watched[i].before);
		crop_deinit(&n->watched[i].sent);
		guesses_free(n->guesses[i]);
	}
	lessons_free(n->lessons);
	lessons_free(n->next);
	pthread_mutex_destroy(&n->queue_lock);
	pthread_mutex_destroy(&n->lock);
	grey_plane_deinit(&n->plane);
	free(n);
	return 0;
}
