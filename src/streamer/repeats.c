/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/repeats.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "common/log.h"
#include "common/usec.h"

#define SCREEN_RULE ((struct repeats_rule){ 10, 6 * 60 * USEC_PER_SEC, 0 })
#define LASTS_USEC (2 * USEC_PER_SEC) /* what a screen shows for so long is news */
#define TEXT_MAX 400
#define VALUE_MAX 256 /* as the journal gets it */

struct held {
	bool any, trouble;
	int level;
	const char *message_id;
	int n_fields;
	const char *names[REPEATS_FIELDS_MAX];
	char values[REPEATS_FIELDS_MAX][VALUE_MAX];
	char text[TEXT_MAX];
};

struct subject {
	char name[80]; /* "": free */
	enum repeats_kind kind;
	struct repeats_rule rule;
	uint64_t changed_usec; /* 0: never */
	uint64_t left_out;     /* since the last line; held included */
	struct held held;
};

struct repeats {
	uint64_t (*clock)(void);
	pthread_mutex_t lock;
	/* protected by lock */
	struct subject subjects[REPEATS_SUBJECTS_MAX];
};

bool repeats_may(struct repeats_rule *rule, uint64_t now_usec)
{
	uint64_t full = MAX(rule->full_usec, now_usec);

	if (full - now_usec > (rule->burst - 1) * rule->every_usec)
		return false;
	rule->full_usec = full + rule->every_usec;
	return true;
}

int repeats_new(struct repeats **ret, uint64_t (*clock)(void))
{
	struct repeats *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->clock = clock;
	pthread_mutex_init(&r->lock, NULL);
	*ret = r;
	return 0;
}

/* Locked. One that is new has no name yet, or that of another. */
static struct subject *find(struct repeats *r, const char *name)
{
	struct subject *oldest = &r->subjects[0];

	for (int i = 0; i < REPEATS_SUBJECTS_MAX; i++) {
		struct subject *s = &r->subjects[i];

		if (strncmp(s->name, name, sizeof(s->name) - 1) == 0)
			return s;
		if (s->changed_usec < oldest->changed_usec)
			oldest = s;
	}
	return oldest;
}

static struct subject *subject_of(struct repeats *r, const struct repeats_line *line)
{
	struct subject *s = find(r, line->subject);

	if (strncmp(s->name, line->subject, sizeof(s->name) - 1) != 0) {
		memset(s, 0, sizeof(*s));
		snprintf(s->name, sizeof(s->name), "%s", line->subject);
		s->kind = line->kind;
		s->rule = s->kind == REPEATS_OF_SCREEN ? SCREEN_RULE : REPEATS_TROUBLE;
	}
	return s;
}

static void hold(struct held *h, const struct repeats_line *line, const char *text)
{
	const char *const *f = line->fields;

	h->any = true;
	h->trouble = line->trouble;
	h->level = line->level;
	h->message_id = line->message_id;
	h->n_fields = 0;
	for (; f && f[0] && h->n_fields < REPEATS_FIELDS_MAX; f += 2) {
		if (!f[1])
			continue;
		h->names[h->n_fields] = f[0];
		snprintf(h->values[h->n_fields++], VALUE_MAX, "%s", f[1]);
	}
	snprintf(h->text, sizeof(h->text), "%s", text);
}

static void emit(int level, const char *message_id, const char *const *fields, const char *text,
	uint64_t left_out)
{
	const char *all[2 * REPEATS_FIELDS_MAX + 4] = { NULL };
	char count[32];
	int n = 0;

	for (; fields && fields[0] && n < 2 * REPEATS_FIELDS_MAX; fields += 2) {
		all[n++] = fields[0];
		all[n++] = fields[1];
	}
	if (left_out == 0) {
		log_event(level, message_id, all, "%s", text);
		return;
	}
	snprintf(count, sizeof(count), "%" PRIu64, left_out);
	all[n++] = "EGM_REPEATS";
	all[n++] = count;
	log_event(level, message_id, all, "%s (%s before this were left out)", text, count);
}

static void emit_held(const struct held *h, uint64_t left_out)
{
	const char *fields[2 * REPEATS_FIELDS_MAX + 2] = { NULL };

	for (int i = 0; i < h->n_fields; i++) {
		fields[2 * i] = h->names[i];
		fields[2 * i + 1] = h->values[i];
	}
	emit(h->level, h->message_id, fields, h->text, left_out - 1);
}

/* News of the screen are what was there for a while before it changed. Locked. */
static bool may_tell(struct subject *s, const struct repeats_line *line, uint64_t now)
{
	bool lasted = s->changed_usec == 0 || now - s->changed_usec >= LASTS_USEC;

	if (s->kind == REPEATS_OF_SCREEN && !line->trouble && lasted)
		return true;
	return repeats_may(&s->rule, now);
}

bool repeats_tell(struct repeats *r, const struct repeats_line *line, const char *fmt, ...)
{
	const uint64_t now = r->clock();
	uint64_t left_out = 0;
	struct subject *s;
	char text[TEXT_MAX];
	va_list ap;
	bool told;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&r->lock);
	s = subject_of(r, line);
	told = may_tell(s, line, now);
	s->changed_usec = now;
	if (told) {
		left_out = s->left_out;
		s->left_out = 0;
		s->held.any = false;
	} else {
		s->left_out++;
		hold(&s->held, line, text);
	}
	pthread_mutex_unlock(&r->lock);
	if (told)
		emit(line->level, line->message_id, line->fields, text, left_out);
	else
		log_event(LOG_DEBUG, line->message_id, line->fields, "%s", text);
	return told;
}

void repeats_same(struct repeats *r, const struct repeats_line *line, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&r->lock);
	subject_of(r, line)->left_out++;
	pthread_mutex_unlock(&r->lock);
	log_event(LOG_DEBUG, line->message_id, line->fields, "%s", text);
}

/* Takes what is held back out of a subject; 0: nothing is, or not yet. */
static uint64_t take_held(struct repeats *r, int i, bool all, struct held *ret)
{
	const uint64_t now = r->clock();
	struct subject *s = &r->subjects[i];
	uint64_t left_out = 0;

	pthread_mutex_lock(&r->lock);
	if (s->held.any) {
		bool settled = s->kind == REPEATS_OF_SCREEN && !s->held.trouble &&
			       now - s->changed_usec >= LASTS_USEC;

		if (all || settled || repeats_may(&s->rule, now)) {
			*ret = s->held;
			left_out = s->left_out;
			s->left_out = 0;
			s->held.any = false;
		}
	}
	pthread_mutex_unlock(&r->lock);
	return left_out;
}

static void tell_held(struct repeats *r, bool all)
{
	struct held h;

	for (int i = 0; i < REPEATS_SUBJECTS_MAX; i++) {
		uint64_t left_out = take_held(r, i, all, &h);

		if (left_out)
			emit_held(&h, left_out);
	}
}

void repeats_tick(struct repeats *r)
{
	tell_held(r, false);
}

struct repeats *repeats_free(struct repeats *r)
{
	if (!r)
		return NULL;
	tell_held(r, true);
	pthread_mutex_destroy(&r->lock);
	free(r);
	return NULL;
}
