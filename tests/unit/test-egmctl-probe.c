/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where URLs lead to, and who answers there. */
#include "egmctl/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "tests/tap.h"

static bool leads(const char *url, const char *host, const char *port, bool tcp)
{
	struct probe p = { .host = "kept" };
	bool found = probe_of_url(url, &p);

	if (!host)
		return !found && strcmp(p.host, "kept") == 0;
	if (!found || strcmp(p.host, host) != 0 || strcmp(p.port, port) != 0)
		printf("# %s: \"%s\" \"%s\"\n", url, p.host, p.port);
	return found && strcmp(p.host, host) == 0 && strcmp(p.port, port) == 0 && p.tcp == tcp;
}

static void test_urls(void)
{
	char url[2048] = "rtmp://";

	ok(leads("rtmp://h/live/***?token=***", "h", "1935", true), "rtmp, its usual port");
	ok(leads("rtmps://h.example/x", "h.example", "443", true), "rtmps");
	ok(leads("rtmp://192.0.2.1:1936/x", "192.0.2.1", "1936", true), "another port");
	ok(leads("srt://h:9000?mode=caller", "h", "9000", false), "srt");
	ok(leads("rtsp://me:***@h/x", "h", "554", true), "rtsp");
	ok(leads("udp://239.1.2.3:5000?ttl=4", "239.1.2.3", "5000", false), "udp");
	ok(leads("rtmp://user:***@h:1/x", "h", "1", true), "with a user");
	ok(leads("rtmp://[2001:db8::1]:7/x", "2001:db8::1", "7", true), "an address of v6");
	ok(leads("rtmp://[::1]/x", "::1", "1935", true), "one without a port");
	ok(leads("http://h", "h", "80", true), "nothing behind it");
	ok(leads("srt://:9000?mode=listener", NULL, NULL, 0), "one that waits");
	ok(leads("srt://h:9000?mode=listener", NULL, NULL, 0), "also with a host");
	ok(leads("srt://h", NULL, NULL, 0), "srt without a port");
	ok(leads("/srv/x.ts", NULL, NULL, 0) && leads("", NULL, NULL, 0), "files");
	ok(leads("gopher://h/x", NULL, NULL, 0), "what is not known");
	ok(leads("rtmp://***", NULL, NULL, 0), "masked whole");
	ok(leads("rtmp://h:/x", NULL, NULL, 0) && leads("rtmp://h:1a/x", NULL, NULL, 0) &&
			leads("rtmp://h:123456/x", NULL, NULL, 0) &&
			leads("rtmp://[::1/x", NULL, NULL, 0) && leads("rtmp:///x", NULL, NULL, 0),
		"what is no host and port");
	memset(url + strlen(url), 'h', 1024);
	ok(leads(url, NULL, NULL, 0), "too long a host");
}

/* A port that is listened on; without a listener it is closed. */
static int port_of(int *ret_fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(a);

	*ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(*ret_fd, (struct sockaddr *) &a, sizeof(a)) < 0 || listen(*ret_fd, 1) < 0 ||
		getsockname(*ret_fd, (struct sockaddr *) &a, &size) < 0)
		abort();
	return ntohs(a.sin_port);
}

static void test_servers(void)
{
	struct probe p[3] = { { .host = "127.0.0.1", .tcp = true },
		{ .host = "127.0.0.1", .tcp = true }, { .host = "127.0.0.1", .port = "9" } };
	int open_fd, closed_fd;

	snprintf(p[0].port, sizeof(p[0].port), "%d", port_of(&open_fd));
	snprintf(p[1].port, sizeof(p[1].port), "%d", port_of(&closed_fd));
	close(closed_fd);
	probe_run(p, 3, 20 * USEC_PER_SEC);
	ok(p[0].result == PROBE_GOOD, "a server that is there: %s", probe_words(&p[0]));
	ok(p[1].result == PROBE_UNREACHED && p[1].error == ECONNREFUSED, "one that is not: %s",
		probe_words(&p[1]));
	ok(p[2].result == PROBE_GOOD, "an address for something else than TCP: %s",
		probe_words(&p[2]));
	close(open_fd);
	snprintf(p[0].host, sizeof(p[0].host), "256.256.256.256.invalid.");
	probe_run(p, 1, 20 * USEC_PER_SEC);
	ok(p[0].result == PROBE_UNRESOLVED, "a name that is none: %s", probe_words(&p[0]));
	p[0] = (struct probe){ .host = "127.0.0.1", .port = "9", .tcp = true };
	probe_run(p, 1, 0);
	ok(p[0].result == PROBE_LATE, "no time: %s", probe_words(&p[0]));
	probe_run(NULL, 0, USEC_PER_SEC);
	ok(true, "nothing to do");
}

int main(void)
{
	test_urls();
	test_servers();
	return tap_done();
}
