/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/prober.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "common/fnv.h"
#include "common/run.h"
#include "common/stage.h"
#include "common/usec.h"
#include "streamer/encoder-devices.h"
#include "streamer/encoder-past.h"
#include "streamer/store.h"

#define TIMEOUT_USEC (3 * USEC_PER_SEC)
#define KEEP_USEC (24 * 3600 * USEC_PER_SEC)
#define FILE_MAX 16384
#define WHY_MAX 160

/* What somebody asked for, as one word for the file, and what it came to. */
struct result {
	char key[PAST_KEY_MAX];
	uint64_t nodes; /* for which it holds, and which version of ours */
	uint64_t usec;  /* when */
	int error;
	char why[WHY_MAX];
};

/* What is in use; on: anything is. */
struct use {
	bool on;
	char key[PAST_KEY_MAX];
	uint64_t nodes;
};

struct prober {
	/* set before start */
	const char *program;
	char *file, *note; /* NULL: none */
	uint64_t timeout_usec;
	void (*ready)(void *userdata);
	void *userdata;
	struct stage stage;

	/* the prober's own */
	bool read; /* the files have been */
	struct past past;

	pthread_mutex_t lock;
	/* protected by lock */
	bool started, busy, failed; /* failed: there is no thread to be had */
	struct result wanted;
	struct job {
		char codec[24], size[24], rate[24], bitrate[24], profile[16];
	} job;
	struct result results[PROBER_RESULTS_MAX];
	size_t n, next;
	struct use use, noted; /* as it is; as the note has it, or was to */
};

/* ---- results ---- */

/* Locked. */
static struct result *find(struct prober *p, const struct result *r)
{
	uint64_t now = usec_of(CLOCK_BOOTTIME);

	for (size_t i = 0; i < p->n; i++) {
		struct result *have = &p->results[i];

		if (have->nodes == r->nodes && strcmp(have->key, r->key) == 0 &&
			have->usec <= now && now - have->usec < KEEP_USEC)
			return have;
	}
	return NULL;
}

/* Locked. */
static void keep(struct prober *p, const struct result *r)
{
	struct result *old = find(p, r);

	if (!old && p->n < PROBER_RESULTS_MAX) {
		old = &p->results[p->n++];
	} else if (!old) {
		old = &p->results[p->next];
		p->next = (p->next + 1) % PROBER_RESULTS_MAX;
	}
	*old = *r;
}

/* ---- the files: a line for each result; who cannot read it tries again ---- */

/* What is told as news is none at the next start. */
static int told(int error)
{
	return error == -EOWNERDEAD ? -EIO : error;
}

static bool parse_line(const char *line, struct result *r)
{
	int at = 0;

	*r = (struct result){ .error = 0 };
	return sscanf(line, "%95s %" SCNx64 " %" SCNu64 " %d %n", r->key, &r->nodes, &r->usec,
		       &r->error, &at) == 4 &&
	       at > 0 && r->error <= 0 && snprintf(r->why, sizeof(r->why), "%s", line + at) >= 0;
}

/* Under the lock. */
static void keep_results(struct prober *p, char *text)
{
	char *line;
	struct result r;

	while ((line = strsep(&text, "\n")))
		if (parse_line(line, &r))
			keep(p, &r);
}

static int make_folder(const char *file)
{
	char folder[256];

	snprintf(folder, sizeof(folder), "%.*s", (int) (strrchr(file, '/') - file), file);
	return file_mkdir_p(folder, 0700);
}

/* A folder that cannot be written means a probe at each start, no more. */
static void write_file(struct prober *p)
{
	char text[FILE_MAX];
	size_t used = 0;

	if (!p->file)
		return;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n && used < sizeof(text); i++) {
		const struct result *r = &p->results[i];
		int n = snprintf(text + used, sizeof(text) - used,
			"%s %016" PRIx64 " %" PRIu64 " %d %s\n", r->key, r->nodes, r->usec,
			told(r->error), r->why);

		used += n > 0 ? (size_t) n : 0;
	}
	pthread_mutex_unlock(&p->lock);
	(void) make_folder(p->file);
	(void) file_write(p->file, text, MIN(used, sizeof(text) - 1), 0600, false);
}

/* What the service died with too often has a bad result, as if it had been tried. */
static bool read_past(struct prober *p, struct result *ret)
{
	uint64_t now = usec_of(CLOCK_BOOTTIME);

	(void) make_folder(p->note);
	if (!past_open(&p->past, TAKE_PTR(p->note), now))
		return false;
	*ret = (struct result){ .usec = now, .nodes = p->past.nodes, .error = -EOWNERDEAD };
	snprintf(ret->key, sizeof(ret->key), "%s", p->past.key);
	snprintf(ret->why, sizeof(ret->why), "the service died %d times while it was in use",
		PAST_DEATHS_MAX);
	return true;
}

/* All becomes known at once: who asks meanwhile is not told what was known before it died. */
static void read_files(struct prober *p)
{
	_cleanup_(freep) char *text = NULL;
	struct result died;
	bool has_died;

	if (p->read || !p->file)
		return;
	p->read = true;
	(void) file_read(p->file, FILE_MAX, &text, NULL);
	has_died = read_past(p, &died);
	pthread_mutex_lock(&p->lock);
	keep_results(p, text);
	if (has_died)
		keep(p, &died);
	pthread_mutex_unlock(&p->lock);
	if (has_died)
		write_file(p);
}

/* ---- the thread ---- */

static void name_end(int status, uint64_t timeout_usec, char *why, size_t size)
{
	if (status == -ETIMEDOUT)
		snprintf(why, size, "it hangs: no picture within %g s",
			(double) timeout_usec / USEC_PER_SEC);
	else if (status > 128)
		snprintf(why, size, "its driver crashes (%s)", strsignal(status - 128));
	else if (status < 0)
		snprintf(why, size, "cannot be tried: %s", strerror(-status));
}

/* What the process said, one line of it, without what drivers may have put in. */
static void take_words(char *text, char *why, size_t size)
{
	size_t n = 0;

	for (const char *s = text; *s && *s != '\n' && n + 1 < size; s++)
		if ((unsigned char) *s >= ' ' && *s != 127)
			why[n++] = *s;
	why[n] = '\0';
}

static void try_one(struct prober *p, const struct job *job, struct result *r)
{
	const char *argv[] = { p->program, "probe-encoder", "--size", job->size, "--rate",
		job->rate, "--bitrate", job->bitrate, "--profile", job->profile, job->codec, NULL };
	char text[1024];
	const struct run how = { .output = RUN_WHOLE,
		.timeout_usec = p->timeout_usec,
		.apart = true,
		.cancel = &p->stage.wake_fd,
		.text = text,
		.size = sizeof(text) };
	int status = run_program(argv, &how);

	r->error = status == 0 ? 0 : status < 0 ? status : -EIO;
	if (status > 0 && status <= 128)
		take_words(text, r->why, sizeof(r->why));
	if (!r->why[0])
		name_end(status, p->timeout_usec, r->why, sizeof(r->why));
	if (status != 0 && !r->why[0])
		snprintf(r->why, sizeof(r->why), "it does not work");
}

static void attend(struct prober *p)
{
	struct result r;
	struct job job;
	bool known;

	read_files(p);
	pthread_mutex_lock(&p->lock);
	r = p->wanted;
	job = p->job;
	known = !p->busy || find(p, &r);
	pthread_mutex_unlock(&p->lock);
	if (!known)
		try_one(p, &job, &r);
	/* Nobody wants to know, and it says nothing; or there was a note to be made meanwhile, and
	 * it is tried anew. */
	if (stage_stopping(&p->stage) || r.error == -ECANCELED)
		return;
	pthread_mutex_lock(&p->lock);
	if (!known) {
		r.usec = usec_of(CLOCK_BOOTTIME);
		keep(p, &r);
	}
	p->busy = false;
	pthread_mutex_unlock(&p->lock);
	p->ready(p->userdata);
	if (!known)
		write_file(p);
}

static bool same_use(const struct use *a, const struct use *b)
{
	return a->on == b->on && (!a->on || (a->nodes == b->nodes && strcmp(a->key, b->key) == 0));
}

/* A note that cannot be written is no reason not to encode: it counts as written. */
static void note(struct prober *p)
{
	struct use use;

	read_files(p);
	pthread_mutex_lock(&p->lock);
	use = p->use;
	/* What is on disk is about to change: who wants it as it was has to wait as well. */
	p->noted.on = false;
	pthread_mutex_unlock(&p->lock);
	if (use.on)
		(void) past_begin(&p->past, use.key, use.nodes);
	else
		past_end(&p->past);
	pthread_mutex_lock(&p->lock);
	p->noted = use;
	pthread_mutex_unlock(&p->lock);
	p->ready(p->userdata);
}

static void prober_run(void *userdata)
{
	struct prober *p = userdata;

	for (;;) {
		bool busy, to_note;

		/* The wake-up of the asker is not to end what it asked for; who asks holds the
		 * lock, so that none is cleared whose wish is not seen. */
		pthread_mutex_lock(&p->lock);
		stage_clear(&p->stage);
		busy = p->busy;
		to_note = !same_use(&p->use, &p->noted);
		pthread_mutex_unlock(&p->lock);
		if (stage_stopping(&p->stage))
			return;
		if (to_note)
			note(p);
		else if (busy)
			attend(p);
		else if (!stage_wait(&p->stage, USEC_INFINITY))
			return;
	}
}

/* ---- the outside ---- */

static int name_file(struct prober *p, const char *card)
{
	char folder[256];

	store_state_folder(folder, sizeof(folder));
	if (asprintf(&p->file, "%s/encoders/%s", folder, card) < 0)
		p->file = NULL;
	else if (asprintf(&p->note, "%s/encoders-in-use/%s", folder, card) < 0)
		p->note = NULL;
	return p->note ? 0 : -ENOMEM;
}

int prober_new(struct prober **ret, const struct prober_settings *s, void (*ready)(void *userdata),
	void *userdata)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->program = s->program ? s->program : "/proc/self/exe";
	p->timeout_usec = s->timeout_usec ? s->timeout_usec : TIMEOUT_USEC;
	p->ready = ready;
	p->userdata = userdata;
	p->stage = STAGE_NULL;
	pthread_mutex_init(&p->lock, NULL);
	if (s->card && name_file(p, s->card) < 0) {
		(void) prober_free(p, 0);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

static void describe(const struct encoder_kind *k, const struct encoder_settings *s, uint64_t nodes,
	struct result *r, struct job *j)
{
	static const char version[] = PACKAGE_VERSION;

	*r = (struct result){ .nodes = fnv64(nodes, version, sizeof(version)) };
	snprintf(j->codec, sizeof(j->codec), "%s", k->name);
	snprintf(j->size, sizeof(j->size), "%dx%d", s->width, s->height);
	snprintf(j->rate, sizeof(j->rate), "%d/%d", s->rate_num, s->rate_den);
	snprintf(j->bitrate, sizeof(j->bitrate), "%" PRId64, s->bitrate);
	snprintf(j->profile, sizeof(j->profile), "%s", s->profile ? s->profile : "");
	/* The bitrate moves, and does not decide whether it works. */
	snprintf(r->key, sizeof(r->key), "%s,%s,%s,%s", j->codec, j->size, j->rate, j->profile);
}

/* Locked: is there a thread? */
static bool start(struct prober *p)
{
	if (!p->started && !p->failed) {
		p->failed = stage_start(&p->stage, "prober", prober_run, p) < 0;
		p->started = !p->failed;
	}
	return p->started;
}

/* Locked: has it one to do now? */
static bool begin(struct prober *p, const struct result *r, const struct job *j)
{
	if (!start(p))
		return false;
	if (!p->busy) {
		p->wanted = *r;
		p->job = *j;
		p->busy = true;
		stage_wake(&p->stage);
	}
	return true;
}

int prober_ask(struct prober *p, const struct encoder_kind *kind,
	const struct encoder_settings *settings, char *why, size_t why_size)
{
	struct result asked;
	const struct result *known;
	struct job job;
	uint64_t nodes;
	int r = encoder_devices_find("/dev", "/sys", kind->device, &nodes, why, why_size);

	if (r < 0)
		return r;
	describe(kind, settings, nodes, &asked, &job);
	pthread_mutex_lock(&p->lock);
	known = find(p, &asked);
	if (known) {
		r = known->error == -EAGAIN ? -EIO : known->error;
		snprintf(why, why_size, "%s", known->why);
	} else if (begin(p, &asked, &job)) {
		r = -EAGAIN;
	} else {
		r = -ENOMEM;
		snprintf(why, why_size, "there is no thread to try it");
	}
	pthread_mutex_unlock(&p->lock);
	return r;
}

int prober_use(
	struct prober *p, const struct encoder_kind *kind, const struct encoder_settings *settings)
{
	struct result of;
	struct job unused;
	struct use use = { .on = true };
	char why[WHY_MAX];
	uint64_t nodes;
	int r;

	/* Gone since it was tried: opening it will tell. */
	if (!p->file ||
		encoder_devices_find("/dev", "/sys", kind->device, &nodes, why, sizeof(why)) < 0)
		return 0;
	describe(kind, settings, nodes, &of, &unused);
	snprintf(use.key, sizeof(use.key), "%s", of.key);
	use.nodes = of.nodes;
	pthread_mutex_lock(&p->lock);
	p->use = use;
	r = same_use(&p->use, &p->noted) || !start(p) ? 0 : -EAGAIN;
	if (r < 0)
		stage_wake(&p->stage);
	pthread_mutex_unlock(&p->lock);
	return r;
}

void prober_unuse(struct prober *p)
{
	pthread_mutex_lock(&p->lock);
	if (p->use.on) {
		p->use.on = false;
		stage_wake(&p->stage);
	}
	pthread_mutex_unlock(&p->lock);
}

void prober_stop(struct prober *p)
{
	if (!p)
		return;
	/* It may begin just now. */
	pthread_mutex_lock(&p->lock);
	stage_stop(&p->stage);
	pthread_mutex_unlock(&p->lock);
}

static void prober_end(void *userdata)
{
	struct prober *p = userdata;

	past_end(&p->past);
}

int prober_free(struct prober *p, uint64_t until_usec)
{
	if (!p)
		return 0;
	if (stage_join(&p->stage, until_usec) < 0)
		return -ETIMEDOUT;
	/* By now the encoder is closed; the disk may hang. */
	if (p->noted.on && stage_start(&p->stage, "prober", prober_end, p) == 0 &&
		stage_join(&p->stage, until_usec) < 0)
		return -ETIMEDOUT;
	past_close(&p->past);
	stage_deinit(&p->stage);
	pthread_mutex_destroy(&p->lock);
	free(p->file);
	free(p->note);
	free(p);
	return 0;
}
