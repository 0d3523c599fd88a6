/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the journal is told, with MESSAGE_IDs and fields, each once per change: a server that is
 * away for a night is one line when it goes, one when its words change, one when it is back. What
 * changes all the time, such as a card with a loose plug, is told a few times at first, then a few
 * times an hour, each time with how many lines were left out; the rule is in repeats.h. In steady
 * trouble that is fewer than 60 lines an hour for a card. Any thread.
 *
 * An id that is new needs an entry in each of the catalogues in data/catalog, and one in
 * egm-streamer(8) and its translations.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/arrival.h"
#include "capture/source.h"
#include "common/cleanup.h"
#include "media/output.h"
#include "recognize/pixels.h"
#include "streamer/history.h"

/* Random once, fixed for ever. */
#define EVENT_STARTED "6c2ff408ce0c469d9f8e7ab5d89dab2a"
#define EVENT_STOPPED "8931d3d40d5847688c4ff1da5ad27498"
#define EVENT_INPUT_LIVE "0f2fc6785fcb4e0f953523bd63aa0bf6"
#define EVENT_INPUT_LOST "d68143c2c5384769b16f3aab65e8e4b0"
#define EVENT_INPUT_WARNING "76f5dd4aea3f45cda58de3d7d33f6291"
#define EVENT_SOUND_LIVE "c8c9d0749b6343beaca5da3d4852fcd1"
#define EVENT_SOUND_LOST "3b7f2ea212164e34a1a2eba3a9ab7ec2"
#define EVENT_OUTPUT_RUNNING "4784e3c924454fbda19a6db95f7d9d09"
#define EVENT_OUTPUT_FAILED "e7458685c4d643cab8ac050bc4e9a445"
#define EVENT_OUTPUT_SWITCHED "f809a1f100954f2d87e47ee2b05d34aa"
#define EVENT_ENCODER_FAILED "d39150996ee24b70a3c1c471c199e847"
#define EVENT_ENCODER_WORKS "04baf660f75d478c9296a6cf567dfb5a"
#define EVENT_CONFIG_BAD "815bde52a150442bb9e7c2599badf3fe"
#define EVENT_CONFIG_LAST_GOOD "eeaf22b8173544c78184e97c601ed425"
#define EVENT_CONFIG_RELOADED "11c290d679f84a90bc76e2d54d6b777d"
#define EVENT_UNPLUG_HOLD_OVER "7967c1816fac41ac8d34502f31a65064"
#define EVENT_STATE_CHANGED "07d6291dbfeb484cae52892e58cf1aa3"
#define EVENT_NUMBER_CHANGED "74091818da9045ba85b78de2aca6e2c7"
#define EVENT_REFERENCES_READ "36accf45ce52417fa1851d405559488b"
#define EVENT_REFERENCE_BAD "24f184d29a9b4593a2c63b57c185f453"
#define EVENT_SHADOW_DIFFERS "7cf7758e47ba4d25b9ea06317be3ccf2"
#define EVENT_RECEIVER_FAILED "c63694b271d549c692f2ab564d734c7a"
#define EVENT_RECEIVER_WORKS "4fe61827187643c1b2317354b57f80e9"
#define EVENT_NOTICE_DROPPED "06465858e4f64552ae7b42fdf8b9b8c0"
#define EVENT_CLIP_KEPT "d7982cd6ceab4105a72bfdb724f490a1"
#define EVENT_ENCODER_CHOSEN "24d4c3ab1f134fc1bade388f28b97803"
#define EVENT_ENCODER_CHANGED "c79bcca6109544f881ecd196f39ee0e8"
#define EVENT_CLIP_FAILED "12abea9171fa4293b2524191c30dff37"
#define EVENT_SIGNAL_BAD "6833a262621d45519eb781fb8bc24c33"
#define EVENT_SIGNAL_GOOD "a4da1e726b2a4b2d8eeb5711f07d3a71"
#define EVENT_PICTURE_ODD "84e6815a351642dd8e827cfe30effa7b"
#define EVENT_PICTURE_NORMAL "e022134b609c439abc75e7f8b615cf0a"
#define EVENT_RATE_LOW "fb49a00271ed49a284512293aa7b815a"
#define EVENT_RATE_GOOD "a018847fafd448d2a28748d79d964c1e"
#define EVENT_CARD_RESET "c4e7db2cdd3d42059da892a7471b8364"
#define EVENT_CARD_RESET_FAILED "5177fa074bed4e659765fed10396fda4"
#define EVENT_BANDWIDTH_SHORT "ade83acba1294bb59ab58fa6efee1021"
#define EVENT_BANDWIDTH_ENOUGH "65a04ac85e45415482c86b0f5ddb0556"

#define EVENT_BITRATE_LOWERED "20461c4ce15849b8bc0c6949dd6cea73"
#define EVENT_BITRATE_RESTORED "38c80e94c218480ab0118d7f67c440d6"
#define EVENT_OUTPUT_LAGS "22fe3480129e4a3a982ef512d8e829b2"
#define EVENT_OUTPUT_KEEPS_UP "5fa0662f61494334bb637319164130a0"

struct codec_news;
struct events;

int events_new(struct events **ret);

/* With another clock than usec_now(), for tests. */
int events_new_by_clock(struct events **ret, uint64_t (*clock)(void));

/* Tells what is held back. */
struct events *events_free(struct events *e);
DEFINE_CLEANUP(struct events *, events_free)

/* Each second or so: tells what was held back and may be told now. */
void events_tick(struct events *e);

/* All that was told, and what the journal was spared; lives as long as e does. */
struct history *events_history(struct events *e);

/* Something that does not repeat for ever, said as it is. fields as of LOG_FIELDS(), or NULL. */
void events_note(struct events *e, enum history_type type, int level, const char *message_id,
	const char *const *fields, const char *fmt, ...) PRINTF_LIKE(6, 7);

void events_input(struct events *e, bool live, const char *reason);
/* What the card cannot do as it was asked to, or "": news only when it has changed. */
void events_input_warning(struct events *e, const char *warning);
/* The USB device of a card that hung was reset; why not: why. */
void events_reset(struct events *e, const char *why);

/* The bus has no room for the best picture, this is what is had; NULL: it has it again. */
void events_bandwidth(struct events *e, const char *compromise);

void events_sound(struct events *e, bool live, const char *reason);

/* Facts about the input (facts.h): what is wrong begins, changes, or ends. Other changes are no
 * news. Pictures a second: as they come, and as they should. */
void events_signal(struct events *e, enum signal signal, enum signal before);
void events_picture(struct events *e, enum pixels_fact fact, enum pixels_fact before);
void events_rate(struct events *e, enum arrival_fact fact, enum arrival_fact before,
	double measured, double promised);
void events_output(struct events *e, const struct output_event *o);

/* An output takes less than is made; it keeps up again, without frames pictures (lag.h). */
void events_output_lags(struct events *e, const char *name);
void events_output_keeps_up(struct events *e, const char *name, uint64_t frames);
void events_encoder_failed(struct events *e, const char *why);

/* One has been opened: news only after a failure. */
void events_encoder_works(struct events *e);

/* For an output that is slow, the bitrate is lowered from the ceiling; it is back there. bit/s. */
void events_bitrate_lowered(struct events *e, const char *output, int64_t target, int64_t ceiling);
void events_bitrate_restored(struct events *e, const char *output, int64_t ceiling);
/* Which encoder is in use; news only when it is another one. */
void events_encoder(struct events *e, const struct codec_news *news);

/* The state of the screen; reason: why it is UNKNOWN, or NULL; since_usec: capture time of the
 * first picture of it. */
void events_state(struct events *e, const char *state, const char *before, const char *reason,
	uint64_t since_usec);
void events_number(struct events *e, const char *name, const char *value);
void events_references(struct events *e, int used, int skipped);
void events_reference_bad(struct events *e, const char *path, const char *why);

/* What becomes of the learning of a number ("": of all), as struct detector_hooks has it. */
void events_learning(struct events *e, int level, const char *number, const char *words);
void events_shadow(struct events *e, const char *live, const char *other, uint64_t since_usec);

/* Somebody who is told about changes (kind and name as in notifier.h) cannot be reached, or can be
 * again (why NULL); a notice was given up. */
void events_receiver(struct events *e, const char *kind, const char *name, const char *why);
void events_notice_dropped(
	struct events *e, const char *kind, const char *name, const char *why, uint64_t total);

/* As struct clips_hooks has it. */
void events_clip(struct events *e, const char *path, const char *why);
