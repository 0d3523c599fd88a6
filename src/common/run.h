/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other programs, run to their end and no further than their time. They are found by PATH, have our
 * environment, of our descriptors the standard ones, and hold back no signals, whatever we do. Any
 * thread; blocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where what it says goes to. */
enum run_output {
	RUN_OURS,   /* where ours goes; it has our input, too, the others have none */
	RUN_SILENT, /* only its errors, to where ours go */
	RUN_WHOLE,  /* its standard output into text: -E2BIG when that is too small; errors as ours
		     */
	RUN_LAST,   /* the last of what it says on both outputs into text */
};

struct run {
	enum run_output output;
	uint64_t timeout_usec; /* USEC_INFINITY: none */
	/* In a process group of its own, with no input: Ctrl-C on our terminal is not for it, and
	 * when its time is over what it has started goes with it. */
	bool apart;
	/* A descriptor: once it can be read from, the time is over (-ECANCELED). NULL: none. */
	const int *cancel;
	char *text; /* of RUN_WHOLE and RUN_LAST; "" when it was not even begun */
	size_t size;
};

/* argv ends with NULL. Returns the exit status (128 + signal when it was killed), or a negative
 * errno, and then it does not run any more: -ETIMEDOUT, -ECANCELED; -ENOENT, -EACCES: there is no
 * such program, or we may not run it. What it leaves behind in the background is not waited for. */
int run_program(const char *const *argv, const struct run *how);
