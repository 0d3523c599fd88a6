/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first line counts and not the last, because libav tells the cause first and what it then gave
 * up afterwards. Lines may come in pieces (a print without an end of line is continued by the
 * next).
 */
#include "media/av-log.h"

#include <dlfcn.h>
#include <libavutil/log.h>
#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/url.h"

#define LINE_MAX_BYTES 512

/* libav's callback has no pointer of ours: a thread's own variable is the only place. */
static _Thread_local struct {
	char text[LINE_MAX_BYTES];
	char masked[LINE_MAX_BYTES];
	size_t size;
	bool complete;
} line;

PRINTF_LIKE(3, 0) static void keep_line(void *avcl, int level, const char *fmt, va_list ap)
{
	int n;

	(void) avcl;
	if (level > AV_LOG_ERROR || line.complete)
		return;
	n = vsnprintf(line.text + line.size, sizeof(line.text) - line.size, fmt, ap);
	if (n < 0)
		return;
	line.size = MIN(line.size + (size_t) n, sizeof(line.text) - 1);
	if (line.size == 0 ||
		(line.text[line.size - 1] != '\n' && line.size < sizeof(line.text) - 1))
		return;
	line.size = strcspn(line.text, "\n");
	line.text[line.size] = '\0';
	line.complete = line.size > 0;
}

/* The types are those of srt_setloghandler() in srt/srt.h. */
static void ignore_srt(
	void *opaque, int level, const char *file, int number, const char *area, const char *text)
{
	(void) opaque, (void) level, (void) file, (void) number, (void) area, (void) text;
}

void avlog_capture(void)
{
	void (*set_handler)(void *opaque, __typeof__(ignore_srt) *handler);

	av_log_set_callback(keep_line);
	/* libavformat brings libsrt along, which prints on threads of its own; where it does not,
	 * there is nothing to silence. */
	*(void **) &set_handler = dlsym(RTLD_DEFAULT, "srt_setloghandler");
	if (set_handler)
		set_handler(NULL, ignore_srt);
}

void avlog_clear(void)
{
	line.text[0] = line.masked[0] = '\0';
	line.size = 0;
	line.complete = false;
}

const char *avlog_line(void)
{
	_cleanup_(freep) char *masked = NULL;

	line.masked[0] = '\0';
	if (line.text[0])
		masked = url_mask_text(line.text);
	if (masked)
		snprintf(line.masked, sizeof(line.masked), "%s", masked);
	line.masked[strcspn(line.masked, "\n")] = '\0';
	return line.masked;
}
