/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is asked of a running instance and may take its time (a picture that is to come, a disk, a
 * reader who does not read), done on threads of their own, at most so many of a kind. One that
 * hangs keeps its place and nothing else: who asked is told in time. Belongs to the main thread.
 */
#pragma once

#include <stdint.h>

#include "common/cleanup.h"
#include "common/stage.h"

enum job_kind {
	JOB_PICTURE,
	JOB_FILES,
	JOB_WEB, /* files as well, for HTTP, where they queue */
	_JOB_KIND_MAX
};

#define JOBS_MAX 2 /* of a kind at once */
#define JOBS_LATE_USEC UINT64_C(12000000)

struct job {
	/* On its own thread, which is to end soon after stage_stopping(). */
	void (*run)(void *userdata, struct stage *stage);
	/* Later on the main thread, once, when run has returned; frees userdata. */
	void (*done)(void *userdata);
	/* Instead of an answer, on the main thread: run takes longer than JOBS_LATE_USEC. done may
	 * still come. */
	void (*late)(void *userdata);
	void *userdata;
};

struct jobs;

/* ready: there is something for jobs_reap(). Any thread; must not block. */
int jobs_new(struct jobs **ret, void (*ready)(void *userdata), void *userdata);

/* -EBUSY: enough of the kind run; then neither of its functions is called. */
int jobs_start(struct jobs *j, enum job_kind kind, const struct job *job);

/* Calls done() and late(). To be called after ready() and every second or so. */
void jobs_reap(struct jobs *j);

/* Asks all to end and waits until the time; done() is called for those that do. Returns how many
 * are left behind, with all they may touch. NULL is fine. */
int jobs_free(struct jobs *j, uint64_t until_usec);
