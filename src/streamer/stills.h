/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The next captured picture for whoever asks for it. */
#pragma once

#include <stdint.h>

#include "common/stage.h"
#include "media/frame.h"

#define STILLS_MAX 2 /* who wait at once: each may keep a picture from the card for a while */

struct stills;

int stills_new(struct stills **ret);

/* Nobody may hand it pictures or wait any more. NULL is fine. */
struct stills *stills_free(struct stills *s);
DEFINE_CLEANUP(struct stills *, stills_free)

/* Each captured picture, from the thread that has it; never blocks. */
void stills_frame(struct stills *s, struct frame *f);

/* On a stage's own thread: waits for a picture until the time or the stage's stop. The caller gets
 * a reference, to be given back soon. -EBUSY: enough others wait; -ENODATA: none came. */
int stills_take(struct stills *s, struct stage *stage, uint64_t until_usec, struct frame **ret);
