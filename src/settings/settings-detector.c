/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that settings come to, with the files that they name. What such a file says is taken
 * into the settings, so that a dump shows where it came from, and the last good configuration needs
 * no other file.
 */
#include <stdlib.h>
#include <string.h>

#include "settings/rules-file.h"
#include "settings/rules-private.h"
#include "settings/settings-private.h"

/* NULL in ret: none is set, or the card that it goes by is not known. What is wrong with a template
 * is for settings_check() to find. */
static int path_of(
	const struct settings *s, const char *text, const struct settings_card *card, char **ret)
{
	char why[256];
	int r;

	*ret = NULL;
	if (card->any && strstr(text, "${card}"))
		return 0;
	r = settings_path(s, text, card->name, ret, why, sizeof(why));
	return r == -ENOMEM ? r : 0;
}

/* A file that is not there is no reason to leave the picture alone: it may come with the game. */
static int warn_missing(const struct conf *c, const char *key, const char *path, int error,
	struct conf_report *report)
{
	const char *file;
	int line;

	if (error != -ENOENT)
		return error;
	conf_origin(c, NULL, 0, key, &file, &line);
	conf_report_add(report, CONF_WARNING, file, line, key, "%s does not exist, ignored", path);
	return 0;
}

static int take_file(struct conf *c, const char *path, struct conf_report *report)
{
	_cleanup_(conf_freep) struct conf *other = NULL;
	int r = rules_file_open(path, &other, report);

	for (size_t i = 0; r == 0 && rules_paths[i]; i++)
		conf_swap(c, other, rules_paths[i]);
	return warn_missing(c, "detector.rules", path, r, report);
}

int settings_take_rules(
	struct conf *c, const struct settings_card *card, struct conf_report *report)
{
	_cleanup_(freep) char *path = NULL;
	struct settings s;
	int r;

	r = conf_apply(c, &s);
	if (r < 0)
		return r;
	if (s.detector.enabled)
		r = path_of(&s, s.detector.rules_file, card, &path);
	conf_destroy(&settings_table, &s);
	return path ? take_file(c, path, report) : r;
}

static int read_shadow(
	const struct conf *c, struct settings *s, const char *path, struct conf_report *report)
{
	_cleanup_(rules_freep) struct rules *rules = calloc(1, sizeof(*rules));
	int r;

	if (!rules)
		return -ENOMEM;
	r = rules_file_read(path, rules, report);
	if (r == 0)
		s->detector.shadow = TAKE_PTR(rules);
	return warn_missing(c, "detector.shadow", path, r, report);
}

int settings_read_rules(const struct conf *c, struct settings *s, const struct settings_card *card,
	struct conf_report *report)
{
	_cleanup_(rules_freep) struct rules *rules = NULL;
	_cleanup_(freep) char *shadow = NULL;
	int r;

	if (!s->detector.enabled)
		return 0;
	r = rules_read(c, s, &rules, report);
	if (r < 0 || (rules->n_states == 0 && rules->n_numbers == 0))
		return r;
	s->detector.rules = TAKE_PTR(rules);
	if (card->saved)
		return 0;
	r = path_of(s, s->detector.shadow_file, card, &shadow);
	return shadow ? read_shadow(c, s, shadow, report) : r;
}
