/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where outputs may lead to, by which URLs, and whether what is encoded can go there. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "settings/settings.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"

/* What a file gives: the first finding's "key: text", "" for none. */
static const char *findings_in(const char *text, char *buf, size_t size)
{
	const struct settings_request q = { .config_dir = "." };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct settings s;

	write_text("streamer.conf", text);
	if (settings_load(&q, &s, NULL, &report) == 0)
		settings_deinit(&s);
	return first_finding(&report, buf, size);
}

/* … of its outputs. */
static const char *findings_of(const char *outputs, char *buf, size_t size)
{
	char text[2048];

	snprintf(text, sizeof(text), "outputs = (\n%s\n);\n", outputs);
	return findings_in(text, buf, size);
}

static void test_outputs(void)
{
	static const char *const good[] = { "rtmp://h/a/b", "RTMPS://h/a/b", "srt://h:1",
		"/a/b.m3u8", "b.FLV", "./x.ts", "x.mkv", "x.mp4", "${credential:all}",
		"/srv/${card}/${machine}.ts", "rtsp://h/a", "udp://239.1.1.1:1?ttl=3",
		"srt://:9000?mode=listener&passphrase=${credential:srt}",
		"/srv/${card}-${time}.mkv" };
	static const struct {
		const char *outputs, *finding;
	} bad[] = {
		{ "{ url = \"http://h/a\"; }", "2 outputs[0].url: must be rtmp://" },
		{ "{ url = \"http://h/a.ts\"; }", "2 outputs[0].url: must be rtmp://" },
		{ "{ url = \"/a/b\"; }", "2 outputs[0].url: must be rtmp://" },
		{ "{ url = \".ts\"; }", "2 outputs[0].url: must be rtmp://" },
		{ "{ url = \"srt://:9000\"; }", "2 outputs[0].url: needs a host" },
		{ "{ url = \"srt://?mode=listener\"; }", "2 outputs[0].url: needs a port" },
		{ "{ url = \"srt://h:1?passphrase=short\"; }",
			"2 outputs[0].url: must have a passphrase of 10 to 79" },
		{ "{ url = \"/srv/${time}/a.ts\"; }", "2 outputs[0].url: may have ${time} once" },
		{ "{ url = \"/srv/${card}-${tmie}.ts\"; }",
			"2 outputs[0].url: unknown name ${tmie}" },
		{ "{ }", "2 outputs[0].url: is needed" },
		{ "{ url = \"srt://h:1\"; },\n{ name = \"a\";\n}", "3 outputs[1].url: is needed" },
		{ "{ url = \"rtmp://${hots}/a\"; }", "2 outputs[0].url: unknown name ${hots}" },
		{ "{ url = \"rtmp://h/a\"; name = \"A\"; }", "2 outputs[0].name: must begin" },
		{ "{ url = \"rtmp://h/a\"; name = \"-a\"; }", "2 outputs[0].name: must begin" },
		{ "{ url = \"rtmp://h/a\"; name = \"a\"; },\n{ url = \"rtmp://h/b\";\nname = "
		  "\"a\"; }",
			"4 outputs[1].name: \"a\" is the name of outputs[0]" },
		{ "{ url = \"rtmp://h/a\"; name = \"out2\"; }, { url = \"rtmp://h/b\"; }",
			"2 outputs[1].name: \"out2\" is the name of outputs[0]" },
		{ "{ url = \"a.ts\"; },\n{ url = \"a.ts\"; }",
			"3 outputs[1].url: goes where outputs[0]" },
		{ "{ ulr = \"a.ts\"; url = \"a.ts\"; }",
			"2 outputs[0].ulr: unknown setting, ignored; did you mean url?" },
		{ "{ url = 1; }", "2 outputs[0].url: must be a text" },
		{ "{ url = \"a.ts\"; enabled = 1; }",
			"2 outputs[0].enabled: must be true or false" },
		{ "\"a.ts\", 1", "2 outputs: must be a list" },
		{ "{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}",
			"1 outputs: must be a list of at most 16" },
	};
	char buf[512], text[256];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(text, sizeof(text), "{ url = \"%s\"; }", good[i]);
		ok(!*findings_of(text, buf, sizeof(buf)), "%s %s", good[i], buf);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		findings_of(bad[i].outputs, buf, sizeof(buf));
		ok(strncmp(buf, bad[i].finding, strlen(bad[i].finding)) == 0, "%s", bad[i].finding);
		if (strncmp(buf, bad[i].finding, strlen(bad[i].finding)) != 0)
			printf("# got %s\n", buf);
	}
	ok(!*findings_of("{ url = \"http://h\"; enabled = false; }", buf, sizeof(buf)),
		"what is not enabled may be anything");
	(void) unlink("streamer.conf");
}

/* What the encoder makes must be what an output takes. */
static void test_hevc(void)
{
	static const struct {
		const char *codec, *outputs, *finding;
	} cases[] = {
		{ "hevc",
			"{ url = \"srt://h:1\"; backup = \"udp://h:1\"; }, { url = \"rtsp://h/a\"; "
			"}",
			"" },
		{ "libx265", "{ url = \"a.ts\"; }, { url = \"a.mkv\"; }, { url = \"a.mp4\"; }",
			"" },
		{ "hevc", "{ url = \"${credential:all}\"; }", "" },
		{ "hevc", "{ url = \"rtmp://h/a\"; enabled = false; }", "" },
		{ "libx264", "{ url = \"rtmp://h/a\"; }", "" },
		{ "h264_v4l2m2m", "{ url = \"rtmp://h/a\"; }", "" },
		{ "hevc", "{ url = \"rtmp://h/a\"; }",
			"3 outputs[0].url: cannot be sent HEVC, which encoder.codec = \"hevc\" "
			"makes: "
			"it must be srt://, rtsp:// or udp://, or a file that ends in .m3u8, .ts, "
			".mkv or .mp4" },
		{ "libx265", "{ url = \"a.ts\"; },\n{ url = \"rtmps://h/a\"; }",
			"4 outputs[1].url: cannot be sent HEVC" },
		{ "hevc_v4l2m2m", "{ url = \"a.ts\";\nbackup2 = \"rtmp://h/${credential:k}\"; }",
			"4 outputs[0].backup2: cannot be sent HEVC" },
		{ "hevc_vaapi", "{ url = \"/srv/a.flv\"; }",
			"3 outputs[0].url: cannot be sent HEVC" },
		{ "hevc", "{ url = \"a.m3u8\"; }", "3 outputs[0].url: is HEVC in MPEG-TS" },
	};
	char buf[512], text[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool good;

		snprintf(text, sizeof(text), "encoder: { codec = \"%s\"; };\noutputs = (\n%s\n);\n",
			cases[i].codec, cases[i].outputs);
		findings_in(text, buf, sizeof(buf));
		good = *cases[i].finding
			       ? strncmp(buf, cases[i].finding, strlen(cases[i].finding)) == 0
			       : !*buf;
		ok(good, "%s, %s: %s", cases[i].codec, cases[i].outputs, cases[i].finding);
		if (!good)
			printf("# got %s\n", buf);
	}
	(void) unlink("streamer.conf");
}

/* In order, whichever of them are set. */
static void test_backups(void)
{
	const struct settings_request q = { .config_dir = "." };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	char *urls[SETTINGS_URLS_MAX] = { NULL }, why[128];
	struct settings s;

	write_text("streamer.conf",
		"role = \"cam\"; outputs = ( { url = \"a.ts\"; backup = \"${role}.ts\"; "
		"backup3 = \"rtmp://h/x\"; } );");
	ok(settings_load(&q, &s, NULL, &report) == 0 && report.n == 0 &&
			settings_output_urls(&s, 0, NULL, urls, why, sizeof(why)) >= 0,
		"an output with backups");
	ok(urls[2] && !strcmp(urls[0], "a.ts") && !strcmp(urls[1], "cam.ts") &&
			!strcmp(urls[2], "rtmp://h/x") && !urls[3],
		"its URLs are in order, filled in");
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++)
		free(urls[i]);
	settings_deinit(&s);
	(void) unlink("streamer.conf");
}

int main(void)
{
	char folder[] = "/tmp/test-settings-outputs.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	test_outputs();
	test_hevc();
	test_backups();
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left over");
	return tap_done();
}
