/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libav's own log: nothing of it is printed. The first error a thread has met since it last asked
 * is kept for it, since that line often knows more than the error code ("Server error: …").
 */
#pragma once

/* Takes over the log of the process. Any number of times, any thread. */
void avlog_capture(void);

/* Forgets the calling thread's line: before an operation. */
void avlog_clear(void);

/* The first error line on the calling thread since the clear, secrets of URLs masked, without a
 * line's end; "" when there was none. Valid until the thread's next avlog_…() or libav call. */
const char *avlog_line(void);
