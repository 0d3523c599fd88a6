/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a layout of invented screens is made of, and the pieces that several of them show. */
#pragma once

#include "tests/tools/canvas.h"
#include "tests/tools/reels.h"
#include "tests/tools/screens.h"

#define BOX(...) ((struct rect){ __VA_ARGS__ })
#define TYPE(...) (&(const struct type){ __VA_ARGS__ })
#define BIT(n) (1U << (n))

#define LAYOUT_STATES_MAX 5
#define LAYOUT_SCENES_MAX 12
#define DIMMED 40 /* percent of a button that cannot be pressed */
#define LIT 100

/* When and of what a picture is; all that moves follows from it. */
struct moment {
	uint64_t seed; /* of the segment */
	int frame;     /* since its start */
};

struct scene {
	const char *name;
	int state;                                               /* index, or STATE_OTHER */
	void (*base)(struct canvas *c);                          /* what stands still, drawn once */
	void (*parts)(struct canvas *c, const struct moment *m); /* over it; may be NULL */
	bool credit;                                             /* the number is to be seen */
	uint32_t next; /* bits of the scenes that may follow; none: the first */
};

struct layout_state {
	const char *name;
	struct {
		const char *name;
		struct rect rect;
	} rois[2]; /* the second may have no name */
};

struct layout {
	const char *name;
	const struct layout_state *states;
	int n_states;
	const struct scene *scenes;
	int n_scenes;
	struct rect credit; /* where the number stands, at the left edge */
	struct type credit_type;
	uint32_t credit_ink, credit_back;
};

extern const struct layout *const screens_layouts[SCREENS_LAYOUTS];
extern const struct layout layout_neon, layout_lamps, layout_poker, layout_roulette, layout_reef,
	layout_keno, layout_sweets, layout_cards, layout_lobby, layout_fortune;

void draw_button(struct canvas *c, struct rect r, uint32_t face, const struct type *t, int percent,
	const char *text);
void draw_banner(struct canvas *c, struct rect r, uint32_t fill, uint32_t edge,
	const struct type *t, uint32_t ink, const char *text);
void draw_lamp(struct canvas *c, int x, int y, int radius, uint32_t rgb, bool lit);

/* With a shadow. */
void draw_title(
	struct canvas *c, struct rect r, const struct type *t, uint32_t ink, const char *text);

/* Which: 0 … 51; a negative one shows its back. */
void draw_card(struct canvas *c, struct rect r, int which);

/* Stars that come and go. */
void draw_sparkle(struct canvas *c, struct rect r, const struct moment *m, int count, uint32_t rgb);

/* Text that runs from right to left over its own ground. */
void draw_marquee(struct canvas *c, struct rect r, const struct type *t, uint32_t ground,
	uint32_t ink, const char *text, int frame);

/* A win that counts up over the first two seconds. */
void draw_win(
	struct canvas *c, int x, int y, const struct type *t, uint32_t ink, const struct moment *m);

/* A whole screen that advertises. */
void draw_attract(struct canvas *c, const char *name, uint32_t top, uint32_t bottom, uint32_t ink);

bool blinks(const struct moment *m, int frames);
