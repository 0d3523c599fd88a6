/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to a card that answers well, slowly, too much, not at all, or with nonsense: a process
 * of its own on a Unix socket. One request's trouble is none of the others'.
 */
#include "console/upstream.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

#define LIMIT (30 * USEC_PER_SEC)
#define HEAD_USEC (500 * USEC_PER_MSEC)
#define SOCKET "http.sock"

static struct loop *loop;
static struct upstreams *all;
static atomic_ullong *sent; /* shared with the peer: bytes of an endless answer it got rid of */

/* ---- the peer: a process for each connection ---- */

static void say(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	for (; left > 0 && (n = write(fd, text, left)) > 0; left -= (size_t) n)
		text += n;
}

static void answer(int fd, const char *body)
{
	char text[256];

	snprintf(text, sizeof(text),
		"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Odd:   a b \r\n"
		"Content-Length: %zu\r\n\r\n",
		strlen(body));
	say(fd, text);
	say(fd, body);
}

static void send_headers(int fd, int n, int size)
{
	char *line = malloc((size_t) size + 1);

	memset(line, 'x', (size_t) size);
	line[size] = '\0';
	say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < n; i++) {
		say(fd, "A: ");
		say(fd, line);
		say(fd, "\r\n");
	}
	say(fd, "Content-Length: 0\r\n\r\n");
	free(line);
}

static void send_endless(int fd)
{
	static char block[8192];
	ssize_t n;

	say(fd, "HTTP/1.1 200 OK\r\nContent-Type: x/y\r\n\r\n");
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char) ('a' + i % 26);
	while ((n = write(fd, block, 26 * 256)) > 0)
		atomic_fetch_add(sent, (unsigned long long) n);
}

static void serve_one(int fd)
{
	static char q[1 << 20];
	size_t n = 0;
	char *body = NULL, *length;
	ssize_t r;

	while (!body && (r = read(fd, q + n, sizeof(q) - n - 1)) > 0) {
		q[n += (size_t) r] = '\0';
		body = strstr(q, "\r\n\r\n");
	}
	if (strncmp(q, "POST /early", 11) == 0) {
		say(fd, "HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nno!");
		return;
	}
	length = strstr(q, "Content-Length: ");
	while (body && length && (size_t) (q + n - body - 4) < (size_t) atoi(length + 16) &&
		(r = read(fd, q + n, sizeof(q) - n - 1)) > 0)
		q[n += (size_t) r] = '\0';
	if (strncmp(q, "GET /ok", 7) == 0)
		answer(fd, "hello");
	else if (strncmp(q, "HEAD /ok", 8) == 0)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
	else if (strncmp(q, "GET /continue", 13) == 0)
		say(fd, "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 404 No\r\nC: d\r\n"
			"Content-Length: 2\r\n\r\nno");
	else if (strncmp(q, "GET /chunked", 12) == 0)
		say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			"3\r\none\r\n3\r\ntwo\r\n0\r\nTrailer: x\r\n\r\n");
	else if (strncmp(q, "GET /garbage", 12) == 0)
		say(fd, "\001\002\003 this is not HTTP\n\n\n");
	else if (strncmp(q, "GET /ssh", 8) == 0)
		say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
	else if (strncmp(q, "GET /giant", 10) == 0)
		send_headers(fd, 1, 1 << 20);
	else if (strncmp(q, "GET /many", 9) == 0)
		send_headers(fd, 1000, 4);
	else if (strncmp(q, "GET /cut", 8) == 0)
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789");
	else if (strncmp(q, "GET /endless", 12) == 0)
		send_endless(fd);
	else if (strncmp(q, "GET /half", 9) == 0)
		say(fd, "HTTP/1.1 200 OK\r\nContent-");
	else if (strncmp(q, "POST /echo", 10) == 0 || strncmp(q, "PUT /echo", 9) == 0)
		answer(fd, q);
	if (strstr(q, " /hang") || strncmp(q, "GET /half", 9) == 0)
		pause();
}

static pid_t peer_begin(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	(void) unlink(SOCKET);
	if (fd < 0 || bind(fd, (struct sockaddr *) &a, sizeof(a)) < 0 || listen(fd, 128) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void) signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int c = accept(fd, NULL, NULL);

			if (c >= 0 && fork() == 0) {
				(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
				serve_one(c);
				_exit(0);
			}
			close(c);
		}
	}
	close(fd);
	return pid;
}

static void peer_end(pid_t pid)
{
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
}

/* ---- a request ---- */

struct asked {
	struct upstream *u;
	bool headed, over, lazy; /* lazy: reads when it is told to */
	int error;
	unsigned status;
	char text[8192];
	size_t n;
};

static void take(struct asked *a)
{
	char buf[1000];
	ssize_t n;

	while ((n = upstream_read(a->u, buf, sizeof(buf))) > 0) {
		size_t keep = MIN((size_t) n, sizeof(a->text) - 1 - MIN(a->n, sizeof(a->text) - 1));

		memcpy(a->text + MIN(a->n, sizeof(a->text) - 1), buf, keep);
		a->n += (size_t) n;
	}
	if (n < 0) {
		a->over = true;
		a->error = n == -ENODATA ? 0 : (int) n;
	}
}

static void on_head(void *userdata)
{
	struct asked *a = userdata;

	a->headed = true;
	a->status = upstream_status(a->u);
}

static void on_ready(void *userdata)
{
	struct asked *a = userdata;

	if (!a->lazy)
		take(a);
}

static void on_failed(int error, void *userdata)
{
	struct asked *a = userdata;

	a->error = error;
	a->over = true;
	a->u = upstream_free(a->u);
}

static int begin(struct asked *a, const char *method, const char *target, const char *body)
{
	static const char *const headers[] = { "Content-Type: a/b", "Last-Event-ID: 7", NULL };
	const struct upstream_request q = {
		.socket = SOCKET,
		.method = method,
		.target = target,
		.headers = headers,
		.body = body,
		.body_size = body ? strlen(body) : 0,
		.head_usec = HEAD_USEC,
		.lasting = strcmp(target, "/endless") == 0,
	};
	const struct upstream_hooks hooks = { on_head, on_ready, on_failed, a };
	bool lazy = a->lazy;

	*a = (struct asked){ .lazy = lazy };
	return upstream_new(&a->u, all, &q, &hooks);
}

static void turn(void)
{
	(void) sd_event_run(loop_event(loop), 50 * USEC_PER_MSEC);
}

static bool finishes(struct asked *a)
{
	uint64_t until = usec_now() + LIMIT;

	while (!a->over && usec_now() < until)
		turn();
	return a->over;
}

static struct asked last;

static struct asked *ask(const char *method, const char *target, const char *body)
{
	upstream_free(last.u);
	if (begin(&last, method, target, body) < 0)
		abort();
	if (!finishes(&last))
		printf("# %s has no end\n", target);
	return &last;
}

/* ---- tests ---- */

static void test_good(void)
{
	struct asked *a = ask("GET", "/ok", NULL);
	char *body;

	ok(a->headed && a->status == 200 && !a->error && !strcmp(a->text, "hello"), "an answer");
	ok(!strcmp(upstream_header(a->u, "content-type"), "text/plain") &&
			!strncmp(upstream_header(a->u, "X-ODD"), "a b", 3) &&
			!upstream_header(a->u, "X") && !upstream_header(a->u, "HTTP/1.1"),
		"and its headers");
	a = ask("HEAD", "/ok", NULL);
	ok(a->headed && a->status == 200 && !a->error && a->n == 0, "without a body, by HEAD");
	a = ask("GET", "/chunked", NULL);
	ok(a->headed && !a->error && !strcmp(a->text, "onetwo") &&
			!upstream_header(a->u, "Trailer"),
		"one in pieces");
	a = ask("GET", "/continue", NULL);
	ok(a->status == 404 && !a->error && !strcmp(a->text, "no") && !upstream_header(a->u, "A") &&
			upstream_header(a->u, "C"),
		"one behind a first word");
	a = ask("POST", "/echo/%2e%2e/?a=%20#b", "the body");
	ok(strstr(a->text, "POST /echo/%2e%2e/?a=%20#b HTTP/1.1\r\n") &&
			strstr(a->text, "Content-Type: a/b\r\n") &&
			strstr(a->text, "Last-Event-ID: 7\r\n") &&
			strstr(a->text, "\r\n\r\nthe body"),
		"path, headers and body arrive as they are");
	a = ask("PUT", "/echo", NULL);
	ok(strstr(a->text, "PUT /echo HTTP/1.1\r\n") && strstr(a->text, "Content-Length: 0\r\n"),
		"no body, either");
	body = malloc(800001);
	memset(body, 'b', 800000);
	body[800000] = '\0';
	a = ask("POST", "/echo", body);
	ok(!a->error && a->status == 200 && strstr(a->text, "Content-Length: 800000\r\n"),
		"a large body");
	a = ask("POST", "/early", body);
	ok(a->status == 413 && !strcmp(a->text, "no!"), "one that is refused before it is there");
	free(body);
}

static void test_bad(void)
{
	struct asked *a;

	a = ask("GET", "/garbage", NULL);
	ok(!a->headed && a->error == -EPROTO, "no HTTP");
	a = ask("GET", "/ssh", NULL);
	ok(!a->headed && a->error == -EPROTO, "another protocol");
	a = ask("GET", "/giant", NULL);
	ok(!a->headed && a->error == -EPROTO, "a header of a megabyte");
	a = ask("GET", "/many", NULL);
	ok(!a->headed && a->error == -EPROTO, "a thousand headers");
	a = ask("GET", "/nothing", NULL);
	ok(!a->headed && a->error == -ECONNREFUSED, "a connection that is closed");
	a = ask("GET", "/cut", NULL);
	ok(a->headed && a->n == 10 && a->error < 0, "an answer that breaks off is known as such");
}

/* One that hangs, and all the time others are answered. */
static void test_hang(void)
{
	struct asked slow = { 0 }, half = { 0 }, good = { 0 };
	uint64_t until = usec_now() + LIMIT;
	int answered = 0;

	ok(begin(&slow, "GET", "/hang", NULL) == 0 && begin(&half, "GET", "/half", NULL) == 0,
		"two that hang");
	while ((!slow.over || !half.over) && usec_now() < until) {
		if (good.over || !good.u) {
			answered += good.over && good.status == 200;
			good.u = upstream_free(good.u);
			if (begin(&good, "GET", "/ok", NULL) < 0)
				abort();
		}
		turn();
	}
	upstream_free(good.u);
	ok(slow.error == -ETIMEDOUT && half.error == -ETIMEDOUT, "end by themselves");
	ok(answered > 10, "others are answered meanwhile");
}

static void test_slow_reader(void)
{
	struct asked a = { .lazy = true };
	uint64_t until = usec_now() + LIMIT;
	unsigned long long before = 0;
	int still = 0;
	bool good = true;

	atomic_store(sent, 0);
	ok(begin(&a, "GET", "/endless", NULL) == 0, "an answer without end");
	/* Until it moves no more. */
	while (still < 10 && usec_now() < until) {
		turn();
		still = atomic_load(sent) == before && a.headed ? still + 1 : 0;
		before = atomic_load(sent);
	}
	/* What lies in the socket between is the kernel's, some 200 KiB. */
	ok(still == 10 && before < UPSTREAM_BUFFER + 512 * 1024,
		"is held up by who does not read: %llu", before);
	while (a.n < 8 * UPSTREAM_BUFFER && usec_now() < until && !a.over) {
		char buf[777];
		ssize_t n = upstream_read(a.u, buf, sizeof(buf));

		for (ssize_t i = 0; i < n; i++)
			good &= buf[i] == (char) ('a' + (a.n + (size_t) i) % 26);
		a.n += n > 0 ? (size_t) n : 0;
		if (n == 0)
			turn();
	}
	ok(a.n >= 8 * UPSTREAM_BUFFER && good, "and goes on, nothing lost, when he does");
	upstream_free(a.u);
	ok(upstreams_count(all) == (last.u ? 1 : 0), "left in the middle");
}

static void test_dead(void)
{
	struct asked *a;
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), clients[8];

	a = ask("GET", "/ok", NULL);
	ok(!a->headed && a->error == -ECONNREFUSED, "nobody listens any more");
	(void) unlink(SOCKET);
	a = ask("GET", "/ok", NULL);
	ok(!a->headed && a->error == -ECONNREFUSED, "there is no socket");
	/* A process that has stopped accepts until its queue is full. */
	if (bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		abort();
	a = ask("GET", "/ok", NULL);
	ok(!a->headed && a->error == -ETIMEDOUT, "nobody accepts");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void) connect(clients[i], (struct sockaddr *) &address, sizeof(address));
	}
	a = ask("GET", "/ok", NULL);
	ok(!a->headed && a->error < 0, "and there is no room to wait, either");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		close(clients[i]);
	close(fd);
}

static void test_limits(void)
{
	static struct asked many[UPSTREAM_CARD_MAX + 1];
	const struct upstream_hooks hooks = { on_head, on_ready, on_failed, &many[0] };
	const struct upstream_request lasting = {
		.socket = SOCKET, .method = "GET", .target = "/hang", .lasting = true
	};
	struct upstream *u[UPSTREAM_LASTING_MAX];
	char path[UPSTREAM_PATH_MAX + 1];
	struct upstream_request other = { .socket = "other.sock", .method = "GET", .target = "/" };
	struct upstream *no = NULL;
	size_t n = 0;

	last.u = upstream_free(last.u);
	while (n < UPSTREAM_LASTING_MAX && upstream_new(&u[n], all, &lasting, &hooks) == 0)
		n++;
	ok(n == UPSTREAM_LASTING_MAX && upstream_new(&no, all, &lasting, &hooks) == -EBUSY,
		"those without an end have a limit");
	for (; n < UPSTREAM_CARD_MAX; n++)
		if (begin(&many[n], "GET", "/hang", NULL) < 0)
			break;
	ok(n == UPSTREAM_CARD_MAX && begin(&many[n], "GET", "/ok", NULL) == -EBUSY,
		"and so have all");
	ok(upstream_new(&no, all, &other, &hooks) == 0, "of one card");
	upstream_free(no);
	for (size_t i = 0; i < UPSTREAM_LASTING_MAX; i++)
		upstream_free(u[i]);
	for (size_t i = UPSTREAM_LASTING_MAX; i < UPSTREAM_CARD_MAX; i++)
		upstream_free(many[i].u);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	other.socket = path;
	ok(upstream_new(&no, all, &other, &hooks) == -ENAMETOOLONG, "a path that is too long");
}

int main(void)
{
	const struct loop_hooks none = { 0 };
	pid_t peer;

	enter_folder();
	sent = mmap(NULL, sizeof(*sent), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	peer = peer_begin();
	if (sent == MAP_FAILED || loop_new(&loop, &none) < 0)
		abort();
	ok(upstreams_new(&all, loop) == 0, "ready to ask");
	test_good();
	test_bad();
	test_hang();
	test_slow_reader();
	test_limits();
	peer_end(peer);
	test_dead();
	upstream_free(last.u);
	upstreams_free(all);
	loop_free(loop);
	leave_folder();
	return tap_done();
}
