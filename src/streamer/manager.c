/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/manager.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "common/file.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/memory.h"
#include "common/usec.h"
#include "media/hub.h"
#include "streamer/api.h"
#include "streamer/changes.h"
#include "streamer/control.h"
#include "streamer/daemon-bus.h"
#include "streamer/events.h"
#include "streamer/progress.h"
#include "streamer/status.h"
#include "streamer/store.h"
#include "streamer/wake.h"
#include "streamer/watch.h"

#define TICK_USEC USEC_PER_SEC
#define JOBS_USEC (200 * USEC_PER_MSEC)
#define STOP_USEC (1500 * USEC_PER_MSEC) /* SIGTERM to the end of all threads */
#define LOG_USEC (1800 * USEC_PER_MSEC)  /* SIGTERM to the end of the log's, the last one */

struct manager {
	const struct options *options;
	bool service;
	struct settings settings;
	struct store store;
	struct loop *loop;
	struct sd_event_source *follow; /* of the bitrate; enabled while it is wanted */
	struct pipeline *pipeline;
	struct status *status;
	struct watch *watch;
	struct api *api;
	struct changes *changes; /* on their way to the bus; with it of the service only */
	struct jobs *jobs;
	struct wake *job_done;
	struct control control;
	struct daemon_bus *bus;
	struct conf *conf;   /* as read, to be kept once it has proven good; else NULL */
	char problem[256];   /* of the configuration; "" for none */
	uint64_t until_usec; /* of --duration; 0: no limit */
	bool ready, progress;
	int exit_code;
};

/* ---- settings ---- */

static void log_findings(const struct conf_report *report)
{
	static const int levels[] = {
		[CONF_NOTE] = LOG_INFO,
		[CONF_WARNING] = LOG_WARNING,
		[CONF_ERROR] = LOG_ERR,
	};
	char text[512];

	for (size_t i = 0; i < report->n; i++) {
		const struct conf_finding *f = &report->findings[i];

		conf_finding_format(f, text, sizeof(text));
		log_event(levels[f->severity], f->severity == CONF_ERROR ? EVENT_CONFIG_BAD : NULL,
			LOG_FIELDS("EGM_KEY", f->key, "EGM_FILE", f->file), "%s", text);
	}
}

static struct settings_request request_of(const struct options *o)
{
	return (struct settings_request){
		.config_dir = o->config_dir,
		.card = o->card,
		.no_files = o->verb == VERB_RUN,
		.sets = o->sets,
		.outputs = o->n_outputs ? o->outputs : NULL,
	};
}

/* Files that cannot be used do not stop a picture that could run: the last good settings, else the
 * defaults, and a loud word about it. */
static int fall_back(struct manager *m)
{
	const struct settings_request bare = { .no_files = true };
	struct conf_report report = { 0 };
	int r;

	snprintf(m->problem, sizeof(m->problem), "the configuration cannot be used");
	r = settings_load_saved(m->store.last_good, &m->settings, &report);
	conf_report_deinit(&report);
	if (r >= 0) {
		log_event(LOG_ERR, EVENT_CONFIG_LAST_GOOD, NULL,
			"The configuration cannot be used: going on with the last good one (%s)",
			m->store.last_good);
		return 0;
	}
	log_event(LOG_ERR, EVENT_CONFIG_LAST_GOOD, NULL,
		"The configuration cannot be used and there is no last good one: going on with "
		"defaults and without outputs");
	report = (struct conf_report){ 0 };
	r = settings_load(&bare, &m->settings, NULL, &report);
	conf_report_deinit(&report);
	return r;
}

static int load(struct manager *m)
{
	struct settings_request request = request_of(m->options);
	struct conf_report report = { 0 };
	int r;

	r = settings_load(&request, &m->settings, &m->conf, &report);
	log_findings(&report);
	conf_report_deinit(&report);
	if (r < 0 && m->service)
		return fall_back(m);
	return r;
}

static void set_log_level(const struct settings *s)
{
	/* In the order of the setting's words. */
	static const int levels[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

	log_set_level(levels[s->log_level]);
}

/* ---- the loop's calls ---- */

static void note_restart(const char *path, unsigned flags, void *userdata)
{
	(void) userdata;
	if (!(flags & CONF_RELOAD))
		log_notice("Setting %s has changed: it takes effect at the next restart", path);
}

static void publish(struct manager *m)
{
	_cleanup_(freep) char *json = NULL;
	char line[400];

	status_line(m->status, m->pipeline, line, sizeof(line));
	if (m->progress)
		progress_show(line);
	if (!m->service)
		return;
	json = control_status(&m->control, false);
	if (json)
		store_status(&m->store, json);
	loop_notify("STATUS=%s%s%s", m->problem, m->problem[0] ? "; " : "", line);
}

static void apply(struct manager *m, struct settings *fresh, struct conf *conf)
{
	conf_diff(&settings_table, &m->settings, fresh, note_restart, NULL);
	(void) pipeline_apply(m->pipeline, fresh, m->options->card);
	settings_deinit(&m->settings);
	m->settings = *fresh;
	set_log_level(&m->settings);
	m->problem[0] = '\0';
	store_keep(&m->store, conf);
	events_note(pipeline_events(m->pipeline), HISTORY_CONFIG, LOG_NOTICE, EVENT_CONFIG_RELOADED,
		NULL, "Configuration reloaded");
}

/* The first thing that is wrong, with its place, for whoever asked. */
static int first_fault(const struct conf_report *report, struct fault *f)
{
	char text[FAULT_WORDS_MAX];

	for (size_t i = 0; i < report->n; i++)
		if (report->findings[i].severity == CONF_ERROR)
			return fault_set(f, FAULT_CONFIGURATION_BAD, "%s",
				conf_finding_format(&report->findings[i], text, sizeof(text)));
	return fault_set(f, FAULT_CONFIGURATION_BAD, "The configuration cannot be used.");
}

/* What was asked for over the bus or HTTP stays with the settings in use. */
static void keep_asked(struct settings *now, struct settings *fresh)
{
	struct settings_output *outputs = fresh->outputs;
	size_t n = fresh->n_outputs;

	fresh->outputs = now->outputs;
	fresh->n_outputs = now->n_outputs;
	fresh->encoder.bitrate = now->encoder.bitrate;
	now->outputs = outputs;
	now->n_outputs = n;
}

static int load_again(struct manager *m, bool rules_only, struct fault *f)
{
	struct settings_request request = request_of(m->options);
	_cleanup_(conf_freep) struct conf *conf = NULL;
	struct conf_report report = { 0 };
	struct settings fresh;
	int r = 0;

	loop_notify_reloading();
	if (settings_load(&request, &fresh, &conf, &report) < 0) {
		snprintf(m->problem, sizeof(m->problem), "the configuration cannot be used");
		log_findings(&report);
		r = first_fault(&report, f);
		events_note(pipeline_events(m->pipeline), HISTORY_CONFIG, LOG_ERR, EVENT_CONFIG_BAD,
			NULL, "The configuration cannot be used: going on as before");
	} else {
		log_findings(&report);
		if (rules_only)
			keep_asked(&m->settings, &fresh);
		apply(m, &fresh, conf);
	}
	conf_report_deinit(&report);
	loop_notify("READY=1");
	publish(m);
	return r;
}

static int reload(void *userdata, struct fault *f)
{
	return load_again(userdata, false, f);
}

static int reload_rules(void *userdata, struct fault *f)
{
	return load_again(userdata, true, f);
}

static void on_reload(void *userdata)
{
	struct manager *m = userdata;
	struct fault unused = { .kind = FAULT_NONE };

	(void) reload(m, &unused);
	if (m->bus)
		daemon_bus_update(m->bus);
}

/* The first packet: systemd may count us as up, and the settings have proven good. */
static void become_ready(struct manager *m)
{
	m->ready = true;
	loop_notify("READY=1");
	events_note(pipeline_events(m->pipeline), HISTORY_SERVICE, LOG_INFO, EVENT_STARTED, NULL,
		"Started");
	if (m->conf)
		store_keep(&m->store, m->conf);
	m->conf = conf_free(m->conf);
}

/* For how long a card may be away before its instance ends. */
static void check_hold(struct manager *m)
{
	struct video_status v;

	if (m->settings.unplug_hold_usec == USEC_INFINITY)
		return;
	pipeline_video_status(m->pipeline, &v);
	if (v.live || v.live_since_usec == 0 ||
		usec_now() - v.live_since_usec < m->settings.unplug_hold_usec)
		return;
	log_event(LOG_NOTICE, EVENT_UNPLUG_HOLD_OVER, NULL,
		"The card has been away for longer than unplug_hold: ending");
	loop_exit(m->loop, 0);
}

static void look(struct manager *m)
{
	enum pipeline_state state = pipeline_state(m->pipeline);

	if (state == PIPELINE_RUNNING && !m->ready)
		become_ready(m);
	if (state == PIPELINE_ENDED)
		loop_exit(m->loop, 0);
	if (state == PIPELINE_FAILED && !m->service)
		loop_exit(m->loop, 1);
	publish(m);
	if (m->jobs)
		jobs_reap(m->jobs);
	if (m->bus)
		daemon_bus_update(m->bus);
	if (m->api)
		api_update(m->api);
}

/* Jobs end often where a page is looked at: only who asked is interested. */
static void on_job_done(void *userdata)
{
	struct manager *m = userdata;

	jobs_reap(m->jobs);
	if (m->bus)
		daemon_bus_update(m->bus);
	if (m->api)
		api_update(m->api);
}

static void on_job_ready(void *userdata)
{
	struct manager *m = userdata;

	wake(m->job_done);
}

static void on_wake(void *userdata)
{
	look(userdata);
}

static int on_follow(sd_event_source *source, uint64_t due, void *userdata)
{
	struct manager *m = userdata;

	(void) due;
	if (follow_tick(pipeline_follow(m->pipeline)))
		look(m);
	if (!follow_wanted(pipeline_follow(m->pipeline)))
		return 0;
	(void) sd_event_source_set_time(source, usec_now() + BITRATE_TICK_USEC);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Settings may have come that want it. */
static void check_follow(struct manager *m)
{
	if (!follow_wanted(pipeline_follow(m->pipeline)))
		return;
	if (!m->follow)
		(void) sd_event_add_time(loop_event(m->loop), &m->follow, CLOCK_MONOTONIC,
			usec_now() + BITRATE_TICK_USEC, USEC_PER_MSEC, on_follow, m);
	else
		(void) sd_event_source_set_enabled(m->follow, SD_EVENT_ONESHOT);
}

static void on_tick(void *userdata)
{
	struct manager *m = userdata;

	look(m);
	pipeline_tick(m->pipeline);
	check_follow(m);
	if (m->service)
		check_hold(m);
	if (m->until_usec && usec_now() >= m->until_usec)
		loop_exit(m->loop, 0);
}

static bool on_progress(void *userdata)
{
	struct manager *m = userdata;

	return pipeline_progress(m->pipeline);
}

static void on_changed(void *userdata)
{
	struct manager *m = userdata;

	loop_wake(m->loop);
}

static void on_told(void *userdata, const struct change *c)
{
	struct manager *m = userdata;

	changes_put(m->changes, c);
}

/* ---- from start to end ---- */

/* A picture goes before an answer: without its socket the instance runs all the same. What somebody
 * has just typed is to work, but for a door that nobody could open: that stays shut. */
static int open_api(struct manager *m)
{
	const struct options *o = m->options;
	const char *share = o->share_dir ? o->share_dir : EGM_SHAREDIR;
	char page[PATH_MAX], openapi[PATH_MAX];
	const struct api_settings s = {
		.path = m->store.socket[0] ? m->store.socket : NULL,
		.http = o->http,
		.open_to = o->http_open,
		.token_file = o->http_token,
		.page_folder = page,
		.openapi = openapi,
	};
	char why[256];
	int r;

	snprintf(page, sizeof(page), "%s/web", share);
	snprintf(openapi, sizeof(openapi), "%s/openapi.json", share);
	if (!s.path && !s.http)
		return 0;
	r = api_new(&m->api, m->loop, &s, &m->control, why, sizeof(why));
	if (r >= 0)
		return 0;
	if (!s.http || r == -ENOKEY) {
		log_warning("%s", why);
		return 0;
	}
	log_error("%s", why);
	return r;
}

/* The instance as it is seen and asked from outside. */
static void begin_control(struct manager *m)
{
	m->control = (struct control){
		.card = m->options->card,
		.pipeline = m->pipeline,
		.status = m->status,
		.settings = &m->settings,
		.problem = m->problem,
		.reload = reload,
		.reload_rules = reload_rules,
		.userdata = m,
	};
}

static int start_bus(struct manager *m)
{
	int r = wake_new(&m->job_done, m->loop, on_job_done, m);

	if (r >= 0)
		r = jobs_new(&m->jobs, on_job_ready, m);
	if (r < 0)
		return r;
	m->control.jobs = m->jobs;
	return m->service ? daemon_bus_new(&m->bus, m->loop, &m->control, m->changes) : 0;
}

static int start(struct manager *m)
{
	const struct loop_hooks hooks = {
		.reload = m->service ? on_reload : NULL,
		.tick = on_tick,
		.wake = on_wake,
		.progress = on_progress,
		.userdata = m,
		.tick_usec = m->service ? TICK_USEC : TICK_USEC / 4,
	};
	const struct pipeline_hooks ph = {
		.changed = on_changed, .told = m->service ? on_told : NULL, .userdata = m
	};
	char why[256];
	int r;

	r = loop_new(&m->loop, &hooks);
	if (r >= 0)
		r = status_new(&m->status);
	if (r >= 0 && m->service)
		r = changes_new(&m->changes);
	if (r < 0)
		return log_error_errno(r, "Cannot start: %m");
	r = pipeline_new(&m->pipeline, &m->settings, m->options->card, &ph, why, sizeof(why));
	if (r < 0)
		return log_error_errno(r, "Cannot start: %s", why);
	memory_trim_code();
	r = pipeline_start(m->pipeline);
	if (r < 0)
		return log_error_errno(r, "Cannot start a thread: %m");
	begin_control(m);
	r = start_bus(m);
	if (r < 0)
		return log_error_errno(r, "Cannot start: %m");
	if (m->options->watch) {
		r = watch_new(&m->watch, m->loop, m->options->watch, m->options->outputs);
		if (r < 0)
			return r;
	}
	r = open_api(m);
	if (r < 0)
		return r;
	if (m->options->duration_usec)
		m->until_usec = usec_now() + m->options->duration_usec;
	m->progress = !m->service && !m->options->quiet && progress_begin();
	return 0;
}

static void check_sent(struct output *o, void *userdata)
{
	int *code = userdata;
	struct output_stats t;

	output_stats(o, &t);
	if (t.sessions == 0) {
		log_error("Output %s never ran: %s", output_name(o),
			t.last_error[0] ? t.last_error : "it could not connect in time");
		*code = 1;
	}
}

/* What `run` leaves behind: the last line, the file of figures, the verdict. */
static void conclude(struct manager *m)
{
	_cleanup_(freep) char *json = NULL;
	int r;

	if (m->progress)
		progress_end();
	hub_foreach(pipeline_hub(m->pipeline), check_sent, &m->exit_code);
	if (!m->options->stats)
		return;
	json = control_status(&m->control, true);
	r = json ? file_write(m->options->stats, json, strlen(json), 0644, 0) : -ENOMEM;
	if (r < 0) {
		log_error_errno(r, "Cannot write %s: %m", m->options->stats);
		m->exit_code = 1;
	}
}

static void stop(struct manager *m)
{
	uint64_t begin = usec_now();
	int abandoned;

	loop_notify("STOPPING=1");
	m->follow = sd_event_source_disable_unref(m->follow);
	m->watch = watch_free(m->watch);
	api_close(m->api);
	/* Jobs take their pictures from the pipeline and answer on the bus. */
	abandoned = jobs_free(m->jobs, begin + JOBS_USEC);
	if (abandoned) {
		pipeline_keep_stills(m->pipeline);
	} else {
		m->bus = daemon_bus_free(m->bus);
		m->api = api_free(m->api);
		m->job_done = wake_free(m->job_done);
	}
	abandoned += pipeline_free(m->pipeline, begin + STOP_USEC);
	store_deinit(&m->store);
	log_event(LOG_INFO, EVENT_STOPPED, NULL, "Stopped");
	if (abandoned)
		log_warning("%d threads were stuck and have been left behind", abandoned);
	if (log_stop(begin + LOG_USEC) < 0 || abandoned)
		_exit(m->exit_code);
	changes_free(m->changes);
	conf_free(m->conf);
	status_free(m->status);
	loop_free(m->loop);
	settings_deinit(&m->settings);
}

int manager_run(const struct options *o)
{
	struct manager m = { .options = o, .service = o->verb == VERB_SERVE };
	int r;

	log_set_card(o->card);
	r = m.service ? log_start() : 0;
	if (r < 0) {
		log_error_errno(r, "Cannot start a thread: %m");
		return 1;
	}
	store_init(&m.store, m.service ? o->card : NULL);
	if (load(&m) < 0) {
		store_deinit(&m.store);
		if (log_stop(usec_now() + LOG_USEC) < 0)
			_exit(1);
		return 1;
	}
	set_log_level(&m.settings);
	if (start(&m) < 0) {
		m.exit_code = 1;
	} else {
		r = loop_run(m.loop);
		m.exit_code = r < 0 ? 1 : r;
		if (!m.service)
			conclude(&m);
	}
	stop(&m);
	return m.exit_code;
}

int manager_config(const struct options *o)
{
	struct settings_request request = request_of(o);
	_cleanup_(conf_freep) struct conf *conf = NULL;
	struct conf_report report = { 0 };
	struct settings s;
	int code, r;

	r = settings_load(&request, &s, &conf, &report);
	code = conf_report_show(&report, stderr);
	conf_report_deinit(&report);
	if (r < 0)
		return MAX(code, 1);
	if (o->verb == VERB_DUMP_CONFIG)
		conf_dump(conf, stdout);
	else
		puts("The configuration is fine.");
	settings_deinit(&s);
	return 0;
}
