/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any text as the original's settings: what is accepted becomes settings that our own reader takes
 * without an error, with all secrets kept apart; what is refused leaves an error finding.
 */
#include <errno.h>
#include <string.h>

#include "import/import-write.h"
#include "settings/rules-file.h"
#include "settings/settings.h"
#include "tests/fuzz/fuzz.h"

static void check_keys(const struct import_card *card)
{
	for (size_t i = 0; i < card->n_keys; i++) {
		char reference[IMPORT_KEY_NAME_MAX + 16];

		snprintf(reference, sizeof(reference), "${credential:%s}", card->keys[i].name);
		must(strstr(card->text, reference));
		must(*card->keys[i].value);
		for (size_t j = 0; j < i; j++)
			must(strcmp(card->keys[i].name, card->keys[j].name) != 0);
	}
}

/* What it means is for settings_check() to judge; each value by itself must fit. */
static void check_text(const char *text)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *conf = NULL;
	_cleanup_(rules_deinit) struct rules rules = { 0 };
	struct settings s;

	must(conf_new(&conf, &settings_table) == 0);
	if (conf_read_text(conf, text, "card.conf", NULL, &report) != 0) {
		char line[512];

		fprintf(stderr, "%s\n%s\n", text,
			conf_finding_format(&report.findings[0], line, sizeof(line)));
		must(!"ours takes it");
	}
	must(report.errors == 0 && report.warnings == 0);
	must(rules_file_parse(text, strlen(text), "card.conf", &rules, &report) == 0);
	must(conf_apply(conf, &s) == 0);
	conf_destroy(&settings_table, &s);
}

static void check_stream(const struct old_config *c, const struct old_stream *s)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct import_card card;
	int r = import_write_card(c, s, "card", 0, 0, &card, &report);

	must(r == 0 || (r == -EINVAL && report.errors > 0));
	must(r < 0 || report.errors == 0);
	if (r == 0) {
		check_keys(&card);
		check_text(card.text);
	}
	import_card_deinit(&card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct import_node *tree = NULL;
	struct old_config c;
	int r = import_yaml_parse((const char *) data, size, "input.yaml", &tree, &report);

	must((r == 0) == (report.errors == 0) && (r == 0 || r == -EINVAL));
	if (r < 0)
		return 0;
	r = import_old_take(tree, "input.yaml", &c, &report);
	must((r == 0) == (report.errors == 0) && (r == 0 || r == -EINVAL));
	for (int i = 0; i < c.n_streams && r == 0; i++)
		check_stream(&c, &c.streams[i]);
	old_config_deinit(&c);
	return 0;
}
