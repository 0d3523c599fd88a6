/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/mqtt.h"

#include <poll.h>
#include <string.h>

#include "common/backoff.h"
#include "common/secret.h"
#include "common/usec.h"
#include "notify/copy.h"
#include "notify/homeassistant.h"
#include "notify/mqtt-session.h"

#define TICK_USEC USEC_PER_SEC
#define CONNECT_TICK_USEC (200 * USEC_PER_MSEC)
#define STABLE_USEC (30 * USEC_PER_SEC) /* after which the waits start from the shortest again */
#define GOODBYE_USEC                                                                \
	(500 * USEC_PER_MSEC) /* for what still waits, and again for the last words \
			       */

#define ONLINE "online"
#define OFFLINE "offline"
#define NO_STATE "UNKNOWN" /* nobody knows any yet; what was retained is of another day */

struct mqtt {
	/* set by new */
	char *host, *ca_file, *user, *password, *client_id;
	char *state_topic, *event_topic, *status_topic;
	char *discovery_topic, *discovery; /* NULL: not wanted */
	char *state;                       /* until one is told; NULL: none is known */
	int port;
	bool tls;
	struct courier_times times;

	/* of the connection */
	struct mqtt_session *session;
	struct receiver *receiver;
	uint64_t opened_usec;
	bool greeted;
	struct notice *shown;               /* of the state that was published last; NULL: none */
	struct notice *event;               /* on its way */
	uint64_t event_usec;                /* since when */
	int event_id, state_id, goodbye_id; /* 0: acknowledged */
	char why[RECEIVER_WORDS_MAX];
};

static void on_published(void *userdata, int id)
{
	struct mqtt *m = userdata;

	if (id == m->state_id)
		m->state_id = 0;
	if (id == m->goodbye_id)
		m->goodbye_id = 0;
	if (id == m->event_id && m->event) {
		receiver_delivered(m->receiver, m->event);
		m->event = notice_unref(m->event);
		m->event_id = 0;
	}
}

static int publish(struct mqtt *m, const char *topic, const char *text, bool retain, int *ret_id)
{
	return mqtt_session_publish(
		m->session, topic, text, retain, ret_id, m->why, sizeof(m->why));
}

/* What is retained follows the newest state, whether or not the events before it are through; the
 * next one waits until the broker has the last. */
static int publish_state(struct mqtt *m)
{
	_cleanup_(notice_unrefp) struct notice *newest = receiver_newest(m->receiver);
	const char *state = newest ? newest->state : m->state ? m->state : NO_STATE;
	int r;

	if (m->state_id || (m->greeted && newest == m->shown))
		return 0;
	r = publish(m, m->state_topic, state, true, &m->state_id);
	notice_unref(m->shown);
	m->shown = TAKE_PTR(newest);
	return r;
}

static int publish_event(struct mqtt *m)
{
	_cleanup_(freep) char *json = NULL;

	if (m->event)
		return 0;
	m->event = receiver_peek(m->receiver);
	if (!m->event)
		return 0;
	json = notice_json(m->event);
	if (!json)
		return -ENOMEM;
	m->event_usec = usec_now();
	return publish(m, m->event_topic, json, false, &m->event_id);
}

static int greet(struct mqtt *m)
{
	int r = 0;

	if (m->discovery)
		r = publish(m, m->discovery_topic, m->discovery, true, NULL);
	/* The state comes first: nobody shall see an old one as live. */
	if (r == 0)
		r = publish_state(m);
	if (r == 0)
		r = publish(m, m->status_topic, ONLINE, true, NULL);
	if (r < 0)
		return r;
	m->greeted = true;
	receiver_works(m->receiver);
	return 0;
}

/* Whatever can be said now. */
static int speak(struct mqtt *m)
{
	int r = 0;

	if (!mqtt_session_is_up(m->session))
		return 0;
	if (!m->greeted)
		r = greet(m);
	if (r == 0)
		r = publish_state(m);
	if (r == 0)
		r = publish_event(m);
	return r;
}

/* Waits for the broker or the receiver, or the time, and has the session work. */
static int turn(struct mqtt *m, uint64_t until_usec)
{
	struct pollfd p[] = { { .fd = mqtt_session_fd(m->session),
				      .events = mqtt_session_events(m->session) },
		{ .fd = receiver_wake_fd(m->receiver), .events = POLLIN } };
	uint64_t tick = mqtt_session_is_up(m->session) ? TICK_USEC : CONNECT_TICK_USEC;
	uint64_t now = usec_now(), end = MIN(until_usec, now + MIN(tick, m->times.timeout_usec));
	struct timespec wait = usec_to_timespec(end > now ? end - now : 0);

	if (ppoll(p, ARRAY_SIZE(p), &wait, NULL) < 0 && errno != EINTR)
		return -errno;
	if (p[1].revents)
		(void) receiver_collect(m->receiver);
	return mqtt_session_process(m->session, p[0].revents, m->why, sizeof(m->why));
}

static int check_deadlines(struct mqtt *m)
{
	uint64_t since = mqtt_session_is_up(m->session) ? m->event_usec : m->opened_usec;

	if (mqtt_session_is_up(m->session) && !m->event)
		return 0;
	if (usec_now() < since + m->times.timeout_usec)
		return 0;
	snprintf(m->why, sizeof(m->why), "no answer");
	return -ETIMEDOUT;
}

/* At a stop: what still waits, then the last words, then the end. Each has its time. */
static void say_goodbye(struct mqtt *m)
{
	uint64_t until = usec_now() + GOODBYE_USEC;

	while (usec_now() < until && speak(m) == 0 && (m->event || m->state_id))
		if (turn(m, until) < 0)
			return;
	if (publish(m, m->status_topic, OFFLINE, true, &m->goodbye_id) < 0)
		return;
	until = usec_now() + GOODBYE_USEC;
	while (usec_now() < until && m->goodbye_id)
		if (turn(m, until) < 0)
			return;
	mqtt_session_leave(m->session);
}

/* One connection. 0: told to stop. */
static int converse(struct mqtt *m, bool ipv4)
{
	const struct mqtt_session_settings settings = { .host = m->host,
		.port = m->port,
		.tls = m->tls,
		.ca_file = m->ca_file,
		.user = m->user,
		.password = m->password,
		.client_id = m->client_id,
		.will_topic = m->status_topic,
		.will = OFFLINE };
	int r;

	r = mqtt_session_open(
		&m->session, &settings, ipv4, on_published, m, m->why, sizeof(m->why));
	m->opened_usec = usec_now();
	while (r == 0 && !receiver_stopping(m->receiver)) {
		r = turn(m, USEC_INFINITY);
		if (r == 0)
			r = speak(m);
		if (r == 0)
			r = check_deadlines(m);
	}
	if (r == 0 && mqtt_session_is_up(m->session))
		say_goodbye(m);
	return r;
}

static void forget_connection(struct mqtt *m)
{
	m->session = mqtt_session_free(m->session);
	m->shown = notice_unref(m->shown);
	m->event = notice_unref(m->event);
	m->event_id = m->state_id = m->goodbye_id = 0;
	m->greeted = false;
}

static void run(struct receiver *r, void *self)
{
	struct mqtt *m = self;
	struct backoff b = { .min_usec = m->times.backoff_min_usec,
		.max_usec = m->times.backoff_max_usec,
		.seed = (uint32_t) usec_now() ^ (uint32_t) (uintptr_t) r };
	bool ipv4 = false;

	m->receiver = r;
	while (!receiver_stopping(r)) {
		int error = converse(m, ipv4);
		uint64_t until;

		/* A host whose first address leads nowhere may have another. */
		ipv4 = !m->greeted && !ipv4;
		if (m->greeted && usec_now() - m->opened_usec >= STABLE_USEC)
			backoff_reset(&b);
		forget_connection(m);
		if (error == 0)
			break;
		receiver_fails(r, error, m->why);
		until = usec_now() + backoff_next(&b);
		while (usec_now() < until && receiver_wait(r, until))
			;
	}
}

/* ---- making it ---- */

static void mqtt_free(void *self)
{
	struct mqtt *m = self;

	free(m->host);
	free(m->ca_file);
	free(m->user);
	secret_free(m->password);
	free(m->client_id);
	free(m->state_topic);
	free(m->event_topic);
	free(m->status_topic);
	free(m->discovery_topic);
	free(m->discovery);
	free(m->state);
	free(m);
}

static char *topic(const struct notifier_settings *s, const char *name)
{
	char *text;

	return asprintf(&text, "%s/%s/%s", s->mqtt.prefix, s->card ? s->card : s->machine, name) < 0
		       ? NULL
		       : text;
}

static int make_topics(struct mqtt *m, const struct notifier_settings *s)
{
	if (asprintf(&m->client_id, "egm-%s-%s", s->machine, s->card ? s->card : s->role) < 0) {
		m->client_id = NULL;
		return -ENOMEM;
	}
	m->state_topic = topic(s, "state");
	m->event_topic = topic(s, "event");
	m->status_topic = topic(s, "status");
	return m->state_topic && m->event_topic && m->status_topic ? 0 : -ENOMEM;
}

static int make_discovery(struct mqtt *m, const struct notifier_settings *s)
{
	const struct homeassistant h = { .machine = s->machine,
		.role = s->role,
		.card = s->card,
		.state_topic = m->state_topic,
		.event_topic = m->event_topic,
		.status_topic = m->status_topic };

	if (!s->mqtt.discovery)
		return 0;
	m->discovery_topic = homeassistant_topic(&h);
	m->discovery = homeassistant_config(&h);
	return m->discovery_topic && m->discovery ? 0 : -ENOMEM;
}

int mqtt_new(struct receiver_transport *ret, const struct notifier_settings *settings,
	const struct courier_times *times)
{
	const struct notifier_mqtt *s = &settings->mqtt;
	struct mqtt *m = calloc(1, sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->port = s->port;
	m->tls = s->tls;
	m->times = *times;
	if (copy_text(&m->host, s->host) < 0 || copy_text(&m->ca_file, s->ca_file) < 0 ||
		copy_text(&m->user, s->user) < 0 || copy_text(&m->password, s->password) < 0 ||
		copy_text(&m->state, settings->state) < 0 || make_topics(m, settings) < 0 ||
		make_discovery(m, settings) < 0) {
		mqtt_free(m);
		return -ENOMEM;
	}
	*ret = (struct receiver_transport){ .run = run, .free = mqtt_free, .self = m };
	return 0;
}
