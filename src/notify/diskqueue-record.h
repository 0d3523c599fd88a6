/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record of a diskqueue: "NUMBER LENGTH CHECKSUM TEXT" and a line's end, the first three in
 * hexadecimal digits of fixed width. Lines, so that a person can read it and a reader finds the
 * next one behind rubbish. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEADER (16 + 1 + 8 + 1 + 8 + 1)
#define RECORD_FRAME (RECORD_HEADER + 1)

struct record {
	uint64_t number;
	const char *text;
	size_t text_size;
	size_t size; /* with the frame */
};

/* Writes the frame around text into buf, which has room for size + RECORD_FRAME bytes. */
void record_write(char *buf, uint64_t number, const char *text, size_t size);

/* True when a whole record stands at the beginning of buf. */
bool record_read(const char *buf, size_t size, struct record *ret);

/* CRC-32 of IEEE 802.3, to be continued with what it returned; begins with 0. */
uint32_t record_checksum(uint32_t crc, const void *data, size_t size);
