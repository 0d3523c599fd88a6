/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text through masking and expanding. In any text: masking twice is masking once, and nothing
 * is read or written where it must not be. With a secret that is known, made of the input, in every
 * place where one can stand: the mask does not hold it.
 */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/url.h"
#include "tests/fuzz/fuzz.h"

#define SECRET_MIN 4
#define SECRET_MAX 64

/* Where secrets stand: %s is one. No secret can hold what divides a URL at its place. */
static const struct {
	const char *template, *without;
} places[] = {
	{ "rtmp://user:%s@host/app", "?" },
	{ "RTSP://user:%s@host:554/path?mode=x", "?" },
	{ "https://%s@host/path", ":/?#" },
	{ "rtmp://host/app/%s", "?" },
	{ "rtmps://host:443/live2/%s?vhost=x", "?" },
	{ "rtmp://host/app/instance/%s/", "?" },
	{ "rtmp://host/app?%s", "&;=" },
	{ "srt://host:9000?mode=caller&passphrase=%s&latency=20", "&;" },
	{ "srt://host:9000?streamid=%s", "&;" },
	{ "https://host/a.m3u8?token=%s#fragment", "&;" },
	{ "https://host/a#%s", "" },
	{ "srt://host:9000?a=1;key=%s", "&;" },
	{ "rtmp://host:1935/app/%s rtmp://host/app/other", "?" },
};

/* White space ends a URL in a text, a reference of a template is no secret, and '*' is the mask's.
 */
static size_t make_secret(
	const uint8_t *data, size_t size, const char *without, char secret[SECRET_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < size && n < SECRET_MAX; i++)
		if (data[i] > ' ' && data[i] != 0x7f && !strchr("$*", data[i]) &&
			!strchr(without, data[i]))
			secret[n++] = (char) data[i];
	secret[n] = '\0';
	/* Punctuation at the end of a URL is the sentence's. */
	return secret[strspn(secret, "'\",.:;)]>!")] ? n : 0;
}

/* What is shown consists of pieces of the template; the secret may be one of those by accident. */
static void must_hide(const char *shown, const char *template, const char *secret)
{
	if (strstr(shown, secret) && !strstr(template, secret)) {
		fprintf(stderr, "'%s' is in '%s'\n", secret, shown);
		abort();
	}
}

static void check_secret(const char *template, const char *secret)
{
	_cleanup_(freep) char *url = NULL, *shown = NULL, *in_text = NULL;
	const char *gap = strstr(template, "%s");

	must(asprintf(&url, "%.*s%s%s", (int) (gap - template), template, secret, gap + 2) >= 0);
	shown = url_mask(url);
	in_text = url_mask_text(url);
	must(shown && in_text);
	must_hide(shown, template, secret);
	must_hide(in_text, template, secret);
}

static const char *lookup(const char *name, void *userdata)
{
	(void) userdata;
	return strlen(name) < 8 ? "value" : NULL;
}

static void check_any(const char *text)
{
	_cleanup_(freep) char *a = url_mask(text), *b = NULL, *c = url_mask_text(text), *d = NULL;
	_cleanup_(freep) char *expanded = NULL;
	char why[256], why_check[256];
	int r, checked;

	must(a && c);
	b = url_mask(a);
	d = url_mask_text(c);
	must(b && strcmp(a, b) == 0);
	must(d && strcmp(c, d) == 0);
	must(strstr(text, "://") || (strcmp(a, text) == 0 && strcmp(c, text) == 0));
	r = url_expand(text, lookup, NULL, &expanded, why, sizeof(why));
	checked = url_check(text, lookup, NULL, why_check, sizeof(why_check));
	must(r == 0 || r == -ENOKEY || r == -EINVAL || r == -E2BIG);
	must((r == 0) == !*why && (checked == 0) == !*why_check && (r < 0 || checked == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = malloc(size + 1);
	char secret[SECRET_MAX + 1];

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check_any(text);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (make_secret(data, size, places[i].without, secret) >= SECRET_MIN)
			check_secret(places[i].template, secret);
	return 0;
}
