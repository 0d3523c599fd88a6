/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "media/av-log.h"
#include "media/picture.h"
#include "recognize/hash.h"
#include "streamer/commands.h"

static const char help_text[] =
	"Usage: egm-streamer hash [OPTION…] PICTURE [PICTURE …]\n"
	"\n"
	"Prints the perceptual hash of pictures (JPEG, PNG, WebP, PNM) as ImageHash\n"
	"prints it; the name follows when there are several.\n"
	"\n"
	"  -a, --algo ALGO       dhash, phash or ahash (dhash)\n"
	"  -s, --size N          bits of a side, 2 to 32 (8)\n"
	"  -r, --roi X,Y,W,H     of this rectangle; what lies outside is black\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 fine, 1 a picture is bad, 2 the command line is wrong.\n";

static const struct option long_options[] = {
	{ "algo", required_argument, NULL, 'a' },
	{ "size", required_argument, NULL, 's' },
	{ "roi", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

struct arguments {
	enum hash_algo algo;
	int size;
	struct rect roi; /* w of 0: the whole picture */
	bool help;
};

/* A number from min to max that ends at the character end; *text is moved behind it. */
static bool take_number(const char **text, char end, long min, long max, int *ret)
{
	char *rest;
	long n;

	errno = 0;
	n = strtol(*text, &rest, 10);
	if (rest == *text || *rest != end || errno || n < min || n > max)
		return false;
	*ret = (int) n;
	*text = end ? rest + 1 : rest;
	return true;
}

static bool take_roi(const char *text, struct rect *ret)
{
	return take_number(&text, ',', -FRAME_SIDE_MAX, FRAME_SIDE_MAX, &ret->x) &&
	       take_number(&text, ',', -FRAME_SIDE_MAX, FRAME_SIDE_MAX, &ret->y) &&
	       take_number(&text, ',', 1, FRAME_SIDE_MAX, &ret->w) &&
	       take_number(&text, '\0', 1, FRAME_SIDE_MAX, &ret->h);
}

static int take_option(struct arguments *a, int c, const char *arg)
{
	const char *rest = arg;

	switch (c) {
	case 'a':
		if (hash_algo_from_name(arg, &a->algo) < 0)
			return command_usage("hash", "--algo %s: dhash, phash or ahash", arg);
		return 0;
	case 's':
		if (!take_number(&rest, '\0', HASH_SIZE_MIN, HASH_SIZE_MAX, &a->size))
			return command_usage("hash", "--size %s: a number from %d to %d", arg,
				HASH_SIZE_MIN, HASH_SIZE_MAX);
		return 0;
	case 'r':
		if (!take_roi(arg, &a->roi))
			return command_usage(
				"hash", "--roi %s: X,Y,W,H in pixels, W and H at least 1", arg);
		return 0;
	case 'h':
		a->help = true;
		return 0;
	default:
		return command_usage("hash", NULL);
	}
}

/* Leaves the pictures from optind on. */
static int parse(struct arguments *a, int argc, char **argv)
{
	int c, r;

	optind = 1;
	while ((c = getopt_long(argc, argv, "a:s:r:h", long_options, NULL)) >= 0) {
		r = take_option(a, c, optarg);
		if (r != 0 || a->help)
			return r;
	}
	return optind < argc ? 0 : command_usage("hash", "which PICTURE?");
}

static int hash_frame(const struct arguments *a, const struct frame *f, struct hash *ret)
{
	struct rect whole = { 0, 0, f->width, f->height };
	_cleanup_(freep) uint8_t *pixels = malloc((size_t) f->width * (size_t) f->height);
	struct grey grey = { .width = f->width,
		.height = f->height,
		.data = pixels,
		.stride = f->width,
		.step = 1 };
	int r = pixels ? grey_from_rgb(f, pixels) : -ENOMEM;

	return r < 0 ? r : hash_compute(ret, a->algo, a->size, &grey, a->roi.w ? a->roi : whole);
}

static int print_hash(const struct arguments *a, const char *path, bool with_name)
{
	_cleanup_(frame_unrefp) struct frame *frame = NULL;
	char why[256], text[HASH_TEXT_MAX];
	struct hash hash;
	int r = picture_load(&frame, path, why, sizeof(why));

	if (r < 0) {
		log_error("%s: %s", path, why);
		return r;
	}
	r = hash_frame(a, frame, &hash);
	if (r < 0)
		return log_error_errno(r, "%s: %m", path);
	hash_to_text(&hash, text);
	printf("%s%s%s\n", text, with_name ? "  " : "", with_name ? path : "");
	return 0;
}

int command_hash(int argc, char **argv)
{
	struct arguments a = { .algo = HASH_DHASH, .size = 8 };
	int r = parse(&a, argc, argv), status = 0;

	if (r != 0)
		return r;
	if (a.help) {
		fputs(help_text, stdout);
		return 0;
	}
	avlog_capture();
	for (int i = optind; i < argc; i++) {
		if (print_hash(&a, argv[i], argc - optind > 1) < 0)
			status = 1;
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_error("Cannot write the hashes");
		status = 1;
	}
	return status;
}
