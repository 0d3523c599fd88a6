/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pair of connected sockets: found by its mark, held and let go. */
#include "media/cork.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/tap.h"

/* Connects to itself through a listener on the loopback. */
static bool connect_pair(int mark, int *ret_sender, int *ret_receiver)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	socklen_t size = sizeof(to);

	*ret_sender = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(*ret_sender, SOL_SOCKET, SO_RCVBUF, &mark, sizeof(mark));
	setsockopt(*ret_sender, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *) &to, sizeof(to)) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *) &to, &size) < 0 ||
		connect(*ret_sender, (struct sockaddr *) &to, size) < 0)
		return false;
	*ret_receiver = accept(listener, NULL, NULL);
	close(listener);
	return *ret_receiver >= 0;
}

/* What has come, after at most so many milliseconds for the first of it. */
static int receive(int fd, int msec)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[64];

	return poll(&p, 1, msec) > 0 ? (int) recv(fd, buf, sizeof(buf), MSG_DONTWAIT) : 0;
}

int main(void)
{
	int mark = cork_mark(), other = cork_mark(), sender = -1, receiver = -1;

	ok(mark != other && mark > 32 * 1024, "marks differ: %d, %d", mark, other);
	ok(cork_find(mark) == -1, "nobody has it yet");
	ok(connect_pair(mark, &sender, &receiver), "a connection");
	ok(cork_find(mark) == sender, "is found by its mark");
	ok(cork_find(other) == -1, "and by no other");

	cork_set(sender, true);
	ok(send(sender, "a", 1, 0) == 1 && receive(receiver, 0) == 0, "a byte is held back");
	ok(send(sender, "bc", 2, 0) == 2, "and two more");
	cork_set(sender, false);
	ok(receive(receiver, 5000) == 3, "all come at once");
	ok(send(sender, "d", 1, 0) == 1 && receive(receiver, 5000) == 1, "and then each by itself");
	cork_set(-1, true);
	close(sender);
	ok(cork_find(mark) == -1, "closed, it is not found");
	close(receiver);
	return tap_done();
}
