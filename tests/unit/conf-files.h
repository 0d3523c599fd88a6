/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of configuration files share: writing one, and showing what was found in it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/conf.h"
#include "common/file.h"

static inline void write_text(const char *path, const char *text)
{
	if (file_write(path, text, strlen(text), 0644, 0) < 0)
		abort();
}

static inline void show(const struct conf_report *report)
{
	char line[1024];

	for (size_t i = 0; i < report->n; i++)
		printf("# %s\n", conf_finding_format(&report->findings[i], line, sizeof(line)));
}

/* The first finding as "line key: text", "" for none, into buf. Returns buf. */
static inline const char *first_finding(const struct conf_report *report, char *buf, size_t size)
{
	*buf = '\0';
	if (report->n > 0)
		snprintf(buf, size, "%d %s: %s", report->findings[0].line, report->findings[0].key,
			report->findings[0].text);
	return buf;
}
