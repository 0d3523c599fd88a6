/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rectangles are written as X11 writes them, "640x120+0+600": width, height, and how far from the
 * left and the top. What cannot be understood is refused when settings are loaded; would it come so
 * far all the same, the whole picture is masked, never none of it.
 */
#include "settings/settings-geometry.h"

#include <ctype.h>
#include <string.h>

#include "common/words.h"
#include "settings/settings-private.h"

#define CROP_MIN 32 /* pixels a side, as of video.size */

static const char rect_words[] =
	"must be such as \"640x120+0+600\": width, height, and how far from left and top";

/* Digits, and what stands behind them. */
static bool read_term(const char **text, char behind, int *ret)
{
	const char *p = *text;
	int n = 0;

	for (; isdigit((unsigned char) *p) && n <= FRAME_SIDE_MAX; p++)
		n = n * 10 + (*p - '0');
	if (p == *text || *p != behind || n > FRAME_SIDE_MAX)
		return false;
	*text = behind ? p + 1 : p;
	*ret = n;
	return true;
}

static bool read_rect(const char *text, struct geometry_rect *ret)
{
	return read_term(&text, 'x', &ret->w) && read_term(&text, '+', &ret->h) &&
	       read_term(&text, '+', &ret->x) && read_term(&text, '\0', &ret->y) && ret->w > 0 &&
	       ret->h > 0;
}

static bool read_word(const char *word, size_t n, struct geometry_rect *ret)
{
	char text[32];

	if (n >= sizeof(text))
		return false;
	memcpy(text, word, n);
	text[n] = '\0';
	return read_rect(text, ret);
}

static bool read_colour(const char *text, uint32_t *ret)
{
	if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return false;
	*ret = (uint32_t) strtoul(text + 1, NULL, 16);
	return true;
}

static struct conf_size canvas_of(const struct settings *s)
{
	return s->video.canvas.width ? s->video.canvas : s->video.size;
}

static bool is_inside(const struct geometry_rect *r, struct conf_size canvas)
{
	return r->x + r->w <= canvas.width && r->y + r->h <= canvas.height;
}

#define refuse(k, path, ...) settings_find(k, CONF_ERROR, NULL, 0, path, __VA_ARGS__)

static void check_inside(struct settings_check *k, const char *path, const struct geometry_rect *r)
{
	struct conf_size canvas = canvas_of(k->s);

	if (canvas.width > 0 && !is_inside(r, canvas))
		refuse(k, path, "%dx%d+%d+%d reaches beyond the picture of %dx%d", r->w, r->h, r->x,
			r->y, canvas.width, canvas.height);
}

static void check_crop(struct settings_check *k)
{
	struct geometry_rect r;

	if (!*k->s->video.crop)
		return;
	if (!read_rect(k->s->video.crop, &r))
		refuse(k, "video.crop", "%s", rect_words);
	else if (r.x % 2 || r.y % 2 || r.w % 2 || r.h % 2 || r.w < CROP_MIN || r.h < CROP_MIN)
		refuse(k, "video.crop", "needs even numbers, and at least %dx%d", CROP_MIN,
			CROP_MIN);
	else
		check_inside(k, "video.crop", &r);
}

static void check_masks(struct settings_check *k)
{
	const char *word, *rest = k->s->video.masks;
	struct geometry_rect r;
	size_t n, count = 0;

	while ((word = words_next(&rest, &n))) {
		if (++count > GEOMETRY_MASKS_MAX) {
			refuse(k, "video.masks", "has more than %d", GEOMETRY_MASKS_MAX);
			return;
		}
		if (read_word(word, n, &r))
			check_inside(k, "video.masks", &r);
		else
			refuse(k, "video.masks", "\"%.*s\" %s", (int) MIN(n, (size_t) 40), word,
				rect_words);
	}
}

void settings_check_geometry(struct settings_check *k)
{
	const struct settings *s = k->s;
	const char *rest = s->video.masks;
	uint32_t colour;
	size_t n;

	check_crop(k);
	check_masks(k);
	if ((*s->video.crop || words_next(&rest, &n)) && canvas_of(s).width == 0)
		refuse(k, "video.canvas",
			"must tell the size of the picture that crop and masks are for, or "
			"video.size must");
	if (s->video.rotate % 90 != 0)
		refuse(k, "video.rotate", "must be 0, 90, 180 or 270");
	if (!read_colour(s->video.mask_colour, &colour))
		refuse(k, "video.mask_colour", "must be such as \"#000000\": red, green and blue");
}

void settings_geometry(const struct settings *s, struct geometry_settings *ret)
{
	const struct conf_size canvas = canvas_of(s);
	const char *word, *rest = s->video.masks;
	struct geometry_settings g = { .width = canvas.width,
		.height = canvas.height,
		.turns = (int) s->video.rotate / 90,
		.flip = (enum geometry_flip) s->video.flip };
	size_t n;

	(void) read_colour(s->video.mask_colour, &g.colour);
	if (*s->video.crop && !read_rect(s->video.crop, &g.crop))
		g.crop = (struct geometry_rect){ 0 };
	while (g.n_masks < GEOMETRY_MASKS_MAX && (word = words_next(&rest, &n))) {
		struct geometry_rect *m = &g.masks[g.n_masks++];

		if (!read_word(word, n, m))
			*m = (struct geometry_rect){ 0, 0, canvas.width, canvas.height };
	}
	*ret = g;
}
