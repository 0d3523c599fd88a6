/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of names as people write them into one setting. Pure; any thread. */
#pragma once

#include <stdbool.h>

/* Is the name one of those in the list, which commas, spaces or tabs part? */
bool words_have(const char *list, const char *name);
