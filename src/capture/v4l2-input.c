/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/v4l2-input.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/v4l2-probe.h"
#include "common/words.h"

#define NAME_MAX_PLAIN 64

/* Text of limited size to which words are added; what does not fit is left out whole. */
struct words {
	char *at;
	size_t used, size;
};

static void add(struct words *w, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void add(struct words *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->at + w->used, w->size - w->used, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t) n < w->size - w->used)
		w->used += (size_t) n;
	else
		w->at[w->used] = '\0';
}

static struct words words_in(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct words){ buf, 0, size };
}

const char *v4l2_plain_name(const char *name, char *buf, size_t size)
{
	size_t n = 0;
	bool gap = false;

	for (; *name && n + 2 < size; name++) {
		unsigned char c = (unsigned char) *name;

		if (!isalnum(c)) {
			gap = n > 0;
			continue;
		}
		if (gap)
			buf[n++] = '_';
		gap = false;
		buf[n++] = (char) tolower(c);
	}
	buf[n] = '\0';
	return buf;
}

bool v4l2_next_control(
	const char **list, char *name, size_t name_size, char *value, size_t value_size)
{
	size_t n;
	const char *word = words_next(list, &n);
	const char *equals = word ? memchr(word, '=', n) : NULL;
	size_t before = equals ? (size_t) (equals - word) : n;

	if (!word)
		return false;
	(void) snprintf(name, name_size, "%.*s", (int) before, word);
	(void) snprintf(value, value_size, "%.*s", equals ? (int) (n - before - 1) : 0,
		equals ? equals + 1 : "");
	return true;
}

static bool is_switch(const char *text, int64_t *ret)
{
	static const char *const words[] = { "false", "true", "off", "on", "no", "yes" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], text) == 0) {
			*ret = (int64_t) (i % 2);
			return true;
		}
	}
	return false;
}

int v4l2_control_value(const struct v4l2_query_ext_ctrl *q, const char *text, int64_t *ret)
{
	char *end;
	int64_t v;

	if (q->type == V4L2_CTRL_TYPE_BOOLEAN && is_switch(text, ret))
		return 0;
	errno = 0;
	v = strtoll(text, &end, 0);
	if (end == text || *end)
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	if (q->type == V4L2_CTRL_TYPE_BITMASK) {
		if (v < 0 || (uint64_t) v & ~(uint64_t) (uint32_t) q->maximum)
			return -ERANGE;
	} else if (v < q->minimum || v > q->maximum) {
		return -ERANGE;
	} else if (q->step > 1 && (uint64_t) (v - q->minimum) % q->step) {
		return -ERANGE; /* the driver would round it without a word */
	}
	*ret = v;
	return 0;
}

/* ---- inputs ---- */

static bool is_input(const struct v4l2_input *in, const char *wanted)
{
	char a[NAME_MAX_PLAIN], b[NAME_MAX_PLAIN], *end;
	unsigned long number = strtoul(wanted, &end, 10);

	if (end != wanted && *end == '\0')
		return number == in->index;
	return strcmp(v4l2_plain_name((const char *) in->name, a, sizeof(a)),
		       v4l2_plain_name(wanted, b, sizeof(b))) == 0;
}

int v4l2_input_select(int fd, const char *wanted, char *why, size_t size)
{
	struct words w = words_in(why, size);
	struct v4l2_input in = { 0 };
	int now = -1, r;

	if (!wanted || strcmp(wanted, "auto") == 0)
		return 0;
	add(&w, "has no input %.24s", wanted);
	for (; in.index < V4L2_INPUTS_MAX; in.index++) {
		uint32_t index = in.index;

		if (v4l2_call(fd, VIDIOC_ENUMINPUT, &in) < 0)
			break;
		if (is_input(&in, wanted)) {
			(void) v4l2_call(fd, VIDIOC_G_INPUT, &now);
			if (now == (int) index)
				return 0;
			now = (int) index;
			r = v4l2_call(fd, VIDIOC_S_INPUT, &now);
			if (r < 0)
				(void) snprintf(why, size, "cannot select input %.24s: %s", wanted,
					strerrordesc_np(-r));
			return r;
		}
		add(&w, "%s %u %.24s", index == 0 ? ", but" : ",", index, in.name);
	}
	return -ENOENT;
}

/* ---- controls ---- */

/* Those that have a value to be set. */
static bool is_settable(const struct v4l2_query_ext_ctrl *q)
{
	switch (q->type) {
	case V4L2_CTRL_TYPE_INTEGER:
	case V4L2_CTRL_TYPE_INTEGER64:
	case V4L2_CTRL_TYPE_BOOLEAN:
	case V4L2_CTRL_TYPE_MENU:
	case V4L2_CTRL_TYPE_INTEGER_MENU:
	case V4L2_CTRL_TYPE_BITMASK:
		return !(q->flags & (V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_READ_ONLY)) &&
		       q->nr_of_dims == 0;
	default:
		return false;
	}
}

/* The control after id that can be set; false: that was the last one. */
static bool next_settable(int fd, uint32_t *id, struct v4l2_query_ext_ctrl *ret)
{
	for (int i = 0; i < V4L2_CONTROLS_MAX; i++) {
		*ret = (struct v4l2_query_ext_ctrl){ .id = *id | V4L2_CTRL_FLAG_NEXT_CTRL };
		if (v4l2_call(fd, VIDIOC_QUERY_EXT_CTRL, ret) < 0)
			return false;
		*id = ret->id;
		if (is_settable(ret))
			return true;
	}
	return false;
}

static bool find_control(int fd, const char *name, struct v4l2_query_ext_ctrl *ret)
{
	char a[NAME_MAX_PLAIN], b[NAME_MAX_PLAIN];
	uint32_t id = 0;

	v4l2_plain_name(name, a, sizeof(a));
	for (int i = 0; i < V4L2_CONTROLS_MAX && next_settable(fd, &id, ret); i++)
		if (strcmp(v4l2_plain_name(ret->name, b, sizeof(b)), a) == 0)
			return true;
	return false;
}

/* The item of a menu by its name. */
static bool find_item(int fd, const struct v4l2_query_ext_ctrl *q, const char *text, int64_t *ret)
{
	char a[NAME_MAX_PLAIN], b[NAME_MAX_PLAIN];

	if (q->type != V4L2_CTRL_TYPE_MENU || q->minimum < 0)
		return false;
	v4l2_plain_name(text, a, sizeof(a));
	for (int64_t i = q->minimum; i <= q->maximum && i < V4L2_CONTROLS_MAX; i++) {
		struct v4l2_querymenu m = { .id = q->id, .index = (uint32_t) i };

		if (v4l2_call(fd, VIDIOC_QUERYMENU, &m) == 0 &&
			strcmp(v4l2_plain_name((const char *) m.name, b, sizeof(b)), a) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static int set_value(int fd, const struct v4l2_query_ext_ctrl *q, int64_t value)
{
	struct v4l2_ext_control c = { .id = q->id };
	struct v4l2_ext_controls all = {
		.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &c
	};

	if (q->type == V4L2_CTRL_TYPE_INTEGER64)
		c.value64 = value;
	else
		c.value = (int32_t) value;
	return v4l2_call(fd, VIDIOC_S_EXT_CTRLS, &all);
}

/* What would have been a value. */
static void add_values(struct words *w, int fd, const struct v4l2_query_ext_ctrl *q)
{
	char name[NAME_MAX_PLAIN];

	if (q->type != V4L2_CTRL_TYPE_MENU) {
		add(w, " %" PRId64 " to %" PRId64, (int64_t) q->minimum, (int64_t) q->maximum);
		if (q->step > 1)
			add(w, " by %" PRIu64, (uint64_t) q->step);
		return;
	}
	for (int64_t i = q->minimum; i <= q->maximum && i < V4L2_CONTROLS_MAX; i++) {
		struct v4l2_querymenu m = { .id = q->id, .index = (uint32_t) i };

		if (v4l2_call(fd, VIDIOC_QUERYMENU, &m) == 0)
			add(w, " %" PRId64 " %s", i,
				v4l2_plain_name((const char *) m.name, name, sizeof(name)));
	}
}

static void add_names(struct words *w, int fd)
{
	struct v4l2_query_ext_ctrl q;
	char name[NAME_MAX_PLAIN];
	uint32_t id = 0;
	int n = 0;

	while (n < V4L2_CONTROLS_MAX && next_settable(fd, &id, &q)) {
		add(w, " %s", v4l2_plain_name(q.name, name, sizeof(name)));
		n++;
	}
	if (n == 0)
		add(w, " none");
}

/* Returns whether the card has it. */
static bool set_control(struct words *w, int fd, const char *name, const char *text)
{
	const char *gap = w->used ? "; " : "";
	struct v4l2_query_ext_ctrl q;
	int64_t value;
	int r;

	if (!find_control(fd, name, &q)) {
		add(w, "%sno control %.32s", gap, name);
		return false;
	}
	r = find_item(fd, &q, text, &value) ? 0 : v4l2_control_value(&q, text, &value);
	if (r < 0) {
		add(w, "%s%.32s cannot be %.32s, but", gap, name, text);
		add_values(w, fd, &q);
		return true;
	}
	r = set_value(fd, &q, value);
	if (r == -EACCES || r == -EBUSY)
		add(w, "%s%.32s cannot be set while another control has it", gap, name);
	else if (r < 0)
		add(w, "%s%.32s cannot be set: %s", gap, name, strerrordesc_np(-r));
	return true;
}

void v4l2_controls_set(int fd, const char *list, char *why, size_t size)
{
	struct words w = words_in(why, size);
	char name[NAME_MAX_PLAIN], value[NAME_MAX_PLAIN];
	bool known = true;

	while (list && v4l2_next_control(&list, name, sizeof(name), value, sizeof(value)))
		known = set_control(&w, fd, name, value) && known;
	if (known)
		return;
	/* Behind all else, for they may be many. */
	add(&w, "; the card has");
	add_names(&w, fd);
}
