/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a notice from the disk: what is accepted says the same when it is written again. */
#include <errno.h>
#include <string.h>

#include "notify/notice.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct notice *n)
{
	_cleanup_(notice_unrefp) struct notice *back = NULL;
	_cleanup_(freep) char *first = notice_json(n), *second = NULL;

	must(n->state || n->number);
	must(*n->id && strlen(n->id) < sizeof(n->id) && !strpbrk(n->id, "\r\n :"));
	must(first && strlen(first) <= NOTICE_JSON_MAX);
	must(notice_parse(first, strlen(first), &back) == 0);
	must(back->realtime_usec == n->realtime_usec);
	second = notice_json(back);
	must(second && strcmp(first, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(notice_unrefp) struct notice *n = NULL;
	int r = notice_parse((const char *) data, size, &n);

	must(r == 0 || r == -EBADMSG);
	must((r == 0) == (n != NULL));
	if (n)
		check(n);
	return 0;
}
