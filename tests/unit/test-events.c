/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal is told, by a clock of ours: each change once, and steady trouble not for ever.
 */
#include "streamer/events.h"

#include <stdarg.h>
#include <string.h>

#include "common/log.h"
#include "common/usec.h"
#include "streamer/codec.h"
#include "streamer/repeats.h"
#include "streamer/store.h"
#include "tests/tap.h"

#define HOUR_USEC (3600 * USEC_PER_SEC)

static uint64_t now_usec;
static int lines, quiet; /* of LOG_INFO and above; of LOG_DEBUG */
static char text[1024], id[40], fields_told[1024];

static uint64_t clock_of_ours(void)
{
	return now_usec;
}

/* In the place of common/log.c's. */
int __wrap_log_full(int level, const char *message_id, const char *const *fields, int err,
	const char *fmt, ...) PRINTF_LIKE(5, 6);
int __wrap_log_full(
	int level, const char *message_id, const char *const *fields, int err, const char *fmt, ...)
{
	size_t used = 0;
	va_list ap;

	if (level == LOG_DEBUG) {
		quiet++;
		return -err;
	}
	lines++;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(id, sizeof(id), "%s", message_id ? message_id : "");
	fields_told[0] = '\0';
	for (; fields && fields[0]; fields += 2)
		if (fields[1])
			used += (size_t) snprintf(fields_told + used, sizeof(fields_told) - used,
				"%s=%s\n", fields[0], fields[1]);
	return -err;
}

static struct events *begin(void)
{
	struct events *e = NULL;

	now_usec = 1000 * USEC_PER_SEC;
	lines = quiet = 0;
	if (events_new_by_clock(&e, clock_of_ours) < 0)
		exit(1);
	return e;
}

static bool has(const char *field)
{
	return strstr(fields_told, field) != NULL;
}

static void fail(struct events *e, const char *name, const char *why, unsigned attempt)
{
	const struct output_event o = { .name = name,
		.state = OUTPUT_WAITING,
		.error = why,
		.retry_usec = USEC_PER_SEC,
		.attempt = attempt };

	events_output(e, &o);
}

static void run(struct events *e, const char *name, unsigned attempt)
{
	const struct output_event o = { .name = name, .state = OUTPUT_RUNNING, .attempt = attempt };

	events_output(e, &o);
}

static void test_rule(void)
{
	struct repeats_rule r = { 3, 100, 0 };
	int n = 0;

	ok(repeats_may(&r, 5) && repeats_may(&r, 5) && repeats_may(&r, 6), "three at once");
	ok(!repeats_may(&r, 7) && !repeats_may(&r, 104), "no fourth");
	ok(repeats_may(&r, 105) && !repeats_may(&r, 204), "one more after its time");
	for (uint64_t t = 1000; t < 2000; t++)
		n += repeats_may(&r, t);
	ok(n == 3 + 9, "full again, then one each hundred: %d", n);
}

static void test_once(void)
{
	struct events *e = begin();

	events_input(e, true, "");
	ok(lines == 1 && strcmp(text, "Input is live") == 0 && strcmp(id, EVENT_INPUT_LIVE) == 0,
		"a change is a line: %s", text);
	ok(!has("EGM_REPEATS"), "nothing was left out");
	events_input(e, false, "the card is gone");
	ok(lines == 2 && strcmp(id, EVENT_INPUT_LOST) == 0 && has("EGM_REASON=the card is gone\n"),
		"so is the next: %s", text);
	events_free(e);
	ok(lines == 2, "nothing was held back");
}

/* It is told again each time that the card is opened, and asked for each second. */
static void test_warning(void)
{
	struct events *e = begin();

	for (int i = 0; i < 100; i++)
		events_input_warning(e, i < 10 ? "" : "no control hue; the card has none");
	ok(lines == 1 && strcmp(id, EVENT_INPUT_WARNING) == 0 &&
			has("EGM_REASON=no control hue; the card has none\n"),
		"what a card cannot do is told once: %s", text);
	events_input_warning(e, "");
	ok(lines == 1, "that it can is no news");
	events_free(e);
}

/* A server that is away for a night. */
static void test_night(void)
{
	struct events *e = begin();

	for (unsigned i = 1; i <= 1000; i++) {
		fail(e, "srs", "connection refused", i);
		now_usec += 30 * USEC_PER_SEC;
		events_tick(e);
	}
	ok(lines == 1 && quiet == 999, "the same words for a night are one line: %d", lines);
	fail(e, "srs", "no route to host", 1001);
	ok(lines == 2 && has("EGM_REPEATS=999\n") && has("EGM_FAILURES=1001\n"),
		"other words are another, with what was left out: %s", text);
	run(e, "srs", 1001);
	ok(lines == 3 && has("EGM_FAILURES=1001\n") && !has("EGM_REPEATS"), "and so is the end: %s",
		text);
	events_free(e);
}

/* Each second: the card, its sound, what it shows, an output. */
static void flap(struct events *e, unsigned i)
{
	bool good = i % 2;

	events_input(e, good, i % 4 ? "no signal" : "the card is gone");
	events_sound(e, good, "no sound comes");
	events_state(e, good ? "NORMAL" : "UNKNOWN", good ? "UNKNOWN" : "NORMAL",
		good ? NULL : "no-signal", now_usec);
	fail(e, "srs", good ? "connection refused" : "connection reset", i);
	events_encoder_failed(e, good ? "no memory" : "no encoder");
	now_usec += USEC_PER_SEC;
	events_tick(e);
}

static void test_flapping(void)
{
	struct events *e = begin();
	unsigned i = 0;
	int before;

	for (; i < 3600; i++)
		flap(e, i);
	ok(lines > 20 && lines < 60, "a card that flaps each second: %d lines in an hour", lines);
	before = lines;
	for (; i < 7200; i++)
		flap(e, i);
	ok(lines - before >= 10 && lines - before < 30, "%d in the next one", lines - before);
	events_input(e, true, "");
	events_free(e);
	ok(lines > before, "the end of it is told when the program ends");
}

static void test_count(void)
{
	struct events *e = begin();

	for (unsigned i = 0; i < 101; i++)
		events_input(e, i % 2, "no signal");
	ok(lines == 6 && quiet == 95, "six are told, the others counted");
	now_usec += 20 * 60 * USEC_PER_SEC - 1;
	events_tick(e);
	ok(lines == 6, "not before it is time");
	now_usec++;
	events_tick(e);
	ok(lines == 7 && strcmp(id, EVENT_INPUT_LOST) == 0 && has("EGM_REASON=no signal\n") &&
			has("EGM_REPEATS=94\n") && strstr(text, "(94 before this were left out)"),
		"then how it is now, with their count: %s", text);
	now_usec += HOUR_USEC;
	events_tick(e);
	ok(lines == 7, "once");
	events_input(e, true, "");
	ok(lines == 8 && !has("EGM_REPEATS"), "the next change counts anew: %s", text);
	fail(e, "srs", "refused", 1);
	ok(lines == 9, "another subject has lines of its own");
	events_free(e);
}

static void test_at_end(void)
{
	struct events *e = begin();

	for (unsigned i = 0; i < 10; i++)
		events_sound(e, i % 2, "no sound comes");
	events_free(e);
	ok(lines == 7 && strcmp(id, EVENT_SOUND_LIVE) == 0 && has("EGM_REPEATS=3\n"),
		"what is held back is told at the end: %s", text);
}

static void test_screen(void)
{
	static const char *const names[] = { "NORMAL", "SELECT" };
	struct events *e = begin();

	for (unsigned i = 0; i < 500; i++) {
		events_state(e, names[i % 2], names[(i + 1) % 2], NULL, now_usec);
		now_usec += 2 * USEC_PER_SEC;
		events_tick(e);
	}
	ok(lines == 500, "what lasts is news, each of it: %d", lines);
	lines = 0;
	for (unsigned i = 0; i < 3600; i++) {
		events_state(e, names[i % 2], names[(i + 1) % 2], NULL, now_usec);
		now_usec += USEC_PER_SEC;
		events_tick(e);
	}
	ok(lines > 10 && lines < 30, "what flickers is not: %d", lines);
	lines = 0;
	now_usec += 2 * USEC_PER_SEC;
	events_tick(e);
	ok(lines == 1 && has("EGM_STATE=SELECT\n") && has("EGM_REPEATS="),
		"where it stays is told: %s", text);
	events_free(e);

	e = begin();
	for (unsigned i = 0; i < 360; i++) {
		events_state(e, i % 2 ? "NORMAL" : "UNKNOWN", i % 2 ? "UNKNOWN" : "NORMAL",
			i % 2 ? NULL : "no-signal", now_usec);
		now_usec += 10 * USEC_PER_SEC;
		events_tick(e);
	}
	ok(lines < 30, "a card that comes and goes is no news of the screen: %d", lines);
	events_free(e);

	e = begin();
	for (unsigned i = 1; i <= 100; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%u", i);
		events_number(e, "CREDIT", value);
		now_usec += USEC_PER_SEC / 10;
	}
	ok(lines <= 12, "a number that rolls up is few lines: %d", lines);
	now_usec += 2 * USEC_PER_SEC;
	events_tick(e);
	ok(has("EGM_VALUE=100\n"), "and where it stops is told: %s", text);
	events_free(e);
}

static void test_others(void)
{
	struct events *e = begin();

	for (unsigned i = 0; i < 3600; i++) {
		events_receiver(e, "webhook", "hall", i % 2 ? NULL : "answer 503");
		events_notice_dropped(e, "webhook", "hall", "answer 400", i + 1);
		events_clip(e, "/candidates/a.jpg", NULL);
		events_references(e, 3, 1);
		now_usec += USEC_PER_SEC;
		events_tick(e);
	}
	ok(lines < 60, "receivers, notices, candidates, references: %d", lines);
	events_free(e);

	e = begin();
	events_encoder_works(e);
	ok(lines == 0, "an encoder that opens at once is not told");
	events_encoder_failed(e, "no memory");
	events_encoder_failed(e, "no memory");
	events_encoder_works(e);
	events_encoder_works(e);
	ok(lines == 2 && strcmp(id, EVENT_ENCODER_WORKS) == 0 && has("EGM_REPEATS=1\n"),
		"one that failed is, once: %s", text);
	events_encoder_failed(e, "no memory");
	ok(lines == 3, "and the same failure after it is another one");
	events_free(e);

	e = begin();
	events_bitrate_lowered(e, "srs", 800000, 2000000);
	ok(lines == 1 && strcmp(id, EVENT_BITRATE_LOWERED) == 0 && has("EGM_OUTPUT=srs\n") &&
			has("EGM_BITRATE=800000\n") && has("EGM_BITRATE_MAX=2000000\n"),
		"the bitrate is lowered: %s", text);
	events_bitrate_restored(e, "srs", 2000000);
	ok(lines == 2 && strcmp(id, EVENT_BITRATE_RESTORED) == 0 && has("EGM_BITRATE=2000000\n"),
		"and is back: %s", text);
	for (unsigned i = 0; i < 3600; i += 20) {
		events_bitrate_lowered(e, "srs", 800000, 2000000);
		events_bitrate_restored(e, "srs", 2000000);
		now_usec += 20 * USEC_PER_SEC;
		events_tick(e);
	}
	ok(lines < 60, "a network that comes and goes: %d lines an hour", lines);
	events_free(e);
}

static void test_encoder_choice(void)
{
	const struct codec_news chosen = { CODEC_CHOSEN, "libx264", NULL, "h264_qsv: no node" };
	const struct codec_news plain = { CODEC_CHOSEN, "libx264", NULL, "" };
	const struct codec_news refused = { CODEC_REFUSED, "libx264", NULL, "h264_qsv: no node" };
	const struct codec_news demoted = { CODEC_DEMOTED, "libx264", "h264_qsv", "too slow" };
	struct events *e = begin();

	events_encoder(e, &chosen);
	ok(strcmp(id, EVENT_ENCODER_CHOSEN) == 0 && has("EGM_ENCODER=libx264\n") &&
			has("EGM_REASON=h264_qsv: no node\n") && !has("EGM_ENCODER_BEFORE") &&
			strcmp(text, "Encoder libx264 is used (h264_qsv: no node)") == 0,
		"%s", text);
	events_encoder(e, &plain);
	ok(!has("EGM_REASON") && strcmp(text, "Encoder libx264 is used") == 0, "%s", text);
	events_encoder(e, &refused);
	ok(strcmp(id, EVENT_ENCODER_CHANGED) == 0 && strstr(text, "not the one that is set"), "%s",
		text);
	events_encoder(e, &demoted);
	ok(strcmp(id, EVENT_ENCODER_CHANGED) == 0 && has("EGM_ENCODER_BEFORE=h264_qsv\n") &&
			has("EGM_REASON=too slow\n"),
		"%s", text);
	events_free(e);
}

/* More subjects than there is room for: no harm, and nobody is silenced. */
/* A card that hangs for long: each reset is told, a reason once; and a bus without room. */
static void test_hung(void)
{
	struct events *e = begin();

	events_reset(e, NULL);
	ok(lines == 1 && strcmp(id, EVENT_CARD_RESET) == 0, "a reset: %s", text);
	for (int i = 0; i < 10; i++)
		events_reset(e, "egm-usb-reset gives no answer");
	ok(lines == 2 && quiet == 9 && strcmp(id, EVENT_CARD_RESET_FAILED) == 0 &&
			has("EGM_REASON=egm-usb-reset gives no answer\n"),
		"none: %s", text);
	events_reset(e, NULL);
	events_reset(e, "egm-usb-reset gives no answer");
	ok(lines == 4, "told again after one that worked");
	events_bandwidth(e, "MJPG 640x480 at 30 instead of YUYV 640x480 at 30");
	ok(lines == 5 && strcmp(id, EVENT_BANDWIDTH_SHORT) == 0 && has("EGM_REASON=MJPG"), "%s",
		text);
	events_bandwidth(e, NULL);
	ok(lines == 6 && strcmp(id, EVENT_BANDWIDTH_ENOUGH) == 0, "%s", text);
	events_free(e);
}

static void test_many(void)
{
	struct events *e = begin();
	char name[OUTPUT_NAME_MAX];

	for (unsigned i = 0; i < 3 * REPEATS_SUBJECTS_MAX; i++) {
		snprintf(name, sizeof(name), "out%u", i);
		now_usec++;
		fail(e, name, "refused", 1);
	}
	ok(lines == 3 * REPEATS_SUBJECTS_MAX, "each of many outputs is told");
	events_free(e);
}

/* Each reload makes a detector that begins from nothing. */
static void test_learning(void)
{
	struct events *e = begin();

	for (int i = 0; i < 100; i++) {
		events_learning(e, LOG_WARNING, "CREDIT", "CREDIT: 1, as told, is wrong.");
		events_learning(e, LOG_INFO, "CREDIT", "CREDIT: the digits 1 are known now.");
		events_learning(e, LOG_DEBUG, "CREDIT", "CREDIT: 1 is read.");
		now_usec += USEC_PER_SEC;
	}
	ok(lines == 6 && quiet == 100 + 194, "of learning again and again: %d lines, %d not told",
		lines, quiet);
	ok(has("EGM_NUMBER=CREDIT"), "with the number");
	events_learning(e, LOG_NOTICE, "", "Numbers cannot be learnt.");
	ok(lines == 7 && !has("EGM_NUMBER") && strcmp(text, "Numbers cannot be learnt.") == 0,
		"what is of no number is another thing");
	events_free(e);
}

static void test_status_file(void)
{
	struct store s = { .status_rule = REPEATS_TROUBLE };
	char dir[] = "/tmp/egm-events-XXXXXX";

	lines = 0;
	if (!mkdtemp(dir))
		exit(1);
	for (unsigned i = 0; i < 101; i++) {
		snprintf(s.status, sizeof(s.status), "%s/%sstatus.json", dir, i % 2 ? "" : "no/");
		store_status(&s, "{}");
	}
	ok(lines == 6, "a status file that can be written by turns: %d lines", lines);
	s.status_rule.full_usec = 0;
	store_status(&s, "{}");
	ok(lines == 7 && strstr(text, "before this were left out"), "and later what it is now: %s",
		text);
	snprintf(s.status, sizeof(s.status), "%s/status.json", dir);
	(void) unlink(s.status);
	(void) rmdir(dir);
}

/* Who looks at the card sees what the journal is spared, but no flood of bad pictures. */
static void test_history(void)
{
	struct events *e = begin();
	struct history *h = events_history(e);
	struct history_event last = { .json = NULL };
	char path[32];

	for (int i = 0; i < 50; i++)
		events_input(e, i % 2, "no signal");
	ok(history_last(h) == 50 && lines < 20, "the history has each change");
	ok(history_next(h, 49, &last) && last.type == HISTORY_SIGNAL &&
			strstr(last.json, "\"Input is live\""),
		"with its words");
	free(last.json);
	fail(e, "a", "refused", 1);
	fail(e, "a", "refused", 2);
	ok(history_last(h) == 51, "what is the same once more is none");
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "%d.jpg", i);
		events_reference_bad(e, path, "broken");
	}
	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "/c/%d.jpg", i);
		events_clip(e, path, NULL);
	}
	ok(history_last(h) < 70, "what comes by the dozen is there a few times: %d",
		(int) history_last(h));
	events_note(e, HISTORY_SERVICE, LOG_NOTICE, EVENT_STARTED, NULL, "Started %s", "now");
	ok(history_next(h, history_last(h) - 1, &last) && strstr(last.json, "Started now") &&
			strcmp(text, "Started now") == 0 && strcmp(id, EVENT_STARTED) == 0,
		"what is noted stands in both");
	free(last.json);
	events_free(e);
}

int main(void)
{
	test_rule();
	test_once();
	test_warning();
	test_night();
	test_flapping();
	test_count();
	test_at_end();
	test_screen();
	test_others();
	test_hung();
	test_encoder_choice();
	test_many();
	test_learning();
	test_status_file();
	test_history();
	return tap_done();
}
