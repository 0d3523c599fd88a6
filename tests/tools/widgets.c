/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "tests/tools/screens-private.h"

bool blinks(const struct moment *m, int frames)
{
	return m->frame / frames % 2 == 0;
}

void draw_button(struct canvas *c, struct rect r, uint32_t face, const struct type *t, int percent,
	const char *text)
{
	int corner = MIN(r.w, r.h) / 4;
	struct rect in = { r.x + 3, r.y + 3, r.w - 6, r.h - 6 };
	struct rect shine = { in.x + corner / 2, in.y + 2, in.w - corner, in.h / 3 };

	canvas_round(c, r, corner, rgb_dim(rgb_mix(face, 0, 140), percent));
	canvas_round(c, in, corner - 2, rgb_dim(face, percent));
	canvas_round(c, shine, shine.h / 2, rgb_dim(rgb_mix(face, 0xffffff, 90), percent));
	canvas_label(c, BOX(r.x + 1, r.y + 2, r.w, r.h), t, rgb_dim(0x101018, percent), text);
	canvas_label(c, r, t, rgb_dim(0xffffff, percent), text);
}

void draw_banner(struct canvas *c, struct rect r, uint32_t fill, uint32_t edge,
	const struct type *t, uint32_t ink, const char *text)
{
	canvas_fill(c, r, edge);
	canvas_gradient(
		c, BOX(r.x + 3, r.y + 3, r.w - 6, r.h - 6), rgb_mix(fill, 0xffffff, 50), fill);
	draw_title(c, r, t, ink, text);
}

void draw_title(
	struct canvas *c, struct rect r, const struct type *t, uint32_t ink, const char *text)
{
	canvas_label(c, BOX(r.x + 2, r.y + 2, r.w, r.h), t, rgb_dim(ink, 20), text);
	canvas_label(c, r, t, ink, text);
}

void draw_lamp(struct canvas *c, int x, int y, int radius, uint32_t rgb, bool lit)
{
	canvas_disc(c, x, y, radius + 3, 0x909090);
	canvas_disc(c, x, y, radius, lit ? rgb : rgb_dim(rgb, 35));
	canvas_disc(c, x - radius / 3, y - radius / 3, radius / 3,
		lit ? rgb_mix(rgb, 0xffffff, 180) : rgb_dim(rgb, 50));
}

void draw_card(struct canvas *c, struct rect r, int which)
{
	static const char ranks[] = "A23456789TJQK";
	const char rank[2] = { ranks[MAX(which, 0) % 13], '\0' };
	uint32_t ink = which / 13 % 2 ? 0x151515 : 0xc01818;
	struct rect pip = { r.x + r.w / 4, r.y + r.h / 2 - 4, r.w / 2, r.h / 2 };

	canvas_round(c, r, 8, 0x303030);
	canvas_round(c, BOX(r.x + 1, r.y + 1, r.w - 2, r.h - 2), 7, 0xf6f4ee);
	if (which < 0) {
		canvas_round(c, BOX(r.x + 5, r.y + 5, r.w - 10, r.h - 10), 5, 0x2040a0);
		for (int y = r.y + 10; y + 6 < r.y + r.h; y += 10)
			canvas_fill(c, BOX(r.x + 9, y, r.w - 18, 3), 0x6080d0);
		return;
	}
	canvas_text(c, r.x + 7, r.y + 8, TYPE(TYPE_BOLD, 4, 4), ink, rank);
	if (which / 26)
		canvas_star(c, pip.x + pip.w / 2, pip.y + pip.h / 2, pip.w / 2, 4, 0, ink);
	else
		canvas_disc(c, pip.x + pip.w / 2, pip.y + pip.h / 2, pip.w / 3, ink);
}

void draw_sparkle(struct canvas *c, struct rect r, const struct moment *m, int count, uint32_t rgb)
{
	for (int i = 0; i < count; i++) {
		int age = m->frame + i * 7, life = age % 24;
		uint64_t at = mix64(m->seed, (uint64_t) i, (uint64_t) (age / 24));
		int x = r.x + (int) (at % (uint64_t) r.w);
		int y = r.y + (int) (at / 1009 % (uint64_t) r.h);
		int size = 2 + MIN(life, 24 - life) / 3;

		canvas_fill(c, BOX(x - size, y - 1, 2 * size, 2), rgb);
		canvas_fill(c, BOX(x - 1, y - size, 2, 2 * size), rgb);
	}
}

void draw_marquee(struct canvas *c, struct rect r, const struct type *t, uint32_t ground,
	uint32_t ink, const char *text, int frame)
{
	int width = canvas_text_width(t, text) + 60;

	canvas_fill(c, r, ground);
	canvas_clip(c, r);
	for (int x = r.x - frame * 3 % width; x < r.x + r.w; x += width)
		canvas_text(c, x, r.y + (r.h - 7 * t->dot_h) / 2, t, ink, text);
	canvas_unclip(c);
}

void draw_win(
	struct canvas *c, int x, int y, const struct type *t, uint32_t ink, const struct moment *m)
{
	int win = 20 + (int) (mix64(m->seed, 77, 0) % 4000);
	char text[16];

	snprintf(text, sizeof(text), "%d", win * MIN(m->frame, 60) / 60);
	canvas_text(c, x, y, t, ink, text);
}

void draw_attract(struct canvas *c, const char *name, uint32_t top, uint32_t bottom, uint32_t ink)
{
	int dot = CLAMP(560 / (7 * (int) strlen(name)), 3, 9);

	canvas_gradient(c, BOX(-4, -4, 648, 488), top, bottom);
	for (int i = 0; i < 24; i++) {
		uint64_t at = mix64(ink, (uint64_t) i, strlen(name));

		canvas_star(c, (int) (at % 640), (int) (at / 640 % 480), 8 + (int) (at >> 32) % 20,
			5, 0, rgb_mix(top, 0xffffff, 60));
	}
	draw_title(c, BOX(20, 150, 600, 110), TYPE(TYPE_SLANT, dot, dot + 2), ink, name);
	canvas_label(c, BOX(20, 290, 600, 40), TYPE(TYPE_PLAIN, 3, 3), 0xffffff,
		"INSERT NOTE OR TICKET");
}
