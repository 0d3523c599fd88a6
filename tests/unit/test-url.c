/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/url.h"
#include "tests/tap.h"

struct pair {
	const char *in, *out;
};

static const struct pair urls[] = {
	/* what an operator needs stays */
	{ "rtmp://10.0.0.1:1935/game", "rtmp://10.0.0.1:1935/game" },
	{ "srt://host:9000?mode=caller&latency=200000",
		"srt://host:9000?mode=caller&latency=200000" },
	{ "srt://:9000?mode=listener", "srt://:9000?mode=listener" },
	{ "srt://[fe80::1%eth0]:9000", "srt://[fe80::1%eth0]:9000" },
	{ "https://host/path/list.m3u8", "https://host/path/list.m3u8" },
	{ "rtsp://b\xc3\xbchne.example/a", "rtsp://b\xc3\xbchne.example/a" },
	{ "file:///srv/rec/a.mkv", "file:///srv/rec/a.mkv" },
	{ "/srv/rec/a.mkv", "/srv/rec/a.mkv" },
	{ "tone:ppm=5000", "tone:ppm=5000" },
	{ "", "" },
	/* stream keys */
	{ "rtmp://a.rtmp.youtube.com/live2/abcd-efgh", "rtmp://a.rtmp.youtube.com/live2/***" },
	{ "RTMPS://h/app/inst/key/", "RTMPS://h/app/***" },
	{ "rtmp://h//app//key", "rtmp://h//app/***" },
	{ "rtmp://h/live%2Fkey", "rtmp://h/live/***" },
	{ "rtmp://h/app playpath=key token=x", "rtmp://h/app/***" },
	{ "rtmp://h/app?key", "rtmp://h/app?***" },
	{ "rtmp://h/game/x?vhost=prod&token=abc", "rtmp://h/game/***?vhost=prod&token=***" },
	/* users */
	{ "rtsp://user:pw@host:554/a", "rtsp://user:***@host:554/a" },
	{ "rtmp://user:pa:ss@word@host/app", "rtmp://user:***@host/app" },
	{ "rtsp://user:p%40ss@host/a", "rtsp://user:***@host/a" },
	{ "https://token@host/a", "https://***@host/a" },
	{ "https://user%3Apw@host/a", "https://***@host/a" },
	/* passwords that break the URL */
	{ "rtmp://user:pa/ss@host/app", "rtmp://***" },
	{ "rtmp://user:12/34@host/app", "rtmp://***" },
	{ "rtmp://user:pa?ss@host/app", "rtmp://***" },
	{ "rtmp://user:p@ss/wo@host/app", "rtmp://***" },
	{ "rtmp://user:pa ss@host/app", "rtmp://user:***@host/app" },
	{ "https://to/ken@host/a", "https://to/***" },
	/* queries */
	{ "srt://h:1?streamid=#!::r=live/x,m=publish&passphrase=12345",
		"srt://h:1?streamid=***&passphrase=***" },
	{ "srt://h:1?Mode=caller;Passphrase=geheim", "srt://h:1?Mode=caller;Passphrase=***" },
	{ "https://h/a?dG9rZW4=", "https://h/a?***" },
	{ "https://h/a?to%6ben=x", "https://h/a?***" },
	{ "https://h/a?mode=%70w", "https://h/a?mode=***" },
	{ "https://h/a?&x=1&&", "https://h/a?&x=***&&" },
	{ "https://h/a#secret", "https://h/a#***" },
	{ "https://h/proxy/rtmp://h/app/key", "https://h/***" },
	{ "srt://h:9000,rtmp://h/app/key", "srt://***" },
	{ "async:rtmp://h/app/key", "async:rtmp://h/app/***" },
	/* templates are no secrets */
	{ "rtmp://${host}/game/${machine}_${role}?vhost=x&token=${credential:srs}",
		"rtmp://${host}/game/${machine}_${role}?vhost=x&token=${credential:srs}" },
	{ "rtmp://u:${credential:pw}@h/app/key${card}", "rtmp://u:${credential:pw}@h/app/***" },
};

static const struct pair texts[] = {
	{ "nothing to hide: 50 % of a://", "nothing to hide: 50 % of a://" },
	{ "Cannot open rtmp://h/app/key: Connection refused",
		"Cannot open rtmp://h/app/***: Connection refused" },
	{ "[tcp @ 0x1] 'rtmp://u:p@h/a/k' and (SRT://h:1?passphrase=x), 3 times",
		"[tcp @ 0x1] 'rtmp://u:***@h/a/***' and (SRT://h:1?passphrase=***), 3 times" },
	{ "url=rtmp://h/a/k\nrtmp://h/b/l", "url=rtmp://h/a/***\nrtmp://h/b/***" },
	{ "rtmp://h/a/k|rtmp://h/b/l", "rtmp://h/a/***" },
};

static void check(char *(*fn)(const char *), const struct pair *p)
{
	_cleanup_(freep) char *once = fn(p->in), *twice = NULL;

	twice = once ? fn(once) : NULL;
	ok(once && strcmp(once, p->out) == 0, "'%s'", p->out);
	if (once && strcmp(once, p->out) != 0)
		printf("# got '%s'\n", once);
	ok(twice && strcmp(once, twice) == 0, "masking twice changes nothing");
}

static const char *lookup(const char *name, void *userdata)
{
	(void) userdata;
	return strcmp(name, "machine") == 0 ? "egm-101" : strcmp(name, "empty") == 0 ? "" : NULL;
}

static bool expands(const char *text, const char *expected)
{
	_cleanup_(freep) char *result = NULL;
	char why[128];
	int r = url_expand(text, lookup, NULL, &result, why, sizeof(why));

	if (r < 0 || strcmp(result, expected) != 0)
		printf("# %d '%s' %s\n", r, r < 0 ? "" : result, why);
	return r == 0 && strcmp(result, expected) == 0;
}

/* The error, with why in words that hold this. */
static bool fails(const char *text, int error, const char *words)
{
	char *result = NULL, why[128] = "";
	int r = url_expand(text, lookup, NULL, &result, why, sizeof(why));

	if (r != error || !strstr(why, words))
		printf("# %d '%s'\n", r, why);
	return r == error && !result && strstr(why, words);
}

static void test_expand(void)
{
	char longest[200];

	ok(expands("rtmp://h/game/${machine}?x=${machine}", "rtmp://h/game/egm-101?x=egm-101"),
		"names are expanded");
	ok(expands("", ""), "nothing");
	ok(expands("a${empty}b", "ab"), "an empty value");
	ok(expands("$$ $${machine} $x $", "$ ${machine} $x $"), "dollars");
	ok(fails("${nobody}", -ENOKEY, "nobody"), "an unknown name");
	ok(fails("${}", -ENOKEY, ""), "an empty name");
	ok(fails("x${machine", -EINVAL, "}"), "no end");
	memset(longest, 'n', sizeof(longest));
	memcpy(longest, "${", 2);
	memcpy(longest + sizeof(longest) - 2, "}", 2);
	ok(fails(longest, -ENOKEY, "bytes"), "a name that is too long");
}

static void test_credentials(const char *folder)
{
	_cleanup_(freep) char *big = calloc(1, 5001), *many = NULL;
	char path[256], why[128];
	size_t size;
	FILE *f;

	unsetenv("CREDENTIALS_DIRECTORY");
	ok(fails("${credential:srs}", -ENOKEY, "srs"), "no folder of credentials");
	ok(url_check("${credential:srs}", lookup, NULL, why, sizeof(why)) == 0,
		"a check takes it for present");
	ok(url_check("${credential:../x}", lookup, NULL, why, sizeof(why)) == -ENOKEY,
		"but not its name for good");
	ok(url_check("${nobody}", lookup, NULL, why, sizeof(why)) == -ENOKEY, "nor unknown names");

	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	snprintf(path, sizeof(path), "%s/srs", folder);
	ok(file_write(path, "s3cret \n\n", 9, 0600, 0) == 0, "a credential");
	ok(expands("k=${credential:srs}&", "k=s3cret&"), "trailing white space is cut");
	snprintf(path, sizeof(path), "%s/keys_dir", folder);
	ok(file_write(path, "fromdir", 7, 0600, 0) == 0, "a credential of a folder");
	ok(expands("${credential:dir}", "fromdir"), "is found by its own name");
	ok(fails("${credential:absent}", -ENOKEY, "absent"), "a missing one is named");
	ok(fails("${credential:../srs}", -ENOKEY, "no name"), "no way out of the folder");
	ok(fails("${credential:}", -ENOKEY, "no name"), "no name at all");
	snprintf(path, sizeof(path), "%s/bad", folder);
	ok(file_write(path, "a\nb", 3, 0600, 0) == 0 &&
			fails("${credential:bad}", -ENOKEY, "control"),
		"several lines are no credential");
	ok(file_write(path, " \n", 2, 0600, 0) == 0 && fails("${credential:bad}", -ENOKEY, "empty"),
		"neither is nothing");
	memset(big, 'x', 5000);
	ok(file_write(path, big, 5000, 0600, 0) == 0 && fails("${credential:bad}", -ENOKEY, "bad"),
		"4 KiB is the limit");
	ok(file_write(path, big, 4096, 0600, 0) == 0, "the longest credential");
	f = open_memstream(&many, &size);
	for (int i = 0; i < 5; i++)
		fputs("${credential:bad}", f);
	fclose(f);
	ok(fails(many, -E2BIG, "bytes"), "the result is bounded");
}

static bool shown_as(const char *password, const char *expected)
{
	_cleanup_(freep) char *masked = url_mask_password(password);

	return masked && strcmp(masked, expected) == 0;
}

static void test_password(void)
{
	ok(shown_as("s3cr3t", "***") && shown_as("http://h/a", "***"), "a password is not shown");
	ok(shown_as("${credential:a}", "${credential:a}"), "where it comes from is");
	ok(shown_as("${credential:a}x", "***") && shown_as("$", "***"), "but nothing beside it");
	ok(shown_as("", ""), "none is none");
}

int main(void)
{
	char folder[] = "/tmp/test-url.XXXXXX";
	static const char *const names[] = { "srs", "keys_dir", "bad" };

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++)
		check(url_mask, &urls[i]);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		check(url_mask_text, &texts[i]);
	test_expand();
	if (!mkdtemp(folder))
		return 1;
	test_credentials(folder);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void) unlink(path);
	}
	(void) rmdir(folder);
	test_password();
	return tap_done();
}
