/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/detect.h"

#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "detector/references.h"
#include "detector/unjpeg.h"
#include "media/picture.h"
#include "pack/pack-folder.h"
#include "settings/rules-file.h"
#include "settings/settings-geometry.h"
#include "settings/settings.h"
#include "streamer/holder.h"
#include "streamer/input.h"
#include "streamer/store.h"

#define FIRST_USEC (10 * USEC_PER_SEC) /* how long the first picture may take */
#define STILL_RATE 30                  /* a still picture is shown so often in a second */
#define SETS_MAX 4

struct run {
	const struct detect_options *o;
	struct detect_result *result;
	struct settings settings;
	bool have_settings;
	struct pack_folder pack;
	struct recogniser *recogniser;
	struct unjpeg unjpeg;
	struct geometry *geometry; /* of the card's own pictures; a recording has been through it */
};

/* --- rules and references --- */

static void log_findings(const struct conf_report *report)
{
	char text[512];

	for (size_t i = 0; i < report->n; i++) {
		conf_finding_format(&report->findings[i], text, sizeof(text));
		log_event(report->findings[i].severity == CONF_ERROR ? LOG_ERR : LOG_WARNING, NULL,
			NULL, "%s", text);
	}
}

static int load_settings(struct run *run)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(freep) char *device = NULL;
	const char *sets[SETS_MAX] = { "audio.device=none", "video.loop=false" };
	const struct settings_request request = {
		.config_dir = run->o->config_dir,
		.card = run->o->card,
		.no_files = !run->o->card,
		.sets = sets,
	};
	int r;

	if (run->o->input && asprintf(&device, "video.device=%s", run->o->input) < 0) {
		device = NULL;
		return -ENOMEM;
	}
	sets[2] = device;
	r = settings_load(&request, &run->settings, NULL, &report);
	log_findings(&report);
	run->have_settings = r >= 0;
	return r;
}

static int read_rules(const char *path, struct rules **ret)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct rules rules;
	int r = rules_file_read(path, &rules, &report);

	log_findings(&report);
	if (r < 0)
		return log_error_errno(r, "Cannot use the rules of %s: %m", path);
	r = rules_copy(ret, &rules);
	rules_deinit(&rules);
	return r;
}

static int choose_rules(struct run *run)
{
	struct detect_result *result = run->result;
	int r;

	if (run->o->pack) {
		r = pack_folder_open(&run->pack, run->o->pack);
		result->rules = TAKE_PTR(run->pack.rules);
	} else if (run->o->config)
		r = read_rules(run->o->config, &result->rules);
	else if (run->settings.detector.rules)
		r = rules_copy(&result->rules, run->settings.detector.rules);
	else
		r = -ENODATA;
	if (r >= 0 && result->rules->n_states == 0 && result->rules->n_numbers == 0)
		r = -ENODATA;
	if (r == -ENODATA)
		log_error("There are neither states nor numbers in the configuration");
	return r;
}

static void note_fault(const char *path, const char *why, void *userdata)
{
	const struct run *run = userdata;

	log_warning("%s: %s", pack_folder_shown(&run->pack, path), why);
}

/* path: FOLDER/STATE/FILE. */
static void note_used(int state, const char *path, void *userdata)
{
	const struct run *run = userdata;
	struct detect_result *result = run->result;
	const char *file = strrchr(path, '/');

	for (int i = 0; i < RECOGNISER_REFERENCES_MAX; i++) {
		char **name = &result->names[state][i];

		if (*name)
			continue;
		if (asprintf(name, "%s/%s", result->rules->states[state].name, file + 1) < 0)
			*name = NULL;
		return;
	}
}

static int load_references(struct run *run)
{
	const struct references_hooks hooks = {
		.skipped = note_fault, .warned = note_fault, .used = note_used, .userdata = run
	};
	_cleanup_(freep) char *folder = NULL;
	struct references_count count;
	char why[160];
	int r = 0;

	if (run->o->refs || run->pack.refs)
		folder = strdup(run->o->refs ? run->o->refs : run->pack.refs);
	else
		r = settings_path(&run->settings, run->settings.detector.refs, run->o->card,
			&folder, why, sizeof(why));
	if (r < 0)
		return log_error_errno(r, "detector.refs: %s", why);
	if (!folder)
		return -ENOMEM;
	r = recogniser_new(&run->recogniser, run->result->rules);
	if (r >= 0)
		r = references_load(
			run->recogniser, run->result->rules, folder, NULL, &hooks, &count);
	if (r < 0)
		return r;
	run->result->references = count.used;
	return 0;
}

/* --- pictures --- */

static int look(struct run *run, struct frame *f)
{
	struct detect_result *result = run->result;
	_cleanup_(frame_unrefp) struct frame *picture = NULL;
	int r = unjpeg(&run->unjpeg, f, &picture);

	if (r == -EBADMSG) {
		result->broken++;
		return 0;
	}
	if (r >= 0)
		r = recogniser_look(run->recogniser, picture, &result->decision);
	if (r < 0)
		return log_error_errno(r, "The picture cannot be looked into: %m");
	result->pictures++;
	result->width = f->width;
	result->height = f->height;
	return 0;
}

static int look_as_seen(struct run *run, struct frame *f)
{
	_cleanup_(frame_unrefp) struct frame *arranged = NULL;
	int r = geometry_run(run->geometry, f, &arranged);

	if (r == -EBADMSG) {
		run->result->broken++;
		return 0;
	}
	if (r == -ERANGE)
		log_error("video.crop and video.masks are not for pictures of %dx%d", f->width,
			f->height);
	else if (r < 0)
		log_error_errno(r, "The picture cannot be cropped, turned or masked: %m");
	return r < 0 ? r : look(run, arranged);
}

static bool is_picture(const char *path)
{
	static const char *const ends[] = { ".jpg", ".jpeg", ".png", ".webp", ".pgm", ".ppm" };
	const char *dot = path ? strrchr(path, '.') : NULL;

	if (path && strstr(path, "://"))
		return false;
	for (size_t i = 0; dot && i < ARRAY_SIZE(ends); i++)
		if (strcasecmp(dot, ends[i]) == 0)
			return true;
	return false;
}

/* As if a card yielded it all the time; that it stands still is no fault of it. */
static int look_at_picture(struct run *run)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	uint64_t n = MAX(run->o->usec * STILL_RATE / USEC_PER_SEC, 1);
	char why[128];
	int r = picture_load(&f, run->o->input, why, sizeof(why));

	if (r < 0)
		return log_error_errno(r, "%s: %s", run->o->input, why);
	run->result->rules->frozen_ms = 0;
	for (uint64_t i = 1; i <= n && r >= 0; i++) {
		f->capture_usec = f->dequeue_usec = i * USEC_PER_SEC / STILL_RATE;
		r = look(run, f);
	}
	return r;
}

/* Until the time since the first picture is over, or the file. */
static int look_at_source(struct run *run, struct source *s)
{
	uint64_t until = usec_now() + FIRST_USEC;
	struct frame *f;
	int r;

	while (usec_now() < until) {
		r = s->ops->read_video(s, -1, until, &f);
		if (r == -EAGAIN)
			continue;
		if (r == -ENODATA)
			break;
		if (r < 0)
			return log_error_errno(r, "%s", s->reason);
		if (run->result->pictures == 0)
			until = usec_now() + run->o->usec;
		r = look_as_seen(run, f);
		frame_unref(f);
		if (r < 0)
			return r;
	}
	if (run->result->pictures > 0)
		return 0;
	log_error("%s yields no picture", s->info.device);
	return -ENODATA;
}

/* Only one program at a time gets pictures of a card, and it is usually our own service. */
static int fail_open(const struct run *run, const struct source *s, int err)
{
	_cleanup_(freep) char *device = NULL;
	struct holder h;
	char why[256];

	if (err != -EBUSY ||
		settings_video_device(&run->settings, run->o->card, &device, why, sizeof(why)) <
			0 ||
		holder_find(STORE_RUN_FOLDER, device, &h) < 0)
		return log_error_errno(err, "%s", s->reason);
	log_error("%s is in use by egm-streamer@%s", device, h.card);
	if (h.state[0])
		log_notice("The service's own decision, now %s, is \"state\" in %s", h.state,
			h.status);
	else
		log_notice("The service recognises nothing: \"state\" in %s is null", h.status);
	log_notice("To look at the card here, stop the service: systemctl stop egm-streamer@%s",
		h.card);
	return err;
}

static int choose_geometry(struct run *run)
{
	struct geometry_settings g = { 0 };

	if (!run->o->input)
		settings_geometry(&run->settings, &g);
	return geometry_new(&run->geometry, &g);
}

static int look_at_input(struct run *run)
{
	_cleanup_(source_freep) struct source *s = NULL;
	struct input in;
	char why[256];
	int r = input_new(&run->settings, run->o->card, &in, why, sizeof(why));

	if (r < 0)
		return log_error_errno(r, "%s", why);
	source_free(in.audio);
	s = in.video;
	r = choose_geometry(run);
	if (r < 0)
		return r;
	r = s->ops->open(s);
	if (r < 0)
		return fail_open(run, s, r);
	r = look_at_source(run, s);
	s->ops->close(s);
	return r;
}

/* --- the outside --- */

int detect(const struct detect_options *o, struct detect_result *ret)
{
	struct run run = { .o = o, .result = ret };
	int r;

	*ret = (struct detect_result){ 0 };
	r = load_settings(&run);
	if (r >= 0)
		r = choose_rules(&run);
	if (r >= 0)
		r = load_references(&run);
	if (r >= 0)
		r = is_picture(o->input) ? look_at_picture(&run) : look_at_input(&run);
	if (r == -ENOMEM)
		(void) log_error_errno(r, "%m");
	pack_folder_deinit(&run.pack);
	unjpeg_deinit(&run.unjpeg);
	geometry_free(run.geometry);
	recogniser_free(run.recogniser);
	if (run.have_settings)
		settings_deinit(&run.settings);
	return r;
}

void detect_result_deinit(struct detect_result *r)
{
	for (int s = 0; s < RULES_STATES_MAX; s++)
		for (int i = 0; i < RECOGNISER_REFERENCES_MAX; i++)
			free(r->names[s][i]);
	rules_free(r->rules);
	*r = (struct detect_result){ 0 };
}

const char *detect_nearest(const struct detect_result *r, int state, int roi)
{
	int i = r->decision.states[state].rois[roi].reference;

	return i < 0 ? NULL : r->names[r->rules->states[state].rois[roi].ref_state][i];
}
