/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtmp/flv.h"

#include <errno.h>
#include <string.h>

#include "rtmp/amf0.h"

#define AVC 7
#define AAC 10

void flv_video_head(uint8_t ret[FLV_VIDEO_HEAD], enum flv_kind kind, bool key, int32_t shift_msec)
{
	uint32_t shift = (uint32_t) shift_msec;

	ret[0] = (uint8_t) ((key ? 1 : 2) << 4 | AVC);
	ret[1] = (uint8_t) kind;
	ret[2] = (uint8_t) (shift >> 16);
	ret[3] = (uint8_t) (shift >> 8);
	ret[4] = (uint8_t) shift;
}

/* Of AAC the fields for rate, bits and channels are always these. */
void flv_audio_head(uint8_t ret[FLV_AUDIO_HEAD], enum flv_kind kind)
{
	ret[0] = AAC << 4 | 3 << 2 | 1 << 1 | 1;
	ret[1] = (uint8_t) kind;
}

static size_t put_sets(uint8_t *p, const struct flv_set *sets, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++) {
		p[size++] = (uint8_t) (sets[i].size >> 8);
		p[size++] = (uint8_t) sets[i].size;
		memcpy(p + size, sets[i].data, sets[i].size);
		size += sets[i].size;
	}
	return size;
}

static size_t size_of(const struct flv_set *sets, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += 2 + sets[i].size;
	return size;
}

int flv_avc_config(const struct flv_sets *sets, uint8_t ret[FLV_CONFIG_MAX])
{
	uint8_t *p = ret, profile;

	if (sets->n_sps == 0 || sets->n_pps == 0 || sets->n_sps > FLV_SETS_MAX ||
		sets->n_pps > FLV_SETS_MAX || sets->sps[0].size < 4 ||
		size_of(sets->sps, sets->n_sps) + size_of(sets->pps, sets->n_pps) + 16 >
			FLV_CONFIG_MAX)
		return -EINVAL;
	profile = sets->sps[0].data[1];
	*p++ = 1;
	memcpy(p, sets->sps[0].data + 1, 3); /* profile, its constraints, level */
	p += 3;
	*p++ = 0xff; /* lengths have four bytes */
	*p++ = (uint8_t) (0xe0 | sets->n_sps);
	p += put_sets(p, sets->sps, sets->n_sps);
	*p++ = (uint8_t) sets->n_pps;
	p += put_sets(p, sets->pps, sets->n_pps);
	if (profile != 66 && profile != 77 && profile != 88) {
		/* 4:2:0, eight bits of luma and chroma: what the encoder takes. */
		memcpy(p, "\xfd\xf8\xf8\x00", 4);
		p += 4;
	}
	return (int) (p - ret);
}

static void put_number(struct amf0_writer *w, const char *name, double value)
{
	amf0_put_name(w, name);
	amf0_put_number(w, value);
}

size_t flv_put_metadata(const struct flv_metadata *m, uint8_t ret[FLV_METADATA_MAX])
{
	struct amf0_writer w = { .data = ret, .room = FLV_METADATA_MAX };

	amf0_put_string(&w, "@setDataFrame");
	amf0_put_string(&w, "onMetaData");
	amf0_begin_array(&w, 5U + (m->rate > 0) + (m->audio_rate ? 5 : 0));
	amf0_put_name(&w, "encoder");
	amf0_put_string(&w, m->encoder);
	put_number(&w, "width", m->width);
	put_number(&w, "height", m->height);
	put_number(&w, "videodatarate", m->video_kbps);
	if (m->rate > 0)
		put_number(&w, "framerate", m->rate);
	put_number(&w, "videocodecid", AVC);
	if (m->audio_rate) {
		put_number(&w, "audiodatarate", m->audio_kbps);
		put_number(&w, "audiosamplerate", m->audio_rate);
		put_number(&w, "audiosamplesize", 16);
		amf0_put_name(&w, "stereo");
		amf0_put_bool(&w, m->stereo);
		put_number(&w, "audiocodecid", AAC);
	}
	amf0_end(&w);
	return w.full ? 0 : w.size;
}
