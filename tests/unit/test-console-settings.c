/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's settings: what is taken, what is refused and at which line, and what is shown. */
#include "console/settings.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/secret.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"
#include "tests/unit/folder.h"

static bool load(const char *text, struct console_settings *ret, char *finding, size_t size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	int r;

	write_text("console.conf", text);
	r = console_settings_load(".", ret, NULL, &report);
	first_finding(&report, finding, size);
	ok((r < 0) == (report.errors > 0), "errors and the result go together");
	return r == 0;
}

/* "" in start: it is taken without a word. */
static void check(const char *text, bool good, const char *start, const char *name)
{
	struct console_settings s;
	char finding[512];
	bool loaded = load(text, &s, finding, sizeof(finding));

	ok(loaded == good && (*start ? strncmp(finding, start, strlen(start)) == 0 : !*finding),
		"%s", name);
	if (loaded)
		console_settings_deinit(&s);
	if (strncmp(finding, start, strlen(start)) != 0)
		printf("# got %s\n", finding);
}

static void test_defaults(void)
{
	struct console_listen at[CONSOLE_LISTEN_MAX];
	struct console_settings s;
	char finding[512], bad[64];

	ok(load("", &s, finding, sizeof(finding)) && !*finding, "an empty file is fine");
	ok(console_settings_listen(&s, at, bad, sizeof(bad)) == 1 && at[0].port == 8080 &&
			!strcmp(at[0].address, "127.0.0.1"),
		"it listens on the loopback");
	ok(s.n_tokens == 0 && s.n_open_to == 0 && !*s.tls.client_ca, "and nobody gets in");
	console_settings_deinit(&s);
	(void) unlink("console.conf");
	{
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };

		ok(console_settings_load(".", &s, NULL, &report) == 0 && report.n == 0,
			"no file is fine, too");
		console_settings_deinit(&s);
	}
}

static void test_values(void)
{
	struct console_listen at[CONSOLE_LISTEN_MAX];
	_cleanup_(freep) const char **words = NULL;
	struct console_settings s;
	char finding[512], bad[64];

	ok(load("listen = ( \"0.0.0.0:80\", \"[fd00::1]:8080\" );\n"
		"open_to = ( \"127.0.0.1/32\", { network = \"10.0.0.0/8\"; roles = ( \"view\", "
		"\"teach\" ); } );\n"
		"tokens = ( { name = \"a\"; roles = \"operate\"; token = \"${credential:a}\"; },"
		"{ name = \"b\"; file = \"/etc/b\"; } );\n"
		"hosts = \"egm egm.example\"; origins = [ \"https://a.example:8443\" ];\n"
		"tls: { certificate = \"/c\"; key = \"${credential:k}\"; client_ca = \"/d\"; };\n"
		"limits: { body = \"1M\"; rate = 5; };",
		   &s, finding, sizeof(finding)),
		"a whole file");
	printf("# %s\n", finding);
	ok(console_settings_listen(&s, at, bad, sizeof(bad)) == 2 && at[1].port == 8080 &&
			!strcmp(at[1].address, "fd00::1"),
		"two addresses");
	ok(s.n_open_to == 2 && !strcmp(s.open_to[0].roles, "view") &&
			!strcmp(s.open_to[1].roles, "view, teach"),
		"networks with and without roles");
	ok(s.n_tokens == 2 && !strcmp(s.tokens[1].roles, "view") && s.limits.body_bytes == 1 << 20,
		"tokens, limits");
	words = console_words(s.hosts);
	ok(words && !strcmp(words[0], "egm") && !strcmp(words[1], "egm.example") && !words[2],
		"words as an array");
	console_settings_deinit(&s);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *start;
	} cases[] = {
		{ "listen = \"8080\";", "1 listen: \"8080\" is no address" },
		{ "\nlisten = \"localhost:80\";", "2 listen: \"localhost:80\" is no" },
		{ "listen = \"127.0.0.1:0\";", "1 listen: \"127.0.0.1:0\"" },
		{ "listen = \"127.0.0.1:65536\";", "1 listen: \"127.0.0.1:65536\"" },
		{ "listen = \"127.0.0.1:80x\";", "1 listen: \"127.0.0.1:80x\"" },
		{ "listen = \"::1:80\";", "1 listen: \"::1:80\"" },
		{ "listen = \"[::1:80\";", "1 listen: \"[::1:80\"" },
		{ "listen = \"[]:80\";", "1 listen: \"[]:80\"" },
		{ "listen = \":80\";", "1 listen: \":80\"" },
		{ "listen = ();", "1 listen: " },
		{ "listen = \", ,\";", "1 listen: needs an address" },
		{ "listen = \"1.1.1.1:1 1.1.1.1:2 1.1.1.1:3 1.1.1.1:4 1.1.1.1:5 1.1.1.1:6 "
		  "1.1.1.1:7 1.1.1.1:8 1.1.1.1:9\";",
			"1 listen: must not be more than 8" },
		{ "listen = \"[::1]:80 [::1]:80\";", "1 listen: has an address twice" },
		{ "hosts = \"http://egm\";", "1 hosts: \"http://egm\" is no name" },
		{ "origins = \"egm\";", "1 origins: \"egm\" must be" },
		{ "origins = \"https://\";", "1 origins: \"https://\" must be" },
		{ "origins = \"https://a/\";", "1 origins: \"https://a/\" must be" },
		{ "origins = \"https://u@a\";", "1 origins: \"https://u@a\" must be" },
		{ "tls: { certificate = \"/c\"; };", "0 tls.key: is needed" },
		{ "tls: { key = \"/c\"; };", "0 tls.certificate: is needed" },
		{ "tls: { client_ca = \"/c\"; };", "1 tls.client_ca: needs" },
		{ "tls: { certificate = \"c\"; key = \"/k\"; };",
			"1 tls.certificate: must be a path" },
		{ "tls: { client_roles = \"all\"; };",
			"1 tls.client_roles: \"all\" is not a list" },
		{ "open_to = ( \"home\" );", "1 open_to[0].network: must be a network" },
		{ "open_to = ( \"10.0.0.0/33\" );", "1 open_to[0].network: must be a network" },
		{ "open_to = ( \"10.0.0.0/\" );", "1 open_to[0].network: must be a network" },
		{ "open_to = ( \"fd00::/129\" );", "1 open_to[0].network: must be a network" },
		{ "open_to = ( { roles = \"view\"; } );",
			"1 open_to[0].network: must be a network" },
		{ "open_to = ( { network = \"::1\"; roles = \"root\"; } );",
			"1 open_to[0].roles: \"root\" is not" },
		{ "tokens = ( { name = \"a\"; } );", "1 tokens[0].token: or file" },
		{ "tokens = ( { token = \"${credential:a}\"; } );", "1 tokens[0].name: is needed" },
		{ "tokens = ( { name = \"a\"; file = \"b\"; } );",
			"1 tokens[0].file: must be a path" },
		{ "tokens = ( { name = \"a\"; file = \"/b\"; token = \"${credential:a}\"; } );",
			"1 tokens[0].file: and token" },
		{ "tokens = ( { name = \"a\"; token = \"short\"; } );",
			"1 tokens[0].token: must have 16" },
		{ "tokens = ( { name = \"a\"; token = \"${card}\"; } );", "1 tokens[0].token: " },
		{ "tokens = ( { name = \"a\"; file = \"/b\"; roles = \"\"; } );",
			"1 tokens[0].roles: " },
		{ "tokens = ( { name = \"a\"; file = \"/b\"; },\n{ name = \"a\"; file = \"/c\"; } "
		  ");",
			"2 tokens[1].name: \"a\" is the name of tokens[0]" },
		{ "limits: { clients = 10; per_address = 20; };",
			"1 limits.per_address: must not" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(cases[i].text, false, cases[i].start, cases[i].text);
	check("tokens = ( { name = \"a\"; token = \"0123456789abcdef\"; } );", true,
		"1 tokens[0].token: stands here", "a token in the file is a warning");
	check("open_to = \"127.0.0.1\";", true, "", "one network alone");
	check("open_to = ( \"fd00::/8\", \"0.0.0.0/0\", \"::1\" );", true, "", "networks");
}

static void test_secrets(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct console_settings s;
	char *dump = NULL, *text = NULL, why[256] = "";
	size_t size;
	FILE *f;

	write_text("console.conf",
		"tokens = ( { name = \"a\"; token = \"0123456789abcdef\"; }, { name = \"b\"; token "
		"= "
		"\"${credential:b}\"; }, { name = \"c\"; file = \"/nowhere/at/all\"; } );\n");
	ok(console_settings_load(".", &s, &c, &report) == 0, "a secret in the file");
	f = open_memstream(&dump, &size);
	conf_dump(c, f);
	fclose(f);
	ok(!strstr(dump, "0123456789abcdef") && strstr(dump, "${credential:b}"),
		"it is not shown, its name is");
	free(dump);
	ok(console_settings_token(&s.tokens[0], &text, why, sizeof(why)) == 0 &&
			!strcmp(text, "0123456789abcdef"),
		"a token");
	secret_free(text);
	setenv("CREDENTIALS_DIRECTORY", ".", 1);
	ok(console_settings_token(&s.tokens[1], &text, why, sizeof(why)) == -ENOKEY &&
			strstr(why, "b"),
		"one that is missing: %s", why);
	write_text("keys_b", "the-token-of-somebody\n");
	ok(console_settings_token(&s.tokens[1], &text, why, sizeof(why)) == 0 &&
			!strcmp(text, "the-token-of-somebody"),
		"a credential");
	secret_free(text);
	ok(console_settings_token(&s.tokens[2], &text, why, sizeof(why)) == -ENOENT &&
			strstr(why, "/nowhere/at/all"),
		"a file that is missing: %s", why);
	free(s.tokens[2].file);
	s.tokens[2].file = strdup("keys_b");
	ok(console_settings_token(&s.tokens[2], &text, why, sizeof(why)) == 0 &&
			!strcmp(text, "the-token-of-somebody"),
		"a file");
	secret_free(text);
	console_settings_deinit(&s);
	ok(console_settings_pem("", &text, why, sizeof(why)) == 0 && !text, "no certificate");
	ok(console_settings_pem("/nowhere", &text, why, sizeof(why)) == -ENOENT, "none there");
	ok(console_settings_pem("${credential:b}", &text, why, sizeof(why)) == 0 &&
			!strncmp(text, "the-token", 9),
		"one that is a credential");
	secret_free(text);
}

static void test_folder(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct console_settings s;

	write_text("console.conf", "listen = \"127.0.0.1:1\"; log_level = \"debug\";\n");
	if (mkdir("console.conf.d", 0755) < 0)
		abort();
	write_text("console.conf.d/10-x.conf", "listen = \"127.0.0.1:2\";\n");
	write_text("console.conf.d/20-y.conf", "listen = \"127.0.0.1:3\";\n");
	ok(console_settings_load(".", &s, NULL, &report) == 0 && !strcmp(s.listen, "127.0.0.1:3") &&
			s.log_level == CONSOLE_LOG_DEBUG,
		"the last of the folder wins, the rest stays");
	console_settings_deinit(&s);
	wipe("console.conf.d");
}

int main(void)
{
	enter_folder();
	test_defaults();
	test_values();
	test_refused();
	test_secrets();
	test_folder();
	leave_folder();
	return tap_done();
}
