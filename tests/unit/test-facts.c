/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures are handed in with times of ours and each is waited for; counters are handed in as the
 * tick does. The facts come out, and go with the pictures.
 */
#include "streamer/facts.h"

#include <string.h>

#include "common/usec.h"
#include "media/jpeg.h"
#include "tests/tap.h"
#include "tests/unit/counters.h"

#define W 128
#define H 96

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static int changes, given_back;
static struct settings settings;
static struct events *events;
static struct facts *facts;
static uint64_t capture_usec = 1000 * USEC_PER_SEC;

static void move(int *counter)
{
	pthread_mutex_lock(&lock);
	(*counter)++;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
}

static void on_changed(void *userdata)
{
	(void) userdata;
	move(&changes);
}

static void release(struct frame *f)
{
	free((void *) (uintptr_t) f->data[0]);
	free(f);
	move(&given_back);
}

/* A picture of noise, or all of one grey. */
static struct frame *new_frame(int grey)
{
	struct frame *f = calloc(1, sizeof(*f));
	uint8_t *data = malloc((size_t) W * H * 3);

	for (size_t i = 0; i < (size_t) W * H * 3; i++)
		data[i] = (uint8_t) (grey < 0 ? rand() : grey);
	f->pixel = PIXEL_RGB24;
	f->width = W;
	f->height = H;
	f->full_range = true;
	f->data[0] = data;
	f->stride[0] = W * 3;
	f->release = release;
	atomic_init(&f->refs, 1);
	return f;
}

static struct frame *as_jpeg(struct frame *f)
{
	struct frame *j = calloc(1, sizeof(*j));
	uint8_t *data = NULL;

	if (jpeg_encode(f, 2, &data, &j->size) < 0)
		abort();
	frame_unref(f);
	j->pixel = PIXEL_MJPEG;
	j->width = W;
	j->height = H;
	j->data[0] = data;
	j->release = release;
	atomic_init(&j->refs, 1);
	return j;
}

/* Hands it in so much later than the last one, and waits until nobody looks at it any more. */
static void hand(struct frame *f, uint64_t later_usec)
{
	int before = counter_get(&lock, &given_back);

	capture_usec += later_usec;
	f->capture_usec = capture_usec;
	f->dequeue_usec = usec_now();
	facts_frame(facts, f);
	frame_unref(f);
	(void) counter_reaches(&lock, &moved, &given_back, before + 1);
}

static void hand_many(int n, int grey)
{
	for (int i = 0; i < n; i++)
		hand(new_frame(grey), FACTS_EVERY_USEC);
}

static enum pixels_fact picture(void)
{
	struct facts_view v;

	facts_view(facts, &v);
	return v.picture;
}

static uint64_t history(void)
{
	return history_last(events_history(events));
}

static bool told(const char *words)
{
	struct history_event e;
	bool found;

	if (!history_next(events_history(events), history() - 1, &e))
		return false;
	found = e.type == HISTORY_FACT && strstr(e.json, words);
	if (!found)
		printf("# %s\n", e.json);
	free(e.json);
	return found;
}

static void begin(void)
{
	settings.facts.enabled = true;
	settings.facts.after_usec = 2 * USEC_PER_SEC;
	settings.facts.frozen_usec = 5 * USEC_PER_SEC;
	if (events_new(&events) < 0 || facts_new(&facts, events, on_changed, NULL) < 0)
		abort();
	facts_apply(facts, &settings);
	if (facts_start(facts) < 0)
		abort();
}

static void test_picture(void)
{
	int before;

	ok(picture() == PIXELS_UNKNOWN, "nothing is known");
	hand_many(4, -1);
	ok(picture() == PIXELS_NORMAL && history() == 0, "a normal picture is no news");
	before = counter_get(&lock, &changes);
	hand_many(6, 0);
	ok(picture() == PIXELS_BLACK && history() == 1 && told("is black") &&
			counter_get(&lock, &changes) == before + 1,
		"black is told once");
	hand_many(6, -1);
	ok(picture() == PIXELS_NORMAL && history() == 2 && told("no longer black"),
		"and so is its end");
	hand_many(30, 100);
	ok(picture() == PIXELS_SINGLE_COLOUR && history() == 3, "grey is a colour");
	facts_lost(facts);
	ok(picture() == PIXELS_UNKNOWN && history() == 4 && told("not looked at"),
		"with the input the fact goes");
	hand_many(1, 100);
	ok(picture() == PIXELS_NORMAL, "what comes then begins anew");
	facts_lost(facts);
	ok(history() == 4, "what was normal is lost without a word");
}

/* One that somebody still looked at when the input was lost. */
static void test_late(void)
{
	struct frame *f = new_frame(-1);
	int before = counter_get(&lock, &given_back);

	f->dequeue_usec = usec_now();
	f->capture_usec = capture_usec += USEC_PER_SEC;
	facts_lost(facts);
	facts_frame(facts, f);
	frame_unref(f);
	(void) counter_reaches(&lock, &moved, &given_back, before + 1);
	ok(picture() == PIXELS_UNKNOWN, "a picture from before the loss tells nothing");
}

static void test_turns(void)
{
	hand_many(2, -1);
	for (int i = 0; i < 100; i++)
		hand(new_frame(0), USEC_PER_SEC / 100);
	ok(picture() == PIXELS_NORMAL, "a second of black is short, however many pictures it has");
	for (int i = 0; i < 6; i++)
		hand(as_jpeg(new_frame(0)), USEC_PER_SEC);
	ok(picture() == PIXELS_BLACK, "JPEGs are looked into");
	capture_usec -= 900 * USEC_PER_SEC;
	hand_many(8, -1);
	ok(picture() != PIXELS_BLACK, "times that go back do not stop it");
	facts_lost(facts);
}

static void test_settings(void)
{
	uint64_t before;

	hand_many(8, 0);
	before = history();
	facts_apply(facts, &settings);
	ok(picture() == PIXELS_BLACK, "the same settings change nothing");
	settings.facts.enabled = false;
	facts_apply(facts, &settings);
	ok(picture() == PIXELS_UNKNOWN && history() == before + 1, "nobody looks any more");
	hand_many(8, 0);
	ok(picture() == PIXELS_UNKNOWN && history() == before + 1, "whatever comes");
	settings.facts.enabled = true;
	settings.facts.after_usec = 4 * USEC_PER_SEC;
	facts_apply(facts, &settings);
	hand_many(6, 0);
	ok(picture() == PIXELS_NORMAL, "another time counts");
	hand_many(4, 0);
	ok(picture() == PIXELS_BLACK, "from then on");
}

static void test_signal(void)
{
	struct video_status v = { .signal = SIGNAL_OK };
	uint64_t before = history();
	struct facts_view view;
	json_t *j;

	facts_tick(facts, &v);
	ok(history() == before, "a good signal is no news");
	v.signal = SIGNAL_NO_CABLE;
	facts_tick(facts, &v);
	facts_tick(facts, &v);
	ok(history() == before + 1 && told("no-cable"), "a bad one is, once");
	facts_signal(facts, SIGNAL_NO_SYNC);
	ok(history() == before + 2 && told("no-sync"), "another fault is another line");
	facts_view(facts, &view);
	ok(view.signal == SIGNAL_NO_SYNC && view.signal_usec > 0, "with its time");
	j = facts_json(facts);
	ok(j && !strcmp(json_string_value(json_object_get(j, "signal")), "no-sync") &&
			json_integer_value(json_object_get(j, "signal_since")) > 0 &&
			!strcmp(json_string_value(json_object_get(j, "picture")), "black"),
		"and as JSON");
	json_decref(j);
	facts_signal(facts, SIGNAL_OK);
	ok(history() == before + 3 && told("good again"), "and its end");
}

/* As much as can be seen without waiting for seconds; the rest is test-arrival's. */
static void test_rate(void)
{
	struct video_status v = { .info = { .rate_num = 30, .rate_den = 1 } };
	struct facts_view view;

	facts_tick(facts, &v);
	facts_view(facts, &view);
	ok(view.rate == ARRIVAL_UNKNOWN && view.promised == 30, "30 are promised");
	events_rate(events, ARRIVAL_LOW_RATE, ARRIVAL_OK, 7.5, 30);
	ok(told("7.50 a second, 30.00 were promised"), "what is too slow is told with the figure");
	events_rate(events, ARRIVAL_OK, ARRIVAL_LOW_RATE, 29.9, 30);
	ok(told("29.90 a second"), "and its end");
}

int main(void)
{
	begin();
	test_picture();
	test_late();
	test_turns();
	test_settings();
	test_signal();
	test_rate();
	facts_stop(facts);
	ok(facts_free(facts, usec_now() + COUNTERS_LIMIT) == 0, "it ends");
	events_free(events);
	return tap_done();
}
