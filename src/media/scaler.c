/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/scaler.h"

#include <libavutil/opt.h>

static const int *matrix_of(const struct scaler_side *side)
{
	return sws_getCoefficients(side->bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601);
}

struct SwsContext *scaler_new(
	const struct scaler_side *in, const struct scaler_side *out, int flags)
{
	const struct {
		const char *name;
		int value;
	} options[] = {
		{ "srcw", in->width },
		{ "srch", in->height },
		{ "src_format", in->format },
		{ "src_range", in->full_range },
		{ "dstw", out->width },
		{ "dsth", out->height },
		{ "dst_format", out->format },
		{ "dst_range", out->full_range },
		{ "sws_flags", flags },
	};
	_cleanup_(sws_freeContextp) struct SwsContext *sws = sws_alloc_context();

	if (!sws)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (av_opt_set_int(sws, options[i].name, options[i].value, 0) < 0)
			return NULL;
	if (sws_init_context(sws, NULL, NULL) < 0)
		return NULL;
	/* Refused where there is nothing to tell: of RGB to RGB. */
	(void) sws_setColorspaceDetails(sws, matrix_of(in), in->full_range, matrix_of(out),
		out->full_range, 0, 1 << 16, 1 << 16);
	return TAKE_PTR(sws);
}
