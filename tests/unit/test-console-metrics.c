/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of several cards as one text. */
#include "console/metrics.h"

#include <string.h>

#include "tests/tap.h"

static struct metrics *m;

static void is(const char *expected, const char *name)
{
	size_t size;
	char *text = metrics_text(m, &size);

	ok(text && strcmp(text, expected) == 0 && size == strlen(expected), "%s", name);
	if (text && strcmp(text, expected) != 0)
		printf("# got:\n%s", text);
	free(text);
	m = metrics_free(m);
	(void) metrics_new(&m);
}

static void add(const char *card, const char *text)
{
	ok(metrics_add(m, card, text) == 0, "taken");
}

static void test_families(void)
{
	add("a", "# HELP x What.\n# TYPE x gauge\nx 1\nx{y=\"z\"} 2 1700\n"
		 "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 3\nh_sum 1\nh_count 3\n");
	add("b", "# HELP x Another word.\n# TYPE x gauge\nx 3\n# TYPE n counter\nn_total{} 7\n");
	is("# HELP x What.\n# TYPE x gauge\nx{card=\"a\"} 1\nx{card=\"a\",y=\"z\"} 2 1700\n"
	   "x{card=\"b\"} 3\n"
	   "# TYPE h histogram\nh_bucket{card=\"a\",le=\"+Inf\"} 3\nh_sum{card=\"a\"} 1\n"
	   "h_count{card=\"a\"} 3\n"
	   "# TYPE n counter\nn_total{card=\"b\"} 7\n",
		"each family once, with the samples of all");
	add(NULL, "x 1\n");
	is("x 1\n", "without a card, and without HELP and TYPE");
	add("a", "x{card=\"mine\"} 1\nx{a=\"b\", card=\"mine\"} 1\nx{scard=\"q\",b=\"card=\\\"}\"} "
		 "1\n");
	is("x{card=\"mine\"} 1\nx{a=\"b\", card=\"mine\"} 1\n"
	   "x{card=\"a\",scard=\"q\",b=\"card=\\\"}\"} 1\n",
		"a label that is there already stays");
	add("a", "# TYPE x gauge\n# TYPE y gauge\ny 1\nx 2\nyz 3\n");
	is("# TYPE x gauge\nx{card=\"a\"} 2\n# TYPE y gauge\ny{card=\"a\"} 1\nyz{card=\"a\"} 3\n",
		"samples find their family");
}

static void test_nonsense(void)
{
	char *long_line = malloc(10000);
	char name[16];

	add("a", "\n\n# EOF\n#\n# HELP\n# TYPE \n=1\n5 5\nx\nx{\nx{a=\"\nx{a=\"}\n<html>\n"
		 "x{a=\"b\\\n{x} 1\nx {\nx{a=\"b\"} y\nx{a=\"b\"}1\nx  \ngood 1");
	is("good{card=\"a\"} 1\n", "what is none is left out");
	memset(long_line, 'x', 9999);
	long_line[9999] = '\0';
	add("a", long_line);
	memcpy(long_line + 5000, " 1\n", 3);
	add("a", long_line);
	is("", "and what is too long");
	for (int i = 0; i < METRICS_FAMILIES_MAX + 5; i++) {
		snprintf(name, sizeof(name), "x%d 1\n", i);
		if (metrics_add(m, NULL, name) < 0)
			abort();
	}
	{
		size_t size, lines = 0;
		char *text = metrics_text(m, &size);

		for (size_t i = 0; i < size; i++)
			lines += text[i] == '\n';
		ok(lines == METRICS_FAMILIES_MAX, "and what is too much");
		free(text);
	}
	free(long_line);
}

int main(void)
{
	(void) metrics_new(&m);
	is("", "nothing");
	test_families();
	test_nonsense();
	metrics_free(m);
	return tap_done();
}
