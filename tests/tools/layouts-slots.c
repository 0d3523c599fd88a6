/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts with reels: a neon three-reeler, a fruit machine with lamps, a reef with free games, and
 * a wall of sweets. */
#include "tests/tools/screens-private.h"

/* --- 0: three wide reels, buttons in a column at the right --- */

enum {
	NEON_IDLE,
	NEON_SPIN,
	NEON_SELECT,
	NEON_BONUS,
	NEON_ERROR,
	NEON_MENU,
	NEON_ATTRACT,
};

static const struct reels neon_reels = {
	.area = { 24, 96, 450, 300 },
	.columns = 3,
	.rows = 2,
	.gap = 12,
	.back = 0x180a38,
	.edge = 0x3a1a78,
	.cells = true,
	.symbols = { SYMBOL_GEM, SYMBOL_SEVEN, SYMBOL_STAR, SYMBOL_BAR, SYMBOL_LETTER, SYMBOL_CROWN,
		SYMBOL_LETTER + 1, SYMBOL_BELL, SYMBOL_MOON },
	.n_symbols = 9,
};

static void neon_cabinet(struct canvas *c, int start)
{
	static const char *const labels[] = { "INFO", "BET -", "BET +", "MAX" };

	canvas_gradient(c, BOX(-8, -8, 656, 496), 0x120424, 0x2a0a50);
	canvas_frame(c, BOX(14, 86, 470, 320), 4, 0xff28c8);
	canvas_frame(c, BOX(18, 90, 462, 312), 2, 0x40e0ff);
	canvas_fill(c, BOX(496, -8, 160, 496), 0x0a0216);
	for (int i = 0; i < 4; i++)
		draw_button(c, BOX(514, 20 + i * 72, 108, 56), 0x2858a8, TYPE(TYPE_PLAIN, 3, 3),
			LIT, labels[i]);
	draw_button(c, BOX(506, 330, 124, 110), 0x18b048, TYPE(TYPE_BOLD, 3, 5), start, "START");
	draw_title(c, BOX(20, 424, 460, 40), TYPE(TYPE_SLANT, 4, 5), 0x40e0ff, "NEON CIRCUIT");
	canvas_text(c, 20, 14, TYPE(TYPE_PLAIN, 2, 2), 0xb0a0d0, "CREDIT");
}

static void neon_idle(struct canvas *c)
{
	neon_cabinet(c, LIT);
}

static void neon_idle_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &neon_reels, m->seed, m->frame, SPIN_NEVER);
	if (m->frame > 20)
		draw_sparkle(c, BOX(30, 100, 430, 290), m, 6, 0xffffff);
}

static void neon_busy(struct canvas *c)
{
	neon_cabinet(c, DIMMED);
}

static void neon_spin_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &neon_reels, m->seed, m->frame, SPIN_ALWAYS);
}

static void neon_select_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &neon_reels, m->seed, 0, SPIN_NEVER);
	canvas_fill(c, BOX(60, 130, 380, 220), 0x40e0ff);
	canvas_fill(c, BOX(64, 134, 372, 212), 0x101830);
	draw_title(c, BOX(64, 144, 372, 40), TYPE(TYPE_PLAIN, 3, 4), 0xffffff, "CHOOSE A SECTOR");
	for (int i = 0; i < 3; i++) {
		bool on = m->frame / 15 % 3 == i;

		draw_button(c, BOX(84 + i * 116, 210, 100, 110), on ? 0xd83090 : 0x702860,
			TYPE(TYPE_BOLD, 8, 8), LIT, (const char[]){ (char) ('A' + i), '\0' });
	}
}

static void neon_bonus(struct canvas *c)
{
	neon_cabinet(c, DIMMED);
	draw_banner(c, BOX(170, 12, 310, 60), 0xc02080, 0xffe040, TYPE(TYPE_BOLD, 4, 5), 0xffff80,
		"BONUS ROUND");
}

static void neon_bonus_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &neon_reels, m->seed, m->frame, SPIN_AGAIN);
	draw_sparkle(c, BOX(30, 100, 430, 290), m, 14, 0xfff060);
	canvas_fill(c, BOX(140, 360, 210, 46), 0x201040);
	draw_win(c, 160, 366, TYPE(TYPE_SEGMENT, 5, 5), 0xff5040, m);
}

static void neon_error_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &neon_reels, m->seed, 0, SPIN_NEVER);
	canvas_fill(c, BOX(90, 170, 310, 130), 0xc81010);
	canvas_frame(c, BOX(90, 170, 310, 130), 6, 0xffffff);
	canvas_label(c, BOX(96, 184, 298, 50), TYPE(TYPE_PLAIN, 4, 5), 0xffffff, "TILT");
	canvas_label(c, BOX(96, 240, 298, 40), TYPE(TYPE_PLAIN, 2, 3), 0xffe0e0,
		"DOOR OPEN - CALL STAFF");
}

static void neon_menu(struct canvas *c)
{
	static const char *const lines[] = { "1  VOLUME", "2  DENOMINATION", "3  PAY TABLE",
		"4  SESSION LIMITS", "5  LANGUAGE", "6  CASH OUT" };

	canvas_clear(c, 0x101020);
	canvas_fill(c, BOX(-8, -8, 656, 70), 0x40206a);
	canvas_text(c, 40, 20, TYPE(TYPE_PLAIN, 4, 4), 0xffffff, "MENU");
	for (int i = 0; i < 6; i++)
		canvas_text(c, 60, 90 + i * 60, TYPE(TYPE_PLAIN, 4, 4), 0x40e0ff, lines[i]);
}

static void neon_attract(struct canvas *c)
{
	draw_attract(c, "NEON CIRCUIT", 0x300060, 0x061048, 0xff40d0);
}

static void neon_attract_parts(struct canvas *c, const struct moment *m)
{
	draw_marquee(c, BOX(0, 420, 640, 50), TYPE(TYPE_DOTS, 4, 4), 0x100020, 0xffc040,
		"THREE REELS - NINE SYMBOLS - ONE CIRCUIT", m->frame);
	draw_sparkle(c, BOX(20, 20, 600, 380), m, 30, 0x80f0ff);
}

static const struct layout_state neon_states[] = {
	{ "NORMAL", { { "start", { 506, 330, 124, 110 } } } },
	{ "SELECT", { { "title", { 64, 140, 372, 48 } } } },
	{ "BONUS", { { "banner", { 170, 12, 310, 60 } } } },
	{ "ERROR", { { "tilt", { 90, 170, 310, 70 } } } },
};

static const struct scene neon_scenes[] = {
	[NEON_IDLE] = { "IDLE", 0, neon_idle, neon_idle_parts, true,
		BIT(NEON_SPIN) | BIT(NEON_MENU) | BIT(NEON_ATTRACT) },
	[NEON_SPIN] = { "SPIN", STATE_OTHER, neon_busy, neon_spin_parts, true,
		BIT(NEON_IDLE) | BIT(NEON_SELECT) | BIT(NEON_BONUS) | BIT(NEON_ERROR) },
	[NEON_SELECT] = { "SELECT", 1, neon_busy, neon_select_parts, true, BIT(NEON_BONUS) },
	[NEON_BONUS] = { "BONUS", 2, neon_bonus, neon_bonus_parts, true,
		BIT(NEON_IDLE) | BIT(NEON_SPIN) | BIT(NEON_ERROR) },
	[NEON_ERROR] = { "ERROR", 3, neon_busy, neon_error_parts, true,
		BIT(NEON_IDLE) | BIT(NEON_SPIN) },
	[NEON_MENU] = { "MENU", STATE_OTHER, neon_menu, NULL, false, BIT(NEON_IDLE) },
	[NEON_ATTRACT] = { "ATTRACT", STATE_OTHER, neon_attract, neon_attract_parts, false,
		BIT(NEON_IDLE) },
};

const struct layout layout_neon = {
	.name = "neon",
	.states = neon_states,
	.n_states = ARRAY_SIZE(neon_states),
	.scenes = neon_scenes,
	.n_scenes = ARRAY_SIZE(neon_scenes),
	.credit = { 14, 36, 150, 40 },
	.credit_type = { TYPE_SEGMENT, 3, 4 },
	.credit_ink = 0x50ff70,
	.credit_back = 0x0a0216,
};

/* --- 1: a fruit machine; one lamp tells the feature from the base game --- */

enum {
	LAMPS_BASE,
	LAMPS_FEATURE,
	LAMPS_COLLECT,
	LAMPS_TEST,
	LAMPS_ATTRACT,
};

static const struct reels lamps_reels = {
	.area = { 176, 240, 288, 160 },
	.columns = 3,
	.rows = 2,
	.gap = 6,
	.back = 0xf8f4e0,
	.symbols = { SYMBOL_CHERRY, SYMBOL_BAR, SYMBOL_CLOVER, SYMBOL_SEVEN, SYMBOL_BELL,
		SYMBOL_COIN, SYMBOL_CHERRY, SYMBOL_STAR },
	.n_symbols = 8,
};

static void lamps_cabinet(struct canvas *c, bool feature)
{
	canvas_gradient(c, BOX(-8, -8, 656, 496), 0xd82818, 0x80100c);
	canvas_round(c, BOX(150, 210, 340, 210), 16, 0xffc820);
	canvas_fill(c, BOX(170, 234, 300, 172), 0x201008);
	draw_title(c, BOX(130, 16, 380, 50), TYPE(TYPE_BOLD, 5, 6), 0xffe860, "LUCKY LAMPS");
	canvas_round(c, BOX(220, 84, 200, 100), 20, 0x181818);
	draw_lamp(c, 262, 134, 26, 0x30e0ff, feature);
	canvas_text(c, 302, 122, TYPE(TYPE_PLAIN, 2, 3), feature ? 0xffffff : 0x808080, "FEATURE");
	canvas_fill(c, BOX(150, 434, 340, 36), 0x400806);
	canvas_text(c, 160, 444, TYPE(TYPE_PLAIN, 2, 2), 0xffd080, "BANK");
}

static void lamps_base(struct canvas *c)
{
	lamps_cabinet(c, false);
}

static void lamps_feature(struct canvas *c)
{
	lamps_cabinet(c, true);
}

/* The ladder at the left, nudges at the right. */
static void lamps_blink(struct canvas *c, const struct moment *m, int step)
{
	char text[8];

	for (int i = 0; i < 9; i++) {
		bool lit = step >= 0 ? i <= step : (m->frame / 6 + i) % 4 == 0;

		snprintf(text, sizeof(text), "%d", (9 - i) * 5);
		canvas_round(c, BOX(24, 24 + i * 50, 96, 40), 8, lit ? 0xffe040 : 0x604808);
		canvas_label(
			c, BOX(24, 24 + i * 50, 96, 40), TYPE(TYPE_BOLD, 3, 4), 0x201000, text);
	}
	for (int i = 0; i < 5; i++)
		draw_lamp(c, 566, 60 + i * 90, 30, i % 2 ? 0x40ff40 : 0xff8020,
			(m->frame / 8 + i) % 5 < 2);
}

static void lamps_base_parts(struct canvas *c, const struct moment *m)
{
	lamps_blink(c, m, (int) (mix64(m->seed, 3, 0) % 9));
	reels_draw(c, &lamps_reels, m->seed, m->frame, SPIN_AGAIN);
}

static void lamps_feature_parts(struct canvas *c, const struct moment *m)
{
	lamps_blink(c, m, m->frame / 9 % 9);
	reels_draw(c, &lamps_reels, m->seed, m->frame, SPIN_AGAIN);
	draw_sparkle(c, BOX(160, 216, 320, 200), m, 6, 0xffffff);
}

static void lamps_collect_parts(struct canvas *c, const struct moment *m)
{
	lamps_blink(c, m, -1);
	reels_draw(c, &lamps_reels, m->seed, 0, SPIN_NEVER);
	canvas_round(c, BOX(140, 76, 360, 150), 18, 0xffffff);
	canvas_round(c, BOX(146, 82, 348, 138), 14, 0x1850b0);
	draw_title(c, BOX(146, 88, 348, 60), TYPE(TYPE_BOLD, 3, 4), 0xffffff, "COLLECT OR GO ON?");
	draw_win(c, 250, 160, TYPE(TYPE_BOLD, 5, 6), 0xffe040, m);
}

static void lamps_test(struct canvas *c)
{
	canvas_clear(c, 0x000060);
	canvas_text(c, 30, 30, TYPE(TYPE_PLAIN, 3, 3), 0xffffff, "LAMP TEST");
	for (int i = 0; i < 40; i++)
		canvas_frame(c, BOX(30 + i % 8 * 74, 90 + i / 8 * 74, 60, 60), 2, 0x80a0ff);
}

static void lamps_test_parts(struct canvas *c, const struct moment *m)
{
	int i = m->frame / 5 % 40;

	canvas_fill(c, BOX(34 + i % 8 * 74, 94 + i / 8 * 74, 52, 52), 0xffff40);
}

static void lamps_attract(struct canvas *c)
{
	draw_attract(c, "LUCKY LAMPS", 0xc01010, 0x401000, 0xffe040);
}

static void lamps_attract_parts(struct canvas *c, const struct moment *m)
{
	for (int i = 0; i < 16; i++) {
		draw_lamp(c, 20 + i * 40, 40, 12, 0xffe040, (i + m->frame / 5) % 3 == 0);
		draw_lamp(c, 20 + i * 40, 440, 12, 0x40ff60, (i + m->frame / 5) % 3 == 1);
	}
}

static const struct layout_state lamps_states[] = {
	{ "BASE", { { "feature_lamp", { 220, 84, 200, 100 } } } },
	{ "FEATURE", { { "feature_lamp", { 220, 84, 200, 100 } } } },
	{ "COLLECT", { { "question", { 146, 82, 348, 66 } } } },
};

static const struct scene lamps_scenes[] = {
	[LAMPS_BASE] = { "BASE", 0, lamps_base, lamps_base_parts, true,
		BIT(LAMPS_FEATURE) | BIT(LAMPS_COLLECT) | BIT(LAMPS_TEST) | BIT(LAMPS_ATTRACT) },
	[LAMPS_FEATURE] = { "FEATURE", 1, lamps_feature, lamps_feature_parts, true,
		BIT(LAMPS_BASE) | BIT(LAMPS_COLLECT) },
	[LAMPS_COLLECT] = { "COLLECT", 2, lamps_base, lamps_collect_parts, true,
		BIT(LAMPS_BASE) | BIT(LAMPS_FEATURE) },
	[LAMPS_TEST] = { "LAMPTEST", STATE_OTHER, lamps_test, lamps_test_parts, false,
		BIT(LAMPS_BASE) },
	[LAMPS_ATTRACT] = { "ATTRACT", STATE_OTHER, lamps_attract, lamps_attract_parts, false,
		BIT(LAMPS_BASE) | BIT(LAMPS_FEATURE) },
};

const struct layout layout_lamps = {
	.name = "lamps",
	.states = lamps_states,
	.n_states = ARRAY_SIZE(lamps_states),
	.scenes = lamps_scenes,
	.n_scenes = ARRAY_SIZE(lamps_scenes),
	.credit = { 230, 438, 240, 28 },
	.credit_type = { TYPE_DOTS, 3, 3 },
	.credit_ink = 0xff6020,
	.credit_back = 0x200402,
};

/* --- 4: six reels of four; free games with a counter in the banner --- */

enum {
	REEF_IDLE,
	REEF_SPIN,
	REEF_PICK,
	REEF_FREE,
	REEF_EXTRA,
	REEF_ATTRACT,
};

static const struct reels reef_reels = {
	.area = { 56, 70, 528, 320 },
	.columns = 6,
	.rows = 4,
	.gap = 0,
	.back = 0x0a4a6a,
	.symbols = { SYMBOL_FISH, SYMBOL_GEM, SYMBOL_LETTER, SYMBOL_STAR, SYMBOL_LETTER + 1,
		SYMBOL_COIN, SYMBOL_LETTER + 2, SYMBOL_FISH, SYMBOL_LETTER + 3, SYMBOL_CROWN,
		SYMBOL_LETTER + 4, SYMBOL_MOON },
	.n_symbols = 12,
};

static void reef_cabinet(struct canvas *c, uint32_t top, uint32_t bottom, int spin)
{
	canvas_gradient(c, BOX(-8, -8, 656, 496), top, bottom);
	canvas_round(c, BOX(46, 62, 548, 336), 10, 0xe8d8a0);
	for (int i = 0; i < 6; i++)
		canvas_disc(c, 20 + i * 120, 500 - i % 3 * 20, 60, rgb_mix(bottom, 0x806020, 128));
	canvas_fill(c, BOX(-8, 420, 656, 68), 0x062a3c);
	canvas_text(c, 20, 430, TYPE(TYPE_PLAIN, 2, 2), 0x90d0e0, "BALANCE");
	canvas_text(c, 240, 430, TYPE(TYPE_PLAIN, 2, 2), 0x90d0e0, "TOTAL BET");
	canvas_text(c, 240, 450, TYPE(TYPE_PLAIN, 3, 3), 0xffffff, "1.20");
	draw_button(c, BOX(520, 408, 100, 64), 0xe07818, TYPE(TYPE_BOLD, 3, 4), spin, "SPIN");
}

static void reef_idle(struct canvas *c)
{
	reef_cabinet(c, 0x30b0d0, 0x064868, LIT);
	draw_title(c, BOX(100, 8, 440, 46), TYPE(TYPE_BOLD, 5, 5), 0xffffff, "CORAL REEF");
}

static void reef_still_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &reef_reels, m->seed, 0, SPIN_NEVER);
	draw_sparkle(c, BOX(60, 74, 510, 300), m, 8, 0xffffff);
}

static void reef_spin(struct canvas *c)
{
	reef_cabinet(c, 0x30b0d0, 0x064868, DIMMED);
	draw_title(c, BOX(100, 8, 440, 46), TYPE(TYPE_BOLD, 5, 5), 0xffffff, "CORAL REEF");
}

static void reef_turning_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &reef_reels, m->seed, m->frame, SPIN_ALWAYS);
}

static void reef_pick_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &reef_reels, m->seed, 0, SPIN_NEVER);
	canvas_round(c, BOX(80, 110, 480, 250), 24, 0xffd070);
	canvas_round(c, BOX(88, 118, 464, 234), 20, 0x0c6080);
	draw_title(c, BOX(88, 126, 464, 50), TYPE(TYPE_PLAIN, 4, 4), 0xffffff, "PICK A SHELL");
	for (int i = 0; i < 5; i++) {
		canvas_star(c, 144 + i * 88, 260, 38, 9, (float) (m->frame / 4 + i) * 0.1F,
			(m->frame / 12 + i) % 5 ? 0xf0a8b8 : 0xffffff);
		canvas_disc(c, 144 + i * 88, 260, 12, 0x902848);
	}
}

static void reef_free(struct canvas *c)
{
	reef_cabinet(c, 0x6030a0, 0x180848, DIMMED);
}

static void reef_free_parts(struct canvas *c, const struct moment *m)
{
	char text[32];

	reels_draw(c, &reef_reels, m->seed, m->frame, SPIN_AGAIN);
	snprintf(text, sizeof(text), "FREE GAME %2d OF %2d", 1 + m->frame / 54 % 12,
		8 + 4 * (int) (mix64(m->seed, 9, 0) % 3));
	draw_banner(c, BOX(110, 6, 420, 50), 0x205828, 0xf0e040, TYPE(TYPE_PLAIN, 3, 4), 0xffffff,
		text);
}

static void reef_extra_parts(struct canvas *c, const struct moment *m)
{
	char text[32];

	reels_draw(c, &reef_reels, m->seed, 0, SPIN_NEVER);
	snprintf(text, sizeof(text), "FREE GAMES WON  %2d",
		4 + (int) (mix64(m->seed, 9, 0) % 3) * 4);
	draw_banner(c, BOX(110, 6, 420, 50), 0x205828, 0xf0e040, TYPE(TYPE_PLAIN, 3, 4), 0xffffff,
		text);
	draw_sparkle(c, BOX(60, 74, 510, 300), m, 20, 0xffff80);
}

static void reef_attract(struct canvas *c)
{
	draw_attract(c, "CORAL REEF", 0x20a0c0, 0x042840, 0xffe8a0);
}

static void reef_attract_parts(struct canvas *c, const struct moment *m)
{
	for (int i = 0; i < 5; i++)
		symbol_draw(c, SYMBOL_FISH,
			BOX(700 - (m->frame * (3 + i) + i * 200) % 800, 20 + i * 90, 80, 60));
}

static const struct layout_state reef_states[] = {
	{ "NORMAL", { { "spin", { 520, 408, 100, 64 } } } },
	{ "PICK", { { "title", { 88, 122, 464, 58 } } } },
	{ "FREE", { { "banner", { 110, 6, 420, 50 } } } },
	{ "EXTRA", { { "banner", { 110, 6, 420, 50 } } } },
};

static const struct scene reef_scenes[] = {
	[REEF_IDLE] = { "IDLE", 0, reef_idle, reef_still_parts, true,
		BIT(REEF_SPIN) | BIT(REEF_ATTRACT) },
	[REEF_SPIN] = { "SPIN", STATE_OTHER, reef_spin, reef_turning_parts, true,
		BIT(REEF_IDLE) | BIT(REEF_PICK) | BIT(REEF_FREE) },
	[REEF_PICK] = { "PICK", 1, reef_spin, reef_pick_parts, true,
		BIT(REEF_FREE) | BIT(REEF_EXTRA) },
	[REEF_FREE] = { "FREE", 2, reef_free, reef_free_parts, true,
		BIT(REEF_EXTRA) | BIT(REEF_IDLE) | BIT(REEF_SPIN) },
	[REEF_EXTRA] = { "EXTRA", 3, reef_free, reef_extra_parts, true, BIT(REEF_FREE) },
	[REEF_ATTRACT] = { "ATTRACT", STATE_OTHER, reef_attract, reef_attract_parts, false,
		BIT(REEF_IDLE) },
};

const struct layout layout_reef = {
	.name = "reef",
	.states = reef_states,
	.n_states = ARRAY_SIZE(reef_states),
	.scenes = reef_scenes,
	.n_scenes = ARRAY_SIZE(reef_scenes),
	.credit = { 14, 446, 200, 30 },
	.credit_type = { TYPE_PLAIN, 3, 3 },
	.credit_ink = 0xffffff,
	.credit_back = 0x062a3c,
};

/* --- 6: a light wall of seven by seven; two drops that differ in a word --- */

enum {
	SWEETS_IDLE,
	SWEETS_FALL,
	SWEETS_MEGA,
	SWEETS_SUPER,
	SWEETS_SHOP,
	SWEETS_MAP,
};

static const struct reels sweets_reels = {
	.area = { 204, 64, 406, 406 },
	.columns = 7,
	.rows = 7,
	.gap = 0,
	.back = 0xfff0f8,
	.edge = 0xf0c8e0,
	.cells = true,
	.symbols = { SYMBOL_SWEET, SYMBOL_GEM, SYMBOL_COIN, SYMBOL_STAR, SYMBOL_CHERRY,
		SYMBOL_CLOVER, SYMBOL_SWEET, SYMBOL_GEM, SYMBOL_STAR, SYMBOL_COIN },
	.n_symbols = 10,
};

static void sweets_cabinet(struct canvas *c, int go)
{
	canvas_gradient(c, BOX(-8, -8, 656, 496), 0xffd8ec, 0xf0a0c8);
	canvas_round(c, BOX(16, 14, 160, 330), 20, 0xffffff);
	canvas_label(c, BOX(16, 24, 160, 30), TYPE(TYPE_PLAIN, 2, 3), 0xd04890, "SUGAR JAR");
	canvas_round(c, BOX(66, 64, 60, 180), 14, 0xf0d8e8);
	canvas_label(c, BOX(16, 262, 160, 20), TYPE(TYPE_PLAIN, 2, 2), 0x906080, "CASH");
	draw_button(c, BOX(46, 362, 100, 100), 0xe83888, TYPE(TYPE_BOLD, 4, 5), go, "GO");
	canvas_round(c, BOX(196, 56, 422, 420), 12, 0xd878b0);
}

static void sweets_idle(struct canvas *c)
{
	sweets_cabinet(c, LIT);
	draw_title(c, BOX(200, 6, 410, 44), TYPE(TYPE_SLANT, 4, 5), 0xd82878, "SUGAR WALL");
}

static void sweets_busy(struct canvas *c)
{
	sweets_cabinet(c, DIMMED);
	draw_title(c, BOX(200, 6, 410, 44), TYPE(TYPE_SLANT, 4, 5), 0xd82878, "SUGAR WALL");
}

static void sweets_meter(struct canvas *c, const struct moment *m)
{
	int level = (m->frame + (int) (mix64(m->seed, 4, 0) % 160)) % 160;

	canvas_fill(c, BOX(74, 72, 44, 160), 0xf0d8e8);
	canvas_fill(c, BOX(74, 232 - level, 44, level), 0x60c8f0);
}

static void sweets_idle_parts(struct canvas *c, const struct moment *m)
{
	sweets_meter(c, m);
	reels_draw(c, &sweets_reels, m->seed, 0, SPIN_NEVER);
}

static void sweets_fall_parts(struct canvas *c, const struct moment *m)
{
	sweets_meter(c, m);
	reels_draw(c, &sweets_reels, m->seed, m->frame, SPIN_AGAIN);
}

static void sweets_mega(struct canvas *c)
{
	sweets_cabinet(c, DIMMED);
	draw_banner(c, BOX(240, 6, 330, 46), 0x5028a0, 0xffffff, TYPE(TYPE_BOLD, 4, 5), 0xffffff,
		"MEGA DROP");
}

static void sweets_super(struct canvas *c)
{
	sweets_cabinet(c, DIMMED);
	draw_banner(c, BOX(240, 6, 330, 46), 0x5028a0, 0xffffff, TYPE(TYPE_BOLD, 4, 5), 0xffffff,
		"SUPER DROP");
}

static void sweets_drop_parts(struct canvas *c, const struct moment *m)
{
	sweets_meter(c, m);
	reels_draw(c, &sweets_reels, m->seed, m->frame, SPIN_AGAIN);
	draw_sparkle(c, BOX(210, 70, 390, 390), m, 16, 0x8040ff);
}

static void sweets_shop_parts(struct canvas *c, const struct moment *m)
{
	static const char *const offers[] = { "MEGA  40.00", "SUPER 90.00", "LUCKY 15.00" };

	reels_draw(c, &sweets_reels, m->seed, 0, SPIN_NEVER);
	canvas_round(c, BOX(190, 90, 400, 320), 22, 0xa03870);
	canvas_round(c, BOX(196, 96, 388, 308), 18, 0xfffaf0);
	canvas_label(c, BOX(196, 104, 388, 50), TYPE(TYPE_BOLD, 3, 4), 0xa03870, "BUY A FEATURE?");
	for (int i = 0; i < 3; i++)
		draw_button(c, BOX(226, 170 + i * 74, 328, 60),
			m->frame / 20 % 3 == i ? 0x30a860 : 0x5090c8, TYPE(TYPE_PLAIN, 3, 3), LIT,
			offers[i]);
}

static void sweets_map(struct canvas *c)
{
	canvas_gradient(c, BOX(-8, -8, 656, 496), 0xb8e8ff, 0xd0ffd0);
	for (int i = 0; i < 12; i++) {
		int x = 60 + i % 6 * 100, y = 120 + i / 6 * 180 + i % 2 * 50;

		canvas_disc(c, x, y, 38, 0xe07098);
		canvas_disc(c, x, y, 32, 0xfff0d0);
		symbol_draw(c, SYMBOL_CHERRY + i % 12, BOX(x - 28, y - 28, 56, 56));
	}
	draw_title(c, BOX(40, 10, 560, 50), TYPE(TYPE_BOLD, 4, 5), 0x2860a0, "WORLD MAP");
}

static void sweets_map_parts(struct canvas *c, const struct moment *m)
{
	int i = m->frame / 30 % 12;

	canvas_star(c, 60 + i % 6 * 100, 70 + i / 6 * 180 + i % 2 * 50, 16, 5,
		(float) m->frame * 0.1F, 0xff4040);
}

static const struct layout_state sweets_states[] = {
	{ "NORMAL", { { "go", { 46, 362, 100, 100 } } } },
	{ "MEGA", { { "banner", { 240, 6, 330, 46 } } } },
	{ "SUPER", { { "banner", { 240, 6, 330, 46 } } } },
	{ "SHOP", { { "title", { 196, 100, 388, 58 } } } },
};

static const struct scene sweets_scenes[] = {
	[SWEETS_IDLE] = { "IDLE", 0, sweets_idle, sweets_idle_parts, true,
		BIT(SWEETS_FALL) | BIT(SWEETS_SHOP) | BIT(SWEETS_MAP) },
	[SWEETS_FALL] = { "FALL", STATE_OTHER, sweets_busy, sweets_fall_parts, true,
		BIT(SWEETS_IDLE) | BIT(SWEETS_MEGA) | BIT(SWEETS_SUPER) },
	[SWEETS_MEGA] = { "MEGA", 1, sweets_mega, sweets_drop_parts, true,
		BIT(SWEETS_FALL) | BIT(SWEETS_SUPER) | BIT(SWEETS_IDLE) },
	[SWEETS_SUPER] = { "SUPER", 2, sweets_super, sweets_drop_parts, true,
		BIT(SWEETS_IDLE) | BIT(SWEETS_MEGA) },
	[SWEETS_SHOP] = { "SHOP", 3, sweets_busy, sweets_shop_parts, true,
		BIT(SWEETS_MEGA) | BIT(SWEETS_SUPER) | BIT(SWEETS_IDLE) },
	[SWEETS_MAP] = { "MAP", STATE_OTHER, sweets_map, sweets_map_parts, false,
		BIT(SWEETS_IDLE) },
};

const struct layout layout_sweets = {
	.name = "sweets",
	.states = sweets_states,
	.n_states = ARRAY_SIZE(sweets_states),
	.scenes = sweets_scenes,
	.n_scenes = ARRAY_SIZE(sweets_scenes),
	.credit = { 26, 290, 140, 40 },
	.credit_type = { TYPE_BOLD, 2, 4 },
	.credit_ink = 0x402040,
	.credit_back = 0xffffff,
};
