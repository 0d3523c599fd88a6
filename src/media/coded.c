/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/coded.h"

#include <libavcodec/packet.h>

#include "common/cleanup.h"

static int make(struct coded *c, const AVPacket *av, bool key, bool complete, struct packet **ret)
{
	AVPacket *own = av_packet_clone(av);
	struct packet *p = NULL;
	int r = 0;

	if (!own)
		return -ENOMEM;
	if (key && !complete)
		r = encoder_sets_prepend(&c->sets, own);
	if (r >= 0)
		r = packet_new(&p, own);
	if (r < 0) {
		av_packet_free(&own);
		return r;
	}
	p->track = TRACK_VIDEO;
	p->key = key;
	p->serial = c->serial;
	*ret = p;
	return 0;
}

int coded_next(struct coded *c, const AVPacket *av, struct packet **ret)
{
	const uint8_t *data = av->data;
	size_t size = (size_t) MAX(av->size, 0);
	struct encoder_head head = encoder_sets_look(&c->sets, data, size);
	bool kept = head.sets && encoder_sets_keep(&c->sets, data, size);

	*ret = NULL;
	if (!head.picture)
		return 0;
	c->serial += c->linked ? 1 : 2;
	if (head.key) {
		c->linked = head.sets || c->sets.size > 0;
		c->fits = kept || !head.sets;
	}
	return c->linked && c->fits ? make(c, av, head.key, head.sets, ret) : 0;
}
