/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the console's settings share. */
#pragma once

#include "console/settings.h"

/* Checks what one row cannot know. 0, or -EINVAL with error findings at the places of c. */
int console_settings_check(
	const struct console_settings *s, const struct conf *c, struct conf_report *report);

/* For url_expand() and url_check(): there are no names but credentials. */
const char *console_settings_lookup(const char *name, void *userdata);
