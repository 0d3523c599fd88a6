/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/destination.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

static void test_formats(void)
{
	static const struct {
		const char *url, *format;
		bool file;
	} cases[] = {
		{ "rtmp://host/live/key", "flv", false },
		{ "RTMPS://host/live/key.mp4", "flv", false },
		{ "srt://host:9000?mode=caller", "mpegts", false },
		{ "UDP://239.1.1.1:1", "mpegts", false },
		{ "rtsp://host/x.mkv", "rtsp", false },
		{ "/srv/x.y/z.m3u8", "hls", true },
		{ "a.flv", "flv", true },
		{ "a.TS", "mpegts", true },
		{ "./a.b.mkv", "matroska", true },
		{ "file:///srv/a.mp4", "mp4", true },
		{ "file:a.mp4", "mp4", true },
		{ "http://host/a.m3u8", NULL, false },
		{ "rtmpx://host/a", NULL, false },
		{ "/srv/a.avi", NULL, true },
		{ "/srv/x.mkv/a", NULL, true },
		{ "/srv/.mkv", NULL, true },
		{ "", NULL, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *f = destination_format(cases[i].url);

		ok((f != NULL) == (cases[i].format != NULL) &&
				(!f || strcmp(f, cases[i].format) == 0) &&
				(destination_path(cases[i].url) != NULL) == cases[i].file,
			"'%s' is %s", cases[i].url, f ? f : "nothing");
	}
}

static void test_kinds(void)
{
	ok(destination_listens("srt://:9000?mode=listener") &&
			destination_listens("SRT://h:9000?latency=1&mode=listener&x=1"),
		"listeners");
	ok(!destination_listens("srt://h:9000") && !destination_listens("srt://h:1?mode=caller") &&
			!destination_listens("srt://h:1?streamid=mode=listener") &&
			!destination_listens("rtmp://h/a?mode=listener"),
		"and no listeners");
	ok(destination_is_recording("/a/x-${time}.mkv") && destination_is_recording("${time}.ts"),
		"recordings");
	ok(!destination_is_recording("/a/${time}/x.mkv") && !destination_is_recording("x.mkv") &&
			!destination_is_recording("udp://h:1/${time}.ts"),
		"and no recordings");
}

static void test_hevc(void)
{
	ok(destination_takes_hevc("srt://h:1") && destination_takes_hevc("udp://h:1") &&
			destination_takes_hevc("rtsp://h/x.flv") &&
			destination_takes_hevc("a.m3u8") && destination_takes_hevc("a-${time}.mp4"),
		"where HEVC can go");
	ok(!destination_takes_hevc("rtmp://h/a") && !destination_takes_hevc("RTMPS://h/a.mp4") &&
			!destination_takes_hevc("file:///srv/a.FLV"),
		"and where it cannot");
	ok(destination_takes_hevc("${credential:url}"), "nobody knows yet");
}

static void test_jpeg(void)
{
	ok(destination_takes_jpeg("a.mkv") && destination_takes_jpeg("file:///srv/A.MKV") &&
			destination_takes_jpeg("/srv/a-${time}.mkv"),
		"where JPEGs can go");
	ok(!destination_takes_jpeg("a.mp4") && !destination_takes_jpeg("a.ts") &&
			!destination_takes_jpeg("a.flv") && !destination_takes_jpeg("a.m3u8") &&
			!destination_takes_jpeg("rtmp://h/a.mkv") &&
			!destination_takes_jpeg("srt://h:1") && !destination_takes_jpeg("mkv"),
		"and where they cannot");
	ok(!destination_takes_jpeg("${credential:url}"), "nobody knows, so they do not");
}

static void test_parameters(void)
{
	char buf[8];

	ok(destination_parameter("srt://h:1?a=1&bc=2&b=3", "b", buf, sizeof(buf)) &&
			strcmp(buf, "3") == 0,
		"a parameter by its whole name");
	ok(destination_parameter("x?a=123456789&b", "a", buf, sizeof(buf)) &&
			strcmp(buf, "1234567") == 0,
		"cut");
	ok(!destination_parameter("x?ab=1", "a", buf, sizeof(buf)) && !*buf, "missing");
	ok(!destination_parameter("x/a=1", "a", buf, sizeof(buf)), "not in the path");
}

static bool has_host(const char *url, const char *host, const char *port)
{
	char h[32], p[8];

	if (!destination_host(url, h, sizeof(h), p, sizeof(p)))
		return !host;
	return host && strcmp(h, host) == 0 && strcmp(p, port) == 0;
}

static void test_hosts(void)
{
	ok(has_host("udp://h:1", "h", "1") && has_host("udp://h", "h", "") &&
			has_host("srt://:9000?x", "", "9000"),
		"host and port");
	ok(has_host("rtsp://u:p@h:1/x", "h", "1") && has_host("rtsp://u:p@q@h/x", "h", ""),
		"behind a user");
	ok(has_host("udp://[ff02::1%eth0]:1", "ff02::1%eth0", "1") &&
			has_host("udp://[::1]", "::1", ""),
		"of IPv6");
	ok(has_host("udp://[::1", NULL, NULL) && has_host("udp://[::1]x:1", NULL, NULL) &&
			has_host("nothing", NULL, NULL) &&
			has_host("udp://h:123456789", NULL, NULL) &&
			has_host("udp://hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh:1", NULL, NULL),
		"none that fits");
}

static void test_check(void)
{
	static const char *const good[] = { "rtmp://h/a/b", "rtmp://${host}/a", "rtmps://[::1]:1/a",
		"srt://h:1", "srt://:1?mode=listener", "srt://${host}:${port}?passphrase=${x}",
		"srt://h:1?passphrase=0123456789&pbkeylen=16", "rtsp://u:p@h/x", "rtsp://h:8554/",
		"udp://239.1.1.1:5000?ttl=0&pkt_size=1316", "udp://[ff02::1%25eth0]:1", "a.ts",
		"/a/${card}/x-${time}.mkv", "${time}-b.mp4", "${credential:all}",
		"rtsp://${credential:user}@h/x" };
	static const struct {
		const char *url, *why;
	} bad[] = {
		{ "http://h/a.ts", "must be rtmp://" },
		{ "/a/b", "must be rtmp://" },
		{ "rtmp:///a/b", "needs a host" },
		{ "rtmp://h:99999/a", "must have a port from 1 to 65535" },
		{ "rtmp://h:1x/a", "must have a port" },
		{ "srt://h", "needs a port" },
		{ "srt://:9000", "needs a host" },
		{ "srt://?mode=listener", "needs a port" },
		{ "srt://h:1?mode=server", "must have a mode that is one of caller, listener" },
		{ "srt://h:1?passphrase=short", "must have a passphrase of 10 to 79" },
		{ "srt://h:1?passphrase=", "must have a passphrase of 10 to 79" },
		{ "srt://h:1?pbkeylen=15", "must have a pbkeylen that is one of 0, 16" },
		{ "rtsp:///x", "needs a host" },
		{ "udp://h", "needs a port" },
		{ "udp://:5000", "needs a host" },
		{ "udp://h:0", "must have a port" },
		{ "udp://h:1?ttl=256", "must have a ttl from 0 to 255" },
		{ "udp://h:1?ttl=-1", "must have a ttl" },
		{ "udp://h:1?pkt_size=100", "must have a pkt_size from 188 to 1472" },
		{ "udp://h:1?pkt_size=65000", "must have a pkt_size" },
		{ "/a/${time}/x.mkv", "may have ${time} once, in the name of the file" },
		{ "${time}-${time}.mkv", "may have ${time} once" },
		{ "${time}.flv", "must end in .ts, .mkv or .mp4" },
		{ "${time}.m3u8", "must end in .ts, .mkv or .mp4" },
		{ "rtmp://h/a/${time}", "may have ${time} in the name of a file only" },
	};
	char why[256];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		why[0] = '\0';
		ok(destination_check(good[i], why, sizeof(why)) == 0, "%s can work %s", good[i],
			why);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		why[0] = '\0';
		ok(destination_check(bad[i].url, why, sizeof(why)) == -EINVAL &&
				strncmp(why, bad[i].why, strlen(bad[i].why)) == 0,
			"%s: %s", bad[i].url, why);
	}
	ok(destination_check("srt://h:1?passphrase=s3cret", why, sizeof(why)) < 0 &&
			!strstr(why, "s3cret"),
		"no secret in the words");
}

int main(void)
{
	test_formats();
	test_kinds();
	test_hevc();
	test_jpeg();
	test_parameters();
	test_hosts();
	test_check();
	return tap_done();
}
