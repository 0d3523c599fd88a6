/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings/settings-notify.h"

#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"
#include "tests/unit/folder.h"

/* The first finding about a text: "line key: text", "" for none. */
static const char *finding_of(const char *settings, char *buf, size_t size)
{
	const struct settings_request q = { .config_dir = ".", .card = "port1" };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct settings s;

	write_text("streamer.conf", settings);
	if (settings_load(&q, &s, NULL, &report) == 0)
		settings_deinit(&s);
	return first_finding(&report, buf, size);
}

static void test_findings(void)
{
	static const char *const good[] = { "webhooks = ( { url = \"https://h/a\"; } );",
		"webhooks = ( { url = \"HTTP://${machine}/\"; states = \"A, B\"; } );",
		"webhooks = ( { url = \"${credential:all}\"; secret = \"${credential:s}\"; } );",
		"webhooks = ( { url = \"ftp://h\"; enabled = false; } );",
		"telegram: { token = \"1:a\"; chat = \"@c\"; };",
		"mqtt: { host = \"fe80::1\"; prefix = \"egm/${machine}/x\"; };",
		"mqtt: { user = \"u\"; password = \"${credential:mqtt}\"; };",
		"notify: { backoff_min = \"5min\"; };" };
	static const struct {
		const char *settings, *finding;
	} bad[] = {
		{ "webhooks = ( {\nurl = \"ftp://h\"; } );", "2 webhooks[0].url: must be http://" },
		{ "webhooks = (\n{ } );", "2 webhooks[0].url: must be http://" },
		{ "webhooks = ( {\nurl = \"http://${hots}/\"; } );",
			"2 webhooks[0].url: unknown name ${hots}" },
		{ "webhooks = ( { url = \"http://h\";\nsecret = \"${credential:../x}\"; } );",
			"2 webhooks[0].secret: '../x' is no name" },
		{ "webhooks = ( { url = \"http://h\";\nname = \"A\"; } );",
			"2 webhooks[0].name: must begin" },
		{ "webhooks = ( { url = \"http://h\"; name = \"a\"; },\n{ url = \"http://i\";\n"
		  "name = \"a\"; } );",
			"3 webhooks[1].name: \"a\" is the name of webhooks[0]" },
		{ "webhooks = ( { url = \"http://h\"; name = \"hook2\"; },\n{ url = \"http://i\"; "
		  "} );",
			"2 webhooks[1].name: \"hook2\" is the name of webhooks[0]" },
		{ "webhooks = ( { url = \"http://h\";\nca_file = \"ca.pem\"; } );",
			"2 webhooks[0].ca_file: must be empty or a path" },
		{ "webhooks = ( { url = \"http://h\";\nstates = \"A;B\"; } );",
			"2 webhooks[0].states: must be empty or names" },
		{ "webhooks = ( { url = \"http://h\";\nurl2 = \"\"; } );",
			"2 webhooks[0].url2: unknown" },
		{ "telegram: {\ntoken = \"1:a\"; };", "2 telegram.token: needs telegram.chat" },
		{ "telegram: {\nurl = \"api.telegram.org\"; };",
			"2 telegram.url: must be http://" },
		{ "telegram: {\nchat = \"${nobody}\"; };", "2 telegram.chat: unknown name" },
		{ "telegram: {\nstates = \"A/B\"; };", "2 telegram.states: must be empty" },
		{ "mqtt: {\nhost = \"mqtt://h\"; };", "2 mqtt.host: must be a name" },
		{ "mqtt: {\nprefix = \"a/#\"; };", "2 mqtt.prefix: must not hold" },
		{ "mqtt: {\nprefix = \"/a\"; };", "2 mqtt.prefix: must not hold" },
		{ "mqtt: {\nprefix = \"a//b\"; };", "2 mqtt.prefix: must not hold" },
		{ "mqtt: {\nprefix = \"$SYS\"; };", "2 mqtt.prefix: must not hold" },
		{ "mqtt: {\nprefix = \"\"; };", "2 mqtt.prefix: " },
		{ "mqtt: {\nport = 0; };", "2 mqtt.port: " },
		{ "mqtt: {\npassword = \"p\"; };", "2 mqtt.password: needs mqtt.user" },
		{ "mqtt: {\nca_file = \"/ca.pem\"; };", "2 mqtt.ca_file: is not used" },
		{ "notify: {\nbackoff_min = \"6min\"; };",
			"2 notify.backoff_min: must not be longer" },
	};
	char buf[512];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ok(!*finding_of(good[i], buf, sizeof(buf)), "%s %s", good[i], buf);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		finding_of(bad[i].settings, buf, sizeof(buf));
		ok(strncmp(buf, bad[i].finding, strlen(bad[i].finding)) == 0, "%s", bad[i].finding);
		if (strncmp(buf, bad[i].finding, strlen(bad[i].finding)) != 0)
			printf("# got %s\n", buf);
	}
}

static const char all[] =
	"machine = \"m1\"; role = \"cam\";\n"
	"webhooks = ( { name = \"a\"; url = \"https://h/${credential:a}\"; states = \"A\";\n"
	"               secret = \"s3cr3t\"; ca_file = \"/ca\"; },\n"
	"             { name = \"off\"; url = \"https://off/\"; enabled = false; },\n"
	"             { name = \"gone\"; url = \"https://h/${credential:gone}\"; },\n"
	"             { name = \"odd\"; url = \"${credential:a}\"; },\n"
	"             { name = \"b\"; url = \"http://${machine}/${card}\"; } );\n"
	"telegram: { token = \"${credential:a}\"; chat = \"-1\"; client = \"${role}\"; };\n"
	"mqtt: { host = \"h\"; tls = true; user = \"u\"; password = \"pa55word\";\n"
	"        prefix = \"x/${machine}\"; discovery = true; };\n"
	"notify: { spool_notices = 10; spool_bytes = \"64K\"; timeout = \"3s\"; };\n";

static bool load(struct settings *s, struct conf **c)
{
	const struct settings_request q = { .config_dir = ".", .card = "port1" };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r = settings_load(&q, s, c, &report);

	show(&report);
	return r == 0 && report.n == 0;
}

static void test_filled(void)
{
	struct settings_notifier n;
	const struct notifier_settings *f = &n.settings;
	struct settings s;
	char why[256];

	write_text("streamer.conf", all);
	write_text("a", "t0ken\n");
	setenv("CREDENTIALS_DIRECTORY", ".", 1);
	ok(load(&s, NULL), "a file");
	ok(settings_notifier(&s, "port1", &n, why, sizeof(why)) == 2, "two are left out");
	ok(!strcmp(why, "webhook odd: must be http:// or https://"), "and why: %s", why);
	ok(!strcmp(f->card, "port1") && !strcmp(f->machine, "m1") && !strcmp(f->role, "cam") &&
			!f->folder,
		"who tells");
	ok(f->n_webhooks == 2 && !strcmp(f->webhooks[0].name, "a") &&
			!strcmp(f->webhooks[0].url, "https://h/t0ken") &&
			!strcmp(f->webhooks[0].secret, "s3cr3t") &&
			!strcmp(f->webhooks[0].ca_file, "/ca") &&
			!strcmp(f->webhooks[0].states, "A"),
		"a webhook");
	ok(!strcmp(f->webhooks[1].name, "b") && !strcmp(f->webhooks[1].url, "http://m1/port1") &&
			!*f->webhooks[1].secret,
		"another");
	ok(!strcmp(f->telegram.token, "t0ken") && !strcmp(f->telegram.chat, "-1") &&
			!strcmp(f->telegram.client, "cam") &&
			!strcmp(f->telegram.base, "https://api.telegram.org"),
		"Telegram");
	ok(!strcmp(f->mqtt.host, "h") && f->mqtt.port == 1883 && f->mqtt.tls && f->mqtt.discovery &&
			!strcmp(f->mqtt.user, "u") && !strcmp(f->mqtt.password, "pa55word") &&
			!strcmp(f->mqtt.prefix, "x/m1"),
		"MQTT");
	ok(f->spool_notices == 10 && f->spool_bytes == 65536 &&
			f->timeout_usec == 3 * USEC_PER_SEC &&
			f->backoff_min_usec == USEC_PER_SEC &&
			f->backoff_max_usec == 300 * USEC_PER_SEC,
		"limits");
	settings_notifier_deinit(&n);
	ok(!n.webhooks && n.n_texts == 0, "nothing dangles");
	settings_deinit(&s);
}

static void test_dump(void)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	_cleanup_(freep) char *text = NULL;
	struct settings s;
	size_t size;
	FILE *f;

	write_text("streamer.conf", all);
	ok(load(&s, &c), "the same file");
	f = open_memstream(&text, &size);
	conf_dump(c, f);
	fclose(f);
	ok(!strstr(text, "s3cr3t") && !strstr(text, "pa55word"), "passwords are not shown");
	ok(strstr(text, "secret = \"***\"") && strstr(text, "password = \"***\""),
		"but that they are");
	ok(strstr(text, "token = \"${credential:a}\"") != NULL, "and which credential it is");
	settings_deinit(&s);
}

/* As many as there may be. */
static void test_full(void)
{
	struct settings_notifier n;
	struct settings s;
	char why[256];

	write_text("streamer.conf",
		"webhooks = ( { url = \"http://a\"; }, { url = \"http://b\"; }, { url = "
		"\"http://c\"; }, { url = \"http://d\"; }, { url = \"http://e\"; }, { url = "
		"\"http://f\"; }, { url = \"http://g\"; }, { url = \"http://h\"; } );\n"
		"telegram: { token = \"t\"; chat = \"c\"; }; mqtt: { host = \"h\"; };\n");
	ok(load(&s, NULL) && settings_notifier(&s, NULL, &n, why, sizeof(why)) == 0 &&
			n.settings.n_webhooks == 8 && !strcmp(n.settings.webhooks[7].name, "hook8"),
		"eight webhooks");
	settings_notifier_deinit(&n);
	settings_deinit(&s);
}

static void test_nothing(void)
{
	struct settings_notifier n;
	struct settings s;
	char why[256];

	write_text("streamer.conf", "");
	ok(load(&s, NULL) && settings_notifier(&s, NULL, &n, why, sizeof(why)) == 0 &&
			n.settings.n_webhooks == 0 && !n.settings.telegram.token &&
			!n.settings.mqtt.host && !*why,
		"nobody is told by default");
	settings_notifier_deinit(&n);
	settings_deinit(&s);
}

int main(void)
{
	enter_folder();
	test_findings();
	test_filled();
	test_dump();
	test_full();
	test_nothing();
	leave_folder();
	return tap_done();
}
