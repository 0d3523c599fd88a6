/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings changed at run time: the same limits as in a file, and no way to root's secrets. */
#include "streamer/settings-change.h"

#include <string.h>

#include "tests/tap.h"

static struct settings s;

static enum fault_kind add(const char *name, const char *url)
{
	struct fault f = { .kind = FAULT_NONE };

	return settings_add_output(&s, "left", name, url, false, &f) < 0 ? f.kind : FAULT_NONE;
}

static void test_names_and_urls(void)
{
	char *name = malloc(64), *url = malloc(2000);
	struct fault f = { .kind = FAULT_NONE };

	/* One byte more than may be. */
	memset(name, 'a', 32);
	name[32] = '\0';
	snprintf(url, 2000, "/tmp/%01900d.ts", 0);
	ok(add("b", "/tmp/${card}.ts") == FAULT_NONE && s.n_outputs == 2, "one more");
	ok(strcmp(s.outputs[1].name, "b") == 0 && s.outputs[1].enabled && !s.outputs[1].primary,
		"is the last one");
	ok(add("b", "/tmp/c.ts") == FAULT_OUTPUT_EXISTS, "its name is taken now");
	ok(add("", "/tmp/c.ts") == FAULT_BAD_NAME && add("B", "/tmp/c.ts") == FAULT_BAD_NAME &&
			add("../x", "/tmp/c.ts") == FAULT_BAD_NAME &&
			add(name, "/tmp/c.ts") == FAULT_BAD_NAME,
		"bad names");
	ok(add("c", "") == FAULT_BAD_URL && add("c", "ftp://x/y") == FAULT_BAD_URL &&
			add("c", "/etc/passwd") == FAULT_BAD_URL &&
			add("c", "/tmp/a\nb.ts") == FAULT_BAD_URL &&
			add("c", "/tmp/a\xc2\x9b-.ts") == FAULT_BAD_URL &&
			add("c", "/tmp/a\xe9.ts") == FAULT_BAD_URL &&
			add("c", url) == FAULT_BAD_URL &&
			add("c", "/tmp/${nothing}.ts") == FAULT_BAD_URL,
		"bad URLs");
	ok(add("c", "srt://evil:1?passphrase=${credential:key}") == FAULT_BAD_URL,
		"secrets of others cannot be named");
	ok(s.n_outputs == 2, "none of them is there");
	name[31] = '\0';
	ok(add(name, "/tmp/c.ts") == FAULT_NONE && add("d", "/tmp/\xc3\xa9.ts") == FAULT_NONE &&
			s.n_outputs == 4,
		"the longest name, and a URL that is no ASCII");
	ok(settings_remove_output(&s, name, &f) == 0 && settings_remove_output(&s, "d", &f) == 0,
		"they go again");
	ok(settings_add_output(&s, "left", "p", "/tmp/p.ts", true, &f) == 0 &&
			s.outputs[2].primary && settings_remove_output(&s, "p", &f) == 0,
		"one that may lower the bitrate");
	free(name);
	free(url);
}

static void test_limit(void)
{
	char name[16];

	for (int i = 0; s.n_outputs < SETTINGS_OUTPUTS_MAX && i < 20; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		(void) add(name, "/tmp/n.ts");
	}
	ok(s.n_outputs == SETTINGS_OUTPUTS_MAX &&
			add("more", "/tmp/m.ts") == FAULT_TOO_MANY_OUTPUTS,
		"not more than there may be");
}

static void test_remove(void)
{
	struct fault f = { .kind = FAULT_NONE };

	ok(settings_remove_output(&s, "nobody", &f) < 0 && f.kind == FAULT_NO_SUCH_OUTPUT,
		"what is not there cannot go");
	ok(settings_enable_output(&s, "nobody", true, &f) < 0 && f.kind == FAULT_NO_SUCH_OUTPUT,
		"nor be switched");
	ok(settings_enable_output(&s, "b", true, &f) == 1 && s.outputs[1].enabled &&
			settings_enable_output(&s, "b", false, &f) == 1 && !s.outputs[1].enabled,
		"one is switched on and off");
	ok(settings_remove_output(&s, "b", &f) == 0 && s.n_outputs == SETTINGS_OUTPUTS_MAX - 1 &&
			strcmp(s.outputs[0].name, "out1") == 0 &&
			strcmp(s.outputs[1].name, "n0") == 0,
		"the others stay");
}

static void test_hevc(void)
{
	struct fault f = { .kind = FAULT_NONE };
	size_t n;

	(void) settings_remove_output(&s, "n0", &f);
	(void) settings_remove_output(&s, "n1", &f);
	ok(add("h264", "rtmp://h/live/key") == FAULT_NONE &&
			settings_enable_output(&s, "h264", false, &f) >= 0,
		"H.264 goes to rtmp://");
	n = s.n_outputs;
	s.encoder.codec = CODEC_LIBX265;
	ok(add("more", "rtmp://h/live/key") == FAULT_BAD_CODEC &&
			add("more", "/tmp/x.flv") == FAULT_BAD_CODEC && s.n_outputs == n,
		"HEVC does not");
	ok(settings_enable_output(&s, "h264", true, &f) < 0 && f.kind == FAULT_BAD_CODEC &&
			strstr(f.words, "libx265") && strstr(f.words, "srt://") &&
			!strstr(f.words, "key") && !s.outputs[n - 1].enabled,
		"nor where it was switched off: %s", f.words);
	s.outputs[n - 1].backups[0] = s.outputs[n - 1].url;
	s.outputs[n - 1].url = strdup("/tmp/x.ts");
	ok(settings_enable_output(&s, "h264", true, &f) < 0, "nor to a backup");
	ok(settings_enable_output(&s, "h264", false, &f) >= 0, "what is to be off may be");
	ok(add("more", "/tmp/x.mkv") == FAULT_NONE, "but into others");
	s.encoder.codec = CODEC_AUTO;
}

static void test_bitrate(void)
{
	struct fault f = { .kind = FAULT_NONE };

	ok(settings_set_bitrate(&s, 3000000, &f) == 0 && s.encoder.bitrate == 3000000, "a bitrate");
	ok(settings_set_bitrate(&s, 63999, &f) < 0 && f.kind == FAULT_BAD_BITRATE, "%s", f.words);
	ok(settings_set_bitrate(&s, UINT64_MAX, &f) < 0 && s.encoder.bitrate == 3000000,
		"one that is no number of ours");
}

int main(void)
{
	const char *const outputs[] = { "/tmp/a.ts", NULL };
	const struct settings_request request = { .no_files = true, .outputs = outputs };
	struct conf_report report = { 0 };

	if (settings_load(&request, &s, NULL, &report) < 0)
		abort();
	conf_report_deinit(&report);
	test_names_and_urls();
	test_limit();
	test_remove();
	test_hevc();
	test_bitrate();
	settings_deinit(&s);
	return tap_done();
}
