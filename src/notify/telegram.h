/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telegram's sendMessage as a receiver's transport; notifier.h says what it sends. */
#pragma once

#include "notify/courier.h"
#include "notify/notifier.h"
#include "notify/receiver.h"

/* Everything is copied. client: the name shown. -ENOMEM. */
int telegram_new(struct receiver_transport *ret, const struct notifier_telegram *settings,
	const char *client, const struct courier_times *times);

/* The message in Telegram's HTML, time in the machine's zone. The caller frees; NULL: no memory. */
char *telegram_text(const struct notice *n, const char *client);
