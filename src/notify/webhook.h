/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A webhook as a receiver's transport; notifier.h says what it sends. */
#pragma once

#include "notify/courier.h"
#include "notify/notifier.h"
#include "notify/receiver.h"

/* Everything is copied. -ENOMEM. */
int webhook_new(struct receiver_transport *ret, const struct notifier_webhook *settings,
	const struct courier_times *times);
