/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/console.h"

#include <string.h>

#include "common/log.h"
#include "common/loop.h"
#include "common/usec.h"
#include "console/cards.h"
#include "console/doors.h"
#include "console/serve.h"
#include "console/settings.h"

#define TICK_USEC USEC_PER_SEC
#define LOG_USEC (1800 * USEC_PER_MSEC) /* SIGTERM to the end of the log thread */

struct console {
	const struct console_options *options;
	struct console_settings settings;
	bool configured; /* the settings are there */
	struct loop *loop;
	struct cards *cards;
	struct serve *serve;
	struct doors *doors;
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
		log_event(levels[f->severity],
			f->severity == CONF_ERROR ? CONSOLE_EVENT_CONFIG_BAD : NULL,
			LOG_FIELDS("EGM_KEY", f->key, "EGM_FILE", f->file), "%s", text);
	}
}

static int load(struct console *c, struct console_settings *ret)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r = console_settings_load(c->options->config_dir, ret, NULL, &report);

	log_findings(&report);
	return r;
}

static void set_log_level(const struct console_settings *s)
{
	/* In the order of the setting's words. */
	static const int levels[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

	log_set_level(levels[s->log_level]);
}

static void tell_status(const struct console *c)
{
	size_t wanted, open = doors_count(c->doors, &wanted), alive = 0;

	for (size_t i = 0; i < cards_count(c->cards); i++)
		alive += cards_at(c->cards, i)->alive;
	if (wanted == 0)
		loop_notify("STATUS=shut; %zu cards", alive);
	else
		loop_notify("STATUS=%zu of %zu addresses open; %zu cards", open, wanted, alive);
}

/* Also when nothing has changed there: files that settings name may have. */
static void take(struct console *c, const struct console_settings *fresh)
{
	doors_open(c->doors, NULL);
	if (c->configured)
		console_settings_deinit(&c->settings);
	c->settings = *fresh;
	c->configured = true;
	set_log_level(&c->settings);
	doors_open(c->doors, &c->settings);
}

static void on_reload(void *userdata)
{
	struct console *c = userdata;
	struct console_settings fresh;

	loop_notify_reloading();
	if (load(c, &fresh) < 0) {
		log_event(LOG_ERR, CONSOLE_EVENT_CONFIG_BAD, NULL,
			"The configuration cannot be used: going on as before");
	} else {
		take(c, &fresh);
		log_notice("Configuration reloaded");
	}
	loop_notify("READY=1");
	tell_status(c);
}

/* Files that cannot be used: nobody is let in by mistake. */
static void begin_settings(struct console *c)
{
	struct console_settings fresh;

	if (load(c, &fresh) >= 0)
		take(c, &fresh);
	else
		log_event(LOG_ERR, CONSOLE_EVENT_CONFIG_BAD, NULL,
			"The configuration cannot be used: the console stays shut until it can, "
			"and "
			"is reloaded");
}

/* ---- the loop's calls ---- */

static void on_tick(void *userdata)
{
	struct console *c = userdata;

	cards_tick(c->cards);
	doors_tick(c->doors);
	tell_status(c);
}

static void on_counts(struct http_counts *ret, void *userdata)
{
	struct console *c = userdata;

	doors_counts(c->doors, ret);
}

/* ---- from start to end ---- */

static int start(struct console *c)
{
	const struct loop_hooks hooks = {
		.reload = on_reload, .tick = on_tick, .userdata = c, .tick_usec = TICK_USEC
	};
	struct face_hooks face = { .handle = serve_handle };
	int r = loop_new(&c->loop, &hooks);

	if (r >= 0)
		r = cards_new(&c->cards, c->loop, NULL, NULL);
	if (r >= 0)
		r = serve_new(&c->serve, c->loop, c->cards, c->options->run_dir);
	face.userdata = c->serve;
	if (r >= 0)
		r = doors_new(&c->doors, c->loop, c->options->share_dir, &face);
	if (r < 0)
		return log_error_errno(r, "Cannot start: %m");
	serve_set_counts(c->serve, on_counts, c);
	begin_settings(c);
	loop_notify("READY=1");
	tell_status(c);
	return 0;
}

static void stop(struct console *c)
{
	loop_notify("STOPPING=1");
	doors_free(c->doors);
	serve_free(c->serve);
	cards_free(c->cards);
	loop_free(c->loop);
	if (c->configured)
		console_settings_deinit(&c->settings);
}

int console_run(const struct console_options *o)
{
	struct console c = { .options = o };
	int r, code = 1;

	r = log_start();
	if (r < 0) {
		log_error_errno(r, "Cannot start a thread: %m");
		return 1;
	}
	if (start(&c) >= 0) {
		r = loop_run(c.loop);
		code = r < 0 ? 1 : r;
	}
	stop(&c);
	if (log_stop(usec_now() + LOG_USEC) < 0)
		_exit(code);
	return code;
}

int console_config(const struct console_options *o)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *conf = NULL;
	struct console_settings s;
	int r = console_settings_load(o->config_dir, &s, &conf, &report);
	int code = conf_report_show(&report, stderr);

	if (r < 0)
		return MAX(code, 1);
	if (o->verb == CONSOLE_DUMP_CONFIG)
		conf_dump(conf, stdout);
	else
		puts("The configuration is fine.");
	console_settings_deinit(&s);
	return 0;
}
