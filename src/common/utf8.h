/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices, servers and libraries name things in whatever bytes they like; D-Bus and JSON take UTF-8
 * only. Pure; any thread.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#define UTF8_TEXT_MAX 512 /* of a text that had to be mended for JSON; what is longer is cut */

/* Copies a text with a '?' for each byte that is no UTF-8; cut to the buffer at a character's end.
 * Returns buf. */
const char *utf8_text(const char *text, char *buf, size_t size);

/* The text as a JSON string, mended likewise where it has to be. A new reference; NULL: no memory.
 */
json_t *utf8_json(const char *text);
