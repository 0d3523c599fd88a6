/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page asks for twenty small pictures at once, and two jobs of a kind run: the others wait for
 * their turn, the oldest first, for no longer than one that runs may take.
 */
#include "common/usec.h"
#include "streamer/api-private.h"

static const char busy[] = "There is too much to do at present.";

static int tell_busy(struct http_request *q)
{
	const struct fault f = { .kind = FAULT_BUSY };

	return face_fault(q, 503, fault_name(f.kind), busy);
}

static void tell_late(struct api_job *j)
{
	struct http_request *q = TAKE_PTR(j->http);

	if (!q)
		return;
	(void) tell_busy(q);
	http_give_up(q);
}

static void on_gone(void *userdata)
{
	struct api_job *j = userdata;

	j->http = NULL;
}

static void run(void *userdata, struct stage *stage)
{
	struct api_job *j = userdata;

	j->run(j, stage);
}

static void answer(struct api_job *j)
{
	struct http_request *q = j->http;

	if (!q)
		return;
	j->http = NULL;
	if (j->result >= 0)
		(void) j->answer(j, q);
	else if (j->refuse)
		(void) j->refuse(j, q);
	else
		(void) api_fault(q, j->result, &j->fault);
	http_give_up(q);
}

static void done(void *userdata)
{
	struct api_job *j = userdata;
	struct api *a = j->api;

	if (j->finish && !a->closed)
		j->finish(j);
	answer(j);
	j->free(j);
	if (!a->closed)
		api_jobs_go_on(a);
}

static void late(void *userdata)
{
	tell_late(userdata);
}

static int begin(struct api_job *j)
{
	const struct job job = { .run = run, .done = done, .late = late, .userdata = j };

	return jobs_start(j->api->control->jobs, j->kind, &job);
}

/* One that could not begin, or was to wait for too long. */
static void give_up(struct api_job *j)
{
	tell_late(j);
	j->free(j);
}

static struct api_job **end_of(struct api *a)
{
	struct api_job **at = &a->waiting;

	while (*at)
		at = &(*at)->next;
	return at;
}

int api_job_start(struct api *a, struct face_request *q, enum job_kind kind, struct api_job *j)
{
	int r;

	j->api = a;
	j->kind = kind;
	j->since_usec = usec_now();
	j->next = NULL;
	j->fault.kind = FAULT_NONE;
	if (a->n_waiting == API_JOBS_MAX) {
		j->free(j);
		return tell_busy(q->http);
	}
	r = http_defer(q->http, on_gone, j);
	if (r < 0) {
		j->free(j);
		return r;
	}
	j->http = q->http;
	*end_of(a) = j;
	a->n_waiting++;
	api_jobs_go_on(a);
	return 0;
}

/* True: it is not among those that wait any more. */
static bool settle(struct api_job *j, uint64_t now)
{
	bool is_late = now - j->since_usec > JOBS_LATE_USEC;
	int r = is_late || !j->http ? -ETIMEDOUT : begin(j);

	if (r == -EBUSY)
		return false;
	if (r < 0)
		give_up(j);
	return true;
}

void api_jobs_go_on(struct api *a)
{
	struct api_job **at = &a->waiting;
	const uint64_t now = usec_now();

	while (*at) {
		struct api_job *j = *at, *next = j->next;

		if (!settle(j, now)) {
			at = &j->next;
			continue;
		}
		*at = next;
		a->n_waiting--;
	}
}

void api_jobs_drop(struct api *a)
{
	while (a->waiting) {
		struct api_job *j = a->waiting;

		a->waiting = j->next;
		j->http = NULL;
		j->free(j);
	}
	a->n_waiting = 0;
}
