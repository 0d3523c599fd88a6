/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the settings of those who are told must hold together. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "settings/settings-private.h"

#define HOST_CHARS SETTINGS_LABEL_CHARS ":" /* of IPv6 as well */
#define STATES_CHARS SETTINGS_LABEL_CHARS ", "

#define refuse(k, path, ...) settings_find(k, CONF_ERROR, NULL, 0, path, __VA_ARGS__)
#define refuse_webhook(k, index, path, ...) \
	settings_find(k, CONF_ERROR, "webhooks", index, path, __VA_ARGS__)

static void check_template(struct settings_check *k, const char *list, size_t index,
	const char *path, const char *text, struct settings_names *names)
{
	char why[SETTINGS_WHY_MAX];

	if (url_check(text, settings_lookup, names, why, sizeof(why)) < 0)
		settings_find(k, CONF_ERROR, list, index, path,
			"%s; allowed are ${host}, ${card}, ${machine}, ${role} and "
			"${credential:NAME}",
			why);
}

/* One that is a credential as a whole is seen by nobody but the service. */
static bool is_web_url(const char *url)
{
	static const char *const prefixes[] = { "http://", "https://", "${credential:" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncasecmp(url, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void check_states(struct settings_check *k, const char *list, size_t index, const char *path,
	const char *text)
{
	if (!settings_consists_of(text, STATES_CHARS))
		settings_find(k, CONF_ERROR, list, index, path,
			"must be empty or names of states, joined by commas");
}

static void check_ca_file(struct settings_check *k, const char *list, size_t index,
	const char *path, const char *text)
{
	if (*text && *text != '/')
		settings_find(k, CONF_ERROR, list, index, path,
			"must be empty or a path that begins with '/'");
}

static void check_webhook(struct settings_check *k, size_t i, struct settings_names *names)
{
	const struct settings_webhook *w = &k->s->webhooks[i];

	if (!is_web_url(w->url))
		refuse_webhook(k, i, "url", "must be http:// or https://");
	else
		check_template(k, "webhooks", i, "url", w->url, names);
	check_template(k, "webhooks", i, "secret", w->secret, names);
	check_ca_file(k, "webhooks", i, "ca_file", w->ca_file);
	check_states(k, "webhooks", i, "states", w->states);
}

static void check_webhooks(struct settings_check *k, struct settings_names *names)
{
	const struct settings_webhook *webhooks = k->s->webhooks;

	for (size_t i = 0; i < k->s->n_webhooks; i++) {
		if (!settings_name_valid(webhooks[i].name))
			refuse_webhook(k, i, "name",
				"must begin with a-z or 0-9 and consist of a-z, 0-9, '_' and '-'");
		for (size_t j = 0; j < i; j++)
			if (strcmp(webhooks[i].name, webhooks[j].name) == 0)
				refuse_webhook(k, i, "name",
					"\"%s\" is the name of webhooks[%zu] already",
					webhooks[i].name, j);
		if (webhooks[i].enabled)
			check_webhook(k, i, names);
	}
}

static void check_telegram(struct settings_check *k, struct settings_names *names)
{
	const struct settings *s = k->s;

	if (!is_web_url(s->telegram.url))
		refuse(k, "telegram.url", "must be http:// or https://");
	else
		check_template(k, NULL, 0, "telegram.url", s->telegram.url, names);
	if (*s->telegram.token && !*s->telegram.chat)
		refuse(k, "telegram.token", "needs telegram.chat, too");
	check_template(k, NULL, 0, "telegram.token", s->telegram.token, names);
	check_template(k, NULL, 0, "telegram.chat", s->telegram.chat, names);
	check_template(k, NULL, 0, "telegram.client", s->telegram.client, names);
	check_states(k, NULL, 0, "telegram.states", s->telegram.states);
}

/* A topic of its own; '+' and '#' are for those who listen. */
static bool is_prefix(const char *text)
{
	size_t n = strlen(text);

	return !strpbrk(text, "+#") && text[0] != '/' && text[n - 1] != '/' &&
	       !strstr(text, "//") && (text[0] != '$' || text[1] == '{');
}

static void check_mqtt(struct settings_check *k, struct settings_names *names)
{
	const struct settings *s = k->s;

	if (!settings_consists_of(s->mqtt.host, HOST_CHARS))
		refuse(k, "mqtt.host", "must be a name or an address");
	if (!is_prefix(s->mqtt.prefix))
		refuse(k, "mqtt.prefix",
			"must not hold '+' or '#', nor begin or end with '/', nor begin with '$'");
	if (*s->mqtt.password && !*s->mqtt.user)
		refuse(k, "mqtt.password", "needs mqtt.user, too");
	check_ca_file(k, NULL, 0, "mqtt.ca_file", s->mqtt.ca_file);
	if (*s->mqtt.ca_file && !s->mqtt.tls)
		settings_find(k, CONF_WARNING, NULL, 0, "mqtt.ca_file",
			"is not used as long as mqtt.tls is false");
	check_template(k, NULL, 0, "mqtt.user", s->mqtt.user, names);
	check_template(k, NULL, 0, "mqtt.password", s->mqtt.password, names);
	check_template(k, NULL, 0, "mqtt.prefix", s->mqtt.prefix, names);
}

static int name_webhooks(struct settings *s)
{
	for (size_t i = 0; i < s->n_webhooks; i++) {
		struct settings_webhook *w = &s->webhooks[i];

		if (*w->name)
			continue;
		free(w->name);
		if (asprintf(&w->name, "hook%zu", i + 1) < 0) {
			w->name = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

int settings_check_notify(struct settings_check *k, struct settings_names *names)
{
	if (name_webhooks(k->s) < 0)
		return -ENOMEM;
	check_webhooks(k, names);
	check_telegram(k, names);
	check_mqtt(k, names);
	if (k->s->notify.backoff_min_usec > k->s->notify.backoff_max_usec)
		refuse(k, "notify.backoff_min", "must not be longer than notify.backoff_max");
	return 0;
}
