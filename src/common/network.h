/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks as people write them, and who is in one. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_ADDRESS_SIZE 16

struct sockaddr;

struct network {
	uint8_t address[NETWORK_ADDRESS_SIZE]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;                         /* that count, of 128 */
};

/* "192.168.43.0/24", "fd00::/8", or a single address. -EINVAL: it is none. */
int network_parse(const char *text, struct network *ret);

/* The address alone, as in a network; false: of another family, or NULL. */
bool network_address(const struct sockaddr *peer, uint8_t ret[NETWORK_ADDRESS_SIZE]);

bool network_has(const struct network *n, const uint8_t address[NETWORK_ADDRESS_SIZE]);
