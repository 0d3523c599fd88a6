/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program on a real bus: no bus at first, one that goes and comes back, a name that is taken, and
 * callers whom polkit lets pass, refuses, wants a password of, or leaves waiting. The caller and
 * polkit are processes of their own. getuid() is somebody else's here, so that a caller is never
 * taken for ourselves.
 */
#include "common/bus.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "common/bus-log.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/bus-daemon.h"

#define LIMIT (20 * USEC_PER_SEC)
#define NAME "org.egm.Test"
#define POLKIT "org.freedesktop.PolicyKit1"

uid_t __wrap_getuid(void);
uid_t __wrap_getuid(void)
{
	return 4242;
}

/* ---- the program ---- */

static struct loop *loop;
static struct bus *bus;
static int connected, named, disconnected, done;

static int do_it(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *word;

	(void) userdata;
	done++;
	if (sd_bus_message_read(m, "s", &word) < 0)
		return -EINVAL;
	if (strcmp(word, "bad") == 0)
		return sd_bus_error_set(error, "org.egm.Error.Bad", "bad");
	return sd_bus_reply_method_return(m, "s", word);
}

static int on_do(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	return bus_check(bus, m, "org.egm.test.do", do_it, userdata, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Do", "s", "s", on_do, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int on_connected(void *userdata, sd_bus *connection)
{
	(void) userdata;
	connected++;
	if (bus_log_add(bus, connection) < 0)
		return -EIO;
	return sd_bus_add_object_vtable(connection, NULL, "/test", NAME, vtable, NULL);
}

static void on_named(void *userdata)
{
	(void) userdata;
	named++;
}

static void on_disconnected(void *userdata)
{
	(void) userdata;
	disconnected++;
}

static const struct bus_hooks hooks = { on_connected, on_named, on_disconnected, NULL };

static void turn(void)
{
	(void) sd_event_run(loop_event(loop), 50 * USEC_PER_MSEC);
}

static bool reaches(const int *counter, int n)
{
	uint64_t until = usec_now() + LIMIT;

	while (*counter < n && usec_now() < until)
		turn();
	return *counter >= n;
}

/* The loop goes round until the process ends; its exit status. */
static int await(pid_t pid)
{
	uint64_t until = usec_now() + LIMIT;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		turn();
		if (usec_now() > until)
			(void) kill(pid, SIGKILL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- callers ---- */

enum answer {
	YES,
	REFUSED,
	CHALLENGED,
	LIMITED,
	BAD,
	OTHER
};

static enum answer answer_of(const sd_bus_error *e)
{
	if (sd_bus_error_has_name(e, SD_BUS_ERROR_ACCESS_DENIED))
		return REFUSED;
	if (sd_bus_error_has_name(e, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))
		return CHALLENGED;
	if (sd_bus_error_has_name(e, SD_BUS_ERROR_LIMITS_EXCEEDED))
		return LIMITED;
	if (sd_bus_error_has_name(e, "org.egm.Error.Bad"))
		return BAD;
	fprintf(stderr, "%s: %s\n", e->name, e->message);
	return OTHER;
}

static int caller(void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *word;
	sd_bus *b;

	if (sd_bus_open_system(&b) < 0)
		return OTHER;
	if (sd_bus_call_method(
		    b, NAME, "/test", NAME, "Do", &error, &reply, "s", (const char *) userdata) < 0)
		return answer_of(&error);
	return sd_bus_message_read(reply, "s", &word) >= 0 && strcmp(word, userdata) == 0 ? YES
											  : OTHER;
}

static int on_limited(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	int *limited = userdata;

	(void) error;
	*limited += sd_bus_message_is_method_error(m, SD_BUS_ERROR_LIMITS_EXCEEDED) > 0;
	return 0;
}

/* Asks for more than may wait; how many were told so at once. */
static int crowd(void *userdata)
{
	int limited = 0;
	sd_bus *b;

	(void) userdata;
	if (sd_bus_open_system(&b) < 0)
		return 0;
	for (int i = 0; i < BUS_CHECKS_USER_MAX + 3; i++)
		if (sd_bus_call_method_async(
			    b, NULL, NAME, "/test", NAME, "Do", on_limited, &limited, "s", "x") < 0)
			return 0;
	while (limited < 3) {
		int r = sd_bus_process(b, NULL);

		if (r < 0 || (r == 0 && sd_bus_wait(b, LIMIT) <= 0))
			break;
	}
	return limited;
}

static int set_level(void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *b;

	if (sd_bus_open_system(&b) < 0)
		return OTHER;
	if (sd_bus_set_property(b, NAME, "/org/freedesktop/LogControl1",
		    "org.freedesktop.LogControl1", "LogLevel", &error, "s", userdata) < 0)
		return answer_of(&error);
	return YES;
}

/* ---- polkit ---- */

enum mode {
	ALLOW,
	DENY,
	CHALLENGE,
	SILENT
};

struct authority {
	enum mode mode;
	int ready[2], taken_back[2];
};

static int on_check(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct authority *a = userdata;

	(void) error;
	switch (a->mode) {
	case SILENT:
		(void) !write(a->ready[1], "?", 1);
		return 1;
	case ALLOW:
	case DENY:
	case CHALLENGE:
	default:
		return sd_bus_reply_method_return(
			m, "(bba{ss})", a->mode == ALLOW, a->mode == CHALLENGE, 0);
	}
}

static int on_cancel(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct authority *a = userdata;

	(void) error;
	(void) !write(a->taken_back[1], "!", 1);
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable authority_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", on_check,
		SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("CancelCheckAuthorization", "s", NULL, on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int authority(void *userdata)
{
	struct authority *a = userdata;
	sd_bus *b;

	if (sd_bus_open_system(&b) < 0 ||
		sd_bus_add_object_vtable(b, NULL, "/org/freedesktop/PolicyKit1/Authority",
			POLKIT ".Authority", authority_vtable, a) < 0 ||
		sd_bus_request_name(b, POLKIT, 0) < 0)
		return 1;
	(void) !write(a->ready[1], "+", 1);
	while (sd_bus_process(b, NULL) > 0 || sd_bus_wait(b, UINT64_MAX) >= 0)
		;
	return 0;
}

static bool takes_byte(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, (int) (LIMIT / USEC_PER_MSEC)) > 0 && read(fd, &c, 1) == 1;
}

static pid_t authority_begin(struct authority *a, enum mode mode)
{
	pid_t pid;

	a->mode = mode;
	if (pipe(a->ready) < 0 || pipe(a->taken_back) < 0)
		abort();
	pid = bus_client(authority, a);
	close(a->ready[1]);
	close(a->taken_back[1]);
	if (!takes_byte(a->ready[0]))
		abort();
	return pid;
}

static void authority_end(struct authority *a, pid_t pid)
{
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	close(a->ready[0]);
	close(a->taken_back[0]);
}

static int ask(enum mode mode, const char *word)
{
	struct authority a;
	pid_t pid = authority_begin(&a, mode);
	int answer = await(bus_client(caller, (void *) word));

	authority_end(&a, pid);
	return answer;
}

/* ---- tests ---- */

static void test_connection(void)
{
	struct bus *second;
	int before;

	ok(bus_new(&bus, loop, NAME, &hooks) == 0 && !bus_connection(bus), "without a bus");
	turn();
	ok(connected == 0 && !bus_connection(bus), "nothing is connected");
	bus_daemon_start();
	ok(reaches(&named, 1) && bus_connection(bus), "a bus that comes later is found");
	bus_daemon_stop();
	while (bus_connection(bus))
		turn();
	ok(true, "that it goes is noticed");
	bus_daemon_start();
	ok(reaches(&named, 2) && connected == 2 && disconnected == 1,
		"it is back: objects and name are put there again");
	before = connected;
	ok(bus_new(&second, loop, NAME, &hooks) == 0 && reaches(&connected, before + 1),
		"a second one of the name");
	turn();
	turn();
	ok(!bus_connection(second) && bus_connection(bus), "does not get it");
	/* Ours goes, and the other one's next try is good. */
	before = named;
	bus_free(bus);
	bus = second;
	ok(reaches(&named, before + 1), "until it is free");
}

static void test_checks(void)
{
	int before = done;

	ok(await(bus_client(caller, "hello")) == REFUSED && done == before,
		"no polkit: access denied");
	ok(ask(DENY, "hello") == REFUSED, "polkit refuses");
	ok(ask(CHALLENGE, "hello") == CHALLENGED, "polkit wants a password");
	ok(done == before, "and nothing was done");
	ok(ask(ALLOW, "hello") == YES && done == before + 1, "polkit allows: it is done");
	ok(ask(ALLOW, "bad") == BAD, "errors of the method come through");
}

static bool has_byte(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t until = usec_now() + LIMIT;

	while (poll(&p, 1, 0) == 0 && usec_now() < until)
		turn();
	return takes_byte(fd);
}

static void test_pending(void)
{
	struct authority a;
	pid_t polkit = authority_begin(&a, SILENT), pid = bus_client(caller, "hello");
	int before = done;

	ok(has_byte(a.ready[0]), "polkit thinks about it");
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
	ok(has_byte(a.taken_back[0]), "the caller leaves: the question is taken back");
	ok(await(bus_client(crowd, NULL)) == 3, "not more than %d of a user wait",
		BUS_CHECKS_USER_MAX);
	pid = bus_client(caller, "hello");
	(void) has_byte(a.ready[0]);
	authority_end(&a, polkit);
	ok(await(pid) == REFUSED && done == before, "polkit dies meanwhile: access denied");
}

static void test_pending_loss(void)
{
	struct authority a;
	pid_t polkit = authority_begin(&a, SILENT), pid = bus_client(caller, "hello");
	int before = named;

	ok(has_byte(a.ready[0]), "somebody waits");
	bus_daemon_stop();
	ok(await(pid) == OTHER, "the bus goes, and the caller with it");
	authority_end(&a, polkit);
	bus_daemon_start();
	ok(reaches(&named, before + 1), "we are back on the next one");
	ok(ask(ALLOW, "hello") == YES, "and of use");
}

static void test_log(void)
{
	log_set_level(LOG_INFO);
	ok(await(bus_client(set_level, "debug")) == REFUSED && log_get_level() == LOG_INFO,
		"the log level is not for everybody to set");
}

int main(void)
{
	const struct loop_hooks lh = { .wake = NULL };

	bus_daemon_prepare();
	if (loop_new(&loop, &lh) < 0)
		abort();
	test_connection();
	test_checks();
	test_pending();
	test_pending_loss();
	test_log();
	bus = bus_free(bus);
	loop_free(loop);
	bus_daemon_stop();
	bus_daemon_clean();
	return tap_done();
}
