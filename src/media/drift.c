/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loop bandwidth: ω = 0.3 rad/s. A step of drift by d then makes the offset peak at d/(ω·e), 7 ms
 * for 5000 ppm with the low-pass in front (0.5 s), and is within 1 ms after 15 s, while 1 ms of
 * timestamp noise bends the pitch by less than 0.03 %.
 */
#include "media/drift.h"

#include "common/cleanup.h"

#define OMEGA 0.3
#define FILTER_SEC 0.5

void drift_restart(struct drift *d)
{
	d->started = false;
	d->filtered = 0;
	d->ratio = d->integral;
}

void drift_reset(struct drift *d)
{
	*d = (struct drift){ 0 };
}

double drift_update(struct drift *d, double offset_sec, double dt_sec)
{
	double alpha = dt_sec / (FILTER_SEC + dt_sec), ratio;

	if (!d->started) {
		d->started = true;
		d->filtered = offset_sec;
	}
	d->filtered += alpha * (offset_sec - d->filtered);
	ratio = d->integral + 2 * OMEGA * d->filtered;
	/* At the stop the integral only moves back from it. */
	if ((ratio < DRIFT_STEER || d->filtered < 0) && (ratio > -DRIFT_STEER || d->filtered > 0))
		d->integral += OMEGA * OMEGA * d->filtered * dt_sec;
	d->integral = CLAMP(d->integral, -DRIFT_CLAMP, DRIFT_CLAMP);
	d->ratio = CLAMP(d->integral + 2 * OMEGA * d->filtered, -DRIFT_STEER, DRIFT_STEER);
	return d->ratio;
}
