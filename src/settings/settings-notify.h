/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the settings to those of a notifier: templates filled in, secrets inside. */
#pragma once

#include <stddef.h>

#include "notify/notifier.h"
#include "settings/settings.h"

#define SETTINGS_NOTIFIER_TEXTS_MAX (2 * SETTINGS_WEBHOOKS_MAX + 8)

struct settings_notifier {
	struct notifier_settings settings; /* folder is NULL: the caller's to set */
	struct notifier_webhook *webhooks;
	char *texts[SETTINGS_NOTIFIER_TEXTS_MAX];
	size_t n_texts;
};

/* Everything that is enabled. What has no template belongs to s, which must stay as long as ret is
 * used; notifier_new() copies all. card may be NULL, as for settings_output_urls(). 0; the number
 * of receivers that are left out because a template could not be filled in, with words about the
 * last one in why; -ENOMEM. After an error there is nothing to deinit. */
int settings_notifier(const struct settings *s, const char *card, struct settings_notifier *ret,
	char *why, size_t why_size);
void settings_notifier_deinit(struct settings_notifier *n);
