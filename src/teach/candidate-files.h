/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Candidates as people sort them: pictures worth teaching, each with a JSON of what was decided
 * about it (keep/candidates.h), which become references or go. Names are checked here; a folder ""
 * is one without any. Blocking; any thread. What cannot be done is a negative errno with a fault.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/folder-limit.h"
#include "recognize/rules.h"
#include "teach/reference-files.h"

#define CANDIDATES_LISTED_MAX 500

struct candidate_file {
	char name[FOLDER_NAME_MAX], state[64];
	char reason[32];                /* why it was no state; "" */
	uint64_t bytes, taken_realtime; /* µs since 1970 */
};

/* The newest CANDIDATES_LISTED_MAX, the newest first, in an array that the caller frees. A folder
 * that is not there is empty. FAULT_IO, -ENOMEM. */
int candidate_files_list(
	const char *folder, struct candidate_file **ret, size_t *ret_n, struct fault *f);

/* The JPEG, which the caller frees. FAULT_NO_SUCH_CANDIDATE, FAULT_IO. */
int candidate_files_read(
	const char *folder, const char *name, void **ret, size_t *ret_size, struct fault *f);

/* It becomes a reference of the state, an index of the rules, as reference_picture_add() has it,
 * and is no candidate any more. Its name among the references in ret. */
int candidate_files_accept(const char *folder, const char *name, const char *references,
	const struct rules *rules, int state, char ret[REFERENCE_NAME_MAX], struct fault *f);

/* FAULT_NO_SUCH_CANDIDATE, FAULT_IO. */
int candidate_files_delete(const char *folder, const char *name, struct fault *f);
