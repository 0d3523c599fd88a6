/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/card-name.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

struct serial_case {
	const char *product, *serial, *name, *what;
};

static const struct serial_case serials[] = {
	{ "USB Video A", "CARD-A", "usb_video_a_card_a", "product and serial number" },
	{ "4K Capture", "7", "usb_4k_capture_7", "never a digit in front" },
	{ "\xe9\x87\x87\xe9\x9b\x86", "0042", "usb_0042", "a product without a letter of ours" },
	{ NULL, "CARD-A", "card_a", "no product" },
	{ "Grabber", "---", "", "a serial number without a character is none" },
	{ "Grabber", NULL, "", "no serial number" },
};

struct port_case {
	const char *bus_info;
	bool superspeed;
	unsigned rank;
	const char *name, *what;
};

static const struct port_case ports[] = {
	{ "usb-0000:00:14.0-9.2", false, 0, "usb_0000_00_14_0_9_2", "a port" },
	{ "usb-0000:00:14.0-9", true, 0, "usb_0000_00_14_0_9_ss", "USB 3 apart from USB 2" },
	{ "platform:vivid-000", false, 0, "vivid_000", "a virtual device" },
	{ "platform:fe801000.csi", false, 0, "fe801000_csi", "a platform device" },
	{ "platform:32e40000.isi", false, 0, "platform_32e40000_isi",
		"a platform device that starts with a digit" },
	{ "PCI:0000:03:00.0", false, 3, "pci_0000_03_00_0_4",
		"the fourth node of a card with four" },
	{ "", false, 0, "", "nothing to go by" },
};

static void test_long_names_differ(void)
{
	char a[CARD_NAME_MAX], b[CARD_NAME_MAX];

	card_name_of_serial("Extraordinarily Long Product Name", "0123456789", a);
	card_name_of_serial("Extraordinarily Long Product Name", "0123456788", b);
	ok(card_is_name(a), "a long name is at most 31 characters: %s", a);
	ok(strcmp(a, b) != 0, "two long names that end differently differ");
	card_name_of_serial("4K Extraordinarily Long Product Name", "0123456789", a);
	ok(card_is_name(a), "and so is one with a letter put in front: %s", a);
}

static void test_marks(void)
{
	char a[CARD_NAME_MAX], b[CARD_NAME_MAX];

	card_name_marked("usb_0000_00_14_0_9_2_ss_and_more", "/sys/devices/a", a);
	card_name_marked("usb_0000_00_14_0_9_2_ss_and_more", "/sys/devices/b", b);
	ok(card_is_name(a) && card_is_name(b) && strcmp(a, b) != 0, "a mark tells apart: %s, %s", a,
		b);
}

static void test_monsters(void)
{
	char monster[4096], name[CARD_NAME_MAX];

	memset(monster, 'x', sizeof(monster) - 1);
	monster[sizeof(monster) - 1] = '\0';
	card_name_of_serial(monster, monster, name);
	card_name_number(name, 4294967294u);
	ok(card_is_name(name), "endless texts are bounded: %s", name);
	card_name_of_port(monster, true, name);
	card_name_number(name, 4294967294u);
	ok(card_is_name(name), "for the port too: %s", name);
	card_name_marked(monster, monster, name);
	ok(card_is_name(name), "and marked: %s", name);
}

int main(void)
{
	char name[CARD_NAME_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(serials); i++) {
		const struct serial_case *c = &serials[i];

		card_name_of_serial(c->product, c->serial, name);
		ok(!strcmp(name, c->name), "%s: %s", c->what, name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		const struct port_case *c = &ports[i];

		card_name_of_port(c->bus_info, c->superspeed, name);
		card_name_number(name, c->rank);
		ok(!strcmp(name, c->name), "%s: %s", c->what, name);
	}
	test_long_names_differ();
	test_marks();
	test_monsters();
	return tap_done();
}
