/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.freedesktop.LogControl1, for `systemctl service-log-level`. */
#pragma once

#include "common/bus.h"

/* Puts the object on a new connection of this bus. Everybody may look; only root and our own user
 * may set. The loop's thread. */
int bus_log_add(struct bus *b, sd_bus *connection);
