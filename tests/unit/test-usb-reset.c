/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking for a reset, with helpers that answer in all kinds of ways. */
#include "capture/usb-reset.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

#define LIMIT (60 * USEC_PER_SEC)

static struct {
	int listener;
	const char *answer; /* NULL: none, and the connection stays */
	char asked[128];
	int peer;
} helper;

static void *help(void *userdata)
{
	ssize_t n;

	(void) userdata;
	helper.peer = accept4(helper.listener, NULL, NULL, SOCK_CLOEXEC);
	n = recv(helper.peer, helper.asked, sizeof(helper.asked) - 1, 0);
	helper.asked[n > 0 ? n : 0] = '\0';
	if (helper.answer) {
		(void) send(helper.peer, helper.answer, strlen(helper.answer), MSG_NOSIGNAL);
		close(helper.peer);
	}
	return NULL;
}

static int ask(const char *answer, const char *node, int wake_fd, uint64_t until, char why[80])
{
	pthread_t t;
	int r;

	helper.answer = answer;
	helper.asked[0] = why[0] = '\0';
	pthread_create(&t, NULL, help, NULL);
	r = usb_reset("socket", "names", node, wake_fd, until, why, 80);
	pthread_join(t, NULL);
	if (!answer)
		close(helper.peer);
	return r;
}

static void test_answers(int idle)
{
	const char *video = "video0";
	char why[80];

	ok(ask("ok\n", video, idle, usec_now() + LIMIT, why) == 0, "ok");
	ok(strcmp(helper.asked, "game\n") == 0, "it was asked for the card of that node by name");
	ok(ask("not on USB\n", video, idle, usec_now() + LIMIT, why) == -ENOTSUP, "not on USB");
	ok(ask("it was reset too often, or just now\n", video, idle, usec_now() + LIMIT, why) ==
				-EIO &&
			strcmp(why, "it was reset too often, or just now") == 0,
		"refused: %s", why);
	ok(ask("", video, idle, usec_now() + LIMIT, why) == -ECONNRESET && why[0], "hung up: %s",
		why);
	ok(ask(NULL, video, idle, usec_now() + 20 * USEC_PER_MSEC, why) == -ETIMEDOUT && why[0],
		"silent: %s", why);
	ok(ask("an answer that is far longer than any that was ever agreed on, or than what would "
	       "fit into a line of the status",
		   video, idle, usec_now() + LIMIT, why) == -EIO,
		"too long");
}

static void test_wake(void)
{
	int wake = eventfd(1, EFD_CLOEXEC);
	const char *video = "video0";
	char why[80];

	ok(ask(NULL, video, wake, usec_now() + LIMIT, why) == -EAGAIN, "woken: it gives up");
	close(wake);
}

static void test_nobody(int idle)
{
	char why[80] = "";

	ok(usb_reset("socket", "names", "video1", idle, usec_now() + LIMIT, why, 80) == -ENOENT &&
			why[0],
		"a node without a name: %s", why);
	ok(usb_reset("socket", "missing", "video1", idle, usec_now() + LIMIT, why, 80) == -ENOENT,
		"no names at all");
	ok(usb_reset("nothing", "names", "video0", idle, usec_now() + LIMIT, why, 80) == -ENOENT,
		"no helper: %s", why);
}

int main(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int idle = eventfd(0, EFD_CLOEXEC);

	enter_folder();
	helper.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(helper.listener, (struct sockaddr *) &a, sizeof(a)) < 0 ||
		listen(helper.listener, 4) < 0 || mkdir("names", 0755) < 0 ||
		symlink("../video0", "names/game") < 0 ||
		symlink("../video1", "names/Not a name") < 0 ||
		symlink("nowhere", "names/other") < 0)
		return 1;
	for (int i = 0; i < 2; i++) {
		char name[16];

		snprintf(name, sizeof(name), "video%d", i);
		fclose(fopen(name, "we"));
	}
	test_answers(idle);
	test_wake();
	test_nobody(idle);
	wipe("names");
	leave_folder();
	return tap_done();
}
