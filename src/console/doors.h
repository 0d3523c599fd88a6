/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's listeners: one face for each address, made of the settings with what they name in
 * files and credentials. Nobody who could come in: none is opened. One whose address is not there
 * yet, or taken, is tried again. The loop's thread; opening blocks on files.
 */
#pragma once

#include <stdbool.h>

#include "common/cleanup.h"
#include "console/settings.h"
#include "face/face.h"

/* Nothing is listened for; EGM_REASON says why. These are fixed for ever. */
#define DOORS_EVENT_SHUT "767896de2a7440ebbbfbb354e14289d1"
/* An address is listened on, EGM_LISTEN. */
#define DOORS_EVENT_OPEN "9db28168e19b4c878ec5b850244a37b7"
/* An address cannot be listened on, EGM_LISTEN and EGM_REASON; it is tried again. */
#define DOORS_EVENT_STUCK "0e7168c3baf14d058b2d6198f52c92ee"

struct doors;
struct loop;

/* hooks and the texts are kept by reference. Closed at first. */
int doors_new(struct doors **ret, struct loop *loop, const char *share_dir,
	const struct face_hooks *hooks);
struct doors *doors_free(struct doors *d);
DEFINE_CLEANUP(struct doors *, doors_free)

/* Closes what is open, and opens what the settings say; NULL: nothing. Says so in the journal. s is
 * kept by reference, until the next call. */
void doors_open(struct doors *d, const struct console_settings *s);

/* Each second: tries again those that could not be opened. */
void doors_tick(struct doors *d);

/* How many are open, and how many should be. */
size_t doors_count(const struct doors *d, size_t *ret_wanted);

/* The sum of all. */
void doors_counts(const struct doors *d, struct http_counts *ret);
