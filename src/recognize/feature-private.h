/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind feature.h: a table for each kind of feature, and what they share. */
#pragma once

#include "recognize/feature.h"

struct feature_kind {
	bool learns, wants_contrast, takes_masks;
	int (*init)(struct feature_probe *f); /* may fail half-way: deinit follows */
	void (*deinit)(struct feature_probe *f);
	int (*add)(struct feature_probe *f, const struct view *v, bool own, int reference);
	bool (*ready)(const struct feature_probe *f); /* NULL: always */
	void (*resume)(
		struct feature_probe *f, struct feature_probe *from); /* NULL: nothing to do */
	int (*look)(struct feature_probe *f, const struct view *v, const struct region **guide,
		struct feature_view *ret);
};

struct feature_probe {
	const struct feature_kind *kind;
	const struct rules *rules;
	const struct roi *roi;
	double threshold; /* the ROI's or its state's; 0: the feature's default */
	void *data;       /* of its kind, from malloc(); freed after deinit */
};

/* Outlines are a pattern's, the dominant colour is a colour: what differs goes by the ROI. */
extern const struct feature_kind feature_pattern, feature_hash, feature_colour, feature_brightness,
	feature_motion, feature_digits;

/* The ROI's threshold, or this. */
double feature_threshold(const struct feature_probe *f, double standard);

/* Is v between the ROI's least and most, or where it has none between these? */
bool feature_in_range(const struct feature_probe *f, double v, double least, double most);

/* The ROI's rectangle, and the n_masks of its masks, in a picture of this size. */
struct rect feature_rect(const struct feature_probe *f, const struct grey *g);
void feature_masks(
	const struct feature_probe *f, const struct grey *g, struct rect ret[RULES_MASKS_MAX]);
