/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pulses at known samples go through encoder and decoder and must come out at the times that the
 * packets tell. */
#include "media/aac.h"

#include <libavcodec/avcodec.h>
#include <math.h>
#include <string.h>

#include "tests/tap.h"

#define BLOCKS 200
#define START 4800 /* samples from the epoch to the first block */
#define SPACING 12345
#define FIRST 9000
#define SIGMA 12.0 /* samples: a pulse that AAC keeps whole */

struct ear {
	AVCodecContext *ctx;
	AVFrame *frame;
	float sound[START + (BLOCKS + 4) * SYNC_BLOCK];
	int64_t end;
	int errors, packets;
	int64_t bytes;
};

static struct ear ear;

static float pulse(int64_t at)
{
	double d = (double) ((at - FIRST + SPACING / 2) % SPACING - SPACING / 2);

	return at < FIRST - SPACING / 2 ? 0 : (float) (0.6 * exp(-d * d / (2 * SIGMA * SIGMA)));
}

static void ear_open(const struct aac *a)
{
	struct AVCodecParameters *p = NULL;

	memset(&ear, 0, sizeof(ear));
	ear.ctx = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_AAC));
	ear.frame = av_frame_alloc();
	ok(aac_parameters(a, &p) == 0 && p->codec_id == AV_CODEC_ID_AAC &&
			p->sample_rate == SYNC_RATE && p->ch_layout.nb_channels == SYNC_CHANNELS &&
			p->extradata_size >= 2,
		"parameters: AAC, 48 kHz stereo, with its configuration");
	(void) avcodec_parameters_to_context(ear.ctx, p);
	(void) avcodec_open2(ear.ctx, NULL, NULL);
	avcodec_parameters_free(&p);
}

static void ear_close(void)
{
	avcodec_free_context(&ear.ctx);
	av_frame_free(&ear.frame);
}

/* Decodes a packet and puts its samples where its time says. */
static void hear(const struct packet *p)
{
	int64_t at = (p->pts_usec * SYNC_RATE + 500000) / 1000000;

	ear.packets++;
	ear.bytes += (int64_t) p->size;
	if (avcodec_send_packet(ear.ctx, p->av) < 0)
		ear.errors++;
	while (avcodec_receive_frame(ear.ctx, ear.frame) == 0) {
		for (int i = 0; i < ear.frame->nb_samples; i++, at++)
			if (at >= 0 && at < (int64_t) ARRAY_SIZE(ear.sound))
				ear.sound[at] = ((float *) ear.frame->data[0])[i];
		ear.end = at;
	}
}

/* Where a pulse that belongs at this sample is, relative to it. */
static double error_at(int64_t at)
{
	double energy = 0, moment = 0;

	for (int64_t i = at - 300; i <= at + 300; i++) {
		double e = (double) ear.sound[i] * ear.sound[i];

		energy += e;
		moment += e * (double) (i - at);
	}
	return energy > 0.5 ? moment / energy : 1e9;
}

static int encode_block(struct aac *a, int64_t first, struct packet **ret)
{
	float *left = aac_input(a, 0), *right = aac_input(a, 1);

	for (int i = 0; i < SYNC_BLOCK; i++)
		left[i] = right[i] = pulse(first + i);
	return aac_encode(a, first * 1000000 / SYNC_RATE, ret);
}

static void test_places(int64_t bitrate)
{
	_cleanup_(aac_freep) struct aac *a = NULL;
	int64_t due = START - SYNC_BLOCK;
	double worst = 0;
	bool regular = true, full = true;
	char why[160] = "";
	int first_packet = -1;

	ok(aac_new(&a, bitrate, why, sizeof(why)) == 0, "AAC at %lld bit/s %s", (long long) bitrate,
		why);
	ear_open(a);
	for (int b = 0; b < BLOCKS; b++) {
		_cleanup_(packet_unrefp) struct packet *p = NULL;

		full = full && encode_block(a, START + (int64_t) b * SYNC_BLOCK, &p) == 0;
		if (!p)
			continue;
		if (first_packet < 0)
			first_packet = b;
		regular = regular && llabs(p->pts_usec - due * 1000000 / SYNC_RATE) <= 1 &&
			  p->dts_usec == p->pts_usec && p->duration_usec == 21333 &&
			  p->track == TRACK_AUDIO && !p->key && p->dequeue_usec > 0;
		due += SYNC_BLOCK;
		hear(p);
	}
	ok(full && first_packet == 1 && ear.packets == BLOCKS - 1,
		"a packet for each block from the second on");
	ok(regular, "packets are 1024 samples apart, the first before its sound");
	ok(ear.errors == 0 && ear.end == START + (int64_t) (BLOCKS - 2) * SYNC_BLOCK,
		"all of them decode");
	for (int64_t at = FIRST; at < ear.end - 400; at += SPACING)
		worst = fmax(worst, fabs(error_at(at)));
	ok(worst < 0.5, "pulses come out where they were, to %.2f samples", worst);
	ok(ear.bytes * 8 * SYNC_RATE <= bitrate * 5 / 4 * (BLOCKS - 1) * SYNC_BLOCK,
		"… in no more bits than that");
	ear_close();
}

/* Nobody wanted packets for a while: blocks were left out. */
static void test_pause(void)
{
	_cleanup_(aac_freep) struct aac *a = NULL;
	bool rising = true;
	int64_t last = INT64_MIN;
	double worst = 0;
	char why[160];

	(void) aac_new(&a, 96000, why, sizeof(why));
	ear_open(a);
	for (int b = 0; b < BLOCKS; b++) {
		_cleanup_(packet_unrefp) struct packet *p = NULL;

		if (b >= 50 && b < 100)
			continue;
		(void) encode_block(a, START + (int64_t) b * SYNC_BLOCK, &p);
		if (!p)
			continue;
		rising = rising && p->pts_usec > last;
		last = p->pts_usec;
		hear(p);
	}
	ok(rising && ear.errors == 0, "after a pause times go on");
	for (int64_t at = FIRST; at < ear.end - 400; at += SPACING)
		if (at < START + 49 * SYNC_BLOCK - 400 || at > START + 101 * SYNC_BLOCK + 400)
			worst = fmax(worst, fabs(error_at(at)));
	ok(worst < 0.5, "… and are right (%.2f samples)", worst);
	ear_close();
}

int main(void)
{
	struct aac *a = NULL;
	char why[160] = "";

	av_log_set_level(AV_LOG_QUIET);
	test_places(96000);
	test_places(160000);
	test_pause();
	ok(aac_new(&a, -1, why, sizeof(why)) < 0 && !a && why[0], "no bitrate: %s", why);
	ok(aac_free(NULL) == NULL, "NULL is fine");
	return tap_done();
}
