/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of a request, each by itself: parts of a path, queries, cookies, Host and Origin. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/cleanup.h"
#include "face/origin.h"
#include "face/routes.h"
#include "http/decode.h"
#include "tests/fuzz/fuzz.h"

#define SIZE 256

static void check_part(const char *data, size_t size)
{
	char part[SIZE], again[SIZE], small[4];
	int n = decode_part(data, size, part, sizeof(part));
	int m = decode_percent(data, size, false, again, sizeof(again));

	must(n >= 0 || n == -EINVAL || n == -ENAMETOOLONG);
	if (n >= 0) {
		must((size_t) n == strlen(part) && (size_t) n <= size && n == m);
		must(strcmp(part, again) == 0 && !strpbrk(part, "/\\") && strcmp(part, ".") != 0 &&
			strcmp(part, "..") != 0);
	}
	n = decode_percent(data, size, true, small, sizeof(small));
	must(n < (int) sizeof(small));
}

static void check_path(const char *path)
{
	for (int where = ROUTE_INSTANCE; where <= ROUTE_CONSOLE; where++)
		for (int m = 0; m < _HTTP_METHOD_MAX; m++) {
			struct route_match match;
			int r = routes_find((enum http_method) m, path, (unsigned) where, &match);

			must(r == 0 || r == -ENOENT || r == -EOPNOTSUPP);
			must((r == -EOPNOTSUPP) == (r != 0 && match.methods));
			must(r < 0 || !match.rest || strstr(path, match.rest));
		}
}

static void check_texts(const char *text)
{
	static char *const list[] = { "egm.example", "https://page.example", NULL };
	static const char *const names[] = { "a", "state", "egm_session" };
	size_t size;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = decode_find_parameter(text, names[i], &size);

		must(!value || (value > text && value + size <= text + strlen(text) &&
				       !memchr(value, '&', size)));
		value = decode_find_cookie(text, names[i], &size);
		must(!value || (value > text && value + size <= text + strlen(text) &&
				       !memchr(value, ';', size)));
	}
	(void) decode_list_has(text, "upgrade");
	/* Whatever a stranger is called, it does not become one of us. */
	must(!origin_host_fits(list, text) || !strstr(text, "evil"));
	must(!strstr(text, "://") || !origin_host_fits(list, text));
	size = strlen(text);
	must(!origin_fits(list, text, "egm.example:8080") || origin_is_listed(list, text) ||
		(size >= 19 && strcasecmp(text + size - 19, "://egm.example:8080") == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(freep) char *text = malloc(size + 1);

	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check_part((const char *) data, size);
	check_path(text);
	check_texts(text);
	return 0;
}
