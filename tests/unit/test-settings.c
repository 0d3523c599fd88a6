/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings/settings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/usec.h"
#include "recognize/rules.h"
#include "settings/settings-geometry.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"

/* Loads from the current folder; true when that went well without a word. */
static bool loads(const struct settings_request *q, struct settings *s)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r = settings_load(q, s, NULL, &report);

	show(&report);
	return r == 0 && report.n == 0;
}

/* As --set, which must be refused with these words; the struct must stay untouched. */
static bool refused_all(const char *const *sets, const char *words)
{
	const struct settings_request q = { .no_files = true, .sets = sets };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct settings s = { .n_outputs = 4711 };
	bool good = settings_load(&q, &s, NULL, &report) == -EINVAL && report.errors > 0 &&
		    s.n_outputs == 4711 && report.findings[0].text &&
		    report.findings[0].line == 0 && strstr(report.findings[0].text, words);

	if (!good)
		show(&report);
	return good;
}

/* One --set more. */
static bool refused(const char *assignment, const char *words)
{
	const char *const sets[] = { assignment, NULL };

	return refused_all(sets, words);
}

static bool accepted_all(const char *const *sets)
{
	const struct settings_request q = { .no_files = true, .sets = sets };
	struct settings s;

	if (!loads(&q, &s))
		return false;
	settings_deinit(&s);
	return true;
}

static bool accepted(const char *assignment)
{
	const char *const sets[] = { assignment, NULL };

	return accepted_all(sets);
}

/* Perhaps with a warning about others that it does not go with. */
static bool permitted(const char *assignment)
{
	const char *const sets[] = { assignment, NULL };
	const struct settings_request q = { .no_files = true, .sets = sets };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct settings s;

	if (settings_load(&q, &s, NULL, &report) < 0)
		return false;
	settings_deinit(&s);
	return report.errors == 0;
}

static void test_defaults(void)
{
	const struct settings_request q = { .config_dir = "none" };
	struct settings s;

	ok(loads(&q, &s), "no file at all is fine");
	ok(!*s.machine && !strcmp(s.role, "game"), "machine and role");
	ok(!strcmp(s.video.device, "auto") && !s.video.size.width && !s.video.size.height &&
			s.video.rate.num == 0 && s.video.rate.den == 1 &&
			s.video.format == FORMAT_AUTO && !s.video.loop &&
			!strcmp(s.video.input, "auto") && !*s.video.controls,
		"video");
	ok(!strcmp(s.audio.device, "auto") && s.audio.bitrate == 96000, "audio");
	ok(s.encoder.codec == CODEC_AUTO && !strcmp(s.encoder.preset, "superfast") &&
			!strcmp(s.encoder.tune, "zerolatency") &&
			!strcmp(s.encoder.profile, "main") && s.encoder.bitrate == 2000000 &&
			s.encoder.gop == 30 && s.encoder.threads == 0,
		"encoder");
	ok(s.output.queue_usec == 2 * USEC_PER_SEC && s.output.queue_bytes == 8 << 20 &&
			s.output.connect_usec == 10 * USEC_PER_SEC &&
			s.output.write_usec == 10 * USEC_PER_SEC &&
			s.output.backoff_min_usec == USEC_PER_SEC &&
			s.output.backoff_max_usec == 30 * USEC_PER_SEC &&
			s.output.stable_usec == 30 * USEC_PER_SEC &&
			s.output.hls_segment_seconds == 1 && s.output.hls_segments == 6 &&
			s.output.hls_type == HLS_TYPE_MPEGTS,
		"output");
	ok(s.log_level == LOG_LEVEL_INFO && s.unplug_hold_usec == USEC_INFINITY &&
			s.n_outputs == 0 && !s.outputs,
		"the rest");
	settings_deinit(&s);
}

/* The edges of one row's limits, by its type, through the whole of loading. */
static void test_limits(const struct conf_row *row)
{
	char text[128];
	bool good;

	switch (row->type) {
	case CONF_INT:
	case CONF_BITRATE:
	case CONF_BYTES:
		snprintf(text, sizeof(text), "%s=%" PRId64, row->path, row->min);
		good = accepted(text);
		snprintf(text, sizeof(text), "%s=%" PRId64, row->path, row->max);
		ok(good && permitted(text), "%s: its limits are allowed", row->path);
		snprintf(text, sizeof(text), "%s=%" PRId64, row->path, row->min - 1);
		good = refused(text, " from ");
		snprintf(text, sizeof(text), "%s=%" PRId64, row->path, row->max + 1);
		ok(good && refused(text, " from "), "%s: beyond them is not", row->path);
		break;
	case CONF_DURATION:
		/* The one that others must not exceed has a test of its own. */
		if (row->max < INT64_MAX && !strstr(row->path, ".backoff_min")) {
			snprintf(text, sizeof(text), "%s=%" PRId64 "us", row->path, row->max);
			good = accepted(text);
			snprintf(text, sizeof(text), "%s=%" PRId64 "us", row->path, row->max + 1);
			ok(good && refused(text, " from "), "%s: its upper limit", row->path);
		}
		if (row->min > 0 && !strstr(row->path, ".backoff_max")) {
			snprintf(text, sizeof(text), "%s=%" PRId64 "us", row->path, row->min);
			good = accepted(text);
			snprintf(text, sizeof(text), "%s=%" PRId64 "us", row->path, row->min - 1);
			ok(good && refused(text, " a time "), "%s: its lower limit", row->path);
		}
		snprintf(text, sizeof(text), "%s=forever", row->path);
		ok(row->max == INT64_MAX ? accepted(text) : refused(text, "a time"), "%s: forever",
			row->path);
		break;
	case CONF_ENUM:
	case CONF_STRING:
		for (int i = 0; row->words && row->words[i]; i++) {
			snprintf(text, sizeof(text), "%s=%s", row->path, row->words[i]);
			ok(accepted(text), "%s", text);
		}
		snprintf(text, sizeof(text), "%s=%.*s", row->path, 70,
			"????????????????????????????????????????????????????????????????????????");
		if (row->words)
			ok(refused(text, "one of"), "%s: no other word", row->path);
		else if (row->max > 0 && row->max < 70)
			ok(refused(text, "bytes"), "%s: too long", row->path);
		break;
	case CONF_BOOL:
	case CONF_SIZE:
	case CONF_RATE:
	case CONF_REAL:
	case CONF_WORDS:
	case _CONF_TYPE_MAX:
		break;
	}
}

/* Every libconfig type under every key: what the row cannot take is refused at its line, without
 * touching what is not its own. */
static void test_types(const struct conf_row *row)
{
	static const char *const values[] = { "true", "[ 1, 2 ]", "( )", "{ }" };
	char group[64], *dot;

	snprintf(group, sizeof(group), "%s", row->path);
	dot = strchr(group, '.');
	for (size_t i = row->type == CONF_BOOL; i < ARRAY_SIZE(values); i++) {
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
		const struct settings_request q = { .config_dir = "." };
		struct settings s;
		char text[256];
		bool good;

		if (row->type == CONF_WORDS && strcmp(values[i], "( )") == 0)
			continue; /* no words */
		if (dot)
			*dot = '\0';
		if (dot)
			snprintf(text, sizeof(text), "\n%s: {\n%s = %s;\n};\n", group, dot + 1,
				values[i]);
		else
			snprintf(text, sizeof(text), "\n\n%s = %s;\n", group, values[i]);
		write_text("streamer.conf", text);
		good = settings_load(&q, &s, NULL, &report) == -EINVAL && report.errors == 1 &&
		       report.findings[0].line == 3 &&
		       !strcmp(report.findings[0].file, "./streamer.conf") &&
		       !strcmp(report.findings[0].key, row->path) &&
		       strstr(report.findings[0].text, "must be");
		ok(good, "%s cannot be %s", row->path, values[i]);
		if (!good)
			show(&report);
	}
	(void) unlink("streamer.conf");
}

static void test_values(void)
{
	static const char *const good[] = { "video.size=1280x720", "video.size=32x32",
		"video.rate=29.97", "video.rate=30000/1001", "video.rate=auto", "video.rate=1",
		"video.rate=120", "video.loop=true",
		"encoder.tune=", "encoder.tune=film,zerolatency", "encoder.tune=fastdecode",
		"encoder.bitrate=2.5M", "output.queue=0.5", "output.queue=1min",
		"output.queue_bytes=0.5M", "machine=egm-101.a_B", "video.device=/dev/video0",
		"video.device=rtsp://u:p@${host}/a", "unplug_hold=0", "audio.device=tone:ppm=5000",
		"output.backoff_max=1s", "video.input=HDMI 1",
		"video.controls=brightness=128, hue=0", "video.controls=" };
	static const struct {
		const char *set, *words;
	} bad[] = { { "video.size=1280", "1280x720" }, { "video.size=1281x720", "even" },
		{ "video.size=10000x720", "8192" }, { "video.size=1280x720x", "even" },
		{ "video.rate=0", "from 1 to 120" }, { "video.rate=120.5", "120" },
		{ "video.rate=30/0", "120" }, { "video.rate=1/2", "120" },
		{ "video.rate=-30", "120" }, { "video.loop=yes", "true or false" },
		{ "encoder.tune=film,grain", "only one" }, { "encoder.tune=film,", "must be" },
		{ "encoder.tune=fast", "must be" }, { "encoder.bitrate=2m", "64k to 100M" },
		{ "encoder.bitrate=-1", "64k" }, { "encoder.bitrate=", "64k" },
		{ "encoder.gop=30 ", "1 to 600" },
		{ "encoder.gop=99999999999999999999", "1 to 600" },
		{ "encoder.gop=0x1e", "1 to 600" },
		{ "encoder.bitrate=99999999999999999999M", "64k" },
		{ "output.queue=100000000000000000000h", "100ms to 1min" },
		{ "output.queue_bytes=1.1", "256K to 256M" }, { "machine=Halle 3", "letters" },
		{ "machine=a\nb", "control" }, { "role=\xff", "UTF-8" }, { "role=", "1 to 31" },
		{ "role=a/b", "letters" }, { "video.device=${nobody}", "nobody" },
		{ "video.device=${card}", "card" }, { "output.backoff_min=31s", "backoff_max" },
		{ "encoder.bitrat=1M", "encoder.bitrate?" }, { "bitrate=1M", "bitrate?" },
		{ "outputs=x", "a file only" }, { "nonsense", "KEY=VALUE" }, { "=x", "KEY=VALUE" },
		{ "detector.x=1", "unknown" }, { "video.controls=hue=1 brightness", "NAME=VALUE" },
		{ "video.controls==5", "NAME=VALUE" }, { "video.controls=hue=", "NAME=VALUE" } };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(accepted(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(refused(bad[i].set, bad[i].words), "not %s",
			i == 23 ? "a line break" : bad[i].set);
}

static void test_geometry(void)
{
	static const char *const good[] = { "video.crop=64x32+0+2", "video.crop=128x72+0+0",
		"video.crop=", "video.masks=1x1+0+0", "video.masks=5x7+3+1, 128x72+0+0 ",
		"video.masks=", "video.rotate=90", "video.rotate=270", "video.flip=horizontal",
		"video.fit=stretch", "video.mask_colour=#Ff8000", "encoder.size=320x240" };
	static const struct {
		const char *set, *words;
	} bad[] = { { "video.crop=64x32", "such as" }, { "video.crop=64x32+0+2+", "such as" },
		{ "video.crop=64x32+0+-2", "such as" }, { "video.crop=65x32+0+2", "even" },
		{ "video.crop=64x32+1+2", "even" }, { "video.crop=64x30+0+2", "32x32" },
		{ "video.crop=64x32+66+2", "beyond the picture of 128x72" },
		{ "video.crop=64x99999999999999+0+2", "such as" },
		{ "video.masks=0x4+0+0", "such as" }, { "video.masks=4x0+0+0", "such as" },
		{ "video.masks=4x4", "such as" }, { "video.masks=4x4+0+0 x", "such as" },
		{ "video.masks=4x4+0+0,4x4+0+69", "beyond" }, { "video.masks=4x4+125+0", "beyond" },
		{ "video.masks=1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 "
		  "1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0 1x1+0+0",
			"more than 16" },
		{ "video.masks=4x4+0+0000000000000000000000000000000000000000", "such as" },
		{ "video.rotate=45", "0, 90, 180 or 270" }, { "video.flip=both", "one of" },
		{ "video.fit=", "one of" }, { "video.mask_colour=black", "such as" },
		{ "video.mask_colour=#00000g", "such as" } };

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *const sets[] = { "video.size=128x72", good[i], NULL };

		ok(accepted_all(sets), "%s", good[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *const sets[] = { "video.canvas=128x72", bad[i].set, NULL };

		ok(refused_all(sets, bad[i].words), "not %s", bad[i].set);
	}
	ok(refused("video.masks=4x4+0+0", "video.size must"), "no masks of an unknown picture");
	ok(refused("video.crop=64x32+0+0", "video.size must"), "nor a crop");
}

static void test_geometry_values(void)
{
	const char *const sets[] = { "video.canvas=128x72", "video.size=640x480",
		"video.crop=64x32+2+4", "video.masks=5x7+3+1,1x2+0+70", "video.rotate=270",
		"video.flip=vertical", "video.mask_colour=#12aBff", NULL };
	const struct settings_request q = { .no_files = true, .sets = sets };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	const struct settings_request none = { .no_files = true };
	struct geometry_settings g;
	struct settings s;

	if (settings_load(&q, &s, NULL, &report) < 0)
		abort();
	settings_geometry(&s, &g);
	settings_deinit(&s);
	ok(g.width == 128 && g.height == 72 && g.crop.x == 2 && g.crop.y == 4 && g.crop.w == 64 &&
			g.crop.h == 32 && g.turns == 3 && g.flip == GEOMETRY_FLIP_VERTICAL &&
			g.colour == 0x12abff,
		"geometry: what was set");
	ok(g.n_masks == 2 && g.masks[0].w == 5 && g.masks[0].h == 7 && g.masks[0].x == 3 &&
			g.masks[0].y == 1 && g.masks[1].w == 1 && g.masks[1].h == 2 &&
			g.masks[1].x == 0 && g.masks[1].y == 70,
		"geometry: each mask");
	if (settings_load(&none, &s, NULL, &report) < 0)
		abort();
	settings_geometry(&s, &g);
	ok(geometry_is_off(&g) && !g.colour, "geometry: off by default");
	free(s.video.masks);
	s.video.masks = strdup("rubbish");
	settings_geometry(&s, &g);
	ok(!geometry_is_off(&g), "geometry: rubbish that got through hides everything");
	settings_deinit(&s);
}

static void test_clips(void)
{
	ok(accepted("clips.folder=/var/lib/egm-streamer/clips/${machine}"), "a folder");
	ok(refused("clips.folder=clips", "begins with '/'"), "not one that is relative");
	ok(refused("candidates.folder=file:/x", "begins with '/'"), "nor a URL");
	ok(refused("candidates.folder=/x/${card}", "card"), "nor of a card that is not there");
	ok(accepted("clips.states=PLAYING, BONUS-1"), "names of states");
	ok(refused("clips.states=PLAYING;BONUS", "commas"), "not joined by something else");
	ok(refused("clips.memory=1025M", "1M to 1G"), "too much memory");
	ok(refused("clips.disk=31M", "32M to"), "too little room");
}

/* Warned about only where it matters. */
static void test_clips_memory(void)
{
	const char *const sets[] = { "clips.folder=/x", "clips.memory=1M", "encoder.bitrate=8M",
		NULL };
	const char *const more[] = { "clips.memory=64M", "clips.disk=63M", NULL };
	const struct settings_request q = { .no_files = true, .sets = sets };
	const struct settings_request q_more = { .no_files = true, .sets = more };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct settings s;

	ok(settings_load(&q, &s, NULL, &report) == 0 && report.n == 1 && report.warnings == 1 &&
			strstr(report.findings[0].text, "clips.before"),
		"less memory than before needs");
	settings_deinit(&s);
	ok(settings_load(&q_more, &s, NULL, &report) == -EINVAL, "less disk than memory");
}

static void test_bitrate_min(void)
{
	static const struct {
		const char *encoder, *output, *finding;
	} cases[] = {
		{ "bitrate_min = 0;", "", "" },
		{ "bitrate_min = \"300k\";", "primary = true;", "" },
		{ "bitrate_min = \"300k\";", "primary = false;",
			"1 encoder.bitrate_min: has no effect: no output is primary" },
		{ "bitrate_min = \"300k\";", "primary = true; enabled = false;",
			"1 encoder.bitrate_min: has no effect: no output is primary" },
		{ "bitrate_min = \"2M\";", "primary = true;", "" },
		{ "bitrate_min = \"2001k\";", "primary = true;",
			"1 encoder.bitrate_min: is above encoder.bitrate" },
		{ "bitrate_min = \"63k\";", "primary = true;",
			"1 encoder.bitrate_min: must be 0, or 64k to 100M" },
	};
	const struct settings_request q = { .config_dir = "." };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
		char text[256], buf[512];
		struct settings s;

		snprintf(text, sizeof(text),
			"encoder: { %s };\noutputs = ( { url = \"a.ts\"; %s } );\n",
			cases[i].encoder, cases[i].output);
		write_text("streamer.conf", text);
		if (settings_load(&q, &s, NULL, &report) == 0)
			settings_deinit(&s);
		first_finding(&report, buf, sizeof(buf));
		ok(strncmp(buf, cases[i].finding, strlen(cases[i].finding)) == 0 &&
				!*buf == !*cases[i].finding,
			"%s %s: %s", cases[i].encoder, cases[i].output, buf);
	}
	(void) unlink("streamer.conf");
}

/* Each of what cannot be with codec = "copy", at its own line; nothing is refused without it. */
static void test_copy(void)
{
	static const char *const keys[] = { "video.crop", "video.rotate", "video.flip",
		"video.masks", "encoder.size", "encoder.bitrate_min" };
	static const char video[] = "video: {\nsize = \"640x480\";\ncrop = \"320x240+0+0\";\n"
				    "rotate = 180;\nflip = \"horizontal\";\n"
				    "masks = [ \"64x64+0+0\" ];\n};\n"
				    "outputs = ( { url = \"a.ts\"; primary = true; } );\n";
	static const char encoder[] = "encoder: {\nsize = \"320x240\";\n"
				      "bitrate_min = \"500k\";\ncodec = ";
	static const int lines[] = { 3, 4, 5, 6, 10, 11 };
	const struct settings_request q = { .config_dir = "." };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	char text[1024];
	struct settings s;

	snprintf(text, sizeof(text), "%s%s\"copy\";\n};\n", video, encoder);
	write_text("streamer.conf", text);
	ok(settings_load(&q, &s, NULL, &report) == -EINVAL && report.errors == ARRAY_SIZE(keys),
		"what alters pictures is refused with copy");
	show(&report);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		ok(i < report.n && strcmp(report.findings[i].key, keys[i]) == 0 &&
				report.findings[i].line == lines[i] &&
				strcmp(report.findings[i].file, "./streamer.conf") == 0 &&
				strstr(report.findings[i].text, "encoder.codec = \"copy\""),
			"%s: at line %d", keys[i], lines[i]);
	snprintf(text, sizeof(text), "%s%s\"libx264\";\n};\n", video, encoder);
	write_text("streamer.conf", text);
	if (loads(&q, &s))
		settings_deinit(&s);
	else
		ok(false, "and not with another encoder");
	write_text("streamer.conf",
		"encoder: { codec = \"copy\"; bitrate = \"3M\"; gop = 60; preset = \"faster\"; };\n"
		"video: { size = \"640x480\"; rate = 25; mask_colour = \"#ff0000\"; "
		"fit = \"stretch\"; };\n"
		"outputs = ( { url = \"rtmp://h/a/b\"; }, { url = \"a.ts\"; primary = true; } "
		");\n");
	ok(loads(&q, &s) && s.encoder.codec == CODEC_COPY &&
			strcmp(settings_codec_name(&s), "copy") == 0 && !settings_are_hevc(&s),
		"nothing else is");
	settings_deinit(&s);
	(void) unlink("streamer.conf");
}

static void test_recording(void)
{
	const char *const urls[] = { "/x/${time}.mkv", NULL }, *const file[] = { "/x/y.mkv", NULL };
	const char *const sets[] = { "recording.disk=100M", "encoder.bitrate=8M", NULL };
	struct settings_request q = { .no_files = true, .sets = sets, .outputs = urls };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	char *url[SETTINGS_URLS_MAX] = { NULL };
	struct settings s;
	char why[128];

	ok(settings_load(&q, &s, NULL, &report) == 0 && report.n == 1 && report.warnings == 1 &&
			strstr(report.findings[0].text, "two segments"),
		"less disk than two segments need");
	ok(settings_output_urls(&s, 0, NULL, url, why, sizeof(why)) == 0 &&
			strcmp(url[0], "/x/${time}.mkv") == 0 && !url[1],
		"the time is left to whoever writes: %s", url[0]);
	free(url[0]);
	ok(s.recording.segment_usec == 300 * USEC_PER_SEC &&
			s.recording.age_usec == USEC_INFINITY && s.output.tls_verify &&
			!*s.output.ca_file,
		"defaults");
	settings_deinit(&s);
	conf_report_deinit(&report);
	report = (struct conf_report){ 0 };
	q.outputs = file;
	ok(settings_load(&q, &s, NULL, &report) == 0 && report.n == 0, "a file has no such limit");
	settings_deinit(&s);
	ok(refused("video.device=/x/${time}.ts", "time"), "nothing else has a time");
	ok(refused("recording.segment=500ms", "1s to"), "too short a segment");
	ok(accepted("recording.age=168h") && accepted("recording.age=forever"), "ages");
}

static void test_order(void)
{
	const char *const sets[] = { "encoder.threads=7", NULL };
	const struct settings_request q = { .config_dir = ".", .card = "port1", .sets = sets };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct settings s = { 0 };
	const char *file;
	int line;

	write_text("streamer.conf",
		"role = \"a\"; machine = \"a\";\n"
		"encoder: { gop = 1; threads = 1;\nbitrate = \"1M\"; };\n"
		"outputs = ( { url = \"rtmp://h/a/b\"; }, { url = \"x.ts\"; } );\n");
	write_text("streamer.conf.d/10-a.conf", "machine = \"b\"; encoder: { gop = 2; };");
	write_text("streamer.conf.d/9-b.conf", "machine = \"c\"; encoder: { threads = 2; };");
	write_text("streamer.conf.d/.hidden.conf", "machine = \"hidden\";");
	write_text("streamer.conf.d/99.conf.bak", "nonsense");
	write_text("cards/port1.conf", "\nencoder: {\ngop = 3; threads = 3; };\n"
				       "outputs = ( { url = \"y.ts\"; } );");
	ok(settings_load(&q, &s, &c, &report) == 0 && report.n == 0, "four files and --set");
	show(&report);
	ok(!strcmp(s.role, "a") && s.encoder.bitrate == 1000000, "the base file");
	ok(!strcmp(s.machine, "c"), "drop-ins win by name");
	ok(s.encoder.gop == 3, "the card wins over drop-ins");
	ok(s.encoder.threads == 7, "--set wins over all");
	ok(s.n_outputs == 1 && !strcmp(s.outputs[0].url, "y.ts") &&
			!strcmp(s.outputs[0].name, "out1") && s.outputs[0].enabled,
		"a list is replaced whole");
	conf_origin(c, NULL, 0, "encoder.gop", &file, &line);
	ok(file && !strcmp(file, "./cards/port1.conf") && line == 3, "origin: card");
	conf_origin(c, NULL, 0, "encoder.threads", &file, &line);
	ok(file && !strcmp(file, "--set") && line == 0, "origin: --set");
	conf_origin(c, NULL, 0, "encoder.bitrate", &file, &line);
	ok(file && !strcmp(file, "./streamer.conf") && line == 3, "origin: base");
	conf_origin(c, NULL, 0, "encoder.preset", &file, &line);
	ok(!file && line == 0, "origin: default");
	conf_origin(c, "outputs", 0, "name", &file, &line);
	ok(file && !strcmp(file, "./cards/port1.conf") && line == 4, "origin: element");
	settings_deinit(&s);
	ok(!s.outputs && !s.role, "nothing dangles");
	(void) unlink("streamer.conf.d/10-a.conf");
	(void) unlink("streamer.conf.d/9-b.conf");
	(void) unlink("streamer.conf.d/.hidden.conf");
	(void) unlink("streamer.conf.d/99.conf.bak");
	(void) unlink("cards/port1.conf");
}

static void test_cards(void)
{
	static const char *const bad[] = { "", "..", "a/b", "A", "1a", "a-b", "../../etc/passwd",
		"a2345678901234567890123456789012" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct settings_request q = { .config_dir = ".", .card = bad[i] };
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
		struct settings s;

		ok(settings_load(&q, &s, NULL, &report) == -EINVAL && report.errors == 1,
			"'%s' is no card", bad[i]);
	}
}

static void test_run(void)
{
	const char *const urls[] = { "rtmp://u:pw@${host}/a/${machine}_${role}", "/tmp/x.ts",
		NULL };
	const char *const sets[] = { "machine=m", "role=cam", NULL };
	const struct settings_request q = { .no_files = true, .outputs = urls, .sets = sets };
	const struct settings_request with_files = { .config_dir = ".", .outputs = urls };
	_cleanup_(freep) char *url = NULL;
	char *filled[SETTINGS_URLS_MAX] = { NULL };
	struct settings s;
	char why[128], host[64];

	ok(loads(&q, &s) && s.n_outputs == 2 && !strcmp(s.outputs[1].name, "out2"), "two --output");
	ok(!strcmp(settings_machine(&s, host, sizeof(host)), "m"), "the machine as set");
	*s.machine = '\0';
	settings_machine(&s, host, sizeof(host));
	ok(*host && !strchr(host, '.'), "the machine as its host name");
	ok(settings_output_urls(&s, 0, NULL, filled, why, sizeof(why)) == 0, "a template");
	ok(strstr(filled[0], "rtmp://u:pw@") == filled[0] && strstr(filled[0], "_cam") &&
			strstr(filled[0], host),
		"is filled in");
	free(filled[0]);
	settings_deinit(&s);
	write_text("streamer.conf", "outputs = ( { url = \"y.ts\"; } ); video: { device = "
				    "\"/v/${card}.ts\"; };");
	ok(loads(&with_files, &s) && s.n_outputs == 2, "--output replaces the files' list");
	freep(&url);
	url = NULL;
	ok(settings_video_device(&s, "c1", &url, why, sizeof(why)) == 0 && !strcmp(url, "/v/c1.ts"),
		"the device is a template as well");
	ok(settings_video_device(&s, NULL, &(char *){ NULL }, why, sizeof(why)) == -ENOKEY &&
			strstr(why, "card"),
		"that may need a card");
	settings_deinit(&s);
	(void) unlink("streamer.conf");
	ok(loads(&with_files, &s), "no device is set");
	freep(&url);
	url = NULL;
	ok(settings_video_device(&s, "c1", &url, why, sizeof(why)) == 0 &&
			!strcmp(url, "/dev/egm/c1"),
		"\"auto\" is the card's own node");
	ok(settings_video_device(&s, NULL, &(char *){ NULL }, why, sizeof(why)) == -EINVAL &&
			strstr(why, "which one"),
		"which needs a card");
	settings_deinit(&s);
	(void) unlink("streamer.conf");
}

static void count_difference(const char *path, unsigned flags, void *userdata)
{
	(void) flags;
	printf("# differs: %s\n", path);
	*(int *) userdata += 1;
}

static void test_saved(void)
{
	const char *const sets[] = { "machine=m", "encoder.bitrate=3M", "unplug_hold=90s", NULL };
	const char *const urls[] = { "rtmp://u:\"\\@h/a/${card}", "/tmp/x.ts", NULL };
	const struct settings_request q = {
		.config_dir = ".", .card = "c", .sets = sets, .outputs = urls
	};
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct settings a, b;
	struct stat st;
	int n = 0;

	ok(settings_load_saved("last-good.conf", &b, &report) == -ENOENT && report.n == 0,
		"nothing saved yet");
	ok(settings_load(&q, &a, &c, &report) == 0 && conf_save(c, "last-good.conf") == 0, "saved");
	ok(stat("last-good.conf", &st) == 0 && (st.st_mode & 0777) == 0600, "for the service only");
	ok(settings_load_saved("last-good.conf", &b, &report) == 0 && report.n == 0, "loaded");
	show(&report);
	conf_diff(&settings_table, &a, &b, count_difference, &n);
	ok(n == 0, "the same");
	settings_deinit(&a);
	settings_deinit(&b);
	write_text("last-good.conf", "role = 1;");
	ok(settings_load_saved("last-good.conf", &b, &report) == -EINVAL,
		"a broken one is refused");
	(void) unlink("last-good.conf");
}

/* Takes the '#' away from what is no prose: "#key = value;", and the example, which holds prose
 * itself. */
static char *uncomment(const char *text)
{
	char *copy = strdup(text), *to = copy;
	bool start = true;

	for (const char *p = text; *p; p++) {
		if (*p == '#' && start && p[1] != ' ' && p[1] != '\n')
			continue;
		start = *p == '\n' || (start && *p == '\t');
		*to++ = *p;
	}
	*to = '\0';
	return copy;
}

static void note_difference(const char *path, unsigned flags, void *userdata)
{
	char *seen = userdata;

	(void) flags;
	strncat(seen, path, 200 - strlen(seen));
}

/* "#key = default;" on a line of its own, as the table has it. */
static bool shows(const char *text, const struct conf_row *row)
{
	const char *dot = strrchr(row->path, '.');
	const char *key = dot ? dot + 1 : row->path;
	char bare[128], quoted[128];

	snprintf(bare, sizeof(bare), "#%s = %s;\n", key, row->def);
	snprintf(quoted, sizeof(quoted), "#%s = \"%s\";\n", key, row->def);
	return strstr(text, bare) || strstr(text, quoted);
}

static void test_shipped(const char *path)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	const struct settings_request q = { .config_dir = "." };
	_cleanup_(freep) char *text = NULL, *open = NULL;
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct settings defaults, s;
	char seen[256] = "";
	const char *file;
	int line;

	if (file_read(path, 1 << 20, &text, NULL) < 0) {
		ok(false, "%s can be read", path);
		return;
	}
	(void) unlink("streamer.conf");
	ok(loads(&q, &defaults), "defaults");
	write_text("streamer.conf", text);
	ok(loads(&q, &s), "the file as shipped");
	conf_diff(&settings_table, &defaults, &s, note_difference, seen);
	ok(!*seen, "changes nothing: %s", seen);
	settings_deinit(&s);
	open = uncomment(text);
	write_text("streamer.conf", open);
	ok(settings_load(&q, &s, &c, &report) == 0 && report.n == 0, "with all lines in force");
	show(&report);
	conf_diff(&settings_table, &defaults, &s, note_difference, seen);
	ok(strcmp(seen, "outputswebhooksdetector.statesdetector.numbersdetector.priority") == 0 &&
			s.n_outputs == 5 && s.detector.rules->n_states == 3 &&
			s.detector.rules->n_numbers == 1,
		"only the examples differ: %s", seen);
	for (const struct conf_row *row = settings_table.rows; row->path; row++) {
		conf_origin(c, NULL, 0, row->path, &file, &line);
		ok(file && shows(text, row), "%s is in the file with its default", row->path);
	}
	for (const struct conf_row *row = settings_table.lists[0].rows; row->path; row++) {
		conf_origin(c, "outputs", 0, row->path, &file, &line);
		ok(file && line > 0, "outputs: %s is in the example", row->path);
	}
	settings_deinit(&defaults);
	settings_deinit(&s);
	(void) unlink("streamer.conf");
}

static void test_table(void)
{
	for (const struct conf_row *row = settings_table.rows; row->path; row++) {
		ok(row->help && *row->help && strlen(row->help) < 80, "%s: help", row->path);
		test_limits(row);
		test_types(row);
	}
}

int main(void)
{
	const char *top = getenv("top_srcdir");
	char folder[] = "/tmp/test-settings.XXXXXX", shipped[4096];

	if (!realpath(top ? top : ".", shipped))
		return 1;
	strncat(shipped, "/etc/streamer.conf", sizeof(shipped) - strlen(shipped) - 1);
	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir("streamer.conf.d", 0755) < 0 ||
		mkdir("cards", 0755) < 0)
		return 1;
	test_defaults();
	test_table();
	test_values();
	test_geometry();
	test_geometry_values();
	test_clips();
	test_clips_memory();
	test_bitrate_min();
	test_copy();
	test_recording();
	test_order();
	test_cards();
	test_run();
	test_saved();
	test_shipped(shipped);
	(void) rmdir("streamer.conf.d");
	(void) rmdir("cards");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left over");
	return tap_done();
}
