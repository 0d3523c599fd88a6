/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the journal is told, with MESSAGE_IDs and fields, each once per change: a server that is
 * away for a night is one line when it goes, one when its words change, one when it is back. Any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "media/output.h"

/* Random once, fixed for ever. */
#define EVENT_STARTED "6c2ff408ce0c469d9f8e7ab5d89dab2a"
#define EVENT_STOPPED "8931d3d40d5847688c4ff1da5ad27498"
#define EVENT_INPUT_LIVE "0f2fc6785fcb4e0f953523bd63aa0bf6"
#define EVENT_INPUT_LOST "d68143c2c5384769b16f3aab65e8e4b0"
#define EVENT_SOUND_LIVE "c8c9d0749b6343beaca5da3d4852fcd1"
#define EVENT_SOUND_LOST "3b7f2ea212164e34a1a2eba3a9ab7ec2"
#define EVENT_OUTPUT_RUNNING "4784e3c924454fbda19a6db95f7d9d09"
#define EVENT_OUTPUT_FAILED "e7458685c4d643cab8ac050bc4e9a445"
#define EVENT_ENCODER_FAILED "d39150996ee24b70a3c1c471c199e847"
#define EVENT_CONFIG_BAD "815bde52a150442bb9e7c2599badf3fe"
#define EVENT_CONFIG_LAST_GOOD "eeaf22b8173544c78184e97c601ed425"
#define EVENT_CONFIG_RELOADED "11c290d679f84a90bc76e2d54d6b777d"
#define EVENT_UNPLUG_HOLD_OVER "7967c1816fac41ac8d34502f31a65064"

struct events;

int events_new(struct events **ret);
struct events *events_free(struct events *e);
DEFINE_CLEANUP(struct events *, events_free)

void events_input(struct events *e, bool live, const char *reason);
void events_sound(struct events *e, bool live, const char *reason);
void events_output(struct events *e, const struct output_event *o);
void events_encoder_failed(struct events *e, const char *why);
