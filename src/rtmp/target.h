/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an RTMP URL leads to: server, application and stream. Pure; any thread. */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"

#define TARGET_URL_MAX 4096 /* bytes of a URL */

struct rtmp_target {
	char *host, *port;
	char *app;    /* with what the URL asks of it: "live?vhost=x" */
	char *stream; /* … "key?token=y"; may be empty */
	char *tc_url; /* rtmp://host:port/app, as the server is told */
};

/* Is this a URL that the session takes? rtmp://, but none with a user in front of its host (who has
 * to prove who he is in Adobe's way) or with Akamai's slist=. */
bool rtmp_target_is_ours(const char *url);

/*
 * Application and stream are told apart as libavformat and the servers' own tools do it: in
 * rtmp://host/A/B/C A/B is the application; in rtmp://host/A/B, or if a colon comes before the next
 * slash, it is A; "ondemand" is one always. ".flv" at the stream's end goes away, and ".mp4" or
 * ".f4v" gets "mp4:" in front. Nothing is decoded, and a query stays where it stands. -EINVAL: no
 * such URL; -E2BIG: too long a one. Undo with rtmp_target_deinit().
 */
int rtmp_target_parse(const char *url, struct rtmp_target *ret);

/* The target to which a server sends us on: by the URL of an application, which it may have written
 * with our stream behind. The stream stays. The same errors. */
int rtmp_target_redirect(const char *url, const struct rtmp_target *from, struct rtmp_target *ret);

void rtmp_target_deinit(struct rtmp_target *t);
