/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From other threads into the loop, for what comes often: loop_wake() has everything looked at and
 * the whole status written.
 */
#pragma once

#include "common/cleanup.h"
#include "common/loop.h"

struct wake;

/* woken: on the loop's thread, soon after one or more calls of wake(). */
int wake_new(struct wake **ret, struct loop *loop, void (*woken)(void *userdata), void *userdata);
struct wake *wake_free(struct wake *w);
DEFINE_CLEANUP(struct wake *, wake_free)

/* Any thread; never blocks. */
void wake(struct wake *w);
