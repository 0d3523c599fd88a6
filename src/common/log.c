/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define LOG_FIELDS_MAX 12
#define LOG_TEXT_MAX 1024

/* set before threads start */
static const char *log_ident = "egm";
static char log_card[64];
static bool log_to_journal;
static void (*log_stderr_hook)(bool before);

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

static void add_field(
	struct iovec *iov, int *n, char *buf, size_t size, const char *key, const char *value)
{
	int len = snprintf(buf, size, "%s=%s", key, value);

	if (len < 0)
		return;
	iov[(*n)++] = (struct iovec){ .iov_base = buf, .iov_len = MIN((size_t) len, size - 1) };
}

static void write_journal(
	int level, const char *message_id, const char *const *fields, int err, const char *text)
{
	char bufs[LOG_FIELDS_MAX + 6][256], message[LOG_TEXT_MAX + 16];
	struct iovec iov[LOG_FIELDS_MAX + 6];
	int n = 0;

	add_field(iov, &n, message, sizeof(message), "MESSAGE", text);
	snprintf(bufs[0], sizeof(bufs[0]), "PRIORITY=%d", level);
	iov[n++] = (struct iovec){ .iov_base = bufs[0], .iov_len = strlen(bufs[0]) };
	add_field(iov, &n, bufs[1], sizeof(bufs[1]), "SYSLOG_IDENTIFIER", log_ident);
	if (message_id)
		add_field(iov, &n, bufs[2], sizeof(bufs[2]), "MESSAGE_ID", message_id);
	if (log_card[0])
		add_field(iov, &n, bufs[3], sizeof(bufs[3]), "EGM_CARD", log_card);
	if (err) {
		snprintf(bufs[4], sizeof(bufs[4]), "ERRNO=%d", err);
		iov[n++] = (struct iovec){ .iov_base = bufs[4], .iov_len = strlen(bufs[4]) };
	}
	for (int i = 0; fields && fields[0] && i < LOG_FIELDS_MAX; i++, fields += 2)
		if (fields[1])
			add_field(iov, &n, bufs[5 + i], sizeof(bufs[0]), fields[0], fields[1]);
	(void) sd_journal_sendv(iov, n);
}

int log_full(
	int level, const char *message_id, const char *const *fields, int err, const char *fmt, ...)
{
	int saved = errno;
	char text[LOG_TEXT_MAX];
	va_list ap;

	err = abs(err);
	if (level > atomic_load_explicit(&log_max_level, memory_order_relaxed))
		return -err;
	errno = err; /* for %m */
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (log_to_journal)
		write_journal(level, message_id, fields, err, text);
	else
		write_stderr(level, text);
	errno = saved;
	return -err;
}
