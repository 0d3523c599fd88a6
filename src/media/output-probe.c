/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/output-probe.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/stage.h"
#include "common/usec.h"
#include "media/output-urls.h"
#include "media/reach.h"

struct output_probe {
	/* set by new */
	char thread_name[16];
	char *url;
	uint64_t limit_usec;
	struct stage stage;
	struct wire_guard guard;
	struct rtmp *session; /* the thread's */
	uint64_t end_usec;    /* …, of the probe that is running */

	pthread_mutex_t lock;
	/* protected by lock */
	bool wanted;
	uint64_t hold_usec;
	bool fresh; /* what was found out before does not count */
	uint64_t good_usec;
};

/* A wake-up says that the stage is to end, or that nobody wants to know any more. */
static uint64_t until(void *userdata)
{
	struct output_probe *p = userdata;
	bool wanted;

	pthread_mutex_lock(&p->lock);
	wanted = p->wanted && !p->fresh;
	pthread_mutex_unlock(&p->lock);
	return stage_stopping(&p->stage) || !wanted ? 0 : p->end_usec;
}

static void destroy(struct output_probe *p)
{
	stage_deinit(&p->stage);
	rtmp_free(p->session);
	pthread_mutex_destroy(&p->lock);
	free(p->url);
	free(p);
}

int output_probe_new(
	struct output_probe **ret, const char *name, const char *url, uint64_t limit_usec)
{
	struct output_probe *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->stage = STAGE_NULL;
	p->limit_usec = limit_usec;
	p->guard = (struct wire_guard){ .wake_fd = -1, .until = until, .userdata = p };
	snprintf(p->thread_name, sizeof(p->thread_name), "probe-%.9s", name);
	pthread_mutex_init(&p->lock, NULL);
	p->url = strdup(url);
	r = p->url ? rtmp_new(&p->session, &p->guard) : -ENOMEM;
	if (r < 0) {
		destroy(p);
		return r;
	}
	*ret = p;
	return 0;
}

/* Is somebody waiting for an answer? What was found out for an earlier question is forgotten. */
static bool look(struct output_probe *p, struct output_probing *w)
{
	bool wanted;

	pthread_mutex_lock(&p->lock);
	wanted = p->wanted;
	if (p->fresh)
		output_probing_init(w, p->hold_usec, (uint32_t) usec_now());
	p->fresh = false;
	pthread_mutex_unlock(&p->lock);
	return wanted;
}

static void probe(struct output_probe *p, struct output_probing *w)
{
	uint64_t begin = usec_now();
	int r;

	p->end_usec = begin + p->limit_usec;
	r = reach(p->url, p->session, &p->guard);
	output_probing_result(w, r == 0, begin, usec_now());
	pthread_mutex_lock(&p->lock);
	if (p->wanted && !p->fresh)
		p->good_usec = w->good_usec;
	pthread_mutex_unlock(&p->lock);
}

static void run(void *userdata)
{
	struct output_probe *p = userdata;
	struct output_probing w = { 0 };
	bool go_on = !stage_stopping(&p->stage);

	p->guard.wake_fd = p->stage.wake_fd;
	while (go_on) {
		uint64_t next = look(p, &w) ? w.next_usec : USEC_INFINITY;

		if (next <= usec_now())
			probe(p, &w);
		else
			(void) stage_wait(&p->stage, next);
		go_on = !stage_stopping(&p->stage);
	}
}

int output_probe_start(struct output_probe *p)
{
	return stage_start(&p->stage, p->thread_name, run, p);
}

void output_probe_want(struct output_probe *p, bool wanted, uint64_t hold_usec)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->wanted = wanted;
	p->hold_usec = hold_usec;
	p->fresh = true;
	p->good_usec = 0;
	pthread_mutex_unlock(&p->lock);
	stage_wake(&p->stage);
}

uint64_t output_probe_good(struct output_probe *p)
{
	uint64_t good;

	pthread_mutex_lock(&p->lock);
	good = p->good_usec;
	pthread_mutex_unlock(&p->lock);
	return good;
}

void output_probe_stop(struct output_probe *p)
{
	if (p)
		stage_stop(&p->stage);
}

int output_probe_free(struct output_probe *p, uint64_t until_usec)
{
	int r;

	if (!p)
		return 0;
	stage_stop(&p->stage);
	r = stage_join(&p->stage, until_usec);
	if (r == 0)
		destroy(p);
	return r;
}
