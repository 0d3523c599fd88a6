/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's cards and their names, on a libudev of our own: two identical grabbers on one bus,
 * one of them with a metadata node, a card of another make, one of PCI, and one without a driver.
 */
#include <errno.h>
#include <libudev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "egmctl/command.h"
#include "egmctl/doctor.h"
#include "egmctl/nodes.h"
#include "egmctl/show.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

struct udev_device {
	const char *subsystem, *devtype, *sysname, *syspath, *devnode, *driver;
	struct udev_device *parent;
	const char *values[24]; /* name, value …; properties and attributes alike */
};

static struct udev_device usb1 = { "usb", "usb_device", "1-2", "/sys/usb1/1-2", NULL, "usb", NULL,
	{ "busnum", "1", "speed", "480", "product", "USB Video" } };
static struct udev_device usb2 = { "usb", "usb_device", "1-3", "/sys/usb1/1-3", NULL, "usb", NULL,
	{ "busnum", "1", "speed", "480", "product", "USB Video" } };
static struct udev_device usb3 = { "usb", "usb_device", "2-1", "/sys/usb2/2-1", NULL, "usb", NULL,
	{ "busnum", "2", "speed", "5000", "product", "Cam \033[31mLink" } };
static struct udev_device if1 = { "usb", "usb_interface", "1-2:1.0", "/sys/usb1/1-2/1-2:1.0", NULL,
	"uvcvideo", &usb1, { "bInterfaceClass", "0e", "bInterfaceSubClass", "01" } };
static struct udev_device if2 = { "usb", "usb_interface", "1-3:1.0", "/sys/usb1/1-3/1-3:1.0", NULL,
	"uvcvideo", &usb2, { "bInterfaceClass", "0e", "bInterfaceSubClass", "01" } };
static struct udev_device if3 = { "usb", "usb_interface", "2-1:1.0", "/sys/usb2/2-1/2-1:1.0", NULL,
	"uvcvideo", &usb3, { "bInterfaceClass", "0e", "bInterfaceSubClass", "01" } };
static struct udev_device orphan = { "usb", "usb_interface", "2-2:1.0", "/sys/usb2/2-2/2-2:1.0",
	NULL, NULL, &usb3, { "bInterfaceClass", "0e", "bInterfaceSubClass", "01" } };

static struct udev_device pci0 = { "pci", NULL, "0000:03:00.0", "/sys/pci/0000:03:00.0", NULL,
	"cx23885", NULL, { NULL } };
static struct udev_device pci1 = { "pci", NULL, "0000:03:00.1", "/sys/pci/0000:03:00.1", NULL,
	"snd", NULL, { NULL } };
static struct udev_device pci2 = { "pci", NULL, "0000:04:00.1", "/sys/pci/0000:04:00.1", NULL,
	"snd", NULL, { NULL } };

static struct udev_device devices[] = {
	{ "video4linux", NULL, "video10", "/sys/v10", "/dev/video10", NULL, &if3,
		{ "ID_V4L_CAPABILITIES", ":capture:", "EGM_NAME", "cam_link", "ID_SERIAL",
			"Elgato_0001", "ID_SERIAL_SHORT", "0001", "ID_PATH", "pci-usb-0:3:1.0",
			"ID_USB_INTERFACE_NUM", "00", "index", "0" } },
	{ "video4linux", NULL, "video0", "/sys/v0", "/dev/video0", NULL, &if1,
		{ "ID_V4L_CAPABILITIES", ":capture:", "EGM_NAME", "usb_1_2", "ID_SERIAL",
			"MACROSILICON_2021", "ID_SERIAL_SHORT", "2021", "ID_PATH",
			"pci-usb-0:2:1.0", "index", "0" } },
	{ "video4linux", NULL, "video1", "/sys/v1", "/dev/video1", NULL, &if1,
		{ "ID_V4L_CAPABILITIES", ":", "ID_V4L_VERSION", "2", "index", "1" } },
	{ "video4linux", NULL, "video2", "/sys/v2", "/dev/video2", NULL, &if2,
		{ "ID_V4L_CAPABILITIES", ":capture:", "EGM_NAME", "usb_1_3", "ID_SERIAL",
			"MACROSILICON_2021", "ID_SERIAL_SHORT", "2021", "ID_PATH",
			"pci-usb-0:3:1.0", "index", "0" } },
	{ "video4linux", NULL, "video3", "/sys/v3", "/dev/video3", NULL, NULL, { NULL } },
	{ "video4linux", NULL, "video4", "/sys/v4", "/dev/video4", NULL, NULL,
		{ "ID_V4L_CAPABILITIES", ":capture:", "EGM_IGNORE", "1" } },
	{ "video4linux", NULL, "video5", "/sys/v5", "/dev/video5", NULL, NULL,
		{ "ID_V4L_CAPABILITIES", ":capture:video_output:" } },
	{ "video4linux", NULL, "video6", "/sys/v6", "/dev/video6", NULL, NULL,
		{ "ID_V4L_CAPABILITIES", ":capture:" } },
	{ "video4linux", NULL, "video7", "/sys/v7", "/dev/video7", NULL, NULL,
		{ "ID_V4L_CAPABILITIES", ":capture:", "EGM_WEBCAM", "1", "EGM_WEBCAMS", "0" } },
	{ "video4linux", NULL, "video8", "/sys/v8", "/dev/video8", NULL, &pci0,
		{ "ID_V4L_CAPABILITIES", ":capture:", "EGM_NAME", "pci" } },
	{ "sound", NULL, "pcmC11D0c", "/sys/s11", "/dev/snd/pcmC11D0c", NULL, &if1, { NULL } },
	{ "sound", NULL, "pcmC2D1c", "/sys/s21", "/dev/snd/pcmC2D1c", NULL, &if1, { NULL } },
	{ "sound", NULL, "pcmC2D0c", "/sys/s2", "/dev/snd/pcmC2D0c", NULL, &if1, { NULL } },
	{ "sound", NULL, "pcmC3D0c", "/sys/s3", "/dev/snd/pcmC3D0c", NULL, &if1, { NULL } },
	{ "sound", NULL, "pcmC0D0c", "/sys/s0", "/dev/snd/pcmC0D0c", NULL, &pci2, { NULL } },
	{ "sound", NULL, "pcmC4D0c", "/sys/s4", "/dev/snd/pcmC4D0c", NULL, &pci1, { NULL } },
	{ "sound", NULL, "pcmC1D0c", "/sys/s1", "/dev/snd/pcmC1D0c", NULL, NULL, { NULL } },
	{ "sound", NULL, "pcmC2D0p", "/sys/s2p", "/dev/snd/pcmC2D0p", NULL, &if2, { NULL } },
	{ "usb", "usb_interface", "1-2:1.0", "/sys/usb1/1-2/1-2:1.0", NULL, "uvcvideo", &usb1,
		{ "bInterfaceClass", "0e", "bInterfaceSubClass", "01" } },
};

/* libudev, as much as is used. An entry of a list is a device. */
struct udev {
	int unused;
};
struct udev_enumerate {
	const char *subsystem;
	struct udev_list_entry *first;
};
struct udev_list_entry {
	struct udev_device *device;
	struct udev_list_entry *next;
};

static struct udev_list_entry entries[ARRAY_SIZE(devices) + 1];

struct udev *udev_new(void)
{
	static struct udev udev;

	return &udev;
}

struct udev *udev_unref(struct udev *udev)
{
	(void) udev;
	return NULL;
}

struct udev_enumerate *udev_enumerate_new(struct udev *udev)
{
	static struct udev_enumerate e;

	(void) udev;
	e = (struct udev_enumerate){ 0 };
	return &e;
}

struct udev_enumerate *udev_enumerate_unref(struct udev_enumerate *e)
{
	(void) e;
	return NULL;
}

int udev_enumerate_add_match_subsystem(struct udev_enumerate *e, const char *subsystem)
{
	e->subsystem = subsystem;
	return 0;
}

int udev_enumerate_add_match_sysname(struct udev_enumerate *e, const char *sysname)
{
	(void) e;
	(void) sysname;
	return 0;
}

static void put_entry(struct udev_enumerate *e, size_t i, struct udev_device *d)
{
	entries[i] = (struct udev_list_entry){ d, e->first };
	e->first = &entries[i];
}

int udev_enumerate_scan_devices(struct udev_enumerate *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (strcmp(devices[i].subsystem, e->subsystem) == 0)
			put_entry(e, i, &devices[i]);
	if (strcmp(e->subsystem, "usb") == 0)
		put_entry(e, ARRAY_SIZE(devices), &orphan);
	return 0;
}

struct udev_list_entry *udev_enumerate_get_list_entry(struct udev_enumerate *e)
{
	return e->first;
}

struct udev_list_entry *udev_list_entry_get_next(struct udev_list_entry *entry)
{
	return entry->next;
}

const char *udev_list_entry_get_name(struct udev_list_entry *entry)
{
	return entry->device->syspath;
}

struct udev_device *udev_device_new_from_syspath(struct udev *udev, const char *syspath)
{
	(void) udev;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (strcmp(devices[i].syspath, syspath) == 0)
			return &devices[i];
	return strcmp(orphan.syspath, syspath) == 0 ? &orphan : NULL;
}

struct udev_device *udev_device_unref(struct udev_device *d)
{
	(void) d;
	return NULL;
}

struct udev_device *udev_device_get_parent(struct udev_device *d)
{
	return d->parent;
}

struct udev_device *udev_device_get_parent_with_subsystem_devtype(
	struct udev_device *d, const char *subsystem, const char *devtype)
{
	for (d = d->parent; d; d = d->parent)
		if (strcmp(d->subsystem, subsystem) == 0 &&
			(!devtype || (d->devtype && strcmp(d->devtype, devtype) == 0)))
			return d;
	return NULL;
}

static const char *value_of(const struct udev_device *d, const char *name)
{
	for (size_t i = 0; i + 1 < ARRAY_SIZE(d->values) && d->values[i]; i += 2)
		if (strcmp(d->values[i], name) == 0)
			return d->values[i + 1];
	return NULL;
}

const char *udev_device_get_property_value(struct udev_device *d, const char *name)
{
	return value_of(d, name);
}

const char *udev_device_get_sysattr_value(struct udev_device *d, const char *name)
{
	return value_of(d, name);
}

const char *udev_device_get_sysname(struct udev_device *d)
{
	return d->sysname;
}

const char *udev_device_get_syspath(struct udev_device *d)
{
	return d->syspath;
}

const char *udev_device_get_devnode(struct udev_device *d)
{
	return d->devnode;
}

const char *udev_device_get_driver(struct udev_device *d)
{
	return d->driver;
}

/* What is right is known by the words that a person gets. */
static void test_nodes(struct nodes *all)
{
	static const struct {
		const char *node, *name, *why;
	} expected[] = {
		{ "/dev/video0", "usb_1_2", NULL },
		{ "/dev/video1", "", "does not capture" },
		{ "/dev/video2", "usb_1_3", NULL },
		{ "/dev/video3", "", "udev does not know" },
		{ "/dev/video4", "", "to be ignored" },
		{ "/dev/video5", "", "puts out" },
		{ "/dev/video6", "", "has no name" },
		{ "/dev/video7", "", "is a webcam" },
		{ "/dev/video8", "pci", NULL },
		{ "/dev/video10", "cam_link", NULL },
	};

	ok(nodes_read(all) == 0 && all->n == ARRAY_SIZE(expected), "nodes are read: %zu", all->n);
	for (size_t i = 0; i < all->n && i < ARRAY_SIZE(expected); i++) {
		const struct node *n = &all->list[i];
		const char *why = nodes_why_not(n);

		ok(!strcmp(n->node, expected[i].node) && !strcmp(n->name, expected[i].name) &&
				(expected[i].why ? why && strstr(why, expected[i].why) : !why),
			"%s, a card: %s", n->node, why ? why : "yes");
	}
	ok(!strcmp(all->list[0].sound, "hw:2,0") && !*all->list[2].sound,
		"the sound on the same device, to be heard and not to be played; of several the "
		"lowest, as the service has it: %s",
		all->list[0].sound);
	ok(!strcmp(all->list[8].sound, "hw:4,0"), "of PCI, another function of the slot");
	ok(!*all->list[3].sound, "what is in no plug shares none");
	ok(!strcmp(all->list[0].driver, "uvcvideo") && all->list[0].mbit == 480 &&
			all->list[9].mbit == 5000 && all->list[9].bus == 2,
		"driver and speed");
	ok(!nodes_serial_unique(all, &all->list[0]) && nodes_serial_unique(all, &all->list[9]) &&
			!nodes_serial_unique(all, &all->list[6]),
		"serial numbers that are the card's alone");
	ok(all->list[2].shared_port && all->list[9].shared_port && !all->list[0].shared_port,
		"ports of USB 2 and 3 that have one name");
	ok(nodes_find(all, "/dev/video2") == &all->list[2] &&
			nodes_find(all, "cam_link") == &all->list[9] &&
			nodes_find(all, "/dev/egm/cam_link") == &all->list[9] &&
			!nodes_find(all, "") && !nodes_find(all, "video2"),
		"found by node, name and link");
	ok(all->n_orphans == 1 && !strcmp(all->orphans[0].port, "2-2:1.0"),
		"a function without a driver");
}

static const char *level_of(const struct doctor *d, const char *check, const char *subject)
{
	const json_t *o;
	size_t i;

	json_array_foreach(d->findings, i, o)
	{
		if (!strcmp(show_string(o, "Check"), check) &&
			!strcmp(show_string(o, "Subject"), subject))
			return show_string(o, "Level");
	}
	return "none";
}

static void test_doctor(struct nodes *all)
{
	struct doctor d = { .findings = json_array() };

	doctor_devices(&d, all);
	ok(!strcmp(level_of(&d, "card", "usb_1_2"), "OK"), "a card is good");
	ok(!strcmp(level_of(&d, "card", "/dev/video6"), "FAULT"), "one without a name is not");
	ok(!strcmp(level_of(&d, "card", "/dev/video4"), "none"), "one to be ignored is");
	ok(!strcmp(level_of(&d, "card", "/dev/video7"), "none"), "nor is a webcam amiss");
	ok(!strcmp(level_of(&d, "driver", "2-2:1.0"), "FAULT"), "one without a driver");
	doctor_usb(&d, all);
	ok(!strcmp(level_of(&d, "usb", "bus 1"), "WARNING"), "two share a bus of USB 2");
	ok(!strcmp(level_of(&d, "usb", "bus 2"), "OK"), "USB 3 has room");
	all->list[2].mbit = 12;
	doctor_usb(&d, all);
	ok(!strcmp(level_of(&d, "usb", "usb_1_3"), "FAULT"), "a slow one");
	doctor_access(&d, all, "no-such-user-here");
	ok(!strcmp(level_of(&d, "user", "no-such-user-here"), "FAULT"), "no user");
	doctor_disk(&d, "/nonexistent");
	ok(!strcmp(level_of(&d, "disk", "/nonexistent"), "WARNING"), "no folder");
	doctor_encoder(&d, "/nonexistent/egm-streamer");
	ok(!strcmp(level_of(&d, "encoder", ""), "FAULT"), "no encoder");
	ok(doctor_disk_level(10 << 20, 100 << 20) == DOCTOR_FAULT &&
			doctor_disk_level(UINT64_C(5) << 30, UINT64_C(1000) << 30) ==
				DOCTOR_FAULT &&
			doctor_disk_level(UINT64_C(30) << 30, UINT64_C(1000) << 30) ==
				DOCTOR_WARNING &&
			doctor_disk_level(UINT64_C(60) << 30, UINT64_C(1000) << 30) == DOCTOR_OK,
		"how full a disk may be");
	for (int i = 0; i < 2 * DOCTOR_FINDINGS_MAX; i++)
		doctor_add(&d, DOCTOR_FAULT, "x", "y", "", "", "z\033");
	ok(json_array_size(d.findings) == DOCTOR_FINDINGS_MAX && d.faults > DOCTOR_FINDINGS_MAX,
		"findings have a limit, and count");
	json_decref(d.findings);
}

/* egmctl with these words, after which nothing is read from standard output. */
static int egmctl(const char *const *words)
{
	char copies[12][64], *argv[13];
	int argc = 0, r;

	for (; argc < 12 && words[argc]; argc++) {
		snprintf(copies[argc], sizeof(copies[argc]), "%s", words[argc]);
		argv[argc] = copies[argc];
	}
	argv[argc] = NULL;
	r = command_main(argc, argv);
	fflush(stdout);
	return r;
}

#define EGMCTL(...) egmctl((const char *const[]){ "egmctl", __VA_ARGS__, NULL })

static bool holds(const char *words, bool expected)
{
	_cleanup_(freep) char *text = NULL;

	if (file_read("rules.d/x.rules", 1 << 16, &text, NULL) < 0)
		return false;
	return (strstr(text, words) != NULL) == expected;
}

static void test_names(void)
{
	struct stat st;

	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video0", "left") == 0 &&
			holds("ENV{ID_PATH}==\"pci-usb-0:2:1.0\", ATTR{index}==\"0\", "
			      "ENV{EGM_NAME}=\"left\"\n",
				true),
		"a name by port, the folder being made");
	ok(stat("rules.d/x.rules", &st) == 0 && (st.st_mode & 0777) == 0644, "readable for all");
	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "usb_1_2", "first") == 0 &&
			holds("\"left\"", false) && holds("\"first\"\n", true),
		"another name for the same card");
	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video2", "first") == 1 &&
			holds("0:3:1.0", false),
		"no name for two cards");
	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video2", "cam_link") == 1,
		"nor one that a card has by itself");
	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video2", "Left") == 2 &&
			EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video2", "a\"b") == 2,
		"nor one that is none");
	ok(EGMCTL("card", "name", "-b", "serial", "-R", "rules.d/x.rules", "/dev/video2", "x") == 1,
		"not by a serial number that another card has as well");
	ok(EGMCTL("card", "name", "-b", "serial", "-R", "rules.d/x.rules", "cam_link", "x") == 0 &&
			holds("ENV{ID_SERIAL}==\"Elgato_0001\", ENV{ID_USB_INTERFACE_NUM}==\"00\"",
				true),
		"by one that is the card's alone");
	ok(EGMCTL("card", "name", "-b", "luck", "-R", "rules.d/x.rules", "cam_link", "x") == 2,
		"not by something else");
	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video77", "x") == 3 &&
			EGMCTL("card", "ignore", "-R", "rules.d/x.rules", "nobody") == 3,
		"a card that is not there: exit status 3");
	ok(EGMCTL("card", "name", "-R", "rules.d/x.rules", "/dev/video6", "x") == 1,
		"a node that udev knows no port of");
	ok(EGMCTL("card", "ignore", "-R", "rules.d/x.rules", "/dev/video2") == 0 &&
			holds("ENV{EGM_IGNORE}=\"1\"\n", true),
		"a node to be ignored");
	ok(EGMCTL("card", "forget", "-R", "rules.d/x.rules", "/dev/video2") == 0 &&
			holds("EGM_IGNORE", false) && holds("\"first\"", true),
		"forgotten by node, the others are not");
	ok(EGMCTL("card", "forget", "-R", "rules.d/x.rules", "first") == 0 && holds("first", false),
		"forgotten by the name that was written");
	ok(EGMCTL("card", "forget", "-R", "rules.d/x.rules", "first") == 3, "only once");
	ok(EGMCTL("card", "name", "-R", "/proc/nowhere/x.rules", "usb_1_2", "x") != 0,
		"a place that nothing can be written to");
}

static void test_lists(void)
{
	ok(EGMCTL("cards", "--json") == 0, "cards, also without a bus");
	ok(EGMCTL("cards", "superfluous") == 2 && EGMCTL("card") == 2 &&
			EGMCTL("card", "fly") == 2 && EGMCTL("fly") == 2 &&
			EGMCTL("card", "name", "/dev/video0") == 2,
		"what is no command: exit status 2");
}

int main(void)
{
	_cleanup_(freep) struct nodes *all = calloc(1, sizeof(*all));

	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
	enter_folder();
	test_nodes(all);
	test_doctor(all);
	test_names();
	test_lists();
	wipe("rules.d");
	leave_folder();
	return tap_done();
}
