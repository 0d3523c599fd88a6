/* SPDX-License-Identifier: GPL-2.0-or-later */
/* URLs, told apart as libavformat does it: what it sends for each of these was looked at. */
#include "rtmp/target.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

static bool is(const struct rtmp_target *t, const char *tc_url, const char *app, const char *stream)
{
	bool good = strcmp(t->tc_url, tc_url) == 0 && strcmp(t->app, app) == 0 &&
		    strcmp(t->stream, stream) == 0;

	if (!good)
		printf("# %s %s %s\n", t->tc_url, t->app, t->stream);
	return good;
}

static void test_parse(void)
{
	static const struct {
		const char *url, *tc_url, *app, *stream;
	} cases[] = {
		{ "rtmp://h/live/key", "rtmp://h:1935/live", "live", "key" },
		{ "RTMP://h:19350/live/key", "rtmp://h:19350/live", "live", "key" },
		{ "rtmp://[::1]:80/live/key", "rtmp://[::1]:80/live", "live", "key" },
		{ "rtmp://[::1]/live/key", "rtmp://[::1]:1935/live", "live", "key" },
		{ "rtmp://h/live/key?token=a&vhost=b", "rtmp://h:1935/live", "live",
			"key?token=a&vhost=b" },
		{ "rtmp://h/live?vhost=x/key", "rtmp://h:1935/live?vhost=x", "live?vhost=x",
			"key" },
		{ "rtmp://h/app/inst/key", "rtmp://h:1935/app/inst", "app/inst", "key" },
		{ "rtmp://h/app/a/b/key?x=1/2", "rtmp://h:1935/app/a", "app/a", "b/key?x=1/2" },
		{ "rtmp://h/live/key?a=b/c", "rtmp://h:1935/live/key?a=b", "live/key?a=b", "c" },
		{ "rtmp://h/live/mp4:key.mp4", "rtmp://h:1935/live", "live", "mp4:key.mp4" },
		{ "rtmp://h/live/key.mp4", "rtmp://h:1935/live", "live", "mp4:key.mp4" },
		{ "rtmp://h/live/key.mp4?a=b", "rtmp://h:1935/live", "live", "key.mp4?a=b" },
		{ "rtmp://h/live/key.flv", "rtmp://h:1935/live", "live", "key" },
		{ "rtmp://h/live", "rtmp://h:1935/live", "live", "" },
		{ "rtmp://h/live/", "rtmp://h:1935/live", "live", "" },
		{ "rtmp://h/live/key/", "rtmp://h:1935/live/key", "live/key", "" },
		{ "rtmp://h", "rtmp://h:1935/", "", "" },
		{ "rtmp://h?x=y", "rtmp://h:1935/x=y", "x=y", "" },
		{ "rtmp://h//key", "rtmp://h:1935/", "", "key" },
		{ "rtmp://h/live//key", "rtmp://h:1935/live/", "live/", "key" },
		{ "rtmp://h/a:b/c/d", "rtmp://h:1935/a:b/c", "a:b/c", "d" },
		{ "rtmp://h/live/k:e/y.mp4", "rtmp://h:1935/live", "live", "k:e/y.mp4" },
		{ "rtmp://h/live/sub/mp4:key", "rtmp://h:1935/live/sub", "live/sub", "mp4:key" },
		{ "rtmp://h/ondemand/x/y", "rtmp://h:1935/ondemand", "ondemand", "x/y" },
		{ "rtmp://h/live/key x=y", "rtmp://h:1935/live", "live", "key" },
		{ "rtmp://h/live/key%20x?a=%2f#f", "rtmp://h:1935/live", "live",
			"key%20x?a=%2f#f" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rtmp_target t;
		int r = rtmp_target_parse(cases[i].url, &t);

		ok(r == 0 && is(&t, cases[i].tc_url, cases[i].app, cases[i].stream), "%s",
			cases[i].url);
		if (r == 0)
			rtmp_target_deinit(&t);
	}
}

static void test_bad(void)
{
	static const char *const bad[] = { "rtmp:///live/key", "rtmp://h:/live/key",
		"rtmp://h:0/live/key", "rtmp://h:65536/live/key", "rtmp://h:1x/live/key",
		"rtmp://[::1/live/key", "rtmp://[::1]x/live/key", "rtmp://u:p@h/live/key",
		"rtmp://h/live?slist=key", "rtmps://h/live/key", "file.flv", "" };
	char big[TARGET_URL_MAX + 20] = "rtmp://h/live/";
	struct rtmp_target t = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(rtmp_target_parse(bad[i], &t) == -EINVAL && !t.app, "no: %s", bad[i]);
	memset(big + strlen(big), 'x', sizeof(big) - 1 - strlen(big));
	ok(rtmp_target_parse(big, &t) == -E2BIG, "too long");
	ok(rtmp_target_is_ours("rtmp://h/live/a@b") && !rtmp_target_is_ours("rtmp://a@h/live/b"),
		"a user stands in front of the host");
}

static void test_redirect(void)
{
	static const struct {
		const char *url, *tc_url, *app;
	} cases[] = {
		{ "rtmp://other:1936/live", "rtmp://other:1936/live", "live" },
		{ "rtmp://other/a/b?vhost=c", "rtmp://other:1935/a/b?vhost=c", "a/b?vhost=c" },
		{ "rtmp://other/live/key", "rtmp://other:1935/live", "live" },
		{ "rtmp://other/live/key?token=1", "rtmp://other:1935/live", "live" },
		{ "rtmp://other/livekey", "rtmp://other:1935/livekey", "livekey" },
		{ "rtmp://other", "rtmp://other:1935/", "" },
	};
	struct rtmp_target from, t;

	ok(rtmp_target_parse("rtmp://h/live/key?token=1", &from) == 0, "from");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ok(rtmp_target_redirect(cases[i].url, &from, &t) == 0 &&
				is(&t, cases[i].tc_url, cases[i].app, "key?token=1"),
			"to %s", cases[i].url);
		rtmp_target_deinit(&t);
	}
	ok(rtmp_target_redirect("http://other/live", &from, &t) == -EINVAL, "not to a web server");
	rtmp_target_deinit(&from);
}

int main(void)
{
	test_parse();
	test_bad();
	test_redirect();
	return tap_done();
}
