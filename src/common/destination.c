/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/destination.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"

/* What libsrt takes. */
#define PASSPHRASE_MIN 10
#define PASSPHRASE_MAX 79

/* MPEG-TS goes in packets of 188 bytes; seven of them are what a network carries in one piece. */
#define TS_PACKET 188
#define DATAGRAM_MAX 1472

#define VALUE_MAX 256

const char destination_words[] =
	"rtmp://, rtmps://, srt://, rtsp:// or udp://, or a file that ends "
	"in .m3u8, .flv, .ts, .mkv or .mp4";

const char destination_hevc_words[] =
	"srt://, rtsp:// or udp://, or a file that ends in .m3u8, .ts, .mkv or .mp4";

static const struct {
	const char *name;
	const char *format;
} schemes[] = {
	{ "rtmp", "flv" },
	{ "rtmps", "flv" },
	{ "srt", "mpegts" },
	{ "udp", "mpegts" },
	{ "rtsp", "rtsp" },
};

static const struct {
	const char *end;
	const char *format;
	bool segments; /* can be cut into some that are whole by themselves */
} endings[] = {
	{ ".m3u8", "hls", false },
	{ ".flv", "flv", false },
	{ ".ts", "mpegts", true },
	{ ".mkv", "matroska", true },
	{ ".mp4", "mp4", true },
};

static bool is_template(const char *text)
{
	return strstr(text, "${") != NULL;
}

bool destination_is(const char *url, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncasecmp(url, scheme, n) == 0 && strncmp(url + n, "://", 3) == 0;
}

const char *destination_path(const char *url)
{
	if (strncasecmp(url, "file://", 7) == 0)
		return url + 7;
	if (strncasecmp(url, "file:", 5) == 0)
		return url + 5;
	return strstr(url, "://") ? NULL : url;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Index of the ending of a file's name, or their number. */
static size_t ending_of(const char *path)
{
	const char *name = name_of(path), *dot = strrchr(name, '.');
	size_t i = 0;

	while (i < ARRAY_SIZE(endings) &&
		!(dot && dot > name && strcasecmp(dot, endings[i].end) == 0))
		i++;
	return i;
}

const char *destination_format(const char *url)
{
	const char *path = destination_path(url);
	size_t i;

	if (path) {
		i = ending_of(path);
		return i < ARRAY_SIZE(endings) ? endings[i].format : NULL;
	}
	for (i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (destination_is(url, schemes[i].name))
			return schemes[i].format;
	}
	return NULL;
}

bool destination_takes_hevc(const char *url)
{
	const char *format = destination_format(url);

	return !format || strcmp(format, "flv") != 0;
}

bool destination_takes_jpeg(const char *url)
{
	const char *format = destination_format(url);

	return format && strcmp(format, "matroska") == 0;
}

bool destination_is_recording(const char *url)
{
	const char *path = destination_path(url);

	return path && destination_format(url) && strstr(name_of(path), DESTINATION_TIME);
}

bool destination_parameter(const char *url, const char *name, char *buf, size_t size)
{
	size_t length = strlen(name);

	buf[0] = '\0';
	for (const char *p = strchr(url, '?'); p; p = strpbrk(p, "&?")) {
		p++;
		if (strncmp(p, name, length) != 0 || p[length] != '=')
			continue;
		p += length + 1;
		snprintf(buf, size, "%.*s", (int) strcspn(p, "&"), p);
		return true;
	}
	return false;
}

bool destination_listens(const char *url)
{
	char mode[16];

	return destination_is(url, "srt") &&
	       destination_parameter(url, "mode", mode, sizeof(mode)) &&
	       strcmp(mode, "listener") == 0;
}

static bool put(char *buf, size_t size, const char *text, size_t n)
{
	if (n >= size)
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return true;
}

bool destination_host(const char *url, char *host, size_t host_size, char *port, size_t port_size)
{
	const char *p = strstr(url, "://"), *end, *at, *colon;

	if (!p)
		return false;
	p += 3;
	end = p + strcspn(p, "/?#");
	at = memrchr(p, '@', (size_t) (end - p));
	p = at ? at + 1 : p;
	if (*p == '[') {
		const char *close = memchr(p, ']', (size_t) (end - p));

		if (!close || (close + 1 < end && close[1] != ':'))
			return false;
		colon = close + 1 < end ? close + 1 : end;
		if (!put(host, host_size, p + 1, (size_t) (close - p) - 1))
			return false;
	} else {
		colon = memchr(p, ':', (size_t) (end - p));
		colon = colon ? colon : end;
		if (!put(host, host_size, p, (size_t) (colon - p)))
			return false;
	}
	return put(port, port_size, colon + (colon < end), (size_t) (end - colon) - (colon < end));
}

PRINTF_LIKE(3, 4) static int refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* A number within limits, in digits alone; -1: it is none. */
static long number(const char *text, long min, long max)
{
	long n = strspn(text, "0123456789") == strlen(text) && *text && strlen(text) <= 9
			 ? strtol(text, NULL, 10)
			 : -1;

	return n >= min && n <= max ? n : -1;
}

/* References hide where a host begins and a port ends. */
static int check_host(const char *url, bool host_needed, bool port_needed, char *why, size_t size)
{
	char host[VALUE_MAX], port[VALUE_MAX];
	size_t n = strcspn(strstr(url, "://") + 3, "/?#");
	_cleanup_(freep) char *authority = strndup(strstr(url, "://") + 3, n);

	/* "${credential:x}" holds a colon, too. */
	if (!authority || is_template(authority))
		return 0;
	if (!destination_host(url, host, sizeof(host), port, sizeof(port)))
		return refuse(why, size, "must have a host that can be told from its port");
	if (host_needed && !*host)
		return refuse(why, size, "needs a host");
	if (port_needed && !*port)
		return refuse(why, size, "needs a port, such as :9000");
	if (*port && number(port, 1, 65535) < 0)
		return refuse(why, size, "must have a port from 1 to 65535");
	return 0;
}

/* A parameter whose value must be one of these words; they are joined by '|'. */
static int check_word(
	const char *url, const char *name, const char *const *words, char *why, size_t size)
{
	char value[VALUE_MAX], list[128] = "";
	size_t n = 0;

	if (!destination_parameter(url, name, value, sizeof(value)) || is_template(value))
		return 0;
	for (; *words; words++) {
		if (strcmp(value, *words) == 0)
			return 0;
		n += (size_t) snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", *words);
	}
	return refuse(why, size, "must have a %s that is one of %s", name, list);
}

static int check_srt(const char *url, char *why, size_t size)
{
	static const char *const modes[] = { "caller", "listener", "rendezvous", NULL };
	static const char *const lengths[] = { "0", "16", "24", "32", NULL };
	char value[VALUE_MAX];
	int r;

	r = check_host(url, !destination_listens(url), true, why, size);
	if (r == 0)
		r = check_word(url, "mode", modes, why, size);
	if (r == 0)
		r = check_word(url, "pbkeylen", lengths, why, size);
	if (r < 0 || !destination_parameter(url, "passphrase", value, sizeof(value)) ||
		is_template(value))
		return r;
	if (strlen(value) < PASSPHRASE_MIN || strlen(value) > PASSPHRASE_MAX)
		return refuse(why, size, "must have a passphrase of %d to %d characters",
			PASSPHRASE_MIN, PASSPHRASE_MAX);
	return 0;
}

static int check_udp(const char *url, char *why, size_t size)
{
	char value[VALUE_MAX];
	int r = check_host(url, true, true, why, size);

	if (r < 0)
		return r;
	if (destination_parameter(url, "ttl", value, sizeof(value)) && !is_template(value) &&
		number(value, 0, 255) < 0)
		return refuse(why, size, "must have a ttl from 0 to 255");
	if (destination_parameter(url, "pkt_size", value, sizeof(value)) && !is_template(value) &&
		number(value, TS_PACKET, DATAGRAM_MAX) < 0)
		return refuse(
			why, size, "must have a pkt_size from %d to %d", TS_PACKET, DATAGRAM_MAX);
	return 0;
}

static int check_file(const char *url, char *why, size_t size)
{
	const char *path = destination_path(url), *name = path ? name_of(path) : NULL;
	const char *time = path ? strstr(path, DESTINATION_TIME) : NULL;

	if (!time)
		return 0;
	if (time < name || strstr(time + 1, DESTINATION_TIME))
		return refuse(
			why, size, "may have %s once, in the name of the file", DESTINATION_TIME);
	if (!endings[ending_of(path)].segments)
		return refuse(why, size, "must end in .ts, .mkv or .mp4 when it has %s",
			DESTINATION_TIME);
	return 0;
}

int destination_check(const char *url, char *why, size_t size)
{
	/* As a whole it is known to nobody but the service. */
	if (strncmp(url, "${credential:", 13) == 0)
		return 0;
	if (!destination_format(url))
		return refuse(why, size, "must be %s", destination_words);
	if (destination_path(url))
		return check_file(url, why, size);
	if (strstr(url, DESTINATION_TIME))
		return refuse(
			why, size, "may have %s in the name of a file only", DESTINATION_TIME);
	if (destination_is(url, "srt"))
		return check_srt(url, why, size);
	if (destination_is(url, "udp"))
		return check_udp(url, why, size);
	return check_host(url, true, false, why, size);
}
