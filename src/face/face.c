/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "face/face.h"

#include <string.h>
#include <strings.h>

#include "common/usec.h"
#include "face/face-private.h"
#include "http/tunnel.h"

#define BEARER "Bearer "

/* ---- may it come in? Each answers and returns 1, or returns 0 to go on ---- */

static int answered(int r)
{
	return r < 0 ? r : 1;
}

/* A page is many small files, asked for at once. */
static int check_rate(struct face *f, struct face_request *q)
{
	if (!f->rate || q->match.id == ROUTE_PAGE || q->match.id == ROUTE_WEB ||
		rate_take(f->rate, http_peer(q->http), usec_now()))
		return 0;
	(void) http_set_header(q->http, "Retry-After", "1");
	return answered(http_fault(q->http, 429, "Too many requests."));
}

static int check_host(struct face *f, struct http_request *q)
{
	const char *host = http_header(q, "Host");

	if (f->local || (host && origin_host_fits(f->hosts, host)))
		return 0;
	return answered(http_fault(q, 403, "This name is not served here."));
}

/* What changes nothing may be asked by any page, which cannot read the answer without CORS; a
 * WebSocket it could. */
static int check_origin(struct face *f, struct http_request *q)
{
	const char *origin = http_header(q, "Origin");
	enum http_method m = http_method(q);
	bool harmless = (m == HTTP_GET || m == HTTP_HEAD || m == HTTP_OPTIONS) &&
			!http_wants_upgrade(q, "websocket");

	if (f->local || !origin)
		return 0;
	if (origin_is_listed(f->origins, origin)) {
		(void) http_set_header(q, "Access-Control-Allow-Origin", origin);
		(void) http_set_header(q, "Vary", "Origin");
	}
	if (harmless || origin_fits(f->origins, origin, http_header(q, "Host")))
		return 0;
	return answered(http_fault(q, 403, "Pages from %.200s have no say here.", origin));
}

static int answer_methods(struct http_request *q, unsigned methods)
{
	char text[128] = "OPTIONS";
	size_t n = strlen(text);

	for (int m = 0; m < HTTP_OPTIONS; m++)
		if (methods & 1U << m)
			n += (size_t) snprintf(text + n, sizeof(text) - n, ", %s%s",
				http_method_name((enum http_method) m),
				m == HTTP_GET ? ", HEAD" : "");
	(void) http_set_header(q, "Allow", text);
	if (http_method(q) != HTTP_OPTIONS)
		return http_fault(q, 405, "Method Not Allowed");
	(void) http_set_header(q, "Access-Control-Allow-Methods", text);
	(void) http_set_header(q, "Access-Control-Allow-Headers", "Authorization, Content-Type");
	(void) http_set_header(q, "Access-Control-Max-Age", "600");
	return http_answer(q, 204, NULL, "", 0);
}

static int find_route(struct face *f, struct http_request *q, struct route_match *ret)
{
	int r = routes_find(http_method(q), http_path(q), f->where, ret);

	if (r == 0)
		return 0;
	return answered(r == -EOPNOTSUPP ? answer_methods(q, ret->methods)
					 : http_fault(q, 404, "Not Found"));
}

static const char *bearer_of(struct http_request *q)
{
	const char *header = http_header(q, "Authorization");

	if (!header || strncasecmp(header, BEARER, strlen(BEARER)) != 0)
		return NULL;
	header += strlen(BEARER);
	return header + strspn(header, " ");
}

static int check_access(struct face *f, struct face_request *q)
{
	const struct access_claim claim = {
		.peer = http_peer(q->http),
		.token = bearer_of(q->http),
		.session = http_cookie(q->http, FACE_COOKIE),
		.certificate = http_client_name(q->http),
	};
	unsigned roles = routes[q->match.id].roles;

	if (f->local)
		q->grant = (struct access_grant){ .roles = ACCESS_ALL, .by = ACCESS_BY_SOCKET };
	else
		access_check(f->access, &claim, &q->grant);
	if (!roles || (q->grant.roles & roles))
		return 0;
	if (q->grant.by != ACCESS_BY_NONE)
		return answered(http_fault(q->http, 403, "This token may not do that."));
	(void) http_set_header(q->http, "WWW-Authenticate", "Bearer");
	return answered(http_fault(q->http, 401, "A token is needed."));
}

static bool is_endless(enum route_id id)
{
	return id == ROUTE_STREAM_MJPG || id == ROUTE_CARD_STREAM || id == ROUTE_CARD_LIVE ||
	       id == ROUTE_EVENTS_LIVE;
}

/* Who looks on stays. If they took all there is, nobody could ask or control anything any more. */
static int check_room(struct face_request *q)
{
	if (!is_endless(q->match.id) || http_has_room(q->http))
		return 0;
	(void) http_set_header(q->http, "Retry-After", "5");
	return answered(http_fault(q->http, 503, "Too many look on already."));
}

static int begin(struct http_request *http, void *userdata)
{
	struct face *f = userdata;
	struct face_request *q = http_keep(http, sizeof(*q));
	size_t max;
	int r;

	if (!q)
		return -ENOMEM;
	memset(q, 0, sizeof(*q));
	q->http = http;
	http_set_data(http, q);
	r = check_host(f, http);
	if (r == 0)
		r = check_origin(f, http);
	if (r == 0)
		r = find_route(f, http, &q->match);
	if (r == 0)
		r = check_rate(f, q);
	if (r == 0)
		r = check_access(f, q);
	if (r == 0)
		r = check_room(q);
	if (r != 0)
		return r < 0 ? r : 0;
	max = routes[q->match.id].body_max;
	http_allow_body(http, f->body_max ? MIN(max, f->body_max) : max);
	return 0;
}

static int get_page(struct face *f, struct face_request *q)
{
	return face_page(f, q->http, q->match.id == ROUTE_PAGE ? "index.html" : q->match.rest);
}

static int get_openapi(struct face *f, struct face_request *q)
{
	return face_openapi(f, q->http);
}

static int login(struct face *f, struct face_request *q)
{
	return face_login(f, q->http);
}

static int logout(struct face *f, struct face_request *q)
{
	(void) f;
	return face_logout(q->http);
}

static int whoami(struct face *f, struct face_request *q)
{
	(void) f;
	return face_whoami(q);
}

/* The owner answers the rest. */
static int (*const handlers[_ROUTE_MAX])(struct face *f, struct face_request *q) = {
	[ROUTE_PAGE] = get_page,
	[ROUTE_WEB] = get_page,
	[ROUTE_OPENAPI] = get_openapi,
	[ROUTE_LOGIN] = login,
	[ROUTE_LOGOUT] = logout,
	[ROUTE_WHOAMI] = whoami,
};

static int handle(struct http_request *http, void *userdata)
{
	struct face_request *q = http_data(http);
	struct face *f = userdata;

	if (handlers[q->match.id])
		return handlers[q->match.id](f, q);
	return f->hooks.handle(q, f->hooks.userdata);
}

/* ---- from start to end ---- */

static void free_list(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

static int copy_list(char ***ret, const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	*ret = calloc(n + 1, sizeof(**ret));
	for (size_t i = 0; *ret && i < n; i++) {
		(*ret)[i] = strdup(list[i]);
		if (!(*ret)[i])
			return -ENOMEM;
	}
	return *ret ? 0 : -ENOMEM;
}

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int fill(struct face *f, const struct face_settings *s)
{
	int r = copy_list(&f->hosts, s->hosts);

	if (r >= 0)
		r = copy_list(&f->origins, s->origins);
	if (r >= 0)
		r = copy_text(&f->page_folder, s->page_folder);
	if (r >= 0)
		r = copy_text(&f->openapi, s->openapi);
	if (r >= 0 && s->requests_per_sec && !f->local)
		r = rate_new(&f->rate, s->requests_per_sec);
	f->where = s->where;
	f->body_max = s->body_max;
	return r;
}

int face_new(struct face **ret, struct loop *loop, const struct face_settings *settings,
	struct access *access, const struct face_hooks *hooks)
{
	_cleanup_(face_freep) struct face *f = calloc(1, sizeof(*f));
	const struct http_hooks http = { .begin = begin, .handle = handle, .userdata = f };
	int r;

	if (!f) {
		access_free(access);
		return -ENOMEM;
	}
	f->access = access;
	f->hooks = *hooks;
	f->local = settings->listen.path != NULL;
	if (!f->local && (!access || !access_is_open(access)))
		return -ENOKEY;
	r = fill(f, settings);
	if (r >= 0)
		r = http_server_new(&f->server, loop, &settings->listen, &http);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(f);
	return 0;
}

struct face *face_free(struct face *f)
{
	if (!f)
		return NULL;
	http_server_free(f->server);
	access_free(f->access);
	rate_free(f->rate);
	free_list(f->hosts);
	free_list(f->origins);
	free(f->page_folder);
	free(f->openapi);
	free(f);
	return NULL;
}

unsigned face_port(const struct face *f)
{
	return http_server_port(f->server);
}

void face_counts(const struct face *f, struct http_counts *ret)
{
	http_server_counts(f->server, ret);
}
