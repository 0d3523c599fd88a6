/* SPDX-License-Identifier: GPL-2.0-or-later */
/* YAML as a tree: what is read, and what is refused in which line. */
#include <string.h>

#include "common/file.h"
#include "import/import-value.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"
#include "tests/unit/folder.h"

static struct import_node *parse(const char *text, struct conf_report *report)
{
	struct import_node *n = NULL;

	if (import_yaml_parse(text, strlen(text), "x.yaml", &n, report) < 0)
		return NULL;
	return n;
}

static void test_tree(void)
{
	static const char text[] = "# a comment\n"
				   "common:\n"
				   "  instance_id: 'egm 1'\n"
				   "  none: ~\n"
				   "list:\n"
				   "  - a\n"
				   "  - {x: 1, \"y\": \"2\"}\n"
				   "  - [b, c]\n";
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(import_node_freep) struct import_node *n = parse(text, &report);
	struct import_node *common = import_node_take(n, "common"), *list, *item;

	show(&report);
	ok(n && n->n == 2 && report.n == 0, "a file is read");
	item = import_node_take(common, "instance_id");
	ok(item && strcmp(item->text, "egm 1") == 0 && item->quoted && item->line == 3,
		"a text, its quotes and its line");
	ok(item && item->known && !n->children[1].known, "who was asked for is known");
	ok(import_node_is_null(import_node_take(common, "none")), "null is none");
	ok(import_node_is_null(NULL) && !import_node_is_null(item), "so is what is missing");
	list = import_node_take(n, "list");
	ok(list && list->kind == IMPORT_LIST && list->n == 3 && !list->children[0].key, "a list");
	item = list ? import_node_take(&list->children[1], "y") : NULL;
	ok(item && strcmp(item->text, "2") == 0 && item->line == 7, "a map in a list");
	ok(!import_node_take(list, "x") && !import_node_take(NULL, "x"), "a list has no keys");
}

static void test_values(void)
{
	static const struct {
		const char *text;
		int boolean; /* -1: none */
		int64_t integer;
		double real; /* -1: none */
	} rows[] = {
		{ "true", 1, -1, -1 },
		{ "No", 0, -1, -1 },
		{ "ON", 1, -1, -1 },
		{ "truth", -1, -1, -1 },
		{ "30", -1, 30, 30 },
		{ "0", -1, 0, 0 },
		{ "010", -1, -1, 10 },
		{ "1:30", -1, -1, -1 },
		{ "0x10", -1, -1, -1 },
		{ "0.5", -1, -1, 0.5 },
		{ "nan", -1, -1, -1 },
		{ "1e999", -1, -1, -1 },
		{ "9999999999999999999", -1, -1, 1e19 },
		{ "1 ", -1, 1, 1 },
		{ "'30'", -1, 30, 30 },
		{ "'true'", -1, -1, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
		char text[64];
		_cleanup_(import_node_freep) struct import_node *n = NULL;
		const struct import_node *v;
		int64_t integer = -1;
		double real = -1;
		bool boolean = false;
		int got;

		snprintf(text, sizeof(text), "v: %s\n", rows[i].text);
		n = parse(text, &report);
		v = n ? &n->children[0] : NULL;
		if (!v) {
			ok(0, "%s is read", rows[i].text);
			continue;
		}
		got = import_parse_bool(v, &boolean) ? boolean : -1;
		(void) import_parse_int(v, &integer);
		(void) import_parse_real(v, &real);
		ok(got == rows[i].boolean && integer == rows[i].integer && real == rows[i].real,
			"%s: %d %lld %g", rows[i].text, got, (long long) integer, real);
	}
}

static void test_broken(void)
{
	static const struct {
		const char *text, *finding; /* "LINE words" */
	} rows[] = {
		{ "", "0 must hold the groups" },
		{ "# nothing\n", "0 must hold the groups" },
		{ "text\n", "1 must hold the groups" },
		{ "- a\n", "1 must hold the groups" },
		{ "a: 1\nb: 2\na: 3\n", "3 \"a\" stands in line 1 already" },
		{ "a:\n  b: 1\n  'b': 2\n", "3 \"b\" stands in line 2 already" },
		{ "a: &x 1\nb: *x\n", "1 anchors" },
		{ "a: *x\n", "1 aliases" },
		{ "a: &x {b: 1}\nc:\n  <<: *x\n", "1 anchors" },
		{ "c:\n  <<: {b: 1}\n", "2 merge keys" },
		{ "a: !!python/object:os.system ls\n", "1 tags" },
		{ "a: !!str 1\n", "1 tags" },
		{ "a: 1\n---\nb: 2\n", "2 a second document" },
		{ "a:\n  - b\n c: 1\n", "3 no YAML" },
		{ "a: [1, 2\n", "2 no YAML" },
		{ "a: \"x\n", "2 no YAML" },
		{ "a:\tb: c\n", "1 no YAML" },
		{ "\ta: b\n", "1 no YAML" },
		{ "{a: 1}: 2\n", "1 a key must be a text" },
		{ "? [a]\n: 1\n", "1 a key must be a text" },
		{ "a: \"b\\e[2J\"\n", "1 a text is one line" },
		{ "a: \"b\\0c\"\n", "1 a text is one line" },
		{ "a: \"\\x9b\"\n", "1 a text is one line" },
		{ "a: |\n  b\n  c\n", "1 a text is one line" },
		{ "a: \xff\xfe\n", "1 no YAML" },
		{ "a: [[[[[[[[[[[[[1]]]]]]]]]]]]]\n", "1 nested deeper than 12" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
		_cleanup_(import_node_freep) struct import_node *n = parse(rows[i].text, &report);
		char got[256] = "";

		if (report.n > 0)
			snprintf(got, sizeof(got), "%d %s", report.findings[0].line,
				report.findings[0].text);
		ok(!n && report.errors == 1 &&
				strncmp(got, rows[i].finding, strlen(rows[i].finding)) == 0,
			"refused: %s", rows[i].finding);
		if (strncmp(got, rows[i].finding, strlen(rows[i].finding)) != 0)
			printf("# %s\n", got);
	}
}

/* Fills a file with so many of a text. */
static int read_many(const char *head, const char *text, size_t n, struct conf_report *report)
{
	_cleanup_(import_node_freep) struct import_node *tree = NULL;
	_cleanup_(freep) char *all = NULL;
	size_t size;
	FILE *f = open_memstream(&all, &size);

	fputs(head, f);
	for (size_t i = 0; i < n; i++)
		fputs(text, f);
	fclose(f);
	if (file_write("big.yaml", all, size, 0600, 0) < 0)
		abort();
	return import_yaml_read("big.yaml", &tree, report);
}

static void test_limits(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(import_node_freep) struct import_node *n = NULL;

	enter_folder();
	ok(read_many("a:\n", "- 1\n", 9000, &report) == 0, "9000 values are read");
	ok(read_many("a:\n", "- 1\n", 10000, &report) == -EINVAL, "10002 are too many");
	ok(read_many("a: ", "x", 4095, &report) == 0, "a text of 4095 bytes");
	ok(read_many("a: ", "x", 4096, &report) == -EINVAL, "and one too many");
	ok(read_many("a: 1\n#", "x", IMPORT_YAML_BYTES_MAX, &report) == -EINVAL,
		"a file that is too long");
	ok(read_many("a: ", "[", 100000, &report) == -EINVAL, "brackets without end");
	ok(import_yaml_read("none.yaml", &n, &report) == -EINVAL, "no file");
	ok(import_yaml_read(".", &n, &report) == -EINVAL && !n, "a folder");
	show(&report);
	ok(report.errors == 6, "each is told");
	leave_folder();
}

int main(void)
{
	test_tree();
	test_values();
	test_broken();
	test_limits();
	return tap_done();
}
