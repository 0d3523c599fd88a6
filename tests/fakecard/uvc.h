/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The card's video function: negotiation of format, size and rate, and pictures at that rate. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "card.h"
#include "usbip.h"

struct uvc;

int uvc_new(struct uvc **ret, const struct card *card);
struct uvc *uvc_free(struct uvc *v);

/* A class request to one of the video interfaces; as usbip_control_fn. */
int uvc_control(struct uvc *v, const struct usbip_setup *setup, uint8_t *data, size_t size);

/* Is it the request with which the host begins a stream? */
bool uvc_begins_stream(const struct usbip_setup *setup);

/* Sends what is due at now and can be sent. While stuck no new picture begins. Sets *ret_next to
 * when it wants to be called again, USEC_INFINITY when only a request of the host can change
 * anything. */
int uvc_pump(struct uvc *v, struct usbip *u, uint64_t now, bool stuck, uint64_t *ret_next);
