/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libc's own struct tcp_info ends before what is wanted here, and the two headers exclude each
 * other.
 */
#include "rtmp/load.h"

#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int tcp_load(int fd, struct tcp_load *ret)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);
	int held;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
		ioctl(fd, SIOCOUTQ, &held) < 0)
		return -errno;
	if (size < offsetof(struct tcp_info, tcpi_min_rtt) + sizeof(info.tcpi_min_rtt))
		return -ENOPROTOOPT;
	*ret = (struct tcp_load){
		.delivered_bytes = info.tcpi_bytes_acked,
		.held_bytes = held > 0 ? (uint64_t) held : 0,
		.round_usec = info.tcpi_min_rtt,
	};
	return 0;
}
