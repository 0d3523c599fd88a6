/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices, servers and libraries name things in whatever bytes they like; D-Bus and JSON take UTF-8
 * only. Pure; any thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_TEXT_MAX 512 /* of a text that had to be mended for JSON; what is longer is cut */

/* How many bytes the well-formed character has that text begins with, and what it stands for; 0: it
 * is none, ret untouched. The text ends with a zero, which is a character of one byte. */
size_t utf8_decode(const char *text, uint32_t *ret);

/* Is all of it well-formed, without control characters? JSON, the journal and drawn text would
 * stumble over anything else. */
bool utf8_is_clean(const char *text);

/* Copies a text with a '?' for each byte that is no UTF-8; cut to the buffer at a character's end.
 * Returns buf. */
const char *utf8_text(const char *text, char *buf, size_t size);

/* The text as a JSON string, mended likewise where it has to be. A new reference; NULL: no memory.
 */
json_t *utf8_json(const char *text);
