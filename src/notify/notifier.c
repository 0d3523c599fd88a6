/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notifier.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "common/usec.h"
#include "notify/mqtt-session.h"
#include "notify/mqtt.h"
#include "notify/post.h"
#include "notify/receiver.h"
#include "notify/telegram.h"
#include "notify/webhook.h"

#define SPOOL_NOTICES 10000
#define SPOOL_BYTES (16 * 1024 * 1024)
#define BACKOFF_MIN_USEC USEC_PER_SEC
#define BACKOFF_MAX_USEC (300 * USEC_PER_SEC)
#define TIMEOUT_USEC (10 * USEC_PER_SEC)

#define TELEGRAM_FOLDER "_telegram" /* no webhook can have this name */

struct notifier {
	/* set by new */
	struct receiver **receivers;
	size_t n_receivers;
	bool post_ready, mqtt_ready;
};

/* What the receivers are made from. */
struct plan {
	struct notifier *n;
	const struct notifier_settings *settings;
	const struct notifier_hooks *hooks;
	struct courier_times times;
	size_t spool_notices, spool_bytes;
	char *why;
	size_t why_size;
};

PRINTF_LIKE(2, 3) static int refuse(const struct plan *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, p->why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_set(const char *text)
{
	return text && *text;
}

bool notifier_url_valid(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

/* It names a folder as well. */
static bool name_valid(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return *name && *name != '_' && *name != '-' && name[strspn(name, chars)] == '\0';
}

static int add_receiver(struct plan *p, struct receiver_settings *s, const char *folder,
	const struct receiver_transport *transport)
{
	_cleanup_(freep) char *path = NULL;
	int r;

	if (folder && is_set(p->settings->folder) &&
		asprintf(&path, "%s/%s", p->settings->folder, folder) < 0) {
		path = NULL;
		transport->free(transport->self);
		return -ENOMEM;
	}
	s->folder = path;
	s->spool_notices = p->spool_notices;
	s->spool_bytes = p->spool_bytes;
	r = receiver_new(&p->n->receivers[p->n->n_receivers], s, transport, p->hooks);
	if (r == 0)
		p->n->n_receivers++;
	return r;
}

static int add_webhook(struct plan *p, const struct notifier_webhook *w)
{
	_cleanup_(freep) char *shown = NULL;
	struct receiver_settings s = {
		.kind = "webhook", .name = w->name, .states = w->states, .numbers = true
	};
	struct receiver_transport transport;
	int r;

	if (!is_set(w->name) || !name_valid(w->name))
		return refuse(p, "a webhook's name must consist of a-z, 0-9, '_' and '-'");
	if (!is_set(w->url) || !notifier_url_valid(w->url))
		return refuse(p, "webhook %s: the URL must be http:// or https://", w->name);
	for (const struct notifier_webhook *other = p->settings->webhooks; other < w; other++)
		if (strcmp(other->name, w->name) == 0)
			return refuse(p, "webhook %s is there twice", w->name);
	s.url = shown = post_shown_url(w->url);
	if (!shown)
		return -ENOMEM;
	r = webhook_new(&transport, w, &p->times);
	return r < 0 ? r : add_receiver(p, &s, w->name, &transport);
}

static int add_telegram(struct plan *p, const struct notifier_telegram *t)
{
	_cleanup_(freep) char *shown = NULL;
	struct receiver_settings s = {
		.kind = "telegram", .name = "telegram", .states = t->states
	};
	struct receiver_transport transport;
	int r;

	if (!is_set(t->token))
		return 0;
	if (!is_set(t->chat))
		return refuse(p, "telegram: a chat is needed");
	if (!is_set(t->base) || !notifier_url_valid(t->base))
		return refuse(p, "telegram: the URL must be http:// or https://");
	s.url = shown = post_shown_url(t->base);
	if (!shown)
		return -ENOMEM;
	r = telegram_new(
		&transport, t, is_set(t->client) ? t->client : p->settings->machine, &p->times);
	return r < 0 ? r : add_receiver(p, &s, TELEGRAM_FOLDER, &transport);
}

static int add_mqtt(struct plan *p, const struct notifier_mqtt *m)
{
	_cleanup_(freep) char *shown = NULL;
	struct receiver_settings s = { .kind = "mqtt", .name = "mqtt", .numbers = true };
	struct receiver_transport transport;
	int r;

	if (!is_set(m->host))
		return 0;
	if (!is_set(m->prefix))
		return refuse(p, "mqtt: a prefix is needed");
	if (mqtt_session_global_init() < 0)
		return refuse(p, "mqtt: the library does not start");
	p->n->mqtt_ready = true;
	if (asprintf(&shown, "mqtt%s://%s:%d", m->tls ? "s" : "", m->host, m->port) < 0) {
		shown = NULL;
		return -ENOMEM;
	}
	s.url = shown;
	r = mqtt_new(&transport, p->settings, &p->times);
	return r < 0 ? r : add_receiver(p, &s, NULL, &transport);
}

static int add_all(struct plan *p)
{
	const struct notifier_settings *s = p->settings;
	int r = 0;

	p->n->receivers = calloc(s->n_webhooks + 2, sizeof(struct receiver *));
	if (!p->n->receivers)
		return -ENOMEM;
	if (post_global_init() < 0)
		return refuse(p, "libcurl does not start");
	p->n->post_ready = true;
	for (size_t i = 0; i < s->n_webhooks && r == 0; i++)
		r = add_webhook(p, &s->webhooks[i]);
	if (r == 0)
		r = add_telegram(p, &s->telegram);
	if (r == 0)
		r = add_mqtt(p, &s->mqtt);
	return r;
}

static uint64_t or_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

int notifier_new(struct notifier **ret, const struct notifier_settings *settings,
	const struct notifier_hooks *hooks, char *why, size_t why_size)
{
	struct plan p = { .settings = settings, .hooks = hooks, .why = why, .why_size = why_size };
	int r;

	p.times.backoff_min_usec = or_default(settings->backoff_min_usec, BACKOFF_MIN_USEC);
	p.times.backoff_max_usec = or_default(settings->backoff_max_usec, BACKOFF_MAX_USEC);
	p.times.timeout_usec = or_default(settings->timeout_usec, TIMEOUT_USEC);
	p.spool_notices = or_default(settings->spool_notices, SPOOL_NOTICES);
	p.spool_bytes = or_default(settings->spool_bytes, SPOOL_BYTES);
	snprintf(why, why_size, "no memory");
	p.n = calloc(1, sizeof(*p.n));
	if (!p.n)
		return -ENOMEM;
	r = add_all(&p);
	if (r < 0) {
		(void) notifier_free(p.n, 0);
		return r;
	}
	*ret = p.n;
	return 0;
}

int notifier_start(struct notifier *n)
{
	int r = 0;

	for (size_t i = 0; i < n->n_receivers && r == 0; i++)
		r = receiver_start(n->receivers[i]);
	return r;
}

void notifier_tell(struct notifier *n, struct notice *notice)
{
	for (size_t i = 0; i < n->n_receivers; i++)
		receiver_push(n->receivers[i], notice);
}

json_t *notifier_json(struct notifier *n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n->n_receivers; i++)
		(void) json_array_append_new(array, receiver_json(n->receivers[i]));
	return array;
}

int notifier_free(struct notifier *n, uint64_t until_usec)
{
	int abandoned = 0;

	if (!n)
		return 0;
	for (size_t i = 0; i < n->n_receivers; i++)
		receiver_stop(n->receivers[i]);
	for (size_t i = 0; i < n->n_receivers; i++)
		abandoned += receiver_free(n->receivers[i], until_usec) < 0;
	/* A thread that is left behind still uses the libraries. */
	if (n->post_ready && abandoned == 0)
		post_global_deinit();
	if (n->mqtt_ready && abandoned == 0)
		mqtt_session_global_deinit();
	free(n->receivers);
	free(n);
	return abandoned;
}
