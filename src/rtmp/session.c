/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests are sent when the one before has been answered, and answers are told by their numbers,
 * so that a server may speak before it is asked.
 */
#include "rtmp/session.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "common/usec.h"
#include "common/utf8.h"
#include "rtmp/command.h"
#include "rtmp/wire.h"

#define HANDSHAKE 1536
#define RTMP_VERSION 3
#define FLASH_VERSION "FMLE/3.0 (compatible; egm-streamer/" PACKAGE_VERSION ")"
#define CHUNK_SIZE 65536 /* a picture is one chunk or two; the most that all servers take */
#define COMMAND_MAX (3 * TARGET_URL_MAX)
#define WORDS_MAX 256
#define LISTEN_USEC (100 * USEC_PER_MSEC)  /* between looks at what the server says */
#define GOODBYE_USEC (300 * USEC_PER_MSEC) /* for the server to close */
#define TRY_BUFFER (64 * 1024)
#define RECEIVE_MAX (64 * 1024) /* bytes in one look: who says more is heard next time */

enum control {
	CONTROL_PING = 6,
	CONTROL_PONG = 7,
};

enum state {
	CLOSED,
	CONNECTING, /* asked for the application */
	CONNECTED,  /* let into it, when that is all that is wanted */
	CREATING,   /* … for a stream */
	STARTING,   /* … to publish it */
	PUBLISHING,
};

struct rtmp {
	const struct wire_guard *guard;
	int fd;
	enum state state;
	enum state goal;                     /* of the opening */
	struct rtmp_target target, redirect; /* app NULL: there is none */
	struct chunk_in *in;
	struct chunk_out out;
	uint8_t command[COMMAND_MAX]; /* what goes out of it is gone before the next one */
	double stream_id;
	uint32_t window, told_window;
	uint64_t received, acknowledged; /* bytes */
	uint64_t listened_usec;
	char words[WORDS_MAX];

	pthread_mutex_t lock;
	/* protected by lock */
	int load_fd; /* fd while it publishes, for others to look at; else -1 */
};

int rtmp_new(struct rtmp **ret, const struct wire_guard *guard)
{
	struct rtmp *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->guard = guard;
	s->fd = s->load_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	*ret = s;
	return 0;
}

struct rtmp *rtmp_free(struct rtmp *s)
{
	if (!s)
		return NULL;
	rtmp_close(s, false);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return NULL;
}

const char *rtmp_words(const struct rtmp *s)
{
	return s->words;
}

static int write_all(struct rtmp *s)
{
	return wire_flush(s->fd, &s->out, s->guard);
}

static int begin(struct rtmp *s, uint8_t type, uint32_t stream, uint32_t msec, size_t size)
{
	const struct chunk_message m = {
		.type = type, .stream = stream, .msec = msec, .size = size
	};
	int r = chunk_out_full(&s->out) ? write_all(s) : 0;

	if (r == 0)
		chunk_out_begin(&s->out, &m);
	return r;
}

int rtmp_begin(struct rtmp *s, enum chunk_type type, uint32_t msec, size_t size)
{
	return size > RTMP_PAYLOAD_MAX
		       ? -EMSGSIZE
		       : begin(s, (uint8_t) type, (uint32_t) s->stream_id, msec, size);
}

int rtmp_put(struct rtmp *s, const void *data, size_t size)
{
	const uint8_t *p = data;
	int r = 0;

	while (r == 0 && size > 0) {
		size_t n;

		if (chunk_out_full(&s->out)) {
			r = write_all(s);
			continue;
		}
		n = chunk_out_put(&s->out, p, size);
		p += n;
		size -= n;
	}
	return r;
}

int rtmp_copy(struct rtmp *s, const void *data, size_t size)
{
	int r = chunk_out_full(&s->out) ? write_all(s) : 0;

	if (r == 0)
		chunk_out_copy(&s->out, data, size);
	return r;
}

/* A message about the connection itself: a few big-endian numbers. */
static int send_control(struct rtmp *s, enum chunk_type type, const uint8_t *data, size_t size)
{
	int r = begin(s, (uint8_t) type, 0, 0, size);

	return r < 0 ? r : rtmp_copy(s, data, size);
}

static int send_number(struct rtmp *s, enum chunk_type type, uint32_t value)
{
	const uint8_t data[4] = { (uint8_t) (value >> 24), (uint8_t) (value >> 16),
		(uint8_t) (value >> 8), (uint8_t) value };

	return send_control(s, type, data, sizeof(data));
}

static struct amf0_writer new_command(struct rtmp *s)
{
	return (struct amf0_writer){ .data = s->command, .room = sizeof(s->command) };
}

/* stream: 0 for the connection, else that of the message. */
static int send_command(struct rtmp *s, const struct amf0_writer *w, uint32_t stream)
{
	int r;

	if (w->full)
		return -E2BIG;
	r = begin(s, CHUNK_COMMAND, stream, 0, w->size);
	if (r == 0)
		r = rtmp_put(s, w->data, w->size);
	return r < 0 ? r : write_all(s);
}

static int send_about_stream(struct rtmp *s, const char *name, enum command_request number)
{
	struct amf0_writer w = new_command(s);

	command_stream(&w, name, number, s->target.stream);
	return send_command(s, &w, 0);
}

static int send_connect(struct rtmp *s)
{
	struct amf0_writer w = new_command(s);

	s->state = CONNECTING;
	command_connect(&w, &s->target, FLASH_VERSION);
	return send_command(s, &w, 0);
}

static int send_create(struct rtmp *s)
{
	struct amf0_writer w;
	int r;

	s->state = CREATING;
	r = send_number(s, CHUNK_SET_SIZE, CHUNK_SIZE);
	s->out.chunk_size = CHUNK_SIZE;
	if (r == 0)
		r = send_about_stream(s, "releaseStream", COMMAND_RELEASE);
	if (r == 0)
		r = send_about_stream(s, "FCPublish", COMMAND_FCPUBLISH);
	if (r < 0)
		return r;
	w = new_command(s);
	command_create(&w);
	return send_command(s, &w, 0);
}

static int send_publish(struct rtmp *s, double id)
{
	struct amf0_writer w = new_command(s);

	if (!(id >= 0 && id <= UINT32_MAX))
		return -EBADMSG;
	s->state = STARTING;
	s->stream_id = id;
	command_publish(&w, s->target.stream);
	return send_command(s, &w, (uint32_t) id);
}

/* Where the server sends us on to; anything else it may say there is a refusal. */
static void note_redirect(struct rtmp *s, struct amf0_text to)
{
	_cleanup_(freep) char *url = to.size ? strndup(to.data, to.size) : NULL;

	rtmp_target_deinit(&s->redirect);
	if (url && utf8_is_clean(url))
		(void) rtmp_target_redirect(url, &s->target, &s->redirect);
}

/* Somebody else publishes there, or the session that was cut a moment ago has not been noticed as
 * dead. Servers have no code for this alone. */
static bool is_busy(const struct command *c)
{
	static const char *const words[] = { "busy", "already", "in use" };
	char text[WORDS_MAX];
	size_t size = MIN(c->words.size, sizeof(text) - 1);

	if (amf0_text_is(c->code, "NetStream.Publish.BadName") ||
		amf0_text_is(c->code, "NetStream.Publish.StreamBusy"))
		return true;
	if (size > 0)
		memcpy(text, c->words.data, size);
	text[size] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasestr(text, words[i]))
			return true;
	return false;
}

static int refuse(struct rtmp *s, const struct command *c)
{
	static const char begin_words[] = "the server says: ";
	size_t size = sizeof(begin_words) - 1;

	memcpy(s->words, begin_words, size);
	(void) command_words(c, &s->target, s->words + size, sizeof(s->words) - size);
	if (s->state == PUBLISHING)
		return -EPERM;
	note_redirect(s, c->redirect);
	return s->state == STARTING && is_busy(c) ? -EBUSY : -EPERM;
}

/* Said by a server that ends a session without calling it an error. */
static bool ends_session(struct amf0_text code)
{
	static const char *const codes[] = { "NetConnection.Connect.Closed",
		"NetConnection.Connect.AppShutdown", "NetConnection.Connect.Rejected",
		"NetStream.Unpublish.Success", "NetStream.Publish.Denied" };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (amf0_text_is(code, codes[i]))
			return true;
	}
	return false;
}

static int on_command(struct rtmp *s, const struct command *c)
{
	struct amf0_writer w;

	switch (c->kind) {
	case COMMAND_RESULT:
		if (c->number == COMMAND_CONNECT && s->state == CONNECTING) {
			s->state = CONNECTED;
			return s->goal == CONNECTED ? 0 : send_create(s);
		}
		if (c->number == COMMAND_CREATE && s->state == CREATING)
			return send_publish(s, c->id);
		return 0;
	case COMMAND_ERROR:
		/* That there is nothing to release is no error. */
		if (c->number != 0 && c->number != COMMAND_CONNECT && c->number != COMMAND_CREATE &&
			c->number != COMMAND_PUBLISH)
			return 0;
		return refuse(s, c);
	case COMMAND_STATUS:
		if (ends_session(c->code))
			return refuse(s, c);
		if (s->state == STARTING && amf0_text_is(c->code, "NetStream.Publish.Start"))
			s->state = PUBLISHING;
		return 0;
	case COMMAND_CLOSE:
		return -EPIPE;
	case COMMAND_BANDWIDTH_DONE:
		w = new_command(s);
		command_check(&w);
		return send_command(s, &w, 0);
	case COMMAND_OTHER:
		break;
	}
	return 0;
}

static uint32_t number_of(const uint8_t *p)
{
	return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

/* Some wait for this before they go on. */
static int on_bandwidth(struct rtmp *s, uint32_t window)
{
	if (window == s->told_window)
		return 0;
	s->told_window = window;
	return send_number(s, CHUNK_WINDOW, window);
}

static int on_message(void *userdata, const struct chunk_message *m)
{
	struct rtmp *s = userdata;
	struct command c;

	switch (m->type) {
	case CHUNK_COMMAND:
		return command_read(m->payload, m->size, &c) ? on_command(s, &c) : 0;
	case CHUNK_WINDOW:
		if (m->size >= 4)
			s->window = number_of(m->payload);
		return 0;
	case CHUNK_BANDWIDTH:
		return m->size >= 4 ? on_bandwidth(s, number_of(m->payload)) : 0;
	case CHUNK_USER_CONTROL:
		if (m->size >= 6 && m->payload[0] == 0 && m->payload[1] == CONTROL_PING) {
			uint8_t pong[6] = { 0, CONTROL_PONG };

			memcpy(pong + 2, m->payload + 2, 4);
			return send_control(s, CHUNK_USER_CONTROL, pong, sizeof(pong));
		}
		return 0;
	default:
		return 0;
	}
}

/* What the server wants to be told from time to time: how much has come. */
static int acknowledge(struct rtmp *s)
{
	if (s->window == 0 || s->received - s->acknowledged < s->window)
		return 0;
	s->acknowledged = s->received;
	return send_number(s, CHUNK_ACK, (uint32_t) s->received);
}

/* Takes what has come, without waiting. Answers go out. */
static int listen_to(struct rtmp *s)
{
	uint8_t data[4096];
	size_t sum = 0;
	int n;

	s->listened_usec = usec_now();
	do {
		int r;

		n = wire_receive(s->fd, data, sizeof(data));
		if (n <= 0)
			break;
		s->received += (uint64_t) n;
		sum += (size_t) n;
		r = chunk_in_feed(s->in, data, (size_t) n, on_message, s);
		if (r == 0)
			r = acknowledge(s);
		if (r < 0)
			return r;
	} while ((size_t) n == sizeof(data) && sum < RECEIVE_MAX);
	return n < 0 ? n : write_all(s);
}

/* The last words of a server that has closed. */
static int hear_out(struct rtmp *s, int error)
{
	uint8_t data[4096];
	int n, r = error;

	if (error != -EPIPE && error != -ECONNRESET)
		return error;
	n = wire_receive(s->fd, data, sizeof(data));
	if (n > 0)
		r = chunk_in_feed(s->in, data, (size_t) n, on_message, s);
	return r < 0 && s->words[0] ? r : error;
}

/* In the middle of a message there is no place for an answer. */
static bool may_listen(const struct rtmp *s)
{
	return s->out.left == 0 && usec_now() - s->listened_usec >= LISTEN_USEC;
}

int rtmp_flush(struct rtmp *s)
{
	int r = write_all(s);

	if (r < 0)
		return hear_out(s, r);
	return may_listen(s) ? listen_to(s) : 0;
}

int rtmp_try_flush(struct rtmp *s)
{
	int r = wire_push(s->fd, &s->out, s->guard);

	if (r == -EAGAIN)
		return r;
	if (r < 0)
		return hear_out(s, r);
	if (!may_listen(s))
		return 0;
	/* Who has something to say may want an answer. */
	if (wire_has_come(s->fd))
		return -EAGAIN;
	s->listened_usec = usec_now();
	return 0;
}

bool rtmp_has_room(const struct rtmp *s, size_t pieces, size_t size)
{
	return chunk_out_has_room(&s->out, pieces, size);
}

/* The simple handshake, without Adobe's signatures: those that take publishers take it. */
static int shake_hands(struct rtmp *s)
{
	uint8_t ours[1 + HANDSHAKE] = { RTMP_VERSION }, theirs[1 + HANDSHAKE];
	int r;

	(void) !getrandom(ours + 9, sizeof(ours) - 9, GRND_NONBLOCK);
	r = wire_write(s->fd, ours, sizeof(ours), s->guard);
	if (r == 0)
		r = wire_read(s->fd, theirs, 1, s->guard);
	if (r == 0 && theirs[0] != RTMP_VERSION)
		r = -EBADMSG;
	if (r == 0)
		r = wire_read(s->fd, theirs + 1, HANDSHAKE, s->guard);
	/* What we sent comes back, and what they sent goes back. */
	if (r == 0)
		r = wire_write(s->fd, theirs + 1, HANDSHAKE, s->guard);
	if (r == 0)
		r = wire_read(s->fd, theirs + 1, HANDSHAKE, s->guard);
	return r;
}

static int talk(struct rtmp *s)
{
	int r;

	r = shake_hands(s);
	if (r == 0)
		r = send_connect(s);
	while (r == 0 && s->state != s->goal) {
		r = wire_wait(s->fd, POLLIN, s->guard);
		if (r == 0)
			r = listen_to(s);
	}
	return r;
}

/* From here on others may look at the connection, or -1, not any more. */
static void show_load(struct rtmp *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	s->load_fd = fd;
	pthread_mutex_unlock(&s->lock);
}

int rtmp_load(struct rtmp *s, struct tcp_load *ret)
{
	int r;

	pthread_mutex_lock(&s->lock);
	r = s->load_fd < 0 ? -ENOTCONN : tcp_load(s->load_fd, ret);
	pthread_mutex_unlock(&s->lock);
	return r;
}

static void hang_up(struct rtmp *s)
{
	show_load(s, -1);
	closep(&s->fd);
	s->fd = -1;
	s->state = CLOSED;
	s->in = chunk_in_free(s->in);
	chunk_out_init(&s->out);
}

static int open_once(struct rtmp *s, int send_buffer)
{
	int r;

	chunk_out_init(&s->out);
	s->window = s->told_window = 0;
	s->received = s->acknowledged = 0;
	s->stream_id = 0;
	s->words[0] = '\0';
	r = chunk_in_new(&s->in);
	if (r == 0)
		r = wire_dial(s->target.host, s->target.port, send_buffer, s->guard, &s->fd,
			s->words, sizeof(s->words));
	if (r == 0)
		r = talk(s);
	if (r < 0)
		hang_up(s);
	else
		show_load(s, s->fd);
	return r;
}

static int open_as_far(struct rtmp *s, const char *url, int send_buffer, enum state goal)
{
	int r;

	rtmp_close(s, false);
	s->goal = goal;
	s->words[0] = '\0';
	r = rtmp_target_parse(url, &s->target);
	if (r < 0) {
		(void) snprintf(s->words, sizeof(s->words), "this is no URL of an RTMP server");
		return r;
	}
	r = open_once(s, send_buffer);
	for (int i = 0; r == -EPERM && s->redirect.app; i++) {
		if (i == RTMP_REDIRECTS_MAX) {
			(void) snprintf(
				s->words, sizeof(s->words), "the servers send us on and on");
			break;
		}
		rtmp_target_deinit(&s->target);
		s->target = s->redirect;
		s->redirect = (struct rtmp_target){ 0 };
		r = open_once(s, send_buffer);
	}
	rtmp_target_deinit(&s->redirect);
	if (r < 0)
		rtmp_target_deinit(&s->target);
	return r;
}

int rtmp_open(struct rtmp *s, const char *url, int send_buffer)
{
	return open_as_far(s, url, send_buffer, PUBLISHING);
}

int rtmp_try(struct rtmp *s, const char *url)
{
	int r = open_as_far(s, url, TRY_BUFFER, CONNECTED);

	rtmp_close(s, false);
	return r;
}

/* Data that is still unread on either side at a close would take what was sent last with it. */
static void wait_for_end(struct rtmp *s)
{
	uint64_t end = usec_now() + GOODBYE_USEC;
	uint8_t data[4096];
	int r = 0;

	if (shutdown(s->fd, SHUT_WR) < 0)
		return;
	while (r >= 0 && usec_now() < end) {
		r = wire_receive(s->fd, data, sizeof(data));
		if (r == 0)
			r = wire_wait_until(s->fd, POLLIN, end, s->guard);
	}
}

void rtmp_close(struct rtmp *s, bool goodbye)
{
	struct amf0_writer w;
	int r;

	if (s->fd >= 0 && goodbye && s->state == PUBLISHING && s->out.left == 0) {
		r = write_all(s);
		if (r == 0)
			r = send_about_stream(s, "FCUnpublish", COMMAND_UNPUBLISH);
		w = new_command(s);
		command_delete(&w, s->stream_id);
		if (r == 0)
			r = send_command(s, &w, 0);
		if (r == 0)
			wait_for_end(s);
	}
	hang_up(s);
	rtmp_target_deinit(&s->target);
}
