/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to be seen of an instance, in the shapes of the HTTP API. Main thread; each a new
 * reference, NULL: no memory. */
#pragma once

#include <jansson.h>

#include "streamer/control.h"

/* Of all outputs that the settings in use have, an array; those that were stopped, too. */
json_t *control_outputs_json(const struct control *c);

/* Of one; NULL: there is none. */
json_t *control_output_json(const struct control *c, const char *name);

/* Picture and sound as they come in. */
json_t *control_signal_json(const struct control *c);

/* What changes all the time, for meters. */
json_t *control_figures_json(const struct control *c);
