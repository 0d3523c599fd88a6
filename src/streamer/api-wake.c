/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the threads that make pictures to those who watch, thirty times a second: not by way of
 * loop_wake(), which has the whole status written.
 */
#include <sys/eventfd.h>
#include <systemd/sd-event.h>

#include "streamer/api-private.h"

struct api_wake {
	int fd;
	sd_event_source *io;
	void (*woken)(void *userdata);
	void *userdata;
};

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct api_wake *w = userdata;
	uint64_t n;

	(void) source, (void) events;
	if (read(fd, &n, sizeof(n)) == sizeof(n))
		w->woken(w->userdata);
	return 0;
}

int api_wake_new(
	struct api_wake **ret, struct loop *loop, void (*woken)(void *userdata), void *userdata)
{
	struct api_wake *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->woken = woken;
	w->userdata = userdata;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->fd < 0 ? -errno
		      : sd_event_add_io(loop_event(loop), &w->io, w->fd, EPOLLIN, on_io, w);
	if (r < 0) {
		api_wake_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct api_wake *api_wake_free(struct api_wake *w)
{
	if (!w)
		return NULL;
	sd_event_source_disable_unref(w->io);
	closep(&w->fd);
	free(w);
	return NULL;
}

void api_wake(struct api_wake *w)
{
	uint64_t one = 1;

	(void) !write(w->fd, &one, sizeof(one));
}
