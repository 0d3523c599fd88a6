/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine with ports, cards that are plugged and pulled, and reboots, some by hand and then many
 * by chance.
 */
#include "udev/card-assign.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"

#define PORTS 4
#define CARDS 4 /* the last one has a serial number of its own, the others are twins */

struct machine {
	struct card_register serials, given;
	int in_port[PORTS]; /* card, or -1 */
	char name[PORTS][CARD_NAME_MAX];
	char rival[CARD_WHERE_MAX]; /* of the last card that was named */
	bool known;
	unsigned plugs;
	bool serial_is_model;
};

static struct machine m;

static void new_machine(void)
{
	memset(&m, 0, sizeof(m));
	for (int p = 0; p < PORTS; p++)
		m.in_port[p] = -1;
}

static const char *number_of(int card)
{
	return card == CARDS - 1 ? "grabber_own" : "grabber_1";
}

static const char *node_of(int port)
{
	static const char *const nodes[PORTS] = { "/sys/p0/video", "/sys/p1/video", "/sys/p2/video",
		"/sys/p3/video" };

	return nodes[port];
}

/* udev looks at the card in this port. */
static const char *look(int port)
{
	struct card_facts f = { .node = node_of(port), .stamp = "1" };
	struct card_given g;

	f.serial_is_model = m.serial_is_model;
	snprintf(f.serial_name, sizeof(f.serial_name), "%s", number_of(m.in_port[port]));
	snprintf(f.port_name, sizeof(f.port_name), "port_%d", port);
	snprintf(f.place, sizeof(f.place), "port_%d", port);
	for (int p = 0; p < PORTS; p++)
		if (p != port && m.in_port[p] >= 0 &&
			!strcmp(number_of(m.in_port[p]), f.serial_name))
			f.twins[f.n_twins++] = node_of(p);
	if (card_assign(&f, &m.serials, &m.given, &g) < 0)
		return "";
	memcpy(m.name[port], g.name, sizeof(g.name));
	memcpy(m.rival, g.rival, sizeof(m.rival));
	m.known = g.known;
	return m.name[port];
}

static void insert(int card, int port)
{
	m.in_port[port] = card;
}

static const char *plug(int card, int port)
{
	insert(card, port);
	return look(port);
}

static void pull(int port)
{
	struct card_line *line = card_register_find_where(&m.given, node_of(port));

	if (line)
		card_register_remove(&m.given, line);
	m.in_port[port] = -1;
}

/* Everything in /run is gone, what is on disk is read again. */
static void power_cycle(void)
{
	static char text[CARD_REGISTER_BYTES];

	memset(&m.given, 0, sizeof(m.given));
	card_register_format(&m.serials, text, sizeof(text));
	memset(&m.serials, 0, sizeof(m.serials));
	card_register_parse(&m.serials, text);
}

static void named(const char *name, const char *wanted, const char *what)
{
	ok(!strcmp(name, wanted), "%s: %s", what, name);
}

static void test_first_one_then_the_other(void)
{
	new_machine();
	named(plug(0, 1), "grabber_1", "a card alone has the name of its serial number");
	named(plug(1, 2), "port_2", "a second one with the same is called by its port");
	ok(!strcmp(m.rival, node_of(1)) && !m.known, "who was first is told, and is news");
	named(look(1), "grabber_1", "the first one keeps its name while it is plugged in");
	power_cycle();
	named(look(2), "port_2", "after a reboot, the second one comes first");
	ok(!strcmp(m.rival, node_of(1)) && m.known, "that is told again, but no news");
	named(look(1), "grabber_1", "and then the first one");
	power_cycle();
	named(look(1), "grabber_1", "after another reboot, the first one comes first");
	named(look(2), "port_2", "and then the second one");
	pull(1);
	pull(2);
	power_cycle();
	named(plug(1, 2), "port_2", "the second one alone keeps the name of its port");
	named(plug(0, 1), "grabber_1", "the first one has its own again");
	pull(1);
	named(plug(0, 3), "port_3", "in another port it is another card");
}

static void test_both_at_once(void)
{
	new_machine();
	insert(0, 0);
	insert(1, 1);
	named(look(1), "port_1", "two that appear together are both called by their ports");
	named(look(0), "port_0", "the other one");
	pull(0);
	power_cycle();
	named(look(1), "port_1", "one that is left alone keeps its name");
}

static void test_a_card_that_wanders(void)
{
	new_machine();
	named(plug(0, 0), "grabber_1", "a card");
	pull(0);
	named(plug(0, 3), "grabber_1", "takes its name along into another port");
	power_cycle();
	named(look(3), "grabber_1", "and over a reboot");
	named(plug(1, 0), "port_0", "its twin does not get the name of the old port");
	named(look(3), "grabber_1", "and it keeps its own");
}

static void test_a_twin_without_a_name(void)
{
	new_machine();
	plug(0, 0);
	insert(1, 1);
	power_cycle();
	named(look(0), "grabber_1", "a card sees its twin, which is left alone by a rule");
	pull(0);
	pull(1);
	named(plug(0, 2), "port_2", "that is enough to know the number for what it is");
}

static void test_known_models(void)
{
	new_machine();
	m.serial_is_model = true;
	named(plug(0, 0), "port_0", "a model with constant numbers is called by its port");
	new_machine();
	named(plug(0, 0), "grabber_1", "before the model is known");
	power_cycle();
	m.serial_is_model = true;
	named(look(0), "grabber_1", "a card keeps the name it has");
	pull(0);
	named(plug(1, 1), "port_1", "which does not wander any more");
}

static int wish(const char *name, const char *node, unsigned rank, struct card_given *ret)
{
	struct card_facts f = {
		.node = node, .stamp = "1", .wish = name, .port_name = "board", .rank = rank
	};

	snprintf(f.place, sizeof(f.place), "board");
	return card_assign(&f, &m.serials, &m.given, ret);
}

static void test_wishes(void)
{
	struct card_given g;

	new_machine();
	ok(wish("left", "/sys/a", 0, &g) == 0 && !strcmp(g.name, "left"),
		"the administrator's name");
	ok(wish("left", "/sys/b", 1, &g) == 0 && !strcmp(g.name, "board_2") &&
			!strcmp(g.wanted, "left") && !strcmp(g.rival, "/sys/a"),
		"not for two at once: %s", g.name);
	ok(wish("right", "/sys/b", 1, &g) == 0 && !strcmp(g.name, "right"), "a new name");
	ok(wish(NULL, "/sys/b", 1, &g) == 0 && !strcmp(g.name, "right"),
		"it stays until everything is looked at anew");
	ok(wish("board_2", "/sys/c", 0, &g) == 0 && !strcmp(g.name, "board_2"), "a name like ours");
	m.given.n = 0;
	ok(wish("board_2", "/sys/c", 0, &g) == 0 && wish(NULL, "/sys/b", 1, &g) == 0 &&
			strcmp(g.name, "board_2") != 0 && card_is_name(g.name),
		"we give way: %s", g.name);
}

static void test_two_boards_of_one_address(void)
{
	struct card_facts f = { .node = "/sys/a/video0",
		.stamp = "-",
		.port_name = "isp",
		.place = "isp_1111",
		.port_shared = true };
	struct card_given g;

	new_machine();
	ok(card_assign(&f, &m.serials, &m.given, &g) == 0 && !strcmp(g.name, "isp_1111"),
		"what shares its address is called by its place: %s", g.name);
	memset(&f, 0, sizeof(f));
	f.node = "/sys/b/video0";
	f.stamp = "-";
	ok(card_assign(&f, &m.serials, &m.given, &g) == -ENODATA, "nothing to go by");
}

/* --- by chance
 * ------------------------------------------------------------------------------------ */

static unsigned chance(unsigned n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned) (state % n);
}

static void look_in_any_order(void)
{
	int first = (int) chance(PORTS), step = chance(2) ? 1 : PORTS - 1;

	for (int i = 0; i < PORTS; i++) {
		int port = (first + i * step) % PORTS;

		if (m.in_port[port] >= 0)
			look(port);
	}
}

static int twins_plugged(void)
{
	int n = 0;

	for (int p = 0; p < PORTS; p++)
		n += m.in_port[p] >= 0 && m.in_port[p] != CARDS - 1;
	return n;
}

static void move_a_card(void)
{
	int card = (int) chance(CARDS), port = (int) chance(PORTS);

	for (int p = 0; p < PORTS; p++)
		if (m.in_port[p] == card) {
			pull(p);
			return;
		}
	if (m.in_port[port] < 0)
		plug(card, port);
}

static bool names_differ(void)
{
	for (int a = 0; a < PORTS; a++)
		for (int b = 0; b < a; b++)
			if (m.in_port[a] >= 0 && m.in_port[b] >= 0 && !strcmp(m.name[a], m.name[b]))
				return false;
	return true;
}

static void test_by_chance(void)
{
	unsigned collisions = 0, swaps = 0, changes = 0, lost = 0;

	for (int run = 0; run < 300; run++) {
		char of_port[PORTS][CARD_NAME_MAX] = { "" };
		bool shared = false;

		new_machine();
		for (int i = 0; i < 60; i++) {
			char before[PORTS][CARD_NAME_MAX];

			move_a_card();
			memcpy(before, m.name, sizeof(before));
			if (chance(4) == 0)
				power_cycle();
			look_in_any_order();
			collisions += !names_differ();
			shared = shared || twins_plugged() > 1;
			for (int p = 0; p < PORTS; p++) {
				bool twin = m.in_port[p] >= 0 && m.in_port[p] != CARDS - 1;

				changes += m.in_port[p] >= 0 && strcmp(before[p], m.name[p]) != 0;
				lost += m.in_port[p] == CARDS - 1 &&
					strcmp(m.name[p], "grabber_own") != 0;
				if (!twin || !shared)
					continue;
				swaps += of_port[p][0] && strcmp(of_port[p], m.name[p]) != 0;
				memcpy(of_port[p], m.name[p], sizeof(of_port[p]));
			}
		}
	}
	ok(collisions == 0, "18,000 moves and reboots: no two cards had one name (%u)", collisions);
	ok(changes == 0, "no name changed while the card was in (%u)", changes);
	ok(swaps == 0, "once two were seen, a port's name never changed (%u)", swaps);
	ok(lost == 0, "a card with a number of its own always had its name (%u)", lost);
}

int main(void)
{
	test_first_one_then_the_other();
	test_both_at_once();
	test_a_card_that_wanders();
	test_a_twin_without_a_name();
	test_known_models();
	test_wishes();
	test_two_boards_of_one_address();
	test_by_chance();
	return tap_done();
}
