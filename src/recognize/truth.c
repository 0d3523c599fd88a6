/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jansson reads the whole text and knows its lines, but forgets them; what is wrong in itself
 * rather than in its syntax is therefore told by its place ("rois.NORMAL[1]"). Everything is made
 * in locals that clean up after themselves and is handed over at the end.
 */
#include "recognize/truth.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/usec.h"

#define PLACE_SIZE (TRUTH_NAME_MAX + 32)
#define PICTURE_PATH_MAX 511

struct report {
	char *why;
	size_t size;
};

/* Names in the message are the file's: nothing in them may end the line or move a cursor. */
PRINTF_LIKE(2, 3) static int refuse(const struct report *report, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(report->why, report->size, format, ap);
	va_end(ap);
	for (size_t i = 0; i < report->size && report->why[i]; i++)
		if ((unsigned char) report->why[i] < ' ' || report->why[i] == 0x7f)
			report->why[i] = '?';
	return -EBADMSG;
}

static int load(const char *text, size_t size, const struct report *report, json_t **ret)
{
	json_error_t error;

	if (report->size)
		*report->why = '\0';
	if (size > TRUTH_TEXT_MAX)
		return refuse(report, "longer than %d bytes", TRUTH_TEXT_MAX);
	*ret = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!*ret && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!*ret)
		return refuse(
			report, "line %d, column %d: %s", error.line, error.column, error.text);
	return json_is_object(*ret) ? 0 : refuse(report, "must be an object: { … }");
}

static int copy_string(const char *s, char **ret)
{
	*ret = strdup(s);
	return *ret ? 0 : -ENOMEM;
}

static int get_int(const json_t *object, const char *key, int min, int max, const char *place,
	const struct report *report, int *ret)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < min || number > max)
		return refuse(report, "%s%s%s: must be a whole number from %d to %d", place,
			*place ? "." : "", key, min, max);
	*ret = (int) number;
	return 0;
}

/* null is a number that is not shown. */
static int get_number(
	const json_t *value, const char *place, const struct report *report, int64_t *ret)
{
	json_int_t number = json_integer_value(value);

	if (!json_is_null(value) &&
		(!json_is_integer(value) || number < 0 || number > TRUTH_NUMBER_MAX))
		return refuse(report, "%s: must be null or a whole number from 0 to %lld", place,
			(long long) TRUTH_NUMBER_MAX);
	*ret = json_is_null(value) ? TRUTH_NUMBER_NONE : number;
	return 0;
}

/* --- regions --------------------------------------------------------------------------------- */

static int read_rect(
	const json_t *json, const char *place, const struct report *report, struct rect *ret)
{
	const struct {
		const char *key;
		int min, *value;
	} sides[] = {
		{ "x", -FRAME_SIDE_MAX, &ret->x },
		{ "y", -FRAME_SIDE_MAX, &ret->y },
		{ "w", 1, &ret->w },
		{ "h", 1, &ret->h },
	};

	if (!json_is_object(json))
		return refuse(report, "%s: must be an object with x, y, w, h", place);
	for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
		int r = get_int(json, sides[i].key, sides[i].min, FRAME_SIDE_MAX, place, report,
			sides[i].value);

		if (r < 0)
			return r;
	}
	return 0;
}

static int read_roi(const json_t *json, const char *place, const char *default_name,
	const struct report *report, struct roi *roi)
{
	const json_t *name = json_object_get(json, "name");
	const char *text = name ? json_string_value(name) : default_name;
	int r = read_rect(json, place, report, &roi->rect);

	if (r < 0)
		return r;
	if (!text || !*text || strlen(text) > TRUTH_NAME_MAX)
		return refuse(
			report, "%s.name: must be a text of 1 to %d bytes", place, TRUTH_NAME_MAX);
	return copy_string(text, &roi->name);
}

/* A region may stand alone or in a list. */
static int read_rois(const json_t *json, const struct report *report, struct state *s, int index)
{
	size_t n = json_is_array(json) ? json_array_size(json) : 1;

	if (n < 1 || n > RULES_ROIS_MAX)
		return refuse(report, "rois.%s: must be 1 to %d regions", s->name, RULES_ROIS_MAX);
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_is_array(json) ? json_array_get(json, i) : json;
		struct roi *roi = &s->rois[s->n_rois++];
		char place[PLACE_SIZE];
		int r;

		*roi = (struct roi){ .required = true, .ref_state = index };
		if (json_is_array(json))
			snprintf(place, sizeof(place), "rois.%s[%zu]", s->name, i);
		else
			snprintf(place, sizeof(place), "rois.%s", s->name);
		r = read_roi(item, place, s->name, report, roi);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_folder_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_-";
	size_t size = strlen(name);

	return size > 0 && size <= TRUTH_NAME_MAX && strspn(name, allowed) == size;
}

static int add_state(
	const char *name, const json_t *json, const struct report *report, struct rules *rules)
{
	struct state *s = &rules->states[rules->n_states];
	int r;

	if (!is_folder_name(name))
		return refuse(report, "rois: \"%.*s\" must be 1 to %d of A-Z a-z 0-9 _ -",
			TRUTH_NAME_MAX, name, TRUTH_NAME_MAX);
	if (strcmp(name, "OTHER") == 0 || strcmp(name, "UNKNOWN") == 0)
		return refuse(report, "rois: %s is what no state is, and has no regions", name);
	if (rules->n_states == RULES_STATES_MAX)
		return refuse(report, "rois: more than %d states", RULES_STATES_MAX);
	*s = (struct state){ .min_match = 1, .threshold = 12 };
	r = copy_string(name, &s->name);
	if (r < 0)
		return r;
	rules->n_states++;
	return read_rois(json, report, s, rules->n_states - 1);
}

static int add_number(const json_t *json, const struct report *report, struct rules *rules)
{
	struct number *number = &rules->numbers[0];
	int r;

	/* A list is for those who write all regions alike. */
	if (json_is_array(json) && json_array_size(json) != 1)
		return refuse(report, "rois.%s: must be one region", TRUTH_NUMBER_ROI);
	if (json_is_array(json))
		json = json_array_get(json, 0);
	r = read_rect(json, "rois." TRUTH_NUMBER_ROI, report, &number->rect);
	if (r < 0)
		return r;
	r = copy_string(TRUTH_NUMBER_ROI, &number->name);
	if (r == 0)
		rules->n_numbers = 1;
	return r;
}

/* The three that the original knows, in the order in which it asks, when all of them are there. */
static int add_original_states(json_t *rois, const struct report *report, struct rules *rules)
{
	static const char *const priority[] = { "SELECT", "PLAYING", "NORMAL" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(priority); i++)
		if (!json_object_get(rois, priority[i]))
			return 0;
	for (size_t i = 0; i < ARRAY_SIZE(priority) && r == 0; i++)
		r = add_state(priority[i], json_object_get(rois, priority[i]), report, rules);
	return r;
}

static int read_all_rois(json_t *rois, const struct report *report, struct rules *rules)
{
	const char *name;
	json_t *json;
	int r, known;

	if (!rois)
		return 0;
	if (!json_is_object(rois))
		return refuse(report, "rois: must be an object with a state's name for each key");
	r = add_original_states(rois, report, rules);
	if (r < 0)
		return r;
	json_object_foreach(rois, name, json)
	{
		if (strcmp(name, TRUTH_NUMBER_ROI) == 0)
			r = add_number(json, report, rules);
		else if (rules_find_state(rules, name, &known) < 0 || known < 0)
			r = add_state(name, json, report, rules);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- segments and numbers -------------------------------------------------------------------- */

static int read_time(const json_t *value, size_t i, const struct report *report, uint64_t *ret)
{
	double seconds = json_number_value(value);

	if (!json_is_number(value) || !(seconds >= 0 && seconds <= TRUTH_TIME_MAX))
		return refuse(report, "segments[%zu]: times must be seconds from 0 to %d", i,
			TRUTH_TIME_MAX);
	*ret = (uint64_t) (seconds * USEC_PER_SEC + 0.5);
	return 0;
}

static int read_segment(
	const json_t *json, size_t i, const struct report *report, struct truth_segment *s)
{
	const char *name = json_string_value(json_array_get(json, 0));
	const json_t *last = json_array_get(json, 3);
	const char *shown = last ? json_string_value(last) : name;
	int r;

	if (json_array_size(json) < 3 || json_array_size(json) > 4)
		return refuse(
			report, "segments[%zu]: must be [state, start, end, what is shown]", i);
	if (!name || !*name || strlen(name) > TRUTH_NAME_MAX || !shown ||
		strlen(shown) > TRUTH_NAME_MAX)
		return refuse(report, "segments[%zu]: names must be texts of up to %d bytes", i,
			TRUTH_NAME_MAX);
	r = read_time(json_array_get(json, 1), i, report, &s->start_usec);
	if (r < 0)
		return r;
	r = read_time(json_array_get(json, 2), i, report, &s->end_usec);
	if (r < 0)
		return r;
	r = copy_string(name, &s->name);
	return r < 0 ? r : copy_string(shown, &s->shown);
}

static int read_segments(const json_t *json, const struct report *report, struct truth *t)
{
	size_t n = json_array_size(json);
	uint64_t end = 0;

	if (n < 1 || n > TRUTH_SEGMENTS_MAX)
		return refuse(report, "segments: must be a list of 1 to %d", TRUTH_SEGMENTS_MAX);
	t->segments = calloc(n, sizeof(*t->segments));
	if (!t->segments)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct truth_segment *s = &t->segments[t->n_segments++];
		int r = read_segment(json_array_get(json, i), i, report, s);

		if (r < 0)
			return r;
		if (s->start_usec < end || s->end_usec < s->start_usec)
			return refuse(report,
				"segments[%zu]: must not begin before the one before "
				"it ends, nor end before it begins",
				i);
		end = s->end_usec;
	}
	return 0;
}

static int read_credits(const json_t *json, const struct report *report, struct truth *t)
{
	size_t n = json_array_size(json);

	if (!json)
		return 0;
	if (!json_is_array(json) || n > TRUTH_CREDITS_MAX)
		return refuse(report, "credits: must be a list of at most %d", TRUTH_CREDITS_MAX);
	t->credits = calloc(n ? n : 1, sizeof(*t->credits));
	if (!t->credits)
		return -ENOMEM;
	t->n_credits = n;
	for (size_t i = 0; i < n; i++) {
		char place[PLACE_SIZE];
		int r;

		snprintf(place, sizeof(place), "credits[%zu]", i);
		r = get_number(json_array_get(json, i), place, report, &t->credits[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_clip(const json_t *json, const struct report *report, struct truth *t)
{
	const char *name = json_string_value(json);

	if (!json)
		return 0;
	if (!name || !*name || strlen(name) > TRUTH_CLIP_MAX)
		return refuse(report, "clip: must be a text of 1 to %d bytes", TRUTH_CLIP_MAX);
	return copy_string(name, &t->clip);
}

static int read_picture(const json_t *root, const struct report *report, struct truth *t)
{
	const json_t *fps = json_object_get(root, "fps");
	int r;

	if (fps && !(json_number_value(fps) > 0 && json_number_value(fps) <= 1000))
		return refuse(report, "fps: must be a number above 0, at most 1000");
	t->fps = json_number_value(fps);
	r = get_int(root, "width", 1, FRAME_SIDE_MAX, "", report, &t->width);
	return r < 0 ? r : get_int(root, "height", 1, FRAME_SIDE_MAX, "", report, &t->height);
}

/* --- the whole ------------------------------------------------------------------------------- */

void truth_deinit(struct truth *t)
{
	for (size_t i = 0; i < t->n_segments; i++) {
		free(t->segments[i].name);
		free(t->segments[i].shown);
	}
	free(t->clip);
	free(t->segments);
	free(t->credits);
	*t = (struct truth){ 0 };
}

void truth_apply_rules(struct truth *t, const struct rules *rules)
{
	for (size_t i = 0; i < t->n_segments; i++) {
		struct truth_segment *s = &t->segments[i];

		if (rules_find_state(rules, s->name, &s->state) < 0 || s->state < 0)
			s->state = STATE_OTHER;
	}
}

int truth_parse(const char *text, size_t size, struct truth *ret, struct rules *ret_rules,
	char *why, size_t why_size)
{
	const struct report report = { why, why_size };
	_cleanup_(json_decrefp) json_t *root = NULL;
	_cleanup_(truth_deinit) struct truth t = { 0 };
	_cleanup_(rules_deinit) struct rules rules = {
		.mode = MODE_BETTER,
		.algo = HASH_DHASH,
		.hash_size = 8,
		.confirm_frames = 2,
		.drop_frames = 8,
	};
	int r = load(text, size, &report, &root);

	if (r < 0)
		return r;
	r = read_clip(json_object_get(root, "clip"), &report, &t);
	if (r < 0)
		return r;
	r = read_picture(root, &report, &t);
	if (r < 0)
		return r;
	rules.width = t.width;
	rules.height = t.height;
	r = read_all_rois(json_object_get(root, "rois"), &report, &rules);
	if (r < 0)
		return r;
	r = read_segments(json_object_get(root, "segments"), &report, &t);
	if (r < 0)
		return r;
	r = read_credits(json_object_get(root, "credits"), &report, &t);
	if (r < 0)
		return r;
	truth_apply_rules(&t, &rules);
	*ret = t;
	*ret_rules = rules;
	t = (struct truth){ 0 };
	rules = (struct rules){ 0 };
	return 0;
}

/* --- numbers in reference pictures ----------------------------------------------------------- */

static int compare_pictures(const void *a, const void *b)
{
	const struct truth_picture *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void truth_pictures_deinit(struct truth_pictures *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->items[i].path);
	free(p->items);
	*p = (struct truth_pictures){ 0 };
}

static int read_pictures(json_t *root, const struct report *report, struct truth_pictures *p)
{
	const char *path;
	json_t *value;

	json_object_foreach(root, path, value)
	{
		struct truth_picture *item = &p->items[p->n];
		int r;

		if (!*path || strlen(path) > PICTURE_PATH_MAX)
			return refuse(report, "names of pictures must be of 1 to %d bytes",
				PICTURE_PATH_MAX);
		r = get_number(value, path, report, &item->number);
		if (r < 0)
			return r;
		r = copy_string(path, &item->path);
		if (r < 0)
			return r;
		p->n++;
	}
	return 0;
}

int truth_pictures_parse(
	const char *text, size_t size, struct truth_pictures *ret, char *why, size_t why_size)
{
	const struct report report = { why, why_size };
	_cleanup_(json_decrefp) json_t *root = NULL;
	_cleanup_(truth_pictures_deinit) struct truth_pictures p = { 0 };
	size_t n;
	int r = load(text, size, &report, &root);

	if (r < 0)
		return r;
	n = json_object_size(root);
	if (n > TRUTH_PICTURES_MAX)
		return refuse(&report, "more than %d pictures", TRUTH_PICTURES_MAX);
	p.items = calloc(n ? n : 1, sizeof(*p.items));
	if (!p.items)
		return -ENOMEM;
	r = read_pictures(root, &report, &p);
	if (r < 0)
		return r;
	qsort(p.items, p.n, sizeof(*p.items), compare_pictures);
	*ret = p;
	p = (struct truth_pictures){ 0 };
	return 0;
}

int truth_pictures_find(const struct truth_pictures *p, const char *path, int64_t *ret)
{
	const struct truth_picture key = { .path = (char *) path }, *found;

	found = p->n ? bsearch(&key, p->items, p->n, sizeof(*p->items), compare_pictures) : NULL;
	if (!found)
		return -ENOENT;
	*ret = found->number;
	return 0;
}
