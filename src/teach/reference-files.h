/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of the references, FOLDER/STATE/NAME, as people teach and move them. The name of a
 * state must be one of the rules', which keeps it within the folder; that of a file is checked
 * here. Blocking; any thread. What cannot be done is a negative errno with a fault.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/fault.h"

#define REFERENCE_NAME_MAX 256

struct reference_file {
	char state[64], name[REFERENCE_NAME_MAX];
	uint64_t bytes, realtime_usec; /* of its last change */
};

/* Can a file of references be called so? No folder in it, not hidden, the end of a picture's. */
bool reference_name_valid(const char *name);

/* A new picture at once, not bit by bit: "ref_SECONDS" and the suffix (".jpg" …), or with a number
 * when there is one of that second. Makes the folder. FAULT_TOO_MANY_REFERENCES, FAULT_IO. */
int reference_files_add(const char *folder, const char *state, uint64_t realtime_usec,
	const char *suffix, const void *data, size_t size, char name[REFERENCE_NAME_MAX],
	struct fault *f);

/* From one state to another. One whose name is taken there gets a number before its suffix; its
 * name then is in ret. FAULT_NO_SUCH_REFERENCE, _TOO_MANY_REFERENCES, _IO. */
int reference_files_move(const char *folder, const char *state, const char *name, const char *to,
	char ret[REFERENCE_NAME_MAX], struct fault *f);

/* The bytes of one, at most PICTURE_BYTES_MAX, which the caller frees. FAULT_NO_SUCH_REFERENCE,
 * FAULT_IO. */
int reference_files_read(const char *folder, const char *state, const char *name, void **ret,
	size_t *ret_size, struct fault *f);

/* Appends those of a state, sorted by name, to an array that the caller frees in any case. A folder
 * that is not there is empty. FAULT_IO, -ENOMEM. */
int reference_files_list(const char *folder, const char *state, struct reference_file **list,
	size_t *n, struct fault *f);
