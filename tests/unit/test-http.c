/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/cleanup.h"
#include "http/server.h"
#include "http/websocket.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"
#include "tests/unit/http-client.h"

#define BODY_MAX 1000
#define HELLO "hello, world"

struct site {
	struct loop *loop;
	struct http_server *server;
	struct http_request *waiting; /* deferred */
	struct http_request *stream;
	struct websocket *socket;
	int gone, stream_gone, socket_gone, released, handled;
	int chunks; /* that the stream may still give */
	char heard[64];
};

static void on_gone(void *userdata)
{
	struct site *s = userdata;

	s->gone++;
	s->waiting = NULL;
}

static ssize_t stream_read(void *userdata, char *buf, size_t max)
{
	struct site *s = userdata;

	(void) max;
	if (s->chunks == 0)
		return 0;
	if (s->chunks < 0)
		return -1;
	s->chunks--;
	memcpy(buf, "chunk!", 6);
	return 6;
}

static void stream_gone(void *userdata)
{
	struct site *s = userdata;

	s->stream_gone++;
	s->stream = NULL;
}

static void socket_drained(struct websocket *w, void *userdata)
{
	struct site *s = userdata;

	s->socket = w;
}

static void socket_message(
	struct websocket *w, bool text, const void *data, size_t size, void *userdata)
{
	struct site *s = userdata;

	(void) w;
	snprintf(s->heard, sizeof(s->heard), "%s:%.*s", text ? "text" : "binary", (int) size,
		(const char *) data);
}

static void socket_gone(void *userdata)
{
	struct site *s = userdata;

	s->socket_gone++;
	s->socket = NULL;
}

static void release(void *userdata)
{
	struct site *s = userdata;

	s->released++;
}

static int begin(struct http_request *q, void *userdata)
{
	(void) userdata;
	if (strcmp(http_path(q), "/closed") == 0)
		return http_fault(q, 403, "Not \"here\".");
	http_allow_body(q, BODY_MAX);
	return 0;
}

static int echo(struct http_request *q)
{
	const char *name = http_query(q, "name"), *cookie = http_cookie(q, "who");
	int64_t n = -1;
	char text[512];
	size_t size;
	const char *body = http_body(q, &size);
	int r = http_query_number(q, "n", 1, 10, 5, &n);

	snprintf(text, sizeof(text), "%s name=%s n=%d/%lld cookie=%s body=%zu:%.20s",
		http_method_name(http_method(q)), name ? name : "-", r, (long long) n,
		cookie ? cookie : "-", size, body);
	return http_answer(q, 200, "text/plain", text, strlen(text));
}

static int handle(struct http_request *q, void *userdata)
{
	static const struct http_stream stream = { .read = stream_read, .gone = stream_gone };
	static const struct websocket_hooks ws = {
		.drained = socket_drained, .message = socket_message, .gone = socket_gone
	};
	struct site *s = userdata;
	const char *path = http_path(q);

	s->handled++;
	if (strcmp(path, "/echo") == 0)
		return echo(q);
	if (strcmp(path, "/shared") == 0)
		return http_answer_shared(q, 200, "text/plain", HELLO, strlen(HELLO), release, s);
	if (strcmp(path, "/later") == 0) {
		s->waiting = q;
		return http_defer(q, on_gone, s);
	}
	if (strcmp(path, "/stream") == 0) {
		s->stream = q;
		return http_answer_stream(q, 200, "text/plain", &stream, s);
	}
	if (strcmp(path, "/socket") == 0)
		return websocket_accept(q, s->loop, &ws, s);
	return http_fault(q, 404, "No %s.", path);
}

static void open_site(struct site *s, unsigned clients_max)
{
	const struct loop_hooks none = { .tick = NULL };
	const struct http_hooks hooks = { .begin = begin, .handle = handle, .userdata = s };
	const struct http_listen listen = {
		.path = "socket", .mode = 0600, .clients_max = clients_max
	};

	memset(s, 0, sizeof(*s));
	ok(loop_new(&s->loop, &none) == 0, "a loop");
	ok(http_server_new(&s->server, s->loop, &listen, &hooks) == 0, "a server in it");
}

static void close_site(struct site *s)
{
	s->server = http_server_free(s->server);
	loop_free(s->loop);
}

static struct client c; /* large */

/* Sends a request and waits for what its answer must have. */
static bool ask(struct site *s, const char *request, const char *expected)
{
	bool found;

	client_connect(&c, s->loop, "socket");
	client_say(&c, request);
	found = client_expect(&c, expected);
	if (!found)
		printf("# got: %.300s\n", c.text);
	client_close(&c);
	return found;
}

static void test_requests(void)
{
	struct http_counts n;
	struct site s;

	open_site(&s, 0);
	ok(ask(&s, "GET /echo?name=a%20b+c&n=7 HTTP/1.1\r\nHost: x\r\nCookie: a=1; who=me\r\n\r\n",
		   "GET name=a b c n=0/7 cookie=me body=0:"),
		"query and cookies are decoded");
	ok(ask(&s, "GET /echo?name=%00&n=11 HTTP/1.1\r\nHost: x\r\n\r\n", "name=- n=-22/-1"),
		"a NUL is no value, and a number keeps within its bounds");
	ok(ask(&s, "GET /echo?n=%zz HTTP/1.1\r\nHost: x\r\n\r\n", "n=-22/-1"),
		"what cannot be decoded is no number, not one that is missing");
	ok(ask(&s, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
		   "POST name=- n=0/5 cookie=- body=5:abcde"),
		"a body arrives");
	ok(ask(&s,
		   "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		   "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
		   "body=5:abcde"),
		"in chunks, too");
	ok(ask(&s, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n", "{\"detail\": \"No /none.\"}"),
		"a fault has words");
	ok(ask(&s, "GET /closed HTTP/1.1\r\nHost: x\r\n\r\n", "403 Forbidden\r\n"),
		"a head can be refused");
	ok(ask(&s, "HEAD /shared HTTP/1.1\r\nHost: x\r\n\r\n", "Content-Length: 12\r\n"),
		"HEAD tells the size");
	ok(ask(&s, "GET /shared HTTP/1.1\r\nHost: x\r\n\r\n", HELLO), "shared data is sent");
	http_server_counts(s.server, &n);
	ok(n.served == 9 && n.refused == 0, "all have been counted (%d)", (int) n.served);
	close_site(&s);
	ok(s.released == 2, "shared data is given back");
}

static void test_too_much(void)
{
	char head[256], many[4096];
	struct http_counts n;
	struct site s;

	open_site(&s, 0);
	snprintf(head, sizeof(head), "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
		1 << 20);
	ok(ask(&s, head, "413 "), "a body that says it is too large is refused at once");
	client_connect(&c, s.loop, "socket");
	client_say(&c, "POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
	for (int i = 0; i < 5; i++)
		client_turn(s.loop);
	client_read(&c);
	ok(c.size == 0 && client_say(&c, "abcde") && client_expect(&c, "403 ") &&
			client_expect(&c, "detail"),
		"a small one is let in before it is refused");
	client_forget(&c);
	client_say(&c, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(client_expect(&c, "GET name=-"), "and the connection goes on");
	client_close(&c);
	s.handled = 0;
	ok(ask(&s, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		   "HTTP/1.1 4"),
		"however large it says it is");
	memset(many, 'x', sizeof(many));
	client_connect(&c, s.loop, "socket");
	client_say(
		&c, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n");
	client_send(&c, many, sizeof(many));
	ok(client_expect_end(&c) && s.handled == 0, "one that does not say so is cut off");
	client_close(&c);
	memset(many, 'y', sizeof(many));
	client_connect(&c, s.loop, "socket");
	client_say(&c, "GET /echo HTTP/1.1\r\nHost: x\r\nX: ");
	for (int i = 0; i < 20 && !c.closed; i++) {
		(void) client_send(&c, many, sizeof(many));
		client_read(&c);
	}
	ok(client_expect_end(&c) && s.handled == 0, "a head without end is cut off");
	client_close(&c);
	http_server_counts(s.server, &n);
	ok(n.refused >= 2, "they are counted");
	close_site(&s);
}

static void test_later(void)
{
	struct site s;

	open_site(&s, 0);
	client_connect(&c, s.loop, "socket");
	client_say(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!s.waiting)
		client_turn(s.loop);
	client_read(&c);
	ok(c.size == 0, "a deferred request has no answer yet");
	ok(http_answer(s.waiting, 200, "text/plain", HELLO, strlen(HELLO)) == 0, "it is answered");
	ok(http_answer(s.waiting, 200, "text/plain", HELLO, strlen(HELLO)) == -EALREADY,
		"once only");
	ok(client_expect(&c, HELLO), "the answer arrives");
	client_forget(&c);
	client_say(&c, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(client_expect(&c, "GET name=-"), "and the connection goes on");
	ok(s.gone == 0, "who has answered is not told that it is gone");
	client_close(&c);

	s.waiting = NULL;
	client_connect(&c, s.loop, "socket");
	client_say(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!s.waiting)
		client_turn(s.loop);
	http_give_up(s.waiting);
	ok(client_expect_end(&c) && c.size == 0 && s.gone == 0,
		"one that cannot be answered ends its connection");
	client_close(&c);

	s.waiting = NULL;
	client_connect(&c, s.loop, "socket");
	client_say(&c, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!s.waiting)
		client_turn(s.loop);
	close_site(&s);
	ok(s.gone == 1 && !s.waiting, "when the server ends, who waits is told");
	client_close(&c);
}

static void test_stream(void)
{
	struct site s;

	open_site(&s, 0);
	client_connect(&c, s.loop, "socket");
	s.chunks = 2;
	client_say(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(client_expect(&c, "chunk!\r\n6\r\nchunk!"), "a stream gives what there is");
	client_forget(&c);
	for (int i = 0; i < 5; i++)
		client_turn(s.loop);
	ok(s.stream && s.stream_gone == 0, "and stays when there is nothing");
	s.chunks = 1;
	http_stream_wake(s.stream);
	ok(client_expect(&c, "chunk!"), "woken, it goes on");
	s.chunks = -1;
	http_stream_wake(s.stream);
	ok(client_expect(&c, "0\r\n\r\n"), "it can end");
	ok(s.stream_gone == 1, "which is told");
	client_close(&c);

	s.chunks = 1;
	client_connect(&c, s.loop, "socket");
	client_say(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(client_expect(&c, "chunk!"), "another");
	client_close(&c);
	s.chunks = 1000;
	while (s.stream) {
		http_stream_wake(s.stream);
		client_turn(s.loop);
	}
	ok(s.stream_gone == 2, "one whose reader has gone ends");
	s.chunks = 0;
	client_connect(&c, s.loop, "socket");
	client_say(&c, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	ok(client_expect(&c, "200 OK"), "one that never said a word");
	close_site(&s);
	ok(s.stream_gone == 3, "ends with the server");
	client_close(&c);
}

#define UPGRADE                                                                  \
	"GET /socket HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n" \
	"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"                    \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static void test_socket(void)
{
	/* "Hello", masked: an example of RFC 6455, 5.7 */
	static const char hello[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
	static const char unmasked[] = "\x81\x05Hello";
	struct site s;

	open_site(&s, 0);
	ok(ask(&s, "GET /socket HTTP/1.1\r\nHost: x\r\n\r\n", "426 "),
		"a socket must be asked for");
	ok(ask(&s,
		   "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
		   "websocket\r\n"
		   "Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: x\r\n\r\n",
		   "400 "),
		"in a version that is spoken");
	ok(s.socket_gone == 2, "each is over then");
	client_connect(&c, s.loop, "socket");
	client_say(&c, UPGRADE);
	ok(client_expect(&c, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
		"the key's answer is that of the RFC");
	ok(client_expect(&c, "\r\n\r\n"), "the head ends");
	while (!s.socket)
		client_turn(s.loop);
	client_send(&c, hello, sizeof(hello) - 1);
	for (int i = 0; i < 1000 && !s.heard[0]; i++)
		client_turn(s.loop);
	ok(strcmp(s.heard, "text:Hello") == 0, "a message is heard (%s)", s.heard);
	ok(websocket_send(s.socket, true, HELLO, strlen(HELLO)) == 0, "one is sent");
	ok(websocket_send(s.socket, true, HELLO, strlen(HELLO)) == -EBUSY,
		"no second one before it has gone");
	ok(client_expect(&c, "\x81\x0c" HELLO), "it arrives");
	while (!websocket_is_drained(s.socket))
		client_turn(s.loop);
	ok(websocket_send(s.socket, false, "ab", 2) == 0 && client_expect(&c, "\x82\x02"
									      "ab"),
		"then the next, binary");
	client_send(&c, unmasked, sizeof(unmasked) - 1);
	ok(client_expect_end(&c) && s.socket_gone == 3, "who breaks the protocol is let go");
	client_close(&c);

	client_connect(&c, s.loop, "socket");
	client_say(&c, UPGRADE);
	while (!s.socket)
		client_turn(s.loop);
	websocket_close(s.socket, 1001);
	ok(client_expect(&c, "\x88\x02\x03\xe9"), "goodbye has a status");
	client_close(&c);
	while (s.socket_gone < 4)
		client_turn(s.loop);
	client_connect(&c, s.loop, "socket");
	client_say(&c, UPGRADE);
	while (!s.socket)
		client_turn(s.loop);
	close_site(&s);
	ok(s.socket_gone == 5, "sockets end with the server");
	client_close(&c);
}

static void test_crowd(void)
{
	struct client *idle = calloc(8, sizeof(*idle));
	struct http_counts n;
	struct site s;
	int closed = 0;

	open_site(&s, 4);
	for (int i = 0; i < 8; i++) {
		client_connect(&idle[i], s.loop, "socket");
		client_turn(s.loop);
	}
	ok(ask(&s, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "GET name=-"),
		"idle ones keep nobody out");
	for (int i = 0; i < 8; i++) {
		client_read(&idle[i]);
		closed += idle[i].closed;
	}
	http_server_counts(s.server, &n);
	ok(closed >= 4 && idle[0].closed && n.evicted >= 4,
		"those that were idle for longest had to go (%d)", closed);
	for (int i = 0; i < 8; i++)
		client_close(&idle[i]);
	close_site(&s);
	free(idle);
}

int main(void)
{
	enter_folder();
	test_requests();
	test_too_much();
	test_later();
	test_stream();
	test_socket();
	test_crowd();
	leave_folder();
	return tap_done();
}
