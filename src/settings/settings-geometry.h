/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the settings of the group video say about the picture's geometry. */
#pragma once

#include "media/geometry.h"
#include "settings/settings.h"

/* Of settings that were loaded, so that it cannot fail. */
void settings_geometry(const struct settings *s, struct geometry_settings *ret);
