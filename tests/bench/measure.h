/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the floor and the card have in common. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The whole file in memory, every page of it there already, for as long as the process lives. NULL
 * on failure. */
const void *measure_map(const char *path, size_t *ret_size);

/* User and system time of the process so far. */
double measure_cpu_seconds(void);
