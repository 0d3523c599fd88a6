/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written is decoded by libavformat, whole and with the times that the packets had; and the
 * fields that browsers go by are looked at in the bytes.
 */
#include "media/fmp4.h"

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
#include <limits.h>
#include <string.h>

#include "common/usec.h"
#include "media/annexb.h"
#include "tests/tap.h"
#include "tests/unit/av-packets.h"
#include "tests/unit/av-readback.h"

#define SOUND 32
#define FILLER 4000
#define ROUNDING 9 /* ticks, of times that browsers count in microseconds */

static char path[] = "/tmp/test-fmp4.XXXXXX";

/* ---- fields of a fragment ---- */

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16 | (uint32_t) p[2] << 8 | p[3];
}

struct fields {
	uint64_t dts;
	uint32_t samples, duration, size, flags, offset;
};

/* Of the picture's run, which comes first. */
static struct fields look_at(const uint8_t *data, size_t size)
{
	const uint8_t *tfdt = memmem(data, size, "tfdt", 4), *trun = memmem(data, size, "trun", 4);

	if (!tfdt || !trun)
		return (struct fields){ 0 };
	return (struct fields){
		.dts = (uint64_t) get32(tfdt + 8) << 32 | get32(tfdt + 12),
		.samples = get32(trun + 8),
		.duration = get32(trun + 16),
		.size = get32(trun + 20),
		.flags = get32(trun + 24),
		.offset = get32(trun + 28),
	};
}

/* ---- units between start codes ---- */

static void test_units(void)
{
	static const uint8_t stream[] = { 9, 9, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0,
		1, 0x65, 0, 0, 3, 1, 0, 0, 1 };
	const uint8_t *p = stream, *stop = stream + sizeof(stream);
	struct annexb_unit u;

	ok(annexb_next(&p, stop, &u) && u.type == ANNEXB_SPS && u.size == 3, "a first unit");
	ok(annexb_next(&p, stop, &u) && u.type == ANNEXB_PPS && u.size == 2,
		"a second one, without the zeros of the next start code");
	ok(annexb_next(&p, stop, &u) && u.type == ANNEXB_IDR && u.size == 5, "a third one");
	ok(!annexb_next(&p, stop, &u), "an empty one is none");
	for (size_t n = 0; n < sizeof(stream); n++) {
		size_t total = 0;

		for (p = stream; annexb_next(&p, stream + n, &u);)
			total += u.size;
		if (total > n)
			abort();
	}
	ok(true, "it ends wherever the bytes do");
}

/* ---- streams ---- */

static void write_bytes(FILE *f, uint8_t *data, size_t size)
{
	if (fwrite(data, 1, size, f) != size)
		abort();
	free(data);
}

/* All packets as a file. Returns the bytes of the fragments; negative when one was refused. */
static long write_file(struct av_packets *g, struct fmp4 *m, int pictures)
{
	struct packet *sound[SOUND];
	FILE *f = fopen(path, "w");
	uint8_t *data;
	size_t n = 0, size;
	long bytes = 0;

	if (fmp4_init_segment(m, &data, &size) < 0)
		abort();
	write_bytes(f, data, size);
	while (pictures > 0) {
		struct packet *p = av_packets_next(g);

		if (p->track == TRACK_AUDIO) {
			sound[n++] = p;
			continue;
		}
		if (fmp4_fragment(m, p, sound, n, &data, &size) < 0)
			bytes = LONG_MIN / 2;
		else
			write_bytes(f, data, size);
		bytes += (long) size;
		pictures--;
		packet_unref(p);
		while (n > 0)
			packet_unref(sound[--n]);
	}
	while (n > 0)
		packet_unref(sound[--n]);
	fclose(f);
	return bytes;
}

static void test_hevc(bool audio)
{
	struct av_packets *g = av_packets_hevc_new(2, audio, 60);
	struct tracks *t = g ? av_packets_tracks(g, 1) : NULL;
	struct fmp4 *m = NULL;
	struct readback rb;
	uint8_t *data = NULL, *sps;
	char mime[FMP4_MIME_MAX];
	const uint8_t *box;
	size_t size = 0;
	bool read;

	ok(t && fmp4_new(&m, t) == 0, "HEVC %s sound is taken", audio ? "with" : "without");
	ok(fmp4_init_segment(m, &data, &size) == 0 && memmem(data, size, "hvc1", 4) &&
			!memmem(data, size, "avc", 3),
		"the sample entry is HEVC's");
	box = memmem(data, size, "hvcC", 4);
	/* Main, which Main 10 can decode, too; progressive, frames only; and a level. */
	ok(box && memcmp(box + 4, "\1\1\x60\0\0\0\x90\0\0\0\0\0", 12) == 0 && box[4 + 12] >= 30 &&
			box[4 + 21] == 0x0f && box[4 + 22] == 3 && box[4 + 23] == (0x80 | 32),
		"with its profile and sets");
	snprintf(mime, sizeof(mime), "video/mp4; codecs=\"hvc1.1.6.L%u.90%s\"",
		box ? box[4 + 12] : 0U, audio ? ", mp4a.40.2" : "");
	ok(strcmp(fmp4_mime(m), mime) == 0, "it is %s", fmp4_mime(m));
	free(data);
	ok(write_file(g, m, 45) > 0, "all is written");
	read = av_readback(path, &rb);
	ok(read && rb.pictures == 45 && rb.errors == 0 && rb.first_key && rb.monotonic,
		"and decoded: %d pictures, %d errors", rb.pictures, rb.errors);
	fmp4_free(m);

	/* The profile is behind two bytes of head and one of layers. */
	sps = memmem(t->video->extradata, (size_t) t->video->extradata_size, "\0\0\1\x42\1", 5);
	ok(sps && sps[6] == 1, "an SPS");
	if (sps)
		sps[6] = 2;
	ok(fmp4_new(&m, t) == -ENOTSUP, "ten bits are refused");
	if (sps)
		memset(sps, 0xff, 5);
	ok(fmp4_new(&m, t) == -ENOTSUP, "and what has no SPS");
	tracks_unref(t);
	av_packets_free(g);
}

static void test_hevc_left_out(void)
{
	struct av_packets *g = av_packets_hevc_new(1, false, 60);
	struct tracks *t = av_packets_tracks(g, 1);
	struct packet *p = av_packets_next(g);
	AVPacket *av = p->av;
	struct fmp4 *m = NULL;
	uint8_t *data = NULL;
	size_t size = 0, whole;

	if (fmp4_new(&m, t) < 0 || fmp4_fragment(m, p, NULL, 0, &data, &size) < 0)
		abort();
	whole = size;
	ok(p->key && !memmem(data, size, "\x40\1\xc", 3) && !memmem(data, size, "\x42\1\1", 3) &&
			whole < p->size + 256,
		"HEVC: parameter sets that everybody has are left out");
	free(data);
	/* A delimiter in front, and filler behind. */
	if (av_grow_packet(av, 14) < 0)
		abort();
	memmove(av->data + 7, av->data, (size_t) av->size - 14);
	memcpy(av->data, "\0\0\0\1\x46\1\x50", 7);
	memcpy(av->data + av->size - 7, "\0\0\1\x4c\1\xff\x80", 7);
	if (fmp4_fragment(m, p, NULL, 0, &data, &size) < 0)
		abort();
	ok(size == whole, "so is what pads it (%zu bytes, %zu)", size, whole);
	free(data);
	memset(av->data, 0, (size_t) av->size - 7);
	ok(fmp4_fragment(m, p, NULL, 0, &data, &size) == -EBADMSG, "what is no picture is refused");
	packet_unref(p);
	fmp4_free(m);
	tracks_unref(t);
	av_packets_free(g);
}

static void test_decodes(bool audio)
{
	struct av_packets *g = av_packets_new(2, audio, 60);
	struct tracks *t = av_packets_tracks(g, 1);
	struct fmp4 *m = NULL;
	struct readback rb;
	char begin[48];
	bool read;

	ok(fmp4_new(&m, t) == 0, "tracks %s sound are taken", audio ? "with" : "without");
	snprintf(begin, sizeof(begin), "video/mp4; codecs=\"avc1.%02X",
		t->video->extradata[t->video->extradata[3] == 1 ? 5 : 4]);
	ok(strncmp(fmp4_mime(m), begin, strlen(begin)) == 0 &&
			strcmp(strrchr(fmp4_mime(m), '.'),
				audio ? ".2\"" : strrchr(fmp4_mime(m), '.')) == 0 &&
			!strstr(fmp4_mime(m), "mp4a") == !audio,
		"they are %s", fmp4_mime(m));
	ok(write_file(g, m, 45) > 0, "all is written");
	read = av_readback(path, &rb);
	ok(read && rb.pictures == 45 && rb.errors == 0 && rb.first_key && rb.monotonic,
		"and decoded: %d pictures, %d errors", rb.pictures, rb.errors);
	ok(rb.seconds > 1.46 && rb.seconds < 1.48, "at its times (%.3f s)", rb.seconds);
	ok(audio ? rb.blocks >= 65 && rb.sound_begins < 0.03 && rb.sound_ends > 1.4
		 : rb.blocks == 0,
		"%d blocks of sound, from %.3f to %.3f s", rb.blocks, rb.sound_begins,
		rb.sound_ends);
	fmp4_free(m);
	tracks_unref(t);
	av_packets_free(g);
}

/* A picture with so many bytes of filler behind it. */
static struct packet *with_filler(const struct packet *p, int filler)
{
	AVPacket *av = av_packet_alloc();
	struct packet *copy;

	if (av_new_packet(av, p->av->size + filler) < 0)
		abort();
	memcpy(av->data, p->av->data, (size_t) p->av->size);
	memset(av->data + p->av->size, 0xff, (size_t) filler);
	memcpy(av->data + p->av->size, "\0\0\0\1\x0c", 5);
	if (packet_new(&copy, av) < 0)
		abort();
	copy->key = p->key;
	copy->pts_usec = copy->dts_usec = p->pts_usec;
	return copy;
}

static struct packet *next_picture(struct av_packets *g)
{
	struct packet *p;

	while ((p = av_packets_next(g))->track != TRACK_VIDEO)
		packet_unref(p);
	return p;
}

static void test_left_out(struct av_packets *g, const struct tracks *t)
{
	struct packet *plain = next_picture(g), *padded = with_filler(plain, FILLER);
	struct packet *hollow;
	uint8_t *data = NULL;
	struct fmp4 *m;
	struct fields f;
	size_t size = 0;

	if (fmp4_new(&m, t) < 0)
		abort();
	if (fmp4_fragment(m, padded, NULL, 0, &data, &size) < 0)
		abort();
	ok(plain->key && size < plain->size + 256, "filler is left out (%zu bytes of %zu)", size,
		padded->size);
	f = look_at(data, size);
	ok(f.samples == 1 && f.flags == 0x02000000 && f.size < plain->size,
		"so are parameter sets that everybody has");
	ok(!memmem(data, size, t->video->extradata + 4, 8), "they are not in it at all");
	free(data);

	hollow = with_filler(plain, FILLER);
	memset(hollow->av->data, 0, (size_t) plain->av->size);
	ok(fmp4_fragment(m, hollow, NULL, 0, &data, &size) == -EBADMSG,
		"what is no picture is refused");
	packet_unref(hollow);
	packet_unref(padded);
	packet_unref(plain);
	fmp4_free(m);
}

/* Pictures that come at these times, in milliseconds. What browsers want: decode times that grow,
 * by less than twice the duration that was told for the last one; and the time to show is true.
 */
static void check_times(struct av_packets *g, const struct tracks *t, const char *what,
	const int64_t *msec, size_t n, uint32_t lag_max)
{
	struct fields last = { 0 }, f = { 0 };
	bool true_times = true, steady = true;
	struct fmp4 *m;

	if (fmp4_new(&m, t) < 0)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct packet *p = next_picture(g);
		uint8_t *data;
		size_t size;

		p->key = i == 0;
		p->pts_usec = p->dts_usec = msec[i] * 1000;
		p->duration_usec = 33333;
		if (fmp4_fragment(m, p, NULL, 0, &data, &size) < 0)
			abort();
		f = look_at(data, size);
		true_times = true_times && f.dts + f.offset == (uint64_t) msec[i] * 90;
		steady = steady && (i == 0 || (f.dts > last.dts && f.dts - last.dts + ROUNDING <
									   2 * last.duration));
		last = f;
		free(data);
		packet_unref(p);
	}
	ok(true_times, "%s: pictures are shown at their times", what);
	ok(steady, "%s: and no browser sees a gap", what);
	ok(f.offset <= lag_max, "%s: in the end decode times lag by %u ms", what, f.offset / 90);
	fmp4_free(m);
}

static void test_times(struct av_packets *g, const struct tracks *t)
{
	static const int64_t even[] = { 0, 33, 67, 100, 133, 167 };
	static const int64_t jitter[] = { 5, 30, 75, 98, 140, 160, 205 };
	static const int64_t gap[] = { 0, 33, 67, 217, 250, 283, 317, 350 };
	static const int64_t slow[] = { 0, 150, 300, 450, 600, 750, 900, 1050 };

	check_times(g, t, "an even stream", even, ARRAY_SIZE(even), 0);
	check_times(g, t, "one with jitter", jitter, ARRAY_SIZE(jitter), 0);
	check_times(g, t, "pictures missing", gap, ARRAY_SIZE(gap), 0);
	check_times(g, t, "slower than it says", slow, ARRAY_SIZE(slow), 0);
}

static void test_refused(struct av_packets *g)
{
	struct tracks *t = av_packets_tracks(g, 1);
	struct fmp4 *m = NULL;

	t->video->codec_id = AV_CODEC_ID_AV1;
	ok(fmp4_new(&m, t) == -ENOTSUP, "another codec is refused");
	t->video->codec_id = AV_CODEC_ID_HEVC;
	ok(fmp4_new(&m, t) == -ENOTSUP, "so is what is not what it is said to be");
	t->video->codec_id = AV_CODEC_ID_H264;
	t->audio->codec_id = AV_CODEC_ID_MP3;
	ok(fmp4_new(&m, t) == -ENOTSUP, "other sound, too");
	t->audio->codec_id = AV_CODEC_ID_AAC;
	memset(t->video->extradata, 0, (size_t) t->video->extradata_size);
	ok(fmp4_new(&m, t) == -ENOTSUP, "and what has no parameter sets");
	t->video->extradata_size = 0;
	ok(fmp4_new(&m, t) == -ENOTSUP && !m, "or nothing at all");
	tracks_unref(t);
}

int main(void)
{
	struct av_packets *g = av_packets_new(2, true, 60);
	int fd = mkstemp(path);
	struct tracks *t;

	if (!g || fd < 0)
		abort();
	close(fd);
	t = av_packets_tracks(g, 1);
	test_units();
	test_decodes(true);
	test_decodes(false);
	test_hevc(true);
	test_hevc(false);
	test_hevc_left_out();
	test_left_out(g, t);
	test_times(g, t);
	test_refused(g);
	tracks_unref(t);
	av_packets_free(g);
	(void) unlink(path);
	return tap_done();
}
