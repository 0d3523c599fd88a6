/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * References that were deleted lie in FOLDER/.trash for a while, each in a folder of its own,
 * ID/NAME, where ID is "USEC.STATE": the reader of references looks into the folders of states
 * only, and no state is called so. Of more than TRASH_FILES_MAX, or TRASH_BYTES_MAX together, the
 * oldest go. Blocking; any thread. What cannot be done is a
 * negative errno with a fault.
 */
#pragma once

#include "teach/reference-files.h"

#define TRASH_FOLDER ".trash"
#define TRASH_FILES_MAX 100
#define TRASH_BYTES_MAX (UINT64_C(64) << 20)
#define TRASH_ID_MAX 96

struct trash_file {
	char id[TRASH_ID_MAX], state[64], name[REFERENCE_NAME_MAX];
	uint64_t bytes, deleted_realtime; /* µs since 1970 */
};

/* A reference goes there; its ID in ret. One that is larger than all of the trash is gone for good.
 * FAULT_NO_SUCH_REFERENCE, FAULT_IO. */
int reference_trash_put(const char *folder, const char *state, const char *name,
	uint64_t realtime_usec, char ret[TRASH_ID_MAX], struct fault *f);

/* Those there are, the latest first, in an array that the caller frees. FAULT_IO, -ENOMEM. */
int reference_trash_list(
	const char *folder, struct trash_file **ret, size_t *ret_n, struct fault *f);

/* The state that the ID says, "" when it is none. For who has to know whether the rules have it. */
const char *reference_trash_state(const char *id, char ret[64]);

/* Puts one back, under a name with a number when there is another one of its name meanwhile; its
 * name in ret. FAULT_NO_SUCH_TRASH, _TOO_MANY_REFERENCES, _IO. */
int reference_trash_restore(
	const char *folder, const char *id, char ret[REFERENCE_NAME_MAX], struct fault *f);
