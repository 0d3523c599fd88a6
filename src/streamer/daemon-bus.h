/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An instance on the system bus, as org.egm.Streamer1(5) describes it. Properties are compared with
 * what was told last, and what differs is signalled: from time to time, never for each picture.
 * Belongs to the main thread.
 */
#pragma once

#include "common/cleanup.h"
#include "streamer/changes.h"
#include "streamer/control.h"

struct daemon_bus;
struct loop;

/* control and changes are kept by reference. Never fails for want of a bus. */
int daemon_bus_new(struct daemon_bus **ret, struct loop *loop, struct control *control,
	struct changes *changes);

/* No job may be under way any more. NULL is fine. */
struct daemon_bus *daemon_bus_free(struct daemon_bus *d);
DEFINE_CLEANUP(struct daemon_bus *, daemon_bus_free)

/* Sends the changes that wait, and signals what has changed. To be called when something may have,
 * and every second or so. */
void daemon_bus_update(struct daemon_bus *d);
