/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines in the administrator's rules for udev. */
#include "egmctl/local-rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define PORT_LINE                                                                      \
	"SUBSYSTEM==\"video4linux\", ENV{ID_PATH}==\"pci-0000:00:14.0-usb-0:2:1.0\", " \
	"ATTR{index}==\"0\", ENV{EGM_NAME}=\"left\""
#define SERIAL_LINE                                                           \
	"SUBSYSTEM==\"video4linux\", ENV{ID_SERIAL}==\"MACROSILICON_2021\", " \
	"ENV{ID_USB_INTERFACE_NUM}==\"00\", ATTR{index}==\"0\", ENV{EGM_NAME}=\"left\""
#define IGNORE_LINE                                                                    \
	"SUBSYSTEM==\"video4linux\", ENV{ID_PATH}==\"pci-0000:00:14.0-usb-0:2:1.0\", " \
	"ATTR{index}==\"0\", ENV{EGM_IGNORE}=\"1\""

static struct node card(void)
{
	return (struct node){ .node = "/dev/video0",
		.port = "pci-0000:00:14.0-usb-0:2:1.0",
		.serial = "2021",
		.id = "MACROSILICON_2021",
		.usb_if = "00",
		.index = "0" };
}

static void test_line(void)
{
	char line[LOCAL_RULES_LINE_MAX] = "";
	struct node n = card();

	ok(local_rules_line(&n, LOCAL_RULES_PORT, "left", line) == 0 && !strcmp(line, PORT_LINE),
		"by port: %s", line);
	ok(local_rules_line(&n, LOCAL_RULES_SERIAL, "left", line) == 0 &&
			!strcmp(line, SERIAL_LINE),
		"by serial number: %s", line);
	ok(local_rules_line(&n, LOCAL_RULES_PORT, NULL, line) == 0 && !strcmp(line, IGNORE_LINE),
		"to be ignored: %s", line);
	n.shared_port = true;
	n.mbit = 5000;
	ok(local_rules_line(&n, LOCAL_RULES_PORT, "left", line) == 0 &&
			strstr(line, "usb-0:2:1.0\", ATTRS{speed}==\"5000\", ATTR{index}==\"0\", "),
		"a port of USB 3 that has the name of one of USB 2: %s", line);
	n.serial[0] = '\0';
	ok(local_rules_line(&n, LOCAL_RULES_SERIAL, "left", line) == -ENODATA,
		"without a serial number");
	n.port[0] = '\0';
	ok(local_rules_line(&n, LOCAL_RULES_PORT, "left", line) == -ENODATA, "without a port");
}

/* Nothing that a device says may end the pattern, or match other devices. */
static void test_tricks(void)
{
	static const char *const ids[] = { "a\"", "a*", "a?", "a[b]", "a|b", "a\\", "a\nb", "$env",
		"%k", "\xc3\xa4" };
	char line[LOCAL_RULES_LINE_MAX] = "kept";
	struct node n = card();

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		snprintf(n.id, sizeof(n.id), "%s", ids[i]);
		ok(local_rules_line(&n, LOCAL_RULES_SERIAL, "x", line) == -EINVAL &&
				!strcmp(line, "kept"),
			"a serial number with signs of a rule, %zu", i);
	}
}

static bool edits(const char *text, const struct node *n, const char *name, const char *line,
	const char *expected, int expected_removed)
{
	_cleanup_(freep) char *ret = NULL;
	int removed = -1;

	if (local_rules_edit(text, n, name, line, &ret, &removed) != 0)
		return false;
	if (strcmp(ret, expected) != 0 || removed != expected_removed)
		printf("# %d removed: %s\n", removed, ret);
	return strcmp(ret, expected) == 0 && removed == expected_removed;
}

static void test_edit(void)
{
	static const char other[] = "# mine\nSUBSYSTEM==\"video4linux\", KERNEL==\"video9\", "
				    "ENV{EGM_NAME}=\"nine\"\n";
	_cleanup_(freep) char *fresh = NULL;
	struct node n = card();
	char text[4096], expected[4096];

	ok(local_rules_edit("", &n, NULL, PORT_LINE, &fresh, NULL) == 0 && fresh[0] == '#' &&
			strstr(fresh, "\n" PORT_LINE "\n"),
		"a new file says what it is");
	snprintf(expected, sizeof(expected), "%s%s\n", other, PORT_LINE);
	ok(edits(other, &n, NULL, PORT_LINE, expected, 0), "lines of others stay");
	snprintf(text, sizeof(text), "%s\n%s%s\n", IGNORE_LINE, other, SERIAL_LINE);
	snprintf(expected, sizeof(expected), "%s\n%s", PORT_LINE, other);
	ok(edits(text, &n, NULL, PORT_LINE, expected, 2),
		"all lines about the node make way, the new one in the place of the first");
	ok(edits(text, &n, NULL, NULL, other, 2), "or are forgotten");
	ok(edits(PORT_LINE, &n, NULL, NULL, "", 1), "also without a line end");
	snprintf(text, sizeof(text), "%s\n%s", PORT_LINE, other);
	ok(edits(text, NULL, "left", NULL, other, 1), "by name, while it is not plugged in");
	ok(edits(text, NULL, "lef", NULL, text, 0) && edits(text, NULL, "eft", NULL, text, 0),
		"a part of a name is none");
	n.shared_port = true;
	n.mbit = 480;
	snprintf(text, sizeof(text),
		"SUBSYSTEM==\"video4linux\", ENV{ID_PATH}==\"%s\", ATTRS{speed}==\"5000\", "
		"ATTR{index}==\"0\", ENV{EGM_NAME}=\"fast\"\n",
		n.port);
	ok(edits(text, &n, NULL, NULL, text, 0), "another one in the same port but for its speed");
	n.mbit = 5000;
	ok(edits(text, &n, NULL, NULL, "", 1), "which is told by its own");
	n = card();
	snprintf(text, sizeof(text), "%s\n%s", PORT_LINE, other);
	snprintf(n.index, sizeof(n.index), "1");
	ok(edits(text, &n, NULL, NULL, text, 0), "the card's other node is another one");
	snprintf(n.index, sizeof(n.index), "0");
	snprintf(n.port, sizeof(n.port), "pci-0000:00:14.0-usb-0:2");
	ok(edits(text, &n, NULL, NULL, text, 0), "so is one whose port begins alike");
}

static void test_names(void)
{
	struct node n = card();

	ok(local_rules_has_name(PORT_LINE "\n", "left", NULL), "a name that is given");
	ok(!local_rules_has_name(PORT_LINE "\n", "left", &n), "to this very node");
	ok(!local_rules_has_name(PORT_LINE "\n", "right", NULL), "one that is not");
	ok(!local_rules_has_name("# " PORT_LINE "\n", "left", NULL), "not in a comment");
	ok(!local_rules_has_name("", "left", NULL), "not in nothing");
}

int main(void)
{
	test_line();
	test_tricks();
	test_edit();
	test_names();
	return tap_done();
}
