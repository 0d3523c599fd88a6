/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/mqtt-session.h"

#include <mosquitto.h>
#include <poll.h>
#include <string.h>

#define KEEPALIVE_SEC 20 /* a broker gives us up after one and a half of it */
#define QOS 1
#define WORDS_MAX 160

struct mqtt_session {
	struct mosquitto *mosq;
	void (*published)(void *userdata, int id);
	void *userdata;
	bool connecting; /* the socket is not connected yet */
	bool up, refused;
	char words[WORDS_MAX]; /* the library's last about an error */
};

int mqtt_session_global_init(void)
{
	return mosquitto_lib_init() == MOSQ_ERR_SUCCESS ? 0 : -EIO;
}

void mqtt_session_global_deinit(void)
{
	(void) mosquitto_lib_cleanup();
}

/* ---- errors ---- */

static int errno_of(int code, int error)
{
	switch (code) {
	case MOSQ_ERR_SUCCESS:
		return 0;
	case MOSQ_ERR_NOMEM:
		return -ENOMEM;
	case MOSQ_ERR_ERRNO:
		return error > 0 ? -error : -ECONNRESET;
	case MOSQ_ERR_EAI:
		return -EHOSTUNREACH;
	case MOSQ_ERR_TLS:
		return -EPROTO;
	case MOSQ_ERR_CONN_REFUSED:
	case MOSQ_ERR_AUTH:
	case MOSQ_ERR_ACL_DENIED:
		return -EACCES;
	case MOSQ_ERR_KEEPALIVE:
		return -ETIMEDOUT;
	case MOSQ_ERR_CONN_LOST:
	case MOSQ_ERR_NO_CONN:
		return -ECONNRESET;
	default:
		return -EIO;
	}
}

/* How the versions of the library tell that TLS does not come about. */
static bool is_tls(int code, int error)
{
	return code == MOSQ_ERR_TLS || (code == MOSQ_ERR_ERRNO && error == EPROTO);
}

/* errno belongs to the call that gave the code. The library's own words are kept only for what it
 * says nowhere else: TLS and refusals. */
static int explain(struct mqtt_session *s, int code, int error, char *why, size_t why_size)
{
	const char *words = mosquitto_strerror(code);

	if (code == MOSQ_ERR_SUCCESS)
		return 0;
	if (s->refused || (is_tls(code, error) && s->words[0]))
		words = s->words;
	else if (code == MOSQ_ERR_ERRNO && error > 0)
		words = strerror(error);
	else if (code == MOSQ_ERR_EAI)
		words = "the broker's name cannot be resolved";
	snprintf(why, why_size, "%s", words);
	return s->refused ? -EACCES : errno_of(code, error);
}

/* ---- the library's calls ---- */

static void on_log(struct mosquitto *mosq, void *userdata, int level, const char *text)
{
	struct mqtt_session *s = userdata;

	(void) mosq;
	if (level == MOSQ_LOG_ERR && !s->refused)
		snprintf(s->words, sizeof(s->words), "%s", text);
}

static void on_connect(struct mosquitto *mosq, void *userdata, int code)
{
	struct mqtt_session *s = userdata;

	(void) mosq;
	s->up = code == 0;
	s->refused = code != 0;
	if (s->refused)
		snprintf(s->words, sizeof(s->words), "%s", mosquitto_connack_string(code));
}

static void on_publish(struct mosquitto *mosq, void *userdata, int id)
{
	struct mqtt_session *s = userdata;

	(void) mosq;
	s->published(s->userdata, id);
}

/* ---- opening ---- */

static bool is_set(const char *text)
{
	return text && *text;
}

static int set_tls(struct mqtt_session *s, const struct mqtt_session_settings *settings)
{
	if (is_set(settings->ca_file))
		return mosquitto_tls_set(s->mosq, settings->ca_file, NULL, NULL, NULL, NULL);
	return mosquitto_int_option(s->mosq, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
}

static int set_up(struct mqtt_session *s, const struct mqtt_session_settings *settings)
{
	int code = MOSQ_ERR_SUCCESS;

	mosquitto_log_callback_set(s->mosq, on_log);
	mosquitto_connect_callback_set(s->mosq, on_connect);
	mosquitto_publish_callback_set(s->mosq, on_publish);
	if (is_set(settings->user))
		code = mosquitto_username_pw_set(s->mosq, settings->user,
			is_set(settings->password) ? settings->password : NULL);
	if (code == MOSQ_ERR_SUCCESS)
		code = mosquitto_will_set(s->mosq, settings->will_topic,
			(int) strlen(settings->will), settings->will, QOS, true);
	if (code == MOSQ_ERR_SUCCESS && settings->tls)
		code = set_tls(s, settings);
	return code;
}

int mqtt_session_open(struct mqtt_session **ret, const struct mqtt_session_settings *settings,
	bool ipv4, void (*published)(void *userdata, int id), void *userdata, char *why,
	size_t why_size)
{
	_cleanup_(mqtt_session_freep) struct mqtt_session *s = calloc(1, sizeof(*s));
	int code;

	snprintf(why, why_size, "no memory");
	if (!s)
		return -ENOMEM;
	s->published = published;
	s->userdata = userdata;
	s->connecting = true;
	s->mosq = mosquitto_new(settings->client_id, true, s);
	if (!s->mosq)
		return -ENOMEM;
	code = set_up(s, settings);
	errno = 0;
	if (code == MOSQ_ERR_SUCCESS)
		code = mosquitto_connect_bind_async(s->mosq, settings->host, settings->port,
			KEEPALIVE_SEC, ipv4 ? "0.0.0.0" : NULL);
	if (code != MOSQ_ERR_SUCCESS)
		return explain(s, code, errno, why, why_size);
	*ret = TAKE_PTR(s);
	return 0;
}

struct mqtt_session *mqtt_session_free(struct mqtt_session *s)
{
	if (!s)
		return NULL;
	if (s->mosq)
		mosquitto_destroy(s->mosq);
	free(s);
	return NULL;
}

/* ---- while it lasts ---- */

int mqtt_session_fd(const struct mqtt_session *s)
{
	return mosquitto_socket(s->mosq);
}

/* The library's wish to write cannot be trusted before the handshake of TLS is over; what there is
 * to write then is written after what was read. */
short mqtt_session_events(const struct mqtt_session *s)
{
	if (mqtt_session_fd(s) < 0)
		return 0;
	if (s->connecting || (s->up && mosquitto_want_write(s->mosq)))
		return POLLIN | POLLOUT;
	return POLLIN;
}

int mqtt_session_process(struct mqtt_session *s, short events, char *why, size_t why_size)
{
	int code;

	if (events)
		s->connecting = false;
	errno = 0;
	/* Reading also goes on with the handshake. */
	code = mosquitto_loop_read(s->mosq, 1);
	if (code == MOSQ_ERR_SUCCESS)
		code = mosquitto_loop_write(s->mosq, 1);
	if (code == MOSQ_ERR_SUCCESS)
		code = mosquitto_loop_misc(s->mosq);
	return explain(s, code, errno, why, why_size);
}

bool mqtt_session_is_up(const struct mqtt_session *s)
{
	return s->up;
}

int mqtt_session_publish(struct mqtt_session *s, const char *topic, const char *text, bool retain,
	int *ret_id, char *why, size_t why_size)
{
	int code;

	errno = 0;
	code = mosquitto_publish(s->mosq, ret_id, topic, (int) strlen(text), text, QOS, retain);
	return explain(s, code, errno, why, why_size);
}

void mqtt_session_leave(struct mqtt_session *s)
{
	(void) mosquitto_disconnect(s->mosq);
}
