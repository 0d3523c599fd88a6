/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"

struct item {
	char *name;
	int64_t weight;
	bool on;
};

/* One value of each type, and groups in groups. */
struct things {
	char *text, *word, *secret, *names, *colours;
	bool flag;
	int64_t number, bitrate, bytes;
	uint64_t time, hold;
	struct conf_size size;
	struct conf_rate rate;
	double real;
	int choice;
	struct item *items, *bare;
	size_t n_items, n_bare;
};

static const char *const words[] = { "red", "green", "blue", NULL };

#define AT(member) .offset = offsetof(struct things, member)
static const struct conf_row rows[] = {
	{ "text", CONF_STRING, AT(text), .def = "some \"text\" \\" },
	{ "word", CONF_STRING, AT(word), .def = "red", .words = words },
	{ "a.flag", CONF_BOOL, AT(flag), .def = "true" },
	{ "a.number", CONF_INT, AT(number), .min = INT64_MIN, .max = INT64_MAX, .def = "-5" },
	{ "a.deep.bitrate", CONF_BITRATE, AT(bitrate), .min = 0, .max = INT64_MAX, .def = "3000k" },
	{ "a.deep.bytes", CONF_BYTES, AT(bytes), .min = 0, .max = INT64_MAX, .def = "1M" },
	{ "a.time", CONF_DURATION, AT(time), .min = 0, .max = 3600000000, .def = "500ms" },
	{ "b.hold", CONF_DURATION, AT(hold), .min = 0, .max = INT64_MAX, .def = "forever" },
	{ "b.size", CONF_SIZE, AT(size), .min = 2, .max = 10000, .def = "auto" },
	{ "b.rate", CONF_RATE, AT(rate), .min = 1, .max = 240, .def = "29.97" },
	{ "b.real", CONF_REAL, AT(real), .min = -5000000, .max = 5000000, .def = "0.1" },
	{ "choice", CONF_ENUM, AT(choice), .def = "green", .words = words, .flags = CONF_RELOAD },
	{ "names", CONF_WORDS, AT(names), .max = 99, .def = "one two" },
	{ "colours", CONF_WORDS, AT(colours), .def = "", .words = words },
	{ "secret", CONF_STRING, AT(secret), .min = 3, .def = "none", .flags = CONF_SECRET },
	{ .path = NULL },
};
#undef AT
#define AT(member) .offset = offsetof(struct item, member)
static const struct conf_row item_rows[] = {
	{ "name", CONF_STRING, AT(name), .def = "" },
	{ "weight", CONF_INT, AT(weight), .min = 0, .max = 9, .def = "1" },
	{ "on", CONF_BOOL, AT(on), .def = "false" },
	{ .path = NULL },
};
static const struct conf_list lists[] = {
	{ .path = "items",
		.rows = item_rows,
		.offset = offsetof(struct things, items),
		.count_offset = offsetof(struct things, n_items),
		.element_size = sizeof(struct item),
		.max = 4,
		.flags = CONF_RELOAD },
	{ .path = "bare",
		.rows = item_rows,
		.offset = offsetof(struct things, bare),
		.count_offset = offsetof(struct things, n_bare),
		.element_size = sizeof(struct item),
		.max = 4,
		.bare = true },
	{ .path = NULL },
};
static const struct conf_table table = {
	.rows = rows, .lists = lists, .size = sizeof(struct things)
};

/* What reading this text leaves as its first finding. */
static const char *finding_of(const char *text, char *buf, size_t size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	int r;

	write_text("f.conf", text);
	*buf = '\0';
	if (conf_new(&c, &table) < 0)
		abort();
	r = conf_read_file(c, "f.conf", &report);
	if ((r < 0) != (report.errors > 0))
		return "the result does not go with the findings";
	return report.n ? conf_finding_format(&report.findings[0], buf, size) : buf;
}

static void check_finding(const char *text, const char *start, const char *name)
{
	char buf[1024];
	const char *found = finding_of(text, buf, sizeof(buf));
	bool good = *start ? strncmp(found, start, strlen(start)) == 0 : !*found;

	ok(good, "%s: %s", name, start);
	if (!good)
		printf("# got %s\n", found);
}

/* Applies one text; the caller destroys. */
static bool read_things(const char *text, struct things *ret)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	bool good;

	write_text("f.conf", text);
	good = conf_new(&c, &table) == 0 && conf_read_file(c, "f.conf", &report) == 0 &&
	       report.n == 0 && conf_apply(c, ret) == 0;
	show(&report);
	return good;
}

static void test_types(void)
{
	struct things t;

	ok(read_things("", &t), "an empty file");
	ok(!strcmp(t.text, "some \"text\" \\") && t.flag && t.number == -5 &&
			t.bitrate == 3000000 && t.bytes == 1 << 20 && t.time == 500000 &&
			t.hold == USEC_INFINITY && t.size.width == 0 && t.rate.num == 30000 &&
			t.rate.den == 1001 && t.real == 0.1 && t.choice == 1 && t.n_items == 0,
		"defaults");
	conf_destroy(&table, &t);
	ok(read_things("a = { flag = false; number = -9223372036854775807L; time = 0.25; deep: { "
		       "bitrate = 64000; bytes = 4294967296L; }; };\n"
		       "b: { hold = 2; size = \"1920x1080\"; rate = 25.000; };\n"
		       "choice = \"blue\"; word = \"green\"; text = \"a\"\n \"b\\x41\\n\"; // two",
		   &t) == false,
		"a line break in a text is refused");
	ok(read_things(
		   "a = { flag = false; number = -9223372036854775807L; time = 0.25; deep: { "
		   "bitrate = 64000; bytes = 4294967296L; }; };\n"
		   "b: { hold = 2; size = \"1920x1080\"; rate = 25.000; real = -12.5e2; };\n"
		   "choice = \"blue\"; word = \"green\"; text = \"a\"\n \"b\\x41\xc3\xa4\"; // two",
		   &t),
		"numbers of all kinds");
	ok(!t.flag && t.number == -INT64_MAX && t.time == 250000 && t.bitrate == 64000 &&
			t.bytes == INT64_C(1) << 32 && t.hold == 2 * USEC_PER_SEC &&
			t.size.height == 1080 && t.rate.num == 25 && t.rate.den == 1 &&
			t.real == -1250 && t.choice == 2 && !strcmp(t.word, "green") &&
			!strcmp(t.text, "abA\xc3\xa4"),
		"values");
	conf_destroy(&table, &t);
	ok(read_things("items = ( { name = \"x\"; weight = 9; }, { on = true; } );", &t), "a list");
	ok(t.n_items == 2 && !strcmp(t.items[0].name, "x") && t.items[0].weight == 9 &&
			!t.items[0].on && t.items[1].on && t.items[1].weight == 1,
		"its elements");
	conf_destroy(&table, &t);
	ok(!t.items && !t.n_items && !t.text, "destroyed");
}

static void test_quantities(void)
{
	static const struct {
		const char *text;
		uint64_t usec;
	} times[] = { { "2", 2000000 }, { "0.5", 500000 }, { "500ms", 500000 }, { "2 s", 2000000 },
		{ "2sec", 2000000 }, { "3min", 180000000 }, { "1h", 3600000000 }, { "7us", 7 },
		{ "0.000001", 1 }, { "0", 0 }, { "1.50s", 1500000 },
		{ "0.1000000000000000", 100000 } };
	static const char *const bad[] = { "", " 1", "1m", "-1", "1.", ".5", "1e3", "0x10", "1.5us",
		"forever", "1 s ", "1.2.3", "1.0123456789" };

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char text[64];
		struct things t;

		snprintf(text, sizeof(text), "a: { time = \"%s\"; };", times[i].text);
		ok(read_things(text, &t) && t.time == times[i].usec, "%s", times[i].text);
		conf_destroy(&table, &t);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[64], buf[256];

		snprintf(text, sizeof(text), "a: { time = \"%s\"; };", bad[i]);
		ok(strstr(finding_of(text, buf, sizeof(buf)), "is not a time from 0 to 1h"),
			"'%s' is no time", bad[i]);
	}
}

static void test_findings(void)
{
	check_finding("x = ;", "f.conf:1: syntax error", "syntax");
	check_finding("\n\ntext = \"never ends", "f.conf:", "no end");
	check_finding("\na: {\n number = \"5\";\n};", "f.conf:3: a.number: must be a whole number",
		"a text for a number");
	check_finding(
		"a: { number = 1.5; };", "f.conf:1: a.number: must be", "a float for a number");
	check_finding("a: { flag = 1; };", "f.conf:1: a.flag: must be true or false", "a number");
	check_finding("a = 5;", "f.conf:1: a: must be a group", "a group");
	check_finding("a: { deep = [ 1 ]; };", "f.conf:1: a.deep: must be a group", "a deep group");
	check_finding("choice = \"pink\";",
		"f.conf:1: choice: \"pink\" is not one of \"red\", \"green\", \"blue\"", "words");
	check_finding("word = \"rtmp://h/a/key\";", "f.conf:1: word: \"rtmp://h/a/***\" is not",
		"a URL in the wrong place");
	check_finding(
		"secret = \"pw\";", "f.conf:1: secret: must be a text of 3 to 1023", "a secret");
	check_finding("text = \"\\x01\";", "f.conf:1: text: must be a text", "control characters");
	check_finding("b: { hold = -1; };",
		"f.conf:1: b.hold: \"-1\" is not a time of at least 0, or "
		"\"forever\"",
		"a limit");
	check_finding("b: { real = \"1\"; };",
		"f.conf:1: b.real: must be a number from -5000000 to 5000000", "a text");
	check_finding("b: { real = 1e300; };", "f.conf:1: b.real: \"1e+300\" is not a number from",
		"a float beyond the limits");
	check_finding("b: { real = 5705.70000000003; };", "", "many digits behind a point");
	check_finding("b: { real = 1e99999999999; };", "f.conf:1: b.real: \"inf\" is not a number",
		"many in an exponent");
	check_finding("b: { rate = 1e300; };", "f.conf:1: b.rate: must be", "a huge float");
	/* What libconfig 1.5 would cut to 32 bits. */
	check_finding(
		"\nb: { hold = 5000000000; };", "f.conf:2: 5000000000 is too large", "a number");
	check_finding("b: { hold = 0xffffffff; };", "f.conf:1: 0xffffffff is too large", "in hex");
	check_finding("b: { hold = 5000000000L; };", "", "with an L it is not");
	check_finding("a1234567890123: 5; # 99999999999\ntext = \"99999999999\";",
		"f.conf:1: a1234567890123: unknown", "digits elsewhere");
	/* Suggestions */
	check_finding("\ntxet = \"x\";",
		"f.conf:2: txet: unknown setting, ignored; did you mean text?", "swapped");
	check_finding("txetx = \"x\";",
		"f.conf:1: txetx: unknown setting, ignored; did you mean text?", "and more");
	check_finding("a: { numbr = 1; };",
		"f.conf:1: a.numbr: unknown setting, ignored; did you mean "
		"a.number?",
		"in a group");
	check_finding("bitrate = 1;",
		"f.conf:1: bitrate: unknown setting, ignored; did you mean "
		"a.deep.bitrate?",
		"the wrong group");
	check_finding("item = ();", "f.conf:1: item: unknown setting, ignored; did you mean items?",
		"a list");
	check_finding("wholly_unlike = 1;", "f.conf:1: wholly_unlike: unknown setting, ignored",
		"nothing like it");
	check_finding("items = ( { weihgt = 1; } );",
		"f.conf:1: items[0].weihgt: unknown setting, "
		"ignored; did you mean weight?",
		"in an element");
	check_finding("items = ( { weight = 10; } );", "f.conf:1: items[0].weight: \"10\" is not",
		"an element's limit");
	check_finding("items = ( {}, {}, {}, {}, {} );",
		"f.conf:1: items: must be a list of at most 4", "too many");
}

static void test_includes(void)
{
	char text[2048] = "";

	(void) mkdir("sub", 0755);
	write_text("sub/in.conf", "\nchoice = 7;\n");
	write_text("loop.conf", "@include \"loop.conf\"\n");
	check_finding("@include \"sub/in.conf\"\n", "./sub/in.conf:2: choice: must be one of",
		"an origin in an included file");
	check_finding("@include \"/etc/passwd\"\n", "f.conf:1: only files of the same folder", "/");
	check_finding("\n \t@include  \"sub/../../x\"\n", "f.conf:2: only files", "..");
	check_finding("@include \"sub\\/x\"\n", "f.conf:1: only files", "an escape");
	check_finding("@include \"\"\n", "f.conf:1: only files", "no name");
	check_finding("@include \"absent\"\n", "f.conf:1: cannot include absent: No such file",
		"no file");
	check_finding(
		"@include \"sub\"\n", "f.conf:1: cannot include sub: Is a directory", "a folder");
	check_finding("@include \"loop.conf\"\n", "./loop.conf:1: too many files", "a circle");
	check_finding("@include x\n", "f.conf:1: @include needs", "no quotes");
	check_finding(
		"# @include \"/etc/passwd\"\n/*\n@include \"/x\"\n*/ text = \"\n@include \\\"/x\";",
		"f.conf:", "not in comments and texts");
	for (int i = 0; i < 65; i++)
		strcat(text, "@include \"empty.conf\"\n");
	write_text("empty.conf", "");
	check_finding(text, "f.conf:65: too many files", "65 files");
	write_text("sub/in.conf", "\n}\n");
	check_finding("\n@include \"sub/in.conf\"\n", "./sub/in.conf:2: syntax error",
		"a syntax error there");
	(void) unlink("sub/in.conf");
	(void) unlink("loop.conf");
	(void) unlink("empty.conf");
	(void) rmdir("sub");
}

/* A file that is the head, n times the middle with its number in place of a '%', and the tail. */
static void check_hostile(const char *head, const char *middle, size_t n, const char *tail,
	const char *start, const char *name)
{
	_cleanup_(freep) char *text = NULL;
	uint64_t begin = usec_of(CLOCK_PROCESS_CPUTIME_ID);
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(head, f);
	for (size_t i = 0; i < n; i++)
		for (const char *p = middle; *p; p++)
			if (*p == '%')
				fprintf(f, "%zu", i);
			else
				fputc(*p, f);
	fputs(tail, f);
	fclose(f);
	check_finding(text, start, name);
	printf("# %zu bytes, %llu ms\n", size,
		(unsigned long long) (usec_of(CLOCK_PROCESS_CPUTIME_ID) - begin) / 1000);
}

static void test_hostile(void)
{
	check_hostile("", "x%: {", 100000, "", "f.conf:1: nested too deep", "groups in groups");
	check_hostile("x = ", "(", 500000, "", "f.conf:1: nested too deep", "lists in lists");
	check_hostile("", "k%=1;\n", 100000, "", "f.conf:2001: more than 2000 settings in", "keys");
	check_hostile("", "k%=1;\n", 2000, "", "f.conf:1: k0: unknown", "many keys");
	check_hostile("", "}}k%={x=1;};\n", 30000, "", "f.conf:2001: more than 2000", "and ends");
	check_hostile("a={\nb=(", "{c=1;d=2;},\n", 15000, ");};", "f.conf:10001: more than 20000 ",
		"many groups");
	check_hostile("a={\nb=(", "{c=1;d=2;e=3;},\n", 6000, "{});};",
		"f.conf:2: a.b: unknown setting", "not quite so many");
	check_hostile(
		"text = [ 1", ",1", 19999, " ];", "f.conf:1: text: must be a text", "an array");
	check_hostile("text = [ 1", ",1", 500000, " ];", "f.conf:1: too many", "a huge array");
	check_hostile("items = ( 1", ",1", 19999, " );", "f.conf:1: items: must be", "a list");
	check_hostile("text = \"", "x", 16000, "\";", "f.conf:1: text: must be a text", "a text");
	check_hostile("text = \"", "x", 1000000, "\";", "f.conf:1: a text is", "a huge text");
	check_hostile("text = ", "\"x\"", 300000, ";", "f.conf:1: too many", "pieces of a text");
	check_hostile("", "x", 16000, " = 1;", "f.conf:1: xxxxxxx", "a name");
	check_hostile("", "x", 1000000, " = 1;", "f.conf:1: a name is", "a huge name");
	check_hostile("", "# comment\n", 104857, "", "", "comments");
	check_hostile("", " ", (1 << 20) + 1, "", "f.conf: larger than 1 MiB", "a byte too many");
	check_hostile("", "@include \"big\"\n", 2, "", "f.conf:1: cannot include", "no such file");
	check_hostile(
		"a = ", "9", 1000000, ";", "f.conf:1: 9999999999999999 is too large", "digits");
	write_text("nul.conf", "");
	ok(file_write("f.conf", "text = \"a\";\0x", 13, 0644, 0) == 0, "a NUL byte");
}

static void test_files(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	char line[256];

	ok(conf_new(&c, &table) == 0, "new");
	ok(conf_read_file(c, "f.conf", &report) == -EINVAL && report.errors == 1 &&
			strstr(report.findings[0].text, "NUL"),
		"is no text");
	ok(conf_read_file(c, "absent.conf", &report) == -ENOENT && report.n == 1, "no file");
	ok(conf_read_dir(c, "absent.d", &report) == 0 && report.n == 1, "no folder");
	ok(conf_read_file(c, ".", &report) == -EINVAL && report.errors == 2, "a folder");
	ok(conf_read_file(c, "/dev/zero", &report) == -EINVAL && report.errors == 3, "a device");
	ok(mkdir("d", 0755) == 0 && symlink("nowhere", "d/5.conf") == 0 &&
			symlink("../f.conf", "d/6.conf") == 0 &&
			conf_read_dir(c, "d", &report) == -EINVAL && report.errors == 5 &&
			!strcmp(report.findings[3].file, "d/5.conf") &&
			!strcmp(report.findings[4].file, "d/6.conf"),
		"all files of a folder are read, whatever the first gives");
	ok(unlink("d/5.conf") == 0 && unlink("d/6.conf") == 0 && rmdir("d") == 0, "away with it");
	for (int i = 0; i < 300; i++)
		conf_report_add(&report, CONF_WARNING, "w", i, NULL, "w");
	conf_report_add(&report, CONF_ERROR, NULL, 0, "key", "the error");
	ok(report.warnings == 300 && report.errors == 6 && report.n == 106, "findings are bounded");
	ok(!strcmp(conf_finding_format(&report.findings[report.n - 1], line, sizeof(line)),
		   "key: the error"),
		"and warnings hide no error");
	(void) unlink("nul.conf");
}

static void test_set(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	const char *const item[] = { "name=a=b", "weight=3", NULL };
	const char *const bad[] = { "nmae=x", NULL };
	struct things t;

	ok(conf_new(&c, &table) == 0, "new");
	ok(conf_set(c, "text=a=b", "--set", &report) == 0, "a value with '='");
	ok(conf_set(c, "a.deep.bitrate=2M", "--set", &report) == 0, "in groups");
	ok(conf_append(c, "items", item, "--item", &report) == 0, "an element");
	ok(conf_append(c, "none", item, "--item", &report) == -ENOENT && report.n == 0,
		"no such list");
	ok(conf_apply(c, &t) == 0 && !strcmp(t.text, "a=b") && t.bitrate == 2000000 &&
			t.n_items == 1 && !strcmp(t.items[0].name, "a=b") && t.items[0].weight == 3,
		"applied");
	conf_destroy(&table, &t);
	ok(conf_set(c, "a.number=9223372036854775808", "--set", &report) == -EINVAL,
		"more than 64 bits");
	ok(conf_set(c, "text=\x7f", "--set", &report) == -EINVAL, "a bad value");
	ok(conf_apply(c, &t) == 0 && !strcmp(t.text, "a=b"), "leaves the old one");
	conf_destroy(&table, &t);
	ok(conf_append(c, "items", bad, "--item", &report) == -EINVAL &&
			strstr(report.findings[2].text, "name?"),
		"an unknown key");
	for (int i = 0; i < 2; i++)
		(void) conf_append(c, "items", item, "--item", &report);
	ok(conf_append(c, "items", item, "--item", &report) == -ENOSPC, "full");
	conf_clear(c, "items");
	ok(conf_apply(c, &t) == 0 && t.n_items == 0 && !t.items, "cleared");
	conf_destroy(&table, &t);
}

static void test_bad_table(void)
{
	struct conf_row bad_rows[] = { rows[3], { .path = NULL } };
	const struct conf_table bad = { .rows = bad_rows, .size = sizeof(struct things) };
	struct conf *c = NULL;

	bad_rows[0].max = -6;
	ok(conf_new(&c, &bad) == -EINVAL && !c, "a default beyond its own limits");
}

static void test_dump(void)
{
	static const char expected[] = "text = \"some \\\"text\\\" \\\\\"; # default\n"
				       "word = \"red\"; # default\n"
				       "a: {\n"
				       "	flag = true; # default\n"
				       "	number = 5000000000L; # f.conf:2\n"
				       "	deep: {\n"
				       "		bitrate = \"3000k\"; # default\n"
				       "		bytes = 4096; # f.conf:2\n"
				       "	};\n"
				       "	time = \"500ms\"; # default\n"
				       "};\n"
				       "b: {\n"
				       "	hold = \"forever\"; # default\n"
				       "	size = \"auto\"; # default\n"
				       "	rate = 24; # --set\n"
				       "	real = 0.1; # default\n"
				       "};\n"
				       "choice = \"green\"; # default\n"
				       "names = \"one two\"; # default\n"
				       "colours = \"\"; # default\n"
				       "secret = \"rtmp://u:***@h/a/***\"; # f.conf:1\n"
				       "items = (\n"
				       "	{ # f.conf:4\n"
				       "		name = \"x\"; # f.conf:4\n"
				       "		weight = 1; # default\n"
				       "		on = false; # default\n"
				       "	}\n"
				       ");\n"
				       "bare = ( );\n";
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(freep) char *dump = NULL, *squeezed = NULL;
	_cleanup_(conf_freep) struct conf *c = NULL;
	size_t size, n = 0;
	FILE *f;

	write_text("f.conf", "secret = \"rtmp://u:pw@h/a/key\";\n"
			     "a: { number = 5000000000L; deep: { bytes = 4096; }; };\n"
			     "items = (\n{ name = \"x\"; });");
	ok(conf_new(&c, &table) == 0 && conf_read_file(c, "f.conf", &report) == 0 &&
			conf_set(c, "b.rate=24", "--set", &report) == 0,
		"some settings");
	f = open_memstream(&dump, &size);
	conf_dump(c, f);
	fclose(f);
	squeezed = calloc(1, size + 1);
	for (size_t i = 0; i < size; i++)
		if (dump[i] != ' ' || dump[i + 1] != ' ')
			squeezed[n++] = dump[i];
	ok(strcmp(squeezed, expected) == 0, "are shown with their origins and without secrets");
	if (strcmp(squeezed, expected) != 0)
		printf("%s", squeezed);
	write_text("f.conf", dump);
	ok(conf_read_file(c, "f.conf", &report) == 0 && report.n == 0, "in the files' own syntax");
	show(&report);
}

static uint32_t seed = 4711;

static uint32_t pick(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

/* Some valid text for a row. */
static void invent(const struct conf_row *row, char *buf, size_t size)
{
	static const char *const bits[] = { "a", "\"", "\\", "\\x41", "//", "#", "/*", "\xc3\xa4",
		"{", "'", "${x}", "@include", ";", " ", "=", "\xf0\x9f\x93\xb7" };
	static const char *const units[] = { "us", "ms", "s", "" };

	switch (row->type) {
	case CONF_STRING:
		snprintf(buf, size, "%s", row->words ? row->words[pick(3)] : row->min ? "xyz" : "");
		for (uint32_t n = pick(20); !row->words && n > 0; n--)
			strcat(buf, bits[pick(ARRAY_SIZE(bits))]);
		break;
	case CONF_BOOL:
		snprintf(buf, size, "%s", pick(2) ? "true" : "false");
		break;
	case CONF_INT:
		snprintf(buf, size, "%lld",
			row->max < 10 ? (long long) pick(10)
				      : (long long) ((uint64_t) pick(UINT32_MAX) << pick(33)));
		break;
	case CONF_BITRATE:
		snprintf(buf, size, "%u%s", pick(UINT32_MAX), pick(2) ? "k" : "");
		break;
	case CONF_BYTES:
		snprintf(buf, size, "%u%s", pick(UINT32_MAX), pick(2) ? "G" : "");
		break;
	case CONF_DURATION:
		snprintf(buf, size, "%u%s", pick(3600), units[pick(4)]);
		break;
	case CONF_SIZE:
		snprintf(buf, size, "%ux%u", 2 + 2 * pick(4000), 2 + 2 * pick(4000));
		break;
	case CONF_RATE:
		if (pick(2))
			snprintf(buf, size, "%u/1001", 1001 + pick(100000));
		else
			snprintf(buf, size, "%u.%u", 1 + pick(200), pick(999));
		break;
	case CONF_ENUM:
		snprintf(buf, size, "%s", row->words[pick(3)]);
		break;
	case CONF_WORDS:
		snprintf(buf, size, "%s,%s ", words[pick(3)], words[pick(3)]);
		break;
	case CONF_REAL:
		snprintf(buf, size, "%s%.17g", pick(2) ? "-" : "", pick(UINT32_MAX) / 1000.0);
		break;
	case _CONF_TYPE_MAX:
		break;
	}
}

/* Words as a list or a text, and lists of values where groups may stand. */
static void test_words(void)
{
	struct things t;

	ok(read_things("names = ( \"a\", \"b-c\" ); colours = [ \"red\", \"blue\" ];\n"
		       "bare = ( \"x\", { name = \"y\"; on = true; } );",
		   &t) &&
			!strcmp(t.names, "a, b-c") && !strcmp(t.colours, "red, blue") &&
			t.n_bare == 2 && !strcmp(t.bare[0].name, "x") && !t.bare[0].on &&
			t.bare[0].weight == 1 && !strcmp(t.bare[1].name, "y") && t.bare[1].on,
		"lists of words, and of words among groups");
	conf_destroy(&table, &t);
	ok(read_things("names = \"a b,c\"; colours = (); bare = [ \"x\", \"y\" ];", &t) &&
			!strcmp(t.names, "a b,c") && !*t.colours && t.n_bare == 2,
		"one text of words, and a list without any");
	conf_destroy(&table, &t);
	check_finding("colours = ( \"red\", \"pink\" );",
		"f.conf:1: colours: \"red, pink\" is not a list of \"red\", \"green\", \"blue\"",
		"a word that is none of them");
	check_finding("colours = \"red pin\";", "f.conf:1: colours: \"red pin\" is not a list",
		"the same in one text");
	check_finding("\nnames = ( \"a b\" );", "f.conf:2: names: must be a list of texts without",
		"white space inside a word");
	check_finding("names = ( \"\" );", "f.conf:1: names: must be", "an empty word");
	check_finding("names = ( 5 );", "f.conf:1: names: must be", "a number among words");
	check_finding("names = { };", "f.conf:1: names: must be", "a group for words");
	check_finding(
		"names = ( \"0123456789012345678901234567890123456789012345678901234567890\", "
		"\"0123456789012345678901234567890123456789012345678901234567890\" );",
		"f.conf:1: names: must be", "words that are too long");
	ok(read_things("bare = \"x\";", &t) && t.n_bare == 1 && !strcmp(t.bare[0].name, "x"),
		"one value alone");
	conf_destroy(&table, &t);
	check_finding("bare = 5;", "f.conf:1: bare[0]: must be a text", "one that does not fit");
	check_finding("bare = { };", "f.conf:1: bare: must be a list of at most 4 values or groups",
		"a group alone");
	check_finding("bare = ( 5 );", "f.conf:1: bare[0]: must be a text", "a number for a text");
	check_finding(
		"bare = ( ( \"x\" ) );", "f.conf:1: bare[0]: must be a text", "a list in a list");
	check_finding("items = ( \"x\" );", "f.conf:1: items: must be a list of at most 4 groups",
		"a value where only groups stand");
}

static void note(const char *path, unsigned flags, void *userdata)
{
	(void) flags;
	strcat(strcat(userdata, " "), path);
}

/* Saved and read again, settings of any kind are the same. */
static void test_round_trip(void)
{
	char differences[1024] = "";
	bool good = true;

	for (int round = 0; round < 60 && good; round++) {
		_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
		_cleanup_(conf_freep) struct conf *a = NULL, *b = NULL;
		struct things before, after;
		char text[512], assignment[600];

		good = conf_new(&a, &table) == 0 && conf_new(&b, &table) == 0;
		for (const struct conf_row *row = rows; row->path; row++) {
			invent(row, text, sizeof(text));
			snprintf(assignment, sizeof(assignment), "%s=%s", row->path, text);
			good &= pick(4) == 0 || conf_set(a, assignment, "x", &report) == 0;
		}
		for (uint32_t n = pick(5); n > 0; n--) {
			invent(item_rows, text, sizeof(text));
			snprintf(assignment, sizeof(assignment), "name=%s", text);
			good &= conf_append(a, "items", (const char *const[]){ assignment, NULL },
					"x", &report) == 0;
		}
		good &= conf_save(a, "f.conf") == 0 && conf_read_file(b, "f.conf", &report) == 0 &&
			report.n == 0;
		show(&report);
		if (good && conf_apply(a, &before) == 0 && conf_apply(b, &after) == 0) {
			conf_diff(&table, &before, &after, note, differences);
			conf_destroy(&table, &before);
			conf_destroy(&table, &after);
		}
		good &= !*differences;
	}
	ok(good, "60 configurations survive saving and reading:%s", differences);
}

static void test_diff(void)
{
	struct things a, b;
	char differences[1024] = "";

	ok(read_things("text = \"a\"; items = ( { weight = 1; } );", &a) &&
			read_things(
				"text = \"b\"; items = ( { weight = 2; } ); choice = \"red\"; a: { "
				"flag = false; number = 1; time = 1; deep: { bytes = 1; }; }; b: { "
				"size = "
				"\"2x2\"; rate = 1; };",
				&b),
		"two configurations");
	conf_diff(&table, &a, &b, note, differences);
	ok(strcmp(differences,
		   " text a.flag a.number a.deep.bytes a.time b.size b.rate choice items") == 0,
		"differ in%s", differences);
	*differences = '\0';
	conf_diff(&table, &a, &a, note, differences);
	ok(!*differences, "and not in themselves");
	conf_destroy(&table, &a);
	conf_destroy(&table, &b);
}

int main(void)
{
	char folder[] = "/tmp/test-conf.XXXXXX";

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	test_types();
	test_quantities();
	test_findings();
	test_includes();
	test_hostile();
	test_files();
	test_set();
	test_bad_table();
	test_dump();
	test_words();
	test_round_trip();
	test_diff();
	(void) unlink("f.conf");
	ok(chdir("/") == 0 && rmdir(folder) == 0, "nothing is left over");
	return tap_done();
}
