/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Can servers be reached? Main thread of a process without other threads: it forks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_HOST_MAX 256
#define PROBES_MAX 64

enum probe_result {
	PROBE_PENDING,
	PROBE_GOOD,       /* resolved, and with TCP connected */
	PROBE_UNRESOLVED, /* error: of getaddrinfo() */
	PROBE_UNREACHED,  /* error: an errno */
	PROBE_LATE,       /* neither within the time */
};

struct probe {
	char host[PROBE_HOST_MAX];
	char port[8];
	bool tcp;   /* else the name is resolved only */
	bool spare; /* of the caller: it is only a backup */
	enum probe_result result;
	int error;
};

/* Where a URL of an output leads to. Returns false for what is no server of a kind that is known,
 * or waits for the other side. Works on URLs that url_mask() has masked. */
bool probe_of_url(const char *url, struct probe *ret);

/* All of them at once. Blocks until each has a result, for timeout_usec at most. */
void probe_run(struct probe *probes, size_t n, uint64_t timeout_usec);

/* Words for the result. */
const char *probe_words(const struct probe *p);
