/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of digits.json. A file comes from anywhere: everything in it is held against its limit
 * before anything is allocated for it.
 */
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "detector/lessons-private.h"
#include "media/frame.h"

#define PLACE_SIZE (RULES_NAME_MAX + 32)
#define NEAR 0.005 /* of the screen: two rectangles are the same */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct answer {
	char *why;
	size_t size;
};

/* Names in it are the file's: nothing in them may end the line or move a cursor. */
PRINTF_LIKE(3, 4) static int refuse(const struct answer *a, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(a->why, a->size, format, ap);
	va_end(ap);
	for (char *c = a->why; a->size && *c; c++)
		if ((unsigned char) *c < ' ' || (unsigned char) *c >= 0x7f)
			*c = '?';
	return r;
}

/* --- base64 --- */

static void encode(const uint8_t *in, size_t size, char *out)
{
	for (size_t i = 0; i < size; i += 3) {
		size_t left = MIN(size - i, 3);
		unsigned bits = (unsigned) in[i] << 16 |
				(left > 1 ? (unsigned) in[i + 1] << 8 : 0) |
				(left > 2 ? in[i + 2] : 0);

		for (size_t k = 0; k < 4; k++)
			*out++ = k <= left ? base64[bits >> (18 - 6 * k) & 63] : '=';
	}
	*out = '\0';
}

static size_t encoded_size(size_t size)
{
	return (size + 2) / 3 * 4;
}

static void fill_values(int8_t values[256])
{
	memset(values, -1, 256);
	for (int i = 0; i < 64; i++)
		values[(unsigned char) base64[i]] = (int8_t) i;
}

/* Whether the text is that of so many bytes. Bits that mean nothing must be 0. */
static bool decode(const char *in, size_t length, uint8_t *out, size_t size)
{
	int8_t values[256];

	if (length != encoded_size(size))
		return false;
	fill_values(values);
	for (size_t i = 0; i < size; i += 3, in += 4) {
		size_t left = MIN(size - i, 3);
		unsigned bits = 0;

		for (size_t k = 0; k < 4; k++) {
			int value = k <= left      ? values[(unsigned char) in[k]]
				    : in[k] == '=' ? 0
						   : -1;

			if (value < 0)
				return false;
			bits = bits << 6 | (unsigned) value;
		}
		for (size_t k = 0; k < 3; k++, bits <<= 8)
			if (k < left)
				out[i + k] = (uint8_t) (bits >> 16);
			else if (bits >> 16 & 255)
				return false;
	}
	return true;
}

/* --- reading --- */

static bool read_ints(const json_t *array, int *ret, size_t n, json_int_t least, json_int_t most)
{
	if (!json_is_array(array) || json_array_size(array) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(array, i);

		if (!json_is_integer(value) || json_integer_value(value) < least ||
			json_integer_value(value) > most)
			return false;
		ret[i] = (int) json_integer_value(value);
	}
	return true;
}

static bool read_rect(const json_t *array, struct rect *ret)
{
	int v[4];

	if (!read_ints(array, v, 4, -FRAME_SIDE_MAX, FRAME_SIDE_MAX) || v[2] < 1 || v[3] < 1)
		return false;
	*ret = (struct rect){ v[0], v[1], v[2], v[3] };
	return true;
}

static int read_pixels(
	const json_t *text, struct crop *c, const struct answer *a, const char *place)
{
	size_t size = (size_t) c->picture.width * (size_t) c->picture.height;
	uint8_t *pixels;

	if (!json_is_string(text) || json_string_length(text) != encoded_size(size))
		return refuse(a, -EBADMSG, "%s: grey: must be %zu bytes in base64", place, size);
	pixels = malloc(size);
	if (!pixels)
		return -ENOMEM;
	c->pixels = pixels;
	c->size = size;
	c->picture.data = pixels;
	if (!decode(json_string_value(text), json_string_length(text), pixels, size))
		return refuse(a, -EBADMSG, "%s: grey: is no base64", place);
	return 0;
}

static int read_lesson(
	const json_t *json, struct lesson *ret, const struct answer *a, const char *place)
{
	const char *shows = json_string_value(json_object_get(json, "shows"));
	const json_t *limited = json_object_get(json, "limited");
	struct crop *c = &ret->crop;
	int size[2];

	if (!shows || !lessons_text_valid(shows))
		return refuse(a, -EBADMSG, "%s: shows: must be a number of at most %d characters",
			place, DIGITS_MAX);
	memcpy(ret->text, shows, strlen(shows));
	if (!read_ints(json_object_get(json, "size"), size, 2, 1, 2 * CROP_SIDE_MAX) ||
		size[0] * size[1] > CROP_BYTES_MAX)
		return refuse(a, -EBADMSG,
			"%s: size: must be width and height of at most %d samples", place,
			CROP_BYTES_MAX);
	if (!read_rect(json_object_get(json, "rect"), &c->rect) || c->rect.w > CROP_SIDE_MAX ||
		c->rect.h > CROP_SIDE_MAX)
		return refuse(a, -EBADMSG, "%s: rect: must be x, y, width and height", place);
	if (!json_is_boolean(limited))
		return refuse(a, -EBADMSG, "%s: limited: must be true or false", place);
	c->picture = (struct grey){ .width = size[0],
		.height = size[1],
		.stride = size[0],
		.step = 1,
		.limited = json_is_true(limited) };
	return read_pixels(json_object_get(json, "grey"), c, a, place);
}

static bool is_near(int a, int a_of, int b, int b_of)
{
	double difference = (double) a / a_of - (double) b / b_of;

	return difference < NEAR && difference > -NEAR;
}

/* The rules' number that is called so and lies there; -1: none. */
static int find_number(
	const struct rules *rules, const char *name, const int screen[2], const struct rect *r)
{
	for (int i = 0; i < rules->n_numbers; i++) {
		const struct number *n = &rules->numbers[i];

		if (strcmp(n->name, name) == 0)
			return is_near(n->rect.x, rules->width, r->x, screen[0]) &&
					       is_near(n->rect.w, rules->width, r->w, screen[0]) &&
					       is_near(n->rect.y, rules->height, r->y, screen[1]) &&
					       is_near(n->rect.h, rules->height, r->h, screen[1])
				       ? i
				       : -1;
	}
	return -1;
}

static int read_pictures(struct lessons *l, int number, const json_t *pictures,
	const struct answer *a, const char *name)
{
	for (size_t i = 0; i < json_array_size(pictures); i++) {
		char place[PLACE_SIZE];
		struct lesson lesson = { 0 };
		int r;

		snprintf(place, sizeof(place), "numbers.%s.pictures[%zu]", name, i);
		r = read_lesson(json_array_get(pictures, i), &lesson, a, place);
		if (r >= 0 && number >= 0)
			r = lessons_put(l, number, &lesson);
		crop_deinit(&lesson.crop);
		if (r < 0 && r != -EALREADY && r != -ENOSPC)
			return r;
	}
	return 0;
}

static int read_number(
	struct lessons *l, const char *name, const json_t *json, const struct answer *a)
{
	const json_t *pictures = json_object_get(json, "pictures");
	struct rect rect;
	int screen[2], number;

	if (!rules_name_valid(name))
		return refuse(a, -EBADMSG, "numbers: \"%.64s\" is no name of a number", name);
	if (!read_ints(json_object_get(json, "screen"), screen, 2, 1, FRAME_SIDE_MAX))
		return refuse(a, -EBADMSG, "numbers.%s.screen: must be width and height", name);
	if (!read_rect(json_object_get(json, "rect"), &rect))
		return refuse(a, -EBADMSG, "numbers.%s.rect: must be x, y, width and height", name);
	if (!json_is_array(pictures) || json_array_size(pictures) > LESSONS_MAX)
		return refuse(a, -EBADMSG,
			"numbers.%s.pictures: must be a list of at most %d pictures", name,
			LESSONS_MAX);
	number = find_number(l->rules, name, screen, &rect);
	if (number < 0 && !l->left_out[0])
		snprintf(l->left_out, sizeof(l->left_out), "%s", name);
	return read_pictures(l, number, pictures, a, name);
}

/* From 1 up to what this version reads. */
static int check_version(const json_t *root, const char *key, int most, const struct answer *a)
{
	const json_t *value = json_object_get(root, key);

	if (!json_is_integer(value) || json_integer_value(value) < 1)
		return refuse(a, -EBADMSG, "%s: must be a number from 1 on", key);
	if (json_integer_value(value) > most)
		return refuse(a, -ENOTSUP, "%s %lld is of a later version; this one reads %s %d",
			key, (long long) json_integer_value(value), key, most);
	return 0;
}

static int read_root(struct lessons *l, json_t *root, const struct answer *a)
{
	json_t *numbers = json_object_get(root, "numbers"), *json;
	const char *name;
	int r = check_version(root, "format", LESSONS_FORMAT, a);

	if (r == 0)
		r = check_version(root, "version", LESSONS_VERSION, a);
	if (r < 0)
		return r;
	if (!json_is_object(numbers) || json_object_size(numbers) > RULES_NUMBERS_MAX)
		return refuse(a, -EBADMSG, "numbers: must be an object of at most %d numbers",
			RULES_NUMBERS_MAX);
	json_object_foreach(numbers, name, json)
	{
		r = read_number(l, name, json, a);
		if (r < 0)
			return r;
	}
	return 0;
}

int lessons_parse(struct lessons **ret, const struct rules *rules, const char *text, size_t size,
	char *why, size_t why_size)
{
	const struct answer a = { why, why_size };
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	_cleanup_(json_decrefp) json_t *root = NULL;
	json_error_t error;
	int r;

	if (size > LESSONS_TEXT_MAX)
		return refuse(&a, -EFBIG, "longer than %d bytes", LESSONS_TEXT_MAX);
	r = lessons_new(&l, rules);
	if (r < 0)
		return refuse(&a, r, "%s", strerror(-r));
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (!root && json_error_code(&error) == json_error_out_of_memory)
		return refuse(&a, -ENOMEM, "%s", strerror(ENOMEM));
	if (!root)
		return refuse(&a, -EBADMSG, "line %d, column %d: %s", error.line, error.column,
			error.text);
	r = read_root(l, root, &a);
	if (r == -ENOMEM)
		return refuse(&a, r, "%s", strerror(-r));
	if (r == 0)
		*ret = TAKE_PTR(l);
	return r;
}

/* --- writing --- */

static json_t *lesson_json(const struct lesson *lesson)
{
	const struct crop *c = &lesson->crop;
	size_t size = (size_t) c->picture.width * (size_t) c->picture.height;
	_cleanup_(freep) char *grey = malloc(encoded_size(size) + 1);

	if (!grey)
		return NULL;
	encode(c->pixels, size, grey);
	return json_pack("{s:s, s:[ii], s:[iiii], s:b, s:s}", "shows", lesson->text, "size",
		c->picture.width, c->picture.height, "rect", c->rect.x, c->rect.y, c->rect.w,
		c->rect.h, "limited", c->picture.limited, "grey", grey);
}

static json_t *number_json(const struct lessons *l, int number)
{
	const struct rect *r = &l->rules->numbers[number].rect;
	_cleanup_(json_decrefp) json_t *list = json_array();

	for (int i = 0; i < lessons_count(l, number); i++)
		if (json_array_append_new(list, lesson_json(lessons_get(l, number, i))) < 0)
			return NULL;
	return json_pack("{s:[ii], s:[iiii], s:O}", "screen", l->rules->width, l->rules->height,
		"rect", r->x, r->y, r->w, r->h, "pictures", list);
}

char *lessons_format(const struct lessons *l, size_t *ret_size)
{
	_cleanup_(json_decrefp) json_t *root = json_pack("{s:i, s:i, s:{}}", "format",
		LESSONS_FORMAT, "version", LESSONS_VERSION, "numbers");
	json_t *numbers = json_object_get(root, "numbers");
	char *text;

	for (int i = 0; i < l->rules->n_numbers; i++)
		if (lessons_count(l, i) > 0 &&
			json_object_set_new(numbers, l->rules->numbers[i].name, number_json(l, i)) <
				0)
			return NULL;
	text = json_dumps(root, JSON_INDENT(1));
	if (text)
		*ret_size = strlen(text);
	return text;
}
