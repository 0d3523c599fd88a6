/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoders that a test can rely on to misbehave, behind the same interface as the real ones and
 * beside libx264, which does their work. Linked with --wrap=encoder_kind_find, =encoder_kind_at and
 * =encoder_devices_find: all there is then is what is listed here. Each counts as hardware.
 *
 *   good      works
 *   broken    cannot be opened
 *   hangs     … never comes back from it
 *   crashes   … takes the process along
 *   dark      shows another picture than it was given
 *   dies      makes fake_life pictures, then errors, each time
 *   freezes   … then hangs for ever, but not in another process
 *   stillborn makes nothing but errors
 *   gone      works in another process; here it cannot be opened
 *   slow      takes longer than a picture lasts, but not in another process
 *   late      holds back two pictures
 *   mute      takes pictures and gives nothing
 *   nv12, inband, headless, delayed, stiff: libavcodec's own libx264, with the traits of hardware
 */
#pragma once

#include <stdatomic.h>

/* NULL-terminated: what "auto" tries before libx264. Set before threads run. */
extern const char *const *fake_order;

extern int fake_life;               /* of "dies" and "freezes"; set before threads run */
extern atomic_int fake_opened;      /* encoders other than libx264, ever */
extern atomic_int fake_closed;      /* … of them */
extern atomic_bool fake_missing;    /* there are no device nodes */
extern atomic_bool fake_probing;    /* this process is the one that only tries */
extern void (*fake_freezing)(void); /* "freezes" is about to; set before threads run */
