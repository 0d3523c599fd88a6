/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Secrets do not stay in memory that is given back. */
#pragma once

#include <stdlib.h>
#include <string.h>

/* Wipes and frees; NULL is fine. */
static inline void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}
