/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thinning begins when the smoothed interval is below 90 % of the output's period and ends above 95
 * %. While it lasts, pictures are taken from a grid of the output's period; a picture up to 40 % of
 * a period early stands for its grid point, so that 60 to 30 takes every second one although its
 * times wobble.
 */
#include "media/pacer.h"

#include "common/cleanup.h"

static void measure(struct pacer *p, uint64_t usec)
{
	double period = (double) p->period_usec, d = (double) (usec - p->last_usec);

	/* A pause says nothing about the rate. */
	if (p->last_usec == 0 || d > 4 * period)
		return;
	p->interval = p->interval > 0 ? p->interval + (d - p->interval) / 16 : d;
	if (!p->thinning && p->interval < 0.90 * period) {
		p->thinning = true;
		p->due_usec = usec;
	} else if (p->thinning && p->interval > 0.95 * period) {
		p->thinning = false;
	}
}

bool pacer_accept(struct pacer *p, uint64_t usec)
{
	uint64_t slack = p->period_usec * 2 / 5;

	if (usec <= p->last_usec)
		return false;
	measure(p, usec);
	p->last_usec = usec;
	if (!p->thinning)
		return true;
	if (usec + slack < p->due_usec)
		return false;
	p->due_usec += p->period_usec;
	if (p->due_usec + p->period_usec < usec || p->due_usec > usec + 2 * p->period_usec)
		p->due_usec = usec + p->period_usec;
	return true;
}
