/* SPDX-License-Identifier: GPL-2.0-or-later */
/* egmctl status: the overview, and all about single cards. */
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/overview.h"

static void print_output(const json_t *o)
{
	char bytes[32], since[32];

	show_field(show_string(o, "Name"), "%s since %s, %s", show_string(o, "State"),
		show_time(show_number(o, "StateSinceRealtime"), since), show_string(o, "Url"));
	show_field("", "%s sent, %" PRIu64 " pictures, %" PRIu64 " dropped, %.1f ms behind (p99)",
		show_bytes(show_number(o, "Bytes"), bytes), show_number(o, "Frames"),
		show_number(o, "FramesDropped"), (double) show_number(o, "LatencyP99Usec") / 1000);
	if (strcmp(show_string(o, "UrlInUse"), show_string(o, "Url")) != 0)
		show_field("", "by its backup %s", show_string(o, "UrlInUse"));
	if (*show_string(o, "UrlReason"))
		show_field("", "since: %s", show_string(o, "UrlReason"));
	if (*show_string(o, "Path"))
		show_field("", "into %s", show_string(o, "Path"));
	if (*show_string(o, "LastError"))
		show_field("", "last error: %s", show_string(o, "LastError"));
}

static void print_screen(const json_t *r)
{
	const json_t *numbers = json_object_get(r, "Numbers"), *value;
	const char *name, *reason = show_string(r, "Reason");
	char since[32];

	if (!*show_string(r, "Mode")) {
		show_field("Screen", "is not recognised: there are no states in the settings");
		return;
	}
	show_field("Screen", "%s%s%s since %s", show_string(r, "State"), *reason ? ", " : "",
		reason, show_time(show_number(r, "StateSinceRealtime"), since));
	json_object_foreach((json_t *) numbers, name, value)
	{
		show_field("", "%s %s", name, json_string_value(value));
	}
	show_field("", "%" PRIu64 " references in use, %" PRIu64 " not; %" PRIu64 " decisions",
		show_number(r, "References"), show_number(r, "ReferencesSkipped"),
		show_number(r, "Decisions"));
}

/* Of services that tell them. */
static void print_facts(const json_t *card)
{
	if (!*show_string(card, "Picture"))
		return;
	show_field("Facts", "signal %s; picture %s; rate %s, %.2f pictures/s arrive",
		show_string(card, "Signal"), show_string(card, "Picture"),
		show_string(card, "Rate"), show_real(card, "RateMeasured"));
}

static void print_sound(const json_t *card)
{
	const char *reason = show_string(card, "SoundReason");

	if (show_true(card, "SoundLive"))
		show_field("Sound", "live, %s, %.1f ppm off", show_string(card, "SoundDevice"),
			show_real(card, "SoundDriftPpm"));
	else
		show_field("Sound", "%s", *reason ? reason : "none");
}

static void print_encoder(const json_t *card)
{
	const json_t *size = json_object_get(card, "EncoderSize");
	const char *name = show_string(card, "Encoder");
	char now[32], target[32];

	if (json_integer_value(json_array_get(size, 0)) == 0) {
		show_field("Encoder", "asleep");
		return;
	}
	show_field("Encoder", "%s%s%" PRId64 "x%" PRId64 ", %.1f pictures/s, %s of %s", name,
		*name ? ", " : "", (int64_t) json_integer_value(json_array_get(size, 0)),
		(int64_t) json_integer_value(json_array_get(size, 1)), show_real(card, "FrameRate"),
		show_bitrate(show_number(card, "Bitrate"), now),
		show_bitrate(show_number(card, "TargetBitrate"), target));
	if (*show_string(card, "BitrateOutput"))
		show_field("Bitrate", "lowered for output %s; %s without it",
			show_string(card, "BitrateOutput"),
			show_bitrate(show_number(card, "CeilingBitrate"), target));
}

static void print_details(const json_t *card)
{
	char text[256], since[32];
	const json_t *o;
	size_t i;

	show_field("Card", "%s", show_string(card, "Card"));
	if (!*show_string(card, "State")) {
		const char *unit = show_string(card, "Unit"), *error = show_string(card, "Error");

		show_field("State", "%s", *error ? error : *unit ? unit : "not running");
		return;
	}
	show_field("Machine", "%s, %s", show_string(card, "Machine"), show_string(card, "Role"));
	show_field("State", "%s; egm-streamer %s, since %s", show_string(card, "State"),
		show_string(card, "Version"), show_time(show_number(card, "SinceRealtime"), since));
	if (*show_string(card, "Problem"))
		show_field("Problem", "%s", show_string(card, "Problem"));
	show_field("Input", "%s", overview_input(card, text, sizeof(text)));
	if (*show_string(card, "InputDevice"))
		show_field("", "%s, %.2f pictures/s; %" PRIu64 " taken, %" PRIu64 " dropped",
			show_string(card, "InputDevice"), show_real(card, "InputRate"),
			show_number(card, "Frames"), show_number(card, "FramesDropped"));
	print_facts(card);
	print_sound(card);
	print_encoder(card);
	print_screen(json_object_get(card, "Recogniser"));
	show_field("Outputs", "%zu", json_array_size(json_object_get(card, "Outputs")));
	json_array_foreach(json_object_get(card, "Outputs"), i, o)
	{
		print_output(o);
	}
}

static size_t terminal_width(void)
{
	struct winsize w;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

static int print(const struct command *c, const json_t *list)
{
	const char *gap = "";
	const json_t *card;
	size_t i;

	if (c->n == 0) {
		if (json_array_size(list) == 0)
			printf("No cards. 'egmctl cards' tells what is plugged in.\n");
		else
			return overview_print(list, stdout, terminal_width());
		return 0;
	}
	json_array_foreach(list, i, card)
	{
		fputs(gap, stdout);
		print_details(card);
		gap = "\n";
	}
	return 0;
}

int command_status(const struct command *c)
{
	return overview_show(c, print, json_incref);
}
