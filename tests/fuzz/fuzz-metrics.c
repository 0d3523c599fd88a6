/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as a card's figures. Each sample tells its card, and nothing is added when it is all put
 * together once more. (Their order may change: what came before its family stands beside it then.
 * And a line that the card's name made too long is left out.)
 */
#include <string.h>

#include "console/metrics.h"
#include "tests/fuzz/fuzz.h"

static char *merge(const char *card, const char *text, size_t *ret_size)
{
	_cleanup_(metrics_freep) struct metrics *m = NULL;
	char *out;

	must(metrics_new(&m) == 0 && metrics_add(m, card, text) == 0);
	out = metrics_text(m, ret_size);
	must(out && strlen(out) == *ret_size);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = strndup((const char *) data, size);
	_cleanup_(freep) char *once = NULL, *twice = NULL;
	size_t n, again;

	must(text);
	once = merge("fuzz", text, &n);
	for (const char *line = once; *line; line = strchr(line, '\n') + 1) {
		size_t length = strcspn(line, "\n");

		must(line[length] == '\n');
		must(*line == '#' || memmem(line, length, "card=", 5));
	}
	twice = merge("another", once, &again);
	must(again <= n);
	return 0;
}
