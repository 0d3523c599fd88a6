/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notice.h"

#include <math.h>
#include <string.h>

#include "tests/tap.h"

#define AT UINT64_C(1795339867123456) /* 2026-11-22T09:31:07.123456Z */

static char *text(const char *words)
{
	return (char *) (uintptr_t) words;
}

static struct notice *a_state(void)
{
	return notice_new(&(struct notice){ .realtime_usec = AT,
		.card = text("port1"),
		.machine = text("egm-101"),
		.role = text("game"),
		.state = text("PLAYING"),
		.previous = text("OTHER"),
		.margin = 0.1 });
}

static void test_json(void)
{
	_cleanup_(notice_unrefp) struct notice *n = a_state(), *number = NULL, *unknown = NULL;
	_cleanup_(freep) char *json = notice_json(n), *expected = NULL;
	char *second;

	ok(asprintf(&expected,
		   "{\"id\":\"%s\",\"event\":\"state\",\"time\":\"2026-11-22T09:31:07.123Z\","
		   "\"timestamp\":1795339867.123456,\"card\":\"port1\",\"machine\":\"egm-101\","
		   "\"role\":\"game\",\"state\":\"PLAYING\",\"previous\":\"OTHER\",\"margin\":0.1}",
		   n->id) > 0 &&
			!strcmp(json, expected),
		"a state: %s", json);

	number = notice_new(&(struct notice){
		.realtime_usec = 0, .number = text("CREDIT"), .value = text("12.50") });
	second = notice_json(number);
	ok(strstr(second, "\"event\":\"number\",\"time\":\"1970-01-01T00:00:00.000Z\"") &&
			strstr(second, "\"number\":\"CREDIT\",\"value\":\"12.50\"}"),
		"a number: %s", second);
	free(second);

	unknown = notice_new(&(struct notice){
		.state = text("UNKNOWN"), .reason = text("no \"signal\"\n"), .margin = NAN });
	second = notice_json(unknown);
	ok(strstr(second, "\"reason\":\"no \\\"signal\\\"\\n\"}"), "no margin: %s", second);
	free(second);
}

static void test_copies(void)
{
	char state[] = "PLAYING";
	_cleanup_(notice_unrefp) struct notice *n = notice_new(&(struct notice){ .state = state });
	_cleanup_(notice_unrefp) struct notice *again =
		notice_new(&(struct notice){ .state = state });

	state[0] = 'X';
	ok(!strcmp(n->state, "PLAYING"), "strings are copied");
	ok(strlen(n->id) == 36 && strcmp(n->id, again->id) != 0, "each has its id: %s", n->id);
	ok(notice_ref(n) == n && notice_unref(n) == NULL && !strcmp(n->state, "PLAYING"),
		"a reference more, a reference less");
	ok(notice_unref(NULL) == NULL, "NULL is fine");
}

static void test_cleaned(void)
{
	char longest[600];
	_cleanup_(notice_unrefp) struct notice *n = NULL, *cut = NULL;
	_cleanup_(freep) char *json = NULL;

	n = notice_new(&(struct notice){ .state = text("a\xff\xc3"), .reason = text("größer") });
	json = notice_json(n);
	ok(!strcmp(n->state, "a??") && !strcmp(n->reason, "größer") && json,
		"bytes that are no UTF-8 are replaced");
	/* Two bytes each: the limit falls into a character. */
	for (size_t i = 0; i + 2 < sizeof(longest); i += 2)
		memcpy(longest + i, "ä", 3);
	cut = notice_new(&(struct notice){ .state = longest });
	ok(strlen(cut->state) == NOTICE_TEXT_MAX - 1, "cut before a character: %zu",
		strlen(cut->state));
}

/* The worst that there can be still fits. */
static void test_longest(void)
{
	char longest[NOTICE_TEXT_MAX + 1];
	_cleanup_(notice_unrefp) struct notice *n = NULL, *back = NULL;
	_cleanup_(freep) char *json = NULL;

	memset(longest, 1, sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	n = notice_new(&(struct notice){ .realtime_usec = AT,
		.card = longest,
		.machine = longest,
		.role = longest,
		.state = longest,
		.previous = longest,
		.reason = longest,
		.number = longest,
		.value = longest,
		.margin = -999999.1234564 });
	json = notice_json(n);
	ok(json && strlen(json) <= NOTICE_JSON_MAX && strlen(json) > 12000, "%zu bytes",
		json ? strlen(json) : 0);
	ok(notice_parse(json, strlen(json), &back) == 0 && !strcmp(back->value, longest),
		"and can be read");
}

static void test_parse(void)
{
	static const char *const bad[] = {
		"", "{}", "[]", "null", "{\"id\":\"a\",\"event\":\"state\",\"timestamp\":1}",
		"{\"id\":\"a b\",\"event\":\"state\",\"timestamp\":1,\"state\":\"A\"}",
		"{\"id\":\"\",\"event\":\"state\",\"timestamp\":1,\"state\":\"A\"}",
		/* An id that is too long. */
		("{\"id\":\"1234567890123456789012345678901234567890\",\"event\":\"state\","
		 "\"timestamp\":1,\"state\":\"A\"}"),
		"{\"id\":\"a\",\"event\":\"state\",\"timestamp\":-1,\"state\":\"A\"}",
		"{\"id\":\"a\",\"event\":\"state\",\"timestamp\":1e300,\"state\":\"A\"}",
		"{\"id\":\"a\",\"event\":\"state\",\"timestamp\":\"1\",\"state\":\"A\"}",
		"{\"id\":\"a\",\"event\":\"state\",\"timestamp\":1,\"state\":1}",
		"{\"id\":\"a\",\"event\":\"number\",\"timestamp\":1,\"state\":\"A\"}",
		"{\"id\":\"a\",\"event\":\"other\",\"timestamp\":1,\"state\":\"A\"}",
		"{\"id\":\"a\",\"event\":\"state\",\"timestamp\":1,\"state\":\"A\"",
		"{\"id\":\"a\",\"event\":\"state\",\"timestamp\":1,\"state\":\"A\",\"state\":\"B\"}"
	};
	static const char more[] = "{\"id\":\"a\",\"event\":\"state\",\"timestamp\":1,"
				   "\"state\":\"A\",\"more\":[]}";
	_cleanup_(notice_unrefp) struct notice *n = a_state(), *back = NULL, *plain = NULL;
	_cleanup_(freep) char *json = notice_json(n), *again = NULL;
	struct notice *none = NULL;
	char big[NOTICE_JSON_MAX + 2];

	ok(notice_parse(json, strlen(json), &back) == 0 && back->realtime_usec == AT &&
			!strcmp(back->id, n->id),
		"read again");
	again = notice_json(back);
	ok(!strcmp(json, again), "and the same to the letter");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(notice_parse(bad[i], strlen(bad[i]), &none) == -EBADMSG && !none, "not %s",
			bad[i]);
	memset(big, ' ', sizeof(big));
	memcpy(big, json, strlen(json));
	ok(notice_parse(big, sizeof(big), &none) == -EBADMSG && !none, "nor what is too long");
	ok(notice_parse(more, strlen(more), &plain) == 0 && plain->realtime_usec == 1000000 &&
			isnan(plain->margin),
		"what a later version adds is passed over");
}

int main(void)
{
	test_json();
	test_copies();
	test_cleaned();
	test_longest();
	test_parse();
	return tap_done();
}
