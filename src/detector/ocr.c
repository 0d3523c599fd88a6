/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only tesseract's declarations are needed to build; the functions are looked up at run time, so
 * that the package need not depend on it.
 */
#include "detector/ocr.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tesseract/capi.h>

#include "recognize/digits-sample.h"

#define LIBRARY "libtesseract.so.5"
#define LANGUAGE "eng"
#define DPI 200    /* of text as high as it is sampled; it complains when it has to guess */
#define BORDER 12  /* samples: it wants some ground around the text */
#define SYMBOLS 64 /* it may find in a line before we stop to listen */

/* What we call, by the names it has in the library. */
#define FUNCTIONS(F)                      \
	F(TessBaseAPICreate)              \
	F(TessBaseAPIDelete)              \
	F(TessBaseAPIInit3)               \
	F(TessBaseAPISetVariable)         \
	F(TessBaseAPISetPageSegMode)      \
	F(TessBaseAPISetImage)            \
	F(TessBaseAPISetSourceResolution) \
	F(TessBaseAPIRecognize)           \
	F(TessBaseAPIGetIterator)         \
	F(TessBaseAPIClear)               \
	F(TessResultIteratorDelete)       \
	F(TessResultIteratorNext)         \
	F(TessResultIteratorGetUTF8Text)  \
	F(TessResultIteratorConfidence)   \
	F(TessDeleteText)

struct ocr {
	void *library;
#define DECLARE(name) __typeof__(&name) name;
	FUNCTIONS(DECLARE)
	TessBaseAPI *api;
	struct sampled sampled;
	uint8_t picture[SAMPLED_ROWS_MAX + 2 * BORDER][SAMPLED_WIDTH_MAX + 2 * BORDER];
};

static int load(struct ocr *o, char *why, size_t why_size)
{
	/* It has threads of its own that outlive every call: it is never unloaded. */
	o->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!o->library) {
		snprintf(why, why_size, "%s cannot be loaded", LIBRARY);
		return -ENOENT;
	}
#define LOOK_UP(name) *(void **) &o->name = dlsym(o->library, #name);
	FUNCTIONS(LOOK_UP)
#define IS_MISSING(name) || !o->name
	if (false FUNCTIONS(IS_MISSING)) {
		snprintf(why, why_size, "%s is of another version", LIBRARY);
		return -ENOENT;
	}
	return 0;
}

int ocr_new(struct ocr **ret, char *why, size_t why_size)
{
	_cleanup_(ocr_freep) struct ocr *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	r = load(o, why, why_size);
	if (r < 0)
		return r;
	o->api = o->TessBaseAPICreate();
	if (!o->api)
		return -ENOMEM;
	/* It tells standard error what we tell the caller. */
	o->TessBaseAPISetVariable(o->api, "debug_file", "/dev/null");
	if (o->TessBaseAPIInit3(o->api, NULL, LANGUAGE) != 0) {
		snprintf(why, why_size, "tesseract has no data for \"%s\"", LANGUAGE);
		return -ENOENT;
	}
	o->TessBaseAPISetVariable(o->api, "tessedit_char_whitelist", "0123456789.,");
	o->TessBaseAPISetPageSegMode(o->api, PSM_SINGLE_LINE);
	*ret = TAKE_PTR(o);
	return 0;
}

struct ocr *ocr_free(struct ocr *o)
{
	if (!o)
		return NULL;
	if (o->api)
		o->TessBaseAPIDelete(o->api);
	if (o->library)
		dlclose(o->library);
	free(o);
	return NULL;
}

/* Text is what there is less of. */
static bool is_bright_text(const struct sampled *s)
{
	int least = 255, most = 0, above = 0;

	for (int y = 0; y < s->height; y++)
		for (int x = s->inside_x0; x < s->inside_x1; x++) {
			least = MIN(least, s->pixels[y][x]);
			most = MAX(most, s->pixels[y][x]);
		}
	for (int y = 0; y < s->height; y++)
		for (int x = s->inside_x0; x < s->inside_x1; x++)
			above += s->pixels[y][x] > (least + most) / 2;
	return 2 * above < s->height * (s->inside_x1 - s->inside_x0);
}

/* Dark on bright, with a border of the rectangle's own edge. */
static void set_picture(struct ocr *o, int w, int h)
{
	const struct sampled *s = &o->sampled;
	int flip = is_bright_text(s) ? 255 : 0;

	for (int y = 0; y < h; y++) {
		const uint8_t *row = s->pixels[CLAMP(y - BORDER, 0, s->height - 1)];

		for (int x = 0; x < w; x++)
			o->picture[y][x] =
				(uint8_t) (flip ^ row[CLAMP(x - BORDER + s->inside_x0, s->inside_x0,
							  s->inside_x1 - 1)]);
	}
	o->TessBaseAPISetImage(o->api, o->picture[0], w, h, 1, sizeof(o->picture[0]));
	o->TessBaseAPISetSourceResolution(o->api, DPI);
}

/* -E2BIG: more than a number has. */
static int add_symbol(struct ocr *o, const TessResultIterator *i, size_t *n, struct ocr_text *text)
{
	char *symbol = o->TessResultIteratorGetUTF8Text(i, RIL_SYMBOL);
	double confidence = (double) o->TessResultIteratorConfidence(i, RIL_SYMBOL) / 100;
	int r = 0;

	if (symbol && symbol[0] && !symbol[1] && strchr("0123456789.,", symbol[0])) {
		if (*n < DIGITS_MAX) {
			text->text[(*n)++] = symbol[0];
			text->confidence = MIN(text->confidence, confidence);
		} else {
			r = -E2BIG;
		}
	} else if (symbol && symbol[0] && symbol[0] != ' ') {
		r = -E2BIG;
	}
	o->TessDeleteText(symbol);
	return r;
}

int ocr_read(struct ocr *o, const struct grey *g, struct rect r, struct ocr_text *ret)
{
	struct ocr_text text = { .confidence = 1 };
	TessResultIterator *i;
	int err = 0, left = SYMBOLS;
	size_t n = 0;

	if (!sampled_take(&o->sampled, g, r, 0, false) ||
		o->sampled.inside_x1 <= o->sampled.inside_x0)
		return -EINVAL;
	set_picture(o, o->sampled.inside_x1 - o->sampled.inside_x0 + 2 * BORDER,
		o->sampled.height + 2 * BORDER);
	if (o->TessBaseAPIRecognize(o->api, NULL) != 0)
		return -EIO;
	i = o->TessBaseAPIGetIterator(o->api);
	while (i && err == 0) {
		err = add_symbol(o, i, &n, &text);
		if (--left == 0 || !o->TessResultIteratorNext(i, RIL_SYMBOL))
			break;
	}
	if (i)
		o->TessResultIteratorDelete(i);
	o->TessBaseAPIClear(o->api);
	if (err < 0 || n == 0)
		text = (struct ocr_text){ 0 };
	*ret = text;
	return 0;
}
