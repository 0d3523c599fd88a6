/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/card-files.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "tests/tap.h"

static struct card_register reg, again;

static void test_round_trip(const char *folder)
{
	ok(card_files_load(folder, "serials", &reg) == 0 && reg.n == 0, "no file is an empty one");
	card_register_set(&reg, "left", "usb_1", "alone");
	card_register_set(&reg, "right", "usb_2", "shared");
	card_register_set(&reg, "left", "usb_3", "alone");
	ok(card_files_save(folder, "serials", &reg, true) == 0, "it is written");
	ok(card_files_load(folder, "serials", &again) == 0 && again.n == 2 &&
			!strcmp(card_register_find(&again, "left")->where, "usb_3") &&
			!strcmp(card_register_find_where(&again, "usb_2")->note, "shared"),
		"and read again");
	ok(!again.changed, "it has not changed");
	card_register_set(&again, "left", "usb_3", "alone");
	ok(!again.changed, "setting what is there changes nothing");
	card_register_remove(&again, card_register_find(&again, "right"));
	ok(again.changed && again.n == 1 && card_register_find(&again, "left"), "one is removed");
}

static void test_saving_needs_a_change(const char *folder)
{
	_cleanup_(freep) char *path = NULL;

	reg.changed = false;
	if (asprintf(&path, "%s/other", folder) < 0)
		exit(1);
	ok(card_files_save(folder, "other", &reg, false) == 0 && access(path, F_OK) < 0,
		"what has not changed is not written");
	reg.changed = true;
	ok(card_files_save("/proc/no-such", "other", &reg, false) < 0, "no folder, no file");
}

static void test_bad_text(void)
{
	char long_line[2000];

	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[sizeof(long_line) - 1] = '\0';
	memset(&reg, 0, sizeof(reg));
	card_register_parse(&reg,
		"# a comment of words\n\nleft\nUpper usb_1 alone\n../x usb_1 alone\n"
		"one two three four\nleft usb_1 alone");
	ok(reg.n == 1 && !strcmp(reg.lines[0].name, "left"), "only whole lines count");
	card_register_parse(&reg, long_line);
	ok(reg.n == 1, "an endless line is left out");
}

static void test_bounds(void)
{
	_cleanup_(freep) char *text = malloc(CARD_REGISTER_BYTES);
	char name[64], where[CARD_WHERE_MAX];

	memset(where, 'w', sizeof(where) - 1);
	where[sizeof(where) - 1] = '\0';
	memset(&reg, 0, sizeof(reg));
	for (int i = 0; i < CARD_REGISTER_MAX + 10; i++) {
		snprintf(name, sizeof(name), "a_card_with_a_rather_long_%04d", i);
		card_register_set(&reg, name, where, "fifteen-letters");
	}
	ok(reg.n == CARD_REGISTER_MAX, "a register is bounded");
	ok(!card_register_find(&reg, "a_card_with_a_rather_long_0009") &&
			card_register_find(&reg, "a_card_with_a_rather_long_0010"),
		"the oldest ones go");
	if (!text)
		exit(1);
	ok(card_register_format(&reg, text, CARD_REGISTER_BYTES) < CARD_REGISTER_BYTES,
		"a full one can be written");
	memset(&again, 0, sizeof(again));
	card_register_parse(&again, text);
	ok(again.n == reg.n, "and read");
}

static void test_lock(const char *folder)
{
	_cleanup_(closep) int lock = card_files_lock(folder);
	_cleanup_(freep) char *path = NULL;
	_cleanup_(closep) int other = -1;

	ok(lock >= 0, "the lock is taken");
	if (asprintf(&path, "%s/lock", folder) < 0)
		exit(1);
	other = open(path, O_RDWR | O_CLOEXEC);
	ok(flock(other, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK, "nobody else gets it");
	ok(card_files_lock("/proc/no-such") == -ENOENT, "no folder, no lock");
}

int main(void)
{
	char folder[] = "/tmp/test-card-files.XXXXXX";
	char path[64];

	if (!mkdtemp(folder))
		return 1;
	test_round_trip(folder);
	test_saving_needs_a_change(folder);
	test_bad_text();
	test_bounds();
	test_lock(folder);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder,
			(const char *[]){ "serials", "lock" }[i]);
		unlink(path);
	}
	ok(rmdir(folder) == 0, "nothing else is left");
	return tap_done();
}
