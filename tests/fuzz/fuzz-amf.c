/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command of a server: what is found in it lies in it, and its words can be shown. */
#include <string.h>

#include "common/utf8.h"
#include "rtmp/command.h"
#include "tests/fuzz/fuzz.h"

static void check_text(struct amf0_text text, const uint8_t *data, size_t size)
{
	const uint8_t *p = (const uint8_t *) text.data;

	must(text.size == 0 || (p >= data && p + text.size <= data + size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct amf0_reader r = { data, data + size };
	struct rtmp_target t = { 0 }, other;
	struct command c;
	char words[300];

	while (amf0_skip(&r))
		must(r.at <= r.stop);
	must(rtmp_target_parse("rtmp://h/live/s3cret?token=t0ken", &t) == 0);
	if (command_read(data, size, &c)) {
		check_text(c.code, data, size);
		check_text(c.words, data, size);
		check_text(c.redirect, data, size);
		(void) command_words(&c, &t, words, sizeof(words));
		must(strlen(words) < sizeof(words) && utf8_is_clean(words));
		must(!strstr(words, "s3cret") && !strstr(words, "t0ken"));
		if (c.redirect.size > 0) {
			char *url = strndup(c.redirect.data, c.redirect.size);

			must(url);
			if (rtmp_target_redirect(url, &t, &other) == 0) {
				must(strcmp(other.stream, t.stream) == 0);
				rtmp_target_deinit(&other);
			}
			free(url);
		}
	}
	rtmp_target_deinit(&t);
	return 0;
}
