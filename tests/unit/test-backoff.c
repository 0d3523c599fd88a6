/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/backoff.h"

#include <stdbool.h>

#include "tests/tap.h"

static bool within(uint64_t wait, uint64_t step)
{
	return wait <= step && wait > step - step / 4 - 1;
}

int main(void)
{
	struct backoff b = { .min_usec = 500000, .max_usec = 15000000, .seed = 7 };
	static const uint64_t steps[] = { 500000, 1000000, 2000000, 4000000, 8000000, 15000000,
		15000000 };
	uint64_t least = UINT64_MAX, most = 0;
	bool good = true;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		uint64_t wait = backoff_next(&b);

		ok(within(wait, steps[i]), "failure %zu waits about %llu µs", i + 1,
			(unsigned long long) steps[i]);
	}
	for (int i = 0; i < 10000; i++) {
		uint64_t wait = backoff_next(&b);

		good = good && within(wait, 15000000);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	ok(good, "it stays at the maximum for ever");
	ok(most - least > 3500000, "the jitter spreads over a quarter");
	backoff_reset(&b);
	ok(within(backoff_next(&b), 500000), "a reset starts again at the minimum");

	struct backoff zero = { .min_usec = 1000, .max_usec = 4000 }, other = zero;

	other.seed = 99;
	ok(within(backoff_next(&zero), 1000), "a seed of zero will do");
	(void) backoff_next(&other);
	ok(backoff_next(&zero) != backoff_next(&other), "seeds differ in their jitter");

	struct backoff odd = { .min_usec = 1000, .max_usec = 10, .seed = 1 };

	ok(within(backoff_next(&odd), 1000) && within(backoff_next(&odd), 1000),
		"a maximum below the minimum counts as the minimum");

	struct backoff huge = { .min_usec = UINT64_MAX / 2, .max_usec = UINT64_MAX, .seed = 1 };

	(void) backoff_next(&huge);
	ok(backoff_next(&huge) > UINT64_MAX / 2, "no overflow at the top");
	return tap_done();
}
