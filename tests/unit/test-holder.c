/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/holder.h"

#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"

/* Nodes that every machine has, in the place of cards. */
#define NODE "/dev/null"
#define OTHER_NODE "/dev/zero"

static void write_status(const char *card, const char *text)
{
	char path[128];

	(void) mkdir(card, 0755);
	snprintf(path, sizeof(path), "%s/status.json", card);
	if (file_write(path, text, strlen(text), 0644, 0) < 0)
		abort();
}

static void remove_status(const char *card)
{
	wipe(card);
}

static void test_found(void)
{
	struct holder h;

	write_status("one", "{\"input_live\":true,\"input\":{\"device\":\"" OTHER_NODE
			    "\"},\"state\":{\"state\":\"A\"}}");
	write_status("two", "{\"input_live\":true,\"input\":{\"device\":\"" NODE
			    "\"},\"state\":{\"state\":\"PLAYING\"}}");
	ok(holder_find(".", NODE, &h) == 0 && strcmp(h.card, "two") == 0, "the one that has it");
	ok(strcmp(h.state, "PLAYING") == 0, "what it recognises");
	ok(strcmp(h.status, "./two/status.json") == 0, "where that can be read");
	if (symlink(NODE, "link") < 0)
		abort();
	ok(holder_find(".", "link", &h) == 0 && strcmp(h.card, "two") == 0, "by a link");
	ok(holder_find(".", OTHER_NODE, &h) == 0 && strcmp(h.card, "one") == 0, "another");
	(void) unlink("link");
	write_status(
		"two", "{\"input_live\":true,\"input\":{\"device\":\"" NODE "\"},\"state\":null}");
	ok(holder_find(".", NODE, &h) == 0 && !h.state[0], "one that recognises nothing");
	write_status("two", "{\"input_live\":true,\"input\":{\"device\":\"" NODE
			    "\"},\"state\":{\"state\":\"\\u001b[2J\"}}");
	ok(holder_find(".", NODE, &h) == 0 && !h.state[0], "what is no name is not shown");
	remove_status("one");
	remove_status("two");
}

static void test_not_found(void)
{
	static const char *const texts[] = { "", "{", "[]", "{\"input\":null}",
		"{\"input_live\":false,\"input\":{\"device\":\"" NODE "\"}}",
		"{\"input\":{\"device\":\"" NODE "\"}}",
		"{\"input_live\":true,\"input\":{\"device\":7}}",
		"{\"input_live\":true,\"input\":{\"device\":\"\"}}",
		"{\"input_live\":true,\"input\":{\"device\":\"pattern\"}}",
		"{\"input_live\":true,\"input\":{\"device\":\"/\"}}",
		"{\"input_live\":true,\"input\":{\"device\":\"" OTHER_NODE "\"}}" };
	struct holder h = { .card = "untouched" };

	ok(holder_find(".", NODE, &h) == -ENODATA, "no service");
	ok(holder_find("none", NODE, &h) == -ENODATA, "not even their folder");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		write_status("card", texts[i]);
		ok(holder_find(".", NODE, &h) == -ENODATA, "a status of: %s", texts[i]);
	}
	remove_status("card");
	write_status("Not-A-Card", "{\"input_live\":true,\"input\":{\"device\":\"" NODE "\"}}");
	ok(holder_find(".", NODE, &h) == -ENODATA, "a folder that no card can have");
	remove_status("Not-A-Card");
	if (mkdir("empty", 0755) < 0 || mkfifo("fifo", 0600) < 0)
		abort();
	ok(holder_find(".", NODE, &h) == -ENODATA, "a folder without a status, and no folder");
	remove_status("empty");
	(void) unlink("fifo");
	ok(holder_find(".", "/dev/none", &h) == -ENOENT, "no such node");
	ok(holder_find(".", "/", &h) == -ENODEV, "no node");
	ok(strcmp(h.card, "untouched") == 0, "the answer stays as it was");
}

/* What somebody put in the place of a status is not read for ever, or into all the memory. */
static void test_large(void)
{
	struct holder h;
	FILE *f;

	write_status("card", "{\"input_live\":true,\"input\":{\"device\":\"" NODE "\"}}");
	f = fopen("card/status.json", "a");
	for (int i = 0; f && i < 1024 * 1024; i++)
		putc(' ', f);
	if (!f || fclose(f) == EOF)
		abort();
	ok(holder_find(".", NODE, &h) == -ENODATA, "a status of more than a megabyte");
	remove_status("card");
}

int main(void)
{
	enter_folder();
	test_found();
	test_not_found();
	test_large();
	leave_folder();
	return tap_done();
}
