/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a sound card's clock runs against the system's, and by how much to resample so that
 * sound stays where it was heard. A second-order loop (proportional and integral, critically
 * damped) over the measured offset, as in a phase-locked loop; the integral is the drift estimate.
 * Pure: no clock, no libraries, one owner.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DRIFT_CLAMP 0.01  /* no card's clock is taken to be off by more than 1 % */
#define DRIFT_STEER 0.012 /* … and this brings the sound of one at the clamp home all the same */

struct drift {
	double integral; /* estimate: input runs faster by this share */
	double filtered; /* offset in seconds behind a first-order low-pass */
	double ratio;    /* what to resample by now: output samples = input samples / (1 + ratio) */
	bool started;
};

/* Forgets the offset but keeps the estimate: after a hard resync. */
void drift_restart(struct drift *d);

/* Forgets everything: another card. */
void drift_reset(struct drift *d);

/* One measurement. offset_sec: how much later than it was heard the next input sample would be
 * played (positive: too many samples came); dt_sec: input time since the last measurement. Returns
 * ratio. */
double drift_update(struct drift *d, double offset_sec, double dt_sec);

/* The estimate: by how much the input's clock runs faster. */
static inline double drift_ppm(const struct drift *d)
{
	return d->integral * 1e6;
}
