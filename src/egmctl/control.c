/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a card does: start, stop, restart, bitrate. */
#include <inttypes.h>
#include <string.h>

#include "egmctl/bus.h"
#include "egmctl/command.h"

static int tell_card(sd_bus *bus, const char *card, const char *member)
{
	sd_bus_message *call = NULL;
	int r = bus_method_new(bus, card, false, member, &call);

	return bus_method_call(bus, card, call, r, NULL);
}

/* Each card is told, also after one that could not be; the first failure is the exit status. */
static int tell_cards(const struct command *c, const char *member)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	int status = COMMAND_GOOD, r;

	if (!command_cards_valid(c, c->n))
		return COMMAND_USAGE;
	if (bus_open(&bus, &status) < 0)
		return status;
	for (int i = 0; i < c->n; i++) {
		r = tell_card(bus, c->words[i], member);
		if (status == COMMAND_GOOD)
			status = r;
	}
	return status;
}

int command_start(const struct command *c)
{
	return tell_cards(c, "Start");
}

int command_stop(const struct command *c)
{
	return tell_cards(c, "Stop");
}

int command_restart(const struct command *c)
{
	return tell_cards(c, "Restart");
}

/* "3000000", "3000k", "2.5M", as in the settings. */
static int parse_bits(const char *text, uint64_t *ret)
{
	uint64_t n = 0, factor = 1;
	const char *p = text;
	int behind = -1;

	for (; (*p >= '0' && *p <= '9') || (*p == '.' && behind < 0); p++) {
		if (*p == '.') {
			behind = 0;
			continue;
		}
		if (n > UINT64_MAX / 100 || behind == 6)
			return -ERANGE;
		n = 10 * n + (uint64_t) (*p - '0');
		behind += behind >= 0;
	}
	if (p == text || p[-1] == '.' || *text == '.')
		return -EINVAL;
	if (*p == 'k' || *p == 'K')
		factor = 1000;
	else if (*p == 'M')
		factor = 1000000;
	if (factor > 1)
		p++;
	if (*p || __builtin_mul_overflow(n, factor, &n))
		return -EINVAL;
	for (; behind > 0; behind--) {
		if (n % 10)
			return -EINVAL;
		n /= 10;
	}
	*ret = n;
	return n ? 0 : -EINVAL;
}

int command_bitrate(const struct command *c)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	sd_bus_message *call = NULL;
	const char *card = c->words[0];
	uint64_t bits;
	int r, status;

	if (!command_cards_valid(c, 1))
		return COMMAND_USAGE;
	if (parse_bits(c->words[1], &bits) < 0)
		return command_usage(c, "%s: bits per second, such as 3000k or 2.5M", c->words[1]);
	if (bus_open(&bus, &status) < 0)
		return status;
	r = bus_method_new(bus, card, false, "SetBitrate", &call);
	if (r >= 0)
		r = sd_bus_message_append(call, "t", bits);
	return bus_method_call(bus, card, call, r, NULL);
}
