/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/ladder.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"

#define PATIENT_STEPS 2 /* the ones after get more patience */
#define PATIENCE_MORE_USEC USEC_PER_SEC

void ladder_init(struct ladder *l, uint32_t seed)
{
	memset(l, 0, sizeof(*l));
	l->resets = (struct backoff){
		.min_usec = LADDER_RESETS_MIN_USEC, .max_usec = LADDER_RESETS_MAX_USEC, .seed = seed
	};
}

/* Everything else may be a card whose firmware has lost its way. */
static bool is_no_hang(int error)
{
	switch (-error) {
	case ENODEV: /* not plugged in */
	case ENOENT:
	case ENXIO:
	case EBUSY: /* somebody else's */
	case EACCES:
	case EPERM:
	case ENOTSUP: /* nothing for us, whatever is done to it */
	case ENOTTY:
	case ENOMEDIUM:
	case ENAMETOOLONG:
	case ENOSPC: /* no room on the bus */
	case ENOMEM:
	case ENOLINK: /* no signal, none that it can lock on, or too fast */
	case ENOLCK:
	case ERANGE:
		return true;
	default:
		return false;
	}
}

static void leave(struct ladder *l)
{
	l->climbing = false;
	l->steps = 0;
}

static void begin(struct ladder *l, uint64_t now)
{
	if (l->climbing)
		return;
	l->climbing = true;
	l->since_usec = now;
	l->steps = 0;
}

void ladder_open(struct ladder *l, uint64_t now_usec)
{
	begin(l, now_usec);
}

void ladder_flow(struct ladder *l, uint64_t from_usec, uint64_t to_usec)
{
	uint64_t length = to_usec > from_usec ? to_usec - from_usec : 0;

	if (length >= LADDER_GOOD_USEC) {
		backoff_reset(&l->resets);
		l->next_reset_usec = 0;
	}
	if (length < LADDER_FLOW_USEC && l->steps > 0)
		return;
	leave(l);
	begin(l, to_usec);
}

static bool reset_is_due(const struct ladder *l, uint64_t now)
{
	return l->can_reset && l->steps >= 2 - !l->can_restart &&
	       now - l->since_usec >= LADDER_RESET_USEC && now >= l->next_reset_usec;
}

enum ladder_step ladder_next(struct ladder *l, int error, bool open, uint64_t now_usec)
{
	enum ladder_step step = LADDER_REOPEN;

	if (is_no_hang(error)) {
		leave(l);
		return LADDER_REOPEN;
	}
	begin(l, now_usec);
	if (l->can_restart && open && l->steps == 0)
		step = LADDER_RESTART;
	else if (reset_is_due(l, now_usec))
		step = LADDER_RESET;
	if (step == LADDER_RESET)
		l->next_reset_usec = now_usec + backoff_next(&l->resets);
	l->steps++;
	l->taken[step]++;
	return step;
}

uint64_t ladder_patience_usec(const struct ladder *l)
{
	uint64_t more = l->steps > PATIENT_STEPS ? (uint64_t) (l->steps - PATIENT_STEPS) : 0;

	return MIN(LADDER_PATIENCE_USEC + MIN(more, 60) * PATIENCE_MORE_USEC,
		LADDER_PATIENCE_MAX_USEC);
}
