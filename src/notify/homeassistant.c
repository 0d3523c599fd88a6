/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/homeassistant.h"

#include <ctype.h>
#include <jansson.h>

#include "common/cleanup.h"

/* "egm_MACHINE_CARD": letters, digits, '_' and '-' is all that an identifier may hold. */
static char *identifier(const struct homeassistant *h)
{
	char *id;

	if (asprintf(&id, "egm_%s%s%s", h->machine, h->card ? "_" : "", h->card ? h->card : "") < 0)
		return NULL;
	for (char *c = id; *c; c++)
		if (!isalnum((unsigned char) *c) && *c != '-')
			*c = '_';
	return id;
}

char *homeassistant_topic(const struct homeassistant *h)
{
	_cleanup_(freep) char *id = identifier(h);
	char *topic;

	if (!id || asprintf(&topic, "homeassistant/sensor/%s/state/config", id) < 0)
		return NULL;
	return topic;
}

/* The device class "enum" stands without its options: which states there are is the rules' to say,
 * and they change. */
char *homeassistant_config(const struct homeassistant *h)
{
	_cleanup_(freep) char *id = identifier(h), *name = NULL;
	char *text;
	json_t *o;

	if (!id || asprintf(&name, "%s %s", h->machine, h->role) < 0)
		return NULL;
	o = json_pack(
		"{s:s, s:s++, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}, s:{s:[s], s:s, s:s}}",
		"name", "State", "unique_id", id, "_", "state", "state_topic", h->state_topic,
		"availability_topic", h->status_topic, "payload_available", "online",
		"payload_not_available", "offline", "device_class", "enum", "json_attributes_topic",
		h->event_topic, "origin", "name", "egm-streamer", "sw_version", PACKAGE_VERSION,
		"device", "identifiers", id, "name", name, "model", "egm-streamer");
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
