/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the interfaces of an instance share. */
#pragma once

#include "common/bus.h"
#include "streamer/daemon-bus.h"

#define DAEMON_BUS_NAME "org.egm.Streamer1"
#define STREAMER_PATH "/org/egm/Streamer1"
#define STREAMER_INTERFACE "org.egm.Streamer1"
#define RECOGNISER_PATH STREAMER_PATH "/recogniser"
#define RECOGNISER_INTERFACE "org.egm.Recogniser1"
#define OUTPUTS_PATH STREAMER_PATH "/outputs"
#define OUTPUT_INTERFACE "org.egm.Output1"

#define ACTION_CONTROL "org.egm.streamer1.control"
#define ACTION_TEACH "org.egm.streamer1.teach"
#define ACTION_RELOAD "org.egm.streamer1.reload"
#define ACTION_SNAPSHOT "org.egm.streamer1.snapshot"

/* A moment as it was first seen: the wall clock's time of it must not jitter. */
struct moment {
	uint64_t usec, realtime;
};

struct recogniser_seen {
	struct screen_view view;
	struct moment since;
};

struct output_seen {
	struct daemon_bus *d;
	struct control_output view;
	struct moment since;
	char *path;
	sd_bus_slot *slot; /* NULL: no connection */
	bool there;        /* for whoever looks which are gone */
};

struct daemon_bus {
	struct control *control;
	struct changes *changes;
	struct bus *bus;
	sd_bus *connection; /* that the objects are on; NULL: none */
	/* what was told last; the properties' values */
	struct control_view streamer;
	struct recogniser_seen recogniser;
	struct output_seen *outputs[HUB_OUTPUTS_MAX];
	size_t n_outputs;
	uint64_t dropped;
};

/* A property that is told when it changes. */
struct property {
	const char *name;
	size_t offset, size; /* in the struct that both sides are of */
};

#define PROPERTY(name, type, member)                                          \
	{                                                                     \
		name, offsetof(type, member), sizeof(((type *) NULL)->member) \
	}

/* Takes next into now, and tells of those that differ; properties end with a NULL name. */
void daemon_bus_tell(struct daemon_bus *d, const char *path, const char *interface,
	const struct property *properties, void *now, const void *next, size_t size);

/* The moment of this monotonic time: the one before when it is the same. */
struct moment moment_at(struct moment before, uint64_t usec);

/* Getters of a member at userdata: a text; a bool; uint32_t[2] as a struct. */
int bus_get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error);
int bus_get_bool(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error);
int bus_get_size(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error);

/* What a method returns for a negative errno with a fault. */
int bus_fault(sd_bus_error *error, int r, const struct fault *f);

/* Answers a method that has done what it should, after telling what has changed by that. */
int bus_done(struct daemon_bus *d, sd_bus_message *m);

/* Something asked for that a job does; first in a struct of its own. The job sets result and
 * fault. */
struct request {
	struct daemon_bus *d;
	sd_bus_message *m; /* NULL: answered */
	struct fault fault;
	int result;
	/* Answers when the result is good. */
	int (*answer)(struct request *q, sd_bus_message *m);
	void (*free)(struct request *q);
};

/* Makes on_METHOD(), which has do_METHOD() done only for those who may. */
#define GUARDED(method, action)                                                        \
	static int on_##method(sd_bus_message *m, void *userdata, sd_bus_error *error) \
	{                                                                              \
		struct daemon_bus *d = userdata;                                       \
                                                                                       \
		return bus_check(d->bus, m, action, do_##method, d, error);            \
	}

/* Takes over q, whose three functions and d are set; run gets it. What a method returns. */
int request_start(struct request *q, enum job_kind kind,
	void (*run)(void *userdata, struct stage *stage), sd_bus_message *m, sd_bus_error *error);

extern const sd_bus_vtable streamer_bus_vtable[];   /* userdata: struct daemon_bus */
extern const sd_bus_vtable recogniser_bus_vtable[]; /* likewise */
extern const sd_bus_vtable output_bus_vtable[];     /* struct output_seen */

/* Compare with what is now, and tell. Also without a connection. */
void streamer_bus_update(struct daemon_bus *d);
void recogniser_bus_update(struct daemon_bus *d);
void output_bus_update(struct daemon_bus *d);

/* Puts the outputs on a new connection; takes them off one. */
int output_bus_attach(struct daemon_bus *d);
void output_bus_detach(struct daemon_bus *d);
void output_bus_free(struct daemon_bus *d);
