/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"

static void map_ipv4(const void *ipv4, uint8_t ret[NETWORK_ADDRESS_SIZE])
{
	memset(ret, 0, 10);
	ret[10] = ret[11] = 0xff;
	memcpy(ret + 12, ipv4, 4);
}

static int read_bits(const char *text, unsigned most, unsigned *ret)
{
	if (!*text || strlen(text) > 3 || text[strspn(text, "0123456789")] ||
		(unsigned) atoi(text) > most)
		return -EINVAL;
	*ret = (unsigned) atoi(text);
	return 0;
}

int network_parse(const char *text, struct network *ret)
{
	char address[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "/");
	unsigned most = 128;
	struct network w;
	uint8_t ipv4[4];

	if (n >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, n);
	address[n] = '\0';
	if (inet_pton(AF_INET, address, ipv4) == 1) {
		map_ipv4(ipv4, w.address);
		most = 32;
	} else if (inet_pton(AF_INET6, address, w.address) != 1) {
		return -EINVAL;
	}
	w.bits = most;
	if (text[n] && read_bits(text + n + 1, most, &w.bits) < 0)
		return -EINVAL;
	w.bits += 128 - most;
	*ret = w;
	return 0;
}

bool network_address(const struct sockaddr *peer, uint8_t ret[NETWORK_ADDRESS_SIZE])
{
	if (peer && peer->sa_family == AF_INET)
		map_ipv4(&((const struct sockaddr_in *) (const void *) peer)->sin_addr, ret);
	else if (peer && peer->sa_family == AF_INET6)
		memcpy(ret, &((const struct sockaddr_in6 *) (const void *) peer)->sin6_addr,
			NETWORK_ADDRESS_SIZE);
	else
		return false;
	return true;
}

bool network_has(const struct network *n, const uint8_t address[NETWORK_ADDRESS_SIZE])
{
	unsigned bytes = n->bits / 8, rest = n->bits % 8;

	if (memcmp(address, n->address, bytes) != 0)
		return false;
	return rest == 0 || ((address[bytes] ^ n->address[bytes]) >> (8 - rest)) == 0;
}
