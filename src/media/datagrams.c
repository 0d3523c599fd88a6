/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/datagrams.h"

#include <arpa/inet.h>
#include <libavformat/avformat.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "common/destination.h"
#include "common/usec.h"
#include "media/muxer-private.h"

#define TS_PACKET 188
#define SIZE_DEFAULT 1316
#define TTL_DEFAULT 16

/* How long the kernel's buffer may stay full before a datagram is given up. */
#define FULL_MSEC 50

struct datagrams {
	struct muxer *muxer;
	AVIOContext *io;
	int fd;
	struct sockaddr_storage peer;
	socklen_t peer_size;
	uint64_t failing_usec; /* since when nothing has gone out; 0: it does */
};

#if LIBAVFORMAT_VERSION_MAJOR < 61
typedef uint8_t io_byte;
#else
typedef const uint8_t io_byte;
#endif

static int try_send(const struct datagrams *d, const void *data, size_t size)
{
	struct pollfd p = { .fd = d->fd, .events = POLLOUT };
	ssize_t n;

	for (int i = 0; i < 2; i++) {
		n = sendto(d->fd, data, size, MSG_NOSIGNAL, (const struct sockaddr *) &d->peer,
			d->peer_size);
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
		if (i == 0)
			(void) poll(&p, 1, FULL_MSEC);
	}
	return n < 0 ? -errno : 0;
}

static int write_out(void *opaque, io_byte *data, int size)
{
	struct datagrams *d = opaque;
	uint64_t now;
	int r;

	if (muxer_should_stop(d->muxer))
		return AVERROR_EXIT;
	r = try_send(d, data, (size_t) size);
	if (r == 0) {
		d->failing_usec = 0;
		return size;
	}
	now = usec_now();
	muxer_count_mishap(d->muxer, "a datagram could not be sent: %s", strerror(-r));
	if (d->failing_usec == 0)
		d->failing_usec = now;
	return now - d->failing_usec >= d->muxer->settings.write_usec ? r : size;
}

static long number_of(const char *url, const char *name, long otherwise)
{
	char text[16];

	return destination_parameter(url, name, text, sizeof(text)) ? strtol(text, NULL, 10)
								    : otherwise;
}

/* host and port as numbers when both are, else by the resolver. */
static int resolve(
	const char *host, const char *port, struct addrinfo **ret, char *why, size_t size)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	int r = getaddrinfo(host, port, &hints, ret);

	if (r == 0)
		return 0;
	if (r == EAI_SYSTEM)
		return -errno;
	snprintf(why, size, "%s: %s", host, gai_strerror(r));
	return r == EAI_MEMORY ? -ENOMEM : -EHOSTUNREACH;
}

static bool is_multicast(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET)
		return IN_MULTICAST(ntohl(((const struct sockaddr_in *) a)->sin_addr.s_addr));
	return IN6_IS_ADDR_MULTICAST(&((const struct sockaddr_in6 *) a)->sin6_addr);
}

/* The interface of IPv6 stands behind the '%' of the address. */
static int set_multicast(const struct datagrams *d, const char *url)
{
	bool v4 = d->peer.ss_family == AF_INET;
	int ttl = (int) number_of(url, "ttl", TTL_DEFAULT);
	char local[64];
	struct in_addr from;

	if (setsockopt(d->fd, v4 ? IPPROTO_IP : IPPROTO_IPV6,
		    v4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, &ttl, sizeof(ttl)) < 0)
		return -errno;
	if (!v4 || !destination_parameter(url, "localaddr", local, sizeof(local)))
		return 0;
	if (inet_pton(AF_INET, local, &from) != 1)
		return -EINVAL;
	return setsockopt(d->fd, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof(from)) < 0 ? -errno : 0;
}

/* Nothing is sent, but the kernel says whether it knows a way. The socket in use is not connected,
 * since one that is would be told when nobody listens. */
static int check_route(const struct datagrams *d)
{
	_cleanup_(closep) int fd = socket(d->peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 || connect(fd, (const struct sockaddr *) &d->peer, d->peer_size) < 0 ? -errno
											   : 0;
}

static int open_socket(struct datagrams *d, const char *url, char *why, size_t why_size)
{
	char host[256], port[16];
	struct addrinfo *list = NULL;
	int r;

	if (!destination_host(url, host, sizeof(host), port, sizeof(port)))
		return -EINVAL;
	r = resolve(host, port, &list, why, why_size);
	if (r < 0)
		return r;
	memcpy(&d->peer, list->ai_addr, list->ai_addrlen);
	d->peer_size = list->ai_addrlen;
	freeaddrinfo(list);
	d->fd = socket(d->peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->fd < 0)
		return -errno;
	r = is_multicast(&d->peer) ? set_multicast(d, url) : 0;
	return r < 0 ? r : check_route(d);
}

static int open_io(struct datagrams *d, const char *url)
{
	int size = (int) (number_of(url, "pkt_size", SIZE_DEFAULT) / TS_PACKET) * TS_PACKET;
	unsigned char *buf;

	if (size <= 0)
		return -EINVAL;
	buf = av_malloc((size_t) size);
	if (buf)
		d->io = avio_alloc_context(buf, size, 1, d, NULL, write_out, NULL);
	if (!d->io) {
		av_free(buf);
		return -ENOMEM;
	}
	d->io->max_packet_size = size;
	return 0;
}

int datagrams_open(
	struct datagrams **ret, struct muxer *m, const char *url, char *why, size_t why_size)
{
	struct datagrams *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->muxer = m;
	d->fd = -1;
	r = open_socket(d, url, why, why_size);
	if (r == 0)
		r = open_io(d, url);
	if (r < 0)
		datagrams_close(d);
	else
		*ret = d;
	return r;
}

struct datagrams *datagrams_close(struct datagrams *d)
{
	if (!d)
		return NULL;
	if (d->io)
		av_freep(&d->io->buffer);
	avio_context_free(&d->io);
	closep(&d->fd);
	free(d);
	return NULL;
}

struct AVIOContext *datagrams_io(struct datagrams *d)
{
	return d->io;
}
