/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cards that are not there: the words for it, and that nothing stays open. Those that are there
 * need the machine test. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "capture/identity.h"
#include "capture/source.h"
#include "tests/tap.h"

static int open_files(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void test_open(struct source *s, int expected, const char *words)
{
	int before = open_files(), r = s->ops->open(s);

	ok(r == expected && strcmp(s->reason, words) == 0, "%d %s", r, s->reason);
	ok(open_files() == before, "nothing stays open");
	s = source_free(s);
}

int main(void)
{
	struct video_want want = { .width = 640, .height = 480, .format_auto = true };
	char node[16], longish[600], identity[IDENTITY_MAX] = "usb 1234:5678 no near 1-1";
	struct source *s = NULL;

	ok(source_free(NULL) == NULL, "freeing nothing");
	(void) source_v4l2_new(&s, "/dev/no-such-card", &want);
	test_open(s, -ENOENT, "no device /dev/no-such-card");
	(void) source_v4l2_new(&s, "/dev/null", &want);
	test_open(s, -ENOTTY, "/dev/null is not a video device");
	(void) source_alsa_new(&s, "hw:31,0", NULL);
	test_open(s, -ENOENT, "no sound card hw:31,0");
	(void) source_alsa_new(&s, "auto", "/dev/null");
	test_open(s, -ENODEV, "no sound card beside /dev/null");

	memset(longish, 'x', sizeof(longish) - 1);
	longish[sizeof(longish) - 1] = '\0';
	ok(source_v4l2_new(&s, longish, &want) == -ENAMETOOLONG &&
			source_alsa_new(&s, longish, NULL) == -ENAMETOOLONG &&
			source_alsa_new(&s, "auto", longish) == -ENAMETOOLONG,
		"names have a limit");
	ok(identity_find_video(identity, node, sizeof(node)) == -ENOENT, "an unknown card");
	identity_part(identity);
	ok(strcmp(identity, "usb 1234:5678 no near 1-1") == 0, "which has no twin");
	ok(identity_locate("/dev/video0", "", node, sizeof(node)) == 0 &&
			strcmp(node, "/dev/video0") == 0,
		"before anything is known: by name");
	ok(identity_locate("/dev/v4l/x", identity, node, sizeof(node)) == 0 &&
			strcmp(node, "/dev/v4l/x") == 0,
		"links that udev keeps: by name");
	ok(identity_locate("/dev/video0", identity, node, sizeof(node)) == -ENOENT,
		"else by identity");
	ok(identity_locate(longish, "", node, sizeof(node)) == -ENAMETOOLONG, "room for the name");
	return tap_done();
}
