/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the settings share. */
#pragma once

#include <string.h>

#include "settings/settings.h"

/* The same settings, of which a file is looked at for the detector's only. */
extern const struct conf_table settings_detector_table;

/* What names of ours consist of, and what goes into URLs and topics as it is. */
#define SETTINGS_NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_-"
#define SETTINGS_LABEL_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" SETTINGS_NAME_CHARS "."

#define SETTINGS_WHY_MAX 256

/* A check that is under way. */
struct settings_check {
	struct settings *s;
	const struct conf *c;
	struct conf_report *report;
	bool failed;
};

/* Adds a finding at the line of a setting; list and index as for conf_origin(). */
void settings_find(struct settings_check *k, enum conf_severity severity, const char *list,
	size_t index, const char *path, const char *fmt, ...) PRINTF_LIKE(6, 7);

bool settings_name_valid(const char *name);

static inline bool settings_consists_of(const char *text, const char *chars)
{
	return text[strspn(text, chars)] == '\0';
}

/* The part of it about the picture's geometry. */
void settings_check_geometry(struct settings_check *k);

struct settings_names;

/* The part of it about who is told. Fills in the names of webhooks that have none before. 0 or
 * -ENOMEM. */
int settings_check_notify(struct settings_check *k, struct settings_names *names);

/* Fills in the names of outputs that have none, then checks what one row cannot know. card as in
 * the request. 0, or -EINVAL with error findings at the places of c. */
int settings_check(
	struct settings *s, const struct conf *c, const char *card, struct conf_report *report);

/* Whose settings they are. */
struct settings_card {
	const char *name; /* NULL: of none */
	bool any;         /* it stands for those of all cards */
	bool saved;       /* they were read before, with all that they name */
};

/* Puts what the file of detector.rules says into c. 0; -EINVAL with error findings; -ENOMEM. */
int settings_take_rules(
	struct conf *c, const struct settings_card *card, struct conf_report *report);

/* Fills in the detector's rules and shadow. Likewise. */
int settings_read_rules(const struct conf *c, struct settings *s, const struct settings_card *card,
	struct conf_report *report);

/* Whom the names of a template belong to. */
struct settings_names {
	const char *card;
	const char *role;
	bool output; /* of an output: ${time} is left for whoever writes the file */
	char host[64], machine[64];
};

void settings_names_init(struct settings_names *n, const struct settings *s, const char *card);

/* Can the URL, or template of one, be an output's? 0, or -EINVAL with why: "must be …". */
int settings_check_output(const char *url, struct settings_names *names, char *why, size_t size);

/* Does what the encoder makes go there? Likewise; a URL that is not known yet is good. */
int settings_check_codec(const struct settings *s, const char *url, char *why, size_t size);

/* For url_expand() and url_check() with a struct settings_names. */
const char *settings_lookup(const char *name, void *userdata);
