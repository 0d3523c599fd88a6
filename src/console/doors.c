/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/doors.h"

#include <inttypes.h>
#include <string.h>

#include "common/log.h"
#include "common/loop.h"
#include "common/secret.h"
#include "common/words.h"

#define WHY_MAX 256
#define RETRY_TICKS 5

struct door {
	struct console_listen at;
	struct face *face; /* NULL: not open */
	int error;         /* that was told last */
};

struct doors {
	struct loop *loop;
	const char *share_dir;
	struct face_hooks hooks;
	const struct console_settings *s; /* NULL: nothing to open */
	struct door doors[CONSOLE_LISTEN_MAX];
	size_t n;
	unsigned ticks;
};

/* What is lent to faces while they are made. */
struct kit {
	char *certificate, *key, *client_ca;
	const char **hosts, **origins;
	char *page, *openapi;
};

static void kit_deinit(struct kit *k)
{
	secret_free(k->certificate);
	secret_free(k->key);
	secret_free(k->client_ca);
	free(k->hosts);
	free(k->origins);
	free(k->page);
	free(k->openapi);
}

/* A file that is not installed is none, and no reason to stay shut. */
static int find_file(const char *dir, const char *name, char **ret)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if (access(path, R_OK) == 0) {
		*ret = path;
		return 0;
	}
	free(path);
	*ret = NULL;
	return 0;
}

static int kit_fill(struct kit *k, const struct doors *d, char *why, size_t size)
{
	const struct console_settings *s = d->s;
	int r = console_settings_pem(s->tls.certificate, &k->certificate, why, size);

	if (r >= 0)
		r = console_settings_pem(s->tls.key, &k->key, why, size);
	if (r >= 0)
		r = console_settings_pem(s->tls.client_ca, &k->client_ca, why, size);
	if (r < 0)
		return r;
	k->hosts = console_words(s->hosts);
	k->origins = console_words(s->origins);
	r = find_file(d->share_dir, "web", &k->page);
	if (r >= 0)
		r = find_file(d->share_dir, "openapi.json", &k->openapi);
	if (r < 0 || !k->hosts || !k->origins) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	return 0;
}

static unsigned roles_of(const char *list)
{
	unsigned roles = 0;
	char word[16];
	const char *at;
	size_t n;

	while ((at = words_next(&list, &n))) {
		snprintf(word, sizeof(word), "%.*s", (int) n, at);
		roles |= access_role_of(word);
	}
	return roles;
}

/* One that cannot be had is left out, and told of; the others let in whom they let in. */
static void add_token(struct access *a, const struct console_token *t, bool tell)
{
	char why[WHY_MAX] = "", *token = NULL;
	int r = console_settings_token(t, &token, why, sizeof(why));

	if (r == 0) {
		r = access_add_token(a, t->name, token, roles_of(t->roles));
		snprintf(why, sizeof(why), "%s",
			r == -EINVAL   ? "it is too short, too long, or has odd characters"
			: r == -EEXIST ? "another one is the same"
				       : strerror(-r));
	}
	if (r < 0 && tell)
		log_warning("The token \"%s\" is left out: %s", t->name, why);
	secret_free(token);
}

/* tell: of what is left out. */
static int make_access(struct access **ret, const struct console_settings *s, bool tell)
{
	_cleanup_(access_freep) struct access *a = NULL;
	int r = access_new(&a);

	if (r < 0)
		return r;
	for (size_t i = 0; i < s->n_tokens; i++)
		add_token(a, &s->tokens[i], tell);
	for (size_t i = 0; i < s->n_open_to; i++) {
		r = access_add_network(a, s->open_to[i].network, roles_of(s->open_to[i].roles));
		if (r < 0 && tell)
			log_warning("The network %s is left out: %s", s->open_to[i].network,
				strerror(-r));
	}
	if (*s->tls.client_ca)
		access_set_certificate_roles(a, roles_of(s->tls.client_roles));
	*ret = TAKE_PTR(a);
	return 0;
}

static const char *door_name(const struct door *o, char *buf, size_t size)
{
	const bool six = strchr(o->at.address, ':');

	snprintf(buf, size, "%s%s%s:%u", six ? "[" : "", o->at.address, six ? "]" : "", o->at.port);
	return buf;
}

static const char *reason_of(int error)
{
	switch (error) {
	case -EINVAL:
		return "the certificate, its key or the client CA cannot be used";
	case -EADDRINUSE:
		return "another program has the port";
	case -EADDRNOTAVAIL:
		return "this machine has no such address";
	case -EACCES:
		return "ports below 1024 are not for everybody";
	default:
		return strerror(-error);
	}
}

static void open_one(struct doors *d, struct door *o, const struct kit *k)
{
	const struct console_settings *s = d->s;
	const struct face_settings settings = {
		.listen = { .address = o->at.address,
			.port = o->at.port,
			.certificate = k->certificate,
			.key = k->key,
			.client_ca = k->client_ca,
			.clients_max = (unsigned) s->limits.clients,
			.clients_per_address_max = (unsigned) s->limits.per_address },
		.where = ROUTE_CONSOLE,
		.hosts = k->hosts,
		.origins = k->origins,
		.page_folder = k->page,
		.openapi = k->openapi,
		.requests_per_sec = (unsigned) s->limits.rate,
		.body_max = (size_t) s->limits.body_bytes,
	};
	struct access *a = NULL;
	char name[80];
	int r = make_access(&a, s, false);

	if (r >= 0)
		r = face_new(&o->face, d->loop, &settings, a, &d->hooks);
	door_name(o, name, sizeof(name));
	if (r >= 0)
		log_event(LOG_NOTICE, DOORS_EVENT_OPEN, LOG_FIELDS("EGM_LISTEN", name),
			"Listening on %s%s", name, k->certificate ? " with TLS" : "");
	else if (r != o->error)
		log_event(LOG_ERR, DOORS_EVENT_STUCK,
			LOG_FIELDS("EGM_LISTEN", name, "EGM_REASON", reason_of(r)),
			"Cannot listen on %s: %s; it is tried again", name, reason_of(r));
	o->error = MIN(r, 0);
}

static void stay_shut(struct doors *d, const char *why)
{
	d->n = 0;
	log_event(LOG_WARNING, DOORS_EVENT_SHUT, LOG_FIELDS("EGM_REASON", why),
		"The console stays shut: %s", why);
}

static void try_all(struct doors *d, const struct kit *k)
{
	for (size_t i = 0; i < d->n; i++)
		if (!d->doors[i].face)
			open_one(d, &d->doors[i], k);
}

static bool lets_anybody_in(const struct console_settings *s)
{
	_cleanup_(access_freep) struct access *a = NULL;

	return make_access(&a, s, true) >= 0 && access_is_open(a);
}

static void open_all(struct doors *d)
{
	_cleanup_(kit_deinit) struct kit k = { 0 };
	struct console_listen at[CONSOLE_LISTEN_MAX];
	char why[WHY_MAX] = "";
	int n;

	if (!lets_anybody_in(d->s)) {
		stay_shut(d, "nobody could come in; give /etc/egm/console.conf a token, a "
			     "tls.client_ca or open_to, and reload the service");
		return;
	}
	n = console_settings_listen(d->s, at, why, sizeof(why));
	if (n < 0 || kit_fill(&k, d, why, sizeof(why)) < 0) {
		stay_shut(d, why);
		return;
	}
	for (int i = 0; i < n; i++)
		d->doors[i] = (struct door){ .at = at[i] };
	d->n = (size_t) n;
	try_all(d, &k);
}

static void close_all(struct doors *d)
{
	for (size_t i = 0; i < d->n; i++)
		d->doors[i].face = face_free(d->doors[i].face);
	d->n = 0;
}

void doors_open(struct doors *d, const struct console_settings *s)
{
	close_all(d);
	d->s = s;
	if (s)
		open_all(d);
}

void doors_tick(struct doors *d)
{
	_cleanup_(kit_deinit) struct kit k = { 0 };
	char why[WHY_MAX];
	size_t wanted;

	if (doors_count(d, &wanted) == wanted || ++d->ticks % RETRY_TICKS)
		return;
	if (kit_fill(&k, d, why, sizeof(why)) >= 0)
		try_all(d, &k);
}

size_t doors_count(const struct doors *d, size_t *ret_wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->doors[i].face != NULL;
	*ret_wanted = d->n;
	return n;
}

void doors_counts(const struct doors *d, struct http_counts *ret)
{
	*ret = (struct http_counts){ 0 };
	for (size_t i = 0; i < d->n; i++) {
		struct http_counts c;

		if (!d->doors[i].face)
			continue;
		face_counts(d->doors[i].face, &c);
		ret->connections += c.connections;
		ret->requests += c.requests;
		ret->served += c.served;
		ret->refused += c.refused;
		ret->evicted += c.evicted;
		ret->late += c.late;
	}
}

int doors_new(struct doors **ret, struct loop *loop, const char *share_dir,
	const struct face_hooks *hooks)
{
	struct doors *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->loop = loop;
	d->share_dir = share_dir;
	d->hooks = *hooks;
	*ret = d;
	return 0;
}

struct doors *doors_free(struct doors *d)
{
	if (!d)
		return NULL;
	close_all(d);
	free(d);
	return NULL;
}
