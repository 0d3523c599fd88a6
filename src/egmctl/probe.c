/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process for each server: the resolver can be ended in no other way. What is taken as a
 * password in a URL does not matter here, the last '@' before the path is where the host begins.
 */
#include "egmctl/probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/usec.h"

struct answer {
	int result, error;
};

static const struct {
	const char *scheme, *port;
	bool tcp;
} schemes[] = {
	{ "rtmp", "1935", true },
	{ "rtmps", "443", true },
	{ "srt", NULL, false },
	{ "udp", NULL, false },
	{ "http", "80", true },
	{ "https", "443", true },
	{ "rtsp", "554", true },
	{ "tcp", NULL, true },
};

/* "host", "host:port", "[v6]:port" */
static bool parse_authority(const char *text, size_t length, struct probe *p)
{
	const char *end = text + length, *host = text, *host_end, *port;

	for (const char *at = text; at < end; at++)
		if (*at == '@')
			host = at + 1;
	if (host < end && *host == '[') {
		host_end = memchr(host, ']', (size_t) (end - host));
		if (!host_end)
			return false;
		host++;
		port = host_end + 1;
	} else {
		host_end = memchr(host, ':', (size_t) (end - host));
		host_end = host_end ? host_end : end;
		port = host_end;
	}
	if (host_end == host || (size_t) (host_end - host) >= sizeof(p->host))
		return false;
	snprintf(p->host, sizeof(p->host), "%.*s", (int) (host_end - host), host);
	if (port == end)
		return true;
	port++;
	if (port >= end || end - port > 5 || strspn(port, "0123456789") < (size_t) (end - port))
		return false;
	snprintf(p->port, sizeof(p->port), "%.*s", (int) (end - port), port);
	return true;
}

bool probe_of_url(const char *url, struct probe *ret)
{
	const char *rest = strstr(url, "://");
	struct probe p = { .result = PROBE_PENDING };
	size_t length, i;

	if (!rest)
		return false;
	for (i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strlen(schemes[i].scheme) == (size_t) (rest - url) &&
			strncmp(url, schemes[i].scheme, (size_t) (rest - url)) == 0)
			break;
	if (i == ARRAY_SIZE(schemes))
		return false;
	rest += strlen("://");
	length = strcspn(rest, "/?#");
	p.tcp = schemes[i].tcp;
	if (schemes[i].port)
		snprintf(p.port, sizeof(p.port), "%s", schemes[i].port);
	if (!parse_authority(rest, length, &p) || !*p.port || strstr(rest, "mode=listener") ||
		strchr(p.host, '*'))
		return false;
	*ret = p;
	return true;
}

/* In the child, for as long as it is let live. */
static struct answer try_server(const struct probe *p)
{
	struct addrinfo hints = { .ai_socktype = p->tcp ? SOCK_STREAM : SOCK_DGRAM };
	struct answer a = { .result = PROBE_UNREACHED, .error = EHOSTUNREACH };
	struct addrinfo *list = NULL;
	int r = getaddrinfo(p->host, p->port, &hints, &list);

	if (r != 0)
		return (struct answer){ .result = PROBE_UNRESOLVED, .error = r };
	if (!p->tcp)
		a.result = PROBE_GOOD;
	for (const struct addrinfo *i = list; p->tcp && i; i = i->ai_next) {
		_cleanup_(closep) int fd =
			socket(i->ai_family, i->ai_socktype | SOCK_CLOEXEC, i->ai_protocol);

		if (fd >= 0 && connect(fd, i->ai_addr, i->ai_addrlen) == 0) {
			a.result = PROBE_GOOD;
			break;
		}
		a.error = errno;
	}
	freeaddrinfo(list);
	return a;
}

/* Returns the descriptor that the answer comes by, or -1: the probe has a result. */
static int begin(struct probe *p, pid_t *ret_pid)
{
	struct answer a;
	int fds[2];

	*ret_pid = -1;
	if (pipe(fds) == 0) {
		fflush(stdout);
		*ret_pid = fork();
		if (*ret_pid == 0) {
			a = try_server(p);
			_exit(write(fds[1], &a, sizeof(a)) == sizeof(a) ? 0 : 1);
		}
		close(fds[1]);
		if (*ret_pid > 0)
			return fds[0];
		close(fds[0]);
	}
	p->result = PROBE_UNREACHED;
	p->error = EAGAIN;
	return -1;
}

static void take(struct probe *p, struct pollfd *fd)
{
	struct answer a = { .result = PROBE_UNREACHED, .error = EIO };

	if (read(fd->fd, &a, sizeof(a)) != sizeof(a))
		a = (struct answer){ .result = PROBE_UNREACHED, .error = EIO };
	p->result = (enum probe_result) a.result;
	p->error = a.error;
	close(fd->fd);
	fd->fd = -1;
}

void probe_run(struct probe *probes, size_t n, uint64_t timeout_usec)
{
	uint64_t until = usec_now() + timeout_usec;
	struct pollfd fds[PROBES_MAX];
	pid_t pids[PROBES_MAX];
	size_t left = 0;

	n = MIN(n, (size_t) PROBES_MAX);
	for (size_t i = 0; i < n; i++) {
		fds[i] = (struct pollfd){ .fd = begin(&probes[i], &pids[i]), .events = POLLIN };
		left += fds[i].fd >= 0;
	}
	while (left > 0) {
		uint64_t now = usec_now();

		if (now >= until || (poll(fds, n, (int) ((until - now) / USEC_PER_MSEC + 1)) < 0 &&
					    errno != EINTR))
			break;
		for (size_t i = 0; i < n; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			take(&probes[i], &fds[i]);
			left--;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (fds[i].fd >= 0) {
			close(fds[i].fd);
			probes[i].result = PROBE_LATE;
			kill(pids[i], SIGKILL);
		}
		if (pids[i] > 0)
			waitpid(pids[i], NULL, 0);
	}
}

const char *probe_words(const struct probe *p)
{
	switch (p->result) {
	case PROBE_GOOD:
		return p->tcp ? "answers" : "has an address";
	case PROBE_UNRESOLVED:
		return gai_strerror(p->error);
	case PROBE_UNREACHED:
		return strerror(p->error);
	case PROBE_LATE:
		return "no answer in time";
	case PROBE_PENDING:
	default:
		return "not tried";
	}
}
