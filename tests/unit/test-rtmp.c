/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions with a server that does as it is told. */
#include "rtmp/session.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "common/usec.h"
#include "rtmp/amf0.h"
#include "rtmp/command.h"
#include "rtmp/flv.h"
#include "tests/tap.h"
#include "tests/unit/rtmp-server.h"

#define MS USEC_PER_MSEC

static _Atomic uint64_t end;
static int messages; /* how often some have gone out */

static uint64_t until(void *userdata)
{
	(void) userdata;
	return end;
}

static void progress(void *userdata)
{
	(void) userdata;
	messages++;
}

static struct wire_guard guard = { .until = until, .progress = progress };

static char *url_of(const struct rtmp_server *server, const char *stream)
{
	static char url[128];

	snprintf(url, sizeof(url), "%s/%s", rtmp_server_url(server), stream);
	return url;
}

static int open_session(struct rtmp *s, const char *url)
{
	end = usec_now() + 5 * USEC_PER_SEC;
	return rtmp_open(s, url, 65536);
}

static int put(
	struct rtmp *s, enum chunk_type type, uint32_t msec, const uint8_t *data, size_t size)
{
	int r = rtmp_begin(s, type, msec, size);

	return r < 0 ? r : rtmp_put(s, data, size);
}

static struct rtmp *new_session(void)
{
	struct rtmp *s;

	if (rtmp_new(&s, &guard) < 0)
		abort();
	return s;
}

static void test_takes(void)
{
	struct rtmp_server *server = rtmp_server_new(RTMP_SERVER_TAKES, NULL);
	_cleanup_(rtmp_freep) struct rtmp *s = new_session();
	static uint8_t big[64000];
	uint8_t metadata[FLV_METADATA_MAX];
	struct flv_metadata m = { .width = 64, .height = 48, .encoder = "test" };
	struct rtmp_server_seen seen;
	struct tcp_load load;
	uint32_t sum = 0;
	int r;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t) (i * 11 + i / 253);
	ok(rtmp_load(s, &load) == -ENOTCONN, "before it there is no load");
	r = open_session(s, url_of(server, "s3cret?token=t0ken"));
	ok(r == 0, "open: %d %s", r, rtmp_words(s));
	r = rtmp_load(s, &load);
	ok(r == 0 && load.delivered_bytes > 3000 && load.round_usec > 0,
		"there is one while it publishes: %d of %d bytes, %d us",
		(int) load.delivered_bytes, (int) (load.delivered_bytes + load.held_bytes),
		(int) load.round_usec);
	r = put(s, CHUNK_DATA, 0, metadata, flv_put_metadata(&m, metadata));
	messages = 0;
	for (uint32_t i = 0; r == 0 && i < 20; i++) {
		size_t size = i == 7 ? sizeof(big) : 1000 + i;

		r = put(s, i % 3 ? CHUNK_AUDIO : CHUNK_VIDEO, 0xfffff0 + i, big + i, size - i);
		sum = rtmp_server_sum(sum, big + i, size - i);
	}
	ok(r == 0 && rtmp_flush(s) == 0 && messages > 0, "twenty go out together");
	rtmp_close(s, true);
	ok(rtmp_load(s, &load) == -ENOTCONN, "nor is there one after it");
	rtmp_server_end(server, &seen);
	ok(seen.sessions == 1 && strcmp(seen.app, "live") == 0 && strstr(seen.tc_url, "/live") &&
			strcmp(seen.stream, "s3cret?token=t0ken") == 0,
		"application and stream: %s, %s", seen.app, seen.stream);
	ok(seen.pictures == 7 && seen.blocks == 13 && seen.sum == sum && seen.metadata,
		"all of it comes: %d, %d", seen.pictures, seen.blocks);
	ok(seen.pongs == 1 && seen.windows == 1 && seen.checks == 1 && seen.acks >= 1,
		"what the server asks is answered: %d %d %d %d", seen.pongs, seen.windows,
		seen.checks, seen.acks);
	ok(seen.unpublished && seen.deleted && seen.ended, "and it says goodbye");
}

/* Two ends of a connection over the loopback. */
static void connect_pair(int ret[2])
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(a);

	ret[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *) &a, size) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *) &a, &size) < 0 ||
		connect(ret[0], (struct sockaddr *) &a, size) < 0)
		abort();
	ret[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
}

static void test_load(void)
{
	static uint8_t data[65536];
	struct tcp_load l = { 0 };
	uint64_t written = 0, before, until_usec;
	int fd[2];
	ssize_t n;

	connect_pair(fd);
	while ((n = send(fd[0], data, sizeof(data), MSG_DONTWAIT)) > 0)
		written += (uint64_t) n;
	/* The last of what fits may still be on its way through the loopback. */
	until_usec = usec_now() + 5 * USEC_PER_SEC;
	do
		before = l.held_bytes;
	while (tcp_load(fd[0], &l) == 0 && usec_now() < until_usec &&
		(l.held_bytes == 0 || l.held_bytes != before));
	ok(l.held_bytes > 0 && l.held_bytes + l.delivered_bytes >= written &&
			l.held_bytes + l.delivered_bytes <= written + 1,
		"a peer that does not read: of %d bytes %d are there, %d held", (int) written,
		(int) l.delivered_bytes, (int) l.held_bytes);
	for (uint64_t got = 0; got < written; got += (uint64_t) n) {
		n = recv(fd[1], data, sizeof(data), 0);
		if (n <= 0)
			break;
	}
	until_usec = usec_now() + 5 * USEC_PER_SEC;
	while (tcp_load(fd[0], &l) == 0 && l.held_bytes > 0 && usec_now() < until_usec)
		(void) poll(NULL, 0, 1);
	ok(l.held_bytes == 0 && l.delivered_bytes >= written, "one that has read: all is there");
	ok(tcp_load(-1, &l) == -EBADF, "no connection");
	close(fd[0]);
	close(fd[1]);
}

static void test_refusals(void)
{
	static const struct {
		enum rtmp_server_kind kind;
		int r;
		const char *words;
	} cases[] = {
		{ RTMP_SERVER_BUSY, -EBUSY,
			"the server says: NetStream.Publish.BadName: stream *** is ? busy: ***" },
		{ RTMP_SERVER_NO_APP, -EPERM,
			"the server says: NetConnection.Connect.Rejected: not here" },
		{ RTMP_SERVER_LEAVES, -EPIPE, "" },
		{ RTMP_SERVER_GARBAGE, -EBADMSG, "" },
		{ RTMP_SERVER_HUGE, -EMSGSIZE, "" },
		{ RTMP_SERVER_WEB, -EBADMSG, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rtmp_server *server = rtmp_server_new(cases[i].kind, NULL);
		_cleanup_(rtmp_freep) struct rtmp *s = new_session();
		struct rtmp_server_seen seen;
		int r = open_session(s, url_of(server, "s3cret?token=t0ken"));

		ok(r == cases[i].r && strcmp(rtmp_words(s), cases[i].words) == 0, "refused: %d %s",
			r, rtmp_words(s));
		rtmp_server_end(server, &seen);
	}
}

static void test_redirects(void)
{
	struct rtmp_server *to = rtmp_server_new(RTMP_SERVER_TAKES, NULL);
	struct rtmp_server *from = rtmp_server_new(RTMP_SERVER_REDIRECTS, rtmp_server_url(to));
	struct rtmp_server *round = rtmp_server_new(RTMP_SERVER_REDIRECTS, "");
	struct rtmp_server *away = rtmp_server_new(RTMP_SERVER_REDIRECTS, "http://127.0.0.1/x");
	_cleanup_(rtmp_freep) struct rtmp *s = new_session();
	struct rtmp_server_seen seen;
	int r = open_session(s, url_of(from, "key?a=b"));

	ok(r == 0, "sent on: %d %s", r, rtmp_words(s));
	rtmp_close(s, true);
	rtmp_server_end(to, &seen);
	ok(seen.sessions == 1 && strcmp(seen.stream, "key?a=b") == 0 && seen.deleted,
		"the stream is the same: %s", seen.stream);
	rtmp_server_end(from, &seen);
	ok(seen.sessions == 1, "it was asked once");
	r = open_session(s, url_of(round, "key"));
	ok(r == -EPERM && strstr(rtmp_words(s), "on and on"), "round and round: %s", rtmp_words(s));
	rtmp_server_end(round, &seen);
	ok(seen.sessions == RTMP_REDIRECTS_MAX + 1, "%d times", seen.sessions);
	r = open_session(s, url_of(away, "key"));
	ok(r == -EPERM && strstr(rtmp_words(s), "Rejected"), "to where we cannot go: %s",
		rtmp_words(s));
	rtmp_server_end(away, &seen);
}

static void test_ends(enum rtmp_server_kind kind, const char *words)
{
	struct rtmp_server *server = rtmp_server_new(kind, NULL);
	_cleanup_(rtmp_freep) struct rtmp *s = new_session();
	struct timespec pause = usec_to_timespec(5 * MS);
	struct rtmp_server_seen seen;
	uint8_t data[100] = { 0 };
	int r = open_session(s, url_of(server, "key"));

	ok(r == 0, "open");
	for (uint32_t i = 0; r == 0 && i < 500; i++) {
		r = put(s, CHUNK_VIDEO, i, data, sizeof(data));
		if (r == 0)
			r = rtmp_flush(s);
		nanosleep(&pause, NULL);
	}
	ok(r < 0 && strcmp(rtmp_words(s), words) == 0, "ended: %d %s", r, rtmp_words(s));
	rtmp_close(s, false);
	rtmp_server_end(server, &seen);
}

static void *stop_soon(void *arg)
{
	struct timespec ts = usec_to_timespec(50 * MS);
	uint64_t one = 1;

	(void) arg;
	nanosleep(&ts, NULL);
	end = 0;
	(void) !write(guard.wake_fd, &one, sizeof(one));
	return NULL;
}

/* A name, and a time that is moved by somebody else. */
static void test_guard(void)
{
	struct rtmp_server *server = rtmp_server_new(RTMP_SERVER_TAKES, NULL);
	_cleanup_(rtmp_freep) struct rtmp *s = new_session();
	struct rtmp_server_seen seen;
	static uint8_t data[100000];
	pthread_t thread;
	uint64_t begin;
	int r;

	end = 1;
	ok(rtmp_open(s, url_of(server, "key"), 65536) == -ETIMEDOUT, "no time at all");
	ok(open_session(s, "rtmp://no-such-host.invalid/live/key") == -EADDRNOTAVAIL &&
			strstr(rtmp_words(s), "no-such-host.invalid"),
		"no such name: %s", rtmp_words(s));
	ok(open_session(s, "rtmp://h:x/live/key") == -EINVAL && rtmp_words(s)[0], "no URL: %s",
		rtmp_words(s));
	/* What nobody reads: the address is one of documentation (RFC 5737). */
	begin = usec_now();
	pthread_create(&thread, NULL, stop_soon, NULL);
	end = begin + 20 * USEC_PER_SEC;
	r = rtmp_open(s, "rtmp://192.0.2.1/live/key", 65536);
	pthread_join(thread, NULL);
	ok(r < 0 && usec_now() - begin < 10 * USEC_PER_SEC, "a wait is ended by another thread: %d",
		r);
	r = open_session(s, url_of(server, "key"));
	ok(r == 0, "and then it is as good as new");
	ok(put(s, CHUNK_VIDEO, 0, data, (size_t) RTMP_PAYLOAD_MAX + 1) == -EMSGSIZE, "too much");
	rtmp_close(s, false);
	rtmp_close(s, true);
	rtmp_server_end(server, &seen);
	ok(seen.ended && !seen.deleted, "no goodbye");
}

static void test_flv(void)
{
	static const uint8_t sps[] = { 0x67, 0x64, 0, 0x1f, 1, 2 }, pps[] = { 0x68, 9 };
	struct flv_sets sets = { .sps = { { sps, sizeof(sps) } }, .pps = { { pps, sizeof(pps) } } };
	uint8_t config[FLV_CONFIG_MAX], head[FLV_VIDEO_HEAD];
	int n;

	ok(flv_avc_config(&sets, config) == -EINVAL, "no sets");
	sets.n_sps = sets.n_pps = 1;
	n = flv_avc_config(&sets, config);
	ok(n == 6 + 2 + 6 + 1 + 2 + 2 + 4 &&
			memcmp(config, "\1\x64\0\x1f\xff\xe1\0\6\x67\x64\0\x1f\1\2\1\0\2\x68\x9",
				19) == 0,
		"high profile");
	sets.sps[0].size = FLV_CONFIG_MAX;
	ok(flv_avc_config(&sets, config) == -EINVAL, "sets that are too big");
	flv_video_head(head, FLV_DATA, false, 0x10203);
	ok(memcmp(head, "\x27\1\1\2\3", 5) == 0, "a picture");
	flv_audio_head(head, FLV_CONFIG);
	ok(memcmp(head, "\xaf\0", 2) == 0, "sound");
}

/* Short names are no secrets, and would be found in every word. */
static void test_words(void)
{
	static const char text[] = "live is taken\x7f rtmp://h/live/abc";
	struct command c = { .words = { text, sizeof(text) - 1 } };
	struct rtmp_target t;
	char words[200];

	ok(rtmp_target_parse("rtmp://h/live/a?k=tak", &t) == 0, "target");
	ok(strcmp(command_words(&c, &t, words, sizeof(words)),
		   "live is taken  rtmp://h/live/***") == 0,
		"%s", words);
	c = (struct command){ 0 };
	ok(command_words(&c, &t, words, sizeof(words))[0], "nothing said: %s", words);
	rtmp_target_deinit(&t);
}

int main(void)
{
	guard.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	test_flv();
	test_words();
	test_takes();
	test_load();
	test_refusals();
	test_redirects();
	test_ends(RTMP_SERVER_KICKS, "the server says: NetStream.Publish.Kicked: by the operator");
	test_ends(RTMP_SERVER_CLOSES, "");
	test_guard();
	close(guard.wake_fd);
	return tap_done();
}
