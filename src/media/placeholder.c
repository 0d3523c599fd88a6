/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Title, reason, and a line with the time of day and the time since the loss, in the middle of an
 * even dark blue: not black, so that it is not taken for a dark scene.
 *
 * A frame of the pool comes back with what was drawn on it last. Each line remembers its text per
 * frame, so that in most calls nothing is drawn at all, and once a second one line.
 */
#include "media/placeholder.h"

#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "media/text.h"

#define FRAMES_MAX 8
#define LINE_MAX 128
#define REASON_LINES 3
#define LUMA 40
#define BLUE 144 /* U */
#define RED 118  /* V */

enum line {
	LINE_TITLE,
	LINE_REASON,
	LINE_CLOCK = LINE_REASON + REASON_LINES,
	_LINE_MAX
};

static const uint8_t brightness[_LINE_MAX] = {
	[LINE_TITLE] = 200,
	[LINE_REASON] = 235,
	[LINE_REASON + 1] = 235,
	[LINE_REASON + 2] = 235,
	[LINE_CLOCK] = 140,
};

struct line_text {
	char text[LINE_MAX];
	int scale;
};

/* What a frame of the pool shows; the pool keeps its frames, so their pixels name them. */
struct drawn {
	const uint8_t *luma;
	struct line_text line[_LINE_MAX];
};

struct placeholder {
	int width, height;
	int scale; /* largest of any text */
	int room;  /* width a line may take */
	int top[_LINE_MAX];
	struct frame_pool *pool;
	struct drawn drawn[FRAMES_MAX];
};

int placeholder_new(struct placeholder **ret, int width, int height)
{
	_cleanup_(placeholder_freep) struct placeholder *p = calloc(1, sizeof(*p));
	int r, y;

	if (!p)
		return -ENOMEM;
	p->width = width;
	p->height = height;
	p->scale = MAX(1, MIN(width / 150, height / 84));
	p->room = width - width / 16;
	r = frame_pool_new(&p->pool, PIXEL_I420, width, height, FRAMES_MAX);
	if (r < 0)
		return r;
	/* Lines of seven dots, four between them, and two more lines' room around the reason. */
	y = (height - (_LINE_MAX * 11 + 8) * p->scale) / 2;
	for (int i = 0; i < _LINE_MAX; i++) {
		y += i == LINE_REASON || i == LINE_CLOCK ? 4 * p->scale : 0;
		p->top[i] = y;
		y += 11 * p->scale;
	}
	*ret = TAKE_PTR(p);
	return 0;
}

struct placeholder *placeholder_free(struct placeholder *p)
{
	if (!p)
		return NULL;
	frame_pool_unref(p->pool);
	free(p);
	return NULL;
}

static uint8_t *plane(const struct frame *f, int i)
{
	return (uint8_t *) (uintptr_t) f->data[i];
}

static void fill_rows(struct frame *f, int i, int top, int rows, int width, uint8_t value)
{
	for (int y = MAX(top, 0); y < top + rows; y++)
		memset(plane(f, i) + (ptrdiff_t) y * f->stride[i], value, (size_t) width);
}

static struct drawn *find_drawn(struct placeholder *p, struct frame *f)
{
	struct drawn *d = p->drawn;

	while (d->luma && d->luma != f->data[0])
		d++;
	if (!d->luma) {
		int w = (p->width + 1) / 2, h = (p->height + 1) / 2;

		fill_rows(f, 0, 0, p->height, p->width, LUMA);
		fill_rows(f, 1, 0, h, w, BLUE);
		fill_rows(f, 2, 0, h, w, RED);
		d->luma = f->data[0];
	}
	return d;
}

static void draw_line(struct placeholder *p, struct frame *f, int i, const struct line_text *line)
{
	int top = p->top[i], rows = MIN(7 * p->scale, p->height - top);

	fill_rows(f, 0, top, rows, p->width, LUMA);
	text_draw(plane(f, 0), f->stride[0], p->width, p->height,
		(p->width - text_width(line->text, line->scale)) / 2,
		top + (p->scale - line->scale) * 7 / 2, line->scale, brightness[i], line->text);
}

/* One line at the largest scale it fits in with. */
static void set_line(const struct placeholder *p, struct line_text *line, const char *text)
{
	snprintf(line->text, sizeof(line->text), "%s", text);
	line->scale = p->scale;
	while (line->scale > 1 && text_width(line->text, line->scale) > p->room)
		line->scale--;
}

/* Breaks text at spaces into lines of at most max characters; a longer word is cut. Returns how
 * many lines it takes, at most REASON_LINES + 1; text beyond the last line is lost. */
static int wrap(const char *text, int max, struct line_text line[REASON_LINES])
{
	int n = 0;

	while (*text) {
		int len = (int) strnlen(text, (size_t) max + 1), skip = 0;

		if (n == REASON_LINES)
			return n + 1;
		if (len > max) {
			for (len = max; len > 0 && text[len] != ' ';)
				len--;
			skip = len > 0;
			len = len > 0 ? len : max;
		}
		snprintf(line[n++].text, LINE_MAX, "%.*s", len, text);
		text += len + skip;
	}
	return n;
}

/* The reason in as few and as large lines as it takes. */
static void set_reason(
	const struct placeholder *p, struct line_text line[REASON_LINES], const char *reason)
{
	int scale = p->scale;

	for (;; scale--) {
		int max = CLAMP(p->room / (6 * scale), 1, LINE_MAX - 1);

		memset(line, 0, sizeof(*line) * REASON_LINES);
		if (wrap(reason, max, line) <= REASON_LINES || scale == 1)
			break;
	}
	for (int i = 0; i < REASON_LINES; i++)
		line[i].scale = scale;
}

static void set_clock(
	const struct placeholder *p, struct line_text *line, uint64_t since_usec, uint64_t now_usec)
{
	uint64_t gone = (now_usec - MIN(since_usec, now_usec)) / USEC_PER_SEC;
	uint64_t wall = usec_to_realtime(now_usec);
	time_t seconds = (time_t) (wall / USEC_PER_SEC);
	char text[LINE_MAX];
	struct tm tm;

	localtime_r(&seconds, &tm);
	snprintf(text, sizeof(text), "%02d:%02d:%02d   %llu:%02u:%02u", tm.tm_hour, tm.tm_min,
		tm.tm_sec, (unsigned long long) (gone / 3600), (unsigned) (gone / 60 % 60),
		(unsigned) (gone % 60));
	set_line(p, line, text);
}

struct frame *placeholder_frame(struct placeholder *p, const char *title, const char *reason,
	uint64_t since_usec, uint64_t now_usec)
{
	struct line_text line[_LINE_MAX] = { 0 };
	struct frame *f = frame_pool_get(p->pool);
	struct drawn *d;

	if (!f)
		return NULL;
	set_line(p, &line[LINE_TITLE], title);
	set_reason(p, &line[LINE_REASON], reason);
	set_clock(p, &line[LINE_CLOCK], since_usec, now_usec);
	d = find_drawn(p, f);
	for (int i = 0; i < _LINE_MAX; i++) {
		if (d->line[i].scale == line[i].scale && !strcmp(d->line[i].text, line[i].text))
			continue;
		draw_line(p, f, i, &line[i]);
		d->line[i] = line[i];
	}
	f->capture_usec = now_usec;
	f->dequeue_usec = now_usec;
	return f;
}
