/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egm-screens: writes an invented gaming machine's screens as a clip with its truth and reference
 * pictures, in the layout that "egm-streamer evaluate" reads.
 */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/tools/screens.h"

static const char help_text[] =
	"Usage: egm-screens [OPTION]... --out=DIR\n"
	"       egm-screens [OPTION]... > CLIP.y4m\n"
	"Writes the screens of an invented gaming machine: NAME.y4m, NAME.json (the\n"
	"truth) and refs/NAME/STATE/ref_N.ppm in DIR; or the clip alone to the standard\n"
	"output.\n"
	"\n"
	"  -o, --out=DIR       the folder, which is made\n"
	"  -l, --layout=N      which machine: 0 to 9 (0)\n"
	"  -s, --seed=N        another number, another clip (1)\n"
	"  -t, --seconds=S     length (60)\n"
	"      --size=WxH      of the picture; even (640x480)\n"
	"      --noise=SIGMA   of the sensor, in levels (0)\n"
	"      --gain=FACTOR   of brightness and colour (1)\n"
	"      --offset=N      levels added to the brightness (0)\n"
	"      --range=WHICH   right, squeezed or stretched (right)\n"
	"      --shift=X,Y     pixels by which the picture lies off (0,0)\n"
	"      --blur          as a bad cable does\n"
	"      --fade=S        cross-fade at the start of a segment (0.25; 0: hard cuts)\n"
	"      --refs=N        reference pictures of each state (4)\n"
	"  -h, --help          show this\n";

struct clip {
	int layout, seconds, refs;
	uint64_t seed;
	const char *dir;
	char name[32];
	struct screens_options options;
	struct screens *screens;
	struct rules rules;
};

static int fail(int r, const char *what)
{
	fprintf(stderr, "egm-screens: %s: %s\n", what, strerror(-r));
	return r;
}

static int make_dir(const char *path)
{
	return mkdir(path, 0777) < 0 && errno != EEXIST ? fail(-errno, path) : 0;
}

static void write_plane(FILE *f, const struct frame *p, int i)
{
	int w = i ? p->width / 2 : p->width, h = i ? p->height / 2 : p->height;

	for (int y = 0; y < h; y++)
		(void) fwrite(p->data[i] + (ptrdiff_t) y * p->stride[i], 1, (size_t) w, f);
}

static int write_clip(struct clip *c, FILE *f)
{
	uint64_t frames = (uint64_t) c->seconds * SCREENS_RATE;

	fprintf(f, "YUV4MPEG2 W%d H%d F%d:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n",
		c->options.width, c->options.height, SCREENS_RATE);
	for (uint64_t n = 0; n < frames; n++) {
		_cleanup_(frame_unrefp) struct frame *p = NULL;
		int r = screens_frame(c->screens, n, &p);

		if (r < 0)
			return fail(r, "cannot draw");
		fputs("FRAME\n", f);
		for (int i = 0; i < 3; i++)
			write_plane(f, p, i);
		if (ferror(f))
			return fail(-errno, "cannot write the clip");
	}
	return fflush(f) == 0 ? 0 : fail(-errno, "cannot write the clip");
}

static void write_pixel(FILE *f, const struct frame *p, int x, int y)
{
	int half_x = x / 2, half_y = y / 2;
	double luma = 1.164 * (p->data[0][y * p->stride[0] + x] - 16);
	double u = p->data[1][half_y * p->stride[1] + half_x] - 128;
	double v = p->data[2][half_y * p->stride[2] + half_x] - 128;
	double rgb[3] = { luma + 1.596 * v, luma - 0.392 * u - 0.813 * v, luma + 2.017 * u };

	for (int i = 0; i < 3; i++)
		putc((int) CLAMP(rgb[i] + 0.5, 0, 255), f);
}

static int write_reference(struct clip *c, int state, int variant, json_t *credits)
{
	_cleanup_(frame_unrefp) struct frame *p = NULL;
	_cleanup_(fclosep) FILE *f = NULL;
	char path[512], key[96];
	int64_t credit;
	int r = screens_reference(c->screens, state, variant, &p, &credit);

	if (r < 0)
		return fail(r, "cannot draw");
	snprintf(key, sizeof(key), "%s/ref_%d.ppm", c->rules.states[state].name, variant);
	snprintf(path, sizeof(path), "%s/refs/%s/%s", c->dir, c->name, key);
	f = fopen(path, "w");
	if (!f)
		return fail(-errno, path);
	fprintf(f, "P6\n%d %d\n255\n", p->width, p->height);
	for (int y = 0; y < p->height; y++)
		for (int x = 0; x < p->width; x++)
			write_pixel(f, p, x, y);
	json_object_set_new(credits, key, credit >= 0 ? json_integer(credit) : json_null());
	return fflush(f) == 0 ? 0 : fail(-errno, path);
}

static int dump(json_t *json, const char *path)
{
	int r = json_dump_file(json, path, JSON_INDENT(1) | JSON_REAL_PRECISION(10));

	json_decref(json);
	return r == 0 ? 0 : fail(-EIO, path);
}

static int write_references(struct clip *c)
{
	json_t *credits = json_object();
	char path[512];
	int r = 0;

	snprintf(path, sizeof(path), "%s/refs", c->dir);
	r = make_dir(path);
	snprintf(path, sizeof(path), "%s/refs/%s", c->dir, c->name);
	r = r < 0 ? r : make_dir(path);
	for (int i = 0; r >= 0 && i < c->rules.n_states; i++) {
		snprintf(path, sizeof(path), "%s/refs/%s/%s", c->dir, c->name,
			c->rules.states[i].name);
		r = make_dir(path);
		for (int k = 0; r >= 0 && k < c->refs; k++)
			r = write_reference(c, i, k, credits);
	}
	if (r < 0) {
		json_decref(credits);
		return r;
	}
	snprintf(path, sizeof(path), "%s/refs/%s/credits.json", c->dir, c->name);
	return dump(credits, path);
}

static json_t *json_rect(const struct clip *c, const char *name, const struct rect *rect)
{
	struct rect r;

	r.x = rect->x * c->options.width / c->rules.width;
	r.y = rect->y * c->options.height / c->rules.height;
	r.w = rect->w * c->options.width / c->rules.width;
	r.h = rect->h * c->options.height / c->rules.height;
	return json_pack(
		"{s:s*, s:i, s:i, s:i, s:i}", "name", name, "x", r.x, "y", r.y, "w", r.w, "h", r.h);
}

/* A state's regions: the one it has, or a list. In pixels of the clip. */
static json_t *json_rois(const struct clip *c)
{
	json_t *rois = json_object();

	for (int i = 0; i < c->rules.n_states; i++) {
		const struct state *s = &c->rules.states[i];
		json_t *list = json_array();

		for (int k = 0; k < s->n_rois; k++)
			json_array_append_new(
				list, json_rect(c, s->rois[k].name, &s->rois[k].rect));
		json_object_set(rois, s->name, s->n_rois > 1 ? list : json_array_get(list, 0));
		json_decref(list);
	}
	json_object_set_new(rois, "CREDIT", json_rect(c, NULL, &c->rules.numbers[0].rect));
	return rois;
}

/* Segments with their states, and the number in the last frame of each second. */
static int add_truth(struct clip *c, json_t *segments, json_t *credits)
{
	uint64_t frames = (uint64_t) c->seconds * SCREENS_RATE;
	struct screens_truth t;
	int r = 0;

	for (uint64_t n = 0; r >= 0 && n < frames; n = t.end) {
		r = screens_truth(c->screens, n, &t);
		if (r < 0)
			return r;
		json_array_append_new(
			segments, json_pack("[s, f, f, s]", rules_state_name(&c->rules, t.state),
					  (double) t.start / SCREENS_RATE,
					  (double) MIN(t.end, frames) / SCREENS_RATE, t.scene));
	}
	for (int i = 1; r >= 0 && i <= c->seconds; i++) {
		r = screens_truth(c->screens, (uint64_t) i * SCREENS_RATE - 1, &t);
		json_array_append_new(
			credits, t.credit >= 0 ? json_integer(t.credit) : json_null());
	}
	return r;
}

static int write_truth(struct clip *c)
{
	json_t *segments = json_array(), *credits = json_array(), *root;
	char path[512], clip[64];
	int r = add_truth(c, segments, credits);

	snprintf(clip, sizeof(clip), "%s.y4m", c->name);
	root = json_pack("{s:s, s:i, s:i, s:i, s:I, s:f, s:f, s:f, s:o, s:o, s:o}", "clip", clip,
		"fps", SCREENS_RATE, "width", c->options.width, "height", c->options.height, "seed",
		(json_int_t) c->seed, "noise", c->options.noise, "gain", c->options.gain, "fade",
		(double) c->options.fade_frames / SCREENS_RATE, "rois", json_rois(c), "segments",
		segments, "credits", credits);
	if (r < 0 || !root) {
		json_decref(root);
		return fail(r < 0 ? r : -ENOMEM, "cannot tell the truth");
	}
	snprintf(path, sizeof(path), "%s/%s.json", c->dir, c->name);
	return dump(root, path);
}

static int write_all(struct clip *c)
{
	_cleanup_(fclosep) FILE *f = NULL;
	char path[512];
	int r = make_dir(c->dir);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/%s.y4m", c->dir, c->name);
	f = fopen(path, "w");
	if (!f)
		return fail(-errno, path);
	r = write_clip(c, f);
	if (r >= 0)
		r = write_truth(c);
	return r < 0 ? r : write_references(c);
}

static int parse_range(const char *text, enum screens_range *ret)
{
	static const char *const names[] = { [SCREENS_RANGE_RIGHT] = "right",
		[SCREENS_RANGE_SQUEEZED] = "squeezed",
		[SCREENS_RANGE_STRETCHED] = "stretched" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum screens_range) i;
			return 0;
		}
	return -EINVAL;
}

enum {
	OPT_SIZE = 256,
	OPT_NOISE,
	OPT_GAIN,
	OPT_OFFSET,
	OPT_RANGE,
	OPT_SHIFT,
	OPT_BLUR,
	OPT_FADE,
	OPT_REFS,
};

/* -EINVAL for what makes no sense. */
static int parse_option(struct clip *c, int option, const char *value)
{
	struct screens_options *o = &c->options;

	if (option == 'o')
		c->dir = value;
	else if (option == 'l')
		c->layout = atoi(value);
	else if (option == 's')
		c->seed = strtoull(value, NULL, 10);
	else if (option == 't')
		c->seconds = atoi(value);
	else if (option == OPT_SIZE)
		return sscanf(value, "%dx%d", &o->width, &o->height) == 2 ? 0 : -EINVAL;
	else if (option == OPT_NOISE)
		o->noise = strtod(value, NULL);
	else if (option == OPT_GAIN)
		o->gain = strtod(value, NULL);
	else if (option == OPT_OFFSET)
		o->offset = atoi(value);
	else if (option == OPT_RANGE)
		return parse_range(value, &o->range);
	else if (option == OPT_SHIFT)
		return sscanf(value, "%d,%d", &o->shift_x, &o->shift_y) == 2 ? 0 : -EINVAL;
	else if (option == OPT_BLUR)
		o->blur = true;
	else if (option == OPT_FADE)
		o->fade_frames = (int) (strtod(value, NULL) * SCREENS_RATE);
	else if (option == OPT_REFS)
		c->refs = atoi(value);
	else
		return -EINVAL;
	return 0;
}

/* 1: the help has been shown. */
static int parse(struct clip *c, int argc, char **argv)
{
	static const struct option options[] = { { "out", required_argument, NULL, 'o' },
		{ "layout", required_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' },
		{ "seconds", required_argument, NULL, 't' },
		{ "size", required_argument, NULL, OPT_SIZE },
		{ "noise", required_argument, NULL, OPT_NOISE },
		{ "gain", required_argument, NULL, OPT_GAIN },
		{ "offset", required_argument, NULL, OPT_OFFSET },
		{ "range", required_argument, NULL, OPT_RANGE },
		{ "shift", required_argument, NULL, OPT_SHIFT },
		{ "blur", no_argument, NULL, OPT_BLUR },
		{ "fade", required_argument, NULL, OPT_FADE },
		{ "refs", required_argument, NULL, OPT_REFS }, { "help", no_argument, NULL, 'h' },
		{ 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "o:l:s:t:h", options, NULL)) >= 0) {
		if (option == 'h') {
			fputs(help_text, stdout);
			return 1;
		}
		if (parse_option(c, option, optarg) < 0)
			return -EINVAL;
	}
	return optind == argc && c->seconds > 0 && c->seconds <= 86400 && c->refs >= 0 ? 0
										       : -EINVAL;
}

int main(int argc, char **argv)
{
	struct clip c = { .seconds = 60,
		.refs = 4,
		.seed = 1,
		.options = { .width = 640, .height = 480, .gain = 1, .fade_frames = 7 } };
	int r = parse(&c, argc, argv);

	if (r > 0)
		return 0;
	if (r >= 0)
		r = screens_new(&c.screens, c.layout, c.seed, &c.options);
	if (r < 0) {
		fputs("egm-screens: wrong usage, see --help\n", stderr);
		return 2;
	}
	snprintf(c.name, sizeof(c.name), "%s-%llu", screens_layout_name(c.layout),
		(unsigned long long) c.seed);
	r = screens_rules(c.screens, &c.rules);
	if (r >= 0)
		r = c.dir ? write_all(&c) : write_clip(&c, stdout);
	screens_free(c.screens);
	rules_deinit(&c.rules);
	return r < 0;
}
