/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a publisher and a server say to each other in AMF: commands that go out, and what can be
 * learnt from one that comes in. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtmp/amf0.h"
#include "rtmp/target.h"

/* The numbers of our requests, which their answers repeat. */
enum command_request {
	COMMAND_CONNECT = 1,
	COMMAND_RELEASE = 2,
	COMMAND_FCPUBLISH = 3,
	COMMAND_CREATE = 4,
	COMMAND_PUBLISH = 5,
	COMMAND_UNPUBLISH = 6,
	COMMAND_DELETE = 7,
	COMMAND_CHECK = 8,
};

void command_connect(struct amf0_writer *w, const struct rtmp_target *t, const char *version);
/* A request about the stream: its name goes along. */
void command_stream(
	struct amf0_writer *w, const char *name, enum command_request n, const char *stream);
void command_create(struct amf0_writer *w);
void command_publish(struct amf0_writer *w, const char *stream);
void command_delete(struct amf0_writer *w, double id);
void command_check(struct amf0_writer *w);

enum command_kind {
	COMMAND_OTHER,  /* nothing that a publisher has to know */
	COMMAND_RESULT, /* of request number */
	COMMAND_ERROR,  /* … which failed; or one of a status, number 0 */
	COMMAND_STATUS,
	COMMAND_CLOSE,          /* the server wants no more */
	COMMAND_BANDWIDTH_DONE, /* it asks how fast the line is */
};

/* Texts are pieces of the message. */
struct command {
	enum command_kind kind;
	double number;             /* of the request that is answered */
	double id;                 /* COMMAND_RESULT of COMMAND_CREATE: of the stream */
	struct amf0_text code;     /* such as NetStream.Publish.BadName */
	struct amf0_text words;    /* what the server has to say about it */
	struct amf0_text redirect; /* where it sends us on to; else empty */
};

/* Reads the payload of a command. False: it is none. */
bool command_read(const uint8_t *payload, size_t size, struct command *ret);

/* "NetStream.Publish.BadName: stream busy" in clean UTF-8, without what is a secret in the target:
 * its stream's name and what the URL asks. Returns buf. */
const char *command_words(
	const struct command *c, const struct rtmp_target *t, char *buf, size_t size);
