/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of a font: filled by digits-learn.c, read by digits.c. */
#pragma once

#include "recognize/crop.h"
#include "recognize/digits-shape.h"
#include "recognize/digits.h"

#define DIGITS_TEMPLATES 48 /* all characters' */
#define DIGITS_EXAMPLES 24  /* pictures kept, in case that the font turns out to be another */
#define DIGITS_ALL 0x3ffU

struct template
{
	char character;
	float count;
	struct shape shape; /* mean of the pictures that it was learnt from */
};

struct font {
	int n;
	struct template templates[DIGITS_TEMPLATES];
	/* of what was learnt; set when n > 0 */
	struct segment_how how;
	float lines;            /* how many */
	float contrast, size;   /* mean */
	float gap_min, gap_max; /* between characters */
	int gaps;               /* how many of those */
	float space_min;        /* between words; 0: none seen */
};

/* A picture that something was learnt from. */
struct example {
	struct crop crop;
	char text[DIGITS_MAX * 2 + 1];
	bool guess;
};

struct digits_candidate {
	const struct template *template; /* NULL: nothing is learnt */
	float likeness;
	const struct template *second; /* best of the other characters, or NULL */
	float second_likeness;
};

/* A line with what its glyphs look like. */
struct digits_line {
	struct segment_line line;
	struct shape shapes[SEGMENT_GLYPHS_MAX];
	struct digits_candidate found[SEGMENT_GLYPHS_MAX];
};

struct digits {
	struct segmenter *segmenter;
	struct font *font;
	struct digits_line *line; /* looked at last */
	int n_examples;
	struct example examples[DIGITS_EXAMPLES];
};

/* Looks at the line that the segmenter found. Its top and height are set by what the glyphs look
 * like: what is tall in one number need not be so in another one. text: of the glyphs, or NULL when
 * it is not known. */
void digits_look(
	const struct font *f, const struct segmenter *s, const char *text, struct digits_line *l);

/* Between the i-th glyph and the one before, in heights of the line. */
float digits_gap(const struct segment_line *l, int i);

/* Whether the line is about as high as those learnt. */
bool digits_size_fits(const struct font *f, const struct segment_line *l);
