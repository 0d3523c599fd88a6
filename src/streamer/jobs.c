/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/jobs.h"

#include "common/usec.h"

struct place {
	struct jobs *jobs;
	struct job job;
	struct stage stage;
	uint64_t late_usec; /* 0: told */
	bool taken;
	atomic_bool finished;
};

struct jobs {
	void (*ready)(void *userdata);
	void *userdata;
	struct place places[_JOB_KIND_MAX][JOBS_MAX];
};

int jobs_new(struct jobs **ret, void (*ready)(void *userdata), void *userdata)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (!j)
		return -ENOMEM;
	j->ready = ready;
	j->userdata = userdata;
	*ret = j;
	return 0;
}

static void run(void *userdata)
{
	struct place *p = userdata;

	p->job.run(p->job.userdata, &p->stage);
	atomic_store(&p->finished, true);
	p->jobs->ready(p->jobs->userdata);
}

int jobs_start(struct jobs *j, enum job_kind kind, const struct job *job)
{
	static const char *const names[_JOB_KIND_MAX] = {
		[JOB_PICTURE] = "job-picture",
		[JOB_FILES] = "job-files",
		[JOB_WEB] = "job-web",
	};
	struct place *p = NULL;
	int r;

	for (size_t i = 0; i < JOBS_MAX && !p; i++)
		if (!j->places[kind][i].taken)
			p = &j->places[kind][i];
	if (!p)
		return -EBUSY;
	p->jobs = j;
	p->job = *job;
	p->stage = STAGE_NULL;
	p->late_usec = usec_now() + JOBS_LATE_USEC;
	atomic_store(&p->finished, false);
	r = stage_start(&p->stage, names[kind], run, p);
	if (r < 0) {
		stage_deinit(&p->stage);
		return r;
	}
	p->taken = true;
	return 0;
}

static void end(struct place *p)
{
	stage_deinit(&p->stage);
	p->taken = false;
	p->job.done(p->job.userdata);
}

static void reap(struct place *p)
{
	if (atomic_load(&p->finished)) {
		/* It has nothing left to do but to return. */
		if (stage_join(&p->stage, USEC_INFINITY) == 0)
			end(p);
	} else if (p->late_usec && usec_now() >= p->late_usec) {
		p->late_usec = 0;
		p->job.late(p->job.userdata);
	}
}

void jobs_reap(struct jobs *j)
{
	for (int k = 0; k < _JOB_KIND_MAX; k++)
		for (size_t i = 0; i < JOBS_MAX; i++)
			if (j->places[k][i].taken)
				reap(&j->places[k][i]);
}

static int finish(struct place *p, uint64_t until_usec)
{
	if (!p->taken)
		return 0;
	if (stage_join(&p->stage, until_usec) < 0)
		return 1;
	end(p);
	return 0;
}

int jobs_free(struct jobs *j, uint64_t until_usec)
{
	int abandoned = 0;

	if (!j)
		return 0;
	for (int k = 0; k < _JOB_KIND_MAX; k++)
		for (size_t i = 0; i < JOBS_MAX; i++)
			if (j->places[k][i].taken)
				stage_stop(&j->places[k][i].stage);
	for (int k = 0; k < _JOB_KIND_MAX; k++)
		for (size_t i = 0; i < JOBS_MAX; i++)
			abandoned += finish(&j->places[k][i], until_usec);
	if (abandoned)
		return abandoned; /* they may still call ready() */
	free(j);
	return 0;
}
