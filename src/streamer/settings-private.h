/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the settings share. */
#pragma once

#include "streamer/settings.h"

/* Fills in the names of outputs that have none, then checks what one row cannot know. card as in
 * the request. 0, or -EINVAL with error findings at the places of c. */
int settings_check(
	struct settings *s, const struct conf *c, const char *card, struct conf_report *report);

/* Whom the names of a template belong to. */
struct settings_names {
	const char *card;
	const char *role;
	char host[64], machine[64];
};

void settings_names_init(struct settings_names *n, const struct settings *s, const char *card);

/* For url_expand() and url_check() with a struct settings_names. */
const char *settings_lookup(const char *name, void *userdata);
