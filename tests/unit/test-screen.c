/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is recognised follows the settings while pictures come: from none to some, to others, and
 * back to none. */
#include "streamer/screen.h"

#include <pthread.h>
#include <string.h>

#include "common/usec.h"
#include "detector/detector.h"
#include "media/convert.h"
#include "media/picture.h"
#include "recognize/rules.h"
#include "tests/tap.h"
#include "tests/unit/koi.h"

#define LIMIT (10 * USEC_PER_SEC)

static const char both[] =
	"detector: { screen = \"640x480\"; states: {\n"
	"NORMAL: { rois = ( { name = \"spin\"; x = 540; y = 80; w = 91; h = 31; } ); };\n"
	"SELECT: { rois = ( { name = \"dialog\"; x = 110; y = 130; w = 420; h = 120; } ); };\n"
	"}; };\n";
static const char more[] =
	"detector: { screen = \"640x480\"; states: {\n"
	"NORMAL: { rois = ( { name = \"spin\"; x = 540; y = 80; w = 91; h = 31; },\n"
	"{ name = \"nothing\"; x = 10; y = 10; w = 60; h = 60; required = false; } ); };\n"
	"}; };\n";
static const char other[] =
	"detector: { screen = \"640x480\"; states: {\n"
	"SELECT: { rois = ( { name = \"dialog\"; x = 110; y = 130; w = 420; h = 120; } ); };\n"
	"}; };\n";
/* Which begins with OTHER, whatever is to be seen. */
static const char compatible[] =
	"detector: { screen = \"640x480\"; mode = \"compatible\"; states: {\n"
	"SELECT: { rois = ( { name = \"dialog\"; x = 110; y = 130; w = 420; h = 120; } ); };\n"
	"}; };\n";

/* ---- what is told ---- */

struct seen {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	/* protected by lock */
	int changes, states, unknown;
	int repeated; /* states told twice in a row */
	char last[RULES_NAME_MAX + 1];
};

static void on_changed(void *userdata)
{
	struct seen *s = userdata;

	pthread_mutex_lock(&s->lock);
	s->changes++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_state(
	void *userdata, const char *name, uint64_t capture_usec, uint64_t realtime_usec)
{
	struct seen *s = userdata;

	(void) capture_usec;
	(void) realtime_usec;
	pthread_mutex_lock(&s->lock);
	s->states++;
	s->unknown += strcmp(name, "UNKNOWN") == 0;
	s->repeated += strcmp(name, s->last) == 0;
	snprintf(s->last, sizeof(s->last), "%s", name);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void on_candidate(void *userdata, struct frame *f, json_t *decision)
{
	(void) userdata;
	(void) f;
	(void) decision;
}

/* ---- pictures that come all the time ---- */

struct camera {
	struct screen *screen;
	struct frame *picture, *other;
	pthread_t thread;
	atomic_bool stop, in_turns; /* both pictures, instead of the first one */
};

static void view_release(struct frame *f)
{
	frame_unref(f->userdata);
	free(f);
}

static void *camera_run(void *arg)
{
	const struct timespec moment = { .tv_nsec = 5000000 };
	struct camera *c = arg;

	for (int i = 0; !atomic_load(&c->stop); i++) {
		bool second = atomic_load(&c->in_turns) && i / 8 % 2 == 0;
		struct frame *f = calloc(1, sizeof(*f)), *of = second ? c->other : c->picture;

		memcpy(f, of, sizeof(*f));
		atomic_init(&f->refs, 1);
		f->userdata = frame_ref(of);
		f->release = view_release;
		f->capture_usec = usec_now();
		screen_frame(c->screen, f);
		frame_unref(f);
		(void) nanosleep(&moment, NULL);
	}
	return NULL;
}

static struct frame *load_frame(const char *name)
{
	_cleanup_(converter_freep) struct converter *converter = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct frame *picture;
	char why[128];

	if (picture_load(&f, koi_path(name), why, sizeof(why)) < 0 ||
		converter_new(&converter, 640, 480) < 0 ||
		converter_run(converter, f, &picture) < 0)
		abort();
	return picture;
}

static void camera_begin(struct camera *c, struct screen *screen)
{
	c->screen = screen;
	c->picture = load_frame("refs/koi-short/NORMAL/ref_0.jpg");
	c->other = load_frame("refs/koi-short/SELECT/ref_0.jpg");
	atomic_init(&c->stop, false);
	atomic_init(&c->in_turns, false);
	if (pthread_create(&c->thread, NULL, camera_run, c) != 0)
		abort();
}

static void camera_end(struct camera *c)
{
	atomic_store(&c->stop, true);
	pthread_join(c->thread, NULL);
	frame_unref(c->picture);
	frame_unref(c->other);
}

/* ---- settings ---- */

/* rules: text of a file; NULL: none. */
static void load(struct settings *ret, const char *folder, const char *rules)
{
	struct conf_report report = { 0 };
	char refs[600], file[600];
	const char *const sets[] = { refs, rules ? file : NULL, NULL };
	const struct settings_request request = { .no_files = true, .sets = sets };

	snprintf(refs, sizeof(refs), "detector.refs=%s", koi_path("refs/koi-short"));
	snprintf(file, sizeof(file), "detector.rules=%s", koi_in(folder, "rules.conf"));
	if (rules)
		koi_write(koi_in(folder, "rules.conf"), rules, strlen(rules));
	if (settings_load(&request, ret, NULL, &report) < 0)
		abort();
	conf_report_deinit(&report);
}

static void apply(struct screen *s, const char *folder, const char *rules)
{
	struct settings settings;

	load(&settings, folder, rules);
	screen_apply(s, &settings, NULL);
	/* Nothing of the settings is needed any more. */
	settings_deinit(&settings);
}

static json_int_t decisions(struct screen *s)
{
	json_t *j = screen_json(s);
	json_int_t n = json_integer_value(json_object_get(j, "decisions"));

	json_decref(j);
	return n;
}

static bool looked(struct screen *s, json_int_t n)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until = usec_now() + LIMIT;

	while (decisions(s) < n && usec_now() < until)
		(void) nanosleep(&moment, NULL);
	return decisions(s) >= n;
}

static int count(struct seen *seen, const int *counter)
{
	int n;

	pthread_mutex_lock(&seen->lock);
	n = *counter;
	pthread_mutex_unlock(&seen->lock);
	return n;
}

static bool becomes(struct screen *s, const char *name)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until = usec_now() + LIMIT;
	char state[RULES_NAME_MAX + 1];

	while (strcmp(screen_state(s, state, sizeof(state)), name) != 0 && usec_now() < until)
		(void) nanosleep(&moment, NULL);
	return strcmp(screen_state(s, state, sizeof(state)), name) == 0;
}

/* A state is there a moment before it is told: waits until this is the last one that was, and the
 * change with it. */
static bool is_told(struct seen *seen, const char *name)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until = usec_now() + LIMIT;
	bool told;

	do {
		(void) nanosleep(&moment, NULL);
		pthread_mutex_lock(&seen->lock);
		told = strcmp(seen->last, name) == 0 && seen->changes >= seen->states;
		pthread_mutex_unlock(&seen->lock);
	} while (!told && usec_now() < until);
	return told;
}

static bool reaches(struct seen *seen, const int *counter, int n)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	uint64_t until = usec_now() + LIMIT;

	while (count(seen, counter) < n && usec_now() < until)
		(void) nanosleep(&moment, NULL);
	return count(seen, counter) == n;
}

/* ---- the tests ---- */

static void test_apply(struct screen *s, const char *folder, struct seen *seen)
{
	json_t *j;
	json_int_t n;
	int states;

	apply(s, folder, NULL);
	ok(becomes(s, "") && !screen_json(s), "without rules nothing is recognised");
	apply(s, folder, both);
	ok(becomes(s, "NORMAL") && is_told(seen, "NORMAL"), "with some it is");
	n = decisions(s);
	apply(s, folder, both);
	ok(n > 0 && decisions(s) >= n, "the same ones: it goes on");
	states = count(seen, &seen->states);
	apply(s, folder, more);
	ok(looked(s, 20) && becomes(s, "NORMAL") && count(seen, &seen->states) == states,
		"other ones by which the state is the same: that is no news");
	apply(s, folder, other);
	ok(looked(s, 1) && reaches(seen, &seen->unknown, 1),
		"others that do not know the state: UNKNOWN is told");
	j = screen_json(s);
	ok(json_object_size(json_object_get(j, "matches")) == 1 &&
			json_object_get(json_object_get(j, "matches"), "SELECT"),
		"other ones count at once");
	json_decref(j);
	ok(becomes(s, "OTHER") && is_told(seen, "OTHER"), "by which the picture is nothing");
	apply(s, folder, NULL);
	ok(!screen_json(s) && count(seen, &seen->unknown) == 2 &&
			strcmp(seen->last, "UNKNOWN") == 0,
		"switched off, which is told");
	states = count(seen, &seen->states);
	apply(s, folder, NULL);
	ok(count(seen, &seen->states) == states, "once");
	apply(s, folder, both);
	ok(becomes(s, "NORMAL") && is_told(seen, "NORMAL"), "and on");
	pthread_mutex_lock(&seen->lock);
	ok(seen->states >= 3 && seen->changes >= seen->states && strcmp(seen->last, "NORMAL") == 0,
		"changes are told");
	pthread_mutex_unlock(&seen->lock);
}

static void wait_a_while(void)
{
	const struct timespec moment = { .tv_nsec = 200000000 };

	(void) nanosleep(&moment, NULL);
}

/* A detector takes long to be made, while the state changes all the time. */
static struct seen *watched; /* NULL: it is made as ever */
static int meanwhile;        /* states that were told */

int __real_detector_new(struct detector **ret, const struct detector_settings *settings,
	const struct detector_hooks *hooks);
int __wrap_detector_new(struct detector **ret, const struct detector_settings *settings,
	const struct detector_hooks *hooks);

int __wrap_detector_new(struct detector **ret, const struct detector_settings *settings,
	const struct detector_hooks *hooks)
{
	int states = watched ? count(watched, &watched->states) : 0;

	if (watched) {
		wait_a_while();
		meanwhile += count(watched, &watched->states) - states;
	}
	return __real_detector_new(ret, settings, hooks);
}

static void test_in_turns(
	struct screen *s, const char *folder, struct seen *seen, struct camera *camera)
{
	int states = count(seen, &seen->states);

	atomic_store(&camera->in_turns, true);
	wait_a_while();
	ok(count(seen, &seen->states) > states, "the state changes all the time");
	watched = seen;
	apply(s, folder, more);
	watched = NULL;
	ok(meanwhile == 0, "the one before tells nothing that the next one is not told of");
	atomic_store(&camera->in_turns, false);
	ok(looked(s, 1) && becomes(s, "NORMAL"), "which tells it");
	ok(count(seen, &seen->repeated) == 0, "no state is told twice");
}

int main(void)
{
	struct seen seen = { .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	const struct screen_hooks hooks = { .changed = on_changed,
		.state = on_state,
		.candidate = on_candidate,
		.userdata = &seen };
	struct camera camera;
	struct events *events;
	struct screen *s;
	char folder[64];

	koi_folder(folder);
	if (events_new(&events) < 0 || screen_new(&s, events, &hooks) < 0)
		abort();
	camera_begin(&camera, s);
	test_apply(s, folder, &seen);
	test_in_turns(s, folder, &seen, &camera);
	camera_end(&camera);
	screen_lost(s);
	ok(becomes(s, "UNKNOWN"), "no picture comes any more");
	apply(s, folder, compatible);
	ok(becomes(s, "UNKNOWN"), "other rules do not change that");
	ok(screen_end(s, usec_now() + LIMIT) == 0, "ends");
	screen_lost(s);
	camera_begin(&camera, s);
	camera_end(&camera);
	ok(!screen_json(s), "and looks at nothing that a thread left behind hands it");
	ok(screen_free(s, usec_now() + LIMIT) == 0, "is freed");
	events_free(events);
	koi_remove(folder);
	return tap_done();
}
