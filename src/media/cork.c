/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/cork.h"

#include <linux/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define MARK_MIN (72 * 1024) /* much more than a server ever tells its publisher */
#define MARK_STEP 2          /* the kernel keeps sizes even */
#define MARKS 4096
#define FD_MAX 1024 /* systemd's limit for a service that does not ask for more */

int cork_mark(void)
{
	static atomic_uint next;

	return MARK_MIN + MARK_STEP * (int) (atomic_fetch_add(&next, 1) % MARKS);
}

static int get_option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

/* The kernel doubles what it is given, for its own book-keeping, and tells the double. A buffer
 * that it sizes by itself may come to any size, but is not locked. */
static bool is_marked(int fd, int mark)
{
	return get_option(fd, SOL_SOCKET, SO_RCVBUF) == 2 * mark &&
	       get_option(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP &&
	       get_option(fd, SOL_SOCKET, SO_BUF_LOCK) & SOCK_RCVBUF_LOCK;
}

int cork_find(int mark)
{
	for (int fd = 0; fd < FD_MAX; fd++) {
		if (is_marked(fd, mark))
			return fd;
	}
	return -1;
}

void cork_set(int fd, bool on)
{
	int value = on;

	if (fd >= 0)
		(void) setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}
