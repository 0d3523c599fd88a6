/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing into a file that somebody else has opened and handed over. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/stage.h"

/* Is it open for writing, as far as can be told without asking what lies behind it? Never blocks.
 */
int peer_file_check(int fd);

/* On the stage's own thread: writes all of it until the time or the stage's stop. A pipe or socket
 * that is full never holds it longer, whatever its flags, which are left alone; a plain file may,
 * when its disk does. -ETIMEDOUT; -EPIPE: nobody reads; -ENOTSUP: neither file, pipe nor socket. */
int peer_file_write(
	int fd, const void *data, size_t size, struct stage *stage, uint64_t until_usec);
