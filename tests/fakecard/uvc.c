/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host probes until it likes what the device offers, commits, and then reads from the bulk
 * endpoint. A picture is spread over as many transfers as it takes; each begins with a payload
 * header of two bytes whose first bit toggles per picture and whose second ends it.
 */
#include "uvc.h"

#include <endian.h>
#include <errno.h>
#include <linux/usb/ch9.h>
#include <linux/usb/video.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "descriptors.h"
#include "picture.h"

#define CONTROL_PROBE 1
#define CONTROL_COMMIT 2
#define HINT_FRAME_INTERVAL 1
#define INFO_GET_AND_SET 3
#define PAYLOAD_FRAME_ID 0x01
#define PAYLOAD_END_OF_FRAME 0x02
#define PAYLOAD_END_OF_HEADER 0x80
#define PAYLOAD_HEADER_BYTES 2

/* Version 1.0 of the class ends this structure after dwMaxPayloadTransferSize. */
#define STREAMING_CONTROL_BYTES offsetof(struct uvc_streaming_control, dwClockFrequency)

struct uvc {
	const struct card *card;
	struct picture_source *pictures;
	struct uvc_streaming_control probed, committed;

	/* since the commit */
	uint64_t start_usec; /* 0: no transfer was asked for yet */
	uint64_t done;       /* pictures that were sent or skipped */

	/* the picture that is being sent; NULL between pictures */
	const uint8_t *data;
	size_t size, sent;
	bool frame_id;
	uint64_t number; /* counts over commits */
	uint64_t coded;  /* of H.264, whose stream begins with each commit */
};

/* It is one of ours, or else the default one. */
static uint32_t offer_interval(uint32_t wanted)
{
	for (int i = 0; i < CARD_INTERVALS; i++) {
		if (card_intervals[i] == wanted)
			return wanted;
	}
	return card_intervals[0];
}

/* The closest offer to what the host asks for. */
static struct uvc_streaming_control offer(
	const struct card *card, unsigned int format, unsigned int frame, uint32_t interval)
{
	const struct card_size *size;

	if (format < 1 || format > card_formats(card))
		format = 1;
	if (frame < 1 || frame > CARD_SIZES)
		frame = CARD_DEFAULT_SIZE + 1;
	size = &card_sizes[frame - 1];
	return (struct uvc_streaming_control){
		.bmHint = htole16(HINT_FRAME_INTERVAL),
		.bFormatIndex = (uint8_t) format,
		.bFrameIndex = (uint8_t) frame,
		.dwFrameInterval = htole32(offer_interval(interval)),
		.dwMaxVideoFrameSize = htole32(size->width * size->height * 2u),
		.dwMaxPayloadTransferSize = htole32(DESCRIPTORS_VIDEO_PAYLOAD),
	};
}

int uvc_new(struct uvc **ret, const struct card *card)
{
	struct uvc *v = calloc(1, sizeof(*v));
	int r;

	if (!v)
		return -ENOMEM;
	v->card = card;
	r = picture_source_new(&v->pictures, card->jpeg_path, card->h264_path, card->mirrored);
	if (r < 0) {
		free(v);
		return r;
	}
	v->probed = v->committed = offer(card, 1, CARD_DEFAULT_SIZE + 1, card_intervals[0]);
	*ret = v;
	return 0;
}

struct uvc *uvc_free(struct uvc *v)
{
	if (!v)
		return NULL;
	picture_source_free(v->pictures);
	free(v);
	return NULL;
}

static void commit(struct uvc *v)
{
	static const char *const names[] = { "MJPEG", "H.264", "YUYV" };
	const struct card_size *size = &card_sizes[v->probed.bFrameIndex - 1];

	v->committed = v->probed;
	v->start_usec = 0;
	v->data = NULL;
	v->coded = 0;
	fprintf(stderr, "fakecard %s: %s %ux%u, every %.1f ms\n", v->card->serial,
		names[card_format(v->card, v->probed.bFormatIndex)], size->width, size->height,
		le32toh(v->probed.dwFrameInterval) / 1e4);
}

static int set_streaming(struct uvc *v, unsigned int control, const uint8_t *data, size_t size)
{
	struct uvc_streaming_control wish = { 0 };

	memcpy(&wish, data, MIN(size, sizeof(wish)));
	v->probed =
		offer(v->card, wish.bFormatIndex, wish.bFrameIndex, le32toh(wish.dwFrameInterval));
	if (control == CONTROL_COMMIT)
		commit(v);
	return 0;
}

static int give(uint8_t *data, size_t size, const void *value, size_t value_size)
{
	if (size < value_size)
		return -EMSGSIZE;
	memcpy(data, value, value_size);
	return (int) value_size;
}

int uvc_control(struct uvc *v, const struct usbip_setup *setup, uint8_t *data, size_t size)
{
	unsigned int control = setup->value >> 8, interface = setup->index & 0xff;
	const struct uvc_streaming_control *p = &v->probed;
	struct uvc_streaming_control answer;

	if (interface != CARD_INTERFACE_VIDEO_STREAM ||
		(control != CONTROL_PROBE && control != CONTROL_COMMIT))
		return -EOPNOTSUPP;
	switch (setup->request) {
	case UVC_SET_CUR:
		return set_streaming(v, control, data, size);
	case UVC_GET_CUR:
		answer = *p;
		break;
	case UVC_GET_MIN:
		answer = offer(v->card, p->bFormatIndex, p->bFrameIndex, card_intervals[0]);
		break;
	case UVC_GET_MAX:
		answer = offer(v->card, p->bFormatIndex, p->bFrameIndex,
			card_intervals[CARD_INTERVALS - 1]);
		break;
	case UVC_GET_DEF:
		answer = offer(v->card, 1, CARD_DEFAULT_SIZE + 1, card_intervals[0]);
		break;
	case UVC_GET_LEN:
		return give(data, size, (uint8_t[]){ STREAMING_CONTROL_BYTES, 0 }, 2);
	case UVC_GET_INFO:
		return give(data, size, (uint8_t[]){ INFO_GET_AND_SET }, 1);
	default:
		return -EOPNOTSUPP;
	}
	return give(data, size, &answer, STREAMING_CONTROL_BYTES);
}

bool uvc_begins_stream(const struct usbip_setup *setup)
{
	return setup->request == UVC_SET_CUR &&
	       (setup->index & 0xff) == CARD_INTERFACE_VIDEO_STREAM &&
	       setup->value >> 8 == CONTROL_COMMIT;
}

static uint64_t interval_usec(const struct uvc *v)
{
	return le32toh(v->committed.dwFrameInterval) / 10;
}

static int begin_picture(struct uvc *v)
{
	const struct card_size *size = &card_sizes[v->committed.bFrameIndex - 1];
	enum card_format format = card_format(v->card, v->committed.bFormatIndex);

	v->number++;
	if (format == CARD_FORMAT_MJPEG)
		v->data = picture_source_jpeg(v->pictures, v->number, &v->size);
	else if (format == CARD_FORMAT_H264)
		v->data = picture_source_h264(v->pictures, v->coded++, &v->size);
	else
		v->data = picture_source_yuyv(
			v->pictures, v->number, size->width, size->height, &v->size);
	v->sent = 0;
	v->frame_id = !v->frame_id;
	return v->data ? 0 : -ENOMEM;
}

/* Fills the oldest waiting transfer. */
static int send_part(struct uvc *v, struct usbip *u)
{
	size_t room =
		MIN(usbip_first(u, CARD_ENDPOINT_VIDEO)->size, (size_t) DESCRIPTORS_VIDEO_PAYLOAD);
	size_t n;
	uint8_t header[PAYLOAD_HEADER_BYTES] = { PAYLOAD_HEADER_BYTES, PAYLOAD_END_OF_HEADER };
	const uint8_t *part = v->data + v->sent;

	if (room <= sizeof(header))
		return -EPROTO;
	n = MIN(v->size - v->sent, room - sizeof(header));
	v->sent += n;
	if (v->frame_id)
		header[1] |= PAYLOAD_FRAME_ID;
	if (v->sent == v->size) {
		header[1] |= PAYLOAD_END_OF_FRAME;
		v->data = NULL;
		v->done++;
	}
	return usbip_complete(u, CARD_ENDPOINT_VIDEO, header, sizeof(header), part, n);
}

int uvc_pump(struct uvc *v, struct usbip *u, uint64_t now, bool stuck, uint64_t *ret_next)
{
	uint64_t interval = interval_usec(v);
	int r;

	*ret_next = USEC_INFINITY;
	while (usbip_first(u, CARD_ENDPOINT_VIDEO)) {
		if (!v->start_usec) {
			v->start_usec = now;
			v->done = 0;
		}
		if (!v->data) {
			uint64_t due = (now - v->start_usec) / interval;

			if (stuck)
				v->done = due;
			if (due <= v->done) {
				*ret_next = v->start_usec + (v->done + 1) * interval;
				return 0;
			}
			v->done = due - 1; /* what the host was too slow for is skipped */
			r = begin_picture(v);
			if (r < 0)
				return r;
		}
		r = send_part(v, u);
		if (r < 0)
			return r;
	}
	return 0;
}
