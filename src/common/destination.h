/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an output's URL or file name says by itself: which container goes there, whether somebody
 * has to come for it, and whether it can work at all. Nothing is opened or looked up; any thread. A
 * template, with ${names} in it that are not filled in yet, is judged by what is there already.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* In the name of a file: when a segment was begun. It is what makes a file a recording. */
#define DESTINATION_TIME "${time}"

/* What destinations may be, for messages: "rtmp://, …". */
extern const char destination_words[];

/* Those of them that take HEVC. */
extern const char destination_hevc_words[];

/* libavformat's name of the container that goes there, or NULL: rtmp → flv, srt and udp → mpegts,
 * rtsp → rtsp, .m3u8 → hls, .flv .ts .mkv .mp4 by name. */
const char *destination_format(const char *url);

/* Can HEVC go there? FLV, and so RTMP, has no place for it here. Of what is not known yet: true. */
bool destination_takes_hevc(const char *url);

/* Can a stream of JPEGs go there, as players expect it? Of what is not known yet: false. */
bool destination_takes_jpeg(const char *url);

/* The path of what is a file: behind file:, or the text itself; NULL for other schemes. */
const char *destination_path(const char *url);

/* Is the scheme this one ("udp")? */
bool destination_is(const char *url, const char *scheme);

/* True when whoever wants the stream comes here for it: there may be nobody for as long as it
 * takes.
 */
bool destination_listens(const char *url);

/* True when it is written in segments, see DESTINATION_TIME. */
bool destination_is_recording(const char *url);

/* The value of a parameter behind the '?', as it stands there, cut to the size; "" when it is
 * missing. Returns false then. */
bool destination_parameter(const char *url, const char *name, char *buf, size_t size);

/* Host and port behind the scheme, and behind user:password@; brackets of IPv6 are taken off. An
 * empty host or port is "". False when they do not fit or are none. */
bool destination_host(const char *url, char *host, size_t host_size, char *port, size_t port_size);

/* Can it work? 0, or -EINVAL with why, which goes on from the name of a setting: "must be …",
 * "needs a port". Never with a value in it that may be a secret. */
int destination_check(const char *url, char *why, size_t why_size);
