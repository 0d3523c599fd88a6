/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bus of the test's own, as the system bus; any user may do anything there. Starts no thread. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Makes a folder for it and sets $DBUS_SYSTEM_BUS_ADDRESS; there is no bus yet. */
void bus_daemon_prepare(void);

/* Returns when it can be reached. */
void bus_daemon_start(void);

/* Ends it at once; it may be started again at the same address. */
void bus_daemon_stop(void);

/* Deletes the folder. */
void bus_daemon_clean(void);

/* Forks a client that runs fn, as a user who is neither root nor, as far as possible, the test's
 * own; what fn returns becomes its exit status. Ends with the test. */
pid_t bus_client(int (*fn)(void *userdata), void *userdata);
