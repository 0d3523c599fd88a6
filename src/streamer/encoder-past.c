/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/encoder-past.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/file.h"

#define NOTE_MAX 512

/* The kernel's file is not to be seen by the service (ProcSubset=pid): its unit says it. */
static int read_boot(char *ret, size_t size)
{
	_cleanup_(freep) char *text = NULL;
	const char *boot = getenv("EGM_BOOT_ID");

	if (!boot && file_read("/proc/sys/kernel/random/boot_id", size, &text, NULL) >= 0)
		boot = text;
	snprintf(ret, size, "%.*s", boot ? (int) strcspn(boot, " \n") : 0, boot ? boot : "");
	return ret[0] ? 0 : -ENODATA;
}

static int write_note(const struct past *p)
{
	char text[NOTE_MAX];
	int n;

	if (!p->path)
		return 0;
	n = snprintf(text, sizeof(text), "%s %s %016" PRIx64 " %u %" PRIu64 " %d\n", p->boot,
		p->key[0] ? p->key : "-", p->nodes, p->deaths, p->died_usec, p->in_use);
	return file_write(p->path, text, (size_t) n, 0600, false);
}

bool past_take(struct past *p, const char *text, const char *boot, uint64_t now_usec)
{
	struct past old = { .path = p->path };
	int in_use = 0;

	snprintf(old.boot, sizeof(old.boot), "%s", boot);
	*p = old;
	if (sscanf(text, "%39s %95s %" SCNx64 " %u %" SCNu64 " %d", old.boot, old.key, &old.nodes,
		    &old.deaths, &old.died_usec, &in_use) != 6 ||
		strcmp(old.boot, boot) != 0)
		return false;
	*p = old;
	if (p->died_usec > now_usec || now_usec - p->died_usec >= PAST_DEATHS_USEC)
		p->deaths = 0;
	if (!in_use)
		return false;
	p->died_usec = now_usec;
	if (++p->deaths < PAST_DEATHS_MAX)
		return false;
	p->deaths = 0;
	return true;
}

bool past_open(struct past *p, char *path, uint64_t now_usec)
{
	char boot[sizeof(p->boot)];
	bool too_often;

	*p = (struct past){ .path = path };
	if (read_boot(boot, sizeof(boot)) < 0) {
		/* Who cannot tell one boot from another counts nothing. */
		past_close(p);
		return false;
	}

	_cleanup_(freep) char *text = NULL;
	if (file_read(path, NOTE_MAX, &text, NULL) < 0)
		return past_take(p, "", boot, now_usec);
	too_often = past_take(p, text, boot, now_usec);
	/* One death is not to be counted twice, should the next one come before an encoder. */
	(void) write_note(p);
	return too_often;
}

int past_begin(struct past *p, const char *key, uint64_t nodes)
{
	if (strcmp(p->key, key) != 0 || p->nodes != nodes)
		p->deaths = 0;
	snprintf(p->key, sizeof(p->key), "%s", key);
	p->nodes = nodes;
	p->in_use = true;
	return write_note(p);
}

void past_end(struct past *p)
{
	p->in_use = false;
	(void) write_note(p);
}

void past_close(struct past *p)
{
	free(p->path);
	p->path = NULL;
}
