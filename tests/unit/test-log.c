/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "common/log-queue.h"
#include "common/usec.h"
#include "tests/tap.h"

#define LONG (20 * USEC_PER_SEC) /* a limit that only what is broken reaches */
#define WALL 1738367999          /* 2025-01-31 23:59:59 UTC */
#define KEPT 4000

static int hook_before, hook_after;

/* The journal: how often it was written to, the fields of the last message, one per line, and the
 * first of them, which is the text, of all. While it is stuck, each call waits for a permit. */
static atomic_int journal_entered, journal_calls;
static char journal[8192];
static char *journal_texts[KEPT];
static atomic_bool journal_stuck;
static sem_t journal_permits;

/* In the place of libsystemd's. */
int sd_journal_sendv(const struct iovec *iov, int n);
int sd_journal_sendv(const struct iovec *iov, int n)
{
	size_t used = 0;
	int call = atomic_load(&journal_calls);

	atomic_fetch_add(&journal_entered, 1);
	if (atomic_load(&journal_stuck))
		while (sem_wait(&journal_permits) < 0)
			;
	for (int i = 0; i < n; i++)
		used += (size_t) snprintf(journal + used, sizeof(journal) - used, "%.*s\n",
			(int) iov[i].iov_len, (const char *) iov[i].iov_base);
	if (call < KEPT)
		journal_texts[call] =
			strndup((const char *) iov[0].iov_base + 8, iov[0].iov_len - 8);
	atomic_fetch_add(&journal_calls, 1);
	return 0;
}

/* In the place of libc's: the wall clock stands still, the other one can be put on. */
static _Atomic uint64_t clock_skew_sec;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (clock == CLOCK_REALTIME) {
		*ts = (struct timespec){ .tv_sec = WALL, .tv_nsec = 999500000 };
		return 0;
	}
	if (syscall(SYS_clock_gettime, clock, ts) < 0)
		return -1;
	ts->tv_sec += (time_t) atomic_load(&clock_skew_sec);
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

static void use_journal(void)
{
	char stream[64];
	struct stat st;

	(void) fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long) st.st_dev,
		(unsigned long long) st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("proof");
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

	use_journal();
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

/* ---- with the log thread ---- */

static void journal_forget(void)
{
	for (int i = 0; i < KEPT; i++) {
		free(journal_texts[i]);
		journal_texts[i] = NULL;
	}
	atomic_store(&journal_calls, 0);
	atomic_store(&journal_entered, 0);
}

static bool reaches(atomic_int *n, int wanted)
{
	uint64_t until = usec_now() + LONG;

	while (atomic_load(n) < wanted && usec_now() < until)
		(void) poll(NULL, 0, 1);
	return atomic_load(n) >= wanted;
}

/* From now on the journal takes nothing; the log thread hangs in its first message. */
static bool journal_stick(void)
{
	journal_forget();
	sem_init(&journal_permits, 0, 0);
	atomic_store(&journal_stuck, true);
	log_notice("the first");
	return reaches(&journal_entered, 1);
}

static void journal_release(void)
{
	atomic_store(&journal_stuck, false);
	sem_post(&journal_permits);
}

static bool text_is(int i, const char *text)
{
	return i < KEPT && journal_texts[i] && strcmp(journal_texts[i], text) == 0;
}

static uint64_t waiting(void)
{
	uint64_t n, lost;

	log_count(&n, &lost);
	return n;
}

static uint64_t lost(void)
{
	uint64_t n, lost;

	log_count(&n, &lost);
	return lost;
}

/* Each is as long as a text may be and begins with a number. */
static void log_long(int from, int to)
{
	for (int i = from; i < to; i++)
		log_notice("%06d %01000d", i, i);
}

static bool are_long(int at, int from, int to)
{
	char text[LOG_TEXT_MAX];
	bool good = true;

	for (int i = from; i < to; i++) {
		snprintf(text, sizeof(text), "%06d %01000d", i, i);
		good = good && text_is(at + i - from, text);
	}
	return good;
}

static void test_thread_order(void)
{
	const char *names[] = { "one", "two", "six" };
	int next[3] = { 0 }, in_order = 0, r;
	pthread_t t[3];

	journal_forget();
	ok(log_start() == 0, "the log thread starts");
	ok(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK,
		"what libraries say into the journal's stream does not block either");
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, chatter, (void *) (uintptr_t) names[i]);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	r = log_stop(usec_now() + LONG);
	ok(r == 0 && atomic_load(&journal_calls) == 300,
		"its end writes all that is queued (%d of 300)", atomic_load(&journal_calls));
	for (int i = 0; i < 300; i++) {
		char name[4];
		int n;

		if (!journal_texts[i] ||
			sscanf(journal_texts[i], "thread %3s says %d", name, &n) != 2)
			continue;
		for (int k = 0; k < 3; k++)
			in_order += strcmp(name, names[k]) == 0 && n == next[k]++;
	}
	ok(in_order == 300, "each thread's messages in order (%d of 300)", in_order);
	log_notice("afterwards");
	ok(atomic_load(&journal_calls) == 301 && text_is(300, "afterwards"),
		"afterwards they are written at once again");
	ok(log_stop(0) == 0, "a second stop does nothing");
	log_notice("still");
	ok(atomic_load(&journal_calls) == 302, "… at all");
}

static void test_thread_stuck(void)
{
	char long_value[600];

	(void) log_start();
	ok(journal_stick(), "the journal is stuck");
	memset(long_value, 'y', sizeof(long_value));
	long_value[sizeof(long_value) - 1] = '\0';
	log_error("second");
	(void) log_full(LOG_WARNING, "0123456789abcdef0123456789abcdef",
		LOG_FIELDS("EGM_OUTPUT", "srs", "EGM_REASON", NULL, "EGM_LONG", long_value), EPIPE,
		"output lost: %m");
	ok(atomic_load(&journal_calls) == 0 && waiting() == 2,
		"whoever logs comes back while it is stuck");
	journal_release();
	ok(log_stop(usec_now() + LONG) == 0 && text_is(0, "the first") && text_is(1, "second") &&
			text_is(2, "output lost: Broken pipe"),
		"nothing is lost, in order");
	ok(has("PRIORITY=4") && has("SYSLOG_IDENTIFIER=proof") && has("ERRNO=32") &&
			has("MESSAGE_ID=0123456789abcdef0123456789abcdef") &&
			has("EGM_CARD=video0") && has("EGM_OUTPUT=srs") &&
			!strstr(journal, "EGM_REASON") &&
			strlen(strstr(journal, "EGM_LONG=")) > 200,
		"with all fields");
	ok(!strstr(journal, "EGM_TIME"), "who is in time needs no time of his own");
}

static void test_thread_late(void)
{
	(void) log_start();
	(void) journal_stick();
	log_notice("Late");
	atomic_fetch_add(&clock_skew_sec, 1);
	journal_release();
	(void) log_stop(usec_now() + LONG);
	atomic_store(&clock_skew_sec, 0);
	ok(text_is(0, "the first") && text_is(1, "Late (at 2025-01-31T23:59:59.999Z)") &&
			has("EGM_TIME=2025-01-31T23:59:59.999Z"),
		"who is late says when it was: %s", journal_texts[1]);
}

static void test_thread_overflow(void)
{
	uint64_t before = lost();

	(void) log_start();
	(void) journal_stick();
	for (int i = 0; i < LOG_QUEUE_MESSAGES + 5; i++)
		log_notice("number %d", i);
	ok(waiting() == LOG_QUEUE_MESSAGES && lost() == before + 5,
		"only so many messages wait, the others are counted");
	atomic_fetch_add(&clock_skew_sec, 10);
	sem_post(&journal_permits);
	(void) reaches(&journal_entered, 2);
	log_notice("there is room for one");
	ok(lost() == before + 6, "what is lost is one piece: it goes on until the queue is empty");
	journal_release();
	ok(reaches(&journal_calls, LOG_QUEUE_MESSAGES + 2), "then the journal goes on");
	ok(strncmp(journal_texts[LOG_QUEUE_MESSAGES], "number 999 (at ", 15) == 0 &&
			strncmp(journal_texts[LOG_QUEUE_MESSAGES + 1],
				"6 messages were lost here: ", 27) == 0 &&
			strstr(journal_texts[LOG_QUEUE_MESSAGES + 1], "(at 2025-") &&
			has("EGM_LOST=6") && has("PRIORITY=4") && has("MESSAGE_ID=" LOG_EVENT_LOST),
		"and gets one line about it, where they are missing, with the time: %s",
		journal_texts[LOG_QUEUE_MESSAGES + 1]);
	log_notice("again");
	(void) log_stop(usec_now() + LONG);
	atomic_store(&clock_skew_sec, 0);
	ok(atomic_load(&journal_calls) == LOG_QUEUE_MESSAGES + 3 &&
			text_is(LOG_QUEUE_MESSAGES + 2, "again"),
		"then messages as before");
}

static void test_thread_bytes(void)
{
	uint64_t before = lost();
	int n;

	(void) log_start();
	(void) journal_stick();
	log_long(0, 400);
	n = (int) waiting();
	ok(n > 200 && n * 1000 <= LOG_QUEUE_BYTES && lost() == before + 400 - (uint64_t) n,
		"only so many bytes wait: %d long messages", n);
	journal_release();
	(void) log_stop(usec_now() + LONG);
	ok(are_long(1, 0, n) && strstr(journal_texts[n + 1], " messages were lost here"),
		"they are whole, the loss is told at the end too");

	(void) log_start();
	(void) journal_stick();
	log_long(0, 200);
	for (int i = 0; i < 150; i++)
		sem_post(&journal_permits);
	(void) reaches(&journal_entered, 151);
	log_long(200, 380);
	ok(waiting() == 230, "what was taken makes room");
	journal_release();
	ok(log_stop(usec_now() + LONG) == 0 && are_long(1, 0, 380) &&
			atomic_load(&journal_calls) == 381,
		"round the ring's end they stay whole and in order");
}

static void test_thread_level(void)
{
	(void) log_start();
	(void) journal_stick();
	log_long(0, 400);
	log_set_level(LOG_ERR);
	journal_release();
	(void) log_stop(usec_now() + LONG);
	ok(!strstr(journal, "EGM_LOST"), "who wants only errors is not told of a loss");
	log_set_level(LOG_INFO);
}

/* Reads until the text ends like this. */
static bool read_until(int fd, char *text, size_t size, const char *end)
{
	size_t used = 0;

	while (used < size - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n = poll(&p, 1, 20000) > 0 ? read(fd, text + used, size - 1 - used) : 0;

		if (n <= 0)
			return false;
		used += (size_t) n;
		text[used] = '\0';
		if (used >= strlen(end) && strcmp(text + used - strlen(end), end) == 0)
			return true;
	}
	return false;
}

/* A service whose stderr is somebody's pipe. */
static void test_thread_pipe(void)
{
	char text[8192];
	int fds[2], kept = dup(STDERR_FILENO);

	unsetenv("JOURNAL_STREAM");
	log_open("proof");
	(void) !pipe(fds);
	(void) fcntl(fds[1], F_SETPIPE_SZ, 4096);
	(void) fcntl(fds[1], F_SETFL, O_NONBLOCK);
	while (write(fds[1], ".", 1) > 0)
		;
	(void) fcntl(fds[1], F_SETFL, 0);
	dup2(fds[1], STDERR_FILENO);
	close(fds[1]);
	(void) log_start();
	log_notice("one");
	log_error("two");
	ok(waiting() >= 1, "a pipe nobody reads does not hold up who logs");
	ok(!(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK),
		"a pipe that others may have is left alone");
	ok(read_until(fds[0], text, sizeof(text), ".proof: one\nproof: error: two\n"),
		"all is there when it is read");
	ok(log_stop(usec_now() + LONG) == 0, "the end");
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(fds[0]);
}

/* The last one: its thread is left behind. */
static void test_thread_left_behind(void)
{
	uint64_t before;

	(void) log_start();
	(void) journal_stick();
	log_notice("in the queue");
	before = lost();
	ok(log_stop(usec_now() + 20 * USEC_PER_MSEC) == -ETIMEDOUT &&
			atomic_load(&journal_calls) == 0,
		"the end does not wait for a journal that is stuck");
	log_notice("too late");
	ok(lost() == before + 1, "and nobody else does afterwards");
	ok(log_stop(usec_now() + LONG) == 0 && log_error_errno(EIO, "too late") == -EIO &&
			lost() == before + 2,
		"whatever is called");
	journal_release();
	(void) reaches(&journal_calls, 3);
}

static void test_thread(void)
{
	/* A stderr of our own: its flags change. */
	capture_begin();
	use_journal();
	test_thread_order();
	test_thread_stuck();
	test_thread_late();
	test_thread_overflow();
	test_thread_bytes();
	test_thread_level();
	test_thread_pipe();
	use_journal();
	test_thread_left_behind();
	ok(*capture_end() == '\0', "nothing went to stderr");
}

int main(void)
{
	/* Who would wait for the journal waits for ever. */
	alarm(60);
	test_stderr();
	test_threads();
	test_journal();
	test_thread();
	journal_forget();
	return tap_done();
}
