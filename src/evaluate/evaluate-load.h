/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an evaluation needs besides the clip: the truth, the rules, and a recogniser that has seen
 * the references. */
#pragma once

#include "detector/numbers.h"
#include "evaluate/evaluate-clip.h"
#include "recognize/recogniser.h"

/* Fills the result's truth, rules, number, references and skipped, which is a list already; the
 * rules are the recogniser's until it is freed. ret_numbers: what finds out digits that nobody has
 * taught, without a thread of its own; NULL when there are no numbers. 0 or a negative errno, after
 * a message. */
int evaluate_load(const struct evaluate_options *o, struct evaluate_result *result,
	struct recogniser **ret, struct numbers **ret_numbers);
