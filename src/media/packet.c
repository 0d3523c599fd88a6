/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/packet.h"

#include <libavcodec/packet.h>

#include "media/av-error.h"

int packet_new(struct packet **ret, struct AVPacket *av)
{
	struct packet *p;
	int r;

	/* Every output takes its own reference to the bytes. */
	r = av_packet_make_refcounted(av);
	if (r < 0)
		return av_errno(r);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->av = av;
	p->size = (size_t) av->size;
	atomic_init(&p->refs, 1);
	*ret = p;
	return 0;
}

struct packet *packet_unref(struct packet *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return NULL;
	av_packet_free(&p->av);
	free(p);
	return NULL;
}
