/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/conf.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"

struct things {
	bool flag;
	int64_t number;
	struct conf_node *places, *order, *alone;
};

#define AT(member) .offset = offsetof(struct things, member)
static const struct conf_row rows[] = {
	{ "a.flag", CONF_BOOL, AT(flag), .def = "true" },
	{ "a.deep.number", CONF_INT, AT(number), .min = 0, .max = 9, .def = "5" },
	{ .path = NULL },
};
static const struct conf_tree trees[] = {
	{ "a.deep.order", CONF_NODE_LIST, AT(order) },
	{ "a.places", CONF_NODE_GROUP, AT(places), .flags = CONF_RELOAD },
	{ "z.alone", CONF_NODE_GROUP, AT(alone) },
	{ .path = NULL },
};
static const struct conf_table table = {
	.rows = rows, .trees = trees, .size = sizeof(struct things)
};
static const struct conf_table only_a = {
	.rows = rows, .trees = trees, .size = sizeof(struct things), .only = "a"
};

/* What reading these texts one after the other leaves: the configuration, and its first finding. */
static struct conf *read_texts(const struct conf_table *t, const char *first, const char *second,
	char *finding, size_t size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct conf *c = NULL;
	int r;

	*finding = '\0';
	if (conf_new(&c, t) < 0)
		abort();
	write_text("1.conf", first);
	r = conf_read_file(c, "1.conf", &report);
	if (second) {
		write_text("2.conf", second);
		r = conf_read_file(c, "2.conf", &report) < 0 ? -EINVAL : r;
	}
	if ((r < 0) != (report.errors > 0))
		snprintf(finding, size, "the result does not go with the findings");
	else if (report.n)
		conf_finding_format(&report.findings[0], finding, size);
	return c;
}

static void check_finding(const char *text, const char *start, const char *name)
{
	char found[1024];
	struct conf *c = read_texts(&table, text, NULL, found, sizeof(found));
	bool good = *start ? strncmp(found, start, strlen(start)) == 0 : !*found;

	ok(good, "%s: %s", name, start);
	if (!good)
		printf("# got %s\n", found);
	conf_free(c);
}

static bool is_string(const struct conf_node *n, const char *text, const char *file, int line)
{
	return n && n->kind == CONF_NODE_STRING && !strcmp(n->string, text) &&
	       !strcmp(n->file, file) && n->line == line;
}

static void test_shapes(void)
{
	char found[1024];
	_cleanup_(conf_freep) struct conf *c = read_texts(&table,
		"a: { places: { X: { w = 3; f = 0.5; b = true; s = \"t\"; big = 5000000000L;\n"
		"l = ( { x = 1; }, { x = 2; } ); e = (); n = [ 1, 2 ]; }; Y: {}; };\n"
		"deep: { order = [ \"b\",\n\"a\" ]; }; };",
		NULL, found, sizeof(found));
	const struct conf_node *places = conf_tree(c, "a.places"), *x, *l;

	ok(!*found && places && places->kind == CONF_NODE_GROUP && places->n == 2, "a tree");
	x = conf_node_child(places, "X");
	ok(x && x->n == 8 && x->kind == CONF_NODE_GROUP, "a group");
	ok(conf_node_child(x, "w")->kind == CONF_NODE_INT &&
			conf_node_child(x, "w")->integer == 3 &&
			conf_node_child(x, "f")->real == 0.5 &&
			conf_node_child(x, "b")->kind == CONF_NODE_BOOL &&
			conf_node_child(x, "b")->boolean &&
			is_string(conf_node_child(x, "s"), "t", "1.conf", 1) &&
			conf_node_child(x, "big")->integer == 5000000000,
		"values");
	l = conf_node_child(x, "l");
	ok(l->kind == CONF_NODE_LIST && l->n == 2 && l->line == 2 && !l->children[1].name &&
			conf_node_child(&l->children[1], "x")->integer == 2,
		"a list of groups");
	ok(conf_node_child(x, "e")->kind == CONF_NODE_LIST && conf_node_child(x, "e")->n == 0 &&
			conf_node_child(x, "n")->children[1].integer == 2,
		"an empty one, an array");
	ok(conf_node_child(places, "Y")->kind == CONF_NODE_GROUP && !conf_node_child(x, "none") &&
			!conf_node_child(l, "x"),
		"an empty group");
	ok(is_string(&conf_tree(c, "a.deep.order")->children[1], "a", "1.conf", 4),
		"a tree that is a list");
	ok(!conf_tree(c, "z.alone") && !conf_tree(c, "none"), "what no file has");
}

static void test_merge(void)
{
	char found[1024];
	_cleanup_(conf_freep) struct conf *c = read_texts(&table,
		"a: { places: { X: { w = 1; l = ( 1, 2 ); g: { a = 1; }; }; Y: { w = 2; }; };\n"
		"deep: { order = [ 1, 2 ]; }; };",
		"\na: { places: { Y: { w = \"two\"; h = 4; };\nZ = 1; X: { l = ( 9 );\ng = true; "
		"}; "
		"};\ndeep: { order = [ 3 ]; }; };",
		found, sizeof(found));
	const struct conf_node *places = conf_tree(c, "a.places"), *n;

	ok(!*found && places->n == 3 && places->line == 2 && !strcmp(places->file, "2.conf"),
		"two files");
	ok(!strcmp(places->children[0].name, "X") && !strcmp(places->children[1].name, "Y") &&
			!strcmp(places->children[2].name, "Z"),
		"what was there first stays first");
	n = conf_node_child(places, "X");
	ok(conf_node_child(n, "w")->integer == 1 &&
			!strcmp(conf_node_child(n, "w")->file, "1.conf"),
		"what the second does not have stays");
	ok(conf_node_child(n, "l")->n == 1 && conf_node_child(n, "l")->children[0].integer == 9,
		"a list is replaced");
	ok(conf_node_child(n, "g")->kind == CONF_NODE_BOOL && conf_node_child(n, "g")->line == 4,
		"a group by a value");
	n = conf_node_child(places, "Y");
	ok(is_string(conf_node_child(n, "w"), "two", "2.conf", 2) && n->n == 2,
		"a value, one more");
	ok(conf_tree(c, "a.deep.order")->n == 1, "a tree that is a list");
}

static void test_findings(void)
{
	check_finding("a: { places = 5; };", "1.conf:1: a.places: must be a group", "no group");
	check_finding("a: { deep: { order: { x = 1; }; }; };",
		"1.conf:1: a.deep.order: must be a list", "no list");
	check_finding("\na: { places: { X: { n = \"\\x01\"; }; }; };",
		"1.conf:2: a.places.X.n: must be a text", "a control character");
	check_finding("\na: { places: { X: ( { n = 1e999; } ); }; };",
		"1.conf:2: a.places.X[0].n: must be a number", "no finite number");
	check_finding("a: { places: { b: { c: { d: { e: { f: { g: { h = 1; }; }; }; }; }; }; }; };",
		"", "eight levels");
	check_finding(
		"a: { places: { b: { c: { d: { e: { f: { g: { h: { }; }; }; }; }; }; }; }; };",
		"1.conf:1: a.places.b.c.d.e.f.g.h: must be a value", "nine levels");
	check_finding("a: { places: { X = 1;\nX = 2; }; };", "1.conf:2: duplicate setting name",
		"a name twice");
	check_finding("a: { placs: { }; };",
		"1.conf:1: a.placs: unknown setting, ignored; did you mean a.places?",
		"a misspelt tree");
	check_finding("z = 1;", "1.conf:1: z: must be a group", "a group that has but trees");
	check_finding("z: { alnoe: { }; };",
		"1.conf:1: z.alnoe: unknown setting, ignored; did you mean z.alone?", "in there");
}

/* The head, n numbers, and the tail. */
static char *many(const char *head, int n, const char *tail)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(head, f);
	for (int i = 0; i < n; i++)
		fprintf(f, ", %d", i);
	fputs(tail, f);
	fclose(f);
	return text;
}

static void test_limits(void)
{
	_cleanup_(freep) char *first = many("a: { places: { x = [ 0", 15000, " ]; }; };");
	_cleanup_(freep) char *second = many("a: { places: { y = [ 0", 6000, " ]; }; };");
	_cleanup_(conf_freep) struct conf *c = NULL;
	char found[1024], name[4200] = "a: { places: { x = \"", *end = name + strlen(name);

	c = read_texts(&table, first, second, found, sizeof(found));
	ok(strstr(found, "2.conf:1: a.places: must be smaller") && !conf_tree(c, "a.places"),
		"too many nodes: %s", found);
	memset(end, 'x', 4096);
	strcpy(end + 4096, "\"; }; };");
	check_finding(name, "1.conf:1: a.places.x: must be a text of at most", "too long a text");
	memmove(end + 4095, end + 4096, strlen(end + 4096) + 1);
	check_finding(name, "", "the longest text");
}

static void test_only(void)
{
	char found[1024];
	struct things t;
	_cleanup_(conf_freep) struct conf *c = read_texts(&only_a,
		"b = 1; a: { flag = false; places: { X = 1; }; unknown = 1; }; z = 1; q: { a = 1; "
		"};",
		NULL, found, sizeof(found));

	ok(strstr(found, "a.unknown: unknown setting"), "in the one group all is looked at");
	ok(conf_apply(c, &t) == 0 && !t.flag && t.places && !t.alone, "nothing outside is");
	conf_destroy(&only_a, &t);
}

static void test_set(void)
{
	static const char *const sets[] = { "a.places=1", "a.places.X.w=3", "a.deep.order=x" };
	_cleanup_(conf_freep) struct conf *c = NULL;

	if (conf_new(&c, &table) < 0)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };

		ok(conf_set(c, sets[i], "--set", &report) == -EINVAL && report.errors == 1 &&
				strstr(report.findings[0].text, "set in a file only"),
			"--set %s is refused", sets[i]);
	}
}

static void note(const char *path, unsigned flags, void *userdata)
{
	char *seen = userdata;

	sprintf(seen + strlen(seen), " %s%s", path, flags & CONF_RELOAD ? "*" : "");
}

static void check_diff(const char *first, const char *second, const char *expected)
{
	char found[1024], seen[256] = "";
	_cleanup_(conf_freep) struct conf *c =
		read_texts(&table, first, NULL, found, sizeof(found));
	_cleanup_(conf_freep) struct conf *d =
		read_texts(&table, second, NULL, found, sizeof(found));
	struct things a, b;

	if (conf_apply(c, &a) < 0 || conf_apply(d, &b) < 0)
		abort();
	conf_diff(&table, &a, &b, note, seen);
	ok(strcmp(seen, expected) == 0, "%s | %s:%s", first, second, seen);
	conf_destroy(&table, &a);
	conf_destroy(&table, &b);
	ok(!a.places, "nothing dangles");
}

static void test_diff(void)
{
	check_diff("a: { places: { X = 1; }; };", "\n\na: { places: { X = 1; }; };", "");
	check_diff("a: { places: { X = 1; }; };", "a: { places: { X = 2; }; };", " a.places*");
	check_diff("a: { places: { X = 1; }; };", "a: { places: { X = 1.0; }; };", " a.places*");
	check_diff("a: { places: { X = 1; }; };", "a: { places: { Y = 1; }; };", " a.places*");
	check_diff(
		"a: { places: { X = \"a\"; }; };", "a: { places: { X = \"b\"; }; };", " a.places*");
	check_diff(
		"a: { places: { X = true; }; };", "a: { places: { X = false; }; };", " a.places*");
	check_diff(
		"a: { places: { X = 1; Y = 1; }; };", "a: { places: { X = 1; }; };", " a.places*");
	check_diff("a: { places: { X: { Y = ( 1 ); }; }; };",
		"a: { places: { X: { Y = ( ); }; }; };", " a.places*");
	check_diff("a: { deep: { order = [ 1 ]; }; };", "z: { alone: { }; };",
		" a.deep.order z.alone");
}

static char *dump(const struct conf *c)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	conf_dump(c, f);
	fclose(f);
	return text;
}

/* Shown, shown again after reading what was shown, and saved and read again: the same. */
static void test_round_trip(void)
{
	static const char text[] =
		"a: { flag = false; places: { X: { w = 3; f = 0.1; g = 3.0; h = 1e300; b = true;\n"
		"s = \"q\\\"\\\\\xc3\xa4\"; big = -5000000000L; small = 2147483647;\n"
		"l = ( { x = 1; y = [ \"a\", \"b\" ]; }, { }, ( ( ) ), 4, 5L, \"c\" ); e = (); }; "
		"Y: {}; };\ndeep: { order = [ \"b\", \"a\" ]; number = 7; }; }; z: { alone: { a = "
		"1; "
		"}; };";
	char found[1024], seen[256] = "";
	_cleanup_(conf_freep) struct conf *c = read_texts(&table, text, NULL, found, sizeof(found));
	_cleanup_(freep) char *shown = dump(c);
	_cleanup_(conf_freep) struct conf *d =
		read_texts(&table, shown, NULL, found, sizeof(found));
	_cleanup_(conf_freep) struct conf *e = NULL;
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct things a, b, saved;

	ok(!*found, "what is shown can be read %s", found);
	ok(conf_new(&e, &table) == 0 && conf_save(c, "saved.conf") == 0 &&
			conf_read_file(e, "saved.conf", &report) == 0 && report.n == 0,
		"and what is saved");
	show(&report);
	if (conf_apply(c, &a) < 0 || conf_apply(d, &b) < 0 || conf_apply(e, &saved) < 0)
		abort();
	conf_diff(&table, &a, &b, note, seen);
	conf_diff(&table, &a, &saved, note, seen);
	ok(!*seen, "without a difference:%s", seen);
	if (*seen)
		puts(shown);
	conf_destroy(&table, &a);
	conf_destroy(&table, &b);
	conf_destroy(&table, &saved);
	(void) unlink("saved.conf");
}

static void test_dump(void)
{
	static const char expected[] =
		"a: {\n"
		"	flag = true; # default\n"
		"	deep: {\n"
		"		number = 5; # default\n"
		"		order = ( 1, 0.25 ); # 2.conf:2\n"
		"	};\n"
		"	places: { # 2.conf:1\n"
		"		X: { # 1.conf:1\n"
		"			u = \"rtmp://h/a/***\"; # 1.conf:1\n"
		"			l = ( # 1.conf:2\n"
		"				{ # 1.conf:2\n"
		"					x = true; # 1.conf:2\n"
		"				},\n"
		"				3 # 1.conf:2\n"
		"			);\n"
		"		};\n"
		"		Y = 1; # 2.conf:1\n"
		"	};\n"
		"};\n"
		"z: {\n"
		"	alone: { # default\n"
		"	};\n"
		"};\n";
	char found[1024];
	_cleanup_(conf_freep) struct conf *c = read_texts(&table,
		"a: { places: { X: { u = \"rtmp://h/a/key\";\nl = ( { x = true; }, 3 ); }; }; };",
		"a: { places: { Y = 1; };\ndeep: { order = ( 1, 0.25 ); }; };", found,
		sizeof(found));
	_cleanup_(freep) char *shown = dump(c), *squeezed = calloc(1, strlen(shown) + 1);
	size_t n = 0;

	for (const char *p = shown; *p; p++)
		if (p[0] != ' ' || p[1] != ' ')
			squeezed[n++] = *p;
	ok(strcmp(squeezed, expected) == 0, "shown with origins and without secrets");
	if (strcmp(squeezed, expected) != 0)
		puts(squeezed);
}

static void test_swap(void)
{
	char found[1024];
	_cleanup_(conf_freep) struct conf *c = read_texts(
		&table, "a: { flag = false; places: { X = 1; }; };", NULL, found, sizeof(found));
	_cleanup_(conf_freep) struct conf *d =
		read_texts(&only_a, "a: { places: { Y = 1; }; };", NULL, found, sizeof(found));
	struct things t;

	conf_swap(c, d, "a.flag");
	conf_swap(c, d, "a.places");
	conf_swap(c, d, "none");
	ok(conf_apply(c, &t) == 0 && t.flag && conf_node_child(t.places, "Y"),
		"a row and a tree taken from elsewhere");
	conf_destroy(&table, &t);
	ok(conf_apply(d, &t) == 0 && !t.flag && conf_node_child(t.places, "X"), "and given");
	conf_destroy(&only_a, &t);
}

struct place {
	char *name, *word;
	int64_t x;
	double part;
	uint64_t time;
};

#undef AT
#define AT(member) .offset = offsetof(struct place, member)
static const struct conf_row place_rows[] = {
	{ "name", CONF_STRING, AT(name), .max = 7, .def = "?" },
	{ "word", CONF_STRING, AT(word), .def = "w" },
	{ "x", CONF_INT, AT(x), .min = 0, .max = 9, .def = "1" },
	{ "part", CONF_REAL, AT(part), .min = 0, .max = 1, .def = "0.5" },
	{ "time", CONF_DURATION, AT(time), .min = 0, .max = 1000000, .def = "0" },
	{ .path = NULL },
};

/* Reads the group a.places.X by rows. */
static int read_place(const char *inside, struct place *ret, struct conf_report *report)
{
	static const char *const others[] = { "masks", NULL };
	char text[512], found[1024];
	_cleanup_(conf_freep) struct conf *c = NULL;

	snprintf(text, sizeof(text), "a: { places: {\nX: %s; }; };", inside);
	c = read_texts(&table, text, NULL, found, sizeof(found));
	*ret = (struct place){ 0 };
	return conf_node_read(conf_node_child(conf_tree(c, "a.places"), "X"), "a.places.X",
		place_rows, others, ret, report);
}

static void check_place(const char *inside, int expected, const char *finding)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct place p;
	char found[1024] = "";
	bool good = read_place(inside, &p, &report) == expected;

	if (report.n)
		conf_finding_format(&report.findings[0], found, sizeof(found));
	ok(good && strncmp(found, finding, strlen(finding)) == 0 && report.n == (*finding != 0),
		"%s: %s", inside, finding);
	show(&report);
	conf_rows_destroy(place_rows, &p);
}

static void test_rows(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct place p;

	ok(read_place("{ name = \"n\"; x = 9; part = 1; time = \"500ms\"; masks = ( ); }", &p,
		   &report) == 0 &&
			report.n == 0 && !strcmp(p.name, "n") && !strcmp(p.word, "w") && p.x == 9 &&
			p.part == 1 && p.time == 500 * USEC_PER_MSEC,
		"a group read by rows");
	conf_rows_destroy(place_rows, &p);
	ok(read_place("{ name = \"too long\"; }", &p, &report) == -EINVAL && p.name && p.x == 1,
		"what does not fit is the default, for those who go on");
	conf_rows_destroy(place_rows, &p);
	check_place("{ x = 0.5; }", -EINVAL, "1.conf:2: a.places.X.x: must be a whole number");
	check_place("{ x = 10; }", -EINVAL, "1.conf:2: a.places.X.x: \"10\" is not a whole number");
	check_place("{ part = \"1\"; }", -EINVAL, "1.conf:2: a.places.X.part: must be a number");
	check_place("{ part = 1.5; }", -EINVAL,
		"1.conf:2: a.places.X.part: \"1.5\" is not a number from 0 to 1");
	check_place("{ wrd = 1; }", 0,
		"1.conf:2: a.places.X.wrd: unknown setting, ignored; did you mean word?");
	check_place("{ mask = 1; }", 0,
		"1.conf:2: a.places.X.mask: unknown setting, ignored; did you mean masks?");
	check_place("( 1 )", -EINVAL, "1.conf:2: a.places.X: must be a group");
}

static void test_text(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;

	ok(conf_new(&c, &table) == 0 &&
			conf_read_text(c, "a: { flag = false; };", "some text", NULL, &report) == 0,
		"a text that is no file");
	ok(conf_read_text(c, "\n@include \"1.conf\"\n", "some text", NULL, &report) == -EINVAL &&
			!strcmp(report.findings[0].file, "some text") &&
			report.findings[0].line == 2 && strstr(report.findings[0].text, "included"),
		"includes nothing");
}

int main(void)
{
	char folder[] = "/tmp/test-conf-tree.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	test_shapes();
	test_merge();
	test_findings();
	test_limits();
	test_only();
	test_set();
	test_diff();
	test_round_trip();
	test_dump();
	test_swap();
	test_rows();
	test_text();
	(void) unlink("1.conf");
	(void) unlink("2.conf");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left over");
	return tap_done();
}
