/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/progress.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/log.h"

#define WIDTH_MAX 400
#define WIDTH_DEFAULT 80

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* protected by lock */
static bool active;
static char line[WIDTH_MAX];

static int width(void)
{
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col < 10)
		return WIDTH_DEFAULT;
	return MIN((int) w.ws_col, WIDTH_MAX) - 1;
}

/* "\r" to the line's start, "ESC [ K" clears to its end (ECMA-48). */
static void draw(void)
{
	fprintf(stderr, "\r\033[K%.*s", width(), line);
	fflush(stderr);
}

static void around_log(bool before)
{
	pthread_mutex_lock(&lock);
	if (active && before)
		fputs("\r\033[K", stderr);
	else if (active)
		draw();
	pthread_mutex_unlock(&lock);
}

bool progress_begin(void)
{
	active = isatty(STDERR_FILENO);
	if (active)
		log_set_stderr_hook(around_log);
	return active;
}

void progress_show(const char *text)
{
	pthread_mutex_lock(&lock);
	if (active) {
		snprintf(line, sizeof(line), "%s", text);
		draw();
	}
	pthread_mutex_unlock(&lock);
}

void progress_end(void)
{
	pthread_mutex_lock(&lock);
	if (active)
		fputc('\n', stderr);
	active = false;
	pthread_mutex_unlock(&lock);
}
