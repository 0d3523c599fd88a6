/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On Linux a libav error is a negative errno or one of its own codes, which are four letters far
 * outside the range of errno.
 */
#include "media/av-error.h"

#include <errno.h>
#include <libavutil/error.h>

#include "common/cleanup.h"

#define ERRNO_MAX 4095 /* as in the kernel's ABI */

static const struct {
	int averror;
	int err;
} table[] = {
	{ AVERROR_EOF, EPIPE },
	{ AVERROR_EXIT, ECANCELED },
	{ AVERROR_INVALIDDATA, EBADMSG },
	{ AVERROR_PROTOCOL_NOT_FOUND, EPROTONOSUPPORT },
	{ AVERROR_MUXER_NOT_FOUND, EPROTONOSUPPORT },
	{ AVERROR_DEMUXER_NOT_FOUND, EPROTONOSUPPORT },
	{ AVERROR_ENCODER_NOT_FOUND, ENOSYS },
	{ AVERROR_DECODER_NOT_FOUND, ENOSYS },
	{ AVERROR_STREAM_NOT_FOUND, ENODATA },
	{ AVERROR_OPTION_NOT_FOUND, EINVAL },
	{ AVERROR_BUFFER_TOO_SMALL, ENOBUFS },
	{ AVERROR_PATCHWELCOME, ENOTSUP },
	{ AVERROR_HTTP_UNAUTHORIZED, EACCES },
	{ AVERROR_HTTP_FORBIDDEN, EACCES },
	{ AVERROR_HTTP_NOT_FOUND, ENOENT },
};

int av_errno(int averror)
{
	if (averror >= -ERRNO_MAX)
		return averror;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].averror == averror)
			return -table[i].err;
	}
	return -EIO;
}

const char *av_errno_words(int averror, char *buf, size_t size)
{
	if (averror == AVERROR_EOF || averror == -EPIPE)
		snprintf(buf, size, "connection closed by the peer");
	else if (av_strerror(averror, buf, size) < 0)
		snprintf(buf, size, "error %d", averror);
	return buf;
}
