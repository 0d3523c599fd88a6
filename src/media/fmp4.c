/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the tracks, and the fragments. */
#include "media/fmp4.h"

#include <libavcodec/codec_par.h>
#include <libavcodec/packet.h>
#include <string.h>

#include "common/usec.h"
#include "media/annexb.h"
#include "media/box.h"
#include "media/fmp4-private.h"

#define SET_SIZE_MAX 1024
#define SOUND_BLOCK 1024 /* samples of an AAC frame whose encoder does not say */

static bool is_known(const struct fmp4_set *sets, size_t n, const struct annexb_unit *u)
{
	for (size_t i = 0; i < n; i++)
		if (sets[i].size == u->size && memcmp(sets[i].data, u->data, u->size) == 0)
			return true;
	return false;
}

static int keep_set(struct fmp4_set *sets, size_t *n, const struct annexb_unit *u)
{
	struct fmp4_set *s = &sets[*n];

	if (*n == FMP4_SETS_MAX || u->size < 2 || u->size > SET_SIZE_MAX)
		return -ENOTSUP;
	s->data = malloc(u->size);
	if (!s->data)
		return -ENOMEM;
	memcpy(s->data, u->data, u->size);
	s->size = u->size;
	++*n;
	return 0;
}

/* ITU-T H.265, 7.3.2.2.1 and 7.3.3: two bytes of the unit's head, one with the layers, the level;
 * what keeps zeros from looking like a start code is taken out. Main is 4:2:0 of eight bits, which
 * the sample entry says without having read any further. */
static int read_level(struct fmp4 *f)
{
	uint8_t head[3 + FMP4_LEVEL_SIZE];
	const struct fmp4_set *sps = &f->sps[0];
	size_t n = 0, zeros = 0;

	for (size_t i = 0; i < sps->size && n < sizeof(head); i++) {
		if (zeros >= 2 && sps->data[i] == 3) {
			zeros = 0;
			continue;
		}
		zeros = sps->data[i] ? 0 : zeros + 1;
		head[n++] = sps->data[i];
	}
	if (n < sizeof(head) || (head[3] & 0xdf) != 1)
		return -ENOTSUP;
	f->layers = (head[2] >> 1 & 7) + 1U;
	f->nested = head[2] & 1;
	memcpy(f->level, head + 3, sizeof(f->level));
	return 0;
}

static int keep_part(struct fmp4 *f, const struct annexb_unit *u)
{
	enum annexb_part part = annexb_part(u, f->hevc);

	if (part == ANNEXB_PART_VPS)
		return keep_set(f->vps, &f->n_vps, u);
	if (part == ANNEXB_PART_SPS)
		return keep_set(f->sps, &f->n_sps, u);
	return part == ANNEXB_PART_PPS ? keep_set(f->pps, &f->n_pps, u) : 0;
}

static int read_sets(struct fmp4 *f, const AVCodecParameters *par)
{
	const uint8_t *p = par->extradata;
	const uint8_t *stop = p ? p + MAX(par->extradata_size, 0) : NULL;
	struct annexb_unit u;
	int r = 0;

	if (par->codec_id != AV_CODEC_ID_H264 && par->codec_id != AV_CODEC_ID_HEVC)
		return -ENOTSUP;
	f->hevc = par->codec_id == AV_CODEC_ID_HEVC;
	while (r == 0 && annexb_next(&p, stop, &u))
		r = keep_part(f, &u);
	if (r == 0 && (f->n_sps == 0 || f->n_pps == 0 || f->sps[0].size < 4))
		r = -ENOTSUP;
	if (r < 0 || !f->hevc)
		return r;
	return f->n_vps > 0 ? read_level(f) : -ENOTSUP;
}

/* ---- what there is to know of the tracks ---- */

static int read_sound(struct fmp4 *f, const AVCodecParameters *par)
{
	if (par->codec_id != AV_CODEC_ID_AAC || par->extradata_size < 2 ||
		par->extradata_size > FMP4_CONFIG_MAX || par->sample_rate < 1 ||
		par->sample_rate > UINT16_MAX)
		return -ENOTSUP;
	f->audio = true;
	f->rate = (uint32_t) par->sample_rate;
	f->channels = (uint32_t) par->ch_layout.nb_channels;
	f->block = par->frame_size > 0 ? (uint32_t) par->frame_size : SOUND_BLOCK;
	f->bitrate = CLAMP(par->bit_rate, (int64_t) 0, (int64_t) INT32_MAX);
	memcpy(f->config, par->extradata, (size_t) par->extradata_size);
	f->config_size = (size_t) par->extradata_size;
	return 0;
}

/* ISO/IEC 14496-15, E.3: the profile, what it is compatible with (from the last bit to the first),
 * tier and level, and the constraints without the zeros at their end. */
static void name_hevc(const struct fmp4 *f, char *buf, size_t size)
{
	const uint8_t *l = f->level;
	uint32_t compatible = 0;
	int n, last = 10;

	for (int i = 0; i < 32; i++)
		compatible |= (uint32_t) (l[1 + i / 8] >> (7 - i % 8) & 1) << i;
	n = snprintf(buf, size, "hvc1.%u.%X.%c%u", (unsigned) l[0] & 0x1f, compatible,
		l[0] & 0x20 ? 'H' : 'L', l[11]);
	while (last > 4 && l[last] == 0)
		last--;
	for (int i = 5; i <= last; i++)
		n += snprintf(buf + n, size - (size_t) n, ".%X", l[i]);
}

static void name_codecs(struct fmp4 *f)
{
	const uint8_t *sps = f->sps[0].data;
	char picture[44], sound[16] = "";

	if (f->hevc)
		name_hevc(f, picture, sizeof(picture));
	else
		snprintf(picture, sizeof(picture), "avc1.%02X%02X%02X", sps[1], sps[2], sps[3]);
	if (f->audio)
		snprintf(sound, sizeof(sound), ", mp4a.40.%u", (unsigned) f->config[0] >> 3);
	snprintf(f->mime, sizeof(f->mime), "video/mp4; codecs=\"%s%s\"", picture, sound);
}

int fmp4_new(struct fmp4 **ret, const struct tracks *t)
{
	_cleanup_(fmp4_freep) struct fmp4 *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->last_sound = -1;
	f->width = t->video->width;
	f->height = t->video->height;
	r = read_sets(f, t->video);
	if (r == 0 && t->audio)
		r = read_sound(f, t->audio);
	if (r < 0)
		return r;
	name_codecs(f);
	*ret = TAKE_PTR(f);
	return 0;
}

struct fmp4 *fmp4_free(struct fmp4 *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < f->n_vps; i++)
		free(f->vps[i].data);
	for (size_t i = 0; i < f->n_sps; i++)
		free(f->sps[i].data);
	for (size_t i = 0; i < f->n_pps; i++)
		free(f->pps[i].data);
	free(f);
	return NULL;
}

const char *fmp4_mime(const struct fmp4 *f)
{
	return f->mime;
}

/* ---- fragments ---- */

static int64_t ticks(int64_t usec, int64_t scale)
{
	return (MAX(usec, (int64_t) 0) * scale + (int64_t) USEC_PER_SEC / 2) /
	       (int64_t) USEC_PER_SEC;
}

struct times {
	int64_t pts, dts, duration;
};

/* How long a picture is shown nobody knows before the next one is there; it is taken to be as long
 * as the last one was. Browsers take a decode time that is later than the last one by more than two
 * such durations for a gap, and show nothing until the next keyframe: so where pictures were
 * missing, decode times follow slowly, and only the times to show them tell the truth. Well below
 * two: times are rounded there. */
static struct times choose_times(const struct fmp4 *f, const struct packet *p)
{
	int64_t pts = ticks(p->pts_usec, FMP4_VIDEO_SCALE);
	int64_t nominal = ticks(p->duration_usec, FMP4_VIDEO_SCALE);
	struct times t = {
		.pts = pts, .dts = pts, .duration = nominal ? nominal : FMP4_VIDEO_SCALE / 30
	};

	if (!f->begun)
		return t;
	t.duration =
		CLAMP(pts - f->last_pts, t.duration, MAX(t.duration, (int64_t) FMP4_VIDEO_SCALE));
	if (!p->key)
		t.dts = MIN(t.dts, f->last_dts + f->last_duration * 3 / 2);
	t.dts = MAX(t.dts, f->last_dts + 1);
	t.pts = MAX(t.pts, t.dts);
	return t;
}

static void put_tfhd(struct box_bytes *b, uint32_t id)
{
	size_t box = box_begin_full(b, "tfhd", 0, 0x020000); /* offsets count from the moof */

	box_put32(b, id);
	box_end(b, box);
}

static void put_tfdt(struct box_bytes *b, int64_t dts)
{
	size_t box = box_begin_full(b, "tfdt", 1, 0);

	box_put64(b, (uint64_t) dts);
	box_end(b, box);
}

/* Places in the moof that are known only when the payload is there. */
struct gaps {
	size_t video_offset, video_size, audio_offset;
};

static void put_video_traf(struct box_bytes *b, const struct times *t, bool key, struct gaps *gaps)
{
	size_t box = box_begin(b, "traf"), run;

	put_tfhd(b, FMP4_VIDEO_ID);
	put_tfdt(b, t->dts);
	run = box_begin_full(b, "trun", 0, 0x01 | 0x100 | 0x200 | 0x400 | 0x800);
	box_put32(b, 1);
	gaps->video_offset = b->size;
	box_put32(b, 0);
	box_put32(b, (uint32_t) t->duration);
	gaps->video_size = b->size;
	box_put32(b, 0);
	box_put32(b, key ? FMP4_SAMPLE_KEY : FMP4_SAMPLE_DELTA);
	box_put32(b, (uint32_t) (t->pts - t->dts));
	box_end(b, run);
	box_end(b, box);
}

static void put_audio_traf(const struct fmp4 *f, struct box_bytes *b, struct packet *const *sound,
	size_t n, struct gaps *gaps)
{
	size_t box = box_begin(b, "traf"), run;

	put_tfhd(b, FMP4_AUDIO_ID);
	put_tfdt(b, ticks(sound[0]->dts_usec, f->rate));
	run = box_begin_full(b, "trun", 0, 0x01 | 0x100 | 0x200);
	box_put32(b, (uint32_t) n);
	gaps->audio_offset = b->size;
	box_put32(b, 0);
	for (size_t i = 0; i < n; i++) {
		int64_t duration = f->block;

		if (i + 1 < n)
			duration = ticks(sound[i + 1]->dts_usec, f->rate) -
				   ticks(sound[i]->dts_usec, f->rate);
		box_put32(b, (uint32_t) CLAMP(duration, (int64_t) 0, (int64_t) INT32_MAX));
		box_put32(b, (uint32_t) sound[i]->size);
	}
	box_end(b, run);
	box_end(b, box);
}

/* With lengths instead of start codes. Parameter sets are in the init segment. Returns whether
 * there is a picture in it. */
static bool put_picture(const struct fmp4 *f, struct box_bytes *b, const AVPacket *av)
{
	const uint8_t *p = av->data, *stop = p + av->size;
	bool picture = false;
	struct annexb_unit u;

	while (annexb_next(&p, stop, &u)) {
		enum annexb_part part = annexb_part(&u, f->hevc);

		if (part == ANNEXB_PART_PADDING ||
			(part == ANNEXB_PART_VPS && is_known(f->vps, f->n_vps, &u)) ||
			(part == ANNEXB_PART_SPS && is_known(f->sps, f->n_sps, &u)) ||
			(part == ANNEXB_PART_PPS && is_known(f->pps, f->n_pps, &u)))
			continue;
		picture = picture || part == ANNEXB_PART_KEY || part == ANNEXB_PART_PICTURE;
		box_put32(b, (uint32_t) u.size);
		box_put(b, u.data, u.size);
	}
	return picture;
}

/* The sound that is new: those before it are passed over. */
static size_t skip_old(const struct fmp4 *f, struct packet *const *sound, size_t n)
{
	size_t i = 0;

	if (!f->audio)
		return n;
	while (i < n && ticks(sound[i]->dts_usec, f->rate) <= f->last_sound)
		i++;
	return i;
}

static void remember(struct fmp4 *f, const struct times *t, struct packet *const *sound, size_t n)
{
	f->sequence++;
	f->begun = true;
	f->last_pts = t->pts;
	f->last_dts = t->dts;
	f->last_duration = t->duration;
	if (n > 0)
		f->last_sound = ticks(sound[n - 1]->dts_usec, f->rate);
}

int fmp4_fragment(struct fmp4 *f, const struct packet *picture, struct packet *const *sound,
	size_t n, uint8_t **ret, size_t *ret_size)
{
	struct times t = choose_times(f, picture);
	size_t skip = skip_old(f, sound, n), moof, box, payload;
	struct box_bytes b = { 0 };
	struct gaps gaps = { .audio_offset = 0 };
	bool good;
	int r;

	sound += skip;
	n -= skip;
	moof = box_begin(&b, "moof");
	box = box_begin_full(&b, "mfhd", 0, 0);
	box_put32(&b, f->sequence + 1);
	box_end(&b, box);
	put_video_traf(&b, &t, picture->key, &gaps);
	if (n > 0)
		put_audio_traf(f, &b, sound, n, &gaps);
	box_end(&b, moof);
	box = box_begin(&b, "mdat");
	payload = b.size;
	good = put_picture(f, &b, picture->av);
	box_set32(&b, gaps.video_offset, (uint32_t) payload);
	box_set32(&b, gaps.video_size, (uint32_t) (b.size - payload));
	if (n > 0)
		box_set32(&b, gaps.audio_offset, (uint32_t) b.size);
	for (size_t i = 0; i < n; i++)
		box_put(&b, sound[i]->av->data, sound[i]->size);
	box_end(&b, box);
	if (!good && !b.failed) {
		free(b.data);
		return -EBADMSG;
	}
	r = box_give(&b, ret, ret_size);
	if (r == 0)
		remember(f, &t, sound, n);
	return r;
}
