/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "tests/tap.h"

static int hook_before, hook_after;
static char journal[4096]; /* the fields of the last message, one per line */
static int journal_calls;

/* In the place of libsystemd's. */
int sd_journal_sendv(const struct iovec *iov, int n);
int sd_journal_sendv(const struct iovec *iov, int n)
{
	size_t used = 0;

	journal_calls++;
	for (int i = 0; i < n; i++)
		used += (size_t) snprintf(journal + used, sizeof(journal) - used, "%.*s\n",
			(int) iov[i].iov_len, (const char *) iov[i].iov_base);
	return 0;
}

static void hook(bool before)
{
	hook_before += before;
	hook_after += !before;
}

static FILE *capture;
static int real_stderr;

static void capture_begin(void)
{
	capture = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	dup2(fileno(capture), STDERR_FILENO);
}

static const char *capture_end(void)
{
	static char text[16384];
	size_t n;

	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	rewind(capture);
	n = fread(text, 1, sizeof(text) - 1, capture);
	text[n] = '\0';
	fclose(capture);
	return text;
}

static void *chatter(void *arg)
{
	for (int i = 0; i < 100; i++)
		log_info("thread %s says %03d", (const char *) arg, i);
	return NULL;
}

static void test_threads(void)
{
	pthread_t t[3];
	const char *text, *names[] = { "one", "two", "six" };
	int lines = 0, whole = 0;

	capture_begin();
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, chatter, (void *) (uintptr_t) names[i]);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	text = capture_end();
	for (const char *p = text; *p; p = strchr(p, '\n') + 1) {
		int end = 0;

		lines++;
		(void) sscanf(p, "proof: thread %*3s says %*3d%n", &end);
		whole += end > 0 && p[end] == '\n';
	}
	ok(lines == 300 && whole == 300, "lines of several threads stay whole (%d of %d)", whole,
		lines);
}

static void test_stderr(void)
{
	const char *text;
	int r;

	unsetenv("JOURNAL_STREAM");
	log_open("proof");
	capture_begin();
	log_error("bad %d", 1);
	log_warning("healed");
	log_notice("changed");
	log_info("fine");
	log_debug("hidden");
	errno = EPERM;
	r = log_error_errno(ENOENT, "no card: %m");
	ok(r == -ENOENT && errno == EPERM, "returns the error, leaves errno alone");
	r = log_warning_errno(-EBUSY, "%s: %m", "card");
	ok(r == -EBUSY, "takes an errno of either sign");
	text = capture_end();
	ok(strcmp(text, "proof: error: bad 1\nproof: warning: healed\nproof: changed\n"
			"proof: fine\nproof: error: no card: No such file or directory\n"
			"proof: warning: card: Device or resource busy\n") == 0,
		"one line each, with a word for what is bad");

	log_set_level(LOG_DEBUG);
	log_set_stderr_hook(hook);
	capture_begin();
	log_debug("shown");
	text = capture_end();
	ok(strcmp(text, "proof: debug: shown\n") == 0, "the level can be changed");
	ok(hook_before == 1 && hook_after == 1, "the hook runs before and after a line");
	log_set_level(LOG_ERR);
	ok(log_get_level() == LOG_ERR && log_warning_errno(EIO, "dropped") == -EIO &&
			hook_before == 1,
		"a dropped message returns its error and writes nothing");
	log_set_stderr_hook(NULL);
	log_set_level(LOG_INFO);
}

static bool has(const char *line)
{
	const char *p = strstr(journal, line);

	return p && (p == journal || p[-1] == '\n') && p[strlen(line)] == '\n';
}

static void test_journal(void)
{
	char stream[64], long_value[600];
	struct stat st;

	(void) fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long) st.st_dev,
		(unsigned long long) st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("proof");
	capture_begin();
	log_notice("elsewhere");
	ok(strcmp(capture_end(), "proof: elsewhere\n") == 0 && journal_calls == 0,
		"another stream's JOURNAL_STREAM means nothing");

	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long) st.st_dev,
		(unsigned long long) st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("proof");
	log_set_card("video0");
	(void) log_full(LOG_WARNING, "0123456789abcdef0123456789abcdef",
		LOG_FIELDS("EGM_OUTPUT", "srs", "EGM_REASON", NULL, "EGM_N", "3"), EPIPE,
		"output lost: %m");
	ok(journal_calls == 1 && has("MESSAGE=output lost: Broken pipe") && has("PRIORITY=4") &&
			has("SYSLOG_IDENTIFIER=proof") && has("ERRNO=32") &&
			has("MESSAGE_ID=0123456789abcdef0123456789abcdef"),
		"the journal gets message, priority, identifier, id and errno");
	ok(has("EGM_CARD=video0") && has("EGM_OUTPUT=srs") && has("EGM_N=3"), "… and fields");
	ok(!strstr(journal, "EGM_REASON"), "… but none without a value");

	memset(long_value, 'x', sizeof(long_value));
	long_value[sizeof(long_value) - 1] = '\0';
	log_event(LOG_INFO, NULL,
		LOG_FIELDS("F_A", long_value, "F_B", "", "F_C", "", "F_D", "", "F_E", "", "F_F", "",
			"F_G", "", "F_H", "", "F_I", "", "F_J", "", "F_K", "", "F_L", "", "F_M",
			""),
		"%s", long_value);
	ok(has("F_L=") && !strstr(journal, "F_M="), "fields beyond the twelfth are left out");
	ok(strlen(strstr(journal, "F_A=")) > 200, "long values are cut, not lost");
}

int main(void)
{
	test_stderr();
	test_threads();
	test_journal();
	return tap_done();
}
