/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-console.h"

#include <inttypes.h>
#include <string.h>

int import_console_add(struct import_addresses *a, const struct old_api *api)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].port == api->port && strcmp(a->list[i].host, api->host) == 0)
			return 0;
	if (a->n == IMPORT_ADDRESSES_MAX)
		return -ENOSPC;
	snprintf(a->list[a->n].host, sizeof(a->list[a->n].host), "%s", api->host);
	a->list[a->n++].port = api->port;
	return 0;
}

/* An address that stands for all, of the same family and port, makes the others superfluous, and
 * both cannot be listened on. */
static bool is_covered(const struct import_addresses *a, size_t i)
{
	const char *all = strchr(a->list[i].host, ':') ? "::" : "0.0.0.0";

	for (size_t j = 0; j < a->n; j++)
		if (j != i && a->list[j].port == a->list[i].port &&
			strcmp(a->list[j].host, all) == 0)
			return true;
	return false;
}

char *import_console_write(
	const struct import_addresses *a, const char *const *networks, size_t n_networks)
{
	const char *comma = "";
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool bad;

	if (!f)
		return NULL;
	fputs("// Taken over from the original egm-streamer, whose API was open to everybody.\n"
	      "listen = (",
		f);
	for (size_t i = 0; i < a->n; i++) {
		bool ipv6 = strchr(a->list[i].host, ':');

		if (is_covered(a, i))
			continue;
		fprintf(f, "%s \"%s%s%s:%" PRId64 "\"", comma, ipv6 ? "[" : "", a->list[i].host,
			ipv6 ? "]" : "", a->list[i].port);
		comma = ",";
	}
	fputs(" );\nopen_to = (\n", f);
	for (size_t i = 0; i < n_networks; i++)
		fprintf(f,
			"\t{ network = \"%s\"; roles = ( \"view\", \"operate\", \"teach\" ); }%s\n",
			networks[i], i + 1 < n_networks ? "," : "");
	fputs(");\n", f);
	bad = ferror(f);
	if (fclose(f) != 0 || bad) {
		free(text);
		return NULL;
	}
	return text;
}
