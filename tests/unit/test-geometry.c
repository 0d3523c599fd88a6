/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of noise in every layout are cropped, turned, mirrored and masked, and each byte of what
 * comes out is compared with what a slow model makes of them: one that looks at one pixel after the
 * other and turns by quarters. Raw pictures are exactly as large as they must be, so that a
 * sanitizer sees what reads beyond them.
 */
#include "media/geometry.h"

#include <errno.h>
#include <libavutil/frame.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "media/av-frame.h"
#include "media/jpeg-decoder.h"
#include "tests/tap.h"

#define SIDE 96 /* of any picture here at most */

static uint32_t seed = 1;

static int dice(int n)
{
	seed = seed * 1664525u + 1013904223u;
	return (int) ((seed >> 8) % (uint32_t) n);
}

static size_t live_frames;

static void free_frame(struct frame *f)
{
	live_frames--;
	free((void *) (uintptr_t) f->userdata);
	free(f);
}

/* Planes as tight as they can be, of noise. */
static struct frame *raw_frame(enum pixel pixel, int w, int h)
{
	const size_t size = pixel_frame_size(pixel, w, h), cw = ((size_t) w + 1) / 2;
	struct frame *f = calloc(1, sizeof(*f));
	uint8_t *p = malloc(size);

	if (!f || !p)
		abort();
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t) dice(256);
	*f = (struct frame){ .pixel = pixel,
		.width = w,
		.height = h,
		.data = { p },
		.capture_usec = 11,
		.dequeue_usec = 22,
		.sequence = 33,
		.release = free_frame,
		.userdata = p };
	f->stride[0] = (int) pixel_frame_size(pixel, w, 1);
	if (pixel == PIXEL_I420 || pixel == PIXEL_NV12 || pixel == PIXEL_NV16) {
		f->stride[0] = w;
		f->data[1] = p + (size_t) w * (size_t) h;
		f->stride[1] = (int) (pixel == PIXEL_I420 ? cw : cw * 2);
	}
	if (pixel == PIXEL_I420) {
		f->data[2] = f->data[1] + cw * (((size_t) h + 1) / 2);
		f->stride[2] = (int) cw;
	}
	atomic_init(&f->refs, 1);
	live_frames++;
	return f;
}

static struct frame *av_frame(enum AVPixelFormat format, int w, int h)
{
	AVFrame *av = av_frame_alloc();
	struct frame *f = NULL;

	av->format = format;
	av->width = w;
	av->height = h;
	if (av_frame_get_buffer(av, 0) < 0)
		abort();
	for (int i = 0; i < AV_NUM_DATA_POINTERS && av->buf[i]; i++)
		for (size_t j = 0; j < (size_t) av->buf[i]->size; j++)
			av->buf[i]->data[j] = (uint8_t) dice(256);
	if (frame_from_av(&f, av) < 0)
		abort();
	av_frame_free(&av);
	f->capture_usec = 11;
	f->dequeue_usec = 22;
	f->sequence = 33;
	return f;
}

/* ---- the model ---- */

/* A picture one can look at: three values a pixel; chroma of luma and chroma stands in the even
 * pixels of even rows only. */
struct model {
	int w, h;
	bool rgb;
	uint8_t at[SIDE][SIDE][3];
	bool hidden[SIDE][SIDE];
};

static int sample(const struct frame *f, int plane, int x, int y)
{
	return f->data[plane][(ptrdiff_t) y * f->stride[plane] + x];
}

/* Cb or Cr of the two by two pixels from (x, y) on: the mean of those that there are. */
static int chroma(const struct frame *f, int i, int x, int y)
{
	const int at = x * 2 + i * 2 - 1 - (f->pixel == PIXEL_UYVY);

	if (f->pixel == PIXEL_I420)
		return sample(f, i, x / 2, y / 2);
	if (f->pixel == PIXEL_NV12)
		return sample(f, 1, x / 2 * 2 + i - 1, y / 2);
	if (f->pixel == PIXEL_NV16)
		return (sample(f, 1, x / 2 * 2 + i - 1, y) +
			       sample(f, 1, x / 2 * 2 + i - 1, y + 1) + 1) /
		       2;
	if (f->pixel == PIXEL_YUYV || f->pixel == PIXEL_UYVY)
		return (sample(f, 0, at, y) + sample(f, 0, at, y + 1) + 1) / 2;
	if (f->chroma_w == 2)
		return (sample(f, i, x / 2, y) + sample(f, i, x / 2, y + 1) + 1) / 2;
	if (f->chroma_h == 2)
		return (sample(f, i, x, y / 2) + sample(f, i, x + 1, y / 2) + 1) / 2;
	return (sample(f, i, x, y) + sample(f, i, x + 1, y) + sample(f, i, x, y + 1) +
		       sample(f, i, x + 1, y + 1) + 2) /
	       4;
}

static int luma(const struct frame *f, int x, int y)
{
	if (f->pixel == PIXEL_YUYV || f->pixel == PIXEL_UYVY)
		return sample(f, 0, x * 2 + (f->pixel == PIXEL_UYVY), y);
	return sample(f, 0, x, y);
}

static void model_read(struct model *m, const struct frame *f)
{
	*m = (struct model){ .w = f->width / 2 * 2, .h = f->height / 2 * 2 };
	m->rgb = f->pixel == PIXEL_RGB24 || f->pixel == PIXEL_BGR24;
	for (int y = 0; y < m->h; y++)
		for (int x = 0; x < m->w; x++) {
			uint8_t *p = m->at[y][x];

			for (int i = 0; m->rgb && i < 3; i++)
				p[i] = (uint8_t) sample(f, 0, x * 3 + i, y);
			if (m->rgb)
				continue;
			p[0] = (uint8_t) luma(f, x, y);
			for (int i = 1; i < 3; i++)
				p[i] = (uint8_t) chroma(f, i, x / 2 * 2, y / 2 * 2);
		}
}

static void model_hide(struct model *m, const struct geometry_rect *r)
{
	for (int y = r->y; y < r->y + r->h; y++)
		for (int x = r->x; x < r->x + r->w; x++)
			if (x >= 0 && y >= 0 && x < m->w && y < m->h)
				m->hidden[y][x] = true;
}

static void model_crop(struct model *m, const struct geometry_rect *r)
{
	static struct model n;

	n = (struct model){ .w = r->w, .h = r->h, .rgb = m->rgb };
	for (int y = 0; y < r->h; y++)
		for (int x = 0; x < r->w; x++) {
			memcpy(n.at[y][x], m->at[r->y + y][r->x + x], 3);
			n.hidden[y][x] = m->hidden[r->y + y][r->x + x];
		}
	*m = n;
}

static void model_turn(struct model *m)
{
	static struct model n;

	n = (struct model){ .w = m->h, .h = m->w, .rgb = m->rgb };
	for (int y = 0; y < m->h; y++)
		for (int x = 0; x < m->w; x++) {
			memcpy(n.at[x][m->h - 1 - y], m->at[y][x], 3);
			n.hidden[x][m->h - 1 - y] = m->hidden[y][x];
		}
	*m = n;
}

static void model_flip(struct model *m, enum geometry_flip flip)
{
	static struct model n;

	n = (struct model){ .w = m->w, .h = m->h, .rgb = m->rgb };
	for (int y = 0; y < m->h; y++)
		for (int x = 0; x < m->w; x++) {
			int X = flip == GEOMETRY_FLIP_HORIZONTAL ? m->w - 1 - x : x;
			int Y = flip == GEOMETRY_FLIP_VERTICAL ? m->h - 1 - y : y;

			memcpy(n.at[Y][X], m->at[y][x], 3);
			n.hidden[Y][X] = m->hidden[y][x];
		}
	*m = n;
}

static void model_run(struct model *m, const struct geometry_settings *s)
{
	for (size_t i = 0; i < s->n_masks; i++)
		model_hide(m, &s->masks[i]);
	if (s->crop.w)
		model_crop(m, &s->crop);
	for (int i = 0; i < s->turns; i++)
		model_turn(m);
	if (s->flip != GEOMETRY_FLIP_NONE)
		model_flip(m, s->flip);
}

static bool any_hidden(const struct model *m, int x, int y)
{
	return m->hidden[y][x] || m->hidden[y][x + 1] || m->hidden[y + 1][x] ||
	       m->hidden[y + 1][x + 1];
}

/* The first difference in words, or NULL. colour: as the frame has it. */
static const char *differs(const struct frame *f, const struct model *m, const uint8_t colour[3])
{
	static char words[96];

	if (f->width != m->w || f->height != m->h) {
		snprintf(words, sizeof(words), "%dx%d instead of %dx%d", f->width, f->height, m->w,
			m->h);
		return words;
	}
	for (int y = 0; y < m->h; y++)
		for (int x = 0; x < m->w; x++)
			for (int i = 0; i < 3; i++) {
				bool sub = !m->rgb && i > 0;
				bool hidden =
					sub ? any_hidden(m, x / 2 * 2, y / 2 * 2) : m->hidden[y][x];
				int want = hidden ? colour[i] : m->at[y][x][i];
				int got = m->rgb ? sample(f, 0, x * 3 + i, y)
					  : sub  ? sample(f, i, x / 2, y / 2)
						 : sample(f, 0, x, y);

				if (want == got)
					continue;
				snprintf(words, sizeof(words), "%d,%d component %d: %d, not %d", x,
					y, i, got, want);
				return words;
			}
	return NULL;
}

/* ---- the tests ---- */

/* #e61020 by the book, limited range, BT.601, and as it stands in RGB. */
#define COLOUR 0xe61020
static const uint8_t colour_ycc[3] = { 86, 103, 221 };

static struct geometry_settings draw_settings(int w, int h)
{
	struct geometry_settings s = { .width = w, .height = h, .colour = COLOUR };

	if (dice(3)) {
		s.crop.x = dice(w / 4) * 2;
		s.crop.y = dice(h / 4) * 2;
		s.crop.w = (1 + dice((w - s.crop.x) / 2)) * 2;
		s.crop.h = (1 + dice((h - s.crop.y) / 2)) * 2;
	}
	s.n_masks = (size_t) dice(4);
	for (size_t i = 0; i < s.n_masks; i++) {
		struct geometry_rect *m = &s.masks[i];

		m->x = dice(w);
		m->y = dice(h);
		m->w = 1 + dice(w - m->x);
		m->h = 1 + dice(h - m->y);
	}
	return s;
}

static const char *run_one(const struct geometry_settings *s, struct frame *f)
{
	static struct model m;
	_cleanup_(geometry_freep) struct geometry *g = NULL;
	_cleanup_(frame_unrefp) struct frame *out = NULL;
	uint8_t colour[3] = { COLOUR >> 16, COLOUR >> 8 & 255, COLOUR & 255 };
	int w, h;

	if (geometry_new(&g, s) < 0 || geometry_run(g, f, &out) < 0)
		return "it fails";
	if (geometry_is_off(s))
		return out == f ? NULL : "another picture though nothing is to be done";
	if (out->capture_usec != 11 || out->dequeue_usec != 22 || out->sequence != 33)
		return "its times are lost";
	if (geometry_size(s, f->width, f->height, &w, &h) < 0 || w != out->width ||
		h != out->height)
		return "its size is not the one that was foretold";
	model_read(&m, f);
	model_run(&m, s);
	if (f->pixel == PIXEL_BGR24) {
		colour[0] = COLOUR & 255;
		colour[2] = COLOUR >> 16;
	}
	if (m.rgb)
		return out->pixel == f->pixel ? differs(out, &m, colour) : "another layout";
	return out->pixel == PIXEL_I420 ? differs(out, &m, colour_ycc) : "not I420";
}

struct layout {
	const char *name;
	enum pixel pixel;
	enum AVPixelFormat format; /* of PIXEL_AV */
};

static struct frame *make_frame(const struct layout *l, int w, int h)
{
	return l->pixel == PIXEL_AV ? av_frame(l->format, w, h) : raw_frame(l->pixel, w, h);
}

static void test_layout(const struct layout *l)
{
	static const struct {
		int w, h;
	} sizes[] = { { 64, 48 }, { 66, 34 }, { 65, 47 }, { 95, 32 }, { 32, 95 } };
	const char *wrong = NULL;
	char detail[64] = "";
	int runs = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes) && !wrong; i++)
		for (int n = 0; n < 4 * 3 * 12 && !wrong; n++) {
			int w = sizes[i].w, h = sizes[i].h;
			_cleanup_(frame_unrefp) struct frame *f = make_frame(l, w, h);
			struct geometry_settings s = draw_settings(w, h);

			s.turns = n % 4;
			s.flip = (enum geometry_flip)(n / 4 % 3);
			wrong = run_one(&s, f);
			snprintf(detail, sizeof(detail), "%dx%d, %d turns, flip %d, %zu masks", w,
				h, s.turns, s.flip, s.n_masks);
			runs++;
		}
	ok(!wrong, "%s: %d pictures to the last bit (%s%s%s)", l->name, runs, detail,
		wrong ? ": " : "", wrong ? wrong : "");
}

static void test_layouts(void)
{
	static const struct layout layouts[] = {
		{ "I420", PIXEL_I420, 0 },
		{ "NV12", PIXEL_NV12, 0 },
		{ "NV16", PIXEL_NV16, 0 },
		{ "YUYV", PIXEL_YUYV, 0 },
		{ "UYVY", PIXEL_UYVY, 0 },
		{ "RGB24", PIXEL_RGB24, 0 },
		{ "BGR24", PIXEL_BGR24, 0 },
		{ "a decoder's 4:4:4", PIXEL_AV, AV_PIX_FMT_YUV444P },
		{ "a decoder's 4:2:2", PIXEL_AV, AV_PIX_FMT_YUV422P },
		{ "a decoder's 4:4:0", PIXEL_AV, AV_PIX_FMT_YUV440P },
		{ "a decoder's 4:2:0", PIXEL_AV, AV_PIX_FMT_YUV420P },
	};

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++)
		test_layout(&layouts[i]);
}

/* Dark above, bright below. */
static void paint_halves(struct frame *f, bool ten_bits)
{
	for (int p = 0; p < 3 && f->data[p]; p++) {
		const int rows = p && ten_bits ? f->height / 2 : f->height;

		for (int y = 0; y < rows; y++)
			memset((uint8_t *) (uintptr_t) f->data[p] + (ptrdiff_t) y * f->stride[p],
				y < rows / 2 ? 0
				: ten_bits   ? 2
					     : 200,
				(size_t) f->stride[p]);
	}
}

/* What goes through swscale: masks four pixels larger and exact, the rest where it belongs. */
static void test_other_layouts(void)
{
	static const struct layout layouts[] = {
		{ "grey", PIXEL_AV, AV_PIX_FMT_GRAY8 },
		{ "RGBA", PIXEL_AV, AV_PIX_FMT_RGBA },
		{ "planes of RGB", PIXEL_AV, AV_PIX_FMT_GBRP },
		{ "ten bits", PIXEL_AV, AV_PIX_FMT_YUV420P10 },
		{ "4:1:1", PIXEL_AV, AV_PIX_FMT_YUV411P },
	};
	const struct geometry_settings s = { .width = 64,
		.height = 48,
		.turns = 2,
		.masks = { { 10, 12, 8, 8 } },
		.n_masks = 1,
		.colour = COLOUR };

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		_cleanup_(frame_unrefp) struct frame *f = make_frame(&layouts[i], 64, 48);
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		_cleanup_(geometry_freep) struct geometry *g = NULL;
		bool masked = true;
		int r = geometry_new(&g, &s);

		paint_halves(f, layouts[i].format == AV_PIX_FMT_YUV420P10);
		r = r < 0 ? r : geometry_run(g, f, &out);
		if (r < 0) {
			ok(false, "%s: %d", layouts[i].name, r);
			continue;
		}
		for (int y = 48 - 24; y < 48 - 8; y++)
			for (int x = 64 - 22; x < 64 - 6; x++)
				masked = masked && sample(out, 0, x, y) == colour_ycc[0] &&
					 sample(out, 1, x / 2, y / 2) == colour_ycc[1] &&
					 sample(out, 2, x / 2, y / 2) == colour_ycc[2];
		ok(out->pixel == PIXEL_I420 && out->width == 64 && out->height == 48 && masked,
			"%s: masked with four pixels around", layouts[i].name);
		ok(sample(out, 0, 2, 2) > 120 && sample(out, 0, 2, 45) < 20 &&
				sample(out, 0, 40, 40) < 20,
			"%s: turned, and no more is masked", layouts[i].name);
	}
}

static void test_colours(void)
{
	static const struct {
		bool full, bt709;
		uint32_t colour;
		uint8_t ycc[3];
	} table[] = {
		{ false, false, 0x000000, { 16, 128, 128 } },
		{ true, false, 0x000000, { 0, 128, 128 } },
		{ false, false, 0xffffff, { 235, 128, 128 } },
		{ true, true, 0xffffff, { 255, 128, 128 } },
		{ false, false, 0xff0000, { 81, 90, 240 } },
		{ false, true, 0xff0000, { 63, 102, 240 } },
		{ true, false, 0x0000ff, { 29, 255, 107 } },
		{ true, true, 0x0000ff, { 18, 255, 116 } },
		{ false, false, COLOUR, { 86, 103, 221 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		_cleanup_(frame_unrefp) struct frame *f = raw_frame(PIXEL_NV12, 32, 32);
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		_cleanup_(geometry_freep) struct geometry *g = NULL;
		const struct geometry_settings s = { .width = 32,
			.height = 32,
			.masks = { { 0, 0, 32, 32 } },
			.n_masks = 1,
			.colour = table[i].colour };
		bool good;

		f->full_range = table[i].full;
		f->bt709 = table[i].bt709;
		good = geometry_new(&g, &s) == 0 && geometry_run(g, f, &out) == 0 &&
		       out->full_range == table[i].full && out->bt709 == table[i].bt709;
		for (int p = 0; good && p < 3; p++)
			good = sample(out, p, 7, 9) == table[i].ycc[p];
		ok(good, "#%06x in BT.%s, %s range", (unsigned) table[i].colour,
			table[i].bt709 ? "709" : "601", table[i].full ? "full" : "limited");
	}
}

/* Of what does not fit nothing is shown. */
static void test_misfits(void)
{
	const struct geometry_settings masked = {
		.width = 64, .height = 48, .masks = { { 1, 1, 10, 10 } }, .n_masks = 1
	};
	const struct geometry_settings cropped = {
		.width = 64, .height = 48, .crop = { 0, 0, 32, 32 }
	};
	const struct geometry_settings unsaid = { .masks = { { 1, 1, 10, 10 } }, .n_masks = 1 };
	const struct {
		const struct geometry_settings *s;
		int w, h, r;
	} table[] = {
		{ &masked, 64, 48, 0 },
		{ &masked, 64, 46, -ERANGE },
		{ &masked, 48, 64, -ERANGE },
		{ &masked, 64, 64, -ERANGE },
		{ &masked, 96, 72, 0 },
		{ &masked, 32, 24, 0 },
		{ &masked, 65, 48, 0 }, /* that may be rounding */
		{ &cropped, 72, 48, -ERANGE },
		{ &cropped, 2, 2, -ERANGE },
		{ &unsaid, 64, 48, -ERANGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		_cleanup_(frame_unrefp) struct frame *f =
			raw_frame(PIXEL_YUYV, table[i].w, table[i].h);
		_cleanup_(frame_unrefp) struct frame *out = NULL;
		_cleanup_(geometry_freep) struct geometry *g = NULL;
		int r = geometry_new(&g, table[i].s);

		r = r < 0 ? r : geometry_run(g, f, &out);
		ok(r == table[i].r && !out == (r < 0), "%s for %dx%d, %dx%d comes: %d",
			table[i].s->n_masks ? "masks" : "a crop", table[i].s->width,
			table[i].s->height, table[i].w, table[i].h, r);
	}
}

/* A picture twice as large: a mask covers twice as much and two pixels around, a crop stays within
 * what was asked for. */
static void test_scaled(void)
{
	const struct geometry_settings s = { .width = 32,
		.height = 24,
		.crop = { 4, 4, 20, 16 },
		.masks = { { 6, 7, 5, 3 } },
		.n_masks = 1,
		.colour = COLOUR };
	const struct geometry_settings same = { .width = 64,
		.height = 48,
		.crop = { 8, 8, 40, 32 },
		.masks = { { 10, 12, 14, 10 } },
		.n_masks = 1,
		.colour = COLOUR };
	_cleanup_(frame_unrefp) struct frame *f = raw_frame(PIXEL_I420, 64, 48);
	_cleanup_(frame_unrefp) struct frame *out = NULL;
	_cleanup_(geometry_freep) struct geometry *g = NULL;
	static struct model m;
	const char *wrong = "it fails";
	int w = 0, h = 0, r = geometry_size(&s, 19, 14, &w, &h);

	model_read(&m, f);
	model_run(&m, &same);
	if (geometry_new(&g, &s) == 0 && geometry_run(g, f, &out) == 0)
		wrong = differs(out, &m, colour_ycc);
	ok(!wrong, "twice the size: %s", wrong ? wrong : "as if it had been meant so");
	/* Three fifths: 4 … 24 of 32 are 14.4 of 19.2 pixels, from 2.4 on. */
	ok(r == 0 && w == 10 && h == 6, "a smaller one: %dx%d, nothing outside of the crop", w, h);
}

static void test_jpeg(void)
{
	const char *top = getenv("top_srcdir");
	const struct geometry_settings s = {
		.width = 48, .height = 32, .turns = 1, .masks = { { 3, 5, 7, 9 } }, .n_masks = 1
	};
	_cleanup_(jpeg_decoder_freep) struct jpeg_decoder *d = NULL;
	_cleanup_(geometry_freep) struct geometry *g = NULL;
	_cleanup_(frame_unrefp) struct frame *out = NULL, *plain = NULL;
	_cleanup_(freep) char *data = NULL;
	const uint8_t black[3] = { 0, 128, 128 };
	struct frame in = { .pixel = PIXEL_MJPEG, .width = 48, .height = 32 };
	static struct model m;
	struct AVFrame *av;
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/tests/corpus/convert/yuvj420p.jpg", top ? top : ".");
	if (file_read(path, 1 << 20, &data, &in.size) < 0 || jpeg_decoder_new(&d) < 0)
		abort();
	in.data[0] = (const uint8_t *) data;
	atomic_init(&in.refs, 1);
	if (jpeg_decoder_run(d, &in, &av) < 0 || frame_from_av(&plain, av) < 0)
		abort();
	model_read(&m, plain);
	model_run(&m, &s);
	r = geometry_new(&g, &s);
	r = r < 0 ? r : geometry_run(g, &in, &out);
	ok(r == 0 && out->full_range && !differs(out, &m, black), "a JPEG comes decoded: %s",
		r == 0 && differs(out, &m, black) ? differs(out, &m, black) : "to the last bit");
	out = frame_unref(out);
	in.size /= 2;
	ok(geometry_run(g, &in, &out) == -EBADMSG && !out, "half of one: nothing");
	in.size *= 2;
	ok(geometry_run(g, &in, &out) == 0, "a whole one again");
}

static void test_bounds(void)
{
	const struct geometry_settings s = { .turns = 1 };
	_cleanup_(geometry_freep) struct geometry *g = NULL;
	_cleanup_(frame_unrefp) struct frame *f = raw_frame(PIXEL_NV12, 64, 48);
	struct frame *out[GEOMETRY_FRAMES_MAX + 1] = { 0 };
	int n = 0;

	if (geometry_new(&g, &s) < 0)
		abort();
	while (n <= GEOMETRY_FRAMES_MAX && geometry_run(g, f, &out[n]) == 0)
		n++;
	ok(n == GEOMETRY_FRAMES_MAX && geometry_run(g, f, &out[n]) == -ENOBUFS,
		"no more than %d are out", n);
	out[0] = frame_unref(out[0]);
	ok(geometry_run(g, f, &out[0]) == 0, "one comes back: there is one again");
	g = geometry_free(g);
	ok(out[1]->width == 48 && out[1]->height == 64, "those that are out outlive it");
	for (int i = 0; i <= GEOMETRY_FRAMES_MAX; i++)
		frame_unref(out[i]);
}

int main(void)
{
	test_layouts();
	test_other_layouts();
	test_colours();
	test_misfits();
	test_scaled();
	test_jpeg();
	test_bounds();
	ok(live_frames == 0, "no picture is kept");
	return tap_done();
}
