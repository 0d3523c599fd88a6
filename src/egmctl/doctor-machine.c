/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is plugged in, and what the machine has to offer. */
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/run.h"
#include "common/usec.h"
#include "egmctl/doctor.h"
#include "egmctl/show.h"

#define HIGH_SPEED_MBIT 480
#define ENCODER_USEC (30 * USEC_PER_SEC)
#define GROUPS_MAX 64

void doctor_devices(struct doctor *d, const struct nodes *nodes)
{
	size_t cards = 0;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *n = &nodes->list[i];
		const char *why = nodes_why_not(n);

		if (!why) {
			cards++;
			doctor_add(d, DOCTOR_OK, "card", n->name, "", "",
				"%s, %s, driver %s, sound %s", n->node, n->model,
				*n->driver ? n->driver : "-", *n->sound ? n->sound : "none");
		} else if (!nodes_left_out(n)) {
			doctor_add(d, DOCTOR_FAULT, "card", n->node, "No service runs for it.",
				"journalctl -t egm-card-name; or give it a name: egmctl card name",
				"%s %s", n->model, why);
		}
	}
	for (size_t i = 0; i < nodes->n_orphans; i++)
		doctor_add(d, DOCTOR_FAULT, "driver", nodes->orphans[i].port,
			"The kernel does nothing with this card.",
			"modprobe uvcvideo; see dmesg for what it says about the port",
			"%s is a video device without a driver", nodes->orphans[i].model);
	if (cards == 0)
		doctor_add(d, DOCTOR_WARNING, "card", "", "There is nothing to stream.",
			"Plug one in; 'egmctl cards' tells what was left out and why",
			"no capture card is plugged in");
}

/* Those the user is in, and those that the unit gives it. */
static int groups_of(const struct passwd *user, gid_t ret[static GROUPS_MAX])
{
	static const char *const more[] = { "video", "audio", "render" };
	int n = GROUPS_MAX - (int) ARRAY_SIZE(more);

	if (getgrouplist(user->pw_name, user->pw_gid, ret, &n) < 0)
		n = GROUPS_MAX - (int) ARRAY_SIZE(more);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		const struct group *g = getgrnam(more[i]);

		if (g)
			ret[n++] = g->gr_gid;
	}
	return n;
}

static bool may_open(const struct stat *st, uid_t uid, const gid_t *groups, int n)
{
	if (st->st_uid == uid)
		return (st->st_mode & 0600) == 0600;
	for (int i = 0; i < n; i++)
		if (groups[i] == st->st_gid)
			return (st->st_mode & 0060) == 0060;
	return (st->st_mode & 0006) == 0006;
}

static void check_access(
	struct doctor *d, const char *path, const struct passwd *user, const gid_t *groups, int n)
{
	struct stat st;

	if (stat(path, &st) < 0)
		doctor_add(d, DOCTOR_FAULT, "access", path, "", "Plug the card in again", "%s",
			strerror(errno));
	else if (!may_open(&st, user->pw_uid, groups, n))
		doctor_add(d, DOCTOR_FAULT, "access", path, "The service cannot use the card.",
			"It should belong to the group video (sound: audio) with mode 0660: look "
			"for rules in /etc/udev/rules.d that change that",
			"user %s may not open it (mode %04o)", user->pw_name,
			(unsigned) st.st_mode & 07777);
	else
		doctor_add(
			d, DOCTOR_OK, "access", path, "", "", "user %s may open it", user->pw_name);
}

static void sound_path(const struct node *n, char *buf, size_t size)
{
	unsigned card, device;

	buf[0] = '\0';
	if (sscanf(n->sound, "hw:%u,%u", &card, &device) == 2)
		snprintf(buf, size, "/dev/snd/pcmC%uD%uc", card, device);
}

void doctor_access(struct doctor *d, const struct nodes *nodes, const char *user)
{
	const struct passwd *pw = getpwnam(user);
	gid_t groups[GROUPS_MAX];
	char sound[64];
	int n;

	if (!pw) {
		doctor_add(d, DOCTOR_FAULT, "user", user, "No service can start.",
			"systemd-sysusers; or install the package again", "there is no such user");
		return;
	}
	n = groups_of(pw, groups);
	for (size_t i = 0; i < nodes->n; i++) {
		if (nodes_why_not(&nodes->list[i]))
			continue;
		check_access(d, nodes->list[i].node, pw, groups, n);
		sound_path(&nodes->list[i], sound, sizeof(sound));
		if (*sound)
			check_access(d, sound, pw, groups, n);
	}
}

static bool is_first_on_bus(const struct nodes *nodes, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (nodes->list[i].usb && !nodes_why_not(&nodes->list[i]) &&
			nodes->list[i].bus == nodes->list[at].bus)
			return false;
	return true;
}

/* Different cards on one bus of 480 Mbit/s; several nodes of one card count once. */
static int cards_on_bus(const struct nodes *nodes, int bus)
{
	int count = 0;

	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *n = &nodes->list[i];
		bool again = false;

		if (!n->usb || n->bus != bus || n->mbit > HIGH_SPEED_MBIT || nodes_why_not(n))
			continue;
		for (size_t j = 0; j < i; j++)
			again |= strcmp(nodes->list[j].plug, n->plug) == 0 &&
				 !nodes_why_not(&nodes->list[j]);
		count += !again;
	}
	return count;
}

void doctor_usb(struct doctor *d, const struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->n; i++) {
		const struct node *n = &nodes->list[i];
		char bus[32];
		int cards;

		if (!n->usb || nodes_why_not(n))
			continue;
		if (n->mbit > 0 && n->mbit < HIGH_SPEED_MBIT)
			doctor_add(d, DOCTOR_FAULT, "usb", n->name,
				"That is not enough for a picture.",
				"Another port, another cable, no old hub in between",
				"runs at %d Mbit/s", n->mbit);
		if (!is_first_on_bus(nodes, i))
			continue;
		cards = cards_on_bus(nodes, n->bus);
		snprintf(bus, sizeof(bus), "bus %d", n->bus);
		if (cards > 1)
			doctor_add(d, DOCTOR_WARNING, "usb", bus,
				"One card with 1280x720 in raw pixels at 30 Hz takes nearly all of "
				"it: others may not start or lose pictures.",
				"Ports of another controller, or video.format = \"mjpeg\"",
				"%d cards share one USB 2 bus of 480 Mbit/s", cards);
		else
			doctor_add(d, DOCTOR_OK, "usb", bus, "", "", "%s",
				cards ? "one card" : "USB 3");
	}
}

void doctor_time(struct doctor *d, sd_bus *bus)
{
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int synchronised = 0;
	int r = sd_bus_get_property_trivial(bus, "org.freedesktop.timedate1",
		"/org/freedesktop/timedate1", "org.freedesktop.timedate1", "NTPSynchronized",
		&error, 'b', &synchronised);

	if (r < 0)
		doctor_add(d, DOCTOR_WARNING, "time", "", "", "timedatectl tells more",
			"cannot be asked for: %s", error.message ? error.message : strerror(-r));
	else if (!synchronised)
		doctor_add(d, DOCTOR_WARNING, "time", "",
			"Times of changes cannot be compared with those of other machines, and "
			"certificates may be refused.",
			"timedatectl set-ntp true; is the time server reached?",
			"the clock is not synchronised");
	else
		doctor_add(d, DOCTOR_OK, "time", "", "", "", "the clock is synchronised");
}

enum doctor_level doctor_disk_level(uint64_t free_bytes, uint64_t all_bytes)
{
	if (free_bytes < (16 << 20) || free_bytes < all_bytes / 100)
		return DOCTOR_FAULT;
	return free_bytes < all_bytes / 20 ? DOCTOR_WARNING : DOCTOR_OK;
}

void doctor_disk(struct doctor *d, const char *folder)
{
	enum doctor_level level;
	struct statvfs st;
	char left[32], all[32];

	if (statvfs(folder, &st) < 0) {
		doctor_add(d, errno == ENOENT ? DOCTOR_WARNING : DOCTOR_FAULT, "disk", folder,
			"The first service makes it; until then there are no references.", "", "%s",
			strerror(errno));
		return;
	}
	level = doctor_disk_level(
		(uint64_t) st.f_bavail * st.f_frsize, (uint64_t) st.f_blocks * st.f_frsize);
	doctor_add(d, level, "disk", folder,
		level ? "References, clips and what waits for receivers cannot be kept." : "",
		level ? "Remove what is not needed; see clips.disk in egm-streamer.conf(5)" : "",
		"%s of %s are free", show_bytes((uint64_t) st.f_bavail * st.f_frsize, left),
		show_bytes((uint64_t) st.f_blocks * st.f_frsize, all));
}

/* One second of the built-in picture, as small as it gets. */
void doctor_encoder(struct doctor *d, const char *program)
{
	char folder[] = "/tmp/egmctl.XXXXXX", path[64], output[512] = "";
	const char *const argv[] = { program, "run", "--quiet", "--video", "pattern", "--audio",
		"none", "--size", "320x180", "--rate", "15", "--duration", "1", "--output", path,
		NULL };
	const struct run how = { .output = RUN_LAST,
		.timeout_usec = ENCODER_USEC,
		.text = output,
		.size = sizeof(output) };
	struct stat st;
	int r;

	if (!mkdtemp(folder)) {
		doctor_add(d, DOCTOR_WARNING, "encoder", "", "", "", "cannot be tried: /tmp: %s",
			strerror(errno));
		return;
	}
	snprintf(path, sizeof(path), "%s/probe.ts", folder);
	r = run_program(argv, &how);
	if (r == 0 && (stat(path, &st) < 0 || st.st_size == 0))
		r = -ENODATA;
	if (r == 0)
		doctor_add(d, DOCTOR_OK, "encoder", "", "", "", "encodes the built-in picture");
	else
		doctor_add(d, DOCTOR_FAULT, "encoder", "", "No output can work.",
			"Is libx264 there? Try: egm-streamer run --output /tmp/x.ts --duration 1",
			"%s: %s", program,
			r < 0     ? strerror(-r)
			: *output ? output
				  : "it ended with a failure");
	(void) unlink(path);
	(void) rmdir(folder);
}
