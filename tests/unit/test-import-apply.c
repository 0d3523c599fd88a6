/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An import as a whole, in a folder that stands for the system: it is done or not done, whatever
 * call fails and wherever the process dies, and undoing it gives the same tree, bit by bit. The
 * linker puts the functions below before those of the C library; a child counts their calls and
 * lets one of them fail, or dies there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/tree.h"
#include "import/import-find.h"
#include "import/import.h"
#include "tests/tap.h"
#include "tests/unit/conf-files.h"
#include "tests/unit/faults.h"

#define UNHARMED 64 /* added to the status when nothing went wrong */
#define CALLS_MAX 2000

static char home[256];
static char *original; /* YAML */
static const char *systemctl = "./systemctl";

/* --- what goes wrong --- */

WRAP(int, futimens, (int fd, const struct timespec times[2]), (fd, times))

/* --- trees --- */

static void put_file(FILE *out, const char *path)
{
	_cleanup_(freep) char *data = NULL;
	size_t size;

	if (file_read(path, 1 << 20, &data, &size) == 0)
		fwrite(data, 1, size, out);
	fputc('\n', out);
}

static void put_tree(FILE *out, const char *path)
{
	struct dirent **names = NULL;
	char target[256] = "";
	struct stat st;
	int n;

	if (lstat(path, &st) < 0)
		abort();
	fprintf(out, "%s %o %d %d", path, (unsigned) st.st_mode, (int) st.st_uid, (int) st.st_gid);
	if (!S_ISDIR(st.st_mode))
		fprintf(out, " %lld.%09ld", (long long) st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (S_ISLNK(st.st_mode) && readlink(path, target, sizeof(target) - 1) > 0)
		fprintf(out, " %s", target);
	fputc('\n', out);
	if (S_ISREG(st.st_mode))
		put_file(out, path);
	n = S_ISDIR(st.st_mode) ? scandir(path, &names, NULL, alphasort) : 0;
	for (int i = 0; i < n; i++) {
		char child[1024];

		snprintf(child, sizeof(child), "%s/%s", path, names[i]->d_name);
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
			put_tree(out, child);
		free(names[i]);
	}
	free(names);
}

static char *tree(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	put_tree(out, "root");
	fclose(out);
	return text;
}

static bool is_tree(const char *text)
{
	_cleanup_(freep) char *now = tree();
	size_t at = 0;

	while (now[at] && now[at] == text[at])
		at++;
	if (now[at] != text[at])
		printf("# differs at: %.80s\n", now + (at > 40 ? at - 40 : 0));
	return now[at] == text[at];
}

/* --- a system with the original on it --- */

static void put(const char *path, const char *text, mode_t mode)
{
	_cleanup_(freep) char *folder = strdup(path);

	*strrchr(folder, '/') = '\0';
	if (file_mkdir_p(folder, 0755) < 0 || file_write(path, text, strlen(text), mode, 0) < 0)
		abort();
}

static void put_link(const char *target, const char *path)
{
	_cleanup_(freep) char *folder = strdup(path);

	*strrchr(folder, '/') = '\0';
	if (file_mkdir_p(folder, 0755) < 0 || symlink(target, path) < 0)
		abort();
}

#define UNITS "root/etc/systemd/system/"
#define JPEG "\xff\xd8\xff\xe0 a picture"

static void make_system(void)
{
	(void) tree_remove_at(AT_FDCWD, "root");
	if (file_mkdir_p("root/var/lib", 0755) < 0)
		abort();
	put("root/etc/egm-streamer/game.yaml", original, 0644);
	put(UNITS "egm-streamer@.service",
		"[Service]\nExecStart=/opt/egm-streamer/venv/bin/egm-streamer serve --config "
		"/etc/egm-streamer/%i.yaml\n",
		0640);
	put_link("/etc/systemd/system/egm-streamer@.service",
		UNITS "multi-user.target.wants/egm-streamer@game.service");
	put_link("/lib/systemd/system/ssh.service", UNITS "multi-user.target.wants/ssh.service");
	put("root/dev/video0", "", 0600);
	put_link("../video0", "root/dev/egm/usb_1_2");
	put_link("../../video0", "root/dev/v4l/by-id/"
				 "usb-MACROSILICON_USB3_Video_20210623-video-index0");
	put("root/srv/refs/NORMAL/ref_1.jpg", JPEG " 1", 0644);
	put("root/srv/refs/NORMAL/ref_2.JPG", JPEG " 2", 0600);
	put("root/srv/refs/NORMAL/ref_3.png", "\x89PNG\r\n\x1a\n", 0644);
	put("root/srv/refs/NORMAL/broken.jpg", "no picture", 0644);
	put("root/srv/refs/NORMAL/notes.txt", "notes", 0644);
	put_link("/etc/passwd", "root/srv/refs/NORMAL/link.jpg");
	put("root/srv/other/select/ref_4.webp", "RIFF....WEBPVP8 ", 0644);
	/* What is replaced. */
	put("root/etc/egm/streamer.conf", "# nothing\n", 0644);
	put("root/etc/egm/cards/usb_1_2.conf", "role = \"mine\";\n", 0604);
	put("root/etc/egm/keys/usb_1_2-token", "another", 0640);
	(void) unlink("log");
	(void) unlink("fails");
	write_text("running", "egm-streamer@game.service loaded active running EGM\n");
}

static struct import_options options(void)
{
	return (struct import_options){
		.root = "root", .systemctl = systemctl, .program = "true", .yes = true
	};
}

/* In a process of its own, since it prints, reads standard input, and may die. */
static int run_in_child(int (*fn)(void), int at, bool dies)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (!freopen("out", "w", stdout) || !freopen("err", "w", stderr) ||
			!freopen("/dev/null", "r", stdin))
			_exit(90);
		fault.calls = 0;
		fault.at = at;
		fault.dies = dies;
		status = fn();
		fflush(NULL);
		_exit(status + (fault.calls < at || at == 0 ? UNHARMED : 0));
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int do_import(void)
{
	const struct import_options o = options();

	return import_run(&o);
}

static int do_undo(void)
{
	const struct import_options o = options();

	return import_run_undo(&o, NULL);
}

static bool has(const char *path, const char *text)
{
	_cleanup_(freep) char *data = NULL;

	return file_read(path, 1 << 20, &data, NULL) == 0 && strstr(data, text);
}

static bool is_mode(const char *path, mode_t mode)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & 07777) == mode;
}

#define REFS "root/var/lib/egm-streamer/refs/usb_1_2/"

static void check_imported(void)
{
	ok(has("root/etc/egm/cards/usb_1_2.conf", "${credential:usb_1_2-token}") &&
			is_mode("root/etc/egm/cards/usb_1_2.conf", 0644),
		"settings of the card in whose place the device is");
	ok(has("root/etc/egm/keys/usb_1_2-token", "s3cr$t\"x") &&
			is_mode("root/etc/egm/keys/usb_1_2-token", 0600) &&
			is_mode("root/etc/egm/keys/usb_1_2-telegram", 0600),
		"secrets");
	ok(has(REFS "NORMAL/ref_1.jpg", " 1") && has(REFS "NORMAL/ref_2.JPG", " 2") &&
			access(REFS "NORMAL/ref_3.png", F_OK) == 0 &&
			access(REFS "SELECT/ref_4.webp", F_OK) == 0,
		"reference pictures");
	ok(access(REFS "NORMAL/broken.jpg", F_OK) < 0 &&
			access(REFS "NORMAL/notes.txt", F_OK) < 0 &&
			access(REFS "NORMAL/link.jpg", F_OK) < 0,
		"and nothing else");
	ok(has("err", "broken.jpg is not taken over: no picture") &&
			has("err", "notes.txt is not taken over") &&
			has("err", "link.jpg is not taken over: a link") &&
			has("err", "/PLAYING is not taken over: no such folder"),
		"which is told");
	ok(access(UNITS "egm-streamer@.service", F_OK) < 0 &&
			!is_mode(UNITS "multi-user.target.wants/egm-streamer@game.service", 0777) &&
			is_mode(UNITS "multi-user.target.wants/ssh.service", 0777),
		"the original's unit is gone, others are there");
	ok(access("root/etc/egm-streamer/game.yaml", F_OK) == 0 &&
			access("root/srv/refs/NORMAL/ref_1.jpg", F_OK) == 0,
		"its own files stay");
	ok(has("log", "stop -- egm-streamer@game.service\n") && has("log", "daemon-reload\n") &&
			has("log", "restart -- egm-streamer@usb_1_2.service\n"),
		"systemd is told");
	ok(is_mode("root/var/lib/egm-import", 0700) &&
			is_mode("root/var/lib/egm-import/0001/manifest.json", 0600),
		"what was there is kept for root alone");
}

static void test_import(void)
{
	_cleanup_(freep) char *before = NULL, *after = NULL;

	make_system();
	before = tree();
	ok(run_in_child(do_import, 0, false) == UNHARMED, "an import");
	check_imported();
	after = tree();
	write_text("running", "");
	ok(run_in_child(do_import, 0, false) == UNHARMED && has("out", "nothing to do") &&
			is_tree(after),
		"once more, there is nothing to do");
	(void) unlink("log");
	ok(run_in_child(do_undo, 0, false) == UNHARMED && is_tree(before),
		"undone, all is as before");
	ok(!has("out", "changed since"), "nobody has changed anything meanwhile");
	ok(has("log", "stop -- egm-streamer@usb_1_2.service\n") && has("log", "daemon-reload\n") &&
			has("log", "start -- egm-streamer@game.service\n"),
		"the original's service runs again");
	ok(run_in_child(do_undo, 0, false) == UNHARMED && has("out", "nothing to undo") &&
			is_tree(before),
		"once more, there is nothing to undo");
}

/* As often as a call can go wrong. */
static void test_faults(bool dies)
{
	_cleanup_(freep) char *before = NULL;
	int at, status = 0, failed = 0, wrong = 0;

	make_system();
	before = tree();
	for (at = 1; at < CALLS_MAX && wrong == 0; at++) {
		status = run_in_child(do_import, at, dies);
		if (status >= UNHARMED && status != DIED)
			break;
		failed += status != IMPORT_GOOD;
		/* What failed has been taken back; what died or was done anyway is undone. */
		if (status == IMPORT_FAILED)
			wrong += !is_tree(before);
		if (run_in_child(do_undo, 0, false) != UNHARMED || !is_tree(before))
			wrong++;
		if (wrong > 0)
			printf("# call %d, status %d\n", at, status);
	}
	ok(status == UNHARMED && failed > 50 && wrong == 0, "%s at each of %d calls, %d times",
		dies ? "dying" : "failing", at - 1, failed);
	ok(run_in_child(do_undo, 0, false) == UNHARMED && is_tree(before), "and undone");
}

static void test_undo_faults(bool dies)
{
	_cleanup_(freep) char *before = NULL;
	int at, status = 0, wrong = 0;

	make_system();
	before = tree();
	for (at = 1; at < CALLS_MAX && wrong == 0; at++) {
		wrong += run_in_child(do_import, 0, false) != UNHARMED;
		status = run_in_child(do_undo, at, dies);
		if (status >= UNHARMED && status != DIED)
			break;
		if (run_in_child(do_undo, 0, false) != UNHARMED || !is_tree(before))
			wrong++;
		if (wrong > 0)
			printf("# call %d, status %d\n", at, status);
	}
	ok(status == UNHARMED && wrong == 0 && at > 20 && is_tree(before),
		"an undo that %s at each of %d calls", dies ? "dies" : "fails", at - 1);
}

static void test_systemctl(void)
{
	static const char *const verbs[] = { "list-units", "stop", "daemon-reload", "restart" };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		_cleanup_(freep) char *before = NULL;

		make_system();
		before = tree();
		write_text("fails", verbs[i]);
		ok(run_in_child(do_import, 0, false) == UNHARMED + IMPORT_FAILED,
			"systemctl %s fails", verbs[i]);
		(void) unlink("fails");
		/* Without systemd a rollback is not complete; then it is told how to go on. */
		if (i == 2)
			ok(has("err", "--undo 0001") && run_in_child(do_undo, 0, false) == UNHARMED,
				"what could not be taken back is told");
		ok(is_tree(before), "and all is as before");
	}
}

/* --- what is asked and shown --- */

static int do_without_yes(void)
{
	struct import_options o = options();

	o.yes = false;
	return import_run(&o);
}

static int do_dry_run(void)
{
	struct import_options o = options();

	o.dry_run = true;
	o.yes = false;
	return import_run(&o);
}

static void test_asking(void)
{
	_cleanup_(freep) char *before = NULL;

	make_system();
	before = tree();
	ok(run_in_child(do_without_yes, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "--yes") && is_tree(before),
		"nobody there to say yes");
	ok(run_in_child(do_dry_run, 0, false) == UNHARMED && is_tree(before), "a dry run");
	ok(has("out", "replace /etc/egm/cards/usb_1_2.conf") && has("out", "| \trole = ") == 0 &&
			has("out", "| role = \"game\";") && has("out", "token=${credential:usb"),
		"shows what it would write");
	ok(!has("out", "s3cr") && !has("err", "s3cr") && !has("out", "12345:AbC"), "but no secret");
	ok(!has("log", "stop"), "and stops nothing");
}

/* --- what is refused --- */

static int do_checked(void)
{
	static char program[512];
	struct import_options o = options();

	snprintf(program, sizeof(program), "%s/src/streamer/egm-streamer", getenv("top_builddir"));
	o.program = program;
	return import_run(&o);
}

static void test_check(void)
{
	_cleanup_(freep) char *before = NULL;

	make_system();
	before = tree();
	write_text("root/etc/egm/streamer.conf", "video: { rate = \"fast\"; };\n");
	free(TAKE_PTR(before));
	before = tree();
	ok(run_in_child(do_checked, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "does not take these settings") && is_tree(before),
		"our own reader has the last word");
	ok(has("err", "video.rate"), "and says why");
	write_text("root/etc/egm/streamer.conf", "# fine\n");
	put("root/etc/egm/streamer.conf.d/10-a.conf", "@include \"a.inc\"\n", 0644);
	put("root/etc/egm/streamer.conf.d/a.inc", "video: { rate = \"slow\"; };\n", 0644);
	put("root/etc/egm/streamer.conf.d/10-a.conf.bak", "nonsense", 0644);
	put("root/etc/egm/streamer.conf.d/.conf", "nonsense", 0644);
	ok(run_in_child(do_checked, 0, false) == UNHARMED + IMPORT_FAILED && has("err", "a.inc:1"),
		"also about what is included");
	put("root/etc/egm/streamer.conf.d/a.inc", "video: { rate = 30; };\n", 0644);
	put_link("/nowhere", "root/etc/egm/streamer.conf.d/20-b.conf");
	ok(run_in_child(do_checked, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "link to nowhere"),
		"and about what is not there, as for the service");
	(void) unlink("root/etc/egm/streamer.conf.d/20-b.conf");
	free(TAKE_PTR(before));
	before = tree();
	ok(run_in_child(do_checked, 0, false) == UNHARMED, "which takes the others");
	ok(run_in_child(do_undo, 0, false) == UNHARMED && is_tree(before),
		"what is linked to for that is not touched");
}

static void test_refused(void)
{
	_cleanup_(freep) char *before = NULL;

	make_system();
	put("root/var/lib/egm-import/x", "", 0600);
	(void) chmod("root/var/lib/egm-import", 0777);
	before = tree();
	ok(run_in_child(do_import, 0, false) == UNHARMED + IMPORT_NOT_ALLOWED &&
			has("err", "not root's alone") && is_tree(before),
		"a folder of backups that others can write");
	free(TAKE_PTR(before));
	make_system();
	put("root/etc/egm-streamer/hall.yaml", original, 0644);
	before = tree();
	ok(run_in_child(do_import, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "another stream's already") && is_tree(before),
		"two streams that want the same card");
	free(TAKE_PTR(before));
	make_system();
	put("root/etc/egm-streamer/game.yaml", "a: *b\n", 0644);
	before = tree();
	ok(run_in_child(do_import, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "game.yaml:1: aliases") && is_tree(before),
		"a file that is none");
}

static void test_unit_texts(void)
{
	ok(import_is_old_unit("[Service]\nExecStart=/opt/egm/venv/bin/python -m egm-streamer serve "
			      "--config /etc/egm-streamer/%i.yaml\n"),
		"the original's unit, with python");
	ok(import_is_old_unit("ExecStart=/usr/local/bin/egm-streamer serve --config %i.yaml"),
		"and without");
	ok(!import_is_old_unit("ExecStart=/usr/bin/egm-streamer serve --card %i\n"), "ours");
	ok(!import_is_old_unit("ExecStart=/usr/bin/egm-streamer serve --card %i --config-dir /x\n"),
		"ours with a folder");
	ok(!import_is_old_unit("# ExecStart=egm-streamer serve --config x\n"), "a comment");
	ok(!import_is_old_unit("ExecStart=/usr/bin/other serve --config x\n"), "another one");
	ok(!import_is_old_unit(""), "an empty one");
}

static void test_units(void)
{
	static const char ours[] = "[Service]\nExecStart=/usr/bin/egm-streamer serve --card %i\n";

	make_system();
	put(UNITS "egm-streamer@.service", ours, 0644);
	put(UNITS "egm-streamer@.service.d/more.conf", "[Service]\nNice=5\n", 0644);
	ok(run_in_child(do_import, 0, false) == UNHARMED &&
			has(UNITS "egm-streamer@.service", "--card") &&
			is_mode(UNITS "multi-user.target.wants/egm-streamer@game.service", 0777),
		"a unit that is not the original's stays");
	ok(has("err", "stays, for it is not the original's") && has("err", "is in force for our"),
		"which is told, and so are pieces of units");
	ok(!has("log", "stop"), "and it is not stopped");
}

static int do_changed_undo(void)
{
	struct import_options o = options();

	o.yes = false;
	return import_run_undo(&o, "0001");
}

static int do_old_undo(void)
{
	const struct import_options o = options();

	return import_run_undo(&o, "0001");
}

static void test_changed(void)
{
	_cleanup_(freep) char *before = NULL;

	make_system();
	before = tree();
	ok(run_in_child(do_import, 0, false) == UNHARMED, "an import");
	put("root/etc/egm/cards/usb_1_2.conf", "role = \"else\";\n", 0644);
	put(REFS "NORMAL/learnt.jpg", JPEG, 0644);
	ok(run_in_child(do_changed_undo, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("out", "put back /etc/egm/cards/usb_1_2.conf (changed since)") &&
			has("root/etc/egm/cards/usb_1_2.conf", "else"),
		"what was changed since is told before it is lost");
	ok(run_in_child(do_import, 0, false) == UNHARMED &&
			access("root/var/lib/egm-import/0002", F_OK) == 0,
		"a second import");
	ok(run_in_child(do_old_undo, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "0002 came later"),
		"is undone before the first one");
	(void) unlink("log");
	ok(run_in_child(do_undo, 0, false) == UNHARMED &&
			has("root/etc/egm/cards/usb_1_2.conf", "else") &&
			has("log", "restart -- egm-streamer@usb_1_2.service\n") &&
			!has("log", "stop"),
		"the second one undone, and the service has its settings");
	ok(run_in_child(do_undo, 0, false) == UNHARMED &&
			access(REFS "NORMAL/learnt.jpg", F_OK) == 0,
		"the first one undone, and what was added since is still there");
	(void) unlink(REFS "NORMAL/learnt.jpg");
	(void) rmdir(REFS "NORMAL");
	(void) rmdir("root/var/lib/egm-streamer/refs/usb_1_2");
	(void) rmdir("root/var/lib/egm-streamer/refs");
	(void) rmdir("root/var/lib/egm-streamer");
	ok(is_tree(before), "all else is as before");
}

/* --- the command line --- */

static int run_line(char *const *argv)
{
	int n = 0;

	while (argv[n])
		n++;
	return import_main(n, (char **) argv);
}

static int do_bad_lines(void)
{
	static char *const lines[][6] = { { "import", "--screen", "640", NULL },
		{ "import", "--screen", "641x480", NULL }, { "import", "a", "b", NULL },
		{ "import", "--what", NULL }, { "import", "--undo", "--card", "x", NULL },
		{ "import", "--undo", "game.yaml", NULL },
		{ "import", "--open-api", "10.0.0.0/33", NULL },
		{ "import", "--undo", "--open-api", "10.0.0.0/8", NULL } };
	int bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		bad += run_line(lines[i]) == IMPORT_BAD_USAGE;
	return bad == ARRAY_SIZE(lines) ? 0 : 1;
}

static int do_named(void)
{
	static char *const line[] = { "import", "--root", "root", "--dry-run", "--card",
		"game=other", NULL };

	return run_line(line);
}

static int do_unknown_stream(void)
{
	static char *const line[] = { "import", "--root", "root", "--dry-run", "--card",
		"hall=other", NULL };

	return run_line(line);
}

static void test_line(void)
{
	char path[600];

	/* egm-streamer is looked for where programs are. */
	snprintf(path, sizeof(path), "%s/src/streamer:%s", getenv("top_builddir"), getenv("PATH"));
	setenv("PATH", path, 1);
	make_system();
	ok(run_in_child(do_bad_lines, 0, false) == UNHARMED, "command lines that are wrong");
	ok(run_in_child(do_named, 0, false) == UNHARMED && has("out", "/etc/egm/cards/other.conf"),
		"a card is named");
	ok(run_in_child(do_unknown_stream, 0, false) == UNHARMED + IMPORT_FAILED &&
			has("err", "no such stream"),
		"of a stream that is not there");
}

static void enter(void)
{
	const char *tmp = getenv("TMPDIR");
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/tests/corpus/import/original.yaml", getenv("top_srcdir")) < 0 ||
		file_read(path, 1 << 20, &original, NULL) < 0)
		abort();
	snprintf(home, sizeof(home), "%s/egm-test.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(home) || chdir(home) < 0)
		abort();
	setenv("TMPDIR", home, 1);
	put("./systemctl",
		"#!/bin/sh\n[ \"$1\" = \"$(cat fails 2>/dev/null)\" ] && exit 1\n"
		"echo \"$*\" >>log\n[ \"$1\" = list-units ] && cat running\nexit 0\n",
		0755);
}

int main(void)
{
	enter();
	test_import();
	/* Its failures are those of test_systemctl(). */
	systemctl = NULL;
	test_faults(false);
	test_faults(true);
	test_undo_faults(false);
	test_undo_faults(true);
	systemctl = "./systemctl";
	test_systemctl();
	test_asking();
	test_check();
	test_refused();
	test_unit_texts();
	test_units();
	test_changed();
	test_line();
	(void) !chdir("/");
	(void) tree_remove_at(AT_FDCWD, home);
	free(original);
	return tap_done();
}
