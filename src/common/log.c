/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message is put together by whoever logs, in one piece and with the time. Without the log thread
 * it is written at once. With it, it goes into a queue: libsystemd's socket, and a pipe on stderr
 * all the same, blocks for as long as nobody reads at the other end, and the threads that encode,
 * decide and send must not.
 */
#include "common/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "common/log-queue.h"
#include "common/stage.h"
#include "common/usec.h"

/* The journal and who reads stderr put their own time to a message when it comes. When that is
 * later than this, the message tells its own. */
#define LATE_USEC (USEC_PER_SEC / 2)
#define TIME_MAX 64 /* "2025-01-31T23:59:59.999Z" in an int's years */

/* set before threads start */
static const char *log_ident = "egm";
static char log_card[64];
static bool log_to_journal;
static void (*log_stderr_hook)(bool before);
static struct log_queue *log_queue; /* NULL: there has never been a log thread */
static struct stage log_stage;

static atomic_int log_max_level = LOG_INFO;
static pthread_mutex_t log_stderr_lock = PTHREAD_MUTEX_INITIALIZER;

/* systemd tells in $JOURNAL_STREAM which stream is the journal's: "device:inode". */
static bool stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	if (!env || sscanf(env, "%llu:%llu", &dev, &ino) != 2)
		return false;
	if (fstat(STDERR_FILENO, &st) < 0)
		return false;
	return (unsigned long long) st.st_dev == dev && (unsigned long long) st.st_ino == ino;
}

void log_open(const char *ident)
{
	log_ident = ident;
	log_to_journal = stderr_is_journal();
}

void log_open_journal(const char *ident)
{
	log_ident = ident;
	log_to_journal = true;
}

void log_set_card(const char *card)
{
	snprintf(log_card, sizeof(log_card), "%s", card ? card : "");
}

void log_set_level(int level)
{
	atomic_store(&log_max_level, level);
}

int log_get_level(void)
{
	return atomic_load(&log_max_level);
}

const char *log_get_target(void)
{
	return log_to_journal ? "journal" : "console";
}

const char *log_get_ident(void)
{
	return log_ident;
}

void log_set_stderr_hook(void (*hook)(bool before))
{
	log_stderr_hook = hook;
}

static const char *level_word(int level)
{
	switch (level) {
	case LOG_DEBUG:
		return "debug: ";
	case LOG_WARNING:
		return "warning: ";
	case LOG_NOTICE:
	case LOG_INFO:
		return "";
	default:
		return "error: ";
	}
}

static void write_stderr(int level, const char *text)
{
	pthread_mutex_lock(&log_stderr_lock);
	if (log_stderr_hook)
		log_stderr_hook(true);
	fprintf(stderr, "%s: %s%s\n", log_ident, level_word(level), text);
	if (log_stderr_hook)
		log_stderr_hook(false);
	pthread_mutex_unlock(&log_stderr_lock);
}

/* ---- a message ---- */

/* What is too long is cut. */
static void add_string(struct log_message *m, size_t max, const char *key, const char *value)
{
	char *at = m->strings + m->size;
	int len = snprintf(at, max, "%s%s%s", key, *key ? "=" : "", value);

	if (len >= 0)
		m->size += MIN((size_t) len, max - 1) + 1;
}

static void compose(struct log_message *m, int level, const char *message_id,
	const char *const *fields, int err, const char *text)
{
	m->usec = usec_now();
	m->wall_usec = usec_of(CLOCK_REALTIME);
	m->level = level;
	m->err = err;
	m->size = 0;
	add_string(m, LOG_TEXT_MAX, "", text);
	if (message_id)
		add_string(m, LOG_FIELD_MAX, "MESSAGE_ID", message_id);
	for (int i = 0; fields && fields[0] && i < LOG_FIELDS_MAX; i++, fields += 2)
		if (fields[1])
			add_string(m, LOG_FIELD_MAX, fields[0], fields[1]);
}

static void add_field(
	struct iovec *iov, int *n, char *buf, size_t size, const char *key, const char *value)
{
	int len = snprintf(buf, size, "%s=%s", key, value);

	if (len < 0)
		return;
	iov[(*n)++] = (struct iovec){ .iov_base = buf, .iov_len = MIN((size_t) len, size - 1) };
}

/* text: the message's, and what is to be said about it; when: NULL unless it is late. */
static void write_journal(const struct log_message *m, const char *text, const char *when)
{
	char message[LOG_TEXT_MAX + TIME_MAX + 16], bufs[5][LOG_FIELD_MAX];
	struct iovec iov[LOG_FIELDS_MAX + 7];
	const char *end = m->strings + m->size;
	int n = 0;

	add_field(iov, &n, message, sizeof(message), "MESSAGE", text);
	snprintf(bufs[0], sizeof(bufs[0]), "PRIORITY=%d", m->level);
	iov[n++] = (struct iovec){ .iov_base = bufs[0], .iov_len = strlen(bufs[0]) };
	add_field(iov, &n, bufs[1], sizeof(bufs[1]), "SYSLOG_IDENTIFIER", log_ident);
	if (log_card[0])
		add_field(iov, &n, bufs[2], sizeof(bufs[2]), "EGM_CARD", log_card);
	if (m->err) {
		snprintf(bufs[3], sizeof(bufs[3]), "ERRNO=%d", m->err);
		iov[n++] = (struct iovec){ .iov_base = bufs[3], .iov_len = strlen(bufs[3]) };
	}
	if (when)
		add_field(iov, &n, bufs[4], sizeof(bufs[4]), "EGM_TIME", when);
	for (const char *p = m->strings + strlen(m->strings) + 1; p < end; p += strlen(p) + 1)
		iov[n++] = (struct iovec){ .iov_base = (char *) p, .iov_len = strlen(p) };
	(void) sd_journal_sendv(iov, n);
}

static const char *time_words(uint64_t wall_usec, char *buf, size_t size)
{
	time_t seconds = (time_t) (wall_usec / USEC_PER_SEC);
	char day[TIME_MAX - 8];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return NULL;
	snprintf(buf, size, "%s.%03" PRIu64 "Z", day, wall_usec % USEC_PER_SEC / USEC_PER_MSEC);
	return buf;
}

/* Blocks for as long as the journal or the reader of stderr likes. */
static void write_message(const struct log_message *m)
{
	char text[LOG_TEXT_MAX + TIME_MAX + 8], words[TIME_MAX];
	const char *when = NULL;

	if (usec_now() - m->usec >= LATE_USEC)
		when = time_words(m->wall_usec, words, sizeof(words));
	snprintf(text, sizeof(text), "%.*s%s%s%s", LOG_TEXT_MAX, m->strings, when ? " (at " : "",
		when ? when : "", when ? ")" : "");
	if (log_to_journal)
		write_journal(m, text, when);
	else
		write_stderr(m->level, text);
}

/* ---- the log thread ---- */

static void write_loss(const struct log_loss *loss)
{
	struct log_message m;
	char text[128], n[32];

	if (LOG_WARNING > log_get_level())
		return;
	snprintf(n, sizeof(n), "%" PRIu64, loss->n);
	snprintf(text, sizeof(text),
		"%s message%s lost here: what came before could not be written", n,
		loss->n == 1 ? " was" : "s were");
	compose(&m, LOG_WARNING, LOG_EVENT_LOST, LOG_FIELDS("EGM_LOST", n), 0, text);
	m.usec = loss->usec;
	m.wall_usec = loss->wall_usec;
	write_message(&m);
}

static void log_main(void *userdata)
{
	struct log_message m;
	struct log_loss loss;
	int r;

	while ((r = log_queue_take(userdata, &m, &loss)) >= 0) {
		if (r > 0)
			write_message(&m);
		else
			write_loss(&loss);
	}
}

/* Libraries (libv4l2, alsa-lib) say some things on stderr, from whatever thread they are in. The
 * journal's stream is ours alone, so nobody else minds that it does not wait for its reader. */
static void unblock_stderr(void)
{
	int flags = fcntl(STDERR_FILENO, F_GETFL);

	if (log_to_journal && flags >= 0)
		(void) fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK);
}

int log_start(void)
{
	int r = 0;

	if (!log_queue)
		r = log_queue_new(&log_queue);
	if (r < 0)
		return r;
	unblock_stderr();
	log_queue_open(log_queue);
	log_stage = STAGE_NULL;
	r = stage_start(&log_stage, "log", log_main, log_queue);
	if (r < 0) {
		stage_deinit(&log_stage);
		log_queue = log_queue_free(log_queue);
	}
	return r;
}

int log_stop(uint64_t until_usec)
{
	int r;

	if (!log_queue)
		return 0;
	log_queue_end(log_queue);
	r = stage_join(&log_stage, until_usec);
	if (r < 0)
		log_queue_give_up(log_queue);
	else
		stage_deinit(&log_stage);
	return r;
}

void log_count(uint64_t *ret_waiting, uint64_t *ret_lost)
{
	*ret_waiting = *ret_lost = 0;
	if (log_queue)
		log_queue_count(log_queue, ret_waiting, ret_lost);
}

int log_full(
	int level, const char *message_id, const char *const *fields, int err, const char *fmt, ...)
{
	int saved = errno;
	char text[LOG_TEXT_MAX];
	struct log_message m;
	va_list ap;

	err = abs(err);
	if (level > atomic_load_explicit(&log_max_level, memory_order_relaxed))
		return -err;
	errno = err; /* for %m */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	compose(&m, level, message_id, fields, err, text);
	if (!log_queue || log_queue_put(log_queue, &m) == -ESHUTDOWN)
		write_message(&m);
	errno = saved;
	return -err;
}
