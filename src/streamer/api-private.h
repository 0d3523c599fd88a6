/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the HTTP face share. All on the main thread but what a job runs. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "face/face.h"
#include "streamer/api.h"
#include "streamer/control.h"
#include "streamer/jobs.h"

#define API_JOBS_MAX 64 /* that wait for their turn */

struct api_job;
struct api_events;
struct api_live;
struct api_stream;
struct api_thresholds;

struct api {
	struct face *local,
		*tcp; /* the one is NULL without a socket, the other one without --http */
	struct loop *loop;
	struct control *control;
	struct api_events *events;
	struct api_stream *stream;
	struct api_live *live;
	struct api_thresholds *thresholds; /* as measured last; NULL: not yet */
	struct api_job *waiting;           /* the oldest first */
	size_t n_waiting;
	bool closed; /* nobody is answered any more */
};

/* Returns what the answer returned. */
typedef int (*api_handler_fn)(struct api *a, struct face_request *q);

/* ---- answers ---- */

/* A fault as an answer; r: the errno, for one without a kind. */
int api_fault(struct http_request *q, int r, const struct fault *f);

/* 204. */
int api_done(struct http_request *q);

/* {"status": "ok"}. */
int api_ok(struct http_request *q);

/* Takes apart a JSON body as json_unpack() does. A new reference that what was taken lives as long
 * as; NULL: it has answered, with r. */
json_t *api_body(struct face_request *q, int *r, const char *format, ...);

/* The name of this instance's card in paths: its own, or "self". */
const char *api_card(const struct api *a);

/* ---- what takes its time ---- */

/* First in a struct of its own. Main thread but for run. */
struct api_job {
	void (*run)(struct api_job *j, struct stage *stage); /* sets result and fault */
	/* When it has run, whether somebody waits or not; may set result and fault. NULL: nothing.
	 */
	void (*finish)(struct api_job *j);
	/* Answers when the result is good. */
	int (*answer)(struct api_job *j, struct http_request *q);
	/* Answers a fault in words of its own; NULL: as usual. */
	int (*refuse)(struct api_job *j, struct http_request *q);
	void (*free)(struct api_job *j); /* all of it */
	struct fault fault;
	int result;

	/* its own */
	struct api *api;
	struct http_request *http; /* NULL: nobody waits */
	enum job_kind kind;
	uint64_t since_usec;
	struct api_job *next;
};

/* Takes over the job, whose functions are set. What the handler returns. */
int api_job_start(struct api *a, struct face_request *q, enum job_kind kind, struct api_job *j);

/* Those that wait, as far as there is room; those that have waited for too long are told. */
void api_jobs_go_on(struct api *a);
void api_jobs_drop(struct api *a);

/* ---- events as they happen ---- */

int api_events_new(struct api_events **ret, struct api *a);
struct api_events *api_events_free(struct api_events *e);

/* Whoever listens gets what is new. */
void api_events_update(struct api_events *e);

/* ---- pictures as they come ---- */

int api_stream_new(struct api_stream **ret, struct api *a);
struct api_stream *api_stream_free(struct api_stream *s);
int api_live_new(struct api_live **ret, struct api *a);
struct api_live *api_live_free(struct api_live *l);

/* ---- handlers, by file ---- */

extern const api_handler_fn api_handlers[_ROUTE_MAX];

/* api-original.c */
int api_state(struct api *a, struct face_request *q);
int api_config_states(struct api *a, struct face_request *q);
int api_streams(struct api *a, struct face_request *q);
int api_stream_control(struct api *a, struct face_request *q);
int api_health(struct api *a, struct face_request *q);
int api_metrics(struct api *a, struct face_request *q);
int api_cards(struct api *a, struct face_request *q);

/* api-control.c */
int api_status(struct api *a, struct face_request *q);
int api_signal(struct api *a, struct face_request *q);
int api_control(struct api *a, struct face_request *q);
int api_bitrate(struct api *a, struct face_request *q);
int api_outputs(struct api *a, struct face_request *q);
int api_output_add(struct api *a, struct face_request *q);
int api_output_remove(struct api *a, struct face_request *q);
int api_output_control(struct api *a, struct face_request *q);
int api_number_tell(struct api *a, struct face_request *q);
int api_settings_check(struct api *a, struct face_request *q);

/* api-rules.c */
int api_rules(struct api *a, struct face_request *q);
int api_rules_set(struct api *a, struct face_request *q);
int api_thresholds(struct api *a, struct face_request *q);
struct api_thresholds *api_thresholds_free(struct api_thresholds *t);

/* api-references.c; those of the original, and ours */
int api_refs(struct api *a, struct face_request *q);
int api_references(struct api *a, struct face_request *q);
int api_reference_add(struct api *a, struct face_request *q);
int api_reference_image(struct api *a, struct face_request *q);
int api_reference_thumbnail(struct api *a, struct face_request *q);
int api_reference_move(struct api *a, struct face_request *q);
int api_reference_delete(struct api *a, struct face_request *q);
int api_trash(struct api *a, struct face_request *q);
int api_trash_restore(struct api *a, struct face_request *q);

/* api-candidates.c */
int api_candidates(struct api *a, struct face_request *q);
int api_candidate_image(struct api *a, struct face_request *q);
int api_candidate_accept(struct api *a, struct face_request *q);
int api_candidate_delete(struct api *a, struct face_request *q);

/* api-events.c */
int api_events(struct api *a, struct face_request *q);
int api_events_live(struct api *a, struct face_request *q);

/* api-pictures.c */
int api_snapshot(struct api *a, struct face_request *q);
int api_snapshot_save(struct api *a, struct face_request *q);

/* api-stream.c, api-live.c */
int api_stream(struct api *a, struct face_request *q);
int api_live(struct api *a, struct face_request *q);
