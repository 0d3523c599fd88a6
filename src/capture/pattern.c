/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The built-in picture, from the top:
 *
 *	the strip of clockcode.h    for programs
 *	colour bars                 for the eye and for colour conversion
 *	a lane with a bar in it     moves evenly, once across in two seconds
 *	number, clock; a block      which is white for a tenth of each second, when the tone clicks
 *
 * Frame k belongs to a moment of an exact grid, and nothing but lateness of the reader loses one. A
 * pool frame comes back with what was drawn on it last, so only what differs is drawn again.
 */
#include <string.h>

#include "capture/clockcode.h"
#include "capture/pace.h"
#include "capture/source.h"
#include "common/usec.h"
#include "media/text.h"

#define FRAMES_MAX 8
#define RATE_MAX 1000
#define BLACK 16
#define WHITE 235
#define NEUTRAL 128
#define FLASH_USEC (USEC_PER_SEC / 10)
#define SWEEP_USEC (2 * USEC_PER_SEC)

struct rect {
	int x, y, w, h;
};

struct layout {
	struct rect bars, lane, text, flash;
	int scale;
};

/* What a frame of the pool shows; the pool keeps its frames, so their pixels name them. */
struct drawn {
	const uint8_t *luma;
	int bar_x;
	bool flash;
};

struct pattern {
	struct source source;
	int width, height, num, den;
	struct layout layout;
	/* from open to close */
	struct frame_pool *pool;
	struct drawn drawn[FRAMES_MAX];
	struct grid grid;
	uint64_t next; /* moment of the grid */
};

static uint8_t *plane(const struct frame *f, int i)
{
	return (uint8_t *) (uintptr_t) f->data[i];
}

static void fill(const struct frame *f, int i, struct rect r, uint8_t value)
{
	uint8_t *row = plane(f, i) + (ptrdiff_t) r.y * f->stride[i] + r.x;

	for (int y = 0; y < r.h; y++, row += f->stride[i])
		memset(row, value, (size_t) r.w);
}

static int even(int v)
{
	return v & ~1;
}

static void lay_out(struct layout *l, int w, int h)
{
	int bars = even(h / 6 + 1), lane = even(h * 7 / 12), text = even(h * 2 / 3);
	int margin = even(MAX(h / 36, 2));

	l->bars = (struct rect){ 0, bars, w, lane - bars };
	l->lane = (struct rect){ 0, lane, w, text - lane };
	l->scale = MAX(1, MIN(w / 160, h / 90));
	/* Two lines of seven dots and three between them; up to 14 characters of six dots. */
	l->text = (struct rect){ margin, text + margin, MIN(14 * 6 * l->scale, w * 5 / 8),
		MIN(17 * l->scale, h - text - margin) };
	l->flash = (struct rect){ even(w * 3 / 4), text + margin, w - even(w * 3 / 4) - margin,
		h - text - 2 * margin };
}

static void draw_background(const struct pattern *p, struct frame *f)
{
	/* White, yellow, cyan, green, magenta, red, blue at 75 % after BT.601. */
	static const uint8_t colour[7][3] = { { 180, 128, 128 }, { 162, 44, 142 }, { 131, 156, 44 },
		{ 112, 72, 58 }, { 84, 184, 198 }, { 65, 100, 212 }, { 35, 212, 114 } };
	const struct rect bars = p->layout.bars;

	fill(f, 0, (struct rect){ 0, 0, p->width, p->height }, BLACK);
	for (int i = 1; i < 3; i++)
		fill(f, i, (struct rect){ 0, 0, p->width / 2, p->height / 2 }, NEUTRAL);
	for (int n = 0; n < 7; n++) {
		int left = even(bars.w * n / 7), right = even(bars.w * (n + 1) / 7);

		fill(f, 0, (struct rect){ left, bars.y, right - left, bars.h }, colour[n][0]);
		for (int i = 1; i < 3; i++)
			fill(f, i,
				(struct rect){
					left / 2, bars.y / 2, (right - left) / 2, bars.h / 2 },
				colour[n][i]);
	}
}

static struct drawn *find_drawn(struct pattern *p, struct frame *f)
{
	struct drawn *d = p->drawn;

	while (d->luma && d->luma != f->data[0])
		d++;
	if (!d->luma) {
		draw_background(p, f);
		*d = (struct drawn){ .luma = f->data[0] };
	}
	return d;
}

static void draw_bar(const struct pattern *p, struct frame *f, struct drawn *d, uint64_t usec)
{
	struct rect r = p->layout.lane;
	int width = MAX(p->width / 40, 2);

	r.x = d->bar_x;
	r.w = width;
	fill(f, 0, r, BLACK);
	r.x = d->bar_x = (int) (usec % SWEEP_USEC * (uint64_t) (p->width - width) / SWEEP_USEC);
	fill(f, 0, r, WHITE);
}

static void draw_flash(const struct pattern *p, struct frame *f, struct drawn *d, uint64_t usec)
{
	uint64_t period = USEC_PER_SEC * (uint64_t) p->den / (uint64_t) p->num;
	bool flash = usec % USEC_PER_SEC < MAX(FLASH_USEC, period);

	if (flash != d->flash)
		fill(f, 0, p->layout.flash, flash ? WHITE : BLACK);
	d->flash = flash;
}

static void draw_text(const struct pattern *p, struct frame *f, uint64_t number, uint64_t usec)
{
	const struct rect r = p->layout.text;
	uint64_t wall = usec_to_realtime(usec);
	time_t seconds = (time_t) (wall / USEC_PER_SEC);
	struct tm tm;
	char line[32];

	fill(f, 0, r, BLACK);
	snprintf(line, sizeof(line), "%012llu", (unsigned long long) number);
	text_draw(plane(f, 0), f->stride[0], p->width, p->height, r.x, r.y, p->layout.scale, WHITE,
		line);
	localtime_r(&seconds, &tm);
	snprintf(line, sizeof(line), "%02d:%02d:%02d.%03u", tm.tm_hour, tm.tm_min, tm.tm_sec,
		(unsigned) (wall % USEC_PER_SEC / 1000));
	text_draw(plane(f, 0), f->stride[0], p->width, p->height, r.x, r.y + 10 * p->layout.scale,
		p->layout.scale, WHITE, line);
}

static struct frame *pattern_draw(struct pattern *p, uint64_t number)
{
	struct frame *f = frame_pool_get(p->pool);
	uint64_t usec = grid_usec(&p->grid, number);
	struct clockcode code = { .usec = usec, .number = (uint32_t) (number & 0xffffff) };
	struct drawn *d;

	if (!f)
		return NULL;
	d = find_drawn(p, f);
	clockcode_draw(plane(f, 0), f->stride[0], p->width, p->height, &code);
	draw_bar(p, f, d, usec);
	draw_flash(p, f, d, usec);
	draw_text(p, f, number, usec);
	f->capture_usec = usec;
	f->dequeue_usec = usec_now();
	f->sequence = (uint32_t) number;
	return f;
}

static int pattern_read(struct source *s, int wake_fd, uint64_t until_usec, struct frame **ret)
{
	struct pattern *p = (struct pattern *) s;

	for (;;) {
		uint64_t now = usec_now(), newest = grid_index(&p->grid, now);
		struct frame *f;
		int r;

		if (newest >= p->next) {
			uint64_t number = MAX(p->next, newest - MIN(newest, SOURCE_WAITING - 1));

			s->counters.dropped += number - p->next;
			p->next = number + 1;
			f = pattern_draw(p, number);
			if (f) {
				s->counters.frames++;
				*ret = f;
				return 0;
			}
			s->counters.dropped++; /* too many are out: nobody waits for them */
		}
		if (now >= until_usec)
			return -EAGAIN;
		r = pace_wait(wake_fd, -1, MIN(until_usec, grid_usec(&p->grid, p->next)));
		if (r < 0)
			return r;
	}
}

static int pattern_open(struct source *s)
{
	struct pattern *p = (struct pattern *) s;
	int r;

	r = frame_pool_new(&p->pool, PIXEL_I420, p->width, p->height, FRAMES_MAX);
	if (r < 0)
		return source_fail(s, r, "no memory for the pattern");
	memset(p->drawn, 0, sizeof(p->drawn));
	p->grid = (struct grid){ .t0_usec = usec_now(), .num = p->num, .den = p->den };
	p->next = 0;
	s->signal = SIGNAL_OK;
	s->info = (struct source_info){ .format = "YU12",
		.width = p->width,
		.height = p->height,
		.rate_num = p->num,
		.rate_den = p->den,
		.device = "pattern" };
	return 0;
}

static void pattern_close(struct source *s)
{
	struct pattern *p = (struct pattern *) s;

	p->pool = frame_pool_unref(p->pool);
}

static void pattern_free(struct source *s)
{
	pattern_close(s);
	free(s);
}

static const struct source_ops pattern_ops = {
	.name = "pattern",
	.open = pattern_open,
	.read_video = pattern_read,
	.close = pattern_close,
	.free = pattern_free,
};

/* The strip sets the lower limit of the size. The layout is I420, whatever format is wanted. */
int source_pattern_new(struct source **ret, const struct video_want *want)
{
	struct pattern *p;
	int width = want->width > 0 ? want->width : 1280;
	int height = want->height > 0 ? want->height : 720;
	int num = want->rate_num > 0 ? want->rate_num : 30;
	int den = want->rate_num > 0 && want->rate_den > 0 ? want->rate_den : 1;

	if (width < 160 || height < 90 || width > FRAME_SIDE_MAX || height > FRAME_SIDE_MAX ||
		width % 2 || height % 2 || num / den > RATE_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->source.ops = &pattern_ops;
	p->width = width;
	p->height = height;
	p->num = num;
	p->den = den;
	lay_out(&p->layout, width, height);
	*ret = &p->source;
	return 0;
}
