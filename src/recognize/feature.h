/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a ROI is compared, and how: one face for all features of the rules. A feature learns what
 * it needs from pictures of whole screens, and says of each picture how much of it is there.
 *
 * pattern     correlation with the nearest reference, and its strength (region.h)
 * edges       the same of outlines, blind to what fills them
 * hash        distance in bits to the nearest reference, of the whole rectangle: masks are refused.
 *             Default threshold: 12 of 64 bits, in proportion for other sizes
 * colour      distance of the mean colour to the nearest reference's: root mean square of the
 *             differences of R, G and B, 0 … 255. Default threshold 40
 * dominant    the same of the colour that covers most
 * brightness  mean of full range, 0 … 255, between least and most; where they are not given, as in
 *             the references, give or take the threshold, by default 20
 * motion      share of the region that changed since the picture before, between least and most, by
 *             default from 0.02 on. A change is one of threshold levels, by default 12
 * digits      a sure number of the rules', of the same name or rectangle, between least and most,
 * by default any. Separators are passed over: 12.50 is 1250. Masks are refused
 *
 * Where only least is given, most is without limit. Pure; one thread.
 */
#pragma once

#include "common/cleanup.h"
#include "recognize/digits.h"
#include "recognize/evidence.h"
#include "recognize/region.h"
#include "recognize/rules.h"

/* One picture, as features look at it. */
struct view {
	const struct frame *frame; /* for colours */
	struct grey grey;
	const struct digits_reading *numbers; /* of the rules, read in it; NULL in a reference */
};

/* One ROI's. */
struct feature_probe;

struct feature_view {
	struct evidence evidence; /* level: against the reference, not what is usual here */
	double value;             /* what threshold, least and most are held against */
	float contrast;           /* standard deviation, 0 … 255; of patterns */
	float quality;            /* 0 … 1: how much there is to be seen */
	int reference;            /* the nearest one; -1 */
	bool blurred;             /* it would be there but for its lack of detail */
};

/* The rules and the state must outlive it. -EINVAL for a ROI that cannot be looked at as it says;
 * -ENOMEM. */
int feature_new(
	struct feature_probe **ret, const struct rules *rules, const struct state *state, int roi);
struct feature_probe *feature_free(struct feature_probe *f);
DEFINE_CLEANUP(struct feature_probe *, feature_free)

/* Does it compare with references at all? And does it know what it looks for? */
bool feature_learns(const struct feature_probe *f);
bool feature_ready(const struct feature_probe *f);

/* Is it about what is to be seen in light and dark, of which a flat picture has none? */
bool feature_wants_contrast(const struct feature_probe *f);

/* Learns from a picture of its own state, or of another one. 0; -ENOMEM; -ENOSPC; -ENODATA when
 * there is nothing to be seen in an own one; -ENOTSUP for an own one it cannot look into. */
int feature_add(struct feature_probe *f, const struct view *v, bool own, int reference);

/* Takes over what the same feature, with other references, knows of the pictures so far, and leaves
 * it nothing to go on with. */
void feature_continue(struct feature_probe *f, struct feature_probe *from);

/* guide: a region that knows the shift of this picture, or NULL; set to one that does. 0, -ENOMEM.
 */
int feature_look(struct feature_probe *f, const struct view *v, const struct region **guide,
	struct feature_view *ret);
