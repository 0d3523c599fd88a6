/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first words with a card before a connection leaves HTTP: well, badly, and not at all. */
#include "console/dial.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

#define LIMIT (20 * USEC_PER_SEC)
#define SOCKET "dial.sock"
#define HEAD "GET /x HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"

static struct loop *loop;
static int listener;

struct call {
	struct dial *d;
	bool over;
	int error;
};

static void on_done(int error, void *userdata)
{
	struct call *c = userdata;

	c->over = true;
	c->error = error;
}

static bool finishes(struct call *c)
{
	uint64_t until = usec_now() + LIMIT;

	while (!c->over && usec_now() < until)
		(void) sd_event_run(loop_event(loop), 50 * USEC_PER_MSEC);
	return c->over;
}

/* Whoever calls is told this, after all he says has come. */
static int answer(struct call *c, const char *text, size_t size)
{
	char got[sizeof(HEAD)];
	size_t n = 0;
	int fd;

	*c = (struct call){ .over = false };
	if (dial_new(&c->d, loop, SOCKET, HEAD, on_done, c) < 0)
		abort();
	fd = accept(listener, NULL, NULL);
	while (n < strlen(HEAD)) {
		ssize_t r = recv(fd, got + n, strlen(HEAD) - n, MSG_DONTWAIT);

		n += r > 0 ? (size_t) r : 0;
		if (r <= 0)
			(void) sd_event_run(loop_event(loop), 20 * USEC_PER_MSEC);
	}
	if (memcmp(got, HEAD, n) != 0 || (size && write(fd, text, size) != (ssize_t) size))
		abort();
	return fd;
}

static void test_good(void)
{
	static const char text[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				   "Sec-WebSocket-Accept:  abc=\r\nX:\r\n\r\nfirst bytes";
	const void *early;
	char value[32];
	struct call c;
	size_t size;
	int ours, fd = answer(&c, text, 50);

	/* The rest comes later, in pieces. */
	for (size_t i = 50; i < strlen(text); i += 7) {
		(void) !write(fd, text + i, MIN((size_t) 7, strlen(text) - i));
		(void) sd_event_run(loop_event(loop), 20 * USEC_PER_MSEC);
	}
	ok(finishes(&c) && c.error == 0 && dial_status(c.d) == 101, "an answer in pieces");
	ok(dial_header(c.d, "sec-websocket-accept", value, sizeof(value)) &&
			!strcmp(value, "abc=") && dial_header(c.d, "X", value, sizeof(value)) &&
			!*value && !dial_header(c.d, "Sec", value, sizeof(value)) &&
			!dial_header(c.d, "Upgrade", value, 4),
		"its headers");
	ours = dial_take(c.d, &early, &size);
	ok(ours >= 0 && size <= strlen("first bytes") && !memcmp(early, "first bytes", size),
		"and what came behind them");
	dial_free(c.d);
	ok(write(ours, "on", 2) == 2 && recv(fd, value, 2, 0) == 2 && !memcmp(value, "on", 2),
		"the connection goes on");
	close(ours);
	close(fd);
	fd = answer(&c, "HTTP/1.0 404 No\r\n\r\n", 19);
	ok(finishes(&c) && c.error == 0 && dial_status(c.d) == 404, "another status");
	dial_free(c.d);
	close(fd);
}

static void test_bad(void)
{
	static char giant[3 * DIAL_HEAD_MAX] = "HTTP/1.1 101 X\r\nA: ";
	static const struct {
		const char *text;
		size_t size;
		const char *name;
	} cases[] = {
		{ "HTTP/2 101 X\r\n\r\n", 16, "another version" },
		{ "HTTP/1.1 1e1 X\r\n\r\n", 18, "a status that is none" },
		{ "HTTP/1.1 1010 X\r\n\r\n", 19, "one of four digits" },
		{ "\r\n\r\n", 4, "nothing" },
		{ "HTTP/1.1 101 X\r\nA: \0\r\n\r\n", 24, "a zero" },
		{ giant, sizeof(giant), "a head without end" },
	};
	struct call c;
	int fd;

	memset(giant + strlen(giant), 'a', sizeof(giant) - strlen(giant));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fd = answer(&c, cases[i].text, cases[i].size);
		ok(finishes(&c) && c.error == -EPROTO, "%s", cases[i].name);
		dial_free(c.d);
		close(fd);
	}
	fd = answer(&c, "HTTP/1.1 101", 12);
	close(fd);
	ok(finishes(&c) && c.error == -EPROTO, "one that breaks off");
	dial_free(c.d);
	fd = answer(&c, "", 0);
	close(fd);
	ok(finishes(&c) && c.error == -ECONNREFUSED, "one that never comes");
	dial_free(c.d);
}

static void test_nobody(void)
{
	char *head = malloc(DIAL_HEAD_MAX + 2), path[200];
	struct call c = { .over = false };

	close(listener);
	ok(dial_new(&c.d, loop, SOCKET, HEAD, on_done, &c) == -ECONNREFUSED, "nobody listens");
	(void) unlink(SOCKET);
	ok(dial_new(&c.d, loop, SOCKET, HEAD, on_done, &c) == -ECONNREFUSED, "no socket");
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	ok(dial_new(&c.d, loop, path, HEAD, on_done, &c) == -ENAMETOOLONG,
		"a path that is too long");
	memset(head, 'x', DIAL_HEAD_MAX + 1);
	head[DIAL_HEAD_MAX + 1] = '\0';
	ok(dial_new(&c.d, loop, SOCKET, head, on_done, &c) == -E2BIG, "too much to say");
	free(head);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	const struct loop_hooks none = { 0 };

	enter_folder();
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *) &a, sizeof(a)) < 0 || listen(listener, 8) < 0 ||
		loop_new(&loop, &none) < 0)
		abort();
	test_good();
	test_bad();
	test_nobody();
	loop_free(loop);
	leave_folder();
	return tap_done();
}
