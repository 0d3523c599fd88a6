/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card on D-Bus that has no picture: what org.egm.Streamer1(5) says, with answers that tests
 * know. Each call that changes something is a line on standard output, with the length of a URL in
 * the place of the URL.
 *
 *     egm-bus-card [--deny] [--silent] [--blind] [--role=ROLE] CARD
 *     egm-bus-card --systemd     systemd1 and timedate1 instead, as far as egmctl asks them
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "common/cleanup.h"

#define PATH "/org/egm/Streamer1"
#define SINCE UINT64_C(1700000000000000)

struct card {
	sd_bus *bus;
	const char *name, *role, *state, *screen;
	uint64_t bitrate;
	bool deny, silent, blind;
};

static int get_string(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	static const char *const values[][2] = {
		{ "Version", "9.9" },
		{ "Machine", "egm-101" },
		{ "InputDevice", "/dev/video7" },
		{ "InputFormat", "yuyv" },
		{ "SoundDevice", "hw:3,0" },
		{ "Mode", "better" },
	};
	struct card *c = userdata;
	const char *value = "";

	(void) bus;
	(void) path;
	(void) error;
	if (strcmp(property, "Card") == 0)
		value = c->name;
	if (strcmp(property, "Role") == 0)
		value = c->role;
	if (strcmp(property, "State") == 0)
		value = strstr(interface, "Recogniser") ? c->screen : c->state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (strcmp(property, values[i][0]) == 0)
			value = values[i][1];
	if (c->blind && strcmp(property, "Mode") == 0)
		value = "";
	return sd_bus_message_append(reply, "s", value);
}

static int get_number(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct card *c = userdata;

	(void) bus;
	(void) interface;
	(void) error;
	if (strcmp(property, "TargetBitrate") == 0)
		return sd_bus_message_append(reply, "t", c->bitrate);
	if (strcmp(property, "Bitrate") == 0)
		return sd_bus_message_append(reply, "t", UINT64_C(2980000));
	if (strcmp(property, "Backup") == 0)
		return sd_bus_message_append(
			reply, "t", UINT64_C(0) + (strstr(path, "main") != NULL));
	if (strstr(property, "Realtime"))
		return sd_bus_message_append(reply, "t", SINCE);
	return sd_bus_message_append(reply, "t", UINT64_C(4242));
}

static int get_real(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus;
	(void) path;
	(void) interface;
	(void) userdata;
	(void) error;
	return sd_bus_message_append(reply, "d", strcmp(property, "SoundDriftPpm") ? 30.0 : -12.5);
}

static int get_bool(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus;
	(void) path;
	(void) interface;
	(void) property;
	(void) userdata;
	(void) error;
	return sd_bus_message_append(reply, "b", 1);
}

static int get_size(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus;
	(void) path;
	(void) interface;
	(void) property;
	(void) userdata;
	(void) error;
	return sd_bus_message_append(reply, "(uu)", 1280, 720);
}

static int get_small(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus;
	(void) path;
	(void) interface;
	(void) userdata;
	(void) error;
	return sd_bus_message_append(reply, "u", strcmp(property, "References") == 0 ? 6 : 1);
}

static int get_list(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus;
	(void) path;
	(void) interface;
	(void) userdata;
	(void) error;
	if (strcmp(property, "Outputs") == 0)
		return sd_bus_message_append(
			reply, "ao", 2, PATH "/outputs/main", PATH "/outputs/disk");
	if (strcmp(property, "Numbers") == 0)
		return sd_bus_message_append(reply, "a{ss}", 1, "CREDIT", "001234");
	return sd_bus_message_append(reply, "as", 2, "PLAYING", "SELECT");
}

/* The output "main" runs; "disk" has a name for an error that plays tricks on terminals. */
static int get_output(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	bool main = strstr(path, "main") != NULL;
	const char *value = "";

	(void) bus;
	(void) interface;
	(void) userdata;
	(void) error;
	if (strcmp(property, "Name") == 0)
		value = main ? "main" : "disk";
	else if (strcmp(property, "Url") == 0 || (strcmp(property, "UrlInUse") == 0 && !main))
		value = main ? "rtmp://127.0.0.1:1/live/***" : "/srv/x.ts";
	else if (strcmp(property, "UrlInUse") == 0)
		value = "rtmp://127.0.0.2:1/live/***";
	else if (strcmp(property, "UrlReason") == 0 && main)
		value = "primary URL: no answer within 3 s";
	else if (strcmp(property, "State") == 0)
		value = main ? "running" : "waiting";
	else if (strcmp(property, "LastError") == 0 && !main)
		value = "disk \033[31mfull\n\xe2\x80\xae";
	return sd_bus_message_append(reply, "s", value);
}

static int get_backups(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void) bus;
	(void) interface;
	(void) property;
	(void) userdata;
	(void) error;
	if (!strstr(path, "main"))
		return sd_bus_message_append(reply, "as", 0);
	return sd_bus_message_append(
		reply, "as", 2, "rtmp://127.0.0.2:1/live/***", "rtmp://127.0.0.1:1/other/***");
}

static int refuse(struct card *c, sd_bus_error *error)
{
	if (!c->deny)
		return 0;
	return sd_bus_error_set(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
		"Interactive authentication required.");
}

static void note(const char *member, const char *words)
{
	printf("%s%s%s\n", member, *words ? " " : "", words);
	fflush(stdout);
}

static int on_state(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct card *c = userdata;
	int r = refuse(c, error);

	if (r < 0)
		return r;
	note(sd_bus_message_get_member(m), "");
	c->state = strcmp(sd_bus_message_get_member(m), "Stop") == 0 ? "stopped" : "running";
	sd_bus_emit_properties_changed(c->bus, PATH, "org.egm.Streamer1", "State", NULL);
	return sd_bus_reply_method_return(m, "");
}

static int on_add(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *url;
	char words[128];
	int r = refuse(userdata, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "ss", &name, &url);
	if (r < 0)
		return r;
	if (strcmp(name, "main") == 0)
		return sd_bus_error_set(
			error, "org.egm.Error.OutputExists", "there is an output main");
	snprintf(words, sizeof(words), "%s %zu %s", name, strlen(url),
		sd_bus_message_get_allow_interactive_authorization(m) > 0 ? "interactive" : "");
	note(sd_bus_message_get_member(m), words);
	return sd_bus_reply_method_return(m, "o", PATH "/outputs/new");
}

static int on_string(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r = refuse(userdata, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "s", &name);
	if (r < 0)
		return r;
	note(sd_bus_message_get_member(m), name);
	return sd_bus_reply_method_return(m, "");
}

static int on_bitrate(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct card *c = userdata;
	char words[32];
	int r = refuse(c, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "t", &c->bitrate);
	if (r < 0)
		return r;
	snprintf(words, sizeof(words), "%" PRIu64, c->bitrate);
	note("SetBitrate", words);
	return sd_bus_reply_method_return(m, "");
}

/* No JPEG, but as long as one, and no pipe could hold it. */
static int on_snapshot(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	char line[64], quality[16];
	uint32_t q;
	int fd, r = refuse(userdata, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "hu", &fd, &q);
	if (r < 0)
		return r;
	memset(line, 'x', sizeof(line));
	for (int i = 0; i < 4096; i++)
		if (write(fd, line, sizeof(line)) != sizeof(line))
			return -EIO;
	snprintf(quality, sizeof(quality), "%" PRIu32, q);
	note("Snapshot", quality);
	return sd_bus_reply_method_return(m, "uut", 1280, 720, SINCE);
}

static int on_status(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void) userdata;
	(void) error;
	return sd_bus_reply_method_return(m, "s", "{}");
}

static int on_explain(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void) userdata;
	(void) error;
	return sd_bus_reply_method_return(m, "s",
		"{\"state\": \"PLAYING\", \"raw\": \"UNKNOWN\", \"reason\": \"low-quality\", "
		"\"margin\": 0.25, \"states\": {\"PLAYING\": {\"score\": 0.75, \"matched\": true, "
		"\"rois\": [{\"name\": \"banner\", \"score\": 0.75, \"matched\": true, "
		"\"reference\": 2}]}}, \"numbers\": {\"CREDIT\": {\"text\": \"001234\", "
		"\"confidence\": 0.9}}}");
}

static int on_references(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *state;
	int r = sd_bus_message_read(m, "s", &state);

	(void) userdata;
	if (r < 0)
		return r;
	if (strcmp(state, "NOWHERE") == 0)
		return sd_bus_error_set(error, "org.egm.Error.NoSuchState", "no state NOWHERE");
	return sd_bus_reply_method_return(
		m, "a(sstt)", 1, *state ? state : "SELECT", "ref_0.jpg", UINT64_C(2048), SINCE);
}

static int on_learn(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct card *c = userdata;
	static char screen[64];
	const char *state;
	int r = refuse(c, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "s", &state);
	if (r < 0)
		return r;
	note("Learn", state);
	snprintf(screen, sizeof(screen), "%s", state);
	c->screen = screen;
	sd_bus_emit_properties_changed(
		c->bus, PATH "/recogniser", "org.egm.Recogniser1", "State", NULL);
	return sd_bus_reply_method_return(m, "s", "ref_9.jpg");
}

static int on_delete(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *state, *file;
	char words[256];
	int r = refuse(userdata, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "ss", &state, &file);
	if (r < 0)
		return r;
	snprintf(words, sizeof(words), "%s %s", state, file);
	note("DeleteReference", words);
	return sd_bus_reply_method_return(m, "");
}

static int on_tell(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *text;
	char words[256];
	int r = refuse(userdata, error);

	if (r < 0)
		return r;
	r = sd_bus_message_read(m, "ss", &name, &text);
	if (r < 0)
		return r;
	if (strcmp(name, "NONE") == 0)
		return sd_bus_error_set(error, "org.egm.Error.NoSuchNumber", "no number NONE");
	snprintf(words, sizeof(words), "%s %s", name, text);
	note("TellNumber", words);
	return sd_bus_reply_method_return(m, "s", "next-picture");
}

#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define OPEN SD_BUS_VTABLE_UNPRIVILEGED

static const sd_bus_vtable streamer[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Card", "s", get_string, 0, CONST),
	SD_BUS_PROPERTY("Version", "s", get_string, 0, CONST),
	SD_BUS_PROPERTY("SinceRealtime", "t", get_number, 0, CONST),
	SD_BUS_PROPERTY("Machine", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Role", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Problem", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("State", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("InputLive", "b", get_bool, 0, CHANGES),
	SD_BUS_PROPERTY("InputReason", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("InputDevice", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("InputFormat", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("InputSize", "(uu)", get_size, 0, CHANGES),
	SD_BUS_PROPERTY("InputRate", "d", get_real, 0, CHANGES),
	SD_BUS_PROPERTY("Signal", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Picture", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Rate", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("SoundLive", "b", get_bool, 0, CHANGES),
	SD_BUS_PROPERTY("SoundReason", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("SoundDevice", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Encoder", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("EncoderReason", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("EncoderSize", "(uu)", get_size, 0, CHANGES),
	SD_BUS_PROPERTY("EncoderRate", "d", get_real, 0, CHANGES),
	SD_BUS_PROPERTY("TargetBitrate", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Outputs", "ao", get_list, 0, CHANGES),
	SD_BUS_PROPERTY("FrameRate", "d", get_real, 0, 0),
	SD_BUS_PROPERTY("Bitrate", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("Frames", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("FramesDropped", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("SoundDriftPpm", "d", get_real, 0, 0),
	SD_BUS_PROPERTY("RateMeasured", "d", get_real, 0, 0),
	SD_BUS_METHOD("GetStatus", "", "s", on_status, OPEN),
	SD_BUS_METHOD("Start", "", "", on_state, OPEN),
	SD_BUS_METHOD("Stop", "", "", on_state, OPEN),
	SD_BUS_METHOD("Restart", "", "", on_state, OPEN),
	SD_BUS_METHOD("Reload", "", "", on_state, OPEN),
	SD_BUS_METHOD("AddOutput", "ss", "o", on_add, OPEN),
	SD_BUS_METHOD("AddPrimaryOutput", "ss", "o", on_add, OPEN),
	SD_BUS_METHOD("RemoveOutput", "s", "", on_string, OPEN),
	SD_BUS_METHOD("SetBitrate", "t", "", on_bitrate, OPEN),
	SD_BUS_METHOD("Snapshot", "hu", "uut", on_snapshot, OPEN),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable recogniser[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Mode", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("State", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("Reason", "s", get_string, 0, CHANGES),
	SD_BUS_PROPERTY("StateSinceRealtime", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("States", "as", get_list, 0, CHANGES),
	SD_BUS_PROPERTY("Numbers", "a{ss}", get_list, 0, CHANGES),
	SD_BUS_PROPERTY("References", "u", get_small, 0, CHANGES),
	SD_BUS_PROPERTY("ReferencesSkipped", "u", get_small, 0, CHANGES),
	SD_BUS_PROPERTY("Decisions", "t", get_number, 0, 0),
	SD_BUS_METHOD("Explain", "", "s", on_explain, OPEN),
	SD_BUS_METHOD("ListReferences", "s", "a(sstt)", on_references, OPEN),
	SD_BUS_METHOD("Learn", "s", "s", on_learn, OPEN),
	SD_BUS_METHOD("DeleteReference", "ss", "", on_delete, OPEN),
	SD_BUS_METHOD("TellNumber", "ss", "s", on_tell, OPEN),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable output[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Name", "s", get_output, 0, CONST),
	SD_BUS_PROPERTY("Url", "s", get_output, 0, CONST),
	SD_BUS_PROPERTY("State", "s", get_output, 0, CHANGES),
	SD_BUS_PROPERTY("StateSinceRealtime", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("LastError", "s", get_output, 0, CHANGES),
	SD_BUS_PROPERTY("Path", "s", get_output, 0, CHANGES),
	SD_BUS_PROPERTY("Sessions", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Failures", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("UrlInUse", "s", get_output, 0, CHANGES),
	SD_BUS_PROPERTY("UrlReason", "s", get_output, 0, CHANGES),
	SD_BUS_PROPERTY("Backup", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Backups", "as", get_backups, 0, 0),
	SD_BUS_PROPERTY("Switches", "t", get_number, 0, CHANGES),
	SD_BUS_PROPERTY("Bytes", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("Frames", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("FramesDropped", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("Mishaps", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("QueueUsec", "t", get_number, 0, 0),
	SD_BUS_PROPERTY("LatencyP99Usec", "t", get_number, 0, 0),
	SD_BUS_VTABLE_END,
};

static int on_units(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void) userdata;
	(void) error;
	return sd_bus_reply_method_return(m, "a(ssssssouso)", 2, "egm-streamer@cam.service", "",
		"loaded", "active", "running", "", "/a", 0, "", "/", "egm-streamer@sick.service",
		"", "loaded", "failed", "failed", "", "/b", 0, "", "/");
}

static const sd_bus_vtable systemd[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("ListUnitsByPatterns", "asas", "a(ssssssouso)", on_units, OPEN),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable timedate[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("NTPSynchronized", "b", get_bool, 0, 0),
	SD_BUS_VTABLE_END,
};

static int serve_card(struct card *c)
{
	char name[128];
	int r = sd_bus_add_object_vtable(c->bus, NULL, PATH, "org.egm.Streamer1", streamer, c);

	if (r >= 0)
		r = sd_bus_add_object_manager(c->bus, NULL, PATH);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			c->bus, NULL, PATH "/recogniser", "org.egm.Recogniser1", recogniser, c);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			c->bus, NULL, PATH "/outputs/main", "org.egm.Output1", output, c);
	if (r >= 0)
		r = sd_bus_add_object_vtable(
			c->bus, NULL, PATH "/outputs/disk", "org.egm.Output1", output, c);
	snprintf(name, sizeof(name), "org.egm.Streamer1.%s", c->name);
	return r < 0 ? r : sd_bus_request_name(c->bus, name, 0);
}

static int serve_systemd(sd_bus *bus)
{
	int r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/systemd1",
		"org.freedesktop.systemd1.Manager", systemd, NULL);

	if (r >= 0)
		r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/timedate1",
			"org.freedesktop.timedate1", timedate, NULL);
	if (r >= 0)
		r = sd_bus_request_name(bus, "org.freedesktop.systemd1", 0);
	return r < 0 ? r : sd_bus_request_name(bus, "org.freedesktop.timedate1", 0);
}

int main(int argc, char **argv)
{
	struct card c = {
		.role = "game", .state = "running", .screen = "PLAYING", .bitrate = 3000000
	};
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	bool whole = false;
	int r = sd_bus_open_system(&bus);

	for (int i = 1; i < argc; i++) {
		c.deny |= strcmp(argv[i], "--deny") == 0;
		c.blind |= strcmp(argv[i], "--blind") == 0;
		if (strncmp(argv[i], "--role=", 7) == 0)
			c.role = argv[i] + 7;
		c.silent |= strcmp(argv[i], "--silent") == 0;
		whole |= strcmp(argv[i], "--systemd") == 0;
		if (argv[i][0] != '-')
			c.name = argv[i];
	}
	c.bus = bus;
	if (r >= 0)
		r = whole ? serve_systemd(bus) : c.name ? serve_card(&c) : -EINVAL;
	if (r >= 0)
		note("ready", "");
	while (r >= 0 && c.silent)
		pause();
	while (r >= 0) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	fprintf(stderr, "egm-bus-card: %s\n", strerror(-r));
	return 1;
}
