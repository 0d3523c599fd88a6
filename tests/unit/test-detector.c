/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detector with its threads, on the short clip and on pictures that are its references: what it
 * tells while references come, change, break and go, and when no picture comes.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "media/demux.h"
#include "settings/rules-file.h"
#include "tests/unit/detector-bench.h"

#define OTHER_RULES "detector: { screen = \"320x240\"; };\n"

/* Every second picture: in both modes that is enough. */
static void play_clip(struct bench *b)
{
	_cleanup_(demux_freep) struct demux *demux = NULL;
	struct demux_item item;
	uint64_t errors = 0;
	char why[128];
	int r = demux_new(&demux);

	if (r < 0 || demux_open(demux, koi_path("koi-short.mkv"), LIMIT, why, sizeof(why)) < 0)
		abort();
	for (int i = 0; (r = demux_read(demux, &item, &errors)) != -ENODATA;) {
		if (r < 0 || !item.frame)
			continue;
		if (i++ % 2 == 0)
			feed(b, item.frame, 1);
		b->now += STEP / 2;
		frame_unref(item.frame);
	}
}

/* The states with a name, in the order in which they came. */
static const char *named(const struct seen *s)
{
	static char text[512];
	const char *last = "";

	text[0] = '\0';
	for (int i = 0; i < MIN(s->changes, MESSAGES_MAX); i++)
		if (strcmp(s->states[i], "OTHER") != 0 && strcmp(s->states[i], last) != 0) {
			last = s->states[i];
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", last);
		}
	return text;
}

static void test_clip(enum rules_mode mode, const char *name)
{
	struct bench *b = bench_new(mode, true);
	json_t *j;

	begin(b);
	play_clip(b);
	pthread_mutex_lock(&b->seen.lock);
	ok(strcmp(named(&b->seen), "NORMAL SELECT PLAYING NORMAL ") == 0,
		"%s: the clip's states in their order (%s)", name, named(&b->seen));
	ok(b->seen.since_realtime > b->seen.since_usec && strlen(b->seen.number) == 5 &&
			b->seen.numbers >= 3,
		"with their times, and numbers (the last is %s)", b->seen.number);
	pthread_mutex_unlock(&b->seen.lock);
	j = detector_json(b->detector);
	ok(strcmp(json_string_value(json_object_get(j, "state")), "NORMAL") == 0 &&
			json_integer_value(json_object_get(j, "decisions")) == 180 &&
			json_integer_value(json_object_get(j, "skipped_frames")) == 0 &&
			json_is_object(json_object_get(json_object_get(j, "matches"), "PLAYING")) &&
			json_is_boolean(json_object_get(
				json_object_get(json_object_get(j, "matches"), "NORMAL"),
				"is_match")) &&
			json_real_value(json_object_get(j, "timestamp")) > 0,
		"the status tells it, in the original's words");
	json_decref(j);
	bench_free(b);
}

static void test_newest_wins(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);

	begin(b);
	feed(b, b->pictures[KOI_NORMAL], 3);
	ok(shows(b, "NORMAL"), "a picture is recognised");
	/* Who is told of the change holds the recogniser up, however quick that is. */
	pthread_mutex_lock(&b->seen.lock);
	for (int i = 0; i < 50; i++)
		give(b, b->pictures[KOI_PLAYING], b->now += STEP);
	pthread_mutex_unlock(&b->seen.lock);
	ok(settled(b) && number_of(b->detector, "skipped_frames") > 0,
		"who comes too fast is overtaken, and counted");
	feed(b, b->pictures[KOI_PLAYING], 3);
	ok(shows(b, "PLAYING"), "the newest counts");
	give(b, b->pictures[KOI_NORMAL], b->now - 10 * STEP);
	ok(settled(b) && shows(b, "PLAYING"), "nothing goes back in time");
	bench_free(b);
}

static void test_seldom(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);

	b->settings.every_usec = 100000;
	begin(b);
	feed(b, b->pictures[KOI_NORMAL], 30);
	ok(number_of(b->detector, "decisions") == 10 &&
			number_of(b->detector, "skipped_frames") == 20 && shows(b, "NORMAL"),
		"every 100 ms: a third of 30 a second");
	bench_free(b);
}

static void test_lost(enum rules_mode mode, const char *name)
{
	struct bench *b = bench_new(mode, true);
	int n;

	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 3);
	ok(shows(b, "PLAYING") && comes_to(&b->seen, &b->seen.changes, 1), "%s: a state", name);
	n = 1;
	detector_lost(b->detector);
	ok(reach(&b->seen, &b->seen.changes, n + 1) && shows(b, "UNKNOWN") &&
			b->seen.reason == REASON_NO_SIGNAL,
		"no picture comes: UNKNOWN, no-signal");
	feed(b, b->other, 1);
	ok(!shows(b, "PLAYING"), "what was before is no evidence for what comes after");
	feed(b, b->pictures[KOI_PLAYING], 3);
	ok(shows(b, "PLAYING"), "the card is back");
	for (int i = 0; i < 20; i++) {
		give(b, b->pictures[KOI_NORMAL], b->now += STEP);
		detector_lost(b->detector);
	}
	ok(reach(&b->seen, &b->seen.changes, n + 3), "both in turns, fast");
	detector_lost(b->detector);
	while (!shows(b, "UNKNOWN"))
		(void) sched_yield();
	ok(feed_until(b, b->pictures[KOI_SELECT], "SELECT"), "the last word counts");
	bench_free(b);
}

static void test_lost_at_once(void)
{
	struct bench *b = bench_new(MODE_COMPATIBLE, true);

	begin(b);
	detector_lost(b->detector);
	ok(reach(&b->seen, &b->seen.changes, 1) && shows(b, "UNKNOWN"),
		"never a picture: UNKNOWN in the compatible mode, too");
	bench_free(b);
}

/* Another set of references, however broken, changes no state by itself. */
static void test_replaced(enum rules_mode mode, const char *name)
{
	struct bench *b = bench_new(mode, true);
	int n;

	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 3);
	ok(reach(&b->seen, &b->seen.changes, 1), "%s: a state", name);
	n = get(&b->seen, &b->seen.changes);
	koi_copy_file(
		koi_path("refs/koi-short/PLAYING/ref_1.jpg"), koi_in(b->refs, "PLAYING/ref_1.jpg"));
	ok(reach(&b->seen, &b->seen.read, 2) && b->seen.used == 9, "%s: one is replaced", name);
	feed(b, b->pictures[KOI_PLAYING], 5);
	ok(shows(b, "PLAYING") && get(&b->seen, &b->seen.changes) == n, "nothing flaps");
	koi_write(koi_in(b->refs, "NORMAL/ref_1.jpg"), "\xff\xd8\xff", 3);
	ok(reach(&b->seen, &b->seen.read, 3) && b->seen.used == 8 && b->seen.skipped == 1 &&
			b->seen.faults == 1 &&
			strcmp(b->seen.path, koi_in(b->refs, "NORMAL/ref_1.jpg")) == 0,
		"one is broken: told by its name, %s", b->seen.why);
	ok(strstr(problem_of(b), "NORMAL/ref_1.jpg"), "and in the status");
	detector_reload(b->detector);
	ok(reach(&b->seen, &b->seen.read, 4) && b->seen.faults == 1, "once");
	feed(b, b->pictures[KOI_NORMAL], 3);
	ok(shows(b, "NORMAL") && reach(&b->seen, &b->seen.changes, n + 1), "the others serve");
	(void) unlink(koi_in(b->refs, "NORMAL/ref_1.jpg"));
	(void) unlink(koi_in(b->refs, "PLAYING/ref_0.jpg"));
	(void) unlink(koi_in(b->refs, "PLAYING/ref_1.jpg"));
	(void) unlink(koi_in(b->refs, "PLAYING/ref_2.jpg"));
	ok(reach(&b->seen, &b->seen.read, 5) && b->seen.used == 5 && !*problem_of(b),
		"some are deleted");
	n = get(&b->seen, &b->seen.changes);
	feed(b, b->pictures[KOI_NORMAL], 3);
	ok(shows(b, "NORMAL") && get(&b->seen, &b->seen.changes) == n, "nothing flaps");
	feed(b, b->pictures[KOI_PLAYING], 15);
	ok(!shows(b, "PLAYING"), "what has no reference is not known any more");
	bench_free(b);
}

static void test_folder_goes(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);

	begin(b);
	(void) rename(b->refs, koi_in(b->folder, "away"));
	ok(reach(&b->seen, &b->seen.faults, 1) && strcmp(b->seen.path, b->refs) == 0,
		"the folder goes: told, %s", b->seen.why);
	detector_reload(b->detector);
	feed(b, b->pictures[KOI_SELECT], 3);
	ok(shows(b, "SELECT") && number_of(b->detector, "decisions") == 3,
		"what was read serves on");
	ok(strstr(problem_of(b), "gone"), "the status tells");
	ok(get(&b->seen, &b->seen.read) == 1, "also when asked to read again");
	(void) rename(koi_in(b->folder, "away"), b->refs);
	detector_reload(b->detector); /* it would be looked for within ten seconds */
	ok(reach(&b->seen, &b->seen.read, 2) && b->seen.used == 9 && !*problem_of(b), "it is back");
	koi_write(koi_in(b->refs, "SELECT/more.jpg"), "", 0);
	ok(reach(&b->seen, &b->seen.faults, 2), "and watched again");
	feed(b, b->pictures[KOI_SELECT], 3);
	ok(comes_to(&b->seen, &b->seen.changes, 1), "the state has been the same all the time");
	bench_free(b);
}

static void test_folder_comes(void)
{
	struct bench *b = bench_new(MODE_BETTER, false);

	(void) mkdir(b->refs, 0755);
	begin(b);
	feed(b, b->pictures[KOI_NORMAL], 15);
	ok(!shows(b, "NORMAL") && get(&b->seen, &b->seen.used) == 0 && *problem_of(b),
		"without references nothing is known, and the status tells why: %s", problem_of(b));
	(void) rmdir(b->refs);
	koi_copy(b->folder);
	detector_reload(b->detector);
	ok(reach(&b->seen, &b->seen.read, 2) && reach(&b->seen, &b->seen.used, 9),
		"then there are some");
	feed(b, b->pictures[KOI_NORMAL], 3);
	ok(shows(b, "NORMAL"), "and it is");
	bench_free(b);
}

static void write_rules(const struct bench *b, const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f || rules_file_write(&b->rules, f) < 0 || fclose(f) != 0)
		abort();
}

/* A game pack is put in place: its references must not be held against the rules before it. */
static void test_other_rules(enum rules_mode mode, const char *name)
{
	struct bench *b = bench_new(mode, true);
	char path[96];
	int n;

	snprintf(path, sizeof(path), "%s/rules.conf", b->refs);
	b->settings.rules_path = path;
	write_rules(b, path);
	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 3);
	ok(reach(&b->seen, &b->seen.changes, 1), "%s: a state", name);
	n = get(&b->seen, &b->seen.changes);
	ok(shows(b, "PLAYING") && get(&b->seen, &b->seen.used) == 9,
		"%s: the file says what is in use", name);
	koi_write(path, OTHER_RULES, sizeof(OTHER_RULES) - 1);
	koi_write(koi_in(b->refs, "PLAYING/ref_0.jpg"), "", 0);
	ok(reach(&b->seen, &b->seen.faults, 1) && strcmp(b->seen.path, path) == 0,
		"other rules and references: told, %s", b->seen.why);
	detector_reload(b->detector);
	feed(b, b->pictures[KOI_PLAYING], 15);
	ok(shows(b, "PLAYING") && get(&b->seen, &b->seen.changes) == n &&
			get(&b->seen, &b->seen.read) == 1,
		"what was read before serves on");
	ok(strstr(problem_of(b), "until a reload"), "the status tells");
	write_rules(b, path);
	ok(reach(&b->seen, &b->seen.read, 2) && b->seen.skipped == 1,
		"the rules are those in use again, and the references with them");
	(void) unlink(path);
	koi_copy_file(
		koi_path("refs/koi-short/PLAYING/ref_0.jpg"), koi_in(b->refs, "PLAYING/ref_0.jpg"));
	ok(reach(&b->seen, &b->seen.read, 3) && b->seen.skipped == 0,
		"without such a file they are read as ever");
	bench_free(b);
}

/* … and it came between this detector's rules and its references. */
static void test_other_rules_first(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);
	char path[96];

	snprintf(path, sizeof(path), "%s/rules.conf", b->refs);
	koi_write(path, OTHER_RULES, sizeof(OTHER_RULES) - 1);
	b->settings.rules_path = path;
	bench_start(b);
	ok(reach(&b->seen, &b->seen.faults, 1) && get(&b->seen, &b->seen.read) == 0,
		"references of other rules from the start: not read");
	feed(b, b->pictures[KOI_SELECT], 30);
	ok(!shows(b, "SELECT") && number_of(b->detector, "decisions") == 30,
		"then nothing is known");
	write_rules(b, path);
	ok(reach(&b->seen, &b->seen.read, 1), "until the rules are those in use");
	feed(b, b->pictures[KOI_SELECT], 3);
	ok(shows(b, "SELECT"), "by which it is decided");
	bench_free(b);
}

static void test_shadow(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);

	koi_rules(&b->shadow, MODE_BETTER);
	b->shadow.states[KOI_PLAYING].rois[0].rect = (struct rect){ 20, 300, 100, 60 };
	b->settings.shadow = &b->shadow;
	begin(b);
	feed(b, b->pictures[KOI_NORMAL], 20);
	ok(shows(b, "NORMAL") && get(&b->seen, &b->seen.differs) == 0, "the shadow agrees");
	feed(b, b->pictures[KOI_SELECT], 20);
	feed(b, b->pictures[KOI_NORMAL], 3);
	ok(get(&b->seen, &b->seen.differs) == 0, "and follows");
	bench_free(b);

	b = bench_new(MODE_BETTER, true);
	koi_rules(&b->shadow, MODE_COMPATIBLE);
	b->shadow.states[KOI_PLAYING].threshold = -1;
	b->settings.shadow = &b->shadow;
	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 20);
	ok(comes_to(&b->seen, &b->seen.differs, 1) && strcmp(b->seen.live, "PLAYING") == 0 &&
			strcmp(b->seen.other, "OTHER") == 0,
		"another one sees something else: told once");
	feed(b, b->pictures[KOI_NORMAL], 20);
	ok(comes_to(&b->seen, &b->seen.differs, 2) && strcmp(b->seen.other, "NORMAL") == 0,
		"until it agrees again");
	ok(comes_to(&b->seen, &b->seen.changes, 2), "and decides nothing");
	bench_free(b);
}

static struct frame *jpeg(char **data, const char *name)
{
	struct frame *f = calloc(1, sizeof(*f));

	if (!f || file_read(koi_path(name), 1 << 20, data, &f->size) < 0)
		abort();
	f->pixel = PIXEL_MJPEG;
	f->width = 640;
	f->height = 480;
	f->data[0] = (const uint8_t *) *data;
	atomic_init(&f->refs, 1);
	return f;
}

static void test_jpeg(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);
	char *data;
	struct frame *f = jpeg(&data, "refs/koi-short/SELECT/ref_1.jpg");

	begin(b);
	feed(b, f, 3);
	ok(shows(b, "SELECT"), "a JPEG is decoded");
	f->size /= 2;
	feed(b, f, 15);
	ok(shows(b, "SELECT") && number_of(b->detector, "broken_frames") == 15,
		"broken ones are passed over");
	feed(b, f, 30);
	ok(shows(b, "UNKNOWN") && b->seen.reason == REASON_NO_SIGNAL,
		"nothing else for a second: no signal");
	f->size *= 2;
	feed(b, b->pictures[KOI_SELECT], 3);
	ok(shows(b, "SELECT"), "whole ones again");
	bench_free(b);
	free(f);
	free(data);
}

/* A strip of what it is known by is painted over: less and less is left of the state. */
static void paint(struct frame *f, const struct rect *r, int rows)
{
	for (int y = 0; y < rows; y++)
		memset((uint8_t *) f->data[0] + (r->y + y) * f->stride[0] + r->x, 90,
			(size_t) r->w);
}

static void test_candidates(void)
{
	struct bench *b = bench_new(MODE_BETTER, true);
	const struct rect *r = &b->rules.states[KOI_PLAYING].rois[0].rect;

	begin(b);
	feed(b, b->pictures[KOI_PLAYING], 60);
	ok(get(&b->seen, &b->seen.candidates) == 0, "what is plain is no candidate");
	for (int rows = 4; rows <= r->h; rows += 3) {
		paint(b->pictures[KOI_PLAYING], r, rows);
		feed(b, b->pictures[KOI_PLAYING], 3);
	}
	ok(reach(&b->seen, &b->seen.candidates, 1) && get(&b->seen, &b->seen.candidates) <= 3,
		"a near miss is, at most one in a second: %d", get(&b->seen, &b->seen.candidates));
	bench_free(b);
}

/* A state told before that these rules do not know. */
static void test_told_state(enum rules_mode mode, const char *name)
{
	const struct detector_told gone = { .state = "GONE" }, unknown = { .state = "UNKNOWN" };
	struct bench *b = bench_new(mode, true);

	b->settings.told = &gone;
	begin(b);
	ok(reach(&b->seen, &b->seen.changes, 1) && shows(b, "UNKNOWN") &&
			strcmp(b->seen.states[0], "UNKNOWN") == 0 &&
			strcmp(b->seen.before, "GONE") == 0 && b->seen.reason == REASON_NEW_RULES,
		"%s: rules without the state told last: UNKNOWN, before a picture comes", name);
	feed(b, b->pictures[KOI_NORMAL], 3);
	ok(shows(b, "NORMAL") && strcmp(b->seen.states[1], "UNKNOWN") != 0, "once");
	bench_free(b);
	b = bench_new(mode, true);
	b->settings.told = &unknown;
	begin(b);
	ok(shows(b, "UNKNOWN") && get(&b->seen, &b->seen.changes) == 0,
		"UNKNOWN is known to everybody");
	ok(feed_until(b, b->other, "OTHER") && reach(&b->seen, &b->seen.changes, 1),
		"and OTHER is news then");
	bench_free(b);
}

int main(void)
{
	test_clip(MODE_BETTER, "better");
	test_clip(MODE_COMPATIBLE, "compatible");
	test_newest_wins();
	test_seldom();
	test_lost(MODE_BETTER, "better");
	test_lost(MODE_COMPATIBLE, "compatible");
	test_lost_at_once();
	test_replaced(MODE_BETTER, "better");
	test_replaced(MODE_COMPATIBLE, "compatible");
	test_folder_goes();
	test_folder_comes();
	test_other_rules(MODE_BETTER, "better");
	test_other_rules(MODE_COMPATIBLE, "compatible");
	test_other_rules_first();
	test_shadow();
	test_jpeg();
	test_candidates();
	test_told_state(MODE_BETTER, "better");
	test_told_state(MODE_COMPATIBLE, "compatible");
	return tap_done();
}
