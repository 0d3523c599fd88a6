/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * udev's helper: prints "EGM_NAME=…" for the capture node in $DEVNAME, whose sysfs folder is
 * /sys$DEVPATH; see 70-egm-streamer.rules and egm-udev(7) for the properties it is handed in its
 * environment. udev runs it with the device's database entry not yet written, and for several
 * devices at once; so everything comes from sysfs, from the drivers themselves and from two files,
 * under a lock. Nodes of other USB devices are not opened.
 *
 * RUN_FOLDER/given holds the names of what is plugged in; STATE_FOLDER/serials what has to be the
 * same after the next boot (udev/card-assign.h). egm-coldplug.service makes both folders, once /var
 * is there, and then has udev look at all cards; before that, early at boot, nobody gets a name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "udev/camera.h"
#include "udev/card-assign.h"
#include "udev/card-files.h"

#define CLASS_DIR "/sys/class/video4linux"
#define RUN_FOLDER "/run/egm-cards"
#define STATE_FOLDER "/var/lib/egm-cards"
#define ATTR_MAX 256
#define DESCRIPTORS_MAX 65536
#define SUPERSPEED_MBIT 5000
/* A driver that hangs must not hold udev up for the minutes that it allows. */
#define LIMIT_SECONDS 20

#define MESSAGE_NAME_CLASH "06e7a1a468f44d10a0565e03e9e8e34c"
#define MESSAGE_NO_NAME "4a7572fdf3394e80814fa1f6ed60c086"

/* What a video node hangs on. */
struct place {
	char node[PATH_MAX];   /* /sys/devices/…/video4linux/video0 */
	char parent[PATH_MAX]; /* the folder of the interface or function: /sys/devices/…/1-9:1.0 */
	char device[PATH_MAX]; /* the whole device: the USB device, else the same as parent */
	bool usb;
};

struct card {
	struct place place;
	struct v4l2_capability cap;
	struct card_facts facts;
	char stamp[ATTR_MAX];
	char twins[CARD_TWINS_MAX][PATH_MAX];
};

static ssize_t read_bytes(const char *dir, const char *name, void *ret, size_t size)
{
	char path[PATH_MAX + 32];
	_cleanup_(closep) int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, ret, size);
	return n < 0 ? -errno : n;
}

/* Reads a sysfs attribute without its line end. */
static int read_attr(const char *dir, const char *name, char ret[static ATTR_MAX])
{
	ssize_t n = read_bytes(dir, name, ret, ATTR_MAX - 1);

	if (n < 0)
		return (int) n;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

/* The nearest folder upwards that is a USB device: only those have an idVendor. */
static bool find_usb_device(const char *parent, char ret[static PATH_MAX])
{
	char path[PATH_MAX], unused[ATTR_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s", parent);
	while ((slash = strrchr(path, '/')) && slash > path) {
		if (read_attr(path, "idVendor", unused) == 0) {
			memcpy(ret, path, sizeof(path));
			return true;
		}
		*slash = '\0';
	}
	return false;
}

static int place_of(const char *sysfs_path, struct place *ret)
{
	char link[PATH_MAX + 16];

	if (!realpath(sysfs_path, ret->node))
		return -errno;
	snprintf(link, sizeof(link), "%s/device", ret->node);
	if (!realpath(link, ret->parent))
		return -errno;
	ret->usb = find_usb_device(ret->parent, ret->device);
	if (!ret->usb)
		memcpy(ret->device, ret->parent, sizeof(ret->device));
	return 0;
}

/* -ENODEV when the node does not capture pictures. */
static int query(const char *devnode, struct v4l2_capability *ret)
{
	_cleanup_(closep) int fd = open(devnode, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, VIDIOC_QUERYCAP, ret) < 0)
		return -errno;
	if (!(ret->device_caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE)))
		return -ENODEV;
	ret->bus_info[sizeof(ret->bus_info) - 1] = '\0';
	return 0;
}

static bool has_bus_info(const struct place *other, const struct card *c)
{
	struct v4l2_capability cap = { 0 };
	char devnode[PATH_MAX];

	snprintf(devnode, sizeof(devnode), "/dev/%s", strrchr(other->node, '/') + 1);
	return query(devnode, &cap) == 0 &&
	       !strcmp((const char *) cap.bus_info, (const char *) c->cap.bus_info);
}

static long node_index(const struct place *p)
{
	char text[ATTR_MAX];

	return read_attr(p->node, "index", text) < 0 ? 0 : strtol(text, NULL, 10);
}

/* By interface, then by the driver's own count; "1-9:1.10" comes after "1-9:1.2". */
static bool goes_before(const struct place *a, const struct place *b)
{
	int r = strverscmp(a->parent, b->parent);

	return r ? r < 0 : node_index(a) < node_index(b);
}

static void serial_name_of(const struct place *p, char ret[static CARD_NAME_MAX])
{
	char product[ATTR_MAX], serial[ATTR_MAX];
	bool has_product = read_attr(p->device, "product", product) == 0;
	bool has_serial = read_attr(p->device, "serial", serial) == 0;

	card_name_of_serial(has_product ? product : NULL, has_serial ? serial : NULL, ret);
}

static void add_twin(struct card *c, const char *device)
{
	struct card_facts *f = &c->facts;

	for (size_t i = 0; i < f->n_twins; i++)
		if (!strcmp(f->twins[i], device))
			return;
	if (f->n_twins == ARRAY_SIZE(c->twins))
		return;
	snprintf(c->twins[f->n_twins], sizeof(c->twins[0]), "%s", device);
	f->twins[f->n_twins] = c->twins[f->n_twins];
	f->n_twins++;
}

/* One other node that is plugged in: what does it share with us, does it come before us? */
static void compare(struct card *c, const struct place *other)
{
	char name[CARD_NAME_MAX];

	if (!strcmp(c->place.device, other->device)) {
		if (goes_before(other, &c->place) && has_bus_info(other, c))
			c->facts.rank++;
	} else if (c->place.usb && other->usb) {
		serial_name_of(other, name);
		if (name[0] && !strcmp(name, c->facts.serial_name))
			add_twin(c, other->device);
	} else if (!c->place.usb && !other->usb && !c->facts.port_shared) {
		c->facts.port_shared = has_bus_info(other, c);
	}
}

static int look_around(struct card *c)
{
	_cleanup_(closedirp) DIR *dir = opendir(CLASS_DIR);
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char path[sizeof(CLASS_DIR) + sizeof(entry->d_name)];
		struct place other;

		if (strncmp(entry->d_name, "video", strlen("video")) != 0)
			continue;
		snprintf(path, sizeof(path), CLASS_DIR "/%s", entry->d_name);
		if (place_of(path, &other) == 0 && strcmp(other.node, c->place.node) != 0)
			compare(c, &other);
	}
	return 0;
}

/* A property of the device as rules and hardware database have set it. */
static bool property_is(const char *name, const char *value)
{
	const char *set = getenv(name);

	return set && !strcmp(set, value);
}

static const char *wished_name(const struct card *c)
{
	const char *wish = getenv("EGM_NAME");

	if (!wish || !wish[0])
		return NULL;
	if (card_is_name(wish))
		return wish;
	log_event(LOG_ERR, MESSAGE_NO_NAME, LOG_FIELDS("EGM_DEVICE", c->place.node),
		"EGM_NAME=\"%s\" is no name for a card: small letters, digits and \"_\", a letter "
		"first, at most %d",
		wish, CARD_NAME_MAX - 1);
	return NULL;
}

static void collect_facts(struct card *c)
{
	struct card_facts *f = &c->facts;
	bool superspeed = false;
	char speed[ATTR_MAX];

	f->node = c->place.node;
	f->stamp = "-";
	f->wish = wished_name(c);
	f->serial_is_model = property_is("EGM_SERIAL_IS_MODEL", "1");
	if (c->place.usb) {
		if (read_attr(c->place.device, "devnum", c->stamp) == 0 && c->stamp[0])
			f->stamp = c->stamp;
		if (read_attr(c->place.device, "speed", speed) == 0)
			superspeed = strtol(speed, NULL, 10) >= SUPERSPEED_MBIT;
		serial_name_of(&c->place, f->serial_name);
	}
	card_name_of_port((const char *) c->cap.bus_info, superspeed, f->port_name);
	if (c->place.usb)
		memcpy(f->place, f->port_name, sizeof(f->place));
	else
		card_name_marked(f->port_name, c->place.parent, f->place);
}

/* What has been pulled, or pulled and plugged in again, has lost its name. */
static void forget_gone(struct card_register *given)
{
	for (size_t i = given->n; i > 0; i--) {
		struct card_line *line = &given->lines[i - 1];
		char devnum[ATTR_MAX];
		struct place p;

		if (place_of(line->where, &p) == 0 &&
			(!p.usb || (read_attr(p.device, "devnum", devnum) == 0 &&
					   !strcmp(devnum, line->note))))
			continue;
		card_register_remove(given, line);
	}
}

static void tell_clash(const struct card *c, const struct card_given *g)
{
	log_event(g->known ? LOG_INFO : LOG_WARNING, MESSAGE_NAME_CLASH,
		LOG_FIELDS("EGM_CARD", g->name, "EGM_WANTED", g->wanted, "EGM_DEVICE",
			c->place.device, "EGM_OTHER_DEVICE", g->rival),
		"%s and %s both would be called %s: the first is %s", c->place.device, g->rival,
		g->wanted, g->name);
}

/* It has got its name since it was plugged in: nothing to look around for, which goes without a
 * lock because the file is replaced as a whole. */
static bool has_name(const struct card *c, char ret[static CARD_NAME_MAX])
{
	_cleanup_(freep) struct card_register *given = calloc(1, sizeof(*given));
	const struct card_facts *f = &c->facts;
	const struct card_line *own;

	if (!given || card_files_load(RUN_FOLDER, "given", given) < 0)
		return false;
	own = card_register_find_where(given, f->node);
	if (!own || strcmp(own->note, f->stamp) != 0 ||
		(f->wish && strcmp(own->name, f->wish) != 0))
		return false;
	memcpy(ret, own->name, CARD_NAME_MAX);
	return true;
}

static int assign(const struct card *c, struct card_given *ret)
{
	_cleanup_(freep) struct card_register *serials = calloc(2, sizeof(*serials));
	struct card_register *given = serials ? serials + 1 : NULL;
	_cleanup_(closep) int lock = -1;
	int r;

	if (!serials)
		return -ENOMEM;
	lock = card_files_lock(RUN_FOLDER);
	if (lock < 0)
		return lock;
	if (card_files_load(RUN_FOLDER, "given", given) == 0)
		forget_gone(given);
	r = card_files_load(STATE_FOLDER, "serials", serials);
	if (r < 0)
		(void) log_warning_errno(r, "%s cannot be read: %m", STATE_FOLDER "/serials");
	r = card_assign(&c->facts, serials, given, ret);
	if (r < 0)
		return r;
	/* The name is good even if it cannot be remembered. */
	r = card_files_save(STATE_FOLDER, "serials", serials, true);
	if (r < 0)
		(void) log_warning_errno(r, "%s cannot be written: %m", STATE_FOLDER "/serials");
	r = card_files_save(RUN_FOLDER, "given", given, false);
	if (r < 0)
		(void) log_warning_errno(r, "%s cannot be written: %m", RUN_FOLDER "/given");
	return 0;
}

static bool is_camera(const struct place *p)
{
	static uint8_t descriptors[DESCRIPTORS_MAX];
	ssize_t n;

	if (getenv("EGM_WEBCAM"))
		return property_is("EGM_WEBCAM", "1");
	n = p->usb ? read_bytes(p->device, "descriptors", descriptors, sizeof(descriptors)) : 0;
	return n > 0 && camera_is_described(descriptors, (size_t) n);
}

/* 1: the node is no card. */
static int name_card(const char *devnode, const char *devpath, char ret[static CARD_NAME_MAX])
{
	_cleanup_(freep) struct card *c = calloc(1, sizeof(*c));
	struct card_given given = { .wanted = "" };
	char path[PATH_MAX];
	int r;

	if (!c)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/sys%s", devpath);
	r = place_of(path, &c->place);
	if (r < 0)
		return r;
	r = query(devnode, &c->cap);
	if (r < 0)
		return r;
	collect_facts(c);
	if (is_camera(&c->place)) {
		printf("EGM_WEBCAM=1\n");
		if (property_is("EGM_WEBCAMS", "0") && !c->facts.wish)
			return 1;
	}
	/* Dozens of raw nodes behind a camera bridge, which show nothing until a program has wired
	 * them up. */
	if ((c->cap.device_caps & V4L2_CAP_IO_MC) && !c->facts.wish)
		return 1;
	if (has_name(c, ret))
		return 0;
	r = look_around(c);
	if (r < 0)
		return r;
	r = assign(c, &given);
	if (r < 0)
		return r;
	if (given.wanted[0])
		tell_clash(c, &given);
	memcpy(ret, given.name, CARD_NAME_MAX);
	return 0;
}

int main(void)
{
	const char *devnode = getenv("DEVNAME"), *devpath = getenv("DEVPATH");
	char name[CARD_NAME_MAX];
	int r;

	if (!devnode || !devpath) {
		fprintf(stderr, "egm-card-name is called by udev, with DEVNAME and DEVPATH set\n");
		return 2;
	}
	log_open_journal("egm-card-name");
	alarm(LIMIT_SECONDS);
	r = name_card(devnode, devpath, name);
	if (r < 0) {
		(void) log_full(LOG_ERR, MESSAGE_NO_NAME, LOG_FIELDS("EGM_DEVICE", devpath), r,
			"%s has no name: %m", devnode);
		return 1;
	}
	/* An empty one takes back a name that was no good. */
	printf("EGM_NAME=%s\n", r == 0 ? name : "");
	return 0;
}
