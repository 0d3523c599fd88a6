/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why something that was asked of a running instance cannot be done: a kind for programs, which is
 * an error's name on the bus, and words for people. Pure; any thread. */
#pragma once

#include "common/cleanup.h"

enum fault_kind {
	FAULT_NONE, /* … of these: the errno tells */
	FAULT_NO_SUCH_OUTPUT,
	FAULT_OUTPUT_EXISTS,
	FAULT_TOO_MANY_OUTPUTS,
	FAULT_BAD_NAME,
	FAULT_BAD_URL,
	FAULT_BAD_CODEC,
	FAULT_BAD_BITRATE,
	FAULT_BAD_QUALITY,
	FAULT_NO_PICTURE,
	FAULT_NOT_RECOGNISING,
	FAULT_NO_SUCH_STATE,
	FAULT_NO_SUCH_REFERENCE,
	FAULT_TOO_MANY_REFERENCES,
	FAULT_BAD_PICTURE,
	FAULT_NO_SUCH_TRASH,
	FAULT_NO_SUCH_CANDIDATE,
	FAULT_NO_SUCH_NUMBER,
	FAULT_BAD_NUMBER,
	FAULT_BAD_RULES,
	FAULT_NOT_EDITABLE,
	FAULT_CONFIGURATION_BAD,
	FAULT_BUSY,
	FAULT_IO,
	_FAULT_MAX
};

#define FAULT_WORDS_MAX 512

struct fault {
	enum fault_kind kind;
	char words[FAULT_WORDS_MAX];
};

/* "org.egm.Error.NoSuchOutput" …; NULL for FAULT_NONE. */
const char *fault_name(enum fault_kind kind);

/* Fills it in. Returns a negative errno that goes with the kind. */
int fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
