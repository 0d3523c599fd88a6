/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings/settings-notify.h"

#include <assert.h>
#include <string.h>

#include "common/secret.h"
#include "common/url.h"
#include "settings/settings-private.h"

/* What is under way. */
struct filling {
	struct settings_notifier *n;
	struct settings_names names;
	int left_out;
	char *why;
	size_t why_size;
};

void settings_notifier_deinit(struct settings_notifier *n)
{
	for (size_t i = 0; i < n->n_texts; i++)
		secret_free(n->texts[i]);
	free(n->webhooks);
	*n = (struct settings_notifier){ 0 };
}

/* Takes the text over. */
static const char *keep(struct filling *f, char *text)
{
	assert(f->n->n_texts < SETTINGS_NOTIFIER_TEXTS_MAX);
	return f->n->texts[f->n->n_texts++] = text;
}

/* One template; what is wrong with it is said with its path in front. */
static int fill(struct filling *f, const char *path, const char *template, const char **ret)
{
	char why[SETTINGS_WHY_MAX], *text;
	int r;

	r = url_expand(template, settings_lookup, &f->names, &text, why, sizeof(why));
	if (r == 0)
		*ret = keep(f, text);
	else if (r != -ENOMEM)
		snprintf(f->why, f->why_size, "%s: %s", path, why);
	return r;
}

/* One that was a credential as a whole is seen for the first time. */
static int fill_url(struct filling *f, const char *path, const char *template, const char **ret)
{
	int r = fill(f, path, template, ret);

	if (r == 0 && !notifier_url_valid(*ret)) {
		snprintf(f->why, f->why_size, "%s: must be http:// or https://", path);
		return -EINVAL;
	}
	return r;
}

/* 0 when it can be used; the others do not suffer from one that cannot. */
static int left_out(struct filling *f, int error)
{
	if (error == 0 || error == -ENOMEM)
		return error;
	f->left_out++;
	return 0;
}

static int fill_webhook(struct filling *f, const struct settings_webhook *w)
{
	struct notifier_webhook *to = &f->n->webhooks[f->n->settings.n_webhooks];
	char path[64];
	int r;

	*to = (struct notifier_webhook){
		.name = w->name, .ca_file = w->ca_file, .states = w->states
	};
	snprintf(path, sizeof(path), "webhook %s", w->name);
	r = fill_url(f, path, w->url, &to->url);
	if (r == 0)
		r = fill(f, path, w->secret, &to->secret);
	if (r == 0)
		f->n->settings.n_webhooks++;
	return left_out(f, r);
}

static int fill_telegram(struct filling *f, const struct settings *s)
{
	struct notifier_telegram to = { .states = s->telegram.states };
	int r;

	if (!*s->telegram.token)
		return 0;
	r = fill_url(f, "telegram.url", s->telegram.url, &to.base);
	if (r == 0)
		r = fill(f, "telegram.token", s->telegram.token, &to.token);
	if (r == 0)
		r = fill(f, "telegram.chat", s->telegram.chat, &to.chat);
	if (r == 0)
		r = fill(f, "telegram.client", s->telegram.client, &to.client);
	if (r == 0)
		f->n->settings.telegram = to;
	return left_out(f, r);
}

static int fill_mqtt(struct filling *f, const struct settings *s)
{
	struct notifier_mqtt to = { .host = s->mqtt.host,
		.port = (int) s->mqtt.port,
		.tls = s->mqtt.tls,
		.ca_file = s->mqtt.ca_file,
		.discovery = s->mqtt.discovery };
	int r;

	if (!*s->mqtt.host)
		return 0;
	r = fill(f, "mqtt.user", s->mqtt.user, &to.user);
	if (r == 0)
		r = fill(f, "mqtt.password", s->mqtt.password, &to.password);
	if (r == 0)
		r = fill(f, "mqtt.prefix", s->mqtt.prefix, &to.prefix);
	if (r == 0)
		f->n->settings.mqtt = to;
	return left_out(f, r);
}

static int fill_all(struct filling *f, const struct settings *s)
{
	char *machine = strdup(f->names.machine);
	int r = 0;

	if (!machine)
		return -ENOMEM;
	f->n->settings.machine = keep(f, machine);
	f->n->webhooks = calloc(s->n_webhooks + 1, sizeof(*f->n->webhooks));
	if (!f->n->webhooks)
		return -ENOMEM;
	f->n->settings.webhooks = f->n->webhooks;
	for (size_t i = 0; i < s->n_webhooks && r == 0; i++)
		if (s->webhooks[i].enabled)
			r = fill_webhook(f, &s->webhooks[i]);
	if (r == 0)
		r = fill_telegram(f, s);
	return r < 0 ? r : fill_mqtt(f, s);
}

int settings_notifier(const struct settings *s, const char *card, struct settings_notifier *ret,
	char *why, size_t why_size)
{
	struct settings_notifier n = { 0 };
	struct filling f = { .n = &n, .why = why, .why_size = why_size };
	int r;

	*why = '\0';
	settings_names_init(&f.names, s, card);
	n.settings = (struct notifier_settings){ .card = card,
		.role = s->role,
		.spool_notices = (size_t) s->notify.spool_notices,
		.spool_bytes = (size_t) s->notify.spool_bytes,
		.backoff_min_usec = s->notify.backoff_min_usec,
		.backoff_max_usec = s->notify.backoff_max_usec,
		.timeout_usec = s->notify.timeout_usec };
	r = fill_all(&f, s);
	if (r < 0) {
		settings_notifier_deinit(&n);
		return r;
	}
	*ret = n;
	return f.left_out;
}
