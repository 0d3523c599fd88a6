/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>

#include "http/decode.h"
#include "http/private.h"

#define BODIES_MAX ((size_t) 128 << 20) /* held at once, of all requests */
#define BODY_STEP 4096

static const char *const methods[_HTTP_METHOD_MAX] = {
	[HTTP_GET] = "GET",
	[HTTP_HEAD] = "HEAD",
	[HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT",
	[HTTP_DELETE] = "DELETE",
	[HTTP_OPTIONS] = "OPTIONS",
	[HTTP_OTHER] = "",
};

const char *http_method_name(enum http_method m)
{
	return methods[m];
}

static enum http_method method_of(const char *name)
{
	for (int m = 0; m < HTTP_OTHER; m++)
		if (strcmp(methods[m], name) == 0)
			return (enum http_method) m;
	return HTTP_OTHER;
}

static int split(struct http_request *q, const char *uri)
{
	size_t n = strcspn(uri, "?");

	q->path = strndup(uri, n);
	q->query = strdup(uri[n] == '?' ? uri + n + 1 : "");
	return q->path && q->query ? 0 : -ENOMEM;
}

struct http_request *request_new(struct http_server *s, struct MHD_Connection *c, const char *uri)
{
	struct http_request *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->server = s;
	q->connection = c;
	if (split(q, uri) < 0)
		return request_free(q);
	return q;
}

void request_set_method(struct http_request *q, const char *method)
{
	q->method = method_of(method);
}

static void drop_body(struct http_request *q)
{
	q->server->bodies -= q->body_room;
	q->body_room = 0;
	free(q->body);
	q->body = NULL;
}

struct http_request *request_free(struct http_request *q)
{
	if (q->gone && !q->answered)
		q->gone(q->gone_userdata);
	if (q->later)
		MHD_destroy_response(q->later);
	if (q->stream)
		q->stream->q = NULL;
	if (q->tunnel)
		tunnel_never_opened(q->tunnel);
	drop_body(q);
	while (q->kept) {
		struct http_kept *k = q->kept;

		q->kept = k->next;
		free(k);
	}
	for (unsigned i = 0; i < q->n_headers; i++) {
		free(q->headers[i].name);
		free(q->headers[i].value);
	}
	free(q->path);
	free(q->query);
	free(q);
	return NULL;
}

void *http_keep(struct http_request *q, size_t size)
{
	struct http_kept *k = malloc(sizeof(*k) + size);

	if (!k)
		return NULL;
	k->next = q->kept;
	q->kept = k;
	return k->memory;
}

enum http_method http_method(const struct http_request *q)
{
	return q->method;
}

const char *http_path(const struct http_request *q)
{
	return q->path;
}

const char *http_query_text(const struct http_request *q)
{
	return q->query;
}

const char *http_header(const struct http_request *q, const char *name)
{
	return MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND, name);
}

static const char *keep_decoded(struct http_request *q, const char *text, size_t size, bool plus)
{
	char *kept = http_keep(q, size + 1);

	if (!kept || decode_percent(text, size, plus, kept, size + 1) < 0)
		return NULL;
	return kept;
}

const char *http_query(struct http_request *q, const char *name)
{
	size_t size;
	const char *text = decode_find_parameter(q->query, name, &size);

	return text ? keep_decoded(q, text, size, true) : NULL;
}

int http_query_number(struct http_request *q, const char *name, int64_t least, int64_t most,
	int64_t fallback, int64_t *ret)
{
	const char *text = http_query(q, name);
	long long n;
	char *end;
	size_t unused;

	if (!text) {
		/* What is there and cannot be decoded is no number. */
		if (decode_find_parameter(q->query, name, &unused))
			return -EINVAL;
		*ret = fallback;
		return 0;
	}
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || *end || n < least || n > most)
		return -EINVAL;
	*ret = n;
	return 0;
}

const char *http_cookie(struct http_request *q, const char *name)
{
	const char *header = http_header(q, MHD_HTTP_HEADER_COOKIE);
	size_t size;
	const char *text = header ? decode_find_cookie(header, name, &size) : NULL;

	return text ? keep_decoded(q, text, size, false) : NULL;
}

const char *http_body(const struct http_request *q, size_t *ret_size)
{
	if (ret_size)
		*ret_size = q->body_size;
	return q->body ? q->body : "";
}

void http_allow_body(struct http_request *q, size_t max)
{
	q->body_max = max;
}

static int make_room(struct http_request *q, size_t need)
{
	size_t room = MAX(q->body_room, (size_t) BODY_STEP);
	char *grown;

	while (room < need)
		room *= 2;
	if (room == q->body_room)
		return 0;
	if (q->server->bodies + (room - q->body_room) > BODIES_MAX)
		return -ENOBUFS;
	grown = realloc(q->body, room);
	if (!grown)
		return -ENOMEM;
	q->server->bodies += room - q->body_room;
	q->body = grown;
	q->body_room = room;
	return 0;
}

int request_take_body(struct http_request *q, const char *data, size_t size)
{
	int r;

	if (size > q->body_max - q->body_size)
		return -EMSGSIZE;
	r = make_room(q, q->body_size + size + 1);
	if (r < 0)
		return r;
	memcpy(q->body + q->body_size, data, size);
	q->body_size += size;
	q->body[q->body_size] = '\0';
	return 0;
}

const struct sockaddr *http_peer(const struct http_request *q)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(q->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (q->server->path || !info)
		return NULL;
	return info->client_addr;
}

bool http_is_tls(const struct http_request *q)
{
	return q->server->tls;
}

static int read_name(gnutls_session_t session, char *buf, size_t size)
{
	const gnutls_datum_t *chain;
	gnutls_x509_crt_t crt;
	unsigned n;
	int r;

	chain = gnutls_certificate_get_peers(session, &n);
	if (!chain || n == 0 || gnutls_x509_crt_init(&crt) < 0)
		return -ENOENT;
	r = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
	if (r >= 0)
		r = gnutls_x509_crt_get_dn_by_oid(
			crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, buf, &size);
	gnutls_x509_crt_deinit(crt);
	return r < 0 ? -ENOENT : 0;
}

const char *http_client_name(struct http_request *q)
{
	const union MHD_ConnectionInfo *info;
	gnutls_session_t session;
	unsigned status;
	char *name;

	if (!q->server->tls)
		return NULL;
	info = MHD_get_connection_info(q->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (!info || !info->tls_session)
		return NULL;
	session = info->tls_session;
	if (gnutls_certificate_verify_peers2(session, &status) < 0 || status != 0)
		return NULL;
	name = http_keep(q, 256);
	return name && read_name(session, name, 256) == 0 ? name : NULL;
}

void http_set_data(struct http_request *q, void *data)
{
	q->data = data;
}

void *http_data(const struct http_request *q)
{
	return q->data;
}
