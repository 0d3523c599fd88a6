/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What settings and files of rules share. */
#pragma once

#include "common/conf.h"
#include "recognize/rules.h"
#include "settings/settings.h"

/* The settings that make up rules; NULL-terminated. What a file of rules says counts for all of
 * them. */
extern const char *const rules_paths[];

/* Makes rules of the settings' trees and of what goes with them; c is where s came from. 0; -EINVAL
 * with error findings; -ENOMEM. */
int rules_read(const struct conf *c, const struct settings *s, struct rules **ret,
	struct conf_report *report);

/* Reads the detector group of a file into settings of its own, to be taken over by rules_paths. 0;
 * -ENOENT; -EINVAL with error findings; -ENOMEM. */
int rules_file_open(const char *path, struct conf **ret, struct conf_report *report);

/* ---- rules-read.c and rules-rois.c ---- */

#define RULES_KEY_MAX 256
#define RULES_WHY_MAX 256
#define RULES_ROI_SIDE_MIN 4 /* pixels: less shows nothing */

/* Rules on their way. Readers return 0 or -ENOMEM; whatever else is wrong is a finding, and failed.
 */
struct rules_reading {
	const struct conf *c;
	struct rules *rules;
	struct conf_report *report;
	/* as the files have them, in the order of the rules' states */
	const struct conf_node *states[RULES_STATES_MAX];
	bool placed[RULES_STATES_MAX][RULES_ROIS_MAX]; /* a ROI has a rectangle of its own */
	bool failed;
};

/* Adds an error finding at a node. */
void rules_refuse(struct rules_reading *rd, const struct conf_node *n, const char *key,
	const char *format, ...) PRINTF_LIKE(4, 5);

/* "detector.states.NAME.rois[0].x" and the like, into buf. Returns buf. */
const char *rules_key(char buf[RULES_KEY_MAX], const char *format, ...) PRINTF_LIKE(2, 3);

/* The node to point at: the value itself when somebody wrote it, else the group. */
const struct conf_node *rules_place(const struct conf_node *group, const char *name);

/* Reads a group by rows, as conf_node_read(). */
int rules_read_rows(struct rules_reading *rd, const struct conf_node *n, const char *key,
	const struct conf_row *rows, const char *const *others, void *ret);

bool rules_is_known(const struct rules_reading *rd, const char *state);

/* A rectangle, as the member rect of what rows fill. */
struct rules_rect {
	int64_t x, y, w, h;
};

#define RULES_RECT_ROW(type, name, member, least)                                              \
	{                                                                                      \
		name, CONF_INT, offsetof(type, rect.member), least, RULES_SIDE_MAX, .def = "4" \
	}
#define RULES_RECT_ROWS(type, side_min)                        \
	RULES_RECT_ROW(type, "x", x, -RULES_SIDE_MAX),         \
		RULES_RECT_ROW(type, "y", y, -RULES_SIDE_MAX), \
		RULES_RECT_ROW(type, "w", w, side_min), RULES_RECT_ROW(type, "h", h, side_min)

struct rect rules_to_rect(const struct rules_rect *t);

/* How many of x, y, w and h somebody wrote. */
int rules_count_sides(const struct conf_node *n);

/* Adds a finding when it is not on the screen. */
void rules_check_rect(
	struct rules_reading *rd, const struct conf_node *n, const char *key, const struct rect *r);

/* The regions of one state, by themselves; key is the state's. */
int rules_read_rois(
	struct rules_reading *rd, const struct conf_node *n, const char *key, int state);

/* What a region takes from other states and from numbers, once all are there. */
void rules_resolve_roi(struct rules_reading *rd, int state, int index, const struct conf_node *n);
