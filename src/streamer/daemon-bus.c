/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/daemon-bus.h"

#include <inttypes.h>
#include <string.h>

#include "common/bus-log.h"
#include "common/log.h"
#include "common/usec.h"
#include "common/utf8.h"
#include "streamer/daemon-bus-private.h"

#define PROPERTIES_MAX 32
#define TEXT_MAX 1200

/* ---- what the interfaces share ---- */

int bus_get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	char text[TEXT_MAX];

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	return sd_bus_message_append(reply, "s", utf8_text(userdata, text, sizeof(text)));
}

int bus_get_bool(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const bool *b = userdata;

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	return sd_bus_message_append(reply, "b", *b);
}

int bus_get_size(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const uint32_t *size = userdata;

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	return sd_bus_message_append(reply, "(uu)", size[0], size[1]);
}

struct moment moment_at(struct moment before, uint64_t usec)
{
	if (usec == before.usec)
		return before;
	return (struct moment){ usec, usec ? usec_to_realtime(usec) : 0 };
}

void daemon_bus_tell(struct daemon_bus *d, const char *path, const char *interface,
	const struct property *properties, void *now, const void *next, size_t size)
{
	sd_bus *connection = bus_connection(d->bus);
	char *names[PROPERTIES_MAX + 1];
	size_t n = 0;

	for (const struct property *p = properties; p->name && n < PROPERTIES_MAX; p++)
		if (memcmp((const char *) now + p->offset, (const char *) next + p->offset,
			    p->size) != 0)
			names[n++] = (char *) p->name;
	names[n] = NULL;
	memcpy(now, next, size);
	if (n > 0 && connection)
		(void) sd_bus_emit_properties_changed_strv(connection, path, interface, names);
}

int bus_fault(sd_bus_error *error, int r, const struct fault *f)
{
	char words[FAULT_WORDS_MAX];

	if (f->kind == FAULT_NONE)
		return r;
	return sd_bus_error_set(
		error, fault_name(f->kind), utf8_text(f->words, words, sizeof(words)));
}

int bus_done(struct daemon_bus *d, sd_bus_message *m)
{
	daemon_bus_update(d);
	return sd_bus_reply_method_return(m, NULL);
}

/* ---- requests ---- */

static void request_free(struct request *q)
{
	sd_bus_message_unref(q->m);
	q->free(q);
}

static void on_done(void *userdata)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	struct request *q = userdata;
	int r = q->result;

	if (q->m) {
		if (r >= 0)
			r = q->answer(q, q->m);
		else
			r = bus_fault(&error, r, &q->fault);
		if (r < 0)
			(void) sd_bus_reply_method_errno(q->m, r, &error);
	}
	request_free(q);
}

static void on_late(void *userdata)
{
	struct request *q = userdata;

	if (q->m)
		(void) sd_bus_reply_method_errorf(
			q->m, fault_name(FAULT_IO), "It takes longer than anybody waits.");
	q->m = sd_bus_message_unref(q->m);
}

int request_start(struct request *q, enum job_kind kind,
	void (*run)(void *userdata, struct stage *stage), sd_bus_message *m, sd_bus_error *error)
{
	const struct job job = { run, on_done, on_late, q };
	int r = jobs_start(q->d->control->jobs, kind, &job);

	if (r >= 0) {
		q->m = sd_bus_message_ref(m);
		return 1;
	}
	request_free(q);
	if (r != -EBUSY)
		return r;
	return sd_bus_error_setf(error, fault_name(FAULT_BUSY),
		"Not more than %d requests of the kind are worked on at once.", JOBS_MAX);
}

/* ---- signals ---- */

static int emit(sd_bus *bus, const struct change *c)
{
	char name[sizeof(c->name)], text[sizeof(c->text)], more[sizeof(c->more)];

	utf8_text(c->name, name, sizeof(name));
	utf8_text(c->text, text, sizeof(text));
	utf8_text(c->more, more, sizeof(more));
	switch (c->kind) {
	case CHANGE_SIGNAL:
		return sd_bus_emit_signal(bus, STREAMER_PATH, STREAMER_INTERFACE, "SignalChanged",
			"bs", c->live, text);
	case CHANGE_OUTPUT:
		return sd_bus_emit_signal(bus, STREAMER_PATH, STREAMER_INTERFACE, "OutputChanged",
			"sss", name, text, more);
	case CHANGE_STATE:
		return sd_bus_emit_signal(bus, RECOGNISER_PATH, RECOGNISER_INTERFACE,
			"StateChanged", "ssstt", text, name, more, c->capture_usec,
			c->capture_realtime);
	case CHANGE_NUMBER:
	default:
		return sd_bus_emit_signal(bus, RECOGNISER_PATH, RECOGNISER_INTERFACE,
			"NumberChanged", "sstt", name, text, c->capture_usec, c->capture_realtime);
	}
}

static void send_changes(struct daemon_bus *d)
{
	uint64_t dropped;
	struct change c;

	while (changes_take(d->changes, &c, &dropped)) {
		sd_bus *connection = bus_connection(d->bus);

		if (dropped && d->dropped == 0)
			log_warning("More changes at once than the bus is told: %" PRIu64
				    " are left out",
				dropped);
		d->dropped += dropped;
		if (connection)
			(void) emit(connection, &c);
	}
}

/* ---- the connection ---- */

static int on_connected(void *userdata, sd_bus *connection)
{
	struct daemon_bus *d = userdata;
	int r;

	d->connection = connection;
	r = sd_bus_add_object_manager(connection, NULL, STREAMER_PATH);
	if (r >= 0)
		r = sd_bus_add_object_vtable(connection, NULL, STREAMER_PATH, STREAMER_INTERFACE,
			streamer_bus_vtable, d);
	if (r >= 0)
		r = sd_bus_add_object_vtable(connection, NULL, RECOGNISER_PATH,
			RECOGNISER_INTERFACE, recogniser_bus_vtable, d);
	if (r >= 0)
		r = bus_log_add(d->bus, connection);
	return r < 0 ? r : output_bus_attach(d);
}

static void on_disconnected(void *userdata)
{
	struct daemon_bus *d = userdata;

	output_bus_detach(d);
	d->connection = NULL;
}

/* ---- the outside ---- */

int daemon_bus_new(struct daemon_bus **ret, struct loop *loop, struct control *control,
	struct changes *changes)
{
	_cleanup_(daemon_bus_freep) struct daemon_bus *d = calloc(1, sizeof(*d));
	const struct bus_hooks hooks = {
		.connected = on_connected, .disconnected = on_disconnected, .userdata = d
	};
	char name[sizeof(DAEMON_BUS_NAME) + 64];
	int r;

	if (!d)
		return -ENOMEM;
	d->control = control;
	d->changes = changes;
	snprintf(name, sizeof(name), DAEMON_BUS_NAME ".%s", control->card);
	r = bus_new(&d->bus, loop, name, &hooks);
	if (r < 0)
		return r;
	daemon_bus_update(d);
	*ret = TAKE_PTR(d);
	return 0;
}

struct daemon_bus *daemon_bus_free(struct daemon_bus *d)
{
	if (!d)
		return NULL;
	bus_free(d->bus);
	output_bus_free(d);
	free(d);
	return NULL;
}

void daemon_bus_update(struct daemon_bus *d)
{
	send_changes(d);
	output_bus_update(d);
	streamer_bus_update(d);
	recogniser_bus_update(d);
}
