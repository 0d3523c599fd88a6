/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egmctl card: names in the administrator's rules, and udev told about them. The service of the old
 * name is stopped first, so that the new one finds the card free; udev starts the new one.
 */
#include <libgen.h>
#include <limits.h>
#include <string.h>

#include "common/file.h"
#include "common/run.h"
#include "common/usec.h"
#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/local-rules.h"
#include "egmctl/show.h"

#define UDEV_USEC (30 * USEC_PER_SEC)

static const char *file_of(const struct command *c)
{
	return c->rules ? c->rules : LOCAL_RULES_FILE;
}

static int read_rules(const char *path, char **ret)
{
	int r = file_read(path, LOCAL_RULES_MAX, ret, NULL);

	if (r != -ENOENT)
		return r;
	*ret = strdup("");
	return *ret ? 0 : -ENOMEM;
}

static int write_rules(const char *path, const char *text)
{
	_cleanup_(freep) char *copy = strdup(path);
	int r;

	if (!copy)
		return -ENOMEM;
	r = file_mkdir_p(dirname(copy), 0755);
	return r < 0 ? r : file_write(path, text, strlen(text), 0644, 1);
}

static int fail(const char *path, int r)
{
	bool denied = r == -EACCES || r == -EPERM || r == -EROFS;

	return command_fail(denied ? COMMAND_NOT_ALLOWED : COMMAND_FAILED, "%s: %s%s", path,
		strerror(-r), denied && geteuid() != 0 ? "; this is for root" : "");
}

static int udevadm(const char *const *argv)
{
	char output[512], clean[SHOW_TEXT_MAX];
	const struct run how = { .output = RUN_LAST,
		.timeout_usec = UDEV_USEC,
		.text = output,
		.size = sizeof(output) };
	int r = run_program(argv, &how);

	if (r == 0)
		return COMMAND_GOOD;
	return command_fail(COMMAND_FAILED, "%s %s: %s", argv[0], argv[1],
		r < 0 ? strerror(-r) : show_clean(output, 200, clean));
}

/* Nobody minds when there is no such service. */
static void stop_service(const char *card)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	char unit[CARD_UNIT_MAX];

	if (sd_bus_open_system(&bus) >= 0)
		(void) sd_bus_call_method(bus, "org.freedesktop.systemd1",
			"/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "StopUnit",
			NULL, NULL, "ss", card_unit(card, unit), "replace");
}

/* name: the new one; NULL: none. */
static int apply(const struct command *c, const struct node *n, const char *name)
{
	char argument[NODES_TEXT_MAX + 16];
	const char *const reload[] = { "udevadm", "control", "--reload", NULL };
	const char *const trigger[] = { "udevadm", "trigger", "--action=change", "--settle",
		argument, NULL };
	int r;

	if (c->rules) {
		printf("udev was not told: the file is not its own.\n");
		return COMMAND_GOOD;
	}
	r = udevadm(reload);
	if (r != COMMAND_GOOD || !n)
		return r;
	snprintf(argument, sizeof(argument), "--name-match=%s", n->node);
	if (card_is_name(n->name) && (!name || strcmp(name, n->name) != 0)) {
		stop_service(n->name);
		printf("Settings and reference pictures of %s stay where they are.\n", n->name);
	}
	return udevadm(trigger);
}

static int find(const struct command *c, struct nodes *nodes, const struct node **ret)
{
	int r = nodes_read(nodes);

	if (r < 0)
		return command_fail(COMMAND_FAILED, "cannot look for cards: %s", strerror(-r));
	*ret = nodes_find(nodes, c->words[0]);
	if (!*ret)
		return command_fail(
			COMMAND_NO_CARD, "%s: no such card; see 'egmctl cards'", c->words[0]);
	return COMMAND_GOOD;
}

static int make_line(const struct command *c, const struct nodes *nodes, const struct node *n,
	const char *name, char line[static LOCAL_RULES_LINE_MAX])
{
	enum local_rules_key key = LOCAL_RULES_PORT;
	int r;

	if (c->by && strcmp(c->by, "serial") == 0)
		key = LOCAL_RULES_SERIAL;
	if (key == LOCAL_RULES_SERIAL && *n->serial && !nodes_serial_unique(nodes, n))
		return command_fail(COMMAND_FAILED,
			"%s shares its serial number \"%s\" with another card: it is known by its "
			"port only",
			n->node, n->serial);
	r = local_rules_line(n, key, name, line);
	if (r == -ENODATA)
		return command_fail(COMMAND_FAILED, "%s has no %s that udev knows", n->node,
			key == LOCAL_RULES_PORT ? "port" : "serial number");
	if (r < 0)
		return command_fail(COMMAND_FAILED,
			"%s: its %s cannot stand in a rule; try --by %s", n->node,
			key == LOCAL_RULES_PORT ? "port" : "serial number",
			key == LOCAL_RULES_PORT ? "serial" : "port");
	return COMMAND_GOOD;
}

static int check_name(
	const struct nodes *nodes, const struct node *n, const char *text, const char *name)
{
	const struct node *other = nodes_find(nodes, name);

	if (local_rules_has_name(text, name, n))
		return command_fail(COMMAND_FAILED,
			"another card has the name %s; 'egmctl card forget %s' first", name, name);
	if (other && other != n)
		return command_fail(
			COMMAND_FAILED, "%s has the name %s already", other->node, name);
	return COMMAND_GOOD;
}

/* The line into the file, in the place of the one before. */
static int put(
	const struct command *c, const struct nodes *nodes, const struct node *n, const char *name)
{
	_cleanup_(freep) char *before = NULL, *after = NULL;
	char line[LOCAL_RULES_LINE_MAX];
	int r = make_line(c, nodes, n, name, line);

	if (r != COMMAND_GOOD)
		return r;
	r = read_rules(file_of(c), &before);
	if (r < 0)
		return fail(file_of(c), r);
	r = name ? check_name(nodes, n, before, name) : COMMAND_GOOD;
	if (r != COMMAND_GOOD)
		return r;
	r = local_rules_edit(before, n, NULL, line, &after, NULL);
	if (r == 0)
		r = write_rules(file_of(c), after);
	if (r < 0)
		return fail(file_of(c), r);
	printf("%s: %s\n", file_of(c), line);
	return apply(c, n, name);
}

static int name_or_ignore(const struct command *c, const char *name)
{
	_cleanup_(freep) struct nodes *nodes = calloc(1, sizeof(*nodes));
	const struct node *n = NULL;
	int r;

	if (!nodes)
		return command_written(-ENOMEM);
	if (c->by && strcmp(c->by, "port") != 0 && strcmp(c->by, "serial") != 0)
		return command_usage(c, "--by %s: port or serial", c->by);
	r = find(c, nodes, &n);
	return r == COMMAND_GOOD ? put(c, nodes, n, name) : r;
}

int command_card_name(const struct command *c)
{
	struct command name = { .name = c->name, .n = 1, .words = c->words + 1 };

	if (!command_cards_valid(&name, 1))
		return COMMAND_USAGE;
	return name_or_ignore(c, c->words[1]);
}

int command_card_ignore(const struct command *c)
{
	return name_or_ignore(c, NULL);
}

/* By the node while it is there, else by the name that was written. */
static int take_out(const char *text, const struct node *n, const char *word, char **ret)
{
	int removed = 0, r = 0;

	if (n)
		r = local_rules_edit(text, n, NULL, NULL, ret, &removed);
	if (r == 0 && removed == 0) {
		free(*ret);
		*ret = NULL;
		r = local_rules_edit(text, NULL, word, NULL, ret, &removed);
	}
	return r < 0 ? r : removed;
}

int command_card_forget(const struct command *c)
{
	_cleanup_(freep) struct nodes *nodes = calloc(1, sizeof(*nodes));
	_cleanup_(freep) char *before = NULL, *after = NULL;
	const struct node *n;
	int r = nodes ? nodes_read(nodes) : -ENOMEM;

	if (r < 0)
		return command_fail(COMMAND_FAILED, "cannot look for cards: %s", strerror(-r));
	n = nodes_find(nodes, c->words[0]);
	r = read_rules(file_of(c), &before);
	if (r == 0)
		r = take_out(before, n, c->words[0], &after);
	if (r == 0)
		return command_fail(
			COMMAND_NO_CARD, "%s says nothing about %s", file_of(c), c->words[0]);
	if (r > 0 && after)
		r = write_rules(file_of(c), after);
	if (r < 0)
		return fail(file_of(c), r);
	printf("%s: forgotten\n", c->words[0]);
	if (n && *n->name)
		printf("%s keeps its name until it is plugged in again.\n", n->node);
	return apply(c, n, n ? n->name : NULL);
}
