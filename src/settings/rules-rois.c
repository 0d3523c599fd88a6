/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regions of a state as people write them, and the little that all readers of rules do alike: where
 * a finding belongs, and what a rectangle is.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "settings/rules-private.h"

void rules_refuse(struct rules_reading *rd, const struct conf_node *n, const char *key,
	const char *format, ...)
{
	char text[RULES_WHY_MAX + RULES_KEY_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	conf_report_add(rd->report, CONF_ERROR, n->file, n->line, key, "%s", text);
	rd->failed = true;
}

const char *rules_key(char buf[RULES_KEY_MAX], const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(buf, RULES_KEY_MAX, format, ap);
	va_end(ap);
	return buf;
}

const struct conf_node *rules_place(const struct conf_node *group, const char *name)
{
	const struct conf_node *n = conf_node_child(group, name);

	return n ? n : group;
}

int rules_read_rows(struct rules_reading *rd, const struct conf_node *n, const char *key,
	const struct conf_row *rows, const char *const *others, void *ret)
{
	int r = conf_node_read(n, key, rows, others, ret, rd->report);

	rd->failed |= r < 0;
	return r == -ENOMEM ? r : 0;
}

bool rules_is_known(const struct rules_reading *rd, const char *name)
{
	int state;

	return rules_find_state(rd->rules, name, &state) == 0 && state >= 0;
}

/* ---- rectangles ---- */

struct rect rules_to_rect(const struct rules_rect *t)
{
	return (struct rect){ (int) t->x, (int) t->y, (int) t->w, (int) t->h };
}

static bool overlap(const struct rect *a, const struct rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static bool contains(const struct rect *outer, const struct rect *inner)
{
	return inner->x >= outer->x && inner->y >= outer->y &&
	       inner->x + inner->w <= outer->x + outer->w &&
	       inner->y + inner->h <= outer->y + outer->h;
}

int rules_count_sides(const struct conf_node *n)
{
	static const char *const sides[] = { "x", "y", "w", "h" };
	int count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sides); i++)
		count += conf_node_child(n, sides[i]) != NULL;
	return count;
}

/* The original takes what lies outside its picture for black; so does the compatible mode. */
void rules_check_rect(
	struct rules_reading *rd, const struct conf_node *n, const char *key, const struct rect *r)
{
	const struct rect screen = { 0, 0, rd->rules->width, rd->rules->height };
	char text[RULES_WHY_MAX];

	if (contains(&screen, r))
		return;
	snprintf(text, sizeof(text), "%dx%d at %d,%d reaches out of the screen of %dx%d", r->w,
		r->h, r->x, r->y, screen.w, screen.h);
	if (rd->rules->mode == MODE_COMPATIBLE && overlap(&screen, r))
		conf_report_add(rd->report, CONF_WARNING, n->file, n->line, key, "%s", text);
	else
		rules_refuse(rd, n, key, "%s", text);
}

/* ---- regions ---- */

struct mask_text {
	struct rules_rect rect;
};

static const struct conf_row mask_rows[] = { RULES_RECT_ROWS(struct mask_text, 1),
	{ .path = NULL } };

struct roi_text {
	char *name, *ref_state;
	struct rules_rect rect;
	bool required, negative;
	int feature;
	double threshold, least, most;
};

#define AT(member) .offset = offsetof(struct roi_text, member)

static const struct conf_row roi_rows[] = {
	{ "name", CONF_STRING, AT(name), .def = "" },
	RULES_RECT_ROWS(struct roi_text, RULES_ROI_SIDE_MIN),
	{ "required", CONF_BOOL, AT(required), .def = "false" },
	{ "negative", CONF_BOOL, AT(negative), .def = "false" },
	{ "ref_state", CONF_STRING, AT(ref_state), .def = "" },
	{ "feature", CONF_ENUM, AT(feature), .def = "correlation", .words = feature_names },
	{ "threshold", CONF_REAL, AT(threshold), .min = 0, .max = 1024, .def = "0" },
	{ "least", CONF_REAL, AT(least), .min = 0, .max = INT64_C(1000000000000000), .def = "0" },
	{ "most", CONF_REAL, AT(most), .min = 0, .max = INT64_C(1000000000000000), .def = "0" },
	{ .path = NULL },
};

#undef AT

/* What a feature's limits may be; 0: it has none. */
static const struct {
	double threshold, range;
	bool no_masks;
} feature_limits[] = {
	[FEATURE_PATTERN] = { .threshold = 1 },
	[FEATURE_HASH] = { .threshold = HASH_SIZE_MAX * HASH_SIZE_MAX, .no_masks = true },
	[FEATURE_COLOUR] = { .threshold = 255 },
	[FEATURE_DOMINANT] = { .threshold = 255 },
	[FEATURE_BRIGHTNESS] = { .threshold = 255, .range = 255 },
	[FEATURE_EDGES] = { .threshold = 1 },
	[FEATURE_MOTION] = { .threshold = 255, .range = 1 },
	[FEATURE_DIGITS] = { .range = INFINITY, .no_masks = true },
};

static void check_limit(struct rules_reading *rd, const struct conf_node *n, const char *key,
	const char *name, double value, double max, const char *feature)
{
	char buf[RULES_KEY_MAX];

	if (value == 0 || value <= max)
		return;
	rules_key(buf, "%s.%s", key, name);
	if (max > 0)
		rules_refuse(rd, rules_place(n, name), buf,
			"must be from 0 to %g for the feature %s", max, feature);
	else
		rules_refuse(rd, rules_place(n, name), buf, "the feature %s has none", feature);
}

static void check_feature(
	struct rules_reading *rd, const struct conf_node *n, const char *key, const struct roi *roi)
{
	const char *feature = feature_names[roi->feature];
	double threshold = feature_limits[roi->feature].threshold;
	double range = feature_limits[roi->feature].range;
	char buf[RULES_KEY_MAX];

	if (roi->feature == FEATURE_HASH)
		threshold = rd->rules->hash_size * rd->rules->hash_size;
	check_limit(rd, n, key, "threshold", roi->threshold, threshold, feature);
	check_limit(rd, n, key, "least", roi->least, range, feature);
	check_limit(rd, n, key, "most", roi->most, range, feature);
	if (roi->most > 0 && roi->least > roi->most)
		rules_refuse(rd, rules_place(n, "least"), rules_key(buf, "%s.least", key),
			"%g is more than most, %g", roi->least, roi->most);
	if (roi->n_masks > 0 && feature_limits[roi->feature].no_masks)
		rules_refuse(rd, rules_place(n, "masks"), rules_key(buf, "%s.masks", key),
			"the feature %s takes a region as a whole", feature);
}

static int read_masks(struct rules_reading *rd, const struct conf_node *roi_node, const char *key,
	struct roi *roi)
{
	const struct conf_node *masks = conf_node_child(roi_node, "masks");
	char buf[RULES_KEY_MAX];

	if (!masks)
		return 0;
	if (masks->kind != CONF_NODE_LIST || masks->n > RULES_MASKS_MAX) {
		rules_refuse(rd, masks, rules_key(buf, "%s.masks", key),
			"must be a list of at most %d groups: ( { x = …; y = …; w = …; h = …; } )",
			RULES_MASKS_MAX);
		return 0;
	}
	for (size_t i = 0; i < masks->n; i++) {
		const struct conf_node *n = &masks->children[i];
		struct mask_text text = { 0 };
		int r;

		rules_key(buf, "%s.masks[%zu]", key, i);
		r = rules_read_rows(rd, n, buf, mask_rows, NULL, &text);
		if (r < 0)
			return r;
		if (rules_count_sides(n) < 4)
			rules_refuse(rd, n, buf, "needs x, y, w and h");
		roi->masks[roi->n_masks++] = rules_to_rect(&text.rect);
	}
	return 0;
}

/* Names serve in expressions and in ref_state. */
static void check_name(struct rules_reading *rd, const struct conf_node *n, const char *key,
	const struct state *s, const char *name)
{
	char buf[RULES_KEY_MAX];

	rules_key(buf, "%s.name", key);
	if (!*name)
		rules_refuse(rd, n, buf, "is needed");
	else if (!rules_name_valid(name))
		rules_refuse(rd, rules_place(n, "name"), buf,
			"must consist of at most %d letters, digits, '_' and '-', and not be AND, "
			"OR or NOT",
			RULES_NAME_MAX);
	for (int i = 0; *name && i < s->n_rois - 1; i++)
		if (strcmp(s->rois[i].name, name) == 0)
			rules_refuse(rd, rules_place(n, "name"), buf,
				"\"%s\" is the name of rois[%d] already", name, i);
}

static int take_roi(struct rules_reading *rd, const struct conf_node *n, const char *key, int state,
	struct roi_text *text)
{
	struct state *s = &rd->rules->states[state];
	struct roi *roi = &s->rois[s->n_rois++];
	int sides = rules_count_sides(n), r;

	*roi = (struct roi){
		.rect = rules_to_rect(&text->rect),
		.required = text->required,
		.negative = text->negative,
		.ref_state = state,
		.feature = (enum feature) text->feature,
		.threshold = text->threshold,
		.least = text->least,
		.most = text->most,
	};
	roi->name = TAKE_PTR(text->name);
	rd->placed[state][s->n_rois - 1] = sides == 4;
	check_name(rd, n, key, s, roi->name);
	if (sides == 4)
		rules_check_rect(rd, n, key, &roi->rect);
	else if (sides > 0 || !*text->ref_state)
		rules_refuse(rd, n, key, "needs x, y, w and h");
	r = read_masks(rd, n, key, roi);
	check_feature(rd, n, key, roi);
	return r;
}

static int read_roi(struct rules_reading *rd, const struct conf_node *n, const char *key, int state)
{
	static const char *const others[] = { "masks", NULL };
	struct roi_text text = { 0 };
	int r = rules_read_rows(rd, n, key, roi_rows, others, &text);

	if (r == 0 && n->kind == CONF_NODE_GROUP)
		r = take_roi(rd, n, key, state, &text);
	conf_rows_destroy(roi_rows, &text);
	return r;
}

int rules_read_rois(struct rules_reading *rd, const struct conf_node *n, const char *key, int state)
{
	const struct conf_node *rois = conf_node_child(n, "rois");
	char buf[RULES_KEY_MAX];
	int r = 0;

	if (!rois || rois->kind != CONF_NODE_LIST || rois->n < 1 || rois->n > RULES_ROIS_MAX) {
		rules_refuse(rd, rois ? rois : n, rules_key(buf, "%s.rois", key),
			"must be a list of 1 to %d regions: ( { name = \"…\"; x = …; y = …; w = …; "
			"h = …; } )",
			RULES_ROIS_MAX);
		return 0;
	}
	for (size_t i = 0; i < rois->n && r == 0; i++)
		r = read_roi(rd, &rois->children[i], rules_key(buf, "%s.rois[%zu]", key, i), state);
	return r;
}

/* ---- what is said about another state ---- */

/* The rectangle of the ROI of the same name there. */
static void borrow_rect(
	struct rules_reading *rd, const struct conf_node *n, const char *key, struct roi *roi)
{
	const struct state *from = &rd->rules->states[roi->ref_state];

	for (int i = 0; i < from->n_rois; i++)
		if (rd->placed[roi->ref_state][i] && strcmp(from->rois[i].name, roi->name) == 0) {
			roi->rect = from->rois[i].rect;
			return;
		}
	rules_refuse(rd, n, key,
		"needs x, y, w and h, for %s has no region \"%s\" with a rectangle of its own",
		from->name, roi->name);
}

static void check_masks(
	struct rules_reading *rd, const struct conf_node *n, const char *key, const struct roi *roi)
{
	const struct rect screen = { 0, 0, rd->rules->width, rd->rules->height };
	char buf[RULES_KEY_MAX];

	for (int i = 0; i < roi->n_masks; i++) {
		rules_key(buf, "%s.masks[%d]", key, i);
		if (!contains(&screen, &roi->masks[i]))
			rules_refuse(rd, n, buf, "reaches out of the screen");
		else if (!overlap(&roi->rect, &roi->masks[i]))
			rules_refuse(rd, n, buf, "lies outside the region");
		else if (contains(&roi->masks[i], &roi->rect))
			rules_refuse(rd, n, buf, "covers all of the region");
	}
}

/* A ROI of the feature digits reads the number of its name, or the one in its place. */
static void check_digits(
	struct rules_reading *rd, const struct conf_node *n, const char *key, const struct roi *roi)
{
	for (int i = 0; i < rd->rules->n_numbers; i++) {
		const struct number *number = &rd->rules->numbers[i];

		if (strcmp(number->name, roi->name) == 0 ||
			(contains(&number->rect, &roi->rect) &&
				contains(&roi->rect, &number->rect)))
			return;
	}
	rules_refuse(rd, n, key, "detector.numbers has none called \"%s\", nor one in this place",
		roi->name);
}

void rules_resolve_roi(struct rules_reading *rd, int state, int index, const struct conf_node *n)
{
	const struct conf_node *ref = conf_node_child(n, "ref_state");
	struct roi *roi = &rd->rules->states[state].rois[index];
	char key[RULES_KEY_MAX], buf[RULES_KEY_MAX];
	int found;

	rules_key(key, "detector.states.%s.rois[%d]", rd->rules->states[state].name, index);
	if (ref && ref->kind == CONF_NODE_STRING && *ref->string) {
		if (!rules_is_known(rd, ref->string)) {
			rules_refuse(rd, ref, rules_key(buf, "%s.ref_state", key),
				"\"%.*s\" is no state of detector.states", RULES_NAME_MAX,
				ref->string);
			return;
		}
		(void) rules_find_state(rd->rules, ref->string, &found);
		roi->ref_state = found;
		if (rules_count_sides(n) == 0)
			borrow_rect(rd, n, key, roi);
	}
	check_masks(rd, rules_place(n, "masks"), key, roi);
	if (roi->feature == FEATURE_DIGITS)
		check_digits(rd, n, key, roi);
}
