/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures of now, over HTTP: for who looks, and into a folder. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "common/tree.h"
#include "common/usec.h"
#include "streamer/api-private.h"
#include "streamer/preview.h"
#include "streamer/snapshot.h"

#define QUALITY 90
#define RECENT_USEC (USEC_PER_SEC / 2) /* a picture that is as good as one of now */
#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define PREFIX_MAX 64
#define COUNT_MAX 100
#define LASTS_MAX_MS 10000 /* of all together: a job is late after that */
#define FILES_MAX 10000    /* in the folder, however often it is asked for */

/* ---- one picture ---- */

struct snapshot_job {
	struct api_job job;
	enum route_id route;
	int width, height, quality;
	uint8_t *jpeg;
	size_t size;
	struct snapshot shot;
};

static void snapshot_free(struct api_job *job)
{
	struct snapshot_job *j = (struct snapshot_job *) job;

	free(j->jpeg);
	free(j);
}

static void snapshot_run(struct api_job *job, struct stage *stage)
{
	struct snapshot_job *j = (struct snapshot_job *) job;

	job->result = snapshot_make(pipeline_stills(job->api->control->pipeline), stage, j->width,
		j->height, j->quality, &j->jpeg, &j->size, &j->shot, &job->fault);
}

static void set_time(struct http_request *q, uint64_t realtime_usec)
{
	char time[32];

	snprintf(time, sizeof(time), "%.3f", (double) realtime_usec / 1e6);
	(void) http_set_header(q, "X-Timestamp", time);
}

static int snapshot_answer(struct api_job *job, struct http_request *q)
{
	struct snapshot_job *j = (struct snapshot_job *) job;

	set_time(q, j->shot.capture_realtime);
	return http_answer_take(q, 200, "image/jpeg", TAKE_PTR(j->jpeg), j->size);
}

static int snapshot_refuse(struct api_job *job, struct http_request *q)
{
	const struct snapshot_job *j = (const struct snapshot_job *) job;

	if (j->route < ROUTE_PAGE && job->fault.kind == FAULT_NO_PICTURE)
		return face_fault(q, 404, fault_name(job->fault.kind), job->fault.words);
	return api_fault(q, job->result, &job->fault);
}

static void release(void *userdata)
{
	preview_picture_unref(userdata);
}

/* What somebody else watches will do: true, and it has answered, with r. */
static bool answer_preview(struct api *a, struct http_request *q, int *r)
{
	struct preview_picture *p = preview_newest(pipeline_preview(a->control->pipeline), 0);

	if (!p)
		return false;
	if (!p->live || usec_now() - p->capture_usec > RECENT_USEC) {
		preview_picture_unref(p);
		return false;
	}
	set_time(q, p->capture_realtime_usec);
	*r = http_answer_shared(q, 200, "image/jpeg", p->jpeg, p->size, release, p);
	return true;
}

struct snapshot_query {
	int64_t width, height, quality, fresh;
};

static bool read_query(struct http_request *q, struct snapshot_query *ret)
{
	return http_query_number(q, "width", JPEG_SIDE_MIN, JPEG_SIDE_MAX, 0, &ret->width) >= 0 &&
	       http_query_number(q, "height", JPEG_SIDE_MIN, JPEG_SIDE_MAX, 0, &ret->height) >= 0 &&
	       http_query_number(q, "quality", 1, SNAPSHOT_QUALITY_MAX, 0, &ret->quality) >= 0 &&
	       http_query_number(q, "fresh", 0, 1, 0, &ret->fresh) >= 0;
}

int api_snapshot(struct api *a, struct face_request *q)
{
	struct snapshot_query wanted;
	struct snapshot_job *j;
	int r = 0;

	if (!read_query(q->http, &wanted))
		return http_fault(q->http, 422,
			"width and height are from %d to %d, quality from 1 to %d, fresh 0 or 1.",
			JPEG_SIDE_MIN, JPEG_SIDE_MAX, SNAPSHOT_QUALITY_MAX);
	if (!wanted.width && !wanted.height && !wanted.quality && !wanted.fresh &&
		answer_preview(a, q->http, &r))
		return r;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->job = (struct api_job){ .run = snapshot_run,
		.answer = snapshot_answer,
		.refuse = snapshot_refuse,
		.free = snapshot_free };
	j->route = q->match.id;
	j->width = (int) wanted.width;
	j->height = (int) wanted.height;
	j->quality = wanted.quality ? (int) wanted.quality : QUALITY;
	return api_job_start(a, q, JOB_PICTURE, &j->job);
}

/* ---- into a folder ---- */

struct save_job {
	struct api_job job;
	char *folder;
	char prefix[PREFIX_MAX + 1];
	int count, interval_ms, saved;
	char names[COUNT_MAX][PREFIX_MAX + 48];
};

static void save_free(struct api_job *job)
{
	struct save_job *j = (struct save_job *) job;

	free(j->folder);
	free(j);
}

static int count_files(int folder)
{
	int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	_cleanup_(closedirp) DIR *dir = again < 0 ? NULL : fdopendir(again);

	if (!dir)
		closep(&again);
	while (dir && n < FILES_MAX && readdir(dir))
		n++;
	return n;
}

static void save_one(struct save_job *j, int folder, struct stage *stage)
{
	char *name = j->names[j->saved];
	struct snapshot shot;
	int fd;

	snprintf(name, sizeof(j->names[0]), "%s_%" PRIu64 "_%d.jpg", j->prefix,
		usec_of(CLOCK_REALTIME) / USEC_PER_MSEC, j->saved);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0) {
		j->job.result = fault_set(
			&j->job.fault, FAULT_IO, "%s/%s: %s", j->folder, name, strerror(errno));
		return;
	}
	j->job.result = snapshot_write(pipeline_stills(j->job.api->control->pipeline), stage, fd,
		QUALITY, &shot, &j->job.fault);
	close(fd);
	if (j->job.result < 0)
		(void) unlinkat(folder, name, 0);
	else
		j->saved++;
}

static void save_run(struct api_job *job, struct stage *stage)
{
	struct save_job *j = (struct save_job *) job;
	_cleanup_(closep) int folder = tree_open(j->folder, FOLDER_MODE);
	uint64_t next = usec_now();

	if (folder < 0) {
		job->result =
			fault_set(&job->fault, FAULT_IO, "%s: %s", j->folder, strerror(-folder));
		return;
	}
	if (count_files(folder) >= FILES_MAX) {
		job->result = fault_set(&job->fault, FAULT_IO, "%s: there are %d files already.",
			j->folder, FILES_MAX);
		return;
	}
	for (int i = 0; i < j->count && job->result >= 0 && stage_wait(stage, next); i++) {
		save_one(j, folder, stage);
		next += (uint64_t) j->interval_ms * USEC_PER_MSEC;
	}
}

static int save_answer(struct api_job *job, struct http_request *q)
{
	const struct save_job *j = (const struct save_job *) job;
	json_t *files = json_array();

	for (int i = 0; i < j->saved; i++)
		json_array_append_new(files, json_string(j->names[i]));
	return face_answer_json(q, 200, json_pack("{s:i, s:o}", "saved", j->saved, "files", files));
}

/* The original has no picture to save: 400. */
static int save_refuse(struct api_job *job, struct http_request *q)
{
	if (job->fault.kind == FAULT_NO_PICTURE)
		return face_fault(q, 400, fault_name(job->fault.kind), job->fault.words);
	return api_fault(q, job->result, &job->fault);
}

static bool has_dots(const char *path)
{
	for (; *path; path += strcspn(path, "/")) {
		path += strspn(path, "/");
		if (*path == '.')
			return true;
	}
	return false;
}

/* Where in the folder of the settings: below it, or a path that leads there. -EACCES: elsewhere. */
static int choose_folder(const char *base, const char *dir, char **ret)
{
	size_t n = strlen(base);

	while (n > 1 && base[n - 1] == '/')
		n--;
	if (*dir == '/') {
		if (strncmp(dir, base, n) != 0 || (dir[n] && dir[n] != '/'))
			return -EACCES;
		dir += n;
		dir += strspn(dir, "/");
	}
	if (has_dots(dir) || strlen(dir) > 512)
		return -EACCES;
	return asprintf(ret, "%.*s%s%s", (int) n, base, *dir ? "/" : "", dir) < 0 ? -ENOMEM : 0;
}

static bool is_prefix(const char *text)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t n = strspn(text, allowed);

	return n > 0 && n <= PREFIX_MAX && text[n] == '\0';
}

struct wishes {
	const char *dir, *prefix;
	json_int_t count, interval_ms;
};

/* 0; else it has answered, with r. */
static int check(
	struct api *a, struct face_request *q, const struct wishes *w, char **ret_folder, int *r)
{
	const struct settings *s = a->control->settings;
	_cleanup_(freep) char *base = NULL;
	char why[160] = "";
	int err;

	if (w->count < 1 || w->count > COUNT_MAX || w->interval_ms < 0 ||
		w->interval_ms > LASTS_MAX_MS || (w->count - 1) * w->interval_ms > LASTS_MAX_MS) {
		*r = http_fault(q->http, 422, "There may be %d pictures, within %d ms.", COUNT_MAX,
			LASTS_MAX_MS);
		return -EINVAL;
	}
	if (!is_prefix(w->prefix)) {
		*r = http_fault(q->http, 422,
			"The prefix consists of at most %d letters, digits, '_' and '-'.",
			PREFIX_MAX);
		return -EINVAL;
	}
	err = settings_path(s, s->snapshots.folder, a->control->card, &base, why, sizeof(why));
	if (err < 0 || !base) {
		*r = http_fault(
			q->http, 400, "There is no folder for snapshots: set snapshots.folder.");
		return -EINVAL;
	}
	err = choose_folder(base, w->dir, ret_folder);
	if (err < 0)
		*r = err == -ENOMEM ? err
				    : http_fault(q->http, 403,
					      "That is not within the folder for snapshots.");
	return err;
}

int api_snapshot_save(struct api *a, struct face_request *q)
{
	struct wishes w = { .dir = "", .prefix = "snap", .count = 1 };
	struct save_job *j;
	json_t *body;
	int r = 0;

	body = api_body(q, &r, "{s?s, s?I, s?I, s?s}", "output_dir", &w.dir, "count", &w.count,
		"interval_ms", &w.interval_ms, "prefix", &w.prefix);
	if (!body)
		return r;
	j = calloc(1, sizeof(*j));
	if (!j || check(a, q, &w, &j->folder, &r) < 0) {
		json_decref(body);
		free(j);
		return j ? r : -ENOMEM;
	}
	j->job = (struct api_job){
		.run = save_run, .answer = save_answer, .refuse = save_refuse, .free = save_free
	};
	j->count = (int) w.count;
	j->interval_ms = (int) w.interval_ms;
	snprintf(j->prefix, sizeof(j->prefix), "%s", w.prefix);
	json_decref(body);
	return api_job_start(a, q, JOB_PICTURE, &j->job);
}
