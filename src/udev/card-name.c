/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The product goes before the serial number so that a person knows the card again. What gets too
 * long is cut and made unique by a hash of the whole.
 */
#include "udev/card-name.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/fnv.h"

#define BASE_MAX 27  /* characters before the rank, which needs at most 4 */
#define HASH_CHARS 9 /* '_' and eight hex digits */
#define RANK_MAX 99
#define TEXT_MAX 512 /* of product and serial number together; USB strings end at 126 each */

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Lower case; each run of other characters becomes one '_', none at the ends. Returns the length.
 */
static size_t squeeze(const char *text, char *ret, size_t size)
{
	size_t n = 0;
	bool gap = false;

	for (; *text && n + 2 < size; text++) {
		char c = *text;

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (!is_letter(c) && !(c >= '0' && c <= '9')) {
			gap = true;
			continue;
		}
		if (gap && n > 0)
			ret[n++] = '_';
		gap = false;
		ret[n++] = c;
	}
	ret[n] = '\0';
	return n;
}

/* Squeezes text into ret with a letter in front; "" when nothing is left. Two texts that differ
 * only in what squeezing drops get the same name: the caller compares names, not texts. */
static void name_of(const char *text, const char *prefix, char ret[static CARD_NAME_MAX])
{
	char all[TEXT_MAX + 8];
	size_t n = 0;

	ret[0] = '\0';
	if (squeeze(text, all, TEXT_MAX) == 0)
		return;
	if (!is_letter(all[0]))
		n = (size_t) snprintf(ret, CARD_NAME_MAX, "%s_", prefix);
	if (n + strlen(all) <= BASE_MAX) {
		memcpy(ret + n, all, strlen(all) + 1);
		return;
	}
	snprintf(ret + n, CARD_NAME_MAX - n, "%.*s_%08x", (int) (BASE_MAX - HASH_CHARS - n), all,
		fnv32(text));
}

void card_name_of_serial(const char *product, const char *serial, char ret[static CARD_NAME_MAX])
{
	char text[TEXT_MAX], probe[TEXT_MAX];

	ret[0] = '\0';
	if (!serial || squeeze(serial, probe, sizeof(probe)) == 0)
		return;
	snprintf(text, sizeof(text), "%.250s %.250s", product ? product : "", serial);
	name_of(text, "usb", ret);
}

void card_name_of_port(const char *bus_info, bool superspeed, char ret[static CARD_NAME_MAX])
{
	char text[TEXT_MAX];

	if (!strncmp(bus_info, "platform:", strlen("platform:")))
		bus_info += strlen("platform:");
	snprintf(text, sizeof(text), "%.250s%s", bus_info, superspeed ? "-ss" : "");
	name_of(text, "platform", ret);
}

void card_name_marked(const char *base, const char *text, char ret[static CARD_NAME_MAX])
{
	snprintf(ret, CARD_NAME_MAX, "%.*s_%08x", BASE_MAX - HASH_CHARS, base, fnv32(text));
}

void card_name_number(char name[static CARD_NAME_MAX], unsigned rank)
{
	size_t n = strlen(name);

	if (rank > 0 && n < CARD_NAME_MAX)
		snprintf(name + n, CARD_NAME_MAX - n, "_%u", MIN(rank, RANK_MAX) + 1);
}
