/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "face/rate.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "common/fnv.h"
#include "common/usec.h"

#define SETS 256
#define WAYS 4
#define BURST_SEC 2

struct bucket {
	uint8_t address[16];
	uint64_t seen_usec; /* 0: empty */
	uint64_t level;     /* in requests times USEC_PER_SEC */
};

struct rate {
	unsigned per_sec;
	struct bucket buckets[SETS][WAYS];
};

int rate_new(struct rate **ret, unsigned per_sec)
{
	struct rate *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->per_sec = per_sec;
	*ret = r;
	return 0;
}

struct rate *rate_free(struct rate *r)
{
	free(r);
	return NULL;
}

static bool read_address(const struct sockaddr *peer, uint8_t ret[16])
{
	memset(ret, 0, 16);
	if (peer && peer->sa_family == AF_INET6) {
		const struct in6_addr *in6 =
			&((const struct sockaddr_in6 *) (const void *) peer)->sin6_addr;

		memcpy(ret, in6, IN6_IS_ADDR_V4MAPPED(in6) ? 16 : 8);
		return true;
	}
	if (peer && peer->sa_family == AF_INET) {
		ret[10] = ret[11] = 0xff;
		memcpy(ret + 12, &((const struct sockaddr_in *) (const void *) peer)->sin_addr, 4);
		return true;
	}
	return false;
}

/* The address's own, or that of its set which was not used for longest, as a full one. */
static struct bucket *find(struct rate *r, const uint8_t address[16], uint64_t now)
{
	struct bucket *set = r->buckets[fnv64(FNV64_BEGIN, address, 16) % SETS], *oldest = set;

	for (int i = 0; i < WAYS; i++) {
		if (set[i].seen_usec && memcmp(set[i].address, address, 16) == 0)
			return &set[i];
		if (set[i].seen_usec < oldest->seen_usec)
			oldest = &set[i];
	}
	memcpy(oldest->address, address, 16);
	oldest->level = (uint64_t) r->per_sec * BURST_SEC * USEC_PER_SEC;
	oldest->seen_usec = now;
	return oldest;
}

bool rate_take(struct rate *r, const struct sockaddr *peer, uint64_t now_usec)
{
	uint64_t full = (uint64_t) r->per_sec * BURST_SEC * USEC_PER_SEC, age;
	uint8_t address[16];
	struct bucket *b;

	if (!read_address(peer, address))
		return true;
	b = find(r, address, now_usec);
	age = MIN(now_usec - b->seen_usec, BURST_SEC * USEC_PER_SEC);
	b->level = MIN(b->level + age * r->per_sec, full);
	b->seen_usec = now_usec;
	if (b->level < USEC_PER_SEC)
		return false;
	b->level -= USEC_PER_SEC;
	return true;
}
