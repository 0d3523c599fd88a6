/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and references are those beside the truth, or rules come from a file of settings, or both
 * from a game pack, which is put into a folder as it would be for a card.
 */
#include "evaluate/evaluate-load.h"

#include <string.h>

#include "common/conf.h"
#include "common/file.h"
#include "common/log.h"
#include "detector/references.h"
#include "pack/pack-folder.h"
#include "settings/rules-file.h"

struct load {
	const struct evaluate_options *o;
	struct evaluate_result *result;
	struct recogniser *recogniser;
	struct numbers *numbers; /* NULL: there are none */
	char *folder;            /* of the references */
	struct pack_folder pack;
};

/* --- rules --- */

static int read_truth(const struct evaluate_options *o, struct truth *ret, struct rules *ret_rules)
{
	_cleanup_(freep) char *text = NULL;
	char why[TRUTH_WHY_SIZE];
	size_t size;
	int r = file_read(o->truth, TRUTH_TEXT_MAX, &text, &size);

	if (r < 0)
		return log_error_errno(r, "Cannot read %s: %m", o->truth);
	r = truth_parse(text, size, ret, ret_rules, why, sizeof(why));
	return r < 0 ? log_error_errno(r, "%s: %s", o->truth, why) : 0;
}

/* In the place of those of the truth. */
static void use_rules(struct evaluate_result *result, struct rules rules)
{
	rules_deinit(&result->rules);
	result->rules = rules;
	truth_apply_rules(&result->truth, &result->rules);
}

static int read_config(struct load *load)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	const char *config = load->o->config;
	struct rules rules;
	char text[512];
	int r = rules_file_read(config, &rules, &report);

	for (size_t i = 0; i < report.n; i++) {
		conf_finding_format(&report.findings[i], text, sizeof(text));
		log_event(report.findings[i].severity == CONF_ERROR ? LOG_ERR : LOG_WARNING, NULL,
			NULL, "%s", text);
	}
	if (r < 0)
		return log_error_errno(r, "Cannot use the rules of %s: %m", config);
	use_rules(load->result, rules);
	if (rules.n_states == 0 && rules.n_numbers == 0) {
		log_error("%s: there are neither states nor numbers in it", config);
		return -ENODATA;
	}
	return 0;
}

/* --- references --- */

/* refs/NAME beside the truth, where NAME is the clip's as the truth calls it, else the clip's own,
 * without suffix. */
static int find_folder(const struct evaluate_options *o, const struct truth *truth, char **ret)
{
	const char *slash = strrchr(o->truth, '/'), *name = truth->clip ? truth->clip : o->clip,
		   *dot;

	if (strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	dot = strrchr(name, '.');
	if (asprintf(ret, "%.*srefs/%.*s", slash ? (int) (slash + 1 - o->truth) : 0, o->truth,
		    dot && dot > name ? (int) (dot - name) : (int) strlen(name), name) >= 0)
		return 0;
	*ret = NULL;
	return -ENOMEM;
}

static int read_pack(struct load *load)
{
	int r = pack_folder_open(&load->pack, load->o->pack);

	if (r < 0)
		return r;
	use_rules(load->result, *load->pack.rules);
	free(load->pack.rules); /* what it points to is the result's */
	load->pack.rules = NULL;
	load->folder = strdup(load->pack.refs);
	return load->folder ? 0 : -ENOMEM;
}

static void note_skipped(const char *path, const char *why, void *userdata)
{
	const struct load *load = userdata;

	path = pack_folder_shown(&load->pack, path);
	log_warning("%s is left out: %s", path, why);
	(void) json_array_append_new(load->result->skipped, json_string(path));
}

static void note_warning(const char *path, const char *why, void *userdata)
{
	const struct load *load = userdata;

	log_warning("%s: %s", pack_folder_shown(&load->pack, path), why);
}

/* What its number is has to be found out. */
static void show_number(const struct frame *picture, void *userdata)
{
	const struct load *load = userdata;

	if (load->numbers && numbers_show(load->numbers, picture) == 0)
		numbers_work(load->numbers);
}

static void look_for_numbers(const struct load *load)
{
	_cleanup_(freep) char *path = NULL, *learnt = NULL;

	if (load->result->number < 0 || asprintf(&path, "%s/credits.json", load->folder) < 0)
		path = NULL;
	if (asprintf(&learnt, "%s/" LESSONS_FILE, load->folder) < 0)
		learnt = NULL;
	if (path && access(path, F_OK) < 0 && learnt && access(learnt, F_OK) < 0)
		log_notice("There is no %s: the number's digits have to be found out.",
			pack_folder_shown(&load->pack, path));
}

static int load_references(struct load *load)
{
	struct evaluate_result *result = load->result;
	const struct references_hooks hooks = { .skipped = note_skipped,
		.warned = note_warning,
		.unnumbered = show_number,
		.userdata = load };
	struct references_count count;
	int r;

	look_for_numbers(load);
	r = references_load(load->recogniser, &result->rules, load->folder, NULL, &hooks, &count);
	if (r < 0)
		return r;
	result->references = count.used;
	if (count.used == 0) {
		log_error("%s: not one reference picture can be used", load->folder);
		return -ENOENT;
	}
	return 0;
}

/* --- all of it --- */

/* The same that references are learnt for. */
static int find_number(const struct rules *rules)
{
	for (int i = 0; i < rules->n_numbers; i++)
		if (strcmp(rules->numbers[i].name, TRUTH_NUMBER_ROI) == 0)
			return i;
	return rules->n_numbers ? 0 : -1;
}

static int load_all(struct load *load)
{
	const struct evaluate_options *o = load->o;
	struct evaluate_result *result = load->result;
	const char *source = o->pack ? o->pack : o->config ? o->config : o->truth;
	int r = read_truth(o, &result->truth, &result->rules);

	if (r == 0 && o->pack)
		r = read_pack(load);
	else if (r == 0 && o->config)
		r = read_config(load);
	if (r == 0 && !load->folder)
		r = find_folder(o, &result->truth, &load->folder);
	if (r < 0)
		return r;
	if (o->mode_given || source == o->truth)
		result->rules.mode = o->mode;
	result->number = find_number(&result->rules);
	r = recogniser_new(&load->recogniser, &result->rules);
	if (r < 0)
		return log_error_errno(r, "%s: its states cannot be recognised: %m", source);
	if (result->number >= 0)
		r = numbers_new(
			&load->numbers, &(struct numbers_settings){ .rules = &result->rules });
	return r < 0 ? r : load_references(load);
}

int evaluate_load(const struct evaluate_options *o, struct evaluate_result *result,
	struct recogniser **ret, struct numbers **ret_numbers)
{
	struct load load = { .o = o, .result = result };
	int r = load_all(&load);

	pack_folder_deinit(&load.pack);
	free(load.folder);
	if (r == 0) {
		*ret = load.recogniser;
		*ret_numbers = load.numbers;
	} else {
		recogniser_free(load.recogniser);
		(void) numbers_free(load.numbers, 0);
	}
	return r;
}
