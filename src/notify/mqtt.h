/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MQTT as a receiver's transport; notifier.h says what it publishes. A connection stays open; when
 * it ends the next one is tried after a back-off, and begins by saying what is: online, how Home
 * Assistant finds it, the newest state. Then come the events that waited, in order, each published
 * again until the broker has acknowledged it; a subscriber may see one twice, with the same id.
 */
#pragma once

#include "notify/courier.h"
#include "notify/notifier.h"
#include "notify/receiver.h"

/* Everything is copied. settings: card, machine, role and mqtt are looked at. -ENOMEM. */
int mqtt_new(struct receiver_transport *ret, const struct notifier_settings *settings,
	const struct courier_times *times);
