/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.egm.Streamer1: the instance as a whole. */
#include <fcntl.h>
#include <string.h>

#include "streamer/daemon-bus-private.h"
#include "streamer/peer-file.h"
#include "streamer/snapshot.h"

#define VIEW(name, member) PROPERTY(name, struct control_view, member)

static const struct property properties[] = {
	VIEW("Machine", machine),
	VIEW("Role", role),
	VIEW("Problem", problem),
	VIEW("State", state),
	VIEW("InputLive", input_live),
	VIEW("InputReason", input_reason),
	VIEW("InputDevice", input_device),
	VIEW("InputFormat", input_format),
	VIEW("InputSize", input_size),
	VIEW("InputRate", input_rate),
	VIEW("Signal", signal),
	VIEW("Picture", picture),
	VIEW("Rate", rate),
	VIEW("SoundLive", sound_live),
	VIEW("SoundReason", sound_reason),
	VIEW("SoundDevice", sound_device),
	VIEW("Encoder", encoder),
	VIEW("EncoderReason", encoder_reason),
	VIEW("EncoderSize", encoder_size),
	VIEW("EncoderRate", encoder_rate),
	VIEW("TargetBitrate", target_bitrate),
	VIEW("CeilingBitrate", ceiling_bitrate),
	VIEW("BitrateState", bitrate_state),
	VIEW("BitrateOutput", bitrate_output),
	{ .name = NULL },
};

/* ---- properties ---- */

static int get_const(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;

	(void) bus, (void) path, (void) interface, (void) error;
	if (strcmp(property, "Card") == 0)
		return sd_bus_message_append(reply, "s", d->control->card);
	if (strcmp(property, "Version") == 0)
		return sd_bus_message_append(reply, "s", PACKAGE_VERSION);
	return sd_bus_message_append(reply, "t", status_since(d->control->status));
}

static int get_outputs(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	int r = sd_bus_message_open_container(reply, 'a', "o");

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	for (size_t i = 0; i < d->n_outputs && r >= 0; i++)
		r = sd_bus_message_append(reply, "o", d->outputs[i]->path);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_figure(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	struct control_figures f;

	(void) bus, (void) path, (void) interface, (void) error;
	control_figures(d->control, &f);
	if (strcmp(property, "FrameRate") == 0)
		return sd_bus_message_append(reply, "d", f.frame_rate);
	if (strcmp(property, "SoundDriftPpm") == 0)
		return sd_bus_message_append(reply, "d", f.drift_ppm);
	if (strcmp(property, "RateMeasured") == 0)
		return sd_bus_message_append(reply, "d", f.rate_measured);
	if (strcmp(property, "Bitrate") == 0)
		return sd_bus_message_append(reply, "t", f.bitrate);
	return sd_bus_message_append(
		reply, "t", strcmp(property, "Frames") == 0 ? f.frames : f.dropped);
}

void streamer_bus_update(struct daemon_bus *d)
{
	struct control_view next;

	control_view(d->control, &next);
	daemon_bus_tell(d, STREAMER_PATH, STREAMER_INTERFACE, properties, &d->streamer, &next,
		sizeof(next));
}

/* ---- methods ---- */

static int on_get_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	_cleanup_(freep) char *json = control_status(d->control, false);

	(void) error;
	return json ? sd_bus_reply_method_return(m, "s", json) : -ENOMEM;
}

static int do_start(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;

	(void) error;
	control_start(d->control);
	return bus_done(d, m);
}

static int do_stop(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;

	(void) error;
	control_stop(d->control);
	return bus_done(d, m);
}

static int do_restart(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;

	(void) error;
	control_restart(d->control);
	return bus_done(d, m);
}

static int do_reload(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;
	struct fault f = { .kind = FAULT_NONE };
	int r = control_reload(d->control, &f);

	daemon_bus_update(d);
	return r < 0 ? bus_fault(error, r, &f) : sd_bus_reply_method_return(m, NULL);
}

static int do_add_output(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;
	struct fault f = { .kind = FAULT_NONE };
	_cleanup_(freep) char *path = NULL;
	const char *name, *url;
	bool primary = strcmp(sd_bus_message_get_member(m), "AddPrimaryOutput") == 0;
	int r = sd_bus_message_read(m, "ss", &name, &url);

	if (r < 0)
		return r;
	r = control_add_output(d->control, name, url, primary, &f);
	if (r < 0)
		return bus_fault(error, r, &f);
	daemon_bus_update(d);
	r = sd_bus_path_encode(OUTPUTS_PATH, name, &path);
	return r < 0 ? r : sd_bus_reply_method_return(m, "o", path);
}

static int do_remove_output(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;
	struct fault f = { .kind = FAULT_NONE };
	const char *name;
	int r = sd_bus_message_read(m, "s", &name);

	if (r < 0)
		return r;
	r = control_remove_output(d->control, name, &f);
	return r < 0 ? bus_fault(error, r, &f) : bus_done(d, m);
}

static int do_set_bitrate(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;
	struct fault f = { .kind = FAULT_NONE };
	uint64_t bitrate;
	int r = sd_bus_message_read(m, "t", &bitrate);

	if (r < 0)
		return r;
	r = control_set_bitrate(d->control, bitrate, &f);
	return r < 0 ? bus_fault(error, r, &f) : bus_done(d, m);
}

/* ---- snapshot ---- */

struct snapshot_request {
	struct request q;
	int fd;
	int quality;
	struct snapshot shot;
};

static void snapshot_free(struct request *q)
{
	struct snapshot_request *s = (struct snapshot_request *) q;

	closep(&s->fd);
	free(s);
}

static void snapshot_run(void *userdata, struct stage *stage)
{
	struct snapshot_request *s = userdata;

	s->q.result = snapshot_write(pipeline_stills(s->q.d->control->pipeline), stage, s->fd,
		s->quality, &s->shot, &s->q.fault);
	/* A reader knows the end by it, and closing may take its time as well. */
	closep(&s->fd);
	s->fd = -1;
}

static int snapshot_answer(struct request *q, sd_bus_message *m)
{
	const struct snapshot_request *s = (const struct snapshot_request *) q;

	return sd_bus_reply_method_return(m, "uut", (uint32_t) s->shot.width,
		(uint32_t) s->shot.height, s->shot.capture_realtime);
}

static int do_snapshot(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct snapshot_request *s;
	uint32_t quality;
	int fd, r = sd_bus_message_read(m, "hu", &fd, &quality);

	if (r < 0)
		return r;
	if (quality < 1 || quality > SNAPSHOT_QUALITY_MAX)
		return sd_bus_error_setf(error, fault_name(FAULT_BAD_QUALITY),
			"The quality must be 1 to %d.", SNAPSHOT_QUALITY_MAX);
	if (peer_file_check(fd) < 0)
		return sd_bus_error_set(
			error, SD_BUS_ERROR_INVALID_ARGS, "The file must be open for writing.");
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->q = (struct request){ .d = userdata, .answer = snapshot_answer, .free = snapshot_free };
	s->quality = (int) quality;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (s->fd < 0) {
		snapshot_free(&s->q);
		return -EMFILE;
	}
	return request_start(&s->q, JOB_PICTURE, snapshot_run, m, error);
}

/* ---- who may ---- */

GUARDED(start, ACTION_CONTROL)
GUARDED(stop, ACTION_CONTROL)
GUARDED(restart, ACTION_CONTROL)
GUARDED(reload, ACTION_RELOAD)
GUARDED(add_output, ACTION_CONTROL)
GUARDED(remove_output, ACTION_CONTROL)
GUARDED(set_bitrate, ACTION_CONTROL)
GUARDED(snapshot, ACTION_SNAPSHOT)

#define AT(member) offsetof(struct daemon_bus, streamer.member)
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define TEXT(name, member) SD_BUS_PROPERTY(name, "s", bus_get_text, AT(member), CHANGES)
#define BOOL(name, member) SD_BUS_PROPERTY(name, "b", bus_get_bool, AT(member), CHANGES)
#define SIZE(name, member) SD_BUS_PROPERTY(name, "(uu)", bus_get_size, AT(member), CHANGES)
#define PLAIN(name, type, member) SD_BUS_PROPERTY(name, type, NULL, AT(member), CHANGES)
#define FIGURE(name, type) SD_BUS_PROPERTY(name, type, get_figure, 0, 0)
#define METHOD SD_BUS_METHOD_WITH_ARGS
#define IN SD_BUS_ARGS
#define OUT SD_BUS_RESULT
#define OPEN SD_BUS_VTABLE_UNPRIVILEGED /* bus_check() says who may */

const sd_bus_vtable streamer_bus_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Card", "s", get_const, 0, CONST),
	SD_BUS_PROPERTY("Version", "s", get_const, 0, CONST),
	SD_BUS_PROPERTY("SinceRealtime", "t", get_const, 0, CONST),
	TEXT("Machine", machine),
	TEXT("Role", role),
	TEXT("Problem", problem),
	TEXT("State", state),
	BOOL("InputLive", input_live),
	TEXT("InputReason", input_reason),
	TEXT("InputDevice", input_device),
	TEXT("InputFormat", input_format),
	SIZE("InputSize", input_size),
	PLAIN("InputRate", "d", input_rate),
	TEXT("Signal", signal),
	TEXT("Picture", picture),
	TEXT("Rate", rate),
	BOOL("SoundLive", sound_live),
	TEXT("SoundReason", sound_reason),
	TEXT("SoundDevice", sound_device),
	TEXT("Encoder", encoder),
	TEXT("EncoderReason", encoder_reason),
	SIZE("EncoderSize", encoder_size),
	PLAIN("EncoderRate", "d", encoder_rate),
	PLAIN("TargetBitrate", "t", target_bitrate),
	PLAIN("CeilingBitrate", "t", ceiling_bitrate),
	TEXT("BitrateState", bitrate_state),
	TEXT("BitrateOutput", bitrate_output),
	SD_BUS_PROPERTY("Outputs", "ao", get_outputs, 0, CHANGES),
	FIGURE("FrameRate", "d"),
	FIGURE("Bitrate", "t"),
	FIGURE("Frames", "t"),
	FIGURE("FramesDropped", "t"),
	FIGURE("SoundDriftPpm", "d"),
	FIGURE("RateMeasured", "d"),
	METHOD("GetStatus", SD_BUS_NO_ARGS, OUT("s", json), on_get_status, OPEN),
	METHOD("Start", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_start, OPEN),
	METHOD("Stop", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_stop, OPEN),
	METHOD("Restart", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_restart, OPEN),
	METHOD("Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_reload, OPEN),
	METHOD("AddOutput", IN("s", name, "s", url), OUT("o", output), on_add_output, OPEN),
	METHOD("AddPrimaryOutput", IN("s", name, "s", url), OUT("o", output), on_add_output, OPEN),
	METHOD("RemoveOutput", IN("s", name), SD_BUS_NO_RESULT, on_remove_output, OPEN),
	METHOD("SetBitrate", IN("t", bitrate), SD_BUS_NO_RESULT, on_set_bitrate, OPEN),
	METHOD("Snapshot", IN("h", file, "u", quality),
		OUT("u", width, "u", height, "t", capture_realtime), on_snapshot, OPEN),
	SD_BUS_SIGNAL_WITH_ARGS("SignalChanged", SD_BUS_ARGS("b", live, "s", reason), 0),
	SD_BUS_SIGNAL_WITH_ARGS("OutputChanged", SD_BUS_ARGS("s", name, "s", state, "s", error), 0),
	SD_BUS_VTABLE_END,
};
