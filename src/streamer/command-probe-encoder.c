/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the prober runs: a driver may hang or crash here, and nobody else is hurt. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "media/encoder-kind.h"
#include "media/encoder-probe.h"
#include "media/encoder.h"
#include "streamer/commands.h"

#define LIFE_SEC 20 /* whoever started it is gone, or does not care */

static const char help_text[] =
	"Usage: egm-streamer probe-encoder [OPTION…] CODEC\n"
	"\n"
	"Does an encoder work here? Encodes a few pictures, decodes them again, and says\n"
	"what is wrong. CODEC: libx264, h264_vaapi, h264_qsv, h264_nvenc, h264_v4l2m2m,\n"
	"libx265, hevc_vaapi, hevc_qsv, hevc_nvenc or hevc_v4l2m2m.\n"
	"\n"
	"  -s, --size WxH        of the pictures (1280x720)\n"
	"  -r, --rate N/D        pictures per second (30/1)\n"
	"  -b, --bitrate N       bits per second (2000000)\n"
	"  -p, --profile WORD    baseline, main or high (main)\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 it works, 1 it does not, 2 the command line is wrong.\n";

static const struct option long_options[] = {
	{ "size", required_argument, NULL, 's' },
	{ "rate", required_argument, NULL, 'r' },
	{ "bitrate", required_argument, NULL, 'b' },
	{ "profile", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int take_option(struct encoder_settings *s, int c, const char *arg, bool *help)
{
	char end;

	switch (c) {
	case 's':
		if (sscanf(arg, "%dx%d%c", &s->width, &s->height, &end) != 2)
			return command_usage("probe-encoder", "--size %s: WIDTHxHEIGHT", arg);
		return 0;
	case 'r':
		if (sscanf(arg, "%d/%d%c", &s->rate_num, &s->rate_den, &end) != 2)
			return command_usage("probe-encoder", "--rate %s: as in 30/1", arg);
		return 0;
	case 'b':
		if (sscanf(arg, "%" SCNd64 "%c", &s->bitrate, &end) != 1)
			return command_usage("probe-encoder", "--bitrate %s: bits a second", arg);
		return 0;
	case 'p':
		s->profile = arg;
		return 0;
	case 'h':
		*help = true;
		return 0;
	default:
		return command_usage("probe-encoder", NULL);
	}
}

int command_probe_encoder(int argc, char **argv)
{
	struct encoder_settings s = { .preset = "superfast",
		.tune = "zerolatency",
		.profile = "main",
		.bitrate = 2000000,
		.gop = 30,
		.width = 1280,
		.height = 720,
		.rate_num = 30,
		.rate_den = 1 };
	char why[160];
	bool help = false;
	int c, r;

	optind = 1;
	while ((c = getopt_long(argc, argv, "s:r:b:p:h", long_options, NULL)) >= 0) {
		r = take_option(&s, c, optarg, &help);
		if (r != 0)
			return r;
	}
	if (help) {
		fputs(help_text, stdout);
		return 0;
	}
	if (optind + 1 != argc)
		return command_usage("probe-encoder", "which CODEC?");
	s.codec = argv[optind];
	if (!encoder_kind_find(s.codec))
		return command_usage("probe-encoder", "%s: what CODEC is this?", s.codec);
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void) alarm(LIFE_SEC);
	r = encoder_probe(&s, why, sizeof(why));
	if (r < 0)
		puts(why);
	return r < 0 || fflush(stdout) != 0;
}
