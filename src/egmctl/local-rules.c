/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of ours is
 *
 *   SUBSYSTEM=="video4linux", KEY, ATTR{index}=="N", ENV{EGM_NAME}="NAME"
 *
 * with ENV{EGM_IGNORE}="1" in the place of the name, and is known again by what stands in front of
 * that, which is the same for the same node.
 */
#include "egmctl/local-rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

#define BEGIN "SUBSYSTEM==\"video4linux\", "
#define NAME_BEGIN "ENV{EGM_NAME}=\""
#define IGNORE "ENV{EGM_IGNORE}=\"1\""
#define HEADER                                                                            \
	"# Names of capture cards, one line each; \"egmctl card name\" writes them, see " \
	"egmctl(1).\n"                                                                    \
	"# Other rules may stand here as well.\n"

/* What means itself in a rule's pattern. */
static bool is_plain(const char *text)
{
	return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					   "0123456789-_.:,+@/=# ")];
}

/* What a line begins with that is about this node; with its speed where the port does not do. */
static int begin_of(const struct node *n, enum local_rules_key key, bool speed,
	char ret[static LOCAL_RULES_LINE_MAX])
{
	const char *value = key == LOCAL_RULES_PORT ? n->port : n->id;
	char function[NODES_TEXT_MAX + 64] = "";

	if (!*value || (key == LOCAL_RULES_SERIAL && !*n->serial))
		return -ENODATA;
	if (!is_plain(value) || (*n->index && !is_plain(n->index)))
		return -EINVAL;
	/* ID_PATH tells the functions of a device apart, ID_SERIAL does not. */
	if (key == LOCAL_RULES_SERIAL && *n->usb_if) {
		if (!is_plain(n->usb_if))
			return -EINVAL;
		snprintf(function, sizeof(function), "ENV{ID_USB_INTERFACE_NUM}==\"%s\", ",
			n->usb_if);
	}
	if (key == LOCAL_RULES_PORT && speed)
		snprintf(function, sizeof(function), "ATTRS{speed}==\"%d\", ", n->mbit);
	snprintf(ret, LOCAL_RULES_LINE_MAX, BEGIN "ENV{%s}==\"%s\", %sATTR{index}==\"%s\", ",
		key == LOCAL_RULES_PORT ? "ID_PATH" : "ID_SERIAL", value, function,
		*n->index ? n->index : "0");
	return 0;
}

int local_rules_line(const struct node *n, enum local_rules_key key, const char *name,
	char ret[static LOCAL_RULES_LINE_MAX])
{
	char begin[LOCAL_RULES_LINE_MAX];
	int r = begin_of(n, key, n->shared_port, begin), length;

	if (r < 0)
		return r;
	if (name)
		length = snprintf(ret, LOCAL_RULES_LINE_MAX, "%s" NAME_BEGIN "%s\"", begin, name);
	else
		length = snprintf(ret, LOCAL_RULES_LINE_MAX, "%s" IGNORE, begin);
	return length < LOCAL_RULES_LINE_MAX ? 0 : -E2BIG;
}

static bool is_about(const char *line, size_t length, const struct node *n)
{
	char begin[LOCAL_RULES_LINE_MAX];

	for (int i = 0; i < 4; i++) {
		enum local_rules_key key = i & 1 ? LOCAL_RULES_SERIAL : LOCAL_RULES_PORT;

		if (begin_of(n, key, i & 2, begin) < 0)
			continue;
		if (length > strlen(begin) && strncmp(line, begin, strlen(begin)) == 0 &&
			strncmp(line + strlen(begin), "ENV{EGM_", strlen("ENV{EGM_")) == 0)
			return true;
	}
	return false;
}

static bool gives(const char *line, size_t length, const char *name)
{
	char end[128];
	size_t n;

	if (!name)
		return false;
	n = (size_t) snprintf(end, sizeof(end), ", " NAME_BEGIN "%s\"", name);
	return n < sizeof(end) && length > n && strncmp(line, BEGIN, strlen(BEGIN)) == 0 &&
	       strncmp(line + length - n, end, n) == 0;
}

bool local_rules_has_name(const char *text, const char *name, const struct node *n)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (gives(text, length, name) && (!n || !is_about(text, length, n)))
			return true;
		text += length + (text[length] == '\n');
	}
	return false;
}

int local_rules_edit(const char *text, const struct node *n, const char *name, const char *line,
	char **ret, int *ret_removed)
{
	_cleanup_(freep) char *out = NULL;
	_cleanup_(fclosep) FILE *f = NULL;
	int removed = 0;
	size_t size;

	f = open_memstream(&out, &size);
	if (!f)
		return -ENOMEM;
	if (!*text)
		fputs(HEADER, f);
	while (*text) {
		size_t length = strcspn(text, "\n");
		bool gone = n ? is_about(text, length, n) : gives(text, length, name);

		if (gone && line)
			fprintf(f, "%s\n", line);
		else if (!gone)
			fprintf(f, "%.*s\n", (int) length, text);
		if (gone)
			line = NULL;
		removed += gone;
		text += length + (text[length] == '\n');
	}
	if (line)
		fprintf(f, "%s\n", line);
	if (fflush(f) != 0 || ferror(f))
		return -ENOMEM;
	fclose(TAKE_PTR(f));
	*ret = TAKE_PTR(out);
	if (ret_removed)
		*ret_removed = removed;
	return 0;
}
