/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The original's settings as ours: what our own reader makes of the text has the values of the
 * YAML, secrets are not in it, and everything that is not taken over is told in its line.
 */
#include <math.h>
#include <string.h>

#include "import/import-console.h"
#include "import/import-write.h"
#include "recognize/rules.h"
#include "settings/settings.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"
#include "tests/unit/folder.h"

/* The settings that become of a stream of a text, read again; false: something went wrong. */
struct taken {
	struct old_config old;
	struct import_card card;
	struct settings settings;
	struct conf_report report;
	bool good;
};

static void read_again(struct taken *t)
{
	const struct settings_request request = { .config_dir = ".", .card = "cap" };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };

	(void) file_mkdir_p("cards", 0755);
	write_text("cards/cap.conf", t->card.text);
	t->good = settings_load(&request, &t->settings, NULL, &report) == 0;
	show(&report);
	if (!t->good || report.warnings > 0)
		printf("# %s\n", t->card.text);
	(void) unlink("cards/cap.conf");
	(void) rmdir("cards");
}

static void take(struct taken *t, const char *text, size_t size, const char *stream)
{
	struct import_node *tree = NULL;
	const struct old_stream *s;

	*t = (struct taken){ 0 };
	if (import_yaml_parse(text, size, "game.yaml", &tree, &t->report) < 0 ||
		import_old_take(tree, "game.yaml", &t->old, &t->report) < 0)
		return;
	s = old_config_stream(&t->old, stream);
	if (s && import_write_card(&t->old, s, "cap", 0, 0, &t->card, &t->report) == 0)
		read_again(t);
}

static void taken_deinit(struct taken *t)
{
	if (t->good)
		settings_deinit(&t->settings);
	import_card_deinit(&t->card);
	old_config_deinit(&t->old);
	conf_report_deinit(&t->report);
}

static bool tells(const struct conf_report *report, int line, const char *key, const char *text)
{
	for (size_t i = 0; i < report->n; i++)
		if (report->findings[i].line == line && strcmp(report->findings[i].key, key) == 0 &&
			strstr(report->findings[i].text, text))
			return true;
	return false;
}

static const char *key_of(const struct taken *t, const char *name)
{
	for (size_t i = 0; i < t->card.n_keys; i++)
		if (strcmp(t->card.keys[i].name, name) == 0)
			return t->card.keys[i].value;
	return "";
}

/* ---- the original's own example ---- */

static void check_stream(const struct settings *s)
{
	ok(strcmp(s->machine, "EGM-001") == 0 && strcmp(s->role, "game") == 0, "machine and role");
	ok(s->log_level == LOG_LEVEL_WARNING, "log level");
	ok(strcmp(s->video.device, "auto") == 0 && s->video.size.width == 1280 &&
			s->video.size.height == 720,
		"device and size");
	ok(s->video.rate.num == 25 * s->video.rate.den, "pictures per second");
	ok(strcmp(s->audio.device, "plughw:CARD=Video,DEV=0") == 0, "sound");
	ok(s->encoder.bitrate == 3000000 && s->encoder.gop == 50 &&
			strcmp(s->encoder.preset, "ultrafast") == 0 &&
			strcmp(s->encoder.tune, "zerolatency") == 0,
		"encoder");
	ok(s->n_outputs == 1 && strcmp(s->outputs[0].name, "main") == 0 &&
			strcmp(s->outputs[0].url,
				"rtmp://192.0.2.10/game/egm-001?vhost=prod&token=${credential:"
				"cap-token}") == 0,
		"output");
}

static void check_detector(const struct settings *s)
{
	const struct rules *r = s->detector.rules;
	const struct state *select;

	ok(r && r->mode == MODE_COMPATIBLE && r->width == 640 && r->height == 360,
		"the screen is the original's picture, 640 wide");
	ok(s->detector.enabled && s->detector.every_usec == 500000, "as often as before");
	ok(r && r->algo == HASH_PHASH && r->hash_size == 16, "hash");
	ok(r && r->confirm_frames == 3 && r->drop_frames == 8, "debounce");
	if (!r || r->n_states != 4) {
		ok(0, "states");
		return;
	}
	ok(strcmp(r->states[0].name, "PLAYING") == 0 && strcmp(r->states[1].name, "SELECT") == 0 &&
			strcmp(r->states[2].name, "NORMAL") == 0 &&
			strcmp(r->states[3].name, "BONUS") == 0,
		"states in the order of priority, the others after them");
	ok(r->states[2].min_match == 0 && fabs(r->states[2].threshold - 20.5) < 1e-9 &&
			r->states[0].min_match == 1 && r->states[0].threshold == 12,
		"min_match and threshold");
	select = &r->states[1];
	ok(select->n_rois == 2 && select->rois[0].required && !select->rois[0].negative &&
			select->rois[0].rect.x == 110 && select->rois[0].rect.y == 130 &&
			select->rois[0].rect.w == 420 && select->rois[0].rect.h == 120,
		"a region");
	ok(select->rois[1].negative && !select->rois[1].required &&
			select->rois[1].ref_state == 2 && select->rois[1].rect.x == 540 &&
			select->rois[1].rect.h == 31,
		"a negative one with the place and references of another state");
}

static void check_telegram(const struct settings *s)
{
	ok(strcmp(s->telegram.token, "${credential:cap-telegram}") == 0 &&
			strcmp(s->telegram.chat, "-1001234567") == 0 &&
			strcmp(s->telegram.client, "hall 3") == 0 &&
			strcmp(s->telegram.states, "PLAYING, SELECT") == 0,
		"Telegram");
}

static void check_findings(const struct conf_report *report)
{
	ok(tells(report, 3, "common.instance_id", "'-'"), "the changed name is told");
	ok(tells(report, 18, "streams.game.ffmpeg_params.extra_flags", "not taken over"),
		"extra_flags");
	ok(tells(report, 24, "snapshot.enabled", "not taken over") &&
			tells(report, 28, "snapshot.interval", "not taken over") &&
			tells(report, 29, "snapshot.quality", "not taken over") &&
			tells(report, 27, "snapshot.output_path", "not taken over"),
		"snapshot");
	ok(tells(report, 69, "detector.output.status_file", "status.json"), "status file");
	ok(tells(report, 76, "detector.telegram.colour", "not known"), "a key that nobody knows");
	ok(tells(report, 61, "detector.priority", "BONUS"), "a state without priority");
}

static void test_console(void)
{
	static const char *const networks[] = { "192.168.43.0/24", "::1" };
	const struct old_api first = { .host = "192.168.43.10", .port = 8080 },
			     all = { .host = "0.0.0.0", .port = 8080 },
			     six = { .host = "::", .port = 8081 };
	struct import_addresses a = { .n = 0 };
	_cleanup_(freep) char *text = NULL;

	ok(import_console_add(&a, &first) == 0 && import_console_add(&a, &first) == 0 && a.n == 1,
		"an address counts once");
	ok(import_console_add(&a, &all) == 0 && import_console_add(&a, &six) == 0 && a.n == 3,
		"others are added");
	text = import_console_write(&a, networks, 2);
	ok(text && strstr(text, "listen = ( \"0.0.0.0:8080\", \"[::]:8081\" );\n"),
		"one that stands for all stands for the others of its port");
	ok(text && strstr(text, "{ network = \"192.168.43.0/24\"; roles = ( \"view\", \"operate\", "
				"\"teach\" ); },\n\t{ network = \"::1\";"),
		"networks may do what everybody could");
	for (int i = 0; i < IMPORT_ADDRESSES_MAX - 3; i++) {
		struct old_api more = { .host = "10.0.0.1", .port = i + 1 };

		(void) import_console_add(&a, &more);
	}
	ok(import_console_add(&a, &(struct old_api){ .host = "10.0.0.1", .port = 9 }) == -ENOSPC,
		"there is a limit");
}

static void test_original(void)
{
	_cleanup_(freep) char *path = NULL, *text = NULL;
	struct taken t;
	size_t size;

	if (asprintf(&path, "%s/tests/corpus/import/original.yaml", getenv("top_srcdir")) < 0 ||
		file_read(path, 1 << 20, &text, &size) < 0) {
		ok(0, "%s is there", path);
		return;
	}
	take(&t, text, size, "game");
	show(&t.report);
	ok(t.good && t.report.errors == 0, "the original's example is taken over");
	if (t.good) {
		check_stream(&t.settings);
		check_detector(&t.settings);
		check_telegram(&t.settings);
		check_findings(&t.report);
		ok(strcmp(key_of(&t, "cap-token"), "s3cr$t\"x") == 0 &&
				strcmp(key_of(&t, "cap-telegram"), "12345:AbC") == 0 &&
				t.card.n_keys == 2,
			"secrets are apart");
		ok(!strstr(t.card.text, "s3cr") && !strstr(t.card.text, "AbC"),
			"and not in the settings");
	}
	taken_deinit(&t);
}

static void test_defaults(void)
{
	static const char text[] = "streams: {game: {enabled: true}}\n"
				   "detector: {states: {A: {rois: [{name: r, x: 1, y: 2, w: 30, "
				   "h: 40}]}}}\n";
	struct taken t;

	take(&t, text, strlen(text), "game");
	ok(t.good, "defaults");
	if (t.good) {
		const struct settings *s = &t.settings;

		ok(strcmp(s->machine, "egm-default") == 0 && s->log_level == LOG_LEVEL_INFO,
			"of the machine");
		ok(s->video.size.width == 640 && s->video.size.height == 480 &&
				s->video.rate.num == 30 * s->video.rate.den &&
				strcmp(s->audio.device, "none") == 0 && s->n_outputs == 0 &&
				s->encoder.bitrate == 2000000 && s->encoder.gop == 30 &&
				strcmp(s->encoder.preset, "ultrafast") == 0,
			"of a stream");
		ok(!s->detector.enabled && s->detector.every_usec == 1000000 &&
				s->detector.confirm_frames == 2 && s->detector.drop_frames == 6 &&
				s->detector.screen.width == 640 && s->detector.screen.height == 480,
			"of the detector, which is off");
		ok(!*s->telegram.token, "no Telegram");
	}
	taken_deinit(&t);
}

/* ---- what is wrong ---- */

static void test_broken(void)
{
#define STREAM "streams:\n  game:\n    enabled: true\n    rtmp_url: rtmp://h/a/b\n"
#define STATE STREAM "detector:\n  states:\n    A:\n      rois:\n"
	static const struct {
		const char *text;
		int line;
		const char *key, *finding;
	} rows[] = {
		{ "common: {}\n", 0, "streams", "is needed" },
		{ "common: {}\nstreams: 1\n", 2, "streams", "must be a group" },
		{ "streams: {}\n", 1, "streams", "is needed" },
		{ "streams: {\"a b\": {}}\n", 1, "streams.a b", "must consist of" },
		{ "streams: {game: 1}\n", 1, "streams.game", "groups" },
		{ "common: {log_level: LOUD}\nstreams: {game: {}}\n", 1, "common.log_level",
			"must be DEBUG" },
		{ "streams:\n  game:\n    enabled: maybe\n", 3, "streams.game.enabled",
			"must be true or false" },
		{ "streams:\n  game:\n    fps: 0\n", 3, "streams.game.fps", "from 1 to 120" },
		{ "streams:\n  game:\n    bitrate: fast\n", 3, "streams.game.bitrate",
			"bits per second" },
		{ "streams:\n  game:\n    bitrate: 2000kb\n", 3, "streams.game.bitrate",
			"bits per second" },
		{ "streams:\n  game:\n    resolution: 641x480\n", 3, "streams.game.resolution",
			"both even" },
		{ "streams:\n  game:\n    resolution: 640x480x2\n", 3, "streams.game.resolution",
			"WIDTHxHEIGHT" },
		{ "streams:\n  game:\n    input_device: video0\n", 3, "streams.game.input_device",
			"/dev/video0" },
		{ "streams:\n  game:\n    rtmp_url: http://h/x\n", 3, "streams.game.rtmp_url",
			"rtmp://" },
		{ "streams:\n  game:\n    rtmp_url: rtmp:///x\n", 3, "streams.game.rtmp_url",
			"rtmp://" },
		{ "streams:\n  game:\n    ffmpeg_params:\n      preset: quick\n", 4,
			"streams.game.ffmpeg_params.preset", "ultrafast" },
		{ "streams:\n  game:\n    ffmpeg_params:\n      gop: 0\n", 4,
			"streams.game.ffmpeg_params.gop", "from 1 to 600" },
		{ STREAM "detector:\n  target_stream: cam\n", 6, "detector.target_stream",
			"none of streams" },
		{ STREAM "detector:\n  detection:\n    algo: whash\n", 7, "detector.detection.algo",
			"dhash, phash, ahash" },
		{ STREAM "detector:\n  detection:\n    hash_size: 99\n", 7,
			"detector.detection.hash_size", "from 2 to 32" },
		{ STREAM "detector:\n  states:\n    OTHER: {}\n", 7, "detector.states.OTHER",
			"a state's name" },
		{ STREAM "detector:\n  states:\n    7UP: {}\n", 7, "detector.states.7UP",
			"a state's name" },
		{ STREAM "detector:\n  states:\n    A: {}\n", 7, "detector.states.A.rois",
			"1 to 16 regions" },
		{ STATE "        - {x: 1, y: 1, w: 9, h: 9}\n", 9, "detector.states.A.rois[0].name",
			"is needed" },
		{ STATE "        - {name: r, x: 1, y: 1, w: 9}\n", 9, "detector.states.A.rois[0]",
			"needs x, y, w and h" },
		{ STATE "        - {name: r}\n", 9, "detector.states.A.rois[0]",
			"needs x, y, w and h" },
		{ STATE "        - {name: r, x: -1, y: 1, w: 9, h: 9}\n", 9,
			"detector.states.A.rois[0].x", "from 0 to" },
		{ STATE "        - {name: r, x: 1, y: 1, w: 9, h: 9}\n"
			"        - {name: r, x: 1, y: 1, w: 9, h: 9}\n",
			10, "detector.states.A.rois[1].name", "already" },
		{ STATE "        - {name: r, x: 1, y: 1, w: 9, h: 9, ref_state: B}\n", 7,
			"detector.states.A.rois[0].ref_state", "no state" },
		{ STATE "        - {name: r, x: 1, y: 1, w: 9, h: 9}\n"
			"        - {name: s, ref_state: A}\n",
			7, "detector.states.A.rois[1].ref_state", "no region of this name" },
		{ STATE "        - {name: r, x: 1, y: 1, w: 9, h: 9, negative: true}\n", 7,
			"detector.states.A.min_match", "only 0 can match" },
		{ STATE "        - {name: r, x: 700, y: 1, w: 9, h: 9}\n", 7, "A", "--screen" },
		{ STREAM "detector:\n  telegram: {enabled: true, chat_id: 1}\n", 6,
			"detector.telegram.bot_token", "is needed" },
		{ STREAM "detector:\n  priority: {A: 1}\n", 6, "detector.priority",
			"must be a list" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct taken t;
		bool told;

		take(&t, rows[i].text, strlen(rows[i].text), "game");
		/* Of the file as a whole the line of its first key. */
		told = tells(&t.report, rows[i].line, rows[i].key, rows[i].finding) ||
		       (rows[i].line == 0 && tells(&t.report, 1, rows[i].key, rows[i].finding));
		ok(!t.good && t.report.errors > 0 && told, "%s: %s", rows[i].key, rows[i].finding);
		if (!told)
			show(&t.report);
		taken_deinit(&t);
	}
}

static void test_many(void)
{
	_cleanup_(freep) char *text = NULL;
	struct taken t;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(STREAM "detector:\n  states:\n", f);
	for (int i = 0; i < 32; i++)
		fprintf(f, "    S%d: {rois: [{name: r, x: 1, y: 1, w: 9, h: 9}]}\n", i);
	fclose(f);
	take(&t, text, size, "game");
	ok(!t.good && tells(&t.report, 38, "detector.states.S31", "at most 31"),
		"32 states are one too many");
	taken_deinit(&t);
}

/* ---- secrets of URLs ---- */

static void test_urls(void)
{
	static const struct {
		const char *url, *output, *keys;
	} rows[] = {
		{ "rtmp://h/live", "rtmp://h/live", "" },
		{ "rtmp://h/live/game", "rtmp://h/live/game", "" },
		{ "rtmp://h/live/egm-default", "rtmp://h/live/egm-default", "" },
		{ "rtmp://h/live/aGVsbG8", "rtmp://h/live/${credential:cap-stream}",
			"cap-stream=aGVsbG8 " },
		{ "rtmp://h:1936/a/b/c", "rtmp://h:1936/a/${credential:cap-stream}",
			"cap-stream=b/c " },
		{ "rtmp://h/a/b?vhost=v", "rtmp://h/a/${credential:cap-stream}?vhost=v",
			"cap-stream=b " },
		{ "rtmp://h/a/b?token=t&vhost=v",
			"rtmp://h/a/b?token=${credential:cap-token}&vhost=v", "cap-token=t " },
		{ "rtmp://h/a?vhost=v&token=t/b",
			"rtmp://h/a?vhost=v&token=${credential:cap-token}", "cap-token=t/b " },
		{ "rtmp://h/a/b?k=1&k=2",
			"rtmp://h/a/b?k=${credential:cap-k}&k=${credential:cap-k2}",
			"cap-k=1 cap-k2=2 " },
		{ "rtmp://h/a/b?Sig_N=1&&x=", "rtmp://h/a/b?Sig_N=${credential:cap-sign}&&x=",
			"cap-sign=1 " },
		{ "rtmp://h/a/b?abc", "rtmp://h/a/b?${credential:cap-query}", "cap-query=abc " },
		{ "rtmp://u:p@h/a/b", "rtmp://u:${credential:cap-password}@h/a/b",
			"cap-password=p " },
		{ "rtmp://tok@h/a/b", "rtmp://${credential:cap-user}@h/a/b", "cap-user=tok " },
		{ "rtmps://u:p@q@h/a/b", "rtmps://u:${credential:cap-password}@h/a/b",
			"cap-password=p@q " },
		{ "rtmp://h/$a/${x}?token=t", "rtmp://h/$$a/$${x}?token=${credential:cap-token}",
			"cap-token=t " },
		{ "rtmp://h/a\\\\b/game", "rtmp://h/a\\b/game", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[256], keys[256] = "";
		const char *got = "";
		struct taken t;

		snprintf(text, sizeof(text), "streams: {game: {enabled: true, rtmp_url: \"%s\"}}\n",
			rows[i].url);
		take(&t, text, strlen(text), "game");
		for (size_t j = 0; j < t.card.n_keys; j++)
			snprintf(keys + strlen(keys), sizeof(keys) - strlen(keys), "%s=%s ",
				t.card.keys[j].name, t.card.keys[j].value);
		if (t.good && t.settings.n_outputs == 1)
			got = t.settings.outputs[0].url;
		ok(strcmp(got, rows[i].output) == 0 && strcmp(keys, rows[i].keys) == 0,
			"%s: %s; %s", rows[i].url, got, keys);
		taken_deinit(&t);
	}
}

static void test_screens(void)
{
	static const int rows[][3] = { { 640, 480, 480 }, { 1280, 720, 360 }, { 1920, 1080, 360 },
		{ 720, 576, 512 }, { 800, 600, 480 }, { 1366, 768, 360 }, { 1280, 1024, 512 },
		{ 320, 240, 480 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct old_stream s = { .width = rows[i][0], .height = rows[i][1] };
		int width, height;

		import_screen(&s, &width, &height);
		ok(width == 640 && height == rows[i][2], "%dx%d was looked at as 640x%d", s.width,
			s.height, height);
	}
}

int main(void)
{
	enter_folder();
	test_console();
	test_original();
	test_defaults();
	test_broken();
	test_many();
	test_urls();
	test_screens();
	leave_folder();
	return tap_done();
}
