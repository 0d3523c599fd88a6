/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a TCP connection fares, as the kernel has it. */
#pragma once

#include <stdint.h>

struct tcp_load {
	uint64_t delivered_bytes; /* that the peer's kernel has, since the connection was made */
	uint64_t held_bytes;      /* written, and not yet there */
	uint64_t round_usec;      /* least that a round trip took in the last minutes */
};

/* Does not block. Returns 0 or a negative errno, -ENOPROTOOPT for a kernel before 4.6. */
int tcp_load(int fd, struct tcp_load *ret);
