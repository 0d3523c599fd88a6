/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Servers that answer, that do not, and folders. */
#include "media/reach.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/peers.h"
#include "tests/unit/rtmp-server.h"

#define MS USEC_PER_MSEC

static _Atomic uint64_t end;

static uint64_t until(void *userdata)
{
	(void) userdata;
	return end;
}

static struct wire_guard guard = { .until = until };
static struct rtmp *session;

static int try_within(const char *url, uint64_t usec)
{
	end = usec_now() + usec;
	return reach(url, session, &guard);
}

static int try_url(const char *url)
{
	return try_within(url, 5 * USEC_PER_SEC);
}

static void test_rtmp(void)
{
	static const struct {
		enum rtmp_server_kind kind;
		int r;
	} cases[] = {
		{ RTMP_SERVER_TAKES, 0 },
		{ RTMP_SERVER_BUSY, 0 }, /* which is not known before one wants to publish */
		{ RTMP_SERVER_NO_APP, -EPERM },
		{ RTMP_SERVER_LEAVES, -EPIPE },
		{ RTMP_SERVER_WEB, -EBADMSG },
	};
	char url[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rtmp_server *server = rtmp_server_new(cases[i].kind, NULL);
		struct rtmp_server_seen seen;
		int r;

		snprintf(url, sizeof(url), "%s/key", rtmp_server_url(server));
		r = try_url(url);
		rtmp_server_end(server, &seen);
		ok(r == cases[i].r && seen.stream[0] == '\0', "RTMP: %d, nothing published", r);
	}
}

static void test_tcp(void)
{
	struct peer *refuses = peer_new(PEER_REFUSES), *silent = peer_new(PEER_SILENT);
	char url[128];

	ok(try_url(peer_url(refuses)) == -ECONNREFUSED, "RTMP: refused");
	ok(try_within(peer_url(silent), 100 * MS) == -ETIMEDOUT, "RTMP: silent");
	snprintf(url, sizeof(url), "rtmps%s", strstr(peer_url(silent), "://"));
	ok(try_url(url) == 0, "rtmps: a connection will do");
	snprintf(url, sizeof(url), "rtmps%s", strstr(peer_url(refuses), "://"));
	ok(try_url(url) == -ECONNREFUSED, "rtmps: refused");
	peer_free(refuses);
	peer_free(silent);
	ok(try_url("udp://192.0.2.1:9") == 0 && try_url("srt://:9?mode=listener") == 0,
		"what cannot be tried is good");
}

struct listener {
	int fd;
	bool answers;
};

/* The first half of a listener's handshake; the first packet is lost. */
static void *listen_srt(void *userdata)
{
	struct listener *l = userdata;
	uint8_t packet[1500];
	struct sockaddr_in peer;
	socklen_t size = sizeof(peer);
	int n = 0;

	while (recvfrom(l->fd, packet, sizeof(packet), 0, (struct sockaddr *) &peer, &size) == 64) {
		if (n++ == 0 || !l->answers)
			continue;
		memcpy(packet + 12, packet + 40, 4); /* to whom */
		packet[19] = 5;                      /* version */
		packet[47] = 1;                      /* cookie */
		(void) !sendto(l->fd, packet, 64, 0, (struct sockaddr *) &peer, size);
	}
	return NULL;
}

static int try_srt(bool answers, uint64_t usec)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct listener l = { socket(AF_INET, SOCK_DGRAM, 0), answers };
	socklen_t size = sizeof(a);
	pthread_t thread;
	char url[64];
	int r;

	(void) bind(l.fd, (struct sockaddr *) &a, size);
	(void) getsockname(l.fd, (struct sockaddr *) &a, &size);
	pthread_create(&thread, NULL, listen_srt, &l);
	snprintf(url, sizeof(url), "srt://127.0.0.1:%d?latency=1", ntohs(a.sin_port));
	r = try_within(url, usec);
	/* A datagram of another size ends the thread. */
	(void) !sendto(l.fd, "", 1, 0, (struct sockaddr *) &a, size);
	pthread_join(thread, NULL);
	close(l.fd);
	return r;
}

static void test_srt(void)
{
	ok(try_srt(true, 5 * USEC_PER_SEC) == 0, "SRT: a listener answers, after a loss");
	ok(try_srt(false, 600 * MS) == -ETIMEDOUT, "SRT: nobody does");
	ok(try_url("srt://127.0.0.1:1") == -ECONNREFUSED, "SRT: refused");
}

static void test_files(void)
{
	char folder[] = "/tmp/test-reach.XXXXXX", path[64];

	if (!mkdtemp(folder))
		return;
	snprintf(path, sizeof(path), "%s/x.ts", folder);
	ok(try_url(path) == 0, "a folder");
	snprintf(path, sizeof(path), "file:%s/no/x.ts", folder);
	ok(try_url(path) == -ENOENT, "no folder");
	ok(try_url("/proc/x.ts") < 0, "no place for files");
	ok(rmdir(folder) == 0, "nothing is left there");
}

int main(void)
{
	guard.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rtmp_new(&session, &guard) < 0)
		return 1;
	test_rtmp();
	test_tcp();
	test_srt();
	test_files();
	rtmp_free(session);
	close(guard.wake_fd);
	return tap_done();
}
