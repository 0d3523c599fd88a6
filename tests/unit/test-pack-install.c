/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Game packs put in place: whatever fails and wherever the process dies, rules and references are
 * the old ones or the new ones, and the next pack finds nothing in its way. The linker puts the
 * functions below before those of the C library; a child counts their calls and lets one of them
 * fail, or dies there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/tree.h"
#include "media/av-log.h"
#include "pack/pack-private.h"
#include "settings/rules-file.h"
#include "tests/tap.h"
#include "tests/unit/faults.h"
#include "tests/unit/packs.h"

#define RULES "rules/card.conf"
#define REFS "refs/card"
#define OLD_WIDTH 640
#define NEW_WIDTH 1280
#define UNHARMED 98
#define CALLS_MAX 500

static char why[PACK_WHY_SIZE];
static struct pack *old_pack, *new_pack;

/* --- what goes wrong --- */

int __real_renameat2(int fd, const char *a, int to, const char *b, unsigned flags);
int __wrap_renameat2(int fd, const char *a, int to, const char *b, unsigned flags);

int __wrap_renameat2(int fd, const char *a, int to, const char *b, unsigned flags)
{
	if (fault.no_exchange) {
		errno = EINVAL;
		return -1;
	}
	return goes_wrong() ? -1 : __real_renameat2(fd, a, to, b, flags);
}

/* --- what is there --- */

/* 'o' and 'n': of the old pack and the new one; '-': nothing; '?': neither. */
static char rules_in_place(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	int r = rules_file_read(RULES, &rules, &report);

	if (r < 0)
		return r == -ENOENT ? '-' : '?';
	return rules.width == OLD_WIDTH ? 'o' : rules.width == NEW_WIDTH ? 'n' : '?';
}

static bool holds_references(const char *folder, const char *of)
{
	static const char *const names[] = { "SELECT/a.png", "PLAY/b.png", "PLAY/c.png",
		"credits.json", "digits.json" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(freep) char *data = NULL, *expected = NULL;
		char path[256];
		size_t size, expected_size;

		snprintf(path, sizeof(path), "%s/%s", of, names[i]);
		if (file_read(path, 1 << 20, &expected, &expected_size) < 0)
			abort();
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if (file_read(path, 1 << 20, &data, &size) < 0 || size != expected_size ||
			memcmp(data, expected, size) != 0)
			return false;
	}
	return true;
}

static char references_in_place(const char *folder)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/PLAY", folder);
	if (access(path, F_OK) < 0)
		return '-';
	return holds_references(folder, "old") ? 'o' : holds_references(folder, "new") ? 'n' : '?';
}

static int names_in(const char *folder, char *ret, size_t size)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);

	*ret = '\0';
	for (int i = 0; i < n; i++) {
		size_t used = strlen(ret);

		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0)
			snprintf(ret + used, size - used, "%s ", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return n;
}

/* --- where it starts from --- */

enum start {
	FROM_NOTHING,
	FROM_RULES,  /* a file of rules, no references */
	FROM_PEOPLE, /* both, made by hand */
	FROM_PACK,
	FROM_UNLINKED, /* … whose rules somebody has taken away again */
	_START_MAX
};

static const struct {
	const char *name;
	char rules, refs; /* as they are in place then */
} starts[] = {
	[FROM_NOTHING] = { "nothing", '-', '-' },
	[FROM_RULES] = { "rules alone", 'o', '-' },
	[FROM_PEOPLE] = { "what people made", 'o', 'o' },
	[FROM_PACK] = { "a pack", 'o', 'o' },
	[FROM_UNLINKED] = { "a pack without its rules", '-', 'o' },
};

static void must(bool good)
{
	if (!good) {
		printf("Bail out! %s\n", why);
		exit(1);
	}
}

static void write_rules(const char *path)
{
	FILE *f = fopen(path, "we");

	must(f && rules_file_write(pack_rules(old_pack), f) == 0 && fclose(f) == 0);
}

static void set_out(enum start start)
{
	must(tree_remove_at(AT_FDCWD, "rules") == 0 && tree_remove_at(AT_FDCWD, "refs") == 0);
	must(mkdir("rules", 0755) == 0 && mkdir("refs", 0755) == 0);
	if (start == FROM_PACK || start == FROM_UNLINKED)
		must(pack_install(old_pack, RULES, REFS, why, sizeof(why)) == 0);
	if (start == FROM_UNLINKED)
		must(unlink(RULES) == 0);
	if (start == FROM_RULES || start == FROM_PEOPLE)
		write_rules(RULES);
	if (start == FROM_PEOPLE) {
		packs_make_folder(REFS, 0x336699);
		packs_make_digits(REFS, pack_rules(old_pack));
	}
}

/* In a child; returns its exit status: 0 done, 1 failed, DIED; UNHARMED: there are fewer calls. */
static int install_with(int at, bool dies, bool no_exchange)
{
	int status, r;
	pid_t pid = fork();

	must(pid >= 0);
	if (pid == 0) {
		fault.at = at;
		fault.dies = dies;
		fault.calls = 0;
		fault.no_exchange = no_exchange;
		r = pack_install(new_pack, RULES, REFS, why, sizeof(why));
		_exit(r < 0 ? 1 : fault.calls < at ? UNHARMED : 0);
	}
	must(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* --- whole installations --- */

static void test_install(enum start start)
{
	const char before = starts[start].refs, *from = starts[start].name;
	char text[256];
	struct stat st;

	set_out(start);
	ok(pack_install(new_pack, RULES, REFS, why, sizeof(why)) == 0, "on top of %s", from);
	ok(rules_in_place() == 'n' && references_in_place(REFS) == 'n', "%s: the new ones", from);
	ok(references_in_place(REFS ".before") == before, "%s: and what was there before", from);
	ok(stat(REFS "/PLAY", &st) == 0 && (st.st_mode & 07777) == 0755 &&
			stat(REFS "/PLAY/b.png", &st) == 0 && (st.st_mode & 07777) == 0644,
		"%s: others may read them", from);
	names_in("rules", text, sizeof(text));
	ok(strcmp(text, "card.conf ") == 0, "%s: nothing else is left: %s", from, text);
	ok(pack_install(old_pack, RULES, REFS "/", why, sizeof(why)) == 0 &&
			rules_in_place() == 'o' && references_in_place(REFS) == 'o' &&
			references_in_place(REFS ".before") == 'n',
		"%s: and back", from);
	names_in("refs", text, sizeof(text));
	ok(strcmp(text, "card card.before ") == 0, "%s: one is kept: %s", from, text);
}

static void test_references_alone(void)
{
	struct stat st;

	set_out(FROM_PACK);
	ok(pack_install(new_pack, NULL, REFS, why, sizeof(why)) == 0 && rules_in_place() == 'o' &&
			references_in_place(REFS) == 'n',
		"the references alone: the rules stay, though they lie in the folder");
	set_out(FROM_NOTHING);
	ok(pack_install(new_pack, NULL, "a/b/card", why, sizeof(why)) == 0 &&
			references_in_place("a/b/card") == 'n' &&
			access("a/b/card/rules.conf", F_OK) < 0,
		"folders are made");
	ok(stat("a", &st) == 0 && (st.st_mode & 07777) == 0755 && stat("a/b", &st) == 0 &&
			(st.st_mode & 07777) == 0755,
		"for others to read, too");
	ok(pack_install(new_pack, NULL, "a//d/card/", why, sizeof(why)) == 0 &&
			references_in_place("a/d/card") == 'n',
		"odd slashes");
	ok(pack_install(new_pack, "c/card.conf", "card", why, sizeof(why)) == 0 &&
			references_in_place("card") == 'n' && access("c/card.conf", R_OK) == 0,
		"a folder without a slash");
	ok(pack_write("again.egmpack", "Koi", "", pack_rules(new_pack), "card", why, sizeof(why)) ==
			0,
		"what was installed can be packed again");
}

static void test_odd_places(void)
{
	int fd;

	set_out(FROM_PEOPLE);
	ok(pack_install(new_pack, RULES, "/", why, sizeof(why)) == -EINVAL, "%s", why);
	ok(pack_install(new_pack, RULES, "refs/..", why, sizeof(why)) == -EINVAL, "%s", why);
	ok(pack_install(new_pack, REFS "/rules.conf", REFS, why, sizeof(why)) == -EINVAL, "%s",
		why);
	ok(symlink("card", "refs/link") == 0 &&
			pack_install(new_pack, RULES, "refs/link", why, sizeof(why)) == -EINVAL,
		"%s", why);
	ok(pack_install(new_pack, RULES, RULES, why, sizeof(why)) == -EINVAL, "%s", why);
	ok(mkdir("rules/folder", 0755) == 0 &&
			pack_install(new_pack, "rules/folder", REFS, why, sizeof(why)) == -EISDIR,
		"%s", why);
	fd = open("refs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok(fd >= 0 && flock(fd, LOCK_EX) == 0 &&
			pack_install(new_pack, RULES, REFS, why, sizeof(why)) == -EBUSY,
		"%s", why);
	close(fd);
	ok(rules_in_place() == 'o' && references_in_place(REFS) == 'o', "all that left the old");
	ok(unlink(RULES) == 0 && symlink("nowhere", RULES) == 0 &&
			pack_install(new_pack, RULES, REFS, why, sizeof(why)) == 0 &&
			rules_in_place() == 'n',
		"a link to nothing is replaced");
	ok(access("rules/nowhere", F_OK) < 0 && access("nowhere", F_OK) < 0, "and not followed");
}

/* Root does not go where the service's user would lead it. */
static void test_strange_links(void)
{
	set_out(FROM_PACK);
	must(mkdir("strange", 0755) == 0 && symlink("strange", "mine") == 0);
	if (geteuid() != 0) {
		ok(true, "links of others # SKIP needs root");
		return;
	}
	must(lchown("mine", 1, 1) == 0);
	ok(pack_install(new_pack, RULES, "mine/card", why, sizeof(why)) == -ELOOP &&
			access("strange/card", F_OK) < 0,
		"%s", why);
	ok(pack_install(new_pack, "mine/card.conf", REFS, why, sizeof(why)) == -ELOOP &&
			faccessat(AT_FDCWD, "strange/card.conf", F_OK, AT_SYMLINK_NOFOLLOW) < 0,
		"%s", why);
	ok(rules_in_place() == 'o' && references_in_place(REFS) == 'o', "nothing has changed");
	must(lchown("mine", 0, 0) == 0);
	ok(pack_install(new_pack, RULES, "mine/card", why, sizeof(why)) == 0 &&
			references_in_place("strange/card") == 'n' && rules_in_place() == 'n',
		"where root has made a link it goes");
}

/* What people leave in the folder, and links out of it. */
static void test_before(void)
{
	set_out(FROM_PACK);
	ok(mkdir("keep", 0755) == 0 && file_write("keep/me", "x", 1, 0644, 0) == 0 &&
			symlink("../../keep", REFS "/link") == 0 && mkdir(REFS "/a", 0755) == 0 &&
			mkdir(REFS "/a/b", 0755) == 0 &&
			file_write(REFS "/a/b/c", "x", 1, 0644, 0) == 0,
		"more in the folder");
	ok(pack_install(new_pack, RULES, REFS, why, sizeof(why)) == 0 &&
			access(REFS ".before/a/b/c", F_OK) == 0,
		"goes along with it");
	ok(pack_install(old_pack, RULES, REFS, why, sizeof(why)) == 0 &&
			access(REFS ".before/a", F_OK) < 0 && access("keep/me", F_OK) == 0,
		"and ends with it, but not what a link leads to");
}

/* --- faults --- */

/* The state must be what the child's end tells; then a whole installation must work. */
static bool check_fault(enum start start, int status, bool no_exchange)
{
	char rules = rules_in_place(), refs = references_in_place(REFS), text[256];
	const char old_rules = starts[start].rules, old_refs = starts[start].refs;
	const bool is_old = rules == old_rules && refs == old_refs,
		   is_new = rules == 'n' && refs == 'n';
	/* Between its two renames. */
	const bool is_none = no_exchange && status == DIED && rules == '-' && refs == '-' &&
			     references_in_place(REFS ".before") == old_refs;

	if (!is_old && !is_new && !is_none) {
		printf("# rules %c, references %c\n", rules, refs);
		return false;
	}
	if ((status == 0 || status == UNHARMED) && !is_new)
		return false;
	if (status == 1 && is_old && old_rules == '-' &&
		faccessat(AT_FDCWD, RULES, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		printf("# a link to nothing is left\n");
		return false;
	}
	if (pack_install(new_pack, RULES, REFS, why, sizeof(why)) < 0) {
		printf("# afterwards: %s\n", why);
		return false;
	}
	names_in("refs", text, sizeof(text));
	if (strcmp(text, "card ") != 0 && strcmp(text, "card card.before ") != 0)
		printf("# left in refs: %s\n", text);
	else if (names_in("rules", text, sizeof(text)), strcmp(text, "card.conf ") != 0)
		printf("# left in rules: %s\n", text);
	else
		return rules_in_place() == 'n' && references_in_place(REFS) == 'n';
	return false;
}

/* Each call in turn fails, or is the last. */
static void test_faults(enum start start, bool dies, bool no_exchange)
{
	int at, wrong = 0, failed = 0, status = -1;

	for (at = 1; at < CALLS_MAX; at++) {
		set_out(start);
		status = install_with(at, dies, no_exchange);
		if (!check_fault(start, status, no_exchange)) {
			printf("# call %d, status %d\n", at, status);
			wrong++;
		}
		if (status == UNHARMED)
			break;
		failed += status != 0;
	}
	ok(wrong == 0 && failed > 15 && status == UNHARMED,
		"on top of %s, %s%s: old or new, %d times", starts[start].name,
		dies ? "dying" : "failing", no_exchange ? " where folders cannot be exchanged" : "",
		failed);
}

/* --- real disks --- */

static void test_file_size(void)
{
	const struct rlimit least = { .rlim_cur = 100, .rlim_max = RLIM_INFINITY };
	int status;
	pid_t pid;

	set_out(FROM_PEOPLE);
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &least) < 0 ||
			pack_install(new_pack, RULES, REFS, why, sizeof(why)) != -EFBIG);
	}
	ok(waitpid(pid, &status, 0) == pid && status == 0, "files may not be so long");
	ok(rules_in_place() == 'o' && references_in_place(REFS) == 'o', "the old ones stay");
}

static void test_full_disk(void)
{
	char text[256];

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", "refs", "tmpfs", 0, "size=40k,nr_inodes=12") < 0) {
		ok(true, "a full disk # SKIP needs root: %s", strerror(errno));
		return;
	}
	packs_make_folder(REFS, 0x336699);
	packs_make_digits(REFS, pack_rules(old_pack));
	must(unlink(RULES) == 0 || errno == ENOENT);
	write_rules(RULES);
	ok(pack_install(new_pack, RULES, REFS, why, sizeof(why)) == -ENOSPC, "%s", why);
	ok(rules_in_place() == 'o' && references_in_place(REFS) == 'o', "the old ones stay");
	names_in("refs", text, sizeof(text));
	ok(strcmp(text, "card ") == 0, "nothing else is left: %s", text);
	ok(mount("none", "refs", "tmpfs", MS_REMOUNT | MS_RDONLY, "") == 0 &&
			pack_install(new_pack, RULES, REFS, why, sizeof(why)) == -EROFS,
		"%s", why);
	ok(umount2("refs", MNT_DETACH) == 0, "away with it");
}

static struct pack *make_pack(const char *folder, unsigned colour, int width)
{
	struct pack *ret = NULL;
	struct rules rules;

	packs_make_folder(folder, colour);
	packs_make_rules(&rules, width);
	packs_make_digits(folder, &rules);
	must(pack_write("x.egmpack", folder, "", &rules, folder, why, sizeof(why)) == 0);
	must(pack_open(&ret, "x.egmpack", why, sizeof(why)) == 0);
	rules_deinit(&rules);
	return ret;
}

int main(void)
{
	char in_memory[] = "/dev/shm/test-pack.XXXXXX", on_disk[] = "/tmp/test-pack.XXXXXX";
	char *folder = mkdtemp(in_memory), command[64];

	/* Thousands of files: in memory where there is room for such. */
	if (!folder)
		folder = mkdtemp(on_disk);
	if (!folder || chdir(folder) < 0)
		return 1;
	avlog_capture();
	umask(077);
	old_pack = make_pack("old", 0x336699, OLD_WIDTH);
	new_pack = make_pack("new", 0xcc3300, NEW_WIDTH);
	for (int start = 0; start < _START_MAX; start++)
		test_install(start);
	test_references_alone();
	test_odd_places();
	test_before();
	test_strange_links();
	for (int start = 0; start < _START_MAX; start++)
		for (int i = 0; i < 4; i++)
			test_faults(start, i & 1, i & 2);
	test_file_size();
	test_full_disk();
	pack_free(old_pack);
	pack_free(new_pack);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") < 0 || system(command) != 0 || tap_done();
}
