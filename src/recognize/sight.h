/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one picture has to say to the better mode, before anything is made of it: the evidence of
 * each ROI of each state, and what the picture is like. It depends on no picture's decision, so the
 * same one can be judged with several settings (judge.h). Pure.
 */
#pragma once

#include "recognize/evidence.h"
#include "recognize/rules.h"

struct sight_roi {
	struct evidence evidence; /* level: against the reference, not what is usual here */
	double value;             /* what the ROI's threshold and limits are held against */
	bool shaded;              /* its level depends on how the card is set */
	bool blurred;             /* it would be there but for its lack of detail */
	bool ready;               /* it knows what it looks for */
};

struct sight {
	uint64_t capture_usec;
	struct sight_roi rois[RULES_STATES_MAX][RULES_ROIS_MAX];
	bool settling[RULES_STATES_MAX]; /* the state's regions still move */
	bool flat;                       /* the whole picture is of one colour */
	bool empty;   /* of all regions that ask for contrast, and there are such, none has any */
	bool blurred; /* a region is */
	bool frozen;  /* the same picture to the bit for too long */
};

/* As it would be if each ROI that goes by its state's score were held against this one. */
void sight_set_score(struct sight *s, const struct rules *rules, double score);
