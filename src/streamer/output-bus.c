/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.egm.Output1: an object for each output, which comes and goes with it. */
#include <string.h>

#include "streamer/daemon-bus-private.h"

static const struct property properties[] = {
	PROPERTY("State", struct output_seen, view.state),
	PROPERTY("StateSinceRealtime", struct output_seen, since),
	PROPERTY("LastError", struct output_seen, view.last_error),
	PROPERTY("Path", struct output_seen, view.path),
	PROPERTY("Sessions", struct output_seen, view.sessions),
	PROPERTY("Failures", struct output_seen, view.failures),
	PROPERTY("UrlInUse", struct output_seen, view.url_in_use),
	PROPERTY("UrlReason", struct output_seen, view.url_reason),
	PROPERTY("Backup", struct output_seen, view.backup),
	PROPERTY("Switches", struct output_seen, view.switches),
	{ .name = NULL },
};

static int get_figure(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct output_seen *o = userdata;
	struct control_output_figures f = { 0 };
	uint64_t value = 0;

	(void) bus, (void) path, (void) interface, (void) error;
	(void) control_output_figures(o->d->control, o->view.name, &f);
	if (strcmp(property, "Bytes") == 0)
		value = f.bytes;
	else if (strcmp(property, "Frames") == 0)
		value = f.frames;
	else if (strcmp(property, "FramesDropped") == 0)
		value = f.dropped;
	else if (strcmp(property, "Mishaps") == 0)
		value = f.mishaps;
	else if (strcmp(property, "QueueUsec") == 0)
		value = f.queue_usec;
	else if (strcmp(property, "LatencyP99Usec") == 0)
		value = f.latency_p99_usec;
	return sd_bus_message_append(reply, "t", value);
}

static int get_backups(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct output_seen *o = userdata;
	char *urls[OUTPUT_URLS_MAX - 1];
	size_t n = control_output_backups(o->d->control, o->view.name, urls);
	int r = sd_bus_message_open_container(reply, 'a', "s");

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	for (size_t i = 0; i < n; i++) {
		if (r >= 0)
			r = sd_bus_message_append(reply, "s", urls[i]);
		free(urls[i]);
	}
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

#define TEXT(name, member, flags) \
	SD_BUS_PROPERTY(name, "s", bus_get_text, offsetof(struct output_seen, member), flags)
#define COUNT(name, member, flags) \
	SD_BUS_PROPERTY(name, "t", NULL, offsetof(struct output_seen, member), flags)
#define FIGURE(name) SD_BUS_PROPERTY(name, "t", get_figure, 0, 0)
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define CONST SD_BUS_VTABLE_PROPERTY_CONST

const sd_bus_vtable output_bus_vtable[] = {
	SD_BUS_VTABLE_START(0),
	TEXT("Name", view.name, CONST),
	TEXT("Url", view.url, CONST),
	TEXT("State", view.state, CHANGES),
	COUNT("StateSinceRealtime", since.realtime, CHANGES),
	TEXT("LastError", view.last_error, CHANGES),
	TEXT("Path", view.path, CHANGES),
	COUNT("Sessions", view.sessions, CHANGES),
	COUNT("Failures", view.failures, CHANGES),
	TEXT("UrlInUse", view.url_in_use, CHANGES),
	TEXT("UrlReason", view.url_reason, CHANGES),
	COUNT("Backup", view.backup, CHANGES),
	SD_BUS_PROPERTY("Backups", "as", get_backups, 0, 0),
	COUNT("Switches", view.switches, CHANGES),
	FIGURE("Bytes"),
	FIGURE("Frames"),
	FIGURE("FramesDropped"),
	FIGURE("Mishaps"),
	FIGURE("QueueUsec"),
	FIGURE("LatencyP99Usec"),
	SD_BUS_VTABLE_END,
};

/* ---- one output ---- */

static int attach(struct output_seen *o)
{
	return sd_bus_add_object_vtable(
		o->d->connection, &o->slot, o->path, OUTPUT_INTERFACE, output_bus_vtable, o);
}

static void seen_free(struct output_seen *o)
{
	sd_bus_slot_unref(o->slot);
	free(o->path);
	free(o);
}

static int seen_new(struct output_seen **ret, struct daemon_bus *d, const struct control_output *v)
{
	struct output_seen *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	o->d = d;
	o->view = *v;
	o->since = moment_at(o->since, v->since_usec);
	if (sd_bus_path_encode(OUTPUTS_PATH, v->name, &o->path) < 0 ||
		(d->connection && attach(o) < 0)) {
		seen_free(o);
		return -ENOMEM;
	}
	*ret = o;
	return 0;
}

static void come(struct daemon_bus *d, const struct control_output *v)
{
	struct output_seen *o;

	if (d->n_outputs == HUB_OUTPUTS_MAX || seen_new(&o, d, v) < 0)
		return; /* the next update tries again */
	o->there = true;
	d->outputs[d->n_outputs++] = o;
	if (bus_connection(d->bus))
		(void) sd_bus_emit_object_added(d->connection, o->path);
}

static void go(struct daemon_bus *d, size_t i)
{
	struct output_seen *o = d->outputs[i];

	if (bus_connection(d->bus))
		(void) sd_bus_emit_object_removed(d->connection, o->path);
	seen_free(o);
	d->n_outputs--;
	memmove(&d->outputs[i], &d->outputs[i + 1],
		(d->n_outputs - i) * sizeof(struct output_seen *));
}

static void follow(struct output_seen *o, const struct control_output *v)
{
	struct output_seen next = *o;

	next.view = *v;
	next.since = moment_at(o->since, v->since_usec);
	next.there = true;
	daemon_bus_tell(o->d, o->path, OUTPUT_INTERFACE, properties, o, &next, sizeof(next));
}

/* The one that is still the same: name and URL of an object never change. */
static struct output_seen *find(struct daemon_bus *d, const struct control_output *v)
{
	for (size_t i = 0; i < d->n_outputs; i++)
		if (strcmp(d->outputs[i]->view.name, v->name) == 0 &&
			strcmp(d->outputs[i]->view.url, v->url) == 0)
			return d->outputs[i];
	return NULL;
}

/* ---- all of them ---- */

void output_bus_update(struct daemon_bus *d)
{
	struct control_output now[HUB_OUTPUTS_MAX];
	size_t n = control_outputs(d->control, now), before = d->n_outputs;
	bool changed = false;

	for (size_t i = 0; i < before; i++)
		d->outputs[i]->there = false;
	for (size_t i = 0; i < n; i++) {
		struct output_seen *o = find(d, &now[i]);

		if (o)
			follow(o, &now[i]);
	}
	for (size_t i = before; i > 0; i--)
		if (!d->outputs[i - 1]->there) {
			go(d, i - 1);
			changed = true;
		}
	for (size_t i = 0; i < n; i++)
		if (!find(d, &now[i])) {
			come(d, &now[i]);
			changed = true;
		}
	if (changed && bus_connection(d->bus))
		(void) sd_bus_emit_properties_changed(
			d->connection, STREAMER_PATH, STREAMER_INTERFACE, "Outputs", NULL);
}

int output_bus_attach(struct daemon_bus *d)
{
	int r = 0;

	for (size_t i = 0; i < d->n_outputs && r >= 0; i++)
		r = attach(d->outputs[i]);
	return r;
}

void output_bus_detach(struct daemon_bus *d)
{
	for (size_t i = 0; i < d->n_outputs; i++)
		d->outputs[i]->slot = sd_bus_slot_unref(d->outputs[i]->slot);
}

void output_bus_free(struct daemon_bus *d)
{
	while (d->n_outputs > 0)
		seen_free(d->outputs[--d->n_outputs]);
}
