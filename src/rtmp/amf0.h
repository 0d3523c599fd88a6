/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMF 0, in which RTMP's commands are written: into a buffer of the caller's, and out of bytes that
 * nobody vouches for. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AMF0_DEPTH_MAX 8 /* objects in objects; what is deeper is no message of ours */

/* Set data and room; a value that does not fit sets full, and nothing is written from then on. */
struct amf0_writer {
	uint8_t *data;
	size_t size, room;
	bool full;
};

void amf0_put_number(struct amf0_writer *w, double value);
void amf0_put_bool(struct amf0_writer *w, bool value);
void amf0_put_string(struct amf0_writer *w, const char *text); /* at most 65535 bytes, else full */
void amf0_put_null(struct amf0_writer *w);
/* An object, or an ECMA array of so many members: then for each its name and a value, then the end.
 */
void amf0_begin_object(struct amf0_writer *w);
void amf0_begin_array(struct amf0_writer *w, uint32_t members);
void amf0_put_name(struct amf0_writer *w, const char *name);
void amf0_end(struct amf0_writer *w);

/* What is still to be read. A failure leaves it where it was. */
struct amf0_reader {
	const uint8_t *at, *stop;
};

/* A piece of the message, without a zero at its end; may hold any bytes. */
struct amf0_text {
	const char *data;
	size_t size;
};

/* The next value, when it is of that kind; false: it is not, or is cut off. */
bool amf0_number(struct amf0_reader *r, double *ret);
bool amf0_string(struct amf0_reader *r, struct amf0_text *ret);

/* Steps over the next value, whatever it is; false: there is no whole one, or it is too deep. */
bool amf0_skip(struct amf0_reader *r);

/* Where the value of that name begins in the object (or ECMA array) that comes next in r, which
 * stays where it is; false: it has none, or what comes is no object. */
bool amf0_find(const struct amf0_reader *r, const char *name, struct amf0_reader *ret);

bool amf0_text_is(struct amf0_text text, const char *other);
