/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "media/av-error.h"

#include <errno.h>
#include <libavutil/error.h>
#include <limits.h>
#include <string.h>

#include "tests/tap.h"

static const char *words(int averror)
{
	static char buf[64];

	return av_errno_words(averror, buf, sizeof(buf));
}

int main(void)
{
	char tiny[8];

	ok(av_errno(0) == 0 && av_errno(42) == 42, "what is no error stays as it is");
	ok(av_errno(AVERROR(ECONNREFUSED)) == -ECONNREFUSED && av_errno(-4095) == -4095,
		"an errno stays one");
	ok(av_errno(AVERROR_INVALIDDATA) == -EBADMSG && av_errno(AVERROR_EOF) == -EPIPE &&
			av_errno(AVERROR_EXIT) == -ECANCELED &&
			av_errno(AVERROR_HTTP_NOT_FOUND) == -ENOENT,
		"libav's own become one");
	ok(av_errno(AVERROR_BUG) == -EIO && av_errno(INT_MIN) == -EIO, "all others are EIO");
	ok(strcmp(words(AVERROR(ECONNREFUSED)), "Connection refused") == 0, "words for an errno");
	ok(strstr(words(AVERROR_INVALIDDATA), "Invalid data"), "words for libav's own");
	ok(strcmp(words(AVERROR_EOF), words(-EPIPE)) == 0 && strstr(words(-EPIPE), "closed"),
		"the end of a connection has the same words both ways");
	ok(words(-123456789)[0], "words even for what nobody knows: %s", words(-123456789));
	av_errno_words(AVERROR_INVALIDDATA, tiny, sizeof(tiny));
	ok(strlen(tiny) < sizeof(tiny), "words are cut to fit");
	return tap_done();
}
