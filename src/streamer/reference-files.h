/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the references, FOLDER/STATE/NAME, as people teach and forget them. The name of a
 * state must be one of the rules', which keeps it within the folder; that of a file is checked
 * here. Blocking; any thread. What cannot be done is a negative errno with a fault.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "streamer/fault.h"

#define REFERENCE_NAME_MAX 256

struct reference_file {
	char state[64], name[REFERENCE_NAME_MAX];
	uint64_t bytes, realtime_usec; /* of its last change */
};

/* A new picture at once, not bit by bit: "ref_SECONDS.jpg", or with a number when there is one of
 * that second. Makes the folder. FAULT_TOO_MANY_REFERENCES, FAULT_IO. */
int reference_files_add(const char *folder, const char *state, uint64_t realtime_usec,
	const void *jpeg, size_t size, char name[REFERENCE_NAME_MAX], struct fault *f);

/* FAULT_NO_SUCH_REFERENCE, FAULT_IO. */
int reference_files_delete(
	const char *folder, const char *state, const char *name, struct fault *f);

/* Appends those of a state, sorted by name, to an array that the caller frees in any case. A folder
 * that is not there is empty. FAULT_IO, -ENOMEM. */
int reference_files_list(const char *folder, const char *state, struct reference_file **list,
	size_t *n, struct fault *f);
