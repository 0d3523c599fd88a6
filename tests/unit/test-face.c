/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "common/usec.h"
#include "face/face.h"
#include "face/origin.h"
#include "face/rate.h"
#include "http/decode.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"
#include "tests/unit/http-client.h"

#define TOKEN_A "0123456789abcdef"
#define TOKEN_B "fedcba9876543210"

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage sa = { .ss_family = AF_INET };

	if (inet_pton(AF_INET, text, &((struct sockaddr_in *) &sa)->sin_addr) != 1) {
		sa.ss_family = AF_INET6;
		inet_pton(AF_INET6, text, &((struct sockaddr_in6 *) &sa)->sin6_addr);
	}
	return sa;
}

static unsigned roles_of(
	const struct access *a, const char *peer, const char *token, const char *session)
{
	struct sockaddr_storage sa = address(peer);
	const struct access_claim claim = {
		.peer = (struct sockaddr *) &sa, .token = token, .session = session
	};
	struct access_grant g;

	access_check(a, &claim, &g);
	return g.roles;
}

static void test_access(void)
{
	_cleanup_(access_freep) struct access *a = NULL;
	char session[ACCESS_SESSION_SIZE];
	struct access_grant g;

	ok(access_new(&a) == 0 && !access_is_open(a), "at first nobody gets in");
	ok(access_add_token(a, "short", "0123456789abcde", ACCESS_VIEW) == -EINVAL,
		"a short token is none");
	ok(access_add_token(a, "odd", "0123456789abcdef ", ACCESS_VIEW) == -EINVAL,
		"nor is one with a blank");
	ok(access_add_token(a, "a", TOKEN_A, ACCESS_TEACH) == 0 && access_is_open(a), "one");
	ok(access_add_token(a, "a", TOKEN_B, ACCESS_VIEW) == -EEXIST, "names are used once");
	ok(access_add_token(a, "c", TOKEN_A, ACCESS_VIEW) == -EEXIST, "and so are tokens");
	ok(access_add_token(a, "b", TOKEN_B, ACCESS_OPERATE) == 0, "another");
	ok(roles_of(a, "192.0.2.1", TOKEN_A, NULL) == (ACCESS_VIEW | ACCESS_TEACH),
		"who teaches may view");
	ok(roles_of(a, "127.0.0.1", NULL, NULL) == 0, "the loopback is nothing special");
	ok(roles_of(a, "192.0.2.1", "0123456789abcdeF", NULL) == 0, "another token opens nothing");
	ok(access_session(a, TOKEN_B, session) == 0, "a session");
	ok(roles_of(a, "192.0.2.1", NULL, session) == (ACCESS_VIEW | ACCESS_OPERATE),
		"is worth its token");
	session[5] ^= 1;
	ok(roles_of(a, "192.0.2.1", NULL, session) == 0, "unless it is touched");
	ok(access_session(a, "0123456789abcdeF", session) == -ENOENT, "no token, no session");
	ok(access_add_network(a, "192.168.43.0/24", ACCESS_VIEW) == 0 &&
			access_add_network(a, "2001:db8::/33", ACCESS_VIEW) == 0,
		"networks");
	ok(access_add_network(a, "192.168.43.0/33", ACCESS_VIEW) == -EINVAL &&
			access_add_network(a, "example.org", ACCESS_VIEW) == -EINVAL &&
			access_add_network(a, "10.0.0.0/", ACCESS_VIEW) == -EINVAL,
		"and what is none");
	ok(roles_of(a, "192.168.43.200", NULL, NULL) == ACCESS_VIEW, "inside");
	ok(roles_of(a, "192.168.44.1", NULL, NULL) == 0, "outside");
	ok(roles_of(a, "::ffff:192.168.43.7", NULL, NULL) == ACCESS_VIEW, "IPv4 in IPv6");
	ok(roles_of(a, "2001:db8:7fff::1", NULL, NULL) == ACCESS_VIEW &&
			roles_of(a, "2001:db8:8000::1", NULL, NULL) == 0,
		"to the bit");
	ok(roles_of(a, "192.168.43.200", TOKEN_B, NULL) == (ACCESS_VIEW | ACCESS_OPERATE),
		"a token adds to the network");
	access_check(a, &(struct access_claim){ .peer = NULL }, &g);
	ok(g.roles == ACCESS_ALL && g.by == ACCESS_BY_SOCKET, "a socket in a folder has all");
}

static void test_rate(void)
{
	_cleanup_(rate_freep) struct rate *r = NULL;
	struct sockaddr_storage a = address("192.0.2.1"), b = address("192.0.2.2");
	const struct sockaddr *pa = (struct sockaddr *) &a, *pb = (struct sockaddr *) &b;
	uint64_t now = usec_now();
	int n = 0;

	ok(rate_new(&r, 10) == 0, "ten a second");
	while (n < 100 && rate_take(r, pa, now))
		n++;
	ok(n == 20, "two seconds' worth at once (%d)", n);
	ok(rate_take(r, pb, now), "others are others");
	ok(!rate_take(r, pa, now + 99000) && rate_take(r, pa, now + 199000),
		"then one after a tenth of a second");
	ok(rate_take(r, NULL, now), "a Unix socket is not counted");
	for (int i = 0; i < 100000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		b = address(text);
		n += rate_take(r, pb, now + 1);
	}
	ok(n == 100020, "any number of addresses is fine");
}

static void test_decode(void)
{
	char buf[16];

	ok(decode_part("a%20b", 5, buf, sizeof(buf)) == 3 && strcmp(buf, "a b") == 0, "a part");
	ok(decode_part("..", 2, buf, sizeof(buf)) == -EINVAL &&
			decode_part("%2e%2E", 6, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%2fb", 5, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%5cb", 5, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%00", 4, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%0a", 4, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%ff", 4, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%4", 3, buf, sizeof(buf)) == -EINVAL &&
			decode_part("a%", 2, buf, sizeof(buf)) == -EINVAL,
		"what is none");
	ok(decode_part("%252e", 5, buf, sizeof(buf)) == 3 && strcmp(buf, "%2e") == 0,
		"is decoded once");
	ok(decode_part("0123456789abcdef", 16, buf, sizeof(buf)) == -ENAMETOOLONG, "too long");
}

static bool finds(enum http_method m, const char *path, unsigned where, enum route_id id,
	const char *card, const char *arg)
{
	struct route_match match;

	return routes_find(m, path, where, &match) == 0 && match.id == id &&
	       strcmp(match.card, card) == 0 && (!arg || strcmp(match.args[0], arg) == 0);
}

static void test_routes(void)
{
	struct route_match m;
	int twice = 0;

	ok(finds(HTTP_GET, "/api/state", ROUTE_INSTANCE, ROUTE_STATE, "", NULL), "a path");
	ok(finds(HTTP_HEAD, "/", ROUTE_CONSOLE, ROUTE_PAGE, "", NULL), "HEAD is GET");
	ok(finds(HTTP_POST, "/api/streams/ga%6de/control", ROUTE_CONSOLE, ROUTE_STREAM_CONTROL, "",
		   "game"),
		"a name in it");
	ok(finds(HTTP_DELETE, "/api/v1/outputs/a", ROUTE_INSTANCE, ROUTE_OUTPUT_REMOVE, "", "a"),
		"of the instance's card");
	ok(finds(HTTP_DELETE, "/api/v1/cards/one/outputs/a", ROUTE_INSTANCE, ROUTE_OUTPUT_REMOVE,
		   "one", "a"),
		"by its name");
	ok(finds(HTTP_DELETE, "/api/v1/cards/one/outputs/a", ROUTE_CONSOLE, ROUTE_OUTPUT_REMOVE,
		   "one", "a"),
		"through the console");
	ok(routes_find(HTTP_DELETE, "/api/v1/outputs/a", ROUTE_CONSOLE, &m) == -ENOENT,
		"which has no card of its own");
	ok(routes_find(HTTP_GET, "/api/v1/cards/../outputs", ROUTE_CONSOLE, &m) == -ENOENT &&
			routes_find(HTTP_GET, "/api/refs/%2e%2e", ROUTE_CONSOLE, &m) == -ENOENT &&
			routes_find(HTTP_GET, "/api/refs/", ROUTE_CONSOLE, &m) == -ENOENT &&
			routes_find(HTTP_GET, "/api/state/", ROUTE_CONSOLE, &m) == -ENOENT &&
			routes_find(HTTP_GET, "", ROUTE_CONSOLE, &m) == -ENOENT,
		"what is no path");
	ok(routes_find(HTTP_PUT, "/api/refs/A", ROUTE_CONSOLE, &m) == -EOPNOTSUPP &&
			m.methods == (1U << HTTP_GET | 1U << HTTP_POST),
		"another method");
	ok(routes_find(HTTP_GET, "/web/js/a.js", ROUTE_CONSOLE, &m) == 0 &&
			strcmp(m.rest, "js/a.js") == 0,
		"the rest of a path");
	ok(routes_find(HTTP_GET, "/api/v1/cards/c/outputs?", ROUTE_CONSOLE, &m) == -ENOENT,
		"a path has no query");
	for (int i = 0; i < _ROUTE_MAX; i++)
		for (int j = 0; j < i; j++)
			twice += routes[i].method == routes[j].method &&
				 strcmp(routes[i].path, routes[j].path) == 0;
	ok(twice == 0, "each is there once");
	for (int i = 0; i < _ROUTE_MAX; i++)
		if (!routes[i].path || !routes[i].where ||
			(routes[i].method != HTTP_GET && i != ROUTE_LOGIN && i != ROUTE_LOGOUT &&
				!routes[i].roles))
			twice++;
	ok(twice == 0, "each has what it needs, and nothing changes without a role");
}

static void test_origin(void)
{
	static char name[] = "egm.example", page[] = "https://wall.example";
	char *const hosts[] = { name, NULL }, *const origins[] = { page, NULL };

	ok(origin_host_fits(NULL, "localhost:8080") && origin_host_fits(NULL, "[::1]:80") &&
			origin_host_fits(NULL, "192.0.2.1"),
		"the loopback's names and addresses");
	ok(!origin_host_fits(NULL, "egm.example") && origin_host_fits(hosts, "EGM.example:1"),
		"listed names");
	ok(!origin_host_fits(hosts, "evil.egm.example") && !origin_host_fits(hosts, "") &&
			!origin_host_fits(hosts, "[::1") &&
			!origin_host_fits(hosts, "localhost:x") &&
			!origin_host_fits(hosts, "localhost.evil.example"),
		"no others");
	ok(origin_fits(NULL, "http://localhost:8080", "localhost:8080") &&
			origin_fits(NULL, "https://localhost:8080", "localhost:8080"),
		"our own page, also behind TLS");
	ok(!origin_fits(NULL, "http://localhost:8081", "localhost:8080") &&
			!origin_fits(NULL, "null", "localhost") &&
			!origin_fits(NULL, "https://wall.example", "localhost"),
		"no other one");
	ok(origin_fits(origins, "https://wall.example", "localhost"), "a listed one");
}

static int answer_hello(struct face_request *q, void *userdata)
{
	(void) userdata;
	return face_answer_json(q->http, 200, json_pack("{s:s}", "card", q->match.card));
}

static struct client c;

static bool ask(struct loop *l, const char *request, const char *expected)
{
	bool found;

	client_connect(&c, l, "socket");
	client_say(&c, request);
	found = client_expect(&c, expected);
	if (!found)
		printf("# got: %.400s\n", c.text);
	client_close(&c);
	return found;
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static void test_face(void)
{
	const struct loop_hooks none = { .tick = NULL };
	const struct face_settings settings = {
		.listen = { .path = "socket", .mode = 0600 },
		.where = ROUTE_INSTANCE,
		.page_folder = "page",
	};
	const struct face_hooks hooks = { .handle = answer_hello };
	struct loop *l;
	struct face *f;
	char *tag, again[512];

	mkdir("page", 0700);
	mkdir("page/js", 0700);
	put("page/index.html", "<title>page</title>");
	put("page/js/a.js", "let a;");
	put("page/secret.txt", "secret");
	put("page/.hidden.js", "hidden");
	put("outside.js", "outside");
	(void) !symlink("../outside.js", "page/link.js");
	ok(loop_new(&l, &none) == 0, "a loop");
	ok(face_new(&f, l, &settings, NULL, &hooks) == 0, "a face on a socket");
	ok(ask(l, "GET / HTTP/1.1\r\nHost: anything\r\n\r\n", "<title>page</title>"), "the page");
	ok(ask(l, "GET /web/js/a.js HTTP/1.1\r\nHost: x\r\n\r\n", "text/javascript"), "its script");
	tag = strstr(c.text, "ETag: ");
	snprintf(again, sizeof(again),
		"GET /web/js/a.js HTTP/1.1\r\nHost: x\r\nIf-None-Match: %.*s\r\n\r\n",
		tag ? (int) strcspn(tag + 6, "\r") : 0, tag ? tag + 6 : "");
	ok(tag && ask(l, again, "304 "), "which is sent once");
	ok(ask(l, "GET /web/secret.txt HTTP/1.1\r\nHost: x\r\n\r\n", "404 ") &&
			ask(l, "GET /web/.hidden.js HTTP/1.1\r\nHost: x\r\n\r\n", "404 ") &&
			ask(l, "GET /web/link.js HTTP/1.1\r\nHost: x\r\n\r\n", "404 ") &&
			ask(l, "GET /web/../outside.js HTTP/1.1\r\nHost: x\r\n\r\n", "404 ") &&
			ask(l, "GET /web/%2e%2e/outside.js HTTP/1.1\r\nHost: x\r\n\r\n", "404 ") &&
			ask(l, "GET /web/js HTTP/1.1\r\nHost: x\r\n\r\n", "404 ") &&
			ask(l, "GET /web/ HTTP/1.1\r\nHost: x\r\n\r\n", "404 "),
		"nothing else of the disk");
	ok(ask(l, "GET /api/v1/cards/one/status HTTP/1.1\r\nHost: x\r\n\r\n",
		   "{\"card\": \"one\"}"),
		"the rest is the owner's");
	ok(ask(l, "POST /api/state HTTP/1.1\r\nHost: x\r\n\r\n", "Allow: OPTIONS, GET, HEAD\r\n"),
		"methods are told");
	ok(ask(l, "GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\n\r\n",
		   "{\"roles\": [\"view\", \"operate\", \"teach\"], \"by\": \"socket\", \"name\": "
		   "null}"),
		"who I am");
	ok(ask(l, "GET /api/v1/cards/one/outputs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
		   "413 "),
		"no body where none is wanted");
	face_free(f);
	loop_free(l);
	unlink("page/link.js");
	unlink("page/js/a.js");
	rmdir("page/js");
	wipe("page");
}

static void test_shut(void)
{
	const struct loop_hooks none = { .tick = NULL };
	const struct face_settings settings = {
		.listen = { .address = "127.0.0.1" },
		.where = ROUTE_INSTANCE,
	};
	const struct face_hooks hooks = { .handle = answer_hello };
	struct access *a = NULL;
	struct loop *l;
	struct face *f;

	ok(loop_new(&l, &none) == 0 && access_new(&a) == 0, "a loop, and access for nobody");
	ok(face_new(&f, l, &settings, a, &hooks) == -ENOKEY,
		"what nobody could use does not listen");
	loop_free(l);
}

int main(void)
{
	enter_folder();
	test_access();
	test_rate();
	test_decode();
	test_routes();
	test_origin();
	test_face();
	test_shut();
	leave_folder();
	return tap_done();
}
