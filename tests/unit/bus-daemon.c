/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/bus-daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char folder[64];
static pid_t daemon_pid;

static const char config[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
	" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig>\n"
	"  <listen>unix:path=%s/bus</listen>\n"
	"  <auth>EXTERNAL</auth>\n"
	"  <policy context=\"default\">\n"
	"    <allow user=\"*\"/>\n"
	"    <allow own=\"*\"/>\n"
	"    <allow send_type=\"method_call\"/>\n"
	"    <allow send_type=\"signal\"/>\n"
	"    <allow send_requested_reply=\"true\"/>\n"
	"    <allow receive_requested_reply=\"true\"/>\n"
	"  </policy>\n"
	"</busconfig>\n";

void bus_daemon_prepare(void)
{
	char path[96], address[96];
	FILE *f;

	snprintf(folder, sizeof(folder), "/tmp/egm-bus.XXXXXX");
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
		abort();
	snprintf(path, sizeof(path), "%s/bus.conf", folder);
	f = fopen(path, "w");
	if (!f || fprintf(f, config, folder) < 0 || fclose(f) != 0)
		abort();
	snprintf(address, sizeof(address), "unix:path=%s/bus", folder);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1);
}

void bus_daemon_start(void)
{
	char argument[128], line[256];
	ssize_t n;
	int fds[2];

	snprintf(argument, sizeof(argument), "--config-file=%s/bus.conf", folder);
	if (pipe(fds) < 0)
		abort();
	daemon_pid = fork();
	if (daemon_pid == 0) {
		(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void) dup2(fds[1], 3);
		(void) execlp("dbus-daemon", "dbus-daemon", argument, "--nofork", "--nopidfile",
			"--nosyslog", "--print-address=3", (char *) NULL);
		fprintf(stderr, "dbus-daemon: %s\n", strerror(errno));
		_exit(127);
	}
	close(fds[1]);
	/* It tells its address when it listens; that it ends without is told by the pipe. */
	do
		n = read(fds[0], line, sizeof(line));
	while (n < 0 && errno == EINTR);
	close(fds[0]);
	if (daemon_pid < 0 || n <= 0)
		abort();
}

void bus_daemon_stop(void)
{
	char path[96];

	(void) kill(daemon_pid, SIGKILL);
	(void) waitpid(daemon_pid, NULL, 0);
	snprintf(path, sizeof(path), "%s/bus", folder);
	(void) unlink(path);
}

void bus_daemon_clean(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/bus.conf", folder);
	(void) unlink(path);
	(void) rmdir(folder);
}

pid_t bus_client(int (*fn)(void *userdata), void *userdata)
{
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (pid > 0)
		return pid;
	if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
		_exit(126);
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(fn(userdata));
}
