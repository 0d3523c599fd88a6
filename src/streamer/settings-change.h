/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings in use, changed from outside until they are read again. Held to the same limits as in a
 * file. Any thread, one for each object; 0, or a negative errno with a fault. */
#pragma once

#include "common/fault.h"
#include "settings/settings.h"

/* Becomes the last one. A secret of root's (${credential:NAME}) cannot be named: whoever may add an
 * output may not read it. FAULT_BAD_NAME, _OUTPUT_EXISTS, _BAD_URL, _BAD_CODEC, _TOO_MANY_OUTPUTS.
 */
int settings_add_output(struct settings *s, const char *card, const char *name, const char *url,
	bool primary, struct fault *f);

/* Enabled or not. FAULT_NO_SUCH_OUTPUT. */
int settings_remove_output(struct settings *s, const char *name, struct fault *f);

/* Whether there is to be an output of that name, which the settings have. Returns
 * its index. FAULT_NO_SUCH_OUTPUT; _BAD_CODEC: what the encoder makes cannot go there. */
int settings_enable_output(struct settings *s, const char *name, bool enabled, struct fault *f);

/* FAULT_BAD_BITRATE. */
int settings_set_bitrate(struct settings *s, uint64_t bitrate, struct fault *f);
