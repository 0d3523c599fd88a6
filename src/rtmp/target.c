/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtmp/target.h"

#include <string.h>
#include <strings.h>

#define SCHEME "rtmp://"
#define DEFAULT_PORT "1935"

static size_t authority_size(const char *authority)
{
	return strcspn(authority, "/?#");
}

bool rtmp_target_is_ours(const char *url)
{
	const char *authority = url + strlen(SCHEME);

	return strncasecmp(url, SCHEME, strlen(SCHEME)) == 0 &&
	       !memchr(authority, '@', authority_size(authority)) && !strstr(url, "slist=");
}

void rtmp_target_deinit(struct rtmp_target *t)
{
	free(t->host);
	free(t->port);
	free(t->app);
	free(t->stream);
	free(t->tc_url);
	*t = (struct rtmp_target){ 0 };
}

static bool is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	long port = digits > 0 && digits < 6 && !text[digits] ? strtol(text, NULL, 10) : 0;

	return port > 0 && port < 65536;
}

/* "host", "host:port", "[address]:port"; an address of IPv6 loses its brackets. */
static int parse_authority(const char *text, size_t size, struct rtmp_target *t)
{
	const char *stop = text + size, *host = text, *end = memchr(text, ':', size);

	if (size > 0 && *text == '[') {
		host++;
		end = memchr(text, ']', size);
		if (!end)
			return -EINVAL;
	} else if (!end) {
		end = stop;
	}
	t->host = strndup(host, (size_t) (end - host));
	end += end < stop && *end == ']';
	t->port = end < stop ? strndup(end + 1, (size_t) (stop - end - 1)) : strdup(DEFAULT_PORT);
	if (!t->host || !t->port)
		return -ENOMEM;
	return t->host[0] && (end == stop || *end == ':') && is_port(t->port) ? 0 : -EINVAL;
}

static int make_tc_url(struct rtmp_target *t)
{
	bool ip6 = strchr(t->host, ':');

	if (asprintf(&t->tc_url, SCHEME "%s%s%s:%s/%s", ip6 ? "[" : "", t->host, ip6 ? "]" : "",
		    t->port, t->app) >= 0)
		return 0;
	t->tc_url = NULL;
	return -ENOMEM;
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	return size >= 4 && memcmp(text + size - 4, end, 4) == 0;
}

static char *make_stream(const char *name)
{
	size_t size = strlen(name);
	bool mp4 = !strchr(name, ':') &&
		   (ends_with(name, size, ".mp4") || ends_with(name, size, ".f4v"));
	char *stream;

	if (ends_with(name, size, ".flv"))
		return strndup(name, size - 4);
	return asprintf(&stream, "%s%s", mp4 ? "mp4:" : "", name) < 0 ? NULL : stream;
}

static int parse_path(const char *path, struct rtmp_target *t)
{
	static const char ondemand[] = "/ondemand/";
	const char *app = *path ? path + 1 : path, *stop = strchr(app, '/'), *name;

	if (strncmp(path, ondemand, strlen(ondemand)) != 0 && stop) {
		const char *slash = strchr(stop + 1, '/'), *colon = strchr(stop + 1, ':');

		if (slash && !(colon && colon < slash))
			stop = slash;
	}
	name = stop ? stop + 1 : "";
	t->app = stop ? strndup(app, (size_t) (stop - app)) : strdup(app);
	t->stream = make_stream(name);
	return t->app && t->stream ? make_tc_url(t) : -ENOMEM;
}

/* Fills what stands in front of the path, which is returned without what follows a blank. */
static int begin(const char *url, struct rtmp_target *t, char **ret_path)
{
	const char *authority = url + strlen(SCHEME), *path;
	int r;

	if (!rtmp_target_is_ours(url))
		return -EINVAL;
	if (strlen(url) > TARGET_URL_MAX)
		return -E2BIG;
	path = authority + authority_size(authority);
	r = parse_authority(authority, (size_t) (path - authority), t);
	if (r < 0)
		return r;
	*ret_path = strndup(path, strcspn(path, " "));
	return *ret_path ? 0 : -ENOMEM;
}

int rtmp_target_parse(const char *url, struct rtmp_target *ret)
{
	_cleanup_(freep) char *path = NULL;
	struct rtmp_target t = { 0 };
	int r;

	r = begin(url, &t, &path);
	if (r == 0)
		r = parse_path(path, &t);
	if (r < 0)
		rtmp_target_deinit(&t);
	else
		*ret = t;
	return r;
}

/* Takes our stream's name from the end of the path. */
static void cut_stream(char *path, const char *stream)
{
	size_t size = strlen(path), name = strcspn(stream, "?");
	char *query = strchr(path, '?');

	if (query)
		size = (size_t) (query - path);
	if (name > 0 && size > name + 1 && path[size - name - 1] == '/' &&
		memcmp(path + size - name, stream, name) == 0)
		path[size - name - 1] = '\0';
}

int rtmp_target_redirect(const char *url, const struct rtmp_target *from, struct rtmp_target *ret)
{
	_cleanup_(freep) char *path = NULL;
	struct rtmp_target t = { 0 };
	int r;

	r = begin(url, &t, &path);
	if (r == 0) {
		cut_stream(path, from->stream);
		t.app = strdup(*path ? path + 1 : path);
		t.stream = strdup(from->stream);
		r = t.app && t.stream ? make_tc_url(&t) : -ENOMEM;
	}
	if (r < 0)
		rtmp_target_deinit(&t);
	else
		*ret = t;
	return r;
}
