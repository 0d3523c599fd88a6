/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/wake.h"

#include <sys/eventfd.h>
#include <systemd/sd-event.h>

struct wake {
	int fd;
	sd_event_source *io;
	void (*woken)(void *userdata);
	void *userdata;
};

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct wake *w = userdata;
	uint64_t n;

	(void) source, (void) events;
	if (read(fd, &n, sizeof(n)) == sizeof(n))
		w->woken(w->userdata);
	return 0;
}

int wake_new(struct wake **ret, struct loop *loop, void (*woken)(void *userdata), void *userdata)
{
	struct wake *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->woken = woken;
	w->userdata = userdata;
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->fd < 0 ? -errno
		      : sd_event_add_io(loop_event(loop), &w->io, w->fd, EPOLLIN, on_io, w);
	if (r < 0) {
		wake_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

struct wake *wake_free(struct wake *w)
{
	if (!w)
		return NULL;
	sd_event_source_disable_unref(w->io);
	closep(&w->fd);
	free(w);
	return NULL;
}

void wake(struct wake *w)
{
	uint64_t one = 1;

	(void) !write(w->fd, &one, sizeof(one));
}
