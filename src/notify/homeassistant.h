/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Home Assistant's MQTT discovery wants to know of the state: a sensor that it finds by
 * itself, retained, under its default prefix. Pure. */
#pragma once

struct homeassistant {
	const char *machine, *role, *card; /* card may be NULL */
	const char *state_topic, *event_topic, *status_topic;
};

/* Both are the caller's to free; NULL: no memory. */
char *homeassistant_topic(const struct homeassistant *h);
char *homeassistant_config(const struct homeassistant *h);
