/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings/rules-file.h"

#include <string.h>

#include "settings/rules-private.h"
#include "settings/settings-private.h"

const char *const rules_paths[] = { "detector.mode", "detector.screen", "detector.algo",
	"detector.hash_size", "detector.confirm_frames", "detector.drop_frames", "detector.frozen",
	"detector.states", "detector.numbers", "detector.priority", NULL };

static int parse(struct conf *c, struct rules *ret, struct conf_report *report)
{
	struct rules *rules = NULL;
	const char *file;
	struct settings s;
	int line, r;

	r = conf_apply(c, &s);
	if (r < 0)
		return r;
	if (*s.detector.rules_file) {
		conf_origin(c, NULL, 0, "detector.rules", &file, &line);
		conf_report_add(report, CONF_ERROR, file, line, "detector.rules",
			"these rules are not looked at, for they are in another file: use %s",
			s.detector.rules_file);
		r = -EINVAL;
	}
	if (r == 0)
		r = rules_read(c, &s, &rules, report);
	conf_destroy(&settings_table, &s);
	if (r == 0)
		*ret = *rules;
	/* What it pointed to is the caller's now. */
	free(rules);
	return r;
}

int rules_file_open(const char *path, struct conf **ret, struct conf_report *report)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	int r = conf_new(&c, &settings_detector_table);

	if (r == 0)
		r = conf_read_file(c, path, report);
	if (r == 0)
		*ret = TAKE_PTR(c);
	return r;
}

int rules_file_read(const char *path, struct rules *ret, struct conf_report *report)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	int r = rules_file_open(path, &c, report);

	return r < 0 ? r : parse(c, ret, report);
}

int rules_file_parse(const char *text, size_t size, const char *name, struct rules *ret,
	struct conf_report *report)
{
	_cleanup_(conf_freep) struct conf *c = NULL;
	int r;

	if (strlen(text) != size) {
		conf_report_add(
			report, CONF_ERROR, name, 0, NULL, "holds a NUL byte, so it is no text");
		return -EINVAL;
	}
	r = conf_new(&c, &settings_detector_table);
	if (r == 0)
		r = conf_read_text(c, text, name, NULL, report);
	return r < 0 ? r : parse(c, ret, report);
}
