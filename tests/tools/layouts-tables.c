/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts of table games: video poker, roulette, keno and blackjack. */
#include "tests/tools/screens-private.h"

/* --- 2: five cards under a pay table; a line of words tells what to do --- */

enum {
	POKER_DEAL,
	POKER_HOLD,
	POKER_WIN,
	POKER_OVER,
	POKER_HELP,
};

static void poker_table(struct canvas *c, const char *message, uint32_t ink)
{
	static const char *const hands[] = { "ROYAL FLUSH", "STRAIGHT FLUSH", "FOUR OF A KIND",
		"FULL HOUSE", "FLUSH", "STRAIGHT", "THREE OF A KIND", "TWO PAIR" };
	static const int pays[] = { 250, 50, 25, 9, 6, 4, 3, 2 };
	char text[8];

	canvas_clear(c, 0x0a1a80);
	canvas_fill(c, BOX(12, 10, 616, 176), 0xf0d000);
	canvas_fill(c, BOX(14, 12, 612, 172), 0x200c60);
	for (int row = 0; row < 8; row++) {
		canvas_text(c, 22, 18 + row * 21, TYPE(TYPE_PLAIN, 2, 2), 0xf0d000, hands[row]);
		for (int i = 0; i < 5; i++) {
			snprintf(text, sizeof(text), "%d", pays[row] * (i + 1));
			canvas_text(c, 240 + i * 80, 18 + row * 21, TYPE(TYPE_PLAIN, 2, 2),
				0xffff80, text);
		}
	}
	for (int i = 0; i < 5; i++)
		canvas_fill(c, BOX(226 + i * 80, 12, 2, 172), 0xf0d000);
	canvas_fill(c, BOX(60, 384, 520, 40), 0x000030);
	canvas_label(c, BOX(60, 384, 520, 40), TYPE(TYPE_PLAIN, 3, 4), ink, message);
	canvas_text(c, 20, 446, TYPE(TYPE_PLAIN, 2, 3), 0xffffff, "CREDITS");
	canvas_text(c, 500, 440, TYPE(TYPE_PLAIN, 3, 4), 0xff4040, "BET 5");
}

static void poker_hand(struct canvas *c, const struct moment *m, int shown)
{
	for (int i = 0; i < 5; i++)
		draw_card(c, BOX(28 + i * 120, 222, 104, 150),
			i < shown ? (int) ((mix64(m->seed, 6, 0) >> 8 * i) % 52) : -1);
}

static void poker_deal(struct canvas *c)
{
	poker_table(c, "BET 1 TO 5 AND PRESS DEAL", 0xffffff);
}

static void poker_deal_parts(struct canvas *c, const struct moment *m)
{
	poker_hand(c, m, 0);
}

static void poker_hold(struct canvas *c)
{
	poker_table(c, "HOLD CARDS AND PRESS DRAW", 0xffffff);
}

static void poker_hold_parts(struct canvas *c, const struct moment *m)
{
	poker_hand(c, m, MIN(m->frame / 6, 5));
	for (int i = 0; i < 5; i++) {
		bool held = mix64(m->seed, 8, 0) >> i & 1;

		canvas_fill(c, BOX(28 + i * 120, 194, 104, 24), 0x0a1a80);
		if (held && m->frame > 20 + 9 * i)
			canvas_label(c, BOX(28 + i * 120, 194, 104, 24), TYPE(TYPE_BOLD, 2, 3),
				0xffffff, "HELD");
	}
}

static void poker_win(struct canvas *c)
{
	poker_table(c, "DOUBLE UP OR TAKE THE WIN", 0xffff40);
	draw_button(c, BOX(300, 430, 90, 44), 0xd03018, TYPE(TYPE_PLAIN, 2, 2), LIT, "DOUBLE");
	draw_button(c, BOX(396, 430, 90, 44), 0x18a030, TYPE(TYPE_PLAIN, 2, 2), LIT, "TAKE");
}

static void poker_win_parts(struct canvas *c, const struct moment *m)
{
	poker_hand(c, m, 5);
	canvas_fill(c, BOX(200, 190, 240, 30), 0x0a1a80);
	if (blinks(m, 10))
		draw_win(c, 240, 192, TYPE(TYPE_BOLD, 4, 4), 0xffff40, m);
}

static void poker_over(struct canvas *c)
{
	poker_table(c, "GOOD LUCK", 0xffffff);
}

static void poker_over_parts(struct canvas *c, const struct moment *m)
{
	poker_hand(c, m, 5);
	canvas_fill(c, BOX(160, 250, 320, 90), 0xd01818);
	canvas_label(c, BOX(160, 250, 320, 90), TYPE(TYPE_BOLD, 5, 7), 0xffffff, "GAME OVER");
	draw_sparkle(c, BOX(20, 200, 600, 40), m, 5, 0xc0c0ff);
}

static void poker_help(struct canvas *c)
{
	static const char *const lines[] = { "HOLD THE CARDS YOU WANT TO KEEP.",
		"THE OTHERS ARE DRAWN AGAIN.", "THE BEST HAND OF FIVE PAYS.",
		"A PAIR OF JACKS OR BETTER WINS.", "DOUBLE UP: FIND THE HIGHER CARD." };

	canvas_clear(c, 0x003018);
	for (int i = 0; i < 5; i++)
		canvas_text(c, 24, 60 + i * 70, TYPE(TYPE_PLAIN, 3, 4), 0xc0ffc0, lines[i]);
}

static const struct layout_state poker_states[] = {
	{ "DEAL", { { "message", { 60, 384, 520, 40 } } } },
	{ "HOLD", { { "message", { 60, 384, 520, 40 } } } },
	{ "DOUBLE", { { "message", { 60, 384, 520, 40 } }, { "button", { 300, 430, 90, 44 } } } },
	{ "OVER", { { "sign", { 160, 250, 320, 90 } } } },
};

static const struct scene poker_scenes[] = {
	[POKER_DEAL] = { "DEAL", 0, poker_deal, poker_deal_parts, true,
		BIT(POKER_HOLD) | BIT(POKER_HELP) },
	[POKER_HOLD] = { "HOLD", 1, poker_hold, poker_hold_parts, true,
		BIT(POKER_WIN) | BIT(POKER_OVER) | BIT(POKER_DEAL) },
	[POKER_WIN] = { "DOUBLE", 2, poker_win, poker_win_parts, true,
		BIT(POKER_OVER) | BIT(POKER_DEAL) },
	[POKER_OVER] = { "OVER", 3, poker_over, poker_over_parts, true,
		BIT(POKER_DEAL) | BIT(POKER_HELP) },
	[POKER_HELP] = { "HELP", STATE_OTHER, poker_help, NULL, false, BIT(POKER_DEAL) },
};

const struct layout layout_poker = {
	.name = "poker",
	.states = poker_states,
	.n_states = ARRAY_SIZE(poker_states),
	.scenes = poker_scenes,
	.n_scenes = ARRAY_SIZE(poker_scenes),
	.credit = { 116, 436, 170, 40 },
	.credit_type = { TYPE_BOLD, 3, 4 },
	.credit_ink = 0xff4040,
	.credit_back = 0x0a1a80,
};

/* --- 3: a wheel that turns, and a banner with a countdown --- */

enum {
	ROULETTE_BETS,
	ROULETTE_CLOSED,
	ROULETTE_RESULT,
	ROULETTE_PAUSE,
	ROULETTE_FAULT,
};

static const uint32_t pockets[37] = { 0x108030, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818,
	0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818,
	0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818,
	0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818, 0xb01818, 0x181818,
	0xb01818, 0x181818, 0xb01818, 0x181818 };
static const struct wheel roulette_wheel = { 130, 230, 60, 108, pockets, ARRAY_SIZE(pockets) };

static void roulette_table(struct canvas *c)
{
	char text[8];

	canvas_gradient(c, BOX(-8, -8, 656, 496), 0x0c6a34, 0x053a1c);
	canvas_disc(c, 130, 230, 120, 0x6a3a10);
	canvas_disc(c, 130, 230, 60, 0x8a5a20);
	for (int i = 0; i < 36; i++) {
		struct rect r = { 270 + i % 6 * 60, 96 + i / 6 * 44, 56, 40 };

		snprintf(text, sizeof(text), "%d", i + 1);
		canvas_fill(c, r, i % 2 ? 0x181818 : 0xb01818);
		canvas_label(c, r, TYPE(TYPE_BOLD, 2, 3), 0xffffff, text);
	}
	canvas_frame(c, BOX(264, 90, 368, 272), 2, 0xe8e0c0);
	canvas_fill(c, BOX(-8, 420, 656, 68), 0x2a1606);
	canvas_text(c, 24, 440, TYPE(TYPE_SLANT, 3, 4), 0xe8c880, "CASH");
	for (int i = 0; i < 4; i++)
		canvas_disc(c, 400 + i * 60, 452, 24, 0x2040c0U << i * 5 & 0xffffff);
}

static void roulette_bets(struct canvas *c)
{
	roulette_table(c);
	draw_banner(c, BOX(120, 14, 400, 58), 0x104020, 0xe8c880, TYPE(TYPE_PLAIN, 3, 4), 0xffffff,
		"PLACE YOUR BETS   ");
}

static void roulette_chips(struct canvas *c, const struct moment *m, int count)
{
	for (int i = 0; i < count; i++) {
		uint64_t at = mix64(m->seed, 40, (uint64_t) i);

		canvas_disc(c, 298 + (int) (at % 6) * 60, 116 + (int) (at / 6 % 6) * 44, 13,
			at >> 20 & 1 ? 0x30a0ff : 0xffb020);
	}
}

static void roulette_bets_parts(struct canvas *c, const struct moment *m)
{
	char text[8];

	wheel_draw(c, &roulette_wheel, m->frame * 2 % 1024);
	roulette_chips(c, m, MIN(m->frame / 20, 14));
	snprintf(text, sizeof(text), "%d", 30 - m->frame / 30 % 30);
	canvas_text(c, 456, 30, TYPE(TYPE_PLAIN, 3, 4), 0xffff40, text);
}

static void roulette_closed(struct canvas *c)
{
	roulette_table(c);
	draw_banner(c, BOX(120, 14, 400, 58), 0x601010, 0xe8c880, TYPE(TYPE_PLAIN, 4, 4), 0xffffff,
		"NO MORE BETS");
}

static void roulette_closed_parts(struct canvas *c, const struct moment *m)
{
	float angle = (float) m->frame * 0.21F;

	wheel_draw(c, &roulette_wheel, m->frame * 9 % 1024);
	roulette_chips(c, m, 14);
	canvas_star(c, 130, 230, 84, 2, angle, 0xf8f8f8);
}

static void roulette_result_parts(struct canvas *c, const struct moment *m)
{
	int number = (int) (mix64(m->seed, 41, 0) % 37);
	char text[8];

	wheel_draw(c, &roulette_wheel, m->frame * 2 % 1024);
	canvas_round(c, BOX(280, 110, 330, 240), 20, 0xe8c880);
	canvas_round(c, BOX(286, 116, 318, 228), 16, 0x101010);
	canvas_label(c, BOX(286, 126, 318, 40), TYPE(TYPE_PLAIN, 2, 3), 0xe8c880, "WINNING NUMBER");
	snprintf(text, sizeof(text), "%d", number);
	canvas_round(c, BOX(380, 180, 130, 120), 16, pockets[number]);
	canvas_label(c, BOX(380, 180, 130, 120), TYPE(TYPE_BOLD, 8, 10), 0xffffff, text);
	if (m->frame > 30)
		draw_win(c, 390, 308, TYPE(TYPE_PLAIN, 3, 4), 0xffff60, m);
}

static void roulette_pause_parts(struct canvas *c, const struct moment *m)
{
	wheel_draw(c, &roulette_wheel, m->frame * 2 % 1024);
}

static void roulette_fault(struct canvas *c)
{
	canvas_clear(c, 0x000000);
	canvas_text(c, 40, 60, TYPE(TYPE_PLAIN, 3, 3), 0xff3030, "WHEEL SENSOR FAULT 0x1C");
	canvas_text(c, 40, 110, TYPE(TYPE_PLAIN, 3, 3), 0xc0c0c0, "ALL BETS ARE RETURNED");
	canvas_text(c, 40, 160, TYPE(TYPE_PLAIN, 2, 2), 0x808080, "fw 4.12.7  bus 2  retry 3/5");
}

static const struct layout_state roulette_states[] = {
	{ "BETS", { { "banner", { 120, 14, 400, 58 } } } },
	{ "CLOSED", { { "banner", { 120, 14, 400, 58 } } } },
	{ "RESULT", { { "heading", { 286, 120, 318, 50 } } } },
};

static const struct scene roulette_scenes[] = {
	[ROULETTE_BETS] = { "BETS", 0, roulette_bets, roulette_bets_parts, true,
		BIT(ROULETTE_CLOSED) },
	[ROULETTE_CLOSED] = { "CLOSED", 1, roulette_closed, roulette_closed_parts, true,
		BIT(ROULETTE_RESULT) | BIT(ROULETTE_FAULT) },
	[ROULETTE_RESULT] = { "RESULT", 2, roulette_table, roulette_result_parts, true,
		BIT(ROULETTE_BETS) | BIT(ROULETTE_PAUSE) },
	[ROULETTE_PAUSE] = { "PAUSE", STATE_OTHER, roulette_table, roulette_pause_parts, true,
		BIT(ROULETTE_BETS) },
	[ROULETTE_FAULT] = { "FAULT", STATE_OTHER, roulette_fault, NULL, false,
		BIT(ROULETTE_BETS) },
};

const struct layout layout_roulette = {
	.name = "roulette",
	.states = roulette_states,
	.n_states = ARRAY_SIZE(roulette_states),
	.scenes = roulette_scenes,
	.n_scenes = ARRAY_SIZE(roulette_scenes),
	.credit = { 110, 432, 190, 40 },
	.credit_type = { TYPE_SLANT, 3, 4 },
	.credit_ink = 0xffffff,
	.credit_back = 0x100802,
};

/* --- 5: eighty numbers on white; words in a status line --- */

enum {
	KENO_PICK,
	KENO_DRAW,
	KENO_RESULT,
	KENO_TICKET,
	KENO_MENU,
};

static void keno_board(struct canvas *c, uint32_t line, const char *status)
{
	char text[16];

	canvas_clear(c, 0xe8ecf0);
	canvas_fill(c, BOX(-8, -8, 656, 44), 0x204878);
	canvas_text(c, 20, 8, TYPE(TYPE_BOLD, 3, 3), 0xffffff, "KENO 80");
	for (int i = 0; i < 80; i++) {
		struct rect r = { 12 + i % 10 * 46, 48 + i / 10 * 43, 43, 40 };

		snprintf(text, sizeof(text), "%d", i + 1);
		canvas_fill(c, r, 0xffffff);
		canvas_frame(c, r, 1, 0xa0a8b0);
		canvas_label(c, r, TYPE(TYPE_PLAIN, 2, 3), 0x304050, text);
	}
	canvas_fill(c, BOX(486, 48, 146, 380), 0xd0d8e0);
	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "%d  x%d", 10 - i, 1000 >> 2 * i);
		canvas_text(c, 496, 60 + i * 36, TYPE(TYPE_PLAIN, 2, 2), 0x204060, text);
	}
	canvas_fill(c, BOX(12, 400, 458, 30), line);
	canvas_text(c, 24, 405, TYPE(TYPE_PLAIN, 2, 3), 0xffffff, status);
	canvas_text(c, 24, 450, TYPE(TYPE_PLAIN, 2, 2), 0x405060, "METER");
}

static void keno_mark(
	struct canvas *c, const struct moment *m, uint64_t what, int count, uint32_t rgb)
{
	char text[8];

	for (int i = 0; i < count; i++) {
		int n = (int) (mix64(m->seed, what, (uint64_t) i) % 80);
		struct rect r = { 13 + n % 10 * 46, 49 + n / 10 * 43, 41, 38 };

		snprintf(text, sizeof(text), "%d", n + 1);
		canvas_fill(c, r, rgb);
		canvas_label(c, r, TYPE(TYPE_PLAIN, 2, 3), 0xffffff, text);
	}
}

static void keno_pick(struct canvas *c)
{
	keno_board(c, 0x2860a8, "PICK 2 TO 10 NUMBERS");
}

static void keno_pick_parts(struct canvas *c, const struct moment *m)
{
	keno_mark(c, m, 50, MIN(m->frame / 12, 10), 0xd07010);
}

static void keno_draw(struct canvas *c)
{
	keno_board(c, 0x2860a8, "DRAWING BALL    OF 20");
}

static void keno_draw_parts(struct canvas *c, const struct moment *m)
{
	int balls = 1 + m->frame / 9 % 20;
	char text[8];

	keno_mark(c, m, 50, 10, 0xd07010);
	keno_mark(c, m, 51, balls, 0x188840);
	snprintf(text, sizeof(text), "%02d", balls);
	canvas_text(c, 24 + 13 * 12, 405, TYPE(TYPE_PLAIN, 2, 3), 0xffff80, text);
	canvas_disc(c, 558, 350, 36, 0x30a060);
	canvas_label(c, BOX(522, 330, 74, 40), TYPE(TYPE_BOLD, 4, 4), 0xffffff, text);
}

static void keno_result(struct canvas *c)
{
	keno_board(c, 0x2860a8, "ALL 20 BALLS DRAWN");
}

static void keno_result_parts(struct canvas *c, const struct moment *m)
{
	keno_mark(c, m, 50, 10, 0xd07010);
	keno_mark(c, m, 51, 20, 0x188840);
	if (blinks(m, 12))
		canvas_fill(c, BOX(486, 290, 146, 60), 0xf8d040);
	draw_win(c, 500, 306, TYPE(TYPE_BOLD, 3, 4), 0x802010, m);
}

static void keno_ticket(struct canvas *c)
{
	keno_board(c, 0x902020, "TICKET PRINTER EMPTY");
	canvas_fill(c, BOX(140, 140, 360, 200), 0x902020);
	canvas_fill(c, BOX(146, 146, 348, 188), 0xffffff);
	canvas_label(c, BOX(146, 156, 348, 50), TYPE(TYPE_BOLD, 3, 4), 0x902020, "PLEASE WAIT");
	canvas_label(
		c, BOX(146, 230, 348, 50), TYPE(TYPE_PLAIN, 2, 3), 0x404040, "AN ATTENDANT COMES");
}

static void keno_ticket_parts(struct canvas *c, const struct moment *m)
{
	for (int i = 0; i < 8; i++)
		canvas_disc(c, 236 + i * 24, 306, 8, m->frame / 6 % 8 == i ? 0x902020 : 0xd0d0d0);
}

static void keno_menu(struct canvas *c)
{
	canvas_gradient(c, BOX(-8, -8, 656, 496), 0x305888, 0x102840);
	for (int i = 0; i < 6; i++)
		canvas_round(c, BOX(60 + i % 3 * 180, 100 + i / 3 * 180, 160, 150), 20,
			0x5080b0 + (uint32_t) i * 0x101808);
	draw_title(c, BOX(60, 20, 520, 60), TYPE(TYPE_PLAIN, 4, 4), 0xffffff, "OTHER GAMES");
}

static const struct layout_state keno_states[] = {
	{ "PICK", { { "status", { 12, 400, 300, 30 } } } },
	{ "DRAW", { { "status", { 12, 400, 300, 30 } } } },
	{ "RESULT", { { "status", { 12, 400, 300, 30 } } } },
	{ "TICKET", { { "status", { 12, 400, 300, 30 } }, { "wait", { 146, 150, 348, 60 } } } },
};

static const struct scene keno_scenes[] = {
	[KENO_PICK] = { "PICK", 0, keno_pick, keno_pick_parts, true,
		BIT(KENO_DRAW) | BIT(KENO_MENU) },
	[KENO_DRAW] = { "DRAW", 1, keno_draw, keno_draw_parts, true, BIT(KENO_RESULT) },
	[KENO_RESULT] = { "RESULT", 2, keno_result, keno_result_parts, true,
		BIT(KENO_PICK) | BIT(KENO_TICKET) | BIT(KENO_DRAW) },
	[KENO_TICKET] = { "TICKET", 3, keno_ticket, keno_ticket_parts, true, BIT(KENO_PICK) },
	[KENO_MENU] = { "MENU", STATE_OTHER, keno_menu, NULL, false, BIT(KENO_PICK) },
};

const struct layout layout_keno = {
	.name = "keno",
	.states = keno_states,
	.n_states = ARRAY_SIZE(keno_states),
	.scenes = keno_scenes,
	.n_scenes = ARRAY_SIZE(keno_scenes),
	.credit = { 96, 440, 150, 32 },
	.credit_type = { TYPE_PLAIN, 2, 3 },
	.credit_ink = 0x102030,
	.credit_back = 0xe8ecf0,
};

/* --- 7: blackjack; the buttons that cannot be pressed are grey --- */

enum {
	CARDS_BET,
	CARDS_PLAYER,
	CARDS_DEALER,
	CARDS_INSURE,
	CARDS_SHUFFLE,
};

static void cards_felt(struct canvas *c, int percent)
{
	static const char *const labels[] = { "HIT", "STAND", "SPLIT" };

	canvas_gradient(c, BOX(-8, -8, 656, 496), 0x6a1020, 0x38060e);
	canvas_disc(c, 320, -60, 250, 0x781828);
	canvas_disc(c, 320, -60, 244, 0x4c0a14);
	canvas_label(c, BOX(120, 100, 400, 30), TYPE(TYPE_SLANT, 2, 3), 0xd8b060,
		"BLACKJACK PAYS 3 TO 2");
	canvas_frame(c, BOX(250, 210, 140, 120), 2, 0xd8b060);
	for (int i = 0; i < 3; i++)
		draw_button(c, BOX(20 + i * 118, 410, 108, 56), i ? 0x983018 : 0x207848,
			TYPE(TYPE_BOLD, 2, 3), percent, labels[i]);
	canvas_fill(c, BOX(440, 420, 210, 50), 0x1c0408);
	canvas_text(c, 450, 424, TYPE(TYPE_PLAIN, 2, 2), 0xd8b060, "CHIPS");
}

static void cards_bet(struct canvas *c)
{
	cards_felt(c, DIMMED);
	draw_banner(c, BOX(180, 150, 280, 44), 0x202060, 0xd8b060, TYPE(TYPE_PLAIN, 2, 3), 0xffffff,
		"MAKE YOUR WAGER");
}

static void cards_bet_parts(struct canvas *c, const struct moment *m)
{
	for (int i = 0; i < MIN(1 + m->frame / 25, 7); i++)
		canvas_disc(
			c, 320 + (i % 2 ? 3 : -3), 300 - i * 8, 26, i % 2 ? 0xd0d0d0 : 0x2858c8);
}

static void cards_hands(struct canvas *c, const struct moment *m, int dealer, int player)
{
	uint64_t deck = mix64(m->seed, 60, 0);

	for (int i = 0; i < dealer; i++)
		draw_card(c, BOX(230 + i * 50, 4, 70, 94),
			i == 1 && dealer == 2 ? -1 : (int) (deck >> 5 * i & 0xff) % 52);
	for (int i = 0; i < player; i++)
		draw_card(c, BOX(250 + i * 44, 226 + i * 8, 84, 120),
			(int) (deck >> (30 + 5 * i) & 0xff) % 52);
}

static void cards_player(struct canvas *c)
{
	cards_felt(c, LIT);
}

static void cards_player_parts(struct canvas *c, const struct moment *m)
{
	cards_hands(c, m, 2, MIN(2 + m->frame / 50, 5));
}

static void cards_dealer(struct canvas *c)
{
	cards_felt(c, DIMMED);
	draw_banner(c, BOX(180, 150, 280, 44), 0x202060, 0xd8b060, TYPE(TYPE_PLAIN, 2, 3), 0xffffff,
		"THE DEALER DRAWS");
}

static void cards_dealer_parts(struct canvas *c, const struct moment *m)
{
	cards_hands(c, m, MIN(3 + m->frame / 30, 6), 3);
}

static void cards_insure_parts(struct canvas *c, const struct moment *m)
{
	cards_hands(c, m, 2, 2);
	canvas_round(c, BOX(140, 130, 360, 190), 18, 0xf0f0f0);
	canvas_label(c, BOX(140, 140, 360, 60), TYPE(TYPE_BOLD, 3, 4), 0x202020, "TAKE INSURANCE?");
	draw_button(c, BOX(170, 230, 140, 66), 0x28a048, TYPE(TYPE_BOLD, 3, 4), LIT, "YES");
	draw_button(c, BOX(330, 230, 140, 66), 0xc03020, TYPE(TYPE_BOLD, 3, 4),
		blinks(m, 15) ? LIT : 70, "NO");
}

static void cards_shuffle(struct canvas *c)
{
	cards_felt(c, DIMMED);
}

static void cards_shuffle_parts(struct canvas *c, const struct moment *m)
{
	for (int i = 0; i < 9; i++)
		draw_card(c, BOX(40 + (m->frame * 5 + i * 62) % 560, 200, 70, 100), -1);
}

static const struct layout_state cards_states[] = {
	{ "BET", { { "banner", { 180, 150, 280, 44 } } } },
	{ "PLAYER", { { "hit", { 20, 410, 108, 56 } }, { "stand", { 138, 410, 108, 56 } } } },
	{ "DEALER", { { "banner", { 180, 150, 280, 44 } } } },
	{ "INSURE", { { "question", { 150, 142, 340, 56 } } } },
};

static const struct scene cards_scenes[] = {
	[CARDS_BET] = { "BET", 0, cards_bet, cards_bet_parts, true,
		BIT(CARDS_PLAYER) | BIT(CARDS_SHUFFLE) | BIT(CARDS_INSURE) },
	[CARDS_PLAYER] = { "PLAYER", 1, cards_player, cards_player_parts, true,
		BIT(CARDS_DEALER) | BIT(CARDS_BET) },
	[CARDS_DEALER] = { "DEALER", 2, cards_dealer, cards_dealer_parts, true,
		BIT(CARDS_BET) | BIT(CARDS_SHUFFLE) },
	[CARDS_INSURE] = { "INSURE", 3, cards_bet, cards_insure_parts, true,
		BIT(CARDS_PLAYER) | BIT(CARDS_DEALER) },
	[CARDS_SHUFFLE] = { "SHUFFLE", STATE_OTHER, cards_shuffle, cards_shuffle_parts, true,
		BIT(CARDS_BET) },
};

const struct layout layout_cards = {
	.name = "cards",
	.states = cards_states,
	.n_states = ARRAY_SIZE(cards_states),
	.scenes = cards_scenes,
	.n_scenes = ARRAY_SIZE(cards_scenes),
	.credit = { 444, 442, 180, 30 },
	.credit_type = { TYPE_PLAIN, 3, 4 },
	.credit_ink = 0xffe0a0,
	.credit_back = 0x1c0408,
};
