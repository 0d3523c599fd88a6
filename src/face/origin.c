/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "face/origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"

#define NAME_MAX_SIZE 256

/* "name:8080", "[::1]:8080" without the port. */
static bool split_host(const char *host, char name[NAME_MAX_SIZE])
{
	const char *end = *host == '[' ? strchr(host, ']') : host + strcspn(host, ":");
	size_t n;

	if (*host == '[') {
		if (!end)
			return false;
		host++;
	}
	n = (size_t) (end - host);
	if (n == 0 || n >= NAME_MAX_SIZE)
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	end += *end == ']';
	return *end == '\0' || (*end == ':' && end[1 + strspn(end + 1, "0123456789")] == '\0');
}

bool origin_is_listed(char *const *list, const char *what)
{
	for (; list && *list; list++)
		if (strcasecmp(*list, what) == 0)
			return true;
	return false;
}

static bool is_own_name(const char *name)
{
	char own[NAME_MAX_SIZE] = "";
	size_t n;

	if (strcasecmp(name, "localhost") == 0)
		return true;
	if (gethostname(own, sizeof(own) - 1) < 0 || !*own)
		return false;
	n = strlen(own);
	return strncasecmp(name, own, n) == 0 &&
	       (name[n] == '\0' || strcasecmp(name + n, ".local") == 0);
}

bool origin_host_fits(char *const *hosts, const char *host)
{
	char name[NAME_MAX_SIZE];
	uint8_t address[16];

	if (!split_host(host, name))
		return false;
	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1 ||
	       is_own_name(name) || origin_is_listed(hosts, name);
}

bool origin_fits(char *const *origins, const char *origin, const char *own)
{
	const char *at = strstr(origin, "://");

	/* TLS may end in front of us, so the scheme does not tell. */
	return (at && own && strcasecmp(at + 3, own) == 0) || origin_is_listed(origins, origin);
}
