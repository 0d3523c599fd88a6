/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a card's rules are, and what is written there. */
#include "teach/rules-place.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/file.h"
#include "settings/rules-file.h"
#include "tests/tap.h"

static char dir[] = "/tmp/test-rules-place.XXXXXX";

static const char text[] =
	"detector: { screen = \"640x480\"; states: { A: { rois = ( { name = \"r\"; x = 0; y = 0; "
	"w = 8; h = 8; } ); }; }; };";

/* With detector.rules = FILE. */
static void find(const char *file, struct rules_place *ret)
{
	struct settings s = { 0 };

	s.role = (char *) "game";
	s.machine = (char *) "m";
	s.detector.rules_file = (char *) file;
	if (rules_place_find(&s, "card1", ret) < 0)
		abort();
}

static const char *in(const char *name)
{
	static char path[4][512];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[0]), "%s/%s", dir, name);
	return path[next];
}

static void test_none(void)
{
	struct rules_place p;

	find("", &p);
	ok(!p.path && !p.editable && strstr(p.why, "detector.rules ="),
		"in the settings they are not for us: %s", p.why);
	rules_place_deinit(&p);
	find("/x/${nonsense}", &p);
	ok(!p.path && !p.editable && *p.why, "a template that cannot be filled in: %s", p.why);
	rules_place_deinit(&p);
}

static void test_write(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct rules rules = { 0 }, again = { 0 };
	struct fault f = { .kind = FAULT_NONE };
	struct rules_place p;

	(void) rules_file_parse(text, strlen(text), "f", &rules, &report);
	find(in("deep/er/${card}.conf"), &p);
	ok(p.editable && strcmp(p.path, in("deep/er/card1.conf")) == 0, "a file that is to come");
	ok(rules_place_write(&p, &rules, &f) == 0 &&
			rules_file_read(in("deep/er/card1.conf"), &again, &report) == 0 &&
			rules_equal(&rules, &again),
		"it gives the same rules again");
	rules_deinit(&again);
	rules_place_deinit(&p);
	rules.states[0].name[0] = '7';
	find(in("deep/er/${card}.conf"), &p);
	ok(rules_place_write(&p, &rules, &f) < 0 && f.kind == FAULT_BAD_RULES &&
			rules_file_read(in("deep/er/card1.conf"), &again, &report) == 0,
		"what no file can have leaves it alone");
	rules_deinit(&again);
	rules_place_deinit(&p);
	rules_deinit(&rules);
}

static void test_link(void)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct rules rules = { 0 };
	struct fault f = { .kind = FAULT_NONE };
	struct rules_place p;
	struct stat st;

	(void) rules_file_parse(text, strlen(text), "f", &rules, &report);
	(void) file_mkdir_p(in("refs"), 0755);
	(void) file_write(in("refs/rules.conf"), "", 0, 0644, 0);
	ok(symlink(in("refs/rules.conf"), in("link.conf")) == 0, "a game pack's link");
	find(in("link.conf"), &p);
	ok(rules_place_write(&p, &rules, &f) == 0 && lstat(in("link.conf"), &st) == 0 &&
			S_ISLNK(st.st_mode) && stat(in("refs/rules.conf"), &st) == 0 &&
			st.st_size > 0,
		"stays one, the file behind it is replaced");
	rules_place_deinit(&p);
	rules_deinit(&rules);
}

/* As somebody who may write nowhere. */
static void test_forbidden(void)
{
	struct rules rules = { 0 };
	struct fault f = { .kind = FAULT_NONE };
	struct rules_place p;
	int status = 0;
	pid_t pid;

	(void) chmod(dir, 0755);
	pid = fork();
	if (pid == 0) {
		if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(77);
		find("/etc/egm/rules.conf", &p);
		_exit(!p.path || p.editable || !strstr(p.why, "detector.rules") ||
			rules_place_write(&p, &rules, &f) == 0 || f.kind != FAULT_NOT_EDITABLE);
	}
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
			(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77),
		"one that may not be written is told: %d", WEXITSTATUS(status));
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir))
		abort();
	test_none();
	test_write();
	test_link();
	test_forbidden();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ok(system(command) == 0, "cleaned up");
	return tap_done();
}
