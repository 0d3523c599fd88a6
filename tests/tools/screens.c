/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine below the layouts. What stands still in a scene is drawn once for each look: the worn
 * one of the frames and the clean one of the references. A frame is a copy of it with the moving
 * parts drawn over; gain, offset and range are in the colours already, shift is in the canvas, so
 * that only blur, cross-fade and noise touch every pixel. These go sixteen at a time; frames have
 * rows of whole 64 bytes.
 */
#include "tests/tools/screens.h"

#include <math.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tools/screens-private.h"

#define NOISE_TABLE 65536
#define ODD_ONE_OUT 14 /* one in so many changes leads to a screen of no game */
#define SCENE_BLACK 0  /* of the odd scenes */
#define SCENE_BARS 1

typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint8_t bytes8 __attribute__((vector_size(8), aligned(1), may_alias));
typedef uint16_t words8 __attribute__((vector_size(16)));

struct segment {
	uint64_t start, seed;
	int length, scene;
};

/* One way of drawing, with what is kept of it. */
struct look {
	struct tone tone;
	int shift_x, shift_y;
	struct sprites *sprites;
	struct frame *bases[LAYOUT_SCENES_MAX + 2];
};

struct screens {
	const struct layout *layout;
	uint64_t seed;
	struct screens_options options;
	struct look worn, clean;
	struct frame_pool *pool;
	struct segment *segments;
	size_t n_segments, last_found;
	uint8_t *brighter, *darker; /* noise above and below 0; NULL: none */
};

static void draw_black(struct canvas *c)
{
	canvas_clear(c, 0);
}

static void draw_bars(struct canvas *c)
{
	static const uint32_t bars[8] = { 0xbfbfbf, 0xbfbf00, 0x00bfbf, 0x00bf00, 0xbf00bf,
		0xbf0000, 0x0000bf, 0x000000 };

	for (int i = 0; i < 8; i++)
		canvas_fill(c, BOX(i * 80 - 8, -8, 100, 500), bars[i]);
	canvas_gradient(c, BOX(-8, 400, 656, 90), 0xffffff, 0);
}

static const struct scene odd_scenes[] = {
	[SCENE_BLACK] = { .name = "BLACK", .state = STATE_OTHER, .base = draw_black },
	[SCENE_BARS] = { .name = "BARS", .state = STATE_OTHER, .base = draw_bars },
};

const struct layout *const screens_layouts[SCREENS_LAYOUTS] = { &layout_neon, &layout_lamps,
	&layout_poker, &layout_roulette, &layout_reef, &layout_keno, &layout_sweets, &layout_cards,
	&layout_lobby, &layout_fortune };

const char *screens_layout_name(int layout)
{
	return layout >= 0 && layout < SCREENS_LAYOUTS ? screens_layouts[layout]->name : NULL;
}

static const struct scene *get_scene(const struct screens *s, int i)
{
	const struct layout *l = s->layout;

	return i < l->n_scenes ? &l->scenes[i] : &odd_scenes[i - l->n_scenes];
}

static void tone_init(struct tone *t, const struct screens_options *o)
{
	double gain = o->gain > 0 ? o->gain : 1;

	for (int i = 0; i < 256; i++) {
		double y = i, c = i - 128;

		if (o->range == SCREENS_RANGE_SQUEEZED)
			y = 16 + y * 219 / 255, c = c * 224 / 255;
		else if (o->range == SCREENS_RANGE_STRETCHED)
			y = (y - 16) * 255 / 219, c = c * 255 / 224;
		t->luma[i] = (uint8_t) CLAMP(y * gain + o->offset + 0.5, 0, 255);
		t->chroma[i] = (uint8_t) CLAMP(c * gain + 128.5, 0, 255);
	}
}

static int look_init(struct look *l, const struct screens_options *o)
{
	tone_init(&l->tone, o);
	l->shift_x = o->shift_x;
	l->shift_y = o->shift_y;
	l->sprites = sprites_new();
	return l->sprites ? 0 : -ENOMEM;
}

static void look_deinit(struct look *l)
{
	l->sprites = sprites_free(l->sprites);
	for (size_t i = 0; i < ARRAY_SIZE(l->bases); i++)
		l->bases[i] = frame_unref(l->bases[i]);
}

/* Sums of even numbers are normal enough. */
static int noise_init(struct screens *s)
{
	/* Rows of noise begin anywhere in the table. */
	size_t size = NOISE_TABLE + FRAME_SIDE_MAX;

	s->brighter = malloc(size);
	s->darker = malloc(size);
	if (!s->brighter || !s->darker)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++) {
		uint64_t bits = mix64(s->seed, i % NOISE_TABLE, 0x401);
		double sum = 0;
		int v;

		for (int k = 0; k < 4; k++)
			sum += (double) (bits >> 16 * k & 0xffff) / 65536 - 0.5;
		v = (int) lround(sum * sqrt(3) * s->options.noise);
		s->brighter[i] = (uint8_t) CLAMP(v, 0, 255);
		s->darker[i] = (uint8_t) CLAMP(-v, 0, 255);
	}
	return 0;
}

static bool options_valid(const struct screens_options *o)
{
	return o->width >= 64 && o->height >= 48 && o->width <= FRAME_SIDE_MAX &&
	       o->height <= FRAME_SIDE_MAX && o->width % 2 == 0 && o->height % 2 == 0 &&
	       abs(o->shift_x) <= SCREENS_SHIFT_MAX && abs(o->shift_y) <= SCREENS_SHIFT_MAX &&
	       o->noise >= 0 && o->noise <= 50 && o->fade_frames >= 0 &&
	       o->fade_frames < SCREENS_SEGMENT_MIN;
}

int screens_new(
	struct screens **ret, int layout, uint64_t seed, const struct screens_options *options)
{
	_cleanup_(screens_freep) struct screens *s = calloc(1, sizeof(*s));
	const struct screens_options clean = { 0 };
	int r;

	if (!s)
		return -ENOMEM;
	s->options = *options;
	if (s->options.width == 0)
		s->options.width = CANVAS_WIDTH;
	if (s->options.height == 0)
		s->options.height = CANVAS_HEIGHT;
	if (!screens_layout_name(layout) || !options_valid(&s->options))
		return -EINVAL;
	s->layout = screens_layouts[layout];
	s->seed = mix64(seed, (uint64_t) layout, 0x5c4ee5);
	r = frame_pool_new(&s->pool, PIXEL_I420, s->options.width, s->options.height,
		SCREENS_FRAMES_MAX + 1 + 2 * (LAYOUT_SCENES_MAX + 2));
	if (r >= 0)
		r = look_init(&s->worn, &s->options);
	if (r >= 0)
		r = look_init(&s->clean, &clean);
	if (r >= 0 && s->options.noise > 0)
		r = noise_init(s);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(s);
	return 0;
}

struct screens *screens_free(struct screens *s)
{
	if (!s)
		return NULL;
	look_deinit(&s->worn);
	look_deinit(&s->clean);
	frame_pool_unref(s->pool);
	free(s->segments);
	free(s->brighter);
	free(s->darker);
	free(s);
	return NULL;
}

/* --- what follows what --- */

static int choose_scene(const struct screens *s, const struct segment *before, uint64_t seed)
{
	const struct scene *scene = get_scene(s, before->scene);
	uint64_t pick = mix64(seed, 1, 0);
	int wanted, found = 0;

	if (scene->state != STATE_OTHER && pick % ODD_ONE_OUT == 0)
		return s->layout->n_scenes + (int) (pick >> 20 & 1);
	if (!scene->next)
		return 0;
	wanted = (int) ((pick >> 24) % (uint64_t) __builtin_popcount(scene->next));
	for (int i = 0; i < s->layout->n_scenes; i++)
		if (scene->next & BIT(i) && found++ == wanted)
			return i;
	return 0;
}

static int append_segment(struct screens *s)
{
	size_t n = s->n_segments;
	struct segment *list = s->segments, *g;
	uint64_t seed = mix64(s->seed, n, 0x5e6);

	/* Room for as many again at each power of two. */
	if ((n & (n - 1)) == 0) {
		list = realloc(list, MAX(2 * n, 1) * sizeof(*list));
		if (!list)
			return -ENOMEM;
		s->segments = list;
	}
	g = &list[n];
	/* Short ones as often as long ones. */
	g->length = (int) (SCREENS_SEGMENT_MIN *
			   pow((double) SCREENS_SEGMENT_MAX / SCREENS_SEGMENT_MIN,
				   (double) (mix64(seed, 2, 0) >> 11) / 9007199254740992.0));
	g->seed = seed;
	g->start = n > 0 ? list[n - 1].start + (uint64_t) list[n - 1].length : 0;
	g->scene = n > 0 ? choose_scene(s, &list[n - 1], seed) : 0;
	s->n_segments++;
	return 0;
}

/* The segment of frame n. Frames are asked for in order as a rule. */
static int find_segment(struct screens *s, uint64_t n, const struct segment **ret)
{
	size_t i = s->last_found;

	while (s->n_segments == 0 ||
		s->segments[s->n_segments - 1].start +
				(uint64_t) s->segments[s->n_segments - 1].length <=
			n) {
		int r = append_segment(s);

		if (r < 0)
			return r;
	}
	while (s->segments[i].start > n)
		i--;
	while (s->segments[i].start + (uint64_t) s->segments[i].length <= n)
		i++;
	s->last_found = i;
	*ret = &s->segments[i];
	return 0;
}

static bool is_fading(const struct screens *s, const struct segment *g, uint64_t n)
{
	return g != s->segments && n - g->start < (uint64_t) s->options.fade_frames;
}

static int64_t credit_of(const struct moment *m)
{
	uint64_t digits = mix64(m->seed, 5, 0), top = 1000;

	for (uint64_t i = digits % 4; i > 0; i--)
		top *= 10;
	return (int64_t) (digits / 7 % top) + m->frame / 45 * 88;
}

/* --- drawing --- */

static uint8_t *plane(const struct frame *f, int i)
{
	return (uint8_t *) (uintptr_t) f->data[i];
}

static size_t plane_size(const struct frame *f, int i)
{
	return (size_t) f->stride[i] * (size_t) (i ? f->height / 2 : f->height);
}

static struct canvas canvas_of(const struct look *l, const struct frame *f)
{
	return (struct canvas){
		.plane = { plane(f, 0), plane(f, 1), plane(f, 2) },
		.stride = { f->stride[0], f->stride[1], f->stride[2] },
		.width = f->width,
		.height = f->height,
		.full_w = f->width,
		.full_h = f->height,
		.shift_x = l->shift_x,
		.shift_y = l->shift_y,
		.clip = { 0, 0, f->width, f->height },
		.tone = &l->tone,
		.sprites = l->sprites,
	};
}

static const struct frame *get_base(struct screens *s, struct look *l, int scene)
{
	struct canvas c;

	if (l->bases[scene])
		return l->bases[scene];
	l->bases[scene] = frame_pool_get(s->pool);
	if (!l->bases[scene])
		return NULL;
	c = canvas_of(l, l->bases[scene]);
	canvas_clear(&c, 0);
	get_scene(s, scene)->base(&c);
	canvas_soften(&c);
	return l->bases[scene];
}

static void draw_credit(struct canvas *c, const struct layout *l, const struct moment *m)
{
	char text[24];

	canvas_fill(c, l->credit, l->credit_back);
	snprintf(text, sizeof(text), "%lld", (long long) credit_of(m));
	canvas_text(c, l->credit.x + 6, l->credit.y + (l->credit.h - 7 * l->credit_type.dot_h) / 2,
		&l->credit_type, l->credit_ink, text);
}

static struct frame *draw_scene(
	struct screens *s, struct look *l, int scene, const struct moment *m)
{
	const struct frame *base = get_base(s, l, scene);
	const struct scene *sc = get_scene(s, scene);
	struct frame *f = base ? frame_pool_get(s->pool) : NULL;
	struct canvas c;

	if (!f)
		return NULL;
	for (int i = 0; i < 3; i++)
		memcpy(plane(f, i), base->data[i], plane_size(f, i));
	c = canvas_of(l, f);
	if (sc->parts)
		sc->parts(&c, m);
	if (sc->credit)
		draw_credit(&c, s->layout, m);
	return f;
}

/* to = part of it and the rest of from; part: 0 … 256 */
static void blend(struct frame *to, const struct frame *from, int part)
{
	const words8 a = (words8){ 0 } + (uint16_t) part, b = 256 - a;

	for (int i = 0; i < 3; i++) {
		uint8_t *out = plane(to, i), *end = out + plane_size(to, i);
		const uint8_t *in = from->data[i];

		for (; out < end; out += 8, in += 8) {
			words8 x = __builtin_convertvector(*(const bytes8 *) out, words8);
			words8 y = __builtin_convertvector(*(const bytes8 *) in, words8);

			*(bytes8 *) out = __builtin_convertvector((x * a + y * b) >> 8, bytes8);
		}
	}
}

static bytes16 mean(bytes16 a, bytes16 b)
{
	return (a & b) + ((a ^ b) >> 1);
}

/* 1 2 1 down and across; the outermost samples stay as they are. */
static void blur_plane(uint8_t *data, int stride, int h)
{
	uint8_t above[FRAME_SIDE_MAX + 64], here[FRAME_SIDE_MAX + 64];

	memcpy(above, data, (size_t) stride);
	for (int y = 1; y + 1 < h; y++) {
		uint8_t *row = data + (ptrdiff_t) y * stride;

		for (int x = 0; x < stride; x += 16) {
			bytes16 was = *(bytes16 *) (row + x);
			bytes16 around =
				mean(*(bytes16 *) (above + x), *(bytes16 *) (row + stride + x));

			*(bytes16 *) (above + x) = was;
			*(bytes16 *) (here + x) = mean(around, was);
		}
		for (int x = 1; x + 17 <= stride; x += 16)
			*(bytes16 *) (row + x) =
				mean(mean(*(bytes16 *) (here + x - 1), *(bytes16 *) (here + x + 1)),
					*(bytes16 *) (here + x));
	}
}

static void add_noise(const struct screens *s, struct frame *f, uint64_t n)
{
	for (int i = 0; i < 3; i++)
		for (int y = 0; y < (i ? f->height / 2 : f->height); y++) {
			size_t at = mix64(n, (uint64_t) y, (uint64_t) i) % NOISE_TABLE;
			const uint8_t *up = s->brighter + at, *down = s->darker + at;
			uint8_t *row = plane(f, i) + (ptrdiff_t) y * f->stride[i];
			uint8_t *end = row + (i ? f->width / 2 : f->width);

			for (; row < end; row += 16, up += 16, down += 16) {
				bytes16 v = *(bytes16 *) row + *(const bytes16 *) up, w;

				v |= (bytes16) (v < *(const bytes16 *) up);
				w = v - *(const bytes16 *) down;
				*(bytes16 *) row = w & (bytes16) (w <= v);
			}
		}
}

int screens_frame(struct screens *s, uint64_t n, struct frame **ret)
{
	const struct segment *g;
	struct moment m;
	struct frame *f;
	int r = find_segment(s, n, &g);

	if (r < 0)
		return r;
	m = (struct moment){ g->seed, (int) (n - g->start) };
	f = draw_scene(s, &s->worn, g->scene, &m);
	if (!f)
		return -ENOMEM;
	if (is_fading(s, g, n)) {
		const struct segment *b = g - 1;
		struct moment then = { b->seed, (int) (n - b->start) };
		struct frame *old = draw_scene(s, &s->worn, b->scene, &then);

		if (!old) {
			frame_unref(f);
			return -ENOMEM;
		}
		/* The first frame shows something of the new screen, the last of the old one. */
		blend(f, old, 256 * (m.frame + 1) / (s->options.fade_frames + 1));
		frame_unref(old);
	}
	for (int i = 0; s->options.blur && i < 3; i++)
		blur_plane(plane(f, i), f->stride[i], i ? f->height / 2 : f->height);
	if (s->options.noise > 0)
		add_noise(s, f, n);
	f->capture_usec = f->dequeue_usec = USEC_PER_SEC + n * USEC_PER_SEC / SCREENS_RATE;
	f->sequence = (uint32_t) n;
	*ret = f;
	return 0;
}

int screens_truth(struct screens *s, uint64_t n, struct screens_truth *ret)
{
	const struct segment *g;
	const struct scene *scene;
	int r = find_segment(s, n, &g);

	if (r < 0)
		return r;
	scene = get_scene(s, g->scene);
	*ret = (struct screens_truth){
		.state = scene->state,
		.fading = is_fading(s, g, n),
		.before = g > s->segments ? get_scene(s, g[-1].scene)->state : scene->state,
		.scene = scene->name,
		.start = g->start,
		.end = g->start + (uint64_t) g->length,
		.credit = -1,
	};
	if (scene->credit && !ret->fading) {
		struct moment m = { g->seed, (int) (n - g->start) };

		ret->credit = credit_of(&m);
	}
	return 0;
}

int screens_reference(
	struct screens *s, int state, int variant, struct frame **ret, int64_t *ret_credit)
{
	/* Far from all segments. */
	uint64_t seed = mix64(s->seed, (uint64_t) state, 0x4ef00 + (uint64_t) variant);
	struct moment m = { seed, 20 + variant * 37 };
	int scene = 0, n = s->layout->n_scenes, found = 0;
	struct frame *f;

	/* Several scenes may show one state; the variants take them in turn. */
	for (int i = 0; i < n; i++)
		found += s->layout->scenes[i].state == state;
	if (state < 0 || variant < 0 || found == 0)
		return -EINVAL;
	for (int i = 0, k = 0; i < n; i++)
		if (s->layout->scenes[i].state == state && k++ == variant % found)
			scene = i;
	f = draw_scene(s, &s->clean, scene, &m);
	if (!f)
		return -ENOMEM;
	if (ret_credit)
		*ret_credit = s->layout->scenes[scene].credit ? credit_of(&m) : -1;
	*ret = f;
	return 0;
}

/* --- rules --- */

static int add_state(struct rules *r, const struct layout_state *from)
{
	struct state *to = &r->states[r->n_states];

	to->name = strdup(from->name);
	if (!to->name)
		return -ENOMEM;
	r->n_states++;
	to->threshold = 12;
	for (size_t i = 0; i < ARRAY_SIZE(from->rois) && from->rois[i].name; i++) {
		to->rois[i] = (struct roi){
			.name = strdup(from->rois[i].name),
			.rect = from->rois[i].rect,
			.required = true,
			.ref_state = r->n_states - 1,
		};
		if (!to->rois[i].name)
			return -ENOMEM;
		to->min_match = to->n_rois = (int) i + 1;
	}
	return 0;
}

int screens_rules(const struct screens *s, struct rules *ret)
{
	struct rules rules = { .mode = MODE_BETTER,
		.width = CANVAS_WIDTH,
		.height = CANVAS_HEIGHT,
		.algo = HASH_DHASH,
		.hash_size = 8,
		.confirm_frames = 2,
		.drop_frames = 8,
		.n_numbers = 1 };
	int r = 0;

	rules.numbers[0].name = strdup("CREDIT");
	rules.numbers[0].rect = s->layout->credit;
	if (!rules.numbers[0].name)
		r = -ENOMEM;
	for (int i = 0; r >= 0 && i < s->layout->n_states; i++)
		r = add_state(&rules, &s->layout->states[i]);
	if (r < 0) {
		rules_deinit(&rules);
		return r;
	}
	*ret = rules;
	return 0;
}
