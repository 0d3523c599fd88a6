/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libavformat is told about protocols and containers. The owner's thread; nothing blocks. */
#pragma once

#include "media/muxer.h"

struct AVDictionary;
struct AVFormatContext;

/* For opening a connection. mark: of its socket, see cork.h. 0; -ENOENT and the like with why when
 * a file of the settings cannot be read. */
int muxer_network_options(struct muxer *m, const struct AVFormatContext *oc, const char *url,
	const struct tracks *t, int mark, struct AVDictionary **opts, char *why, size_t why_size);

/* For the header, of all containers but HLS. */
void muxer_format_options(const struct AVFormatContext *oc, bool file, struct AVDictionary **opts);
