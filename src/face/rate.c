/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "face/rate.h"

#include <string.h>

#include "common/fnv.h"
#include "common/network.h"
#include "common/usec.h"

#define SETS 256
#define WAYS 4
#define BURST_SEC 2

struct bucket {
	uint8_t address[NETWORK_ADDRESS_SIZE];
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

static bool read_address(const struct sockaddr *peer, uint8_t ret[NETWORK_ADDRESS_SIZE])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!network_address(peer, ret))
		return false;
	if (memcmp(ret, mapped, sizeof(mapped)) != 0)
		memset(ret + 8, 0, 8);
	return true;
}

/* The address's own, or that of its set which was not used for longest, as a full one. */
static struct bucket *find(
	struct rate *r, const uint8_t address[NETWORK_ADDRESS_SIZE], uint64_t now)
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
	uint8_t address[NETWORK_ADDRESS_SIZE];
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
