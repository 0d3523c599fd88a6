/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The card's sound function: a line-in that carries a sine tone, with a clock that may be off. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "card.h"
#include "usbip.h"

struct uac;

int uac_new(struct uac **ret, const struct card *card);
struct uac *uac_free(struct uac *a);

/* The host has chosen an alternate setting: 0 stops the stream, 1 starts it. */
void uac_restart(struct uac *a);

/* Sends what is due at now; zeros when mute. *ret_next as uvc_pump() has it. */
int uac_pump(struct uac *a, struct usbip *u, uint64_t now, bool mute, uint64_t *ret_next);
