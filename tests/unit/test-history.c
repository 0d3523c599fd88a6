/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has happened lately: numbers, pages, what is forgotten, many who tell at once. */
#include "streamer/history.h"

#include <pthread.h>
#include <string.h>

#include "tests/tap.h"

#define FIELDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static struct history *begin(int n)
{
	struct history *h = NULL;
	char text[32];

	if (history_new(&h) < 0)
		abort();
	for (int i = 1; i <= n; i++) {
		snprintf(text, sizeof(text), "event %d", i);
		history_put(h, HISTORY_STATE, NULL, text);
	}
	return h;
}

/* "5 4 3 / 3": the numbers on a page, and what next says. */
static const char *page(struct history *h, uint64_t before, uint64_t after, size_t limit)
{
	static char buf[256];
	json_t *j = history_json(h, before, after, limit), *e;
	size_t i, used = 0;

	json_array_foreach(json_object_get(j, "events"), i, e)
	{
		used += (size_t) snprintf(buf + used, sizeof(buf) - used, "%d ",
			(int) json_integer_value(json_object_get(e, "id")));
	}
	snprintf(buf + used, sizeof(buf) - used, "/ %d",
		(int) json_integer_value(json_object_get(j, "next")));
	json_decref(j);
	return buf;
}

static bool is_page(
	struct history *h, uint64_t before, uint64_t after, size_t limit, const char *wanted)
{
	const char *got = page(h, before, after, limit);

	if (strcmp(got, wanted) != 0)
		printf("# %s, not %s\n", got, wanted);
	return strcmp(got, wanted) == 0;
}

static void test_pages(void)
{
	struct history *h = begin(0);

	ok(history_last(h) == 0 && is_page(h, 0, 0, 10, "/ 0"), "at first there is none");
	history_free(h);
	h = begin(5);
	ok(history_last(h) == 5 && is_page(h, 0, 0, 10, "5 4 3 2 1 / 0"), "the newest first");
	ok(is_page(h, 0, 0, 2, "5 4 / 4") && is_page(h, 4, 0, 2, "3 2 / 2") &&
			is_page(h, 2, 0, 2, "1 / 0") && is_page(h, 1, 0, 2, "/ 0"),
		"page by page");
	ok(is_page(h, 0, 3, 10, "5 4 / 0") && is_page(h, 0, 5, 10, "/ 0") &&
			is_page(h, 0, 99, 10, "/ 0") && is_page(h, 99, 4, 10, "5 / 0") &&
			is_page(h, 5, 2, 1, "4 / 4"),
		"after and before numbers");
	ok(is_page(h, UINT64_MAX, UINT64_MAX, 10, "/ 0") && is_page(h, 0, 0, 0, "/ 6"),
		"whatever the numbers");
	history_free(h);
}

static void test_ring(void)
{
	struct history *h = begin(HISTORY_EVENTS_MAX + 3);
	struct history_event e = { .json = NULL };
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "5 4 / 0");
	ok(is_page(h, 6, 0, 10, wanted), "the oldest are forgotten");
	ok(history_next(h, 0, &e) && e.id == 4 && strstr(e.json, "\"event 4\""),
		"who comes late begins with what is there");
	free(e.json);
	ok(history_next(h, 500, &e) && e.id == 501, "else with the next one");
	free(e.json);
	ok(!history_next(h, HISTORY_EVENTS_MAX + 3, &e) && !history_next(h, UINT64_MAX, &e),
		"until there is no more");
	history_free(h);
}

static void test_event(void)
{
	struct history *h = begin(0);
	struct history_event e = { .json = NULL };
	char longest[4 * HISTORY_TEXT_MAX];
	json_t *j;

	history_put(h, HISTORY_OUTPUT,
		FIELDS("EGM_OUTPUT", "7", "EGM_FAILURES", "12", "EGM_REASON", NULL, "EGM_ID", "x"),
		"Output 7 failed\n\xff");
	ok(history_next(h, 0, &e) && e.type == HISTORY_OUTPUT && !strchr(e.json, '\n'),
		"an event is one line");
	j = json_loads(e.json, 0, NULL);
	ok(json_integer_value(json_object_get(j, "id")) == 1 &&
			strcmp(json_string_value(json_object_get(j, "type")), "output") == 0 &&
			strcmp(json_string_value(json_object_get(j, "output")), "7") == 0 &&
			json_integer_value(json_object_get(j, "failures")) == 12 &&
			!json_object_get(j, "reason") &&
			json_real_value(json_object_get(j, "time")) * 1e6 + 1e6 >
				(double) history_epoch(h),
		"with its fields");
	json_decref(j);
	free(e.json);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	history_put(h, HISTORY_CLIP, FIELDS("EGM_PATH", longest), longest);
	ok(history_next(h, 1, &e) && strlen(e.json) < HISTORY_TEXT_MAX + HISTORY_VALUE_MAX + 128,
		"what is too long is cut");
	free(e.json);
	history_free(h);
}

#define TELLERS 4
#define EACH 200

static void *tell(void *userdata)
{
	for (int i = 0; i < EACH; i++)
		history_put(userdata, HISTORY_NUMBER, NULL, "x");
	return NULL;
}

static void test_threads(void)
{
	struct history *h = begin(0);
	pthread_t threads[TELLERS];
	struct history_event e = { .json = NULL };
	uint64_t seen = 0;
	bool all = true;

	for (int i = 0; i < TELLERS; i++)
		if (pthread_create(&threads[i], NULL, tell, h) != 0)
			abort();
	while (seen < TELLERS * EACH) {
		if (!history_next(h, seen, &e))
			continue;
		all = all && e.id == seen + 1;
		seen = e.id;
		free(e.json);
	}
	for (int i = 0; i < TELLERS; i++)
		pthread_join(threads[i], NULL);
	ok(all && history_last(h) == TELLERS * EACH, "many tell at once, none is lost");
	history_free(h);
}

int main(void)
{
	test_pages();
	test_ring();
	test_event();
	test_threads();
	return tap_done();
}
