/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connection to an MQTT broker (3.1.1), from connect to its end; the only place that knows
 * libmosquitto. Clean sessions: what was not acknowledged is published again by the owner over the
 * next connection, so neither side keeps anything for us in between. One thread; it polls fd.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

struct mqtt_session;

struct mqtt_session_settings {
	const char *host;
	int port;
	bool tls;
	const char *ca_file;         /* NULL or "": the system's */
	const char *user, *password; /* NULL or "": none */
	const char *client_id;
	const char *will_topic, *will; /* retained */
};

int mqtt_session_global_init(void);
void mqtt_session_global_deinit(void);

/*
 * Begins to connect. Blocks in the resolver, and nowhere else. Of several addresses only the first
 * is tried; ipv4: the first of that family. Settings are used during the call only. published() is
 * called from mqtt_session_process() for each message that the broker has acknowledged.
 *
 * This and what follows returns 0, or a negative errno with words in why: -EACCES when the broker
 * refuses us, -EPROTO for TLS.
 */
int mqtt_session_open(struct mqtt_session **ret, const struct mqtt_session_settings *settings,
	bool ipv4, void (*published)(void *userdata, int id), void *userdata, char *why,
	size_t why_size);
struct mqtt_session *mqtt_session_free(struct mqtt_session *s);
DEFINE_CLEANUP(struct mqtt_session *, mqtt_session_free)

/* What to poll for, as long as the session is alive; -1 and no events after it has ended. */
int mqtt_session_fd(const struct mqtt_session *s);
short mqtt_session_events(const struct mqtt_session *s);

/* After an event, and at least once a second. */
int mqtt_session_process(struct mqtt_session *s, short events, char *why, size_t why_size);

/* The broker has let us in. */
bool mqtt_session_is_up(const struct mqtt_session *s);

/* With QoS 1. ret_id may be NULL. */
int mqtt_session_publish(struct mqtt_session *s, const char *topic, const char *text, bool retain,
	int *ret_id, char *why, size_t why_size);

/* Says good-bye: no will. Goes out as far as the socket takes it. */
void mqtt_session_leave(struct mqtt_session *s);
