/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPEG-TS over UDP: what arrives at a socket, and a network that takes nothing. */
#include "media/datagrams.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/usec.h"
#include "media/muxer.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"

#define TS_PACKET 188
#define PICTURES 40

static char why[160];
static int send_error; /* what the network says instead of taking it */
static int refused;

ssize_t __real_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	socklen_t to_size);
ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	socklen_t to_size);

ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	socklen_t to_size)
{
	if (!send_error)
		return __real_sendto(fd, data, size, flags, to, to_size);
	refused++;
	errno = send_error;
	return -1;
}

static int receiver(int *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_ANY) } };
	int room = 4 << 20, on = 1;
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *) &a, size) < 0 ||
		getsockname(fd, (struct sockaddr *) &a, &size) < 0)
		abort();
	(void) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	(void) setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof(on));
	*ret_port = ntohs(a.sin_port);
	return fd;
}

struct arrived {
	int datagrams, packets;
	int odd;     /* of another size than whole packets, or more than it may be */
	int largest; /* bytes */
	int ttl;     /* of the last one */
};

static int ttl_of(struct msghdr *h)
{
	int ttl = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL)
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	return ttl;
}

/* All that is there: what is sent on the loopback has arrived when the call returns. */
static void receive(int fd, struct arrived *a)
{
	uint8_t data[2048];
	char control[128];
	struct iovec v = { data, sizeof(data) };
	struct msghdr h = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control };
	ssize_t n;

	for (;;) {
		h.msg_controllen = sizeof(control);
		n = recvmsg(fd, &h, 0);
		if (n < 0)
			return;
		a->datagrams++;
		a->packets += (int) n / TS_PACKET;
		a->odd += n % TS_PACKET != 0 || data[0] != 0x47;
		a->largest = (int) n > a->largest ? (int) n : a->largest;
		a->ttl = ttl_of(&h);
	}
}

static int open_url(struct muxer *m, struct av_packets *g, const char *url, uint64_t write_usec)
{
	const struct muxer_settings settings = { .connect_usec = 20 * USEC_PER_SEC,
		.write_usec = write_usec,
		.close_usec = 20 * USEC_PER_SEC };
	struct tracks *t = av_packets_tracks(g, 1);
	int r;

	why[0] = '\0';
	r = muxer_open(m, url, &settings, t, why, sizeof(why));
	tracks_unref(t);
	return r;
}

/* Returns what the first write that failed did. */
static int write_pictures(struct muxer *m, struct av_packets *g, int fd, struct arrived *a)
{
	int r = 0;

	for (int n = 0; n < PICTURES && r == 0;) {
		struct packet *p = av_packets_next(g);

		n += p->track == TRACK_VIDEO;
		r = muxer_write(m, p, false, why, sizeof(why));
		packet_unref(p);
		receive(fd, a);
	}
	return r;
}

static void test_sizes(struct muxer *m, struct av_packets *g)
{
	int port, fd = receiver(&port);
	struct arrived a = { 0 };
	char url[80];

	snprintf(url, sizeof(url), "udp://127.0.0.1:%d", port);
	ok(open_url(m, g, url, 20 * USEC_PER_SEC) == 0, "open %s", why);
	ok(write_pictures(m, g, fd, &a) == 0, "write %s", why);
	muxer_close(m);
	receive(fd, &a);
	ok(a.datagrams > PICTURES / 2 && a.odd == 0 && a.largest == 1316,
		"%d datagrams of whole packets, at most %d bytes", a.datagrams, a.largest);
	ok(a.packets * (uint64_t) TS_PACKET > muxer_bytes(m), "all of it");
	ok(muxer_mishaps(m) == 0, "nothing went wrong");

	a = (struct arrived){ 0 };
	snprintf(url, sizeof(url), "udp://127.0.0.1:%d?pkt_size=500", port);
	ok(open_url(m, g, url, 20 * USEC_PER_SEC) == 0 && write_pictures(m, g, fd, &a) == 0,
		"smaller ones %s", why);
	ok(a.odd == 0 && a.largest == 2 * TS_PACKET, "of whole packets, too: %d", a.largest);
	muxer_close(m);
	close(fd);
}

static void test_multicast(struct muxer *m, struct av_packets *g)
{
	int port, fd = receiver(&port);
	struct ip_mreq group = { .imr_interface = { htonl(INADDR_LOOPBACK) } };
	struct arrived a = { 0 };
	char url[80];

	inet_pton(AF_INET, "239.255.77.1", &group.imr_multiaddr);
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		printf("# no multicast here\n");
		close(fd);
		return;
	}
	snprintf(url, sizeof(url), "udp://239.255.77.1:%d?ttl=7&localaddr=127.0.0.1", port);
	ok(open_url(m, g, url, 20 * USEC_PER_SEC) == 0 && write_pictures(m, g, fd, &a) == 0,
		"to a group: %s", why);
	ok(a.datagrams > 10 && a.ttl == 7, "%d datagrams, ttl %d", a.datagrams, a.ttl);
	muxer_close(m);
	ok(open_url(m, g, "udp://239.255.77.1:1?localaddr=here", USEC_PER_SEC) == -EINVAL,
		"an interface that is none: %s", why);
	close(fd);
}

static void test_failing(struct muxer *m, struct av_packets *g)
{
	int port, fd = receiver(&port);
	uint64_t before = muxer_mishaps(m);
	struct arrived a = { 0 };
	char url[80];

	snprintf(url, sizeof(url), "udp://127.0.0.1:%d", port);
	ok(open_url(m, g, url, 20 * USEC_PER_SEC) == 0, "open");
	send_error = ENETUNREACH;
	ok(write_pictures(m, g, fd, &a) == 0 && a.datagrams == 0 && refused > 10,
		"a network that takes nothing is no end for a while");
	ok(muxer_mishaps(m) == before + (uint64_t) refused &&
			strstr(muxer_mishap(m), "unreachable"),
		"each is counted: %s", muxer_mishap(m));
	send_error = 0;
	ok(write_pictures(m, g, fd, &a) == 0 && a.datagrams > 10, "it goes on by itself");
	muxer_close(m);
	close(fd);
}

static void test_end(struct muxer *m, struct av_packets *g)
{
	uint64_t until = usec_now() + 20 * USEC_PER_SEC;
	struct arrived a = { 0 };
	int port, fd = receiver(&port), r = 0;
	char url[80];

	snprintf(url, sizeof(url), "udp://127.0.0.1:%d", port);
	ok(open_url(m, g, url, 300 * USEC_PER_MSEC) == 0, "open");
	send_error = EHOSTUNREACH;
	while (r == 0 && usec_now() < until)
		r = write_pictures(m, g, fd, &a);
	ok(r == -EHOSTUNREACH && strcmp(why, "No route to host") == 0,
		"one that fails for too long ends the session: %s", why);
	muxer_close(m);
	send_error = 0;
	close(fd);
}

static void test_refused(struct muxer *m, struct av_packets *g)
{
	ok(open_url(m, g, "udp://255.255.255.255:1", USEC_PER_SEC) == -EACCES && why[0],
		"where nobody may send: %s", why);
	muxer_interrupt(m);
	ok(open_url(m, g, "udp://127.0.0.1:9", USEC_PER_SEC) == -ECANCELED, "interrupted: %s", why);
}

int main(void)
{
	struct av_packets *g = av_packets_new(2, true, 100);
	struct muxer *m;

	if (!g)
		return 77;
	ok(muxer_new(&m) == 0, "new");
	test_sizes(m, g);
	test_multicast(m, g);
	test_failing(m, g);
	test_end(m, g);
	test_refused(m, g);
	muxer_free(m);
	av_packets_free(g);
	return tap_done();
}
