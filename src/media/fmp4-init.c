/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The init segment: the sample entries are those of ISO/IEC 14496-14 and -15. */
#include "media/annexb.h"
#include "media/box.h"
#include "media/fmp4-private.h"

static void put_matrix(struct box_bytes *b)
{
	static const uint32_t unity[9] = { 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000 };

	for (size_t i = 0; i < ARRAY_SIZE(unity); i++)
		box_put32(b, unity[i]);
}

static void put_sets(struct box_bytes *b, const struct fmp4_set *sets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		box_put16(b, (unsigned) sets[i].size);
		box_put(b, sets[i].data, sets[i].size);
	}
}

static void put_avcc(const struct fmp4 *f, struct box_bytes *b)
{
	size_t box = box_begin(b, "avcC");
	uint8_t profile = f->sps[0].data[1];

	box_put8(b, 1);
	box_put(b, f->sps[0].data + 1, 3); /* profile, its constraints, level */
	box_put8(b, 0xff);                 /* lengths have four bytes */
	box_put8(b, 0xe0 | (unsigned) f->n_sps);
	put_sets(b, f->sps, f->n_sps);
	box_put8(b, (unsigned) f->n_pps);
	put_sets(b, f->pps, f->n_pps);
	if (profile != 66 && profile != 77 && profile != 88) {
		/* 4:2:0, eight bits of luma and chroma: what the encoder takes. */
		box_put8(b, 0xfd);
		box_put16(b, 0xf8f8);
		box_put8(b, 0);
	}
	box_end(b, box);
}

static void put_array(
	struct box_bytes *b, enum annexb_hevc_type type, const struct fmp4_set *sets, size_t n)
{
	box_put8(b, 0x80 | (unsigned) type); /* these are all */
	box_put16(b, (unsigned) n);
	put_sets(b, sets, n);
}

static void put_hvcc(const struct fmp4 *f, struct box_bytes *b)
{
	size_t box = box_begin(b, "hvcC");

	box_put8(b, 1);
	box_put(b, f->level, sizeof(f->level));
	box_put16(b, 0xf000); /* segments in space, and how to decode them at the same time: */
	box_put8(b, 0xfc);    /* not told */
	box_put8(b, 0xfc | 1);
	box_put16(b, 0xf8f8); /* 4:2:0, eight bits of luma and chroma */
	box_put16(b, 0);      /* pictures per second: not told */
	box_put8(b, f->layers << 3 | (unsigned) f->nested << 2 | 3); /* lengths have four bytes */
	box_put8(b, 3);
	put_array(b, ANNEXB_HEVC_VPS, f->vps, f->n_vps);
	put_array(b, ANNEXB_HEVC_SPS, f->sps, f->n_sps);
	put_array(b, ANNEXB_HEVC_PPS, f->pps, f->n_pps);
	box_end(b, box);
}

static void put_picture_entry(const struct fmp4 *f, struct box_bytes *b)
{
	size_t box = box_begin(b, f->hevc ? "hvc1" : "avc1");

	box_put_zeros(b, 6);
	box_put16(b, 1); /* data reference */
	box_put_zeros(b, 16);
	box_put16(b, (unsigned) f->width);
	box_put16(b, (unsigned) f->height);
	box_put32(b, 72 << 16); /* dots per inch */
	box_put32(b, 72 << 16);
	box_put32(b, 0);
	box_put16(b, 1); /* pictures in a sample */
	box_put_zeros(b, 32);
	box_put16(b, 24); /* depth */
	box_put16(b, 0xffff);
	if (f->hevc)
		put_hvcc(f, b);
	else
		put_avcc(f, b);
	box_end(b, box);
}

static void put_esds(const struct fmp4 *f, struct box_bytes *b)
{
	size_t box = box_begin_full(b, "esds", 0, 0);
	unsigned config = (unsigned) f->config_size;

	/* Descriptors: tag, length, contents, which may be others. */
	box_put8(b, 3);
	box_put8(b, 3 + (2 + 13 + (2 + config)) + (2 + 1));
	box_put16(b, FMP4_AUDIO_ID);
	box_put8(b, 0);
	box_put8(b, 4);
	box_put8(b, 13 + (2 + config));
	box_put8(b, 0x40);       /* MPEG-4 sound */
	box_put8(b, 5 << 2 | 1); /* a stream of sound */
	box_put8(b, 0);
	box_put16(b, 0);
	box_put32(b, (uint32_t) f->bitrate);
	box_put32(b, (uint32_t) f->bitrate);
	box_put8(b, 5);
	box_put8(b, config);
	box_put(b, f->config, f->config_size);
	box_put8(b, 6);
	box_put8(b, 1);
	box_put8(b, 2); /* as in MP4 files */
	box_end(b, box);
}

static void put_mp4a(const struct fmp4 *f, struct box_bytes *b)
{
	size_t box = box_begin(b, "mp4a");

	box_put_zeros(b, 6);
	box_put16(b, 1); /* data reference */
	box_put_zeros(b, 8);
	box_put16(b, f->channels);
	box_put16(b, 16);
	box_put32(b, 0);
	box_put32(b, f->rate << 16);
	put_esds(f, b);
	box_end(b, box);
}

/* The samples are all in fragments: of the tables only the description says something. */
static void put_stbl(const struct fmp4 *f, struct box_bytes *b, enum track track)
{
	size_t box = box_begin(b, "stbl"), table = box_begin_full(b, "stsd", 0, 0);

	box_put32(b, 1);
	if (track == TRACK_VIDEO)
		put_picture_entry(f, b);
	else
		put_mp4a(f, b);
	box_end(b, table);
	for (size_t i = 0; i < 4; i++) {
		static const char names[][5] = { "stts", "stsc", "stsz", "stco" };

		table = box_begin_full(b, names[i], 0, 0);
		box_put_zeros(b, i == 2 ? 8 : 4);
		box_end(b, table);
	}
	box_end(b, box);
}

static void put_minf(const struct fmp4 *f, struct box_bytes *b, enum track track)
{
	bool video = track == TRACK_VIDEO;
	size_t box = box_begin(b, "minf"), inner, ref, url;

	inner = box_begin_full(b, video ? "vmhd" : "smhd", 0, video);
	box_put_zeros(b, video ? 8 : 4);
	box_end(b, inner);
	inner = box_begin(b, "dinf");
	ref = box_begin_full(b, "dref", 0, 0);
	box_put32(b, 1);
	url = box_begin_full(b, "url ", 0, 1); /* here */
	box_end(b, url);
	box_end(b, ref);
	box_end(b, inner);
	put_stbl(f, b, track);
	box_end(b, box);
}

static void put_mdia(const struct fmp4 *f, struct box_bytes *b, enum track track)
{
	bool video = track == TRACK_VIDEO;
	size_t box = box_begin(b, "mdia"), inner = box_begin_full(b, "mdhd", 0, 0);

	box_put_zeros(b, 8);
	box_put32(b, video ? FMP4_VIDEO_SCALE : f->rate);
	box_put32(b, 0);
	box_put16(b, 0x55c4); /* language: und */
	box_put16(b, 0);
	box_end(b, inner);
	inner = box_begin_full(b, "hdlr", 0, 0);
	box_put32(b, 0);
	box_put(b, video ? "vide" : "soun", 4);
	box_put_zeros(b, 12);
	box_put(b, video ? "video" : "sound", 6);
	box_end(b, inner);
	put_minf(f, b, track);
	box_end(b, box);
}

static void put_trak(const struct fmp4 *f, struct box_bytes *b, enum track track)
{
	bool video = track == TRACK_VIDEO;
	size_t box = box_begin(b, "trak"), head = box_begin_full(b, "tkhd", 0, 3);

	box_put_zeros(b, 8);
	box_put32(b, video ? FMP4_VIDEO_ID : FMP4_AUDIO_ID);
	box_put_zeros(b, 4 + 4 + 8 + 4);
	box_put16(b, video ? 0 : 0x100); /* volume */
	box_put16(b, 0);
	put_matrix(b);
	box_put32(b, video ? (uint32_t) f->width << 16 : 0);
	box_put32(b, video ? (uint32_t) f->height << 16 : 0);
	box_end(b, head);
	put_mdia(f, b, track);
	box_end(b, box);
}

static void put_trex(struct box_bytes *b, uint32_t id, uint32_t flags)
{
	size_t box = box_begin_full(b, "trex", 0, 0);

	box_put32(b, id);
	box_put32(b, 1); /* sample description */
	box_put_zeros(b, 8);
	box_put32(b, flags);
	box_end(b, box);
}

static void put_moov(const struct fmp4 *f, struct box_bytes *b)
{
	size_t box = box_begin(b, "moov"), inner = box_begin_full(b, "mvhd", 0, 0);

	box_put_zeros(b, 8);
	box_put32(b, 1000);
	box_put32(b, 0);
	box_put32(b, 0x10000); /* speed */
	box_put16(b, 0x100);   /* volume */
	box_put_zeros(b, 10);
	put_matrix(b);
	box_put_zeros(b, 24);
	box_put32(b, FMP4_AUDIO_ID + 1);
	box_end(b, inner);
	put_trak(f, b, TRACK_VIDEO);
	if (f->audio)
		put_trak(f, b, TRACK_AUDIO);
	inner = box_begin(b, "mvex");
	put_trex(b, FMP4_VIDEO_ID, FMP4_SAMPLE_DELTA);
	if (f->audio)
		put_trex(b, FMP4_AUDIO_ID, FMP4_SAMPLE_KEY);
	box_end(b, inner);
	box_end(b, box);
}

int fmp4_init_segment(const struct fmp4 *f, uint8_t **ret, size_t *ret_size)
{
	struct box_bytes b = { 0 };
	size_t box = box_begin(&b, "ftyp");

	box_put(&b, "iso6", 4);
	box_put32(&b, 0);
	box_put(&b, "iso6mp41", 8);
	box_end(&b, box);
	put_moov(f, &b);
	return box_give(&b, ret, ret_size);
}
