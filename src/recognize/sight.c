/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recognize/sight.h"

void sight_set_score(struct sight *s, const struct rules *rules, double score)
{
	for (int i = 0; i < rules->n_states; i++)
		for (int k = 0; k < rules->states[i].n_rois; k++) {
			struct sight_roi *roi = &s->rois[i][k];
			float purity = evidence_purity((float) roi->value, score);

			if (!rules_takes_score(&rules->states[i].rois[k]))
				continue;
			/* A blurred one is not there, whatever it is held against. */
			roi->evidence.purity =
				roi->blurred ? MIN(purity, roi->evidence.purity) : purity;
		}
}
