/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that are run: what they say, how they end, what they begin with. */
#include "common/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "tests/tap.h"

#define LATE_USEC 1000 /* for what would go on for ever */

static int run_within(
	const char *script, enum run_output output, uint64_t timeout_usec, char *text, size_t size)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct run how = {
		.output = output, .timeout_usec = timeout_usec, .text = text, .size = size
	};

	return run_program(argv, &how);
}

static int run(const char *script, enum run_output output, char *text, size_t size)
{
	return run_within(script, output, USEC_INFINITY, text, size);
}

static void test_end(void)
{
	const struct run how = { .timeout_usec = USEC_INFINITY };
	const char *const missing[] = { "/nonexistent/program", NULL };
	const char *const folder[] = { "/", NULL };
	char text[64] = "x";

	ok(run("exit 3", RUN_OURS, NULL, 0) == 3, "its exit status");
	ok(run("kill -TERM $$", RUN_OURS, NULL, 0) == 128 + SIGTERM, "its signal");
	ok(run_program(missing, &how) == -ENOENT, "one that is not there");
	ok(run_program(folder, &how) == -EACCES, "one that is none");
	ok(run_program(missing, &(struct run){ .output = RUN_LAST,
					.timeout_usec = USEC_INFINITY,
					.text = text,
					.size = sizeof(text) }) == -ENOENT &&
			!*text,
		"then it has said nothing");
}

static void test_last(void)
{
	char text[64];

	ok(run("echo a; echo b >&2; cat", RUN_LAST, text, sizeof(text)) == 0 &&
			strcmp(text, "a\nb\n") == 0,
		"what it says on both outputs; it has no input");
	ok(run("i=0; while [ $i -lt 999 ]; do echo $i; i=$((i+1)); done; echo end", RUN_LAST, text,
		   sizeof(text)) == 0 &&
			strlen(text) == sizeof(text) - 1 && strstr(text, "998\nend\n"),
		"only the end of it: %zu bytes", strlen(text));
	ok(run("head -c 100000 /dev/zero | tr '\\0' x; echo end", RUN_LAST, text, sizeof(text)) ==
				0 &&
			strlen(text) == sizeof(text) - 1 && strcmp(text + 59, "end\n") == 0,
		"also of long ones");
}

static void test_whole(void)
{
	char text[9];

	ok(run("echo 1234567; echo to standard error >&2", RUN_WHOLE, text, sizeof(text)) == 0 &&
			strcmp(text, "1234567\n") == 0,
		"all of its standard output");
	ok(run("echo 12345678", RUN_WHOLE, text, sizeof(text)) == -E2BIG, "not a part of it");
	ok(run("yes", RUN_WHOLE, text, sizeof(text)) == -E2BIG, "nor without an end");
	ok(run("", RUN_WHOLE, text, sizeof(text)) == 0 && !*text, "nothing at all");
}

/* What comes out where ours goes; both outputs are a file meanwhile. */
static void heard(const char *script, enum run_output output, char *ret, size_t size)
{
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	FILE *f = tmpfile();
	size_t n;

	if (out < 0 || err < 0 || !f)
		abort();
	dup2(fileno(f), STDOUT_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	(void) run(script, output, NULL, 0);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(f);
	n = fread(ret, 1, size - 1, f);
	ret[n] = '\0';
	fclose(f);
}

static void test_ours(void)
{
	char text[64];

	heard("echo a; echo b >&2", RUN_OURS, text, sizeof(text));
	ok(strcmp(text, "a\nb\n") == 0, "both outputs are ours: %zu bytes", strlen(text));
	heard("echo a; echo b >&2; cat", RUN_SILENT, text, sizeof(text));
	ok(strcmp(text, "b\n") == 0, "or only the errors: %zu bytes", strlen(text));
}

static void test_late(void)
{
	char text[64];

	ok(run_within("exec sleep 1000", RUN_LAST, LATE_USEC, text, sizeof(text)) == -ETIMEDOUT,
		"one that does not end is killed");
	ok(run_within("exec sleep 1000 >/dev/null 2>&1", RUN_OURS, LATE_USEC, NULL, 0) ==
			-ETIMEDOUT,
		"also when nothing is read");
	ok(run_within("exec yes", RUN_LAST, LATE_USEC, text, sizeof(text)) == -ETIMEDOUT,
		"and when it talks all the time");
	ok(run("sleep 3 & exit 4", RUN_LAST, text, sizeof(text)) == 4,
		"what it leaves behind is not waited for");
	ok(run("yes & exit 5", RUN_LAST, text, sizeof(text)) == 5, "even when that talks on");
}

/* Who is apart is killed with all it has started, which is ours to bury here. */
static void test_cancel(void)
{
	const char *const argv[] = { "sh", "-c", "exec sleep 1000", NULL };
	int fds[2], r;
	struct run how = { .output = RUN_SILENT, .timeout_usec = USEC_INFINITY, .cancel = &fds[0] };

	if (pipe2(fds, O_CLOEXEC) < 0)
		abort();
	(void) !write(fds[1], "", 1);
	r = run_program(argv, &how);
	ok(r == -ECANCELED && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
		"what is called off does not run any more: %d", r);
	close(fds[0]);
	close(fds[1]);
}

static void test_apart_late(void)
{
	char script[64], text[8];
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct run how = { .output = RUN_WHOLE,
		.timeout_usec = USEC_INFINITY,
		.apart = true,
		.text = text,
		.size = sizeof(text) };
	int fds[2], status = 0;
	pid_t left = 0;
	ssize_t n;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || pipe(fds) < 0)
		abort();
	snprintf(script, sizeof(script), "sleep 1000 & echo $! >&%d; exec yes", fds[1]);
	ok(run_program(argv, &how) == -E2BIG, "one with somebody in the background");
	n = read(fds[0], script, sizeof(script) - 1);
	if (n > 0) {
		script[n] = '\0';
		left = (pid_t) strtol(script, NULL, 10);
	}
	ok(left > 0 && waitpid(left, &status, 0) == left && WIFSIGNALED(status) &&
			WTERMSIG(status) == SIGKILL,
		"is killed with him");
	close(fds[0]);
	close(fds[1]);
}

static unsigned long long mask_of(const char *text, const char *name)
{
	const char *found = strstr(text, name);

	return found ? strtoull(found + strlen(name), NULL, 16) : ~0ULL;
}

/* What is blocked and ignored here must not be so there. */
static void test_signals(void)
{
	char text[256];
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &before);
	signal(SIGPIPE, SIG_IGN);
	ok(run("grep -E '^Sig(Blk|Ign)' /proc/self/status", RUN_WHOLE, text, sizeof(text)) == 0,
		"what becomes of signals");
	ok(mask_of(text, "SigBlk:") == 0, "none is blocked");
	ok(!(mask_of(text, "SigIgn:") >> (SIGPIPE - 1) & 1), "what we ignore is not ignored");
	ok(run("kill -TERM $$; exit 0", RUN_OURS, NULL, 0) == 128 + SIGTERM, "so it can be ended");
	sigprocmask(SIG_SETMASK, NULL, &set);
	ok(sigismember(&set, SIGTERM) && signal(SIGPIPE, SIG_DFL) == SIG_IGN,
		"here nothing changes");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_apart(void)
{
	const char *const argv[] = { "sh", "-c", "cut -d ' ' -f 5 /proc/$$/stat; cat", NULL };
	char text[64];
	struct run how = { .output = RUN_WHOLE,
		.timeout_usec = USEC_INFINITY,
		.text = text,
		.size = sizeof(text) };

	ok(run_program(argv, &how) == 0 && strtol(text, NULL, 10) == getpgrp(),
		"it belongs to our group");
	how.apart = true;
	ok(run_program(argv, &how) == 0 && strtol(text, NULL, 10) > 0 &&
			strtol(text, NULL, 10) != getpgrp(),
		"unless it is to be apart");
}

static void test_descriptors(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char script[64], text[64];

	snprintf(script, sizeof(script), "! [ -e /proc/self/fd/%d ]", fd);
	ok(fd > 2 && run(script, RUN_LAST, text, sizeof(text)) == 0, "no descriptor of ours");
	close(fd);
	setenv("EGM_TEST", "ours", 1);
	ok(run("echo $EGM_TEST", RUN_LAST, text, sizeof(text)) == 0 && strcmp(text, "ours\n") == 0,
		"our environment");
}

int main(void)
{
	test_end();
	test_last();
	test_whole();
	test_ours();
	test_late();
	test_cancel();
	test_apart_late();
	test_signals();
	test_apart();
	test_descriptors();
	return tap_done();
}
