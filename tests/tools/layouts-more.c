/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lobby with a small game behind it, and a wheel of fortune with four jackpots. */
#include "tests/tools/screens-private.h"

/* --- 8: eight tiles to choose from; a page of help; a locked machine --- */

enum {
	LOBBY_TILES,
	LOBBY_GAME,
	LOBBY_HELP,
	LOBBY_LOCKED,
	LOBBY_LOADING,
};

static const struct reels lobby_reels = {
	.area = { 40, 150, 560, 128 },
	.columns = 5,
	.rows = 1,
	.gap = 14,
	.back = 0x282c34,
	.edge = 0x485060,
	.cells = true,
	.symbols = { SYMBOL_LETTER + 5, SYMBOL_BELL, SYMBOL_CLOVER, SYMBOL_LETTER + 6, SYMBOL_CROWN,
		SYMBOL_SEVEN, SYMBOL_SWEET },
	.n_symbols = 7,
};

static void lobby_frame(struct canvas *c, const char *title)
{
	canvas_clear(c, 0x1c2028);
	canvas_fill(c, BOX(-8, -8, 656, 70), 0x303846);
	canvas_fill(c, BOX(-8, 62, 656, 3), 0x20c0a0);
	canvas_text(c, 28, 16, TYPE(TYPE_PLAIN, 4, 4), 0xf0f4f8, title);
	canvas_fill(c, BOX(-8, 430, 656, 58), 0x12161c);
	canvas_text(c, 24, 446, TYPE(TYPE_PLAIN, 2, 2), 0x8090a0, "WALLET");
}

static void lobby_tiles(struct canvas *c)
{
	static const uint32_t tiles[] = { 0xc04040, 0x4070c0, 0x40a060, 0xc09030, 0x8040b0,
		0x30a0a8, 0xb05080, 0x708038 };

	lobby_frame(c, "CHOOSE A GAME");
	for (int i = 0; i < 8; i++) {
		struct rect r = { 28 + i % 4 * 150, 84 + i / 4 * 170, 134, 150 };

		canvas_round(c, r, 14, tiles[i]);
		canvas_round(c, BOX(r.x + 8, r.y + 8, 118, 104), 10, rgb_dim(tiles[i], 50));
		symbol_draw(c, SYMBOL_CHERRY + i, BOX(r.x + 8, r.y + 8, 118, 104));
		canvas_label(c, BOX(r.x, r.y + 116, r.w, 30), TYPE(TYPE_PLAIN, 2, 2), 0xffffff,
			(const char[]){ 'G', 'A', 'M', 'E', ' ', (char) ('1' + i), '\0' });
	}
}

static void lobby_tiles_parts(struct canvas *c, const struct moment *m)
{
	int i = m->frame / 20 % 8;

	canvas_frame(c, BOX(24 + i % 4 * 150, 80 + i / 4 * 170, 142, 158), 4, 0x20ffc0);
}

static void lobby_game(struct canvas *c)
{
	lobby_frame(c, "QUICK FIVE");
	canvas_round(c, BOX(24, 120, 592, 190), 18, 0x303846);
	draw_button(c, BOX(220, 330, 200, 80), 0x18a080, TYPE(TYPE_BOLD, 5, 6), LIT, "PLAY");
}

static void lobby_game_parts(struct canvas *c, const struct moment *m)
{
	reels_draw(c, &lobby_reels, m->seed, m->frame, SPIN_AGAIN);
	canvas_fill(c, BOX(440, 78, 180, 34), 0x1c2028);
	if (m->frame > 90)
		draw_win(c, 450, 82, TYPE(TYPE_PLAIN, 4, 4), 0x20ffc0, m);
}

static void lobby_help(struct canvas *c)
{
	static const char *const lines[] = { "Any three of a kind pay.",
		"Wins are paid from left to right.", "The crown stands for all others.",
		"A malfunction voids all pays.", "Play for fun. Know when to stop.",
		"Ask the staff for help." };

	lobby_frame(c, "HOW TO PLAY");
	for (int i = 0; i < 6; i++)
		canvas_text(c, 36, 90 + i * 54, TYPE(TYPE_PLAIN, 2, 3), 0xc8d0d8, lines[i]);
}

static void lobby_help_parts(struct canvas *c, const struct moment *m)
{
	canvas_fill(c, BOX(610, 90, 8, 320), 0x303846);
	canvas_fill(c, BOX(610, 90 + m->frame / 2 % 240, 8, 80), 0x20c0a0);
}

static void lobby_locked(struct canvas *c)
{
	lobby_frame(c, "CHOOSE A GAME");
	canvas_fill(c, BOX(70, 130, 500, 220), 0xe0a000);
	for (int i = 0; i < 14; i++) {
		float x = 70 + (float) i * 36;
		const float stripe[] = { x, 152, x + 18, 130, x + 34, 130, x + 16, 152 };

		canvas_polygon(c, stripe, 4, 0x181818);
	}
	canvas_fill(c, BOX(80, 156, 480, 184), 0x202020);
	canvas_label(c, BOX(80, 166, 480, 50), TYPE(TYPE_PLAIN, 4, 5), 0xffc020, "MACHINE LOCKED");
}

static void lobby_locked_parts(struct canvas *c, const struct moment *m)
{
	char text[24];

	snprintf(text, sizeof(text), "CODE %05u", (unsigned) (mix64(m->seed, 70, 0) % 100000));
	canvas_label(c, BOX(80, 240, 480, 40), TYPE(TYPE_PLAIN, 3, 4), 0xffffff, text);
	draw_lamp(c, 320, 310, 14, 0xff2020, blinks(m, 15));
}

static void lobby_loading(struct canvas *c)
{
	canvas_clear(c, 0x080a0c);
	canvas_label(c, BOX(0, 180, 640, 50), TYPE(TYPE_PLAIN, 3, 3), 0xa0a8b0, "LOADING");
	canvas_frame(c, BOX(160, 250, 320, 24), 2, 0x606870);
}

static void lobby_loading_parts(struct canvas *c, const struct moment *m)
{
	canvas_fill(c, BOX(164, 254, MIN(m->frame * 4, 312), 16), 0x20c0a0);
}

static const struct layout_state lobby_states[] = {
	{ "LOBBY", { { "tile", { 28, 84, 134, 150 } }, { "title", { 20, 8, 340, 48 } } } },
	{ "GAME", { { "play", { 220, 330, 200, 80 } } } },
	{ "HELP", { { "title", { 20, 8, 340, 48 } } } },
	{ "LOCKED", { { "sign", { 70, 130, 500, 90 } } } },
};

static const struct scene lobby_scenes[] = {
	[LOBBY_TILES] = { "LOBBY", 0, lobby_tiles, lobby_tiles_parts, true,
		BIT(LOBBY_LOADING) | BIT(LOBBY_GAME) | BIT(LOBBY_HELP) | BIT(LOBBY_LOCKED) },
	[LOBBY_GAME] = { "GAME", 1, lobby_game, lobby_game_parts, true,
		BIT(LOBBY_TILES) | BIT(LOBBY_HELP) },
	[LOBBY_HELP] = { "HELP", 2, lobby_help, lobby_help_parts, true,
		BIT(LOBBY_TILES) | BIT(LOBBY_GAME) },
	[LOBBY_LOCKED] = { "LOCKED", 3, lobby_locked, lobby_locked_parts, true,
		BIT(LOBBY_TILES) | BIT(LOBBY_LOADING) },
	[LOBBY_LOADING] = { "LOADING", STATE_OTHER, lobby_loading, lobby_loading_parts, false,
		BIT(LOBBY_GAME) | BIT(LOBBY_TILES) },
};

const struct layout layout_lobby = {
	.name = "lobby",
	.states = lobby_states,
	.n_states = ARRAY_SIZE(lobby_states),
	.scenes = lobby_scenes,
	.n_scenes = ARRAY_SIZE(lobby_scenes),
	.credit = { 120, 438, 200, 36 },
	.credit_type = { TYPE_BOLD, 3, 3 },
	.credit_ink = 0x20ffc0,
	.credit_back = 0x12161c,
};

/* --- 9: a wheel in the middle, jackpots at both sides; one button, lit or grey, tells two states
 */

enum {
	FORTUNE_READY,
	FORTUNE_TURNING,
	FORTUNE_JACKPOT,
	FORTUNE_HANDPAY,
	FORTUNE_ATTRACT,
};

static const uint32_t fields[12] = { 0xd02828, 0xf0a020, 0x28a048, 0x2870d0, 0x8838b0, 0xe8e0d0,
	0xd02828, 0xf0a020, 0x28a048, 0x2870d0, 0x8838b0, 0x202020 };
static const struct wheel fortune_wheel = { 320, 220, 44, 148, fields, ARRAY_SIZE(fields) };

static void fortune_cabinet(struct canvas *c, int percent)
{
	static const char *const names[] = { "GRAND", "MAJOR", "MINOR", "MINI" };
	static const uint32_t colours[] = { 0xd01840, 0x8828b8, 0x2058c8, 0x188838 };
	const float pointer[] = { 300, 52, 340, 52, 320, 92 };

	canvas_gradient(c, BOX(-8, -8, 656, 496), 0x383c40, 0x101214);
	for (int i = 0; i < 4; i++) {
		struct rect r = { i % 2 ? 500 : 14, 20 + i / 2 * 130, 126, 100 };

		canvas_round(c, r, 12, 0xe8c860);
		canvas_round(c, BOX(r.x + 3, r.y + 3, r.w - 6, r.h - 6), 10, colours[i]);
		canvas_label(
			c, BOX(r.x, r.y + 8, r.w, 30), TYPE(TYPE_BOLD, 2, 3), 0xffffff, names[i]);
	}
	canvas_disc(c, 320, 220, 162, 0xe8c860);
	canvas_disc(c, 320, 220, 152, 0x604010);
	canvas_disc(c, 320, 220, 40, 0xe8c860);
	canvas_star(c, 320, 220, 36, 8, 0, 0x806010);
	canvas_polygon(c, pointer, 3, 0xffffff);
	if (percent > 0)
		draw_button(c, BOX(500, 310, 126, 80), 0xd02020, TYPE(TYPE_BOLD, 3, 5), percent,
			"TURN");
	canvas_text(c, 20, 330, TYPE(TYPE_PLAIN, 2, 2), 0xc0c0c0, "YOU HAVE");
}

static void fortune_meters(struct canvas *c, const struct moment *m)
{
	static const int starts[] = { 250000, 41000, 5200, 310 };
	char text[16];

	for (int i = 0; i < 4; i++) {
		int x = i % 2 ? 506 : 20, y = 62 + i / 2 * 130;
		int value =
			starts[i] + (int) (mix64(m->seed, 80, (uint64_t) i) % 999) + m->frame / 5;

		canvas_fill(c, BOX(x, y, 114, 40), 0x101010);
		snprintf(text, sizeof(text), "%d", value);
		canvas_text(c, x + 6, y + 9, TYPE(TYPE_PLAIN, 2, 3), 0xffe860, text);
	}
	draw_marquee(c, BOX(0, 420, 640, 50), TYPE(TYPE_DOTS, 4, 5), 0x180000, 0xff3020,
		"WHEEL OF PLENTY  *  EVERY TURN MAY WIN THE GRAND  *", m->frame);
}

static void fortune_ready(struct canvas *c)
{
	fortune_cabinet(c, LIT);
}

static void fortune_ready_parts(struct canvas *c, const struct moment *m)
{
	fortune_meters(c, m);
	wheel_draw(c, &fortune_wheel, (int) (mix64(m->seed, 81, 0) % 1024));
}

static void fortune_turning(struct canvas *c)
{
	fortune_cabinet(c, DIMMED);
}

static void fortune_turning_parts(struct canvas *c, const struct moment *m)
{
	fortune_meters(c, m);
	wheel_draw(c, &fortune_wheel, m->frame * 13 % 1024);
}

static void fortune_jackpot(struct canvas *c)
{
	canvas_gradient(c, BOX(-8, -8, 656, 496), 0xa01010, 0xf0a000);
	canvas_star(c, 320, 240, 400, 12, 0, 0xf0c030);
	draw_banner(c, BOX(100, 60, 440, 90), 0x700810, 0xffffff, TYPE(TYPE_BOLD, 5, 8), 0xfff080,
		"JACKPOT WON");
}

static void fortune_jackpot_parts(struct canvas *c, const struct moment *m)
{
	draw_win(c, 180, 230, TYPE(TYPE_BOLD, 10, 12), 0x600000, m);
	draw_sparkle(c, BOX(10, 180, 610, 280), m, 40, 0xffffff);
}

static void fortune_handpay(struct canvas *c)
{
	fortune_cabinet(c, 0);
	canvas_fill(c, BOX(60, 120, 430, 180), 0xf0f0f0);
	canvas_fill(c, BOX(66, 126, 418, 168), 0x204020);
}

static void fortune_handpay_parts(struct canvas *c, const struct moment *m)
{
	char text[32];

	snprintf(text, sizeof(text), "HAND PAY %d.%02d",
		1200 + (int) (mix64(m->seed, 82, 0) % 8000), m->frame / 3 % 100);
	canvas_label(c, BOX(66, 140, 418, 60), TYPE(TYPE_PLAIN, 3, 5), 0xffffff, text);
	canvas_label(c, BOX(66, 220, 418, 50), TYPE(TYPE_PLAIN, 2, 3), 0xa0ffa0, "CALL ATTENDANT");
	draw_marquee(c, BOX(0, 420, 640, 50), TYPE(TYPE_DOTS, 4, 5), 0x180000, 0xff3020,
		"PLEASE WAIT HERE", m->frame);
}

static void fortune_attract(struct canvas *c)
{
	draw_attract(c, "WHEEL OF PLENTY", 0x602020, 0x101010, 0xffd040);
}

static void fortune_attract_parts(struct canvas *c, const struct moment *m)
{
	for (int i = 0; i < 6; i++)
		canvas_star(c, 60 + i * 104, 400, 40, 7, (float) m->frame * 0.05F + (float) i,
			fields[i]);
}

static const struct layout_state fortune_states[] = {
	{ "READY", { { "turn", { 500, 310, 126, 80 } } } },
	{ "TURNING", { { "turn", { 500, 310, 126, 80 } } } },
	{ "JACKPOT", { { "banner", { 100, 60, 440, 90 } } } },
	{ "HANDPAY", { { "words", { 66, 130, 418, 150 } } } },
};

static const struct scene fortune_scenes[] = {
	[FORTUNE_READY] = { "READY", 0, fortune_ready, fortune_ready_parts, true,
		BIT(FORTUNE_TURNING) | BIT(FORTUNE_ATTRACT) },
	[FORTUNE_TURNING] = { "TURNING", 1, fortune_turning, fortune_turning_parts, true,
		BIT(FORTUNE_READY) | BIT(FORTUNE_JACKPOT) },
	[FORTUNE_JACKPOT] = { "JACKPOT", 2, fortune_jackpot, fortune_jackpot_parts, false,
		BIT(FORTUNE_HANDPAY) | BIT(FORTUNE_READY) },
	[FORTUNE_HANDPAY] = { "HANDPAY", 3, fortune_handpay, fortune_handpay_parts, true,
		BIT(FORTUNE_READY) },
	[FORTUNE_ATTRACT] = { "ATTRACT", STATE_OTHER, fortune_attract, fortune_attract_parts, false,
		BIT(FORTUNE_READY) },
};

const struct layout layout_fortune = {
	.name = "fortune",
	.states = fortune_states,
	.n_states = ARRAY_SIZE(fortune_states),
	.scenes = fortune_scenes,
	.n_scenes = ARRAY_SIZE(fortune_scenes),
	.credit = { 14, 350, 140, 44 },
	.credit_type = { TYPE_SEGMENT, 3, 5 },
	.credit_ink = 0xff4030,
	.credit_back = 0x0c0c0c,
};
