/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths that the faces go by, for whoever compares them with what is written about them: a line
 * "METHOD PATH ROLE,… WHERE,…" each, "-" for no role. */
#include <stdio.h>

#include "face/access.h"
#include "face/routes.h"

struct word {
	unsigned flag;
	const char *text;
};

static void print_words(const struct word words[3], unsigned flags)
{
	const char *comma = "";

	for (int i = 0; i < 3; i++) {
		if (!(flags & words[i].flag))
			continue;
		printf("%s%s", comma, words[i].text);
		comma = ",";
	}
	if (!*comma)
		putchar('-');
}

int main(void)
{
	static const struct word roles[3] = {
		{ ACCESS_VIEW, "view" },
		{ ACCESS_OPERATE, "operate" },
		{ ACCESS_TEACH, "teach" },
	};
	static const struct word places[3] = {
		{ ROUTE_INSTANCE, "instance" },
		{ ROUTE_CONSOLE, "console" },
		{ ROUTE_CARD, "card" },
	};

	for (int i = 0; i < _ROUTE_MAX; i++) {
		printf("%s %s ", http_method_name(routes[i].method), routes[i].path);
		print_words(roles, routes[i].roles);
		putchar(' ');
		print_words(places, routes[i].where);
		putchar('\n');
	}
	return 0;
}
