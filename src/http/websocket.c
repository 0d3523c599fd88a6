/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http/websocket.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <wslay/wslay.h>

#include "common/usec.h"
#include "http/tunnel.h"
#include "http/websocket-key.h"

#define LOOK_USEC (5 * USEC_PER_SEC)
#define PING_USEC (20 * USEC_PER_SEC)
#define SILENT_USEC (60 * USEC_PER_SEC)
#define STALLED_USEC (15 * USEC_PER_SEC) /* a message that does not get out */
#define GOODBYE_USEC (2 * USEC_PER_SEC)
#define WEBSOCKET_VERSION "13"

struct websocket {
	struct loop *loop;
	struct http_tunnel *tunnel; /* NULL: not open yet, or gone */
	int fd;
	sd_event_source *io, *timer;
	wslay_event_context_ptr ws;
	struct websocket_hooks hooks;
	void *userdata;
	char *early; /* what came with the head; read first */
	size_t early_size, early_pos;
	uint64_t heard_usec, pinged_usec, sent_usec, closing_usec; /* closing: 0: not yet */
	bool drained;
};

static void end(struct websocket *w)
{
	sd_event_source_disable_unref(w->io);
	sd_event_source_disable_unref(w->timer);
	http_tunnel_close(w->tunnel);
	if (w->ws)
		wslay_event_context_free(w->ws);
	w->hooks.gone(w->userdata);
	free(w->early);
	free(w);
}

/* ---- what the framing calls ---- */

static ssize_t fail(wslay_event_context_ptr ws, int error)
{
	wslay_event_set_error(ws, error);
	return -1;
}

static ssize_t take_early(struct websocket *w, uint8_t *buf, size_t size)
{
	size_t n = MIN(size, w->early_size - w->early_pos);

	memcpy(buf, w->early + w->early_pos, n);
	w->early_pos += n;
	return (ssize_t) n;
}

static ssize_t on_recv(
	wslay_event_context_ptr ws, uint8_t *buf, size_t size, int flags, void *userdata)
{
	struct websocket *w = userdata;
	ssize_t n;

	(void) flags;
	if (w->early_pos < w->early_size)
		return take_early(w, buf, size);
	do
		n = recv(w->fd, buf, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return fail(ws, WSLAY_ERR_WOULDBLOCK);
	if (n <= 0)
		return fail(ws, WSLAY_ERR_CALLBACK_FAILURE);
	w->heard_usec = usec_now();
	return n;
}

static ssize_t on_send(
	wslay_event_context_ptr ws, const uint8_t *data, size_t size, int flags, void *userdata)
{
	struct websocket *w = userdata;
	ssize_t n;

	do
		n = send(w->fd, data, size, MSG_NOSIGNAL | (flags & WSLAY_MSG_MORE ? MSG_MORE : 0));
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return fail(ws, WSLAY_ERR_WOULDBLOCK);
	if (n < 0)
		return fail(ws, WSLAY_ERR_CALLBACK_FAILURE);
	w->sent_usec = usec_now();
	return n;
}

static void on_message(
	wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *arg, void *userdata)
{
	struct websocket *w = userdata;

	(void) ws;
	if (!wslay_is_ctrl_frame(arg->opcode) && w->hooks.message && !w->closing_usec)
		w->hooks.message(
			w, arg->opcode == WSLAY_TEXT_FRAME, arg->msg, arg->msg_length, w->userdata);
}

static const struct wslay_event_callbacks callbacks = {
	.recv_callback = on_recv,
	.send_callback = on_send,
	.on_msg_recv_callback = on_message,
};

/* ---- in the loop ---- */

static void watch(struct websocket *w)
{
	/* Who says goodbye waits for an answer, and writes nothing more. */
	bool write = wslay_event_want_write(w->ws) || (!w->drained && !w->closing_usec);

	(void) sd_event_source_set_io_events(w->io, EPOLLIN | (write ? EPOLLOUT : 0));
}

static void drain(struct websocket *w)
{
	if (w->drained || w->closing_usec || wslay_event_get_queued_msg_count(w->ws) > 0)
		return;
	w->drained = true;
	w->hooks.drained(w, w->userdata);
}

/* False: it has ended. */
static bool turn(struct websocket *w, bool readable)
{
	if ((readable && wslay_event_recv(w->ws) < 0) || wslay_event_send(w->ws) < 0 ||
		(!wslay_event_want_read(w->ws) && !wslay_event_want_write(w->ws))) {
		end(w);
		return false;
	}
	drain(w);
	watch(w);
	return true;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void) source;
	(void) fd;
	(void) turn(userdata, revents & ~(uint32_t) EPOLLOUT);
	return 0;
}

static bool is_dead(const struct websocket *w, uint64_t now)
{
	if (w->closing_usec)
		return now - w->closing_usec > GOODBYE_USEC;
	return now - w->heard_usec > SILENT_USEC ||
	       (!w->drained && now - w->sent_usec > STALLED_USEC);
}

static int on_timer(sd_event_source *source, uint64_t due, void *userdata)
{
	const struct wslay_event_msg ping = { .opcode = WSLAY_PING };
	struct websocket *w = userdata;
	uint64_t now = usec_now();

	(void) due;
	if (is_dead(w, now)) {
		end(w);
		return 0;
	}
	if (w->drained && now - MAX(w->heard_usec, w->pinged_usec) > PING_USEC) {
		w->pinged_usec = now;
		(void) wslay_event_queue_msg(w->ws, &ping);
	}
	if (!turn(w, false))
		return 0;
	return sd_event_source_set_time(source, now + LOOK_USEC);
}

static int add_sources(struct websocket *w)
{
	struct sd_event *event = loop_event(w->loop);
	int r = sd_event_add_io(event, &w->io, w->fd, EPOLLIN | EPOLLOUT, on_io, w);

	if (r >= 0)
		r = sd_event_add_time(event, &w->timer, CLOCK_MONOTONIC, usec_now() + LOOK_USEC,
			USEC_PER_SEC, on_timer, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_ON);
	return r;
}

static int keep_early(struct websocket *w, const void *early, size_t size)
{
	if (size == 0)
		return 0;
	w->early = malloc(size);
	if (!w->early)
		return -ENOMEM;
	memcpy(w->early, early, size);
	w->early_size = size;
	return 0;
}

static void bound_backlog(const struct websocket *w)
{
	int size = (int) MIN(w->hooks.backlog_max, (size_t) INT32_MAX);

	if (size > 0)
		(void) setsockopt(w->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static void on_open(struct http_tunnel *t, int fd, const void *early, size_t size, void *userdata)
{
	struct websocket *w = userdata;

	w->tunnel = t;
	w->fd = fd;
	w->heard_usec = w->sent_usec = w->pinged_usec = usec_now();
	bound_backlog(w);
	if (keep_early(w, early, size) < 0 ||
		wslay_event_context_server_init(&w->ws, &callbacks, w) < 0 || add_sources(w) < 0) {
		end(w);
		return;
	}
	wslay_event_config_set_max_recv_msg_length(w->ws, WEBSOCKET_MESSAGE_MAX);
	(void) turn(w, w->early_size > 0);
}

static void on_gone(void *userdata)
{
	struct websocket *w = userdata;

	w->tunnel = NULL;
	end(w);
}

/* ---- for who serves ---- */

static int refuse(struct http_request *q, const struct websocket_hooks *hooks, void *userdata)
{
	hooks->gone(userdata);
	if (!http_wants_upgrade(q, "websocket"))
		return http_fault(q, 426, "This is a WebSocket.");
	return http_fault(
		q, 400, "This is no request for a WebSocket of version " WEBSOCKET_VERSION ".");
}

int websocket_accept(struct http_request *q, struct loop *loop, const struct websocket_hooks *hooks,
	void *userdata)
{
	const struct http_tunnel_hooks th = { .open = on_open, .gone = on_gone };
	const char *version = http_header(q, "Sec-WebSocket-Version");
	const char *key = http_header(q, "Sec-WebSocket-Key");
	char accept[WEBSOCKET_ACCEPT_SIZE];
	struct http_tunnel_hooks mine = th;
	struct websocket *w;

	if (http_method(q) != HTTP_GET || !http_wants_upgrade(q, "websocket") || !version ||
		strcmp(version, WEBSOCKET_VERSION) != 0 || !key ||
		websocket_key_accept(key, accept) < 0)
		return refuse(q, hooks, userdata);
	w = calloc(1, sizeof(*w));
	if (!w) {
		hooks->gone(userdata);
		return -ENOMEM;
	}
	w->loop = loop;
	w->fd = -1;
	w->hooks = *hooks;
	w->userdata = userdata;
	mine.userdata = w;
	(void) http_set_header(q, "Sec-WebSocket-Accept", accept);
	return http_answer_upgrade(q, "websocket", &mine);
}

bool websocket_is_drained(const struct websocket *w)
{
	return w->drained && !w->closing_usec;
}

int websocket_send(struct websocket *w, bool text, const void *data, size_t size)
{
	const struct wslay_event_msg message = {
		.opcode = text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
		.msg = data,
		.msg_length = size,
	};

	if (!websocket_is_drained(w))
		return -EBUSY;
	if (wslay_event_queue_msg(w->ws, &message) < 0)
		return -ENOMEM;
	w->drained = false;
	w->sent_usec = usec_now();
	/* What goes wrong here is found in the next turn, where it can end. */
	(void) wslay_event_send(w->ws);
	watch(w);
	return 0;
}

void websocket_close(struct websocket *w, unsigned status)
{
	if (w->closing_usec)
		return;
	w->closing_usec = usec_now();
	(void) wslay_event_queue_close(w->ws, (uint16_t) status, NULL, 0);
	(void) sd_event_source_set_time(w->timer, usec_now() + GOODBYE_USEC + USEC_PER_SEC / 2);
	(void) wslay_event_send(w->ws);
	watch(w);
}
