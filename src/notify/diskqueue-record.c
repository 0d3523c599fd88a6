/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/diskqueue-record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CHECKED_HEADER (16 + 1 + 8 + 1) /* what the checksum covers besides the text */

uint32_t record_checksum(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static uint32_t checksum(const char *header, const char *text, size_t size)
{
	return record_checksum(record_checksum(0, header, CHECKED_HEADER), text, size);
}

void record_write(char *buf, uint64_t number, const char *text, size_t size)
{
	char header[RECORD_HEADER + 1];

	snprintf(header, sizeof(header), "%016" PRIx64 " %08zx ", number, size);
	snprintf(header + CHECKED_HEADER, sizeof(header) - CHECKED_HEADER, "%08" PRIx32 " ",
		checksum(header, text, size));
	memcpy(buf, header, RECORD_HEADER);
	memcpy(buf + RECORD_HEADER, text, size);
	buf[RECORD_HEADER + size] = '\n';
}

/* Exactly so many digits, then a space. */
static bool read_hex(const char *p, int digits, uint64_t *ret)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t value = 0;

	for (int i = 0; i < digits; i++) {
		const char *digit = p[i] ? strchr(hex, p[i]) : NULL;

		if (!digit)
			return false;
		value = value << 4 | (uint64_t) (digit - hex);
	}
	*ret = value;
	return p[digits] == ' ';
}

bool record_read(const char *buf, size_t size, struct record *ret)
{
	uint64_t number, length, crc;

	if (size < RECORD_FRAME || !read_hex(buf, 16, &number) || !read_hex(buf + 17, 8, &length) ||
		!read_hex(buf + CHECKED_HEADER, 8, &crc) || length > size - RECORD_FRAME ||
		buf[RECORD_HEADER + length] != '\n' ||
		checksum(buf, buf + RECORD_HEADER, length) != crc)
		return false;
	*ret = (struct record){ .number = number,
		.text = buf + RECORD_HEADER,
		.text_size = length,
		.size = length + RECORD_FRAME };
	return true;
}
