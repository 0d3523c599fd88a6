/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/web-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/utf8.h"
#include "face/face.h"
#include "http/websocket.h"
#include "tests/fuzz/fuzz.h"

#define TURNS_MAX 20000
#define QUIET_USEC 100 /* of waiting, when there is nothing to do … */
#define QUIET_TURNS 3  /* … so many times: then there will be no more */
#define ANSWER_MAX ((size_t) 4 << 20)
#define MESSAGES 3
#define PIECES 5

static struct loop *loop;
static struct face *face;
static struct http_request *deferred; /* NULL: none */
static int pieces, messages;          /* that are still to come of a stream, and of a WebSocket */
static int n_open;                    /* streams and WebSockets that have not ended */

/* ---- handlers ---- */

static void on_deferred_gone(void *userdata)
{
	(void) userdata;
	deferred = NULL;
}

static void on_gone(void *userdata)
{
	(void) userdata;
	n_open--;
}

static ssize_t on_read(void *userdata, char *buf, size_t max)
{
	size_t n = MIN(max, (size_t) 1000);

	(void) userdata;
	if (pieces-- <= 0)
		return -1;
	memset(buf, 'x', n);
	return (ssize_t) n;
}

static void on_drained(struct websocket *w, void *userdata)
{
	(void) userdata;
	if (messages-- > 0)
		must(websocket_send(w, messages % 2, "message", 7) == 0);
}

static void on_message(
	struct websocket *w, bool text, const void *data, size_t size, void *userdata)
{
	char copy[WEBSOCKET_MESSAGE_MAX + 1];

	(void) userdata;
	must(size <= WEBSOCKET_MESSAGE_MAX);
	if (!text || size == 0 || memchr(data, '\0', size))
		return;
	memcpy(copy, data, size);
	copy[size] = '\0';
	for (const char *p = copy; *p;) {
		uint32_t c;
		size_t n = utf8_decode(p, &c);

		must(n > 0);
		p += n;
	}
	if (strcmp(copy, "bye") == 0)
		websocket_close(w, 1000);
}

static int serve_live(struct http_request *q)
{
	const struct websocket_hooks hooks = {
		.drained = on_drained,
		.message = on_message,
		.gone = on_gone,
	};

	messages = MESSAGES;
	n_open++;
	return websocket_accept(q, loop, &hooks, NULL);
}

static int serve_stream(struct http_request *q)
{
	const struct http_stream ops = { .read = on_read, .gone = on_gone };

	pieces = PIECES;
	n_open++;
	return http_answer_stream(q, 200, "text/plain", &ops, NULL);
}

static int serve_later(struct http_request *q)
{
	must(!deferred);
	deferred = q;
	return http_defer(q, on_deferred_gone, NULL);
}

static void check_match(const struct route_match *m)
{
	must(m->id < _ROUTE_MAX && !strchr(m->card, '/'));
	for (int i = 0; i < ROUTES_ARGS_MAX; i++) {
		const char *arg = m->args[i];

		must(strlen(arg) < ROUTES_ARG_SIZE && !strchr(arg, '/') && !strchr(arg, '\\') &&
			strcmp(arg, ".") != 0 && strcmp(arg, "..") != 0);
	}
}

static int serve_json(struct face_request *q)
{
	int64_t number = -1;
	const char *text = http_query(q->http, "state");
	int r = http_query_number(q->http, "limit", 1, 1000, 100, &number);
	json_t *j;

	if (r < 0)
		return http_fault(q->http, 422, "That is no number.");
	must(number >= 1 && number <= 1000);
	must(!text || strlen(text) <= strlen(http_query_text(q->http)));
	if (!routes[q->match.id].body_max)
		return face_answer_json(q->http, 200, json_pack("{s:s*}", "state", text));
	j = face_body_object(q->http, &r);
	if (!j)
		return r;
	return face_answer_json(q->http, 200, j);
}

static int handle(struct face_request *q, void *userdata)
{
	size_t size;
	const char *body = http_body(q->http, &size);

	(void) userdata;
	check_match(&q->match);
	must(body[size] == '\0' && size <= routes[q->match.id].body_max);
	must(!routes[q->match.id].roles || (q->grant.roles & routes[q->match.id].roles));
	if (q->match.id == ROUTE_CARD_LIVE)
		return serve_live(q->http);
	if (q->match.id == ROUTE_STREAM_MJPG || q->match.id == ROUTE_CARD_STREAM)
		return serve_stream(q->http);
	if (q->match.id == ROUTE_STATUS)
		return serve_later(q->http);
	return serve_json(q);
}

/* ---- from start to end ---- */

static void stop(void)
{
	face_free(face);
	loop_free(loop);
}

void web_peer_start(void)
{
	static const char *const hosts[] = { "egm.example", NULL };
	static const char *const origins[] = { "https://page.example", NULL };
	const struct face_settings settings = {
		.listen = { .address = "127.0.0.1" },
		.where = ROUTE_INSTANCE,
		.hosts = hosts,
		.origins = origins,
	};
	const struct loop_hooks hooks = { .reload = NULL };
	const struct face_hooks fh = { .handle = handle };
	struct access *access;

	if (face)
		return;
	must(loop_new(&loop, &hooks) == 0);
	must(access_new(&access) == 0);
	must(access_add_token(access, "all", WEB_PEER_TOKEN, ACCESS_ALL) == 0);
	must(access_add_token(access, "view", WEB_PEER_TOKEN "-view", ACCESS_VIEW) == 0);
	must(face_new(&face, loop, &settings, access, &fh) == 0);
	atexit(stop);
}

/* One round of the server. Returns whether it had something to do. */
static bool turn(bool wait)
{
	int r = sd_event_run(loop_event(loop), wait ? QUIET_USEC : 0);

	must(r >= 0);
	if (deferred) {
		struct http_request *q = deferred;

		deferred = NULL;
		(void) face_answer_json(q, 200, json_pack("{s:s}", "answered", "later"));
		return true;
	}
	return r > 0;
}

static int connect_to(unsigned port)
{
	const struct linger reset = { .l_onoff = 1 };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t) port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* No port of ours is to be kept for a while after each turn. */
	must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0);
	must(connect(fd, (const struct sockaddr *) &in, sizeof(in)) == 0);
	return fd;
}

/* Returns whether it could. */
static bool send_some(int fd, const char **data, size_t *size)
{
	ssize_t n;

	if (*size == 0)
		return false;
	n = send(fd, *data, *size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN)
		*size = 0;
	if (n > 0) {
		*data += n;
		*size -= (size_t) n;
	}
	return n > 0;
}

/* Returns whether something came; *end: nothing will any more. */
static bool receive_some(int fd, char *answer, size_t *got, bool *end)
{
	char buf[16384];
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	*end = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	if (n > 0 && *got + (size_t) n <= ANSWER_MAX) {
		memcpy(answer + *got, buf, (size_t) n);
		*got += (size_t) n;
	}
	return n > 0;
}

static void wait_until_empty(void)
{
	struct http_counts counts;

	for (int i = 0; i < TURNS_MAX; i++) {
		face_counts(face, &counts);
		if (counts.connections == 0)
			return;
		turn(true);
	}
	fprintf(stderr, "%u connections are left\n", counts.connections);
	abort();
}

char *web_peer_talk(const void *data, size_t size, size_t *ret_size)
{
	int fd = connect_to(face_port(face)), quiet = 0;
	char *answer = malloc(ANSWER_MAX);
	const char *left = data;
	bool end = false;
	size_t got = 0;

	must(answer);
	for (int turns = 0; quiet < QUIET_TURNS && !end; turns++) {
		bool busy = send_some(fd, &left, &size);

		must(turns < TURNS_MAX);
		busy = turn(!busy && quiet > 0) || busy;
		busy = receive_some(fd, answer, &got, &end) || busy;
		quiet = busy ? 0 : quiet + 1;
	}
	close(fd);
	wait_until_empty();
	must(n_open == 0 && !deferred);
	*ret_size = got;
	return answer;
}
