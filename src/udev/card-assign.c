/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "udev/card-assign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

#define ALONE "alone"
#define SHARED "shared"
#define NOBODY "-"

static void note_clash(struct card_given *g, const char *wanted, const char *rival, bool known)
{
	if (g->wanted[0])
		return;
	snprintf(g->wanted, sizeof(g->wanted), "%s", wanted);
	snprintf(g->rival, sizeof(g->rival), "%s", rival);
	g->known = known;
}

/* Takes the name unless another node has it. */
static bool take(const struct card_facts *f, const char *base, unsigned rank,
	struct card_register *given, struct card_given *g)
{
	const struct card_line *holder;

	snprintf(g->name, sizeof(g->name), "%s", base);
	card_name_number(g->name, rank);
	holder = card_register_find(given, g->name);
	if (holder) {
		note_clash(g, g->name, holder->where, false);
		return false;
	}
	card_register_set(given, g->name, f->node, f->stamp);
	return true;
}

static bool may_have_serial_name(
	const struct card_facts *f, struct card_register *serials, struct card_given *g)
{
	const struct card_line *owner = card_register_find(serials, f->serial_name);
	bool ours = owner && !strcmp(owner->where, f->place);
	bool unique = f->n_twins == 0 && !f->serial_is_model;

	if (ours) {
		if (!unique)
			card_register_set(serials, f->serial_name, f->place, SHARED);
		return true;
	}
	if (unique && (!owner || !strcmp(owner->note, ALONE))) {
		card_register_set(serials, f->serial_name, f->place, ALONE);
		return true;
	}
	if (f->n_twins > 0) {
		char where[CARD_WHERE_MAX] = NOBODY;
		bool known = owner && !strcmp(owner->note, SHARED);

		if (owner)
			memcpy(where, owner->where, sizeof(where));
		card_register_set(serials, f->serial_name, where, SHARED);
		note_clash(g, f->serial_name, f->twins[0], known);
	}
	return false;
}

int card_assign(const struct card_facts *f, struct card_register *serials,
	struct card_register *given, struct card_given *ret)
{
	struct card_line *own = card_register_find_where(given, f->node);
	struct card_given g = { .name = "" };
	char marked[CARD_NAME_MAX];

	if (own && (!f->wish || !strcmp(f->wish, own->name))) {
		memcpy(g.name, own->name, sizeof(g.name));
		*ret = g;
		return 0;
	}
	if (!f->serial_name[0] && !f->port_name[0] && !f->wish)
		return -ENODATA;
	if (own)
		card_register_remove(given, own);
	card_name_marked(f->port_name[0] ? f->port_name : "card", f->node, marked);
	if ((f->wish && take(f, f->wish, 0, given, &g)) ||
		(f->serial_name[0] && may_have_serial_name(f, serials, &g) &&
			take(f, f->serial_name, f->rank, given, &g)) ||
		(f->port_name[0] && !f->port_shared && take(f, f->port_name, f->rank, given, &g)) ||
		(f->place[0] && take(f, f->place, f->rank, given, &g)) ||
		take(f, marked, 0, given, &g)) {
		*ret = g;
		return 0;
	}
	return -EEXIST;
}
