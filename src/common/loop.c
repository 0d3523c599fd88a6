/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/loop.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "common/usec.h"

struct loop {
	struct loop_hooks hooks;
	sd_event *event;
	sd_event_source *tick, *watchdog, *wake;
	int wake_fd;
	uint64_t watchdog_usec;
};

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
	struct loop *l = userdata;

	if (si->ssi_signo == SIGHUP && l->hooks.reload) {
		l->hooks.reload(l->hooks.userdata);
		return 0;
	}
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int rearm(sd_event_source *source, uint64_t now, uint64_t period)
{
	(void) sd_event_source_set_time(source, now + period);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_tick(sd_event_source *source, uint64_t due, void *userdata)
{
	struct loop *l = userdata;

	(void) due;
	l->hooks.tick(l->hooks.userdata);
	return rearm(source, usec_now(), l->hooks.tick_usec);
}

/* Fed at a quarter of systemd's limit, and only when the work has moved on. */
static int on_watchdog(sd_event_source *source, uint64_t due, void *userdata)
{
	struct loop *l = userdata;

	(void) due;
	if (!l->hooks.progress || l->hooks.progress(l->hooks.userdata))
		(void) sd_notify(0, "WATCHDOG=1");
	return rearm(source, usec_now(), l->watchdog_usec / 4);
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct loop *l = userdata;
	uint64_t count;

	(void) source;
	(void) revents;
	(void) !read(fd, &count, sizeof(count));
	if (l->hooks.wake)
		l->hooks.wake(l->hooks.userdata);
	return 0;
}

static int add_signals(struct loop *l)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;
	int r;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	r = -sigprocmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(signals) && r >= 0; i++)
		r = sd_event_add_signal(l->event, NULL, signals[i], on_signal, l);
	signal(SIGPIPE, SIG_IGN);
	return r;
}

static int add_timers(struct loop *l)
{
	int r = 0;

	if (l->hooks.tick)
		r = sd_event_add_time(l->event, &l->tick, CLOCK_MONOTONIC,
			usec_now() + l->hooks.tick_usec, 10 * USEC_PER_MSEC, on_tick, l);
	if (r >= 0 && sd_watchdog_enabled(0, &l->watchdog_usec) > 0)
		r = sd_event_add_time(l->event, &l->watchdog, CLOCK_MONOTONIC,
			usec_now() + l->watchdog_usec / 4, 0, on_watchdog, l);
	if (l->tick)
		(void) sd_event_source_set_description(l->tick, "tick");
	if (l->watchdog)
		(void) sd_event_source_set_description(l->watchdog, "watchdog");
	return r;
}

int loop_new(struct loop **ret, const struct loop_hooks *hooks)
{
	_cleanup_(loop_freep) struct loop *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->hooks = *hooks;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		return -errno;
	r = sd_event_new(&l->event);
	if (r >= 0)
		r = add_signals(l);
	if (r >= 0)
		r = sd_event_add_io(l->event, &l->wake, l->wake_fd, EPOLLIN, on_wake, l);
	if (r >= 0)
		(void) sd_event_source_set_description(l->wake, "wake");
	if (r >= 0)
		r = add_timers(l);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(l);
	return 0;
}

struct loop *loop_free(struct loop *l)
{
	if (!l)
		return NULL;
	sd_event_source_unref(l->tick);
	sd_event_source_unref(l->watchdog);
	sd_event_source_unref(l->wake);
	sd_event_unref(l->event);
	closep(&l->wake_fd);
	free(l);
	return NULL;
}

int loop_run(struct loop *l)
{
	return sd_event_loop(l->event);
}

void loop_exit(struct loop *l, int code)
{
	(void) sd_event_exit(l->event, code);
}

void loop_wake(struct loop *l)
{
	uint64_t one = 1;

	(void) !write(l->wake_fd, &one, sizeof(one));
}

sd_event *loop_event(struct loop *l)
{
	return l->event;
}

void loop_notify(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void) sd_notify(0, text);
}

void loop_notify_reloading(void)
{
	loop_notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64, usec_now());
}
