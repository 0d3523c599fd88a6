/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Game packs as files: what is written is read again, and what was meddled with is refused. */
#include "pack/pack.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "media/av-log.h"
#include "pack/pack-private.h"
#include "tests/tap.h"
#include "tests/unit/packs.h"

#define ONE "koi.egmpack"

static char why[PACK_WHY_SIZE];

static struct rules rules;

/* --- writing and reading --- */

static int make(const char *path)
{
	*why = '\0';
	return pack_write(path, "Koi \"2\"", "taught in hall 3", &rules, "refs", why, sizeof(why));
}

static bool same_files(const char *a, const char *b)
{
	_cleanup_(freep) char *left = NULL, *right = NULL;
	size_t n, m;

	return file_read(a, 1 << 20, &left, &n) == 0 && file_read(b, 1 << 20, &right, &m) == 0 &&
	       n == m && memcmp(left, right, n) == 0;
}

static void test_round_trip(void)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	const struct rules *read;

	ok(make(ONE) == 0, "written %s", why);
	ok(pack_open(&p, ONE, why, sizeof(why)) == 0, "read again %s", why);
	if (!p)
		return;
	ok(strcmp(pack_game(p), "Koi \"2\"") == 0 && strcmp(pack_note(p), "taught in hall 3") == 0,
		"game and note");
	ok(pack_date(p) == 1000000000, "its date is the newest picture's");
	ok(pack_references(p, 0) == 1 && pack_references(p, 1) == 2 &&
			pack_references(p, STATE_OTHER) == 3,
		"references of each state");
	read = pack_rules(p);
	ok(rules_equal(read, &rules), "the same rules");
	ok(pack_bytes(p) > 300 && pack_bytes(p) < 30000, "size");
}

static void test_same_bytes(void)
{
	ok(make("again") == 0 && same_files(ONE, "again"), "written twice: the same to the byte");
	setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
	ok(make("dated") == 0 && !same_files(ONE, "dated"), "another date: other bytes");
	packs_make_folder("later/refs", 0x336699);
	ok(chdir("later") == 0 && utimensat(AT_FDCWD, "refs/PLAY/b.png", NULL, 0) == 0 &&
			make("../later.egmpack") == 0 && chdir("..") == 0 &&
			same_files("dated", "later.egmpack"),
		"SOURCE_DATE_EPOCH: the same from another folder and of another time");
	setenv("SOURCE_DATE_EPOCH", "yesterday", 1);
	ok(make("again") == -EINVAL && strstr(why, "SOURCE_DATE_EPOCH"), "%s", why);
	unsetenv("SOURCE_DATE_EPOCH");
}

static void test_order(void)
{
	struct packs_items all;
	bool sorted = true;

	packs_take_apart(&all, ONE);
	for (size_t i = 2; i < all.n; i++)
		sorted &= strcmp(all.items[i - 1].name, all.items[i].name) < 0;
	ok(all.n == 6 && strcmp(all.items[0].name, PACK_MANIFEST) == 0 && sorted,
		"the list first, then the files by name");
	packs_clear(&all);
}

static void put_text(const char *path, const char *text)
{
	if (file_write(path, text, strlen(text), 0644, 0) < 0)
		abort();
}

static void test_write_refuses(void)
{
	_cleanup_(pack_freep) struct pack *p = NULL;

	put_text("refs/PLAY/notes.txt", "of Monday");
	put_text("refs/PLAY/.hidden.png", "of an editor");
	ok(mkdir("refs/ELSE", 0755) == 0 && make("again") == 0 && same_files(ONE, "again"),
		"what is no picture of a state is left out");
	put_text("refs/PLAY/broken.png", "\x89PNG\r\n\x1a\n broken");
	ok(make("x") == -EBADMSG && strstr(why, "refs/PLAY/broken.png: broken PNG"), "%s", why);
	ok(unlink("refs/PLAY/broken.png") == 0, "away with it");
	put_text("refs/PLAY/l\xc3\xa4uft.png", "x");
	ok(make("x") == -EBADMSG && strstr(why, "ASCII"), "%s", why);
	ok(unlink("refs/PLAY/l\xc3\xa4uft.png") == 0, "away with it");
	ok(mkdir("refs/PLAY/folder.png", 0755) == 0 && make("x") == -EISDIR &&
			strstr(why, "refs/PLAY/folder.png"),
		"%s", why);
	ok(rmdir("refs/PLAY/folder.png") == 0, "away with it");
	ok(pack_write("x", "Koi", NULL, &rules, "absent", why, sizeof(why)) == -ENOENT &&
			strstr(why, "absent"),
		"%s", why);
	ok(pack_write("x", "a\nb", NULL, &rules, "refs", why, sizeof(why)) == -EBADMSG, "%s", why);
	ok(pack_write("x", "", NULL, &rules, "refs", why, sizeof(why)) == -EBADMSG, "%s", why);
	ok(pack_write("x", "\xff", NULL, &rules, "refs", why, sizeof(why)) == -EINVAL, "%s", why);
	ok(pack_write("absent/x", "Koi", NULL, &rules, "refs", why, sizeof(why)) == -ENOENT, "%s",
		why);
	ok(access("x", F_OK) < 0, "nothing of them is left");
	ok(pack_open(&p, "absent", why, sizeof(why)) == -ENOENT && *why, "%s", why);
	ok(pack_open(&p, ".", why, sizeof(why)) == -EISDIR && *why, "%s", why);
	ok(pack_open(&p, "/dev/null", why, sizeof(why)) == -EINVAL && *why, "%s", why);
}

/* --- meddling --- */

static int parse(const struct packs_items *items, bool compressed)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	_cleanup_(freep) char *data = NULL;
	size_t size;
	int r;

	data = packs_build(items, compressed, &size);
	*why = '\0';
	r = pack_parse(&p, data, size, why, sizeof(why));
	if ((r == 0) != (p != NULL) || (r == 0) != !*why || strchr(why, '\n'))
		abort();
	return r;
}

/* The items are given back. */
static void refuses(struct packs_items *items, int expected, const char *word, const char *what)
{
	int r = parse(items, true);

	ok(r == expected && strstr(why, word), "%s: %s", what, why);
	if (r != expected)
		printf("# %d instead of %d\n", r, expected);
	packs_clear(items);
}

static struct packs_items items;

static struct packs_items *fresh(void)
{
	packs_take_apart(&items, ONE);
	return &items;
}

static struct packs_items *edited(const char *from, const char *to)
{
	packs_edit_manifest(fresh(), from, to);
	return &items;
}

static void test_manifest(void)
{
	ok(parse(fresh(), true) == 0, "taken apart and built again %s", why);
	ok(parse(&items, false) == 0, "without compression %s", why);
	packs_clear(&items);
	refuses(edited("\"format\": 1", "\"format\": 3"), -ENOTSUP, "format 3", "later format");
	refuses(edited("\"format\": 1", "\"format\": \"1\""), -EBADMSG, "format", "odd format");
	refuses(edited("\"format\": 1", "\"format\": 0"), -EBADMSG, "format", "no format");
	refuses(edited("\"game\": ", "\"name\": "), -EBADMSG, "game", "no game");
	refuses(edited("taught", "\\u009btaught"), -EBADMSG, "note", "a terminal's control code");
	refuses(edited("\"date\": \"2001", "\"date\": \"day"), -EBADMSG, "date", "no date");
	refuses(edited("\"files\": {", "\"files\": 3, \"x\": {"), -EBADMSG, "files", "no list");
	refuses(edited("\"files\": {", "\"files\": {{"), -EBADMSG, "line", "syntax");
	refuses(edited("\"sha256\": \"", "\"sha256\": \"0"), -EBADMSG, "sha256", "a long sum");
	refuses(edited("\"sha256\": \"", "\"sha256\": \"0\", \"y\": \""), -EBADMSG, "sha256",
		"a short sum");
	refuses(edited("\"size\": ", "\"size\": 1"), -EBADMSG, "long", "another size");
	refuses(edited("\"size\": ", "\"size\": -"), -EBADMSG, "size", "a negative size");
	refuses(edited("\"size\": ", "\"size\": 99999999"), -EFBIG, "bytes", "a large size");
	refuses(edited("refs/PLAY/b.png", "refs/PLAY/c.png"), -EBADMSG, "duplicate", "names twice");
	ok(parse(edited("\"note\"", "\"later\": [], \"note\""), true) == 0,
		"keys of later versions are left alone %s", why);
	packs_clear(&items);
}

static void test_names(void)
{
	static const char *const names[] = { "refs/../x.png", "refs/PLAY/../../x.png", "/x.png",
		"refs/PLAY/.x.png", "refs//x.png", "refs/PLAY/x", "refs/PLAY/x.conf", "refs/x.png",
		"refs/PLAY/a/x.png", "refs/PLAY/", "refs/PLAY/x\x1b[2J.png", "refs/PLAY/x\\y.png",
		"./rules.conf", "rules.conf/", "x.conf", "refs/PL\xc3\x84Y/x.png", "" };
	char text[512];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		packs_add(fresh(), names[i], "x", 1);
		packs_seal(&items);
		refuses(&items, -EBADMSG, "holds no file", "a name");
	}
	snprintf(text, sizeof(text), "refs/PLAY/%0256d.png", 0);
	packs_add(fresh(), text, "x", 1);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "holds no file", "a long name");
	snprintf(text, sizeof(text), "refs/%0*d/x.png", RULES_NAME_MAX + 1, 0);
	packs_add(fresh(), text, "x", 1);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "holds no file", "a state with a long name");
	packs_add(fresh(), "refs/ELSE/x.png", "x", 1);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "no such state", "a state that the rules do not know");
	fresh();
	packs_replace(packs_find(&items, "refs/PLAY/b.png"), "x", 1);
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "refs/PLAY/%0*d.png", i ? 251 : 100, 0);
		packs_add(&items, text, packs_find(&items, "refs/PLAY/c.png")->data,
			packs_find(&items, "refs/PLAY/c.png")->size);
	}
	packs_remove(&items, "refs/PLAY/b.png");
	packs_seal(&items);
	ok(parse(&items, true) == 0, "names up to the limit %s", why);
	packs_clear(&items);
}

static void test_entries(void)
{
	static const mode_t types[] = { AE_IFLNK, AE_IFDIR, AE_IFIFO, AE_IFCHR, AE_IFBLK };
	struct packs_item *item;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		item = packs_find(fresh(), "refs/PLAY/b.png");
		item->type = types[i];
		item->symlink = types[i] == AE_IFLNK ? "/etc/passwd" : NULL;
		refuses(&items, -EBADMSG, "not a plain file", "a special file");
	}
	item = packs_find(fresh(), "refs/PLAY/b.png");
	item->type = AE_IFREG;
	item->hardlink = "rules.conf";
	refuses(&items, -EBADMSG, "not a plain file", "a hard link");
	fresh();
	item = packs_find(&items, "refs/PLAY/b.png");
	packs_add(&items, item->name, item->data, item->size);
	refuses(&items, -EBADMSG, "there twice", "a file twice");
	packs_remove(fresh(), "refs/PLAY/b.png");
	refuses(&items, -EBADMSG, "missing", "a file is missing");
	packs_add(fresh(), "refs/PLAY/d.png", "x", 1);
	refuses(&items, -EBADMSG, "not in its list", "a file too many");
	packs_find(fresh(), "refs/PLAY/b.png")->data[70] ^= 1;
	refuses(&items, -EBADMSG, "checksum", "a bit of a picture");
	packs_find(fresh(), "rules.conf")->data[2] ^= 1;
	refuses(&items, -EBADMSG, "checksum", "a bit of the rules");
	packs_remove(fresh(), PACK_MANIFEST);
	refuses(&items, -EBADMSG, "begin", "no manifest");
	fresh();
	packs_add(&items, PACK_MANIFEST, items.items[0].data, items.items[0].size);
	packs_remove(&items, PACK_MANIFEST);
	refuses(&items, -EBADMSG, "begin", "the manifest last");
	packs_clear(fresh());
	refuses(&items, -EBADMSG, "game pack", "nothing in it");
}

static void test_contents(void)
{
	packs_replace(packs_find(fresh(), "refs/PLAY/b.png"), "\x89PNG\r\n\x1a\nbroken", 14);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "refs/PLAY/b.png: broken PNG", "a picture that is none");
	packs_replace(packs_find(fresh(), "refs/PLAY/b.png"), "", 0);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "refs/PLAY/b.png: empty", "an empty picture");
	packs_replace(packs_find(fresh(), "rules.conf"), "detector: { states: 3; };", 25);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "rules.conf", "rules that are none");
	packs_replace(packs_find(fresh(), "rules.conf"), "@include \"/etc/passwd\"\n", 23);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "rules.conf", "rules that look into other files");
	packs_replace(packs_find(fresh(), "refs/credits.json"), "[]", 2);
	packs_seal(&items);
	refuses(&items, -EBADMSG, "credits.json", "numbers that are none");
	packs_remove(fresh(), "rules.conf");
	packs_seal(&items);
	refuses(&items, -EBADMSG, "no rules.conf", "no rules");
	packs_remove(fresh(), "refs/credits.json");
	packs_seal(&items);
	ok(parse(&items, true) == 0, "without numbers %s", why);
	packs_clear(&items);
}

/* --- learnt digits --- */

static void test_digits(void)
{
	_cleanup_(pack_freep) struct pack *p = NULL, *plain = NULL;
	struct rules moved;
	struct packs_items all;

	ok(pack_open(&plain, ONE, why, sizeof(why)) == 0 && pack_format(plain) == 1 &&
			!pack_lessons(plain),
		"a pack without learnt digits is one for earlier versions, too");
	packs_make_digits("refs", &rules);
	ok(make("digits") == 0 && pack_open(&p, "digits", why, sizeof(why)) == 0,
		"one with learnt digits %s", why);
	if (!p)
		return;
	ok(pack_format(p) == 2 && pack_lessons(p) && lessons_count(pack_lessons(p), 0) == 2 &&
			lessons_digits(pack_lessons(p), 0) == 0x1f,
		"has them, and the format for it");
	ok(make("again") == 0 && same_files("digits", "again"), "the same to the byte");

	packs_take_apart(&all, "digits");
	packs_edit_manifest(&all, "\"format\": 2", "\"format\": 1");
	refuses(&all, -EBADMSG, "format 1 holds no file \"refs/digits.json\"",
		"in an early format");
	packs_take_apart(&all, "digits");
	packs_find(&all, "refs/digits.json")->data[300] ^= 1;
	refuses(&all, -EBADMSG, "checksum", "a bit of them");
	packs_take_apart(&all, "digits");
	packs_replace(packs_find(&all, "refs/digits.json"), "{ \"format\": 1, ", 15);
	packs_seal(&all);
	refuses(&all, -EBADMSG, "refs/digits.json: line 1", "half of them");
	packs_take_apart(&all, "digits");
	packs_replace(packs_find(&all, "refs/digits.json"), "{ \"format\": 2 }", 15);
	packs_seal(&all);
	refuses(&all, -ENOTSUP, "refs/digits.json: format 2 is of a later version", "later ones");
	packs_take_apart(&all, "digits");
	packs_remove(&all, "refs/digits.json");
	packs_seal(&all);
	ok(parse(&all, true) == 0, "without them %s", why);
	packs_clear(&all);

	packs_make_rules(&moved, 640);
	moved.numbers[0].rect.x += 50;
	ok(pack_write("x", "Koi", NULL, &moved, "refs", why, sizeof(why)) == 0 &&
			pack_free(TAKE_PTR(p)) == NULL &&
			pack_open(&p, "x", why, sizeof(why)) == 0 && pack_format(p) == 1 &&
			unlink("x") == 0,
		"what was learnt elsewhere on the screen stays away %s", why);
	rules_deinit(&moved);
	put_text("refs/digits.json", "{ \"format\": 5 }");
	ok(make("x") == -ENOTSUP && strstr(why, "refs/digits.json: format 5") &&
			access("x", F_OK) < 0,
		"%s", why);
	ok(unlink("refs/digits.json") == 0 && make("again") == 0 && same_files(ONE, "again"),
		"and without them it is as before");
}

/* --- bytes --- */

static int parse_bytes(const char *data, size_t size)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	/* Without room behind, so that a sanitizer sees who reads there. */
	_cleanup_(freep) char *exact = malloc(size ? size : 1);
	int r;

	if (!exact)
		abort();
	memcpy(exact, data, size);
	*why = '\0';
	r = pack_parse(&p, exact, size, why, sizeof(why));
	if (r == 0 && (pack_bytes(p) < 300 || pack_references(p, STATE_OTHER) != 3))
		abort();
	return r;
}

static void test_cut(bool compressed)
{
	_cleanup_(freep) char *data = NULL;
	size_t size, taken = 0, wrong = 0;

	data = packs_build(fresh(), compressed, &size);
	packs_clear(&items);
	for (size_t n = 0; n < size; n += compressed ? 7 : 97) {
		int r = parse_bytes(data, n);

		taken += r == 0;
		wrong += r != 0 && r != -EBADMSG;
	}
	/* The zeros at the end of a tar archive tell nothing. */
	ok(wrong == 0 && taken <= (compressed ? 0 : 10240 / 97 + 1),
		"cut off anywhere%s: refused (%zu taken)", compressed ? "" : ", not compressed",
		taken);
}

static void test_flipped(bool compressed)
{
	_cleanup_(freep) char *data = NULL;
	size_t size, wrong = 0;

	data = packs_build(fresh(), compressed, &size);
	packs_clear(&items);
	for (size_t i = 0; i < size; i += compressed ? 11 : 61) {
		int r;

		data[i] ^= (char) (1 << i % 8);
		r = parse_bytes(data, size);
		wrong += r != 0 && r != -EBADMSG && r != -EFBIG && r != -ENOTSUP;
		data[i] ^= (char) (1 << i % 8);
	}
	ok(wrong == 0 && parse_bytes(data, size) == 0,
		"a bit turned anywhere%s: refused, or of no account",
		compressed ? "" : ", not compressed");
}

/* So many zeros, which zstd makes a few kilobytes of. */
static void test_bomb(void)
{
	const size_t size = 64 << 20;
	_cleanup_(freep) char *zeros = calloc(1, size), *data = NULL, *bomb = NULL;
	size_t n, m;

	if (!zeros)
		abort();
	fresh();
	packs_replace(packs_find(&items, "refs/PLAY/b.png"), zeros, size);
	refuses(&items, -EBADMSG, "long", "more than its list tells");
	packs_replace(packs_find(fresh(), PACK_MANIFEST), zeros, size);
	refuses(&items, -EFBIG, "egm-pack.json", "a manifest without an end");
	packs_replace(packs_find(fresh(), "refs/PLAY/b.png"), zeros, size);
	packs_seal(&items);
	refuses(&items, -EFBIG, "bytes", "a picture of 64 MiB");

	data = packs_build(fresh(), true, &n);
	packs_clear(&items);
	bomb = packs_compress_zeros(size, &m);
	data = realloc(data, n + m);
	if (!data)
		abort();
	memcpy(data + n, bomb, m);
	ok(parse_bytes(data, n + m) == -EFBIG, "zeros without an end behind the archive: %s", why);
	memset(data + n, 'x', m);
	ok(parse_bytes(data, n + 100) == -EBADMSG, "something else behind it: %s", why);
	ok(parse_bytes(data, n) == 0, "without %s", why);
	data = realloc(data, 2 * n);
	if (!data)
		abort();
	memcpy(data + n, data, n);
	ok(parse_bytes(data, 2 * n) == -EBADMSG, "twice the same: %s", why);
	ok(parse_bytes(zeros, 1 << 20) == -EBADMSG, "only zeros: %s", why);
	ok(parse_bytes("", 0) == -EBADMSG, "no bytes: %s", why);
	ok(parse_bytes("PK\3\4 of another kind", 20) == -EBADMSG, "not an archive: %s", why);
}

static void test_limits(void)
{
	struct pack *p = calloc(1, sizeof(*p));
	int r = 0;

	for (int i = 0; r == 0; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%d", i);
		r = pack_add(p, name, NULL, 1);
	}
	ok(r == -ENOSPC && p->n_files == PACK_FILES_MAX, "so many files and no more");
	p->n_files--;
	free(p->files[p->n_files].name);
	p->bytes = PACK_BYTES_MAX - 1;
	ok(pack_add(p, "x", NULL, 2) == -ENOSPC && pack_add(p, "x", NULL, 1) == 0,
		"so many bytes and no more");
	pack_free(p);
}

int main(void)
{
	char folder[] = "/tmp/test-pack.XXXXXX", command[64];

	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 1;
	avlog_capture();
	unsetenv("SOURCE_DATE_EPOCH");
	packs_make_rules(&rules, 640);
	packs_make_folder("refs", 0x336699);
	test_round_trip();
	test_same_bytes();
	test_order();
	test_write_refuses();
	test_manifest();
	test_names();
	test_entries();
	test_contents();
	test_digits();
	test_cut(true);
	test_cut(false);
	test_flipped(true);
	test_flipped(false);
	test_bomb();
	test_limits();
	rules_deinit(&rules);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") < 0 || system(command) != 0 || tap_done();
}
