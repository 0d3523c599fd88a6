/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lessons.c and lessons-json.c share. */
#pragma once

#include "detector/lessons.h"

struct lesson_set {
	int n;
	size_t bytes; /* of samples */
	struct lesson items[LESSONS_MAX];
};

struct lessons {
	const struct rules *rules;
	struct lesson_set sets[RULES_NUMBERS_MAX];
	char left_out[RULES_NAME_MAX + 1];
	/* of those that were opened */
	char *folder;
	int fd; /* -1: it was not there */
	bool refused;
};

/* A text of digits, marks and spaces that can be learnt. */
bool lessons_text_valid(const char *text);

/* Takes the lesson over on success. 0, -EALREADY, -ENOSPC. */
int lessons_put(struct lessons *l, int number, struct lesson *lesson);
