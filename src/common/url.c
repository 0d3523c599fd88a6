/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Masking works from what is known to be harmless: a part is copied only when its form says that it
 * can hold no secret, all else becomes "***". So a URL that is written wrongly, which is when it
 * ends up in a log, shows less rather than more.
 */
#include "common/url.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define SCHEME_CHARS LETTERS DIGITS "+-."
#define PLAIN_CHARS LETTERS DIGITS "._~-"
#define PARAMETER_NAME_MAX 32

static const char mask[] = "***";

/* Query parameters whose values say how to talk, not who is talking. */
static const char *const harmless[] = { "connect_timeout", "inputbw", "latency", "listen",
	"localaddr", "maxbw", "mode", "mss", "oheadbw", "payload_size", "pbkeylen", "peerlatency",
	"pkt_size", "rcvlatency", "rw_timeout", "tcp_nodelay", "timeout", "tlpktdrop", "transtype",
	"ttl", "vhost", "listen_timeout" };

/* A piece of text that is not NUL-terminated. */
struct span {
	const char *p;
	size_t n;
};

static struct span span_until(struct span s, const char *stops)
{
	size_t n = 0;

	while (n < s.n && !strchr(stops, s.p[n]))
		n++;
	return (struct span){ s.p, n };
}

static struct span span_after(struct span s, size_t n)
{
	return (struct span){ s.p + n, s.n - n };
}

static bool span_has(struct span s, const char *what)
{
	return memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static bool span_is(struct span s, const char *word)
{
	return strlen(word) == s.n && strncasecmp(s.p, word, s.n) == 0;
}

static void put(FILE *out, struct span s)
{
	(void) fwrite(s.p, 1, s.n, out);
}

/* The length of a reference ${name} at the start of the text, or 0. */
static size_t reference_length(struct span s)
{
	size_t n = 2;

	if (s.n < 4 || s.p[0] != '$' || s.p[1] != '{')
		return 0;
	while (n < s.n && strchr(LETTERS DIGITS "_.:-", s.p[n]))
		n++;
	return n > 2 && n < s.n && s.p[n] == '}' ? n + 1 : 0;
}

/* How much of the text consists of these characters and of references. */
static size_t leading(struct span s, const char *chars)
{
	size_t n = 0;

	while (n < s.n) {
		size_t reference = reference_length(span_after(s, n));

		if (reference == 0 && (!s.p[n] || !strchr(chars, s.p[n])))
			break;
		n += reference ? reference : 1;
	}
	return n;
}

/* Nothing but references and what joins them: a template, not a secret. */
static bool is_template(struct span s)
{
	return span_has(s, "${") && leading(s, "/_.-") == s.n;
}

static void put_masked(FILE *out, struct span s)
{
	if (is_template(s))
		put(out, s);
	else
		fputs(mask, out);
}

/* host, host:port or [address]:port, each maybe empty or a template. */
static bool is_host_port(struct span s)
{
	size_t n = 0;

	if (s.n > 0 && s.p[0] == '[') {
		n = 1 + leading(span_after(s, 1), LETTERS DIGITS ":.%_~-");
		if (n >= s.n || s.p[n] != ']')
			return false;
		n++;
	} else {
		/* Bytes above 127: an international name that nobody has converted. */
		while (n < s.n) {
			size_t more = leading(span_after(s, n), PLAIN_CHARS);

			n += more;
			if (more == 0 && (unsigned char) s.p[n] < 0x80)
				break;
			n += more == 0;
		}
	}
	if (n < s.n && s.p[n] == ':')
		n += 1 + leading(span_after(s, n + 1), DIGITS);
	return n == s.n;
}

/* Everything before the last '@' is the user's, however many of them a password holds. */
static size_t userinfo_length(struct span authority)
{
	size_t n = authority.n;

	while (n > 0 && authority.p[n - 1] != '@')
		n--;
	return n;
}

static void put_userinfo(FILE *out, struct span s)
{
	struct span user = span_until(s, ":");

	if (user.n < s.n && leading(user, PLAIN_CHARS) == user.n) {
		put(out, user);
		fputc(':', out);
		put_masked(out, span_after(s, user.n + 1));
	} else {
		put_masked(out, s);
	}
	fputc('@', out);
}

static void put_parameter(FILE *out, struct span s)
{
	struct span name = span_until(s, "="), value;

	if (s.n == 0)
		return;
	value = span_after(s, name.n + (name.n < s.n));
	/* "dG9rZW4=" is base64, not a name without a value. */
	if (name.n == s.n || name.n > PARAMETER_NAME_MAX || leading(name, PLAIN_CHARS) != name.n ||
		strspn(value.p, "=") >= value.n) {
		put_masked(out, s);
		return;
	}
	put(out, name);
	fputc('=', out);
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (span_is(name, harmless[i]) && leading(value, PLAIN_CHARS ":") == value.n) {
			put(out, value);
			return;
		}
	put_masked(out, value);
}

/* '#' does not end a query here: the streamid of SRT begins with one, unescaped as often as not. */
static void put_query(FILE *out, struct span s)
{
	for (;;) {
		struct span parameter = span_until(s, "&;");

		put_parameter(out, parameter);
		if (parameter.n == s.n)
			return;
		fputc(s.p[parameter.n], out);
		s = span_after(s, parameter.n + 1);
	}
}

/* rtmp, rtmps, rtmpt, rtmpe, rtmpte, rtmpts, also with something in front. */
static bool is_rtmp(struct span scheme)
{
	for (size_t i = 0; i + 4 <= scheme.n; i++)
		if (strncasecmp(scheme.p + i, "rtmp", 4) == 0)
			return true;
	return false;
}

/* The application is kept; what follows is the stream, and whoever knows it may publish. */
static void put_rtmp_path(FILE *out, struct span s)
{
	size_t slashes = 0, n;

	while (slashes < s.n && s.p[slashes] == '/')
		slashes++;
	n = slashes + leading(span_after(s, slashes), PLAIN_CHARS);
	put(out, (struct span){ s.p, n });
	if (n == s.n)
		return;
	if (n > slashes)
		fputc('/', out);
	s = span_after(s, n + (s.p[n] == '/'));
	if (s.n > 0)
		put_masked(out, s);
}

static void put_path(FILE *out, struct span scheme, struct span s)
{
	struct span path = span_until(s, "#");

	if (is_rtmp(scheme))
		put_rtmp_path(out, path);
	else if (span_has(path, "@") || span_has(path, "://"))
		fputs("/***", out);
	else
		put(out, path);
	if (path.n < s.n) {
		fputc('#', out);
		put_masked(out, span_after(s, path.n + 1));
	}
}

/* A '?' within a fragment begins nothing. */
static struct span before_query_of(struct span rest)
{
	struct span before = span_until(rest, "?#");

	return before.n < rest.n && rest.p[before.n] == '#' ? rest : before;
}

/* rest is what follows "scheme://". */
static void put_rest(FILE *out, struct span scheme, struct span rest)
{
	struct span authority = span_until(rest, "/?#"), before_query = before_query_of(rest);
	struct span path = span_after(before_query, authority.n);
	size_t userinfo = userinfo_length(authority);
	struct span host = span_after(authority, userinfo);
	bool may_be_password = userinfo > 0 || memchr(authority.p, ':', authority.n);

	if (!is_host_port(host) || (may_be_password && span_has(path, "@"))) {
		fputs(mask, out);
		return;
	}
	if (userinfo > 0)
		put_userinfo(out, (struct span){ authority.p, userinfo - 1 });
	put(out, host);
	put_path(out, scheme, path);
	if (before_query.n < rest.n) {
		fputc('?', out);
		put_query(out, span_after(rest, before_query.n + 1));
	}
}

/* The first "scheme://" of the text: where it begins and how long its scheme is. */
static bool find_url(const char *text, const char **ret_begin, size_t *ret_scheme)
{
	const char *colon = strstr(text, "://"), *begin;

	if (!colon)
		return false;
	for (begin = colon; begin > text && strchr(SCHEME_CHARS, begin[-1]); begin--)
		;
	while (begin < colon && !isalpha((unsigned char) *begin))
		begin++;
	*ret_begin = begin;
	*ret_scheme = (size_t) (colon - begin);
	return true;
}

/* In a text the URL ends at white space; punctuation at its end belongs to the sentence. */
static size_t length_in_text(const char *rest)
{
	size_t n = 0;

	while ((unsigned char) rest[n] > ' ' && rest[n] != 0x7f)
		n++;
	while (n > 0 && strchr("'\",.:;)]>!", rest[n - 1]))
		n--;
	return n;
}

static void put_text(FILE *out, const char *text, bool whole)
{
	const char *begin;
	size_t scheme;

	while (find_url(text, &begin, &scheme)) {
		const char *rest = begin + scheme + 3;
		bool only = whole && begin == text;
		size_t n = only ? strlen(rest) : length_in_text(rest);

		put(out, (struct span){ text, (size_t) (rest - text) });
		put_rest(out, (struct span){ begin, scheme }, (struct span){ rest, n });
		text = rest + n;
		whole = false;
	}
	fputs(text, out);
}

static char *masked(const char *text, bool whole)
{
	_cleanup_(freep) char *buf = NULL;
	size_t size;
	FILE *out = open_memstream(&buf, &size);

	if (!out)
		return NULL;
	put_text(out, text, whole);
	if (fclose(out) != 0)
		return NULL;
	return TAKE_PTR(buf);
}

char *url_mask(const char *url)
{
	return masked(url, true);
}

char *url_mask_text(const char *text)
{
	return masked(text, false);
}

char *url_mask_password(const char *password)
{
	struct span s = { password, strlen(password) };

	return strdup(s.n == 0 || is_template(s) ? password : mask);
}
