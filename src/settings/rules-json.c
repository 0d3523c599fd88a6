/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One way it is written out of the rules; the other way it becomes a text as of a file, so that
 * there is one reader that knows what rules may be.
 */
#include "settings/rules-json.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "settings/rules-file.h"

#define NAME "the rules"
#define DEPTH_MAX CONF_TREE_DEPTH_MAX

/* ---- out ---- */

static void set(json_t *o, const char *key, json_t *value)
{
	json_object_set_new(o, key, value);
}

/* What is at its default is left out, as in a file. */
static void set_real(json_t *o, const char *key, double value)
{
	if (value > 0)
		set(o, key, json_real(value));
}

static void set_ms(json_t *o, const char *key, int ms)
{
	char text[24];

	if (ms <= 0)
		return;
	snprintf(text, sizeof(text), "%dms", ms);
	set(o, key, json_string(text));
}

static json_t *rect_json(const struct rect *r)
{
	return json_pack("{s:i, s:i, s:i, s:i}", "x", r->x, "y", r->y, "w", r->w, "h", r->h);
}

static json_t *roi_json(const struct rules *r, int state, const struct roi *roi)
{
	json_t *o = json_pack("{s:s}", "name", roi->name), *rect = rect_json(&roi->rect), *masks;

	json_object_update(o, rect);
	json_decref(rect);
	if (roi->required)
		set(o, "required", json_true());
	if (roi->negative)
		set(o, "negative", json_true());
	if (roi->ref_state != state)
		set(o, "ref_state", json_string(rules_state_name(r, roi->ref_state)));
	set(o, "feature", json_string(feature_names[roi->feature]));
	set_real(o, "threshold", roi->threshold);
	set_real(o, "least", roi->least);
	set_real(o, "most", roi->most);
	if (roi->n_masks == 0)
		return o;
	masks = json_array();
	for (int i = 0; i < roi->n_masks; i++)
		json_array_append_new(masks, rect_json(&roi->masks[i]));
	set(o, "masks", masks);
	return o;
}

static json_t *after_json(const struct rules *r, const struct state *s)
{
	json_t *after = json_array();

	for (int i = 0; i < r->n_states; i++)
		if (s->may_follow & (UINT32_C(1) << i))
			json_array_append_new(after, json_string(r->states[i].name));
	if (s->may_follow & RULES_OTHER_BIT)
		json_array_append_new(after, json_string("OTHER"));
	return after;
}

static json_t *state_json(const struct rules *r, int state)
{
	const struct state *s = &r->states[state];
	json_t *rois = json_array(), *o;

	for (int i = 0; i < s->n_rois; i++)
		json_array_append_new(rois, roi_json(r, state, &s->rois[i]));
	o = json_pack("{s:i, s:f, s:o}", "min_match", s->min_match, "threshold", s->threshold,
		"rois", rois);
	set_real(o, "score", s->score);
	set_real(o, "margin", s->margin);
	if (s->n_ops > 0) {
		_cleanup_(freep) char *match = rules_format_match(s);

		set(o, "match", json_string(match));
	}
	set_ms(o, "enter", s->enter_ms);
	set_ms(o, "leave", s->leave_ms);
	set_ms(o, "settle", s->settle_ms);
	set_ms(o, "longest", s->longest_ms);
	if (s->restricted)
		set(o, "after", after_json(r, s));
	return o;
}

static json_t *number_json(const struct number *n)
{
	json_t *o = rect_json(&n->rect);

	if (n->format)
		set(o, "format", json_string(n->format));
	return o;
}

json_t *rules_json(const struct rules *r)
{
	json_t *priority = json_array(), *states = json_object(), *numbers = json_object(), *o;

	for (int i = 0; i < r->n_states; i++) {
		json_array_append_new(priority, json_string(r->states[i].name));
		set(states, r->states[i].name, state_json(r, i));
	}
	for (int i = 0; i < r->n_numbers; i++)
		set(numbers, r->numbers[i].name, number_json(&r->numbers[i]));
	o = json_pack("{s:o, s:o, s:o, s:i, s:i, s:s, s:s, s:i, s:i, s:i}", "priority", priority,
		"states", states, "numbers", numbers, "width", r->width, "height", r->height,
		"mode", r->mode == MODE_COMPATIBLE ? "compatible" : "better", "algo",
		hash_algo_name(r->algo), "hash_size", r->hash_size, "confirm_frames",
		r->confirm_frames, "drop_frames", r->drop_frames);
	if (o)
		set_ms(o, "frozen", r->frozen_ms);
	return o;
}

/* ---- in ---- */

struct writer {
	FILE *f;
	struct conf_report *report;
	bool failed;
};

static void refuse(struct writer *w, const char *key, const char *why)
{
	conf_report_add(w->report, CONF_ERROR, NULL, 0, key, "%s", why);
	w->failed = true;
}

/* What a file can have as a name. */
static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return *name && strchr(letters, *name) && name[n] == '\0' && n <= RULES_NAME_MAX;
}

static void write_string(struct writer *w, const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	if (strlen(text) != json_string_length(value)) {
		refuse(w, key, "a text with a NUL");
		return;
	}
	fputc('"', w->f);
	for (; *text; text++) {
		unsigned char c = (unsigned char) *text;

		if (c < ' ' || c == 0x7f) {
			refuse(w, key, "a text with control characters");
			break;
		}
		if (c == '"' || c == '\\')
			fputc('\\', w->f);
		fputc(c, w->f);
	}
	fputc('"', w->f);
}

static void write_real(struct writer *w, double value)
{
	char buf[CONF_REAL_TEXT_MAX];

	fputs(conf_real_text(value, buf), w->f);
}

static void write_value(struct writer *w, const char *key, const json_t *value, int depth);

static void write_group(struct writer *w, const char *key, const json_t *group, int depth)
{
	const char *name;
	const json_t *value;

	fputs("{ ", w->f);
	json_object_foreach((json_t *) group, name, value)
	{
		char inner[256];

		if (json_is_null(value))
			continue;
		snprintf(inner, sizeof(inner), "%s.%.*s", key, RULES_NAME_MAX, name);
		if (!is_name(name)) {
			refuse(w, inner,
				"a name must begin with a letter and consist of letters, digits, "
				"'_' and '-'");
			continue;
		}
		fprintf(w->f, "%s = ", name);
		write_value(w, inner, value, depth);
		fputs(";\n", w->f);
	}
	fputs("}", w->f);
}

static void write_list(struct writer *w, const char *key, const json_t *list, int depth)
{
	fputs("( ", w->f);
	for (size_t i = 0; i < json_array_size(list); i++) {
		char inner[256];

		snprintf(inner, sizeof(inner), "%s[%zu]", key, i);
		if (i > 0)
			fputs(", ", w->f);
		write_value(w, inner, json_array_get(list, i), depth);
	}
	fputs(" )", w->f);
}

static void write_value(struct writer *w, const char *key, const json_t *value, int depth)
{
	if (depth >= DEPTH_MAX) {
		refuse(w, key, "too deep");
		fputc('0', w->f);
		return;
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_group(w, key, value, depth + 1);
		break;
	case JSON_ARRAY:
		write_list(w, key, value, depth + 1);
		break;
	case JSON_STRING:
		write_string(w, key, value);
		break;
	case JSON_INTEGER:
		fprintf(w->f, "%" PRId64 "L", (int64_t) json_integer_value(value));
		break;
	case JSON_REAL:
		write_real(w, json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("true", w->f);
		break;
	case JSON_FALSE:
		fputs("false", w->f);
		break;
	case JSON_NULL:
	default:
		refuse(w, key, "null has no meaning here");
		fputc('0', w->f);
	}
}

static void write_key(struct writer *w, const json_t *o, const char *name)
{
	const json_t *value = json_object_get(o, name);
	char key[64];

	if (!value || json_is_null(value))
		return;
	snprintf(key, sizeof(key), "detector.%s", name);
	fprintf(w->f, "%s = ", name);
	write_value(w, key, value, 0);
	fputs(";\n", w->f);
}

/* How many references a state has is no part of its rules. */
static json_t *without_refs(const json_t *states)
{
	json_t *all = json_deep_copy(states), *state;
	const char *name;

	json_object_foreach(all, name, state)
	{
		(void) name;
		json_object_del(state, "refs");
	}
	return all;
}

static const char *const known[] = { "mode", "algo", "hash_size", "confirm_frames", "drop_frames",
	"frozen", "states", "numbers", "priority", NULL };

/* The object upon what was there before. A new reference; NULL: no memory. */
static json_t *merge(const json_t *object, const struct rules *before)
{
	json_t *all = before ? rules_json(before) : json_object(), *states;

	if (!all)
		return NULL;
	if (json_object_get(object, "states"))
		json_object_del(all, "priority");
	json_object_update(all, (json_t *) object);
	json_object_del(all, "editable");
	states = json_object_get(all, "states");
	if (json_is_object(states))
		set(all, "states", without_refs(states));
	return all;
}

static void write_screen(struct writer *w, const json_t *o)
{
	const json_t *width = json_object_get(o, "width"), *height = json_object_get(o, "height");

	if (!width && !height)
		return;
	if (!json_is_integer(width) || !json_is_integer(height) || json_integer_value(width) < 1 ||
		json_integer_value(height) < 1)
		refuse(w, "detector.screen", "width and height must be numbers of pixels");
	else
		fprintf(w->f, "screen = \"%" PRId64 "x%" PRId64 "\";\n",
			(int64_t) json_integer_value(width), (int64_t) json_integer_value(height));
}

static void tell_unknown(struct writer *w, const json_t *o)
{
	const char *name;
	const json_t *value;

	json_object_foreach((json_t *) o, name, value)
	{
		bool is_known = strcmp(name, "width") == 0 || strcmp(name, "height") == 0;

		(void) value;
		for (size_t i = 0; known[i]; i++)
			is_known = is_known || strcmp(name, known[i]) == 0;
		if (!is_known)
			conf_report_add(w->report, CONF_WARNING, NULL, 0, NULL,
				"%.*s is nothing that rules have", RULES_NAME_MAX, name);
	}
}

static int write_text(const json_t *o, char **ret, size_t *ret_size, struct conf_report *report)
{
	struct writer w = { .report = report };
	int r;

	w.f = open_memstream(ret, ret_size);
	if (!w.f)
		return -ENOMEM;
	fputs("detector = {\n", w.f);
	write_screen(&w, o);
	for (size_t i = 0; known[i]; i++)
		write_key(&w, o, known[i]);
	fputs("};\n", w.f);
	tell_unknown(&w, o);
	r = fclose(w.f) != 0 ? -ENOMEM : 0;
	return r == 0 && w.failed ? -EINVAL : r;
}

/* The lines are those of a text that nobody has seen. */
static void forget_lines(struct conf_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		free(report->findings[i].file);
		report->findings[i].file = NULL;
		report->findings[i].line = 0;
	}
}

int rules_json_parse(const json_t *object, const struct rules *before, struct rules *ret,
	struct conf_report *report)
{
	_cleanup_(freep) char *text = NULL;
	json_t *all = merge(object, before);
	size_t size = 0;
	int r = all ? write_text(all, &text, &size, report) : -ENOMEM;

	json_decref(all);
	if (r == 0 && size > RULES_FILE_MAX) {
		conf_report_add(report, CONF_ERROR, NULL, 0, NULL, "the rules are too large");
		r = -EINVAL;
	}
	if (r == 0)
		r = rules_file_parse(text, size, NAME, ret, report);
	forget_lines(report);
	return r;
}
