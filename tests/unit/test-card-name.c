/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/card-name.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

static const struct {
	struct card_facts facts;
	const char *name;
	const char *what;
} cases[] = {
	{ { .product = "USB Video A", .serial = "CARD-A", .bus_info = "usb-0000:00:14.0-9" },
		"usb_video_a_card_a", "product and serial number" },
	{ { .product = "USB3 Video",
		  .serial = "20210623",
		  .serial_shared = true,
		  .bus_info = "usb-0000:00:14.0-9.2" },
		"usb_0000_00_14_0_9_2", "a shared serial number does not count" },
	{ { .bus_info = "usb-0000:00:14.0-9", .superspeed = true }, "usb_0000_00_14_0_9_ss",
		"no serial number: the port, USB 3 apart from USB 2" },
	{ { .product = "4K Capture", .serial = "7", .bus_info = "usb-x-1" }, "usb_4k_capture_7",
		"never a digit in front" },
	{ { .product = "\xe9\x87\x87\xe9\x9b\x86", .serial = "0042", .bus_info = "usb-x-1" },
		"usb_0042", "a product without a letter of ours" },
	{ { .product = "Grabber", .serial = "---", .bus_info = "usb-x-1" }, "usb_x_1",
		"a serial number without a character is none" },
	{ { .bus_info = "platform:vivid-000" }, "vivid_000", "a virtual device" },
	{ { .bus_info = "platform:fe801000.csi" }, "fe801000_csi", "a platform device" },
	{ { .bus_info = "platform:32e40000.isi" }, "platform_32e40000_isi",
		"a platform device that starts with a digit" },
	{ { .bus_info = "PCI:0000:03:00.0", .rank = 3 }, "pci_0000_03_00_0_4",
		"the fourth node of a card with four" },
	{ { .product = "Extraordinarily Long Product Name",
		  .serial = "0123456789",
		  .bus_info = "usb-x-1" },
		NULL, "a long one is cut" },
	{ { .bus_info = "" }, "", "nothing to go by" },
};

static bool is_name(const char *s)
{
	return s[0] >= 'a' && s[0] <= 'z' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s);
}

static void test_long_names_differ(void)
{
	char a[CARD_NAME_MAX], b[CARD_NAME_MAX];

	card_name_of_serial("Extraordinarily Long Product Name", "0123456789", a);
	card_name_of_serial("Extraordinarily Long Product Name", "0123456788", b);
	ok(strlen(a) < CARD_NAME_MAX && is_name(a), "a long name is at most 31 characters: %s", a);
	ok(strcmp(a, b) != 0, "two long names that end differently differ");
	card_name_of_serial("4K Extraordinarily Long Product Name", "0123456789", a);
	ok(strlen(a) < CARD_NAME_MAX && is_name(a), "and so is one with a letter put in front: %s",
		a);
}

static void test_monsters(void)
{
	char monster[4096], name[CARD_NAME_MAX];
	struct card_facts facts = { monster, monster, false, true, monster, 4294967294u };

	memset(monster, 'x', sizeof(monster) - 1);
	monster[sizeof(monster) - 1] = '\0';
	ok(card_name_make(&facts, name) == 0 && is_name(name), "endless texts are bounded");
	facts.serial_shared = true;
	ok(card_name_make(&facts, name) == 0 && is_name(name), "for the port too");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[CARD_NAME_MAX];
		int r = card_name_make(&cases[i].facts, name);

		if (cases[i].name && !cases[i].name[0])
			ok(r == -ENODATA, "%s", cases[i].what);
		else
			ok(r == 0 && is_name(name) &&
					(!cases[i].name || !strcmp(name, cases[i].name)),
				"%s: %s", cases[i].what, name);
	}
	test_long_names_differ();
	test_monsters();
	return tap_done();
}
