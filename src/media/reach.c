/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/reach.h"

#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/statvfs.h>

#include "common/cleanup.h"
#include "common/destination.h"
#include "common/usec.h"
#include "media/muxer-private.h"
#include "rtmp/target.h"

#define BUFFER (16 * 1024)
#define ROOM_MIN (UINT64_C(64) << 20) /* bytes of a disk that is worth a return */

/* SRT's packet of a handshake: a head of 16 bytes, and 48 more. */
#define SRT_SIZE 64
#define SRT_INDUCTION 1
#define SRT_AGAIN_USEC (250 * USEC_PER_MSEC)

static const struct {
	const char *scheme, *port;
} ports[] = {
	{ "rtmp://", "1935" },
	{ "rtmpt://", "80" },
	{ "rtmps://", "443" },
	{ "rtmpts://", "443" },
	{ "rtsp://", "554" },
	{ "rtsps://", "322" },
};

/* "user@host:port", "[v6]:port". */
bool reach_find(const char *url, struct reach_place *ret)
{
	const char *at = strstr(url, "://") + 3, *stop = at + strcspn(at, "/?#"), *host_stop;
	struct reach_place p = { .port = "" };

	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (strncasecmp(url, ports[i].scheme, strlen(ports[i].scheme)) == 0)
			snprintf(p.port, sizeof(p.port), "%s", ports[i].port);
	for (const char *c = at; c < stop; c++)
		if (*c == '@')
			at = c + 1;
	host_stop = *at == '[' ? memchr(at, ']', (size_t) (stop - at)) : NULL;
	if (host_stop)
		at++;
	else
		host_stop = memchr(at, ':', (size_t) (stop - at));
	host_stop = host_stop ? host_stop : stop;
	snprintf(p.host, sizeof(p.host), "%.*s", (int) (host_stop - at), at);
	host_stop += host_stop < stop && *host_stop == ']';
	if (host_stop < stop && *host_stop == ':')
		snprintf(p.port, sizeof(p.port), "%.*s", (int) (stop - host_stop - 1),
			host_stop + 1);
	*ret = p;
	return p.host[0] && p.port[0];
}

static int reach_tcp(const struct reach_place *p, const struct wire_guard *g)
{
	_cleanup_(closep) int fd = -1;
	char why[160];

	return wire_dial(p->host, p->port, BUFFER, g, &fd, why, sizeof(why));
}

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t) (value >> (24 - 8 * i));
}

/* A caller's first word; the listener answers with a cookie, in which is all it wants to know. */
static uint32_t srt_hello(uint8_t packet[SRT_SIZE])
{
	uint32_t id = 0;

	(void) !getrandom(&id, sizeof(id), GRND_NONBLOCK);
	id = (id & 0x3fffffff) | 1;
	memset(packet, 0, SRT_SIZE);
	put32(packet, 0x80000000); /* control: a handshake */
	put32(packet + 16, 4);     /* its version */
	put32(packet + 20, 2);     /* datagrams */
	put32(packet + 24, id);    /* the first number */
	put32(packet + 28, 1500);  /* size of a packet */
	put32(packet + 32, 8192);  /* in flight */
	put32(packet + 36, SRT_INDUCTION);
	put32(packet + 40, id);
	return id;
}

static bool is_answer(const uint8_t *packet, ssize_t size, uint32_t id)
{
	uint8_t to[4], induction[4];

	put32(to, id);
	put32(induction, SRT_INDUCTION);
	return size >= SRT_SIZE && packet[0] == 0x80 && packet[1] == 0 &&
	       memcmp(packet + 12, to, 4) == 0 && memcmp(packet + 36, induction, 4) == 0;
}

/* Asks again as long as nothing comes: packets are lost. */
static int ask_srt(int fd, const struct wire_guard *g)
{
	uint8_t hello[SRT_SIZE], answer[1500];
	uint32_t id = srt_hello(hello);
	int r;

	for (;;) {
		ssize_t n;

		if (send(fd, hello, sizeof(hello), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
			errno != EAGAIN)
			return -errno;
		r = wire_wait_until(fd, POLLIN, usec_now() + SRT_AGAIN_USEC, g);
		if (r < 0 && g->until(g->userdata) <= usec_now())
			return r;
		n = r == 0 ? recv(fd, answer, sizeof(answer), MSG_DONTWAIT) : 0;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (is_answer(answer, n, id))
			return 0;
	}
}

static int reach_srt(const struct reach_place *p, const struct wire_guard *g)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_protocol = IPPROTO_UDP };
	struct addrinfo *list;
	int r = -EADDRNOTAVAIL;

	if (getaddrinfo(p->host, p->port, &hints, &list) != 0)
		return r;
	for (const struct addrinfo *a = list; a && r < 0 && r != -ETIMEDOUT; a = a->ai_next) {
		_cleanup_(closep) int fd = socket(
			a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			r = ask_srt(fd, g);
		else
			r = -errno;
	}
	freeaddrinfo(list);
	return r;
}

static int reach_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_(freep) char *folder =
		slash ? strndup(path, (size_t) MAX(slash - path, 1)) : strdup(".");
	struct statvfs s;

	if (!folder)
		return -ENOMEM;
	if (access(folder, W_OK) < 0 || statvfs(folder, &s) < 0)
		return -errno;
	if ((s.f_flag & ST_RDONLY) != 0)
		return -EROFS;
	return (uint64_t) s.f_bavail * s.f_frsize < ROOM_MIN ? -ENOSPC : 0;
}

int reach(const char *url, struct rtmp *s, const struct wire_guard *g)
{
	const char *path = destination_path(url);
	struct reach_place p;

	if (path)
		return reach_file(path);
	if (rtmp_target_is_ours(url))
		return rtmp_try(s, url);
	if (destination_is(url, "udp") || destination_listens(url) || !reach_find(url, &p))
		return 0;
	return strncasecmp(url, "srt://", 6) == 0 ? reach_srt(&p, g) : reach_tcp(&p, g);
}
