/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps a process small that links a hundred libraries and runs beside seven of its kind. */
#pragma once

/* Two arenas instead of one for each thread, and no transparent huge pages: libx264 asks for them,
 * and rounding each of its planes up to 2 MiB costs a third more memory for no measurable speed.
 * First thing in main(). */
void memory_setup(void);

/* Gives back the pages of program code and constants that only the dynamic linker and constructors
 * have touched; what is needed again is mapped in again from the page cache. Main thread, once,
 * when everything is loaded and before the work begins. */
void memory_trim_code(void);
