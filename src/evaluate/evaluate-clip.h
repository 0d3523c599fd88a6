/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A clip with its truth and its references, put through a recogniser as fast as it decodes: what
 * "egm-streamer evaluate" does. Whatever goes wrong is logged with the file's name.
 */
#pragma once

#include <jansson.h>

#include "recognize/evaluate.h"
#include "recognize/separation.h"

#define EVALUATE_DECISIONS_MAX (4 << 20) /* 38 hours at 30 a second */
#define EVALUATE_POINTS_MAX 32

struct evaluate_options {
	const char *clip, *truth;
	const char *config, *pack; /* at most one: rules to use, with or without references */
	enum rules_mode mode;
	bool mode_given; /* else that of config or pack counts, if there is one */
	double rate;     /* decisions a second; 0: every picture */
	bool scores;     /* keep them */
	void (*progress)(double share, void *userdata);
	void *userdata;
};

struct evaluate_result {
	struct truth truth;
	struct rules rules;
	int number; /* the rules' one that the truth is about; -1: none */
	struct evaluate_decision *decisions;
	size_t n_decisions;
	float *scores; /* n_states for each decision, as in struct state_score; or NULL */
	struct evaluation figures;
	double cpu_ms; /* of the thread, for one decision, without decoding */
	uint64_t damaged;
	int references;
	json_t *skipped; /* paths of references that cannot be used */
	/* With other thresholds, in rising order: bits in the compatible mode, else scores. None
	 * when nothing goes by a score. */
	struct evaluate_point points[EVALUATE_POINTS_MAX];
	int n_points;
	int suggested; /* index, or -1 */
	double suggested_margin;
	/* Better mode, of each state that goes by a score; of others nothing is known. */
	struct separation separations[RULES_STATES_MAX];
};

/* 0 or a negative errno, after a message. ret must be given back in both cases. */
int evaluate_clip(const struct evaluate_options *o, struct evaluate_result *ret);
void evaluate_result_deinit(struct evaluate_result *r);
