/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which USB device a name leads to, in trees as udev and sysfs have them; and how often it may be
 * reset. */
#include "udev/usb-device.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "common/usec.h"
#include "tests/tap.h"

#define HOUR (3600 * USEC_PER_SEC)

static char root[64] = "/tmp/egm-test.XXXXXX";

/* With the folders above it. */
static void folder(const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	for (char *p = full + strlen(root) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			(void) mkdir(full, 0755);
			*p = '/';
		}
	(void) mkdir(full, 0755);
}

static void file(const char *path, const char *text)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", root, path);
	f = fopen(full, "we");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

static void link_to(const char *target, const char *path)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", root, path);
	if (symlink(target, full) < 0)
		abort();
}

static void usb_device(const char *path, const char *class, const char *devnum)
{
	char name[512];
	const struct {
		const char *name, *text;
	} attrs[] = { { "idVendor", "534d\n" }, { "idProduct", "2109\n" },
		{ "bDeviceClass", class }, { "busnum", "1\n" }, { "devnum", devnum },
		{ "dev", "189:4\n" } };

	folder(path);
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", path, attrs[i].name);
		file(name, attrs[i].text);
	}
}

/* video0: on USB; video1: on PCI; video2: a card that is a hub; video3: rubbish in its attributes
 */
static void plant(void)
{
	if (!mkdtemp(root))
		abort();
	folder("dev/egm");
	folder("sys/class/video4linux");
	usb_device("sys/devices/usb1", "09\n", "1\n");
	usb_device("sys/devices/usb1/1-1", "ef\n", "5\n");
	folder("sys/devices/usb1/1-1/1-1:1.0/video4linux/video0");
	link_to("../../../1-1:1.0", "sys/devices/usb1/1-1/1-1:1.0/video4linux/video0/device");
	link_to("../../devices/usb1/1-1/1-1:1.0/video4linux/video0",
		"sys/class/video4linux/video0");
	folder("sys/devices/pci0/video4linux/video1");
	link_to("../../../pci0", "sys/devices/pci0/video4linux/video1/device");
	link_to("../../devices/pci0/video4linux/video1", "sys/class/video4linux/video1");
	usb_device("sys/devices/usb1/1-2", "09\n", "6\n");
	folder("sys/devices/usb1/1-2/video2");
	link_to("../../1-2", "sys/devices/usb1/1-2/video2/device");
	link_to("../../devices/usb1/1-2/video2", "sys/class/video4linux/video2");
	usb_device("sys/devices/usb1/1-3", "ef\n", "../../x\n");
	folder("sys/devices/usb1/1-3/video3");
	link_to("../../1-3", "sys/devices/usb1/1-3/video3/device");
	link_to("../../devices/usb1/1-3/video3", "sys/class/video4linux/video3");
	link_to("../video0", "dev/egm/game");
	link_to("../video1", "dev/egm/pci");
	link_to("../video2", "dev/egm/hub");
	link_to("../video3", "dev/egm/rubbish");
	link_to("../video9", "dev/egm/gone");
	link_to("../../etc/passwd", "dev/egm/elsewhere");
	link_to("../video0/../video0", "dev/egm/deeper");
	link_to("../sda", "dev/egm/disk");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void) st, (void) type, (void) ftw;
	return remove(path);
}

static void test_find(void)
{
	static const struct {
		const char *name;
		int result;
	} cases[] = { { "pci", -ENOTSUP }, { "hub", -ENOTSUP }, { "rubbish", -ENOENT },
		{ "gone", -ENOENT }, { "elsewhere", -ENOENT }, { "deeper", -ENOENT },
		{ "disk", -ENOENT }, { "nobody", -ENOENT }, { "", -EINVAL },
		{ "../video0", -EINVAL }, { "game/", -EINVAL }, { ".", -EINVAL },
		{ "Game", -EINVAL }, { "1-1", -EINVAL },
		{ "a_name_that_is_longer_than_names_are", -EINVAL } };
	struct usb_device d;

	ok(usb_device_find(root, "game", &d) == 0 && strcmp(d.port, "1-1") == 0 &&
			strcmp(d.id, "534d:2109") == 0 &&
			strcmp(d.node, "/dev/bus/usb/001/005") == 0 && d.number == makedev(189, 4),
		"a card's USB device");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(usb_device_find(root, cases[i].name, &d) == cases[i].result, "\"%s\" is refused",
			cases[i].name);
}

static void test_rate(void)
{
	char runs[80], path[96];
	uint64_t now = 50 * USEC_PER_SEC;
	int n = 0;

	snprintf(runs, sizeof(runs), "%s/runs", root);
	folder("runs");
	ok(usb_device_may_reset(runs, "1-1", now) == 0, "a reset is allowed");
	ok(usb_device_may_reset(runs, "1-1", now + USEC_PER_SEC) == -EBUSY,
		"not another one at once");
	ok(usb_device_may_reset(runs, "1-2", now + USEC_PER_SEC) == 0, "of another port it is");
	for (uint64_t end = now + HOUR - 1; now < end; now += USEC_PER_SEC)
		n += usb_device_may_reset(runs, "1-1", now) == 0;
	ok(n == USB_RESETS_MAX - 1, "%d of them in an hour, whoever asks", n + 1);
	n = 0;
	for (uint64_t end = now + 10 * HOUR; now < end; now += USEC_PER_SEC)
		n += usb_device_may_reset(runs, "1-1", now) == 0;
	ok(n >= 10 * USB_RESETS_MAX - 1 && n <= 10 * USB_RESETS_MAX + 1, "%d in the next ten", n);
	file("runs/1-3", "what is this?\n18446744073709551615\n\n99999999999999999999999999\n");
	ok(usb_device_may_reset(runs, "1-3", now) == 0, "a file with rubbish in it does no harm");
	ok(usb_device_may_reset(runs, "1-3", now + 1) == -EBUSY, "and is put right");
	snprintf(path, sizeof(path), "%s/missing", root);
	ok(usb_device_may_reset(path, "1-1", now) == -ENOENT, "without its folder: none");
	link_to("1-3", "runs/1-4");
	ok(usb_device_may_reset(runs, "1-4", now) < 0, "through a link: none");
}

int main(void)
{
	plant();
	test_find();
	test_rate();
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
