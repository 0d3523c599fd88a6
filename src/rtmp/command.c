/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rtmp/command.h"

#include <string.h>

#include "common/url.h"
#include "common/utf8.h"

#define LOOK_MAX 1024 /* bytes of a server's text that are looked at */
#define WORDS_MAX 256 /* … that are shown */
#define SECRET_MIN 4  /* a shorter name is none, and would be found in any word */

static void begin(struct amf0_writer *w, const char *name, enum command_request n)
{
	amf0_put_string(w, name);
	amf0_put_number(w, n);
}

static void put_member(struct amf0_writer *w, const char *name, const char *text)
{
	amf0_put_name(w, name);
	amf0_put_string(w, text);
}

void command_connect(struct amf0_writer *w, const struct rtmp_target *t, const char *version)
{
	begin(w, "connect", COMMAND_CONNECT);
	amf0_begin_object(w);
	put_member(w, "app", t->app);
	put_member(w, "type", "nonprivate");
	put_member(w, "flashVer", version);
	put_member(w, "tcUrl", t->tc_url);
	amf0_end(w);
}

void command_stream(
	struct amf0_writer *w, const char *name, enum command_request n, const char *stream)
{
	begin(w, name, n);
	amf0_put_null(w);
	amf0_put_string(w, stream);
}

void command_create(struct amf0_writer *w)
{
	begin(w, "createStream", COMMAND_CREATE);
	amf0_put_null(w);
}

void command_publish(struct amf0_writer *w, const char *stream)
{
	command_stream(w, "publish", COMMAND_PUBLISH, stream);
	amf0_put_string(w, "live");
}

void command_delete(struct amf0_writer *w, double id)
{
	begin(w, "deleteStream", COMMAND_DELETE);
	amf0_put_null(w);
	amf0_put_number(w, id);
}

void command_check(struct amf0_writer *w)
{
	begin(w, "_checkbw", COMMAND_CHECK);
	amf0_put_null(w);
}

static bool find_text(const struct amf0_reader *object, const char *name, struct amf0_text *ret)
{
	struct amf0_reader value;

	return amf0_find(object, name, &value) && amf0_string(&value, ret);
}

/* What the information object says. Adobe's servers, and SRS, send on by an object "ex" in it. */
static void read_info(const struct amf0_reader *info, struct command *c)
{
	struct amf0_text level;
	struct amf0_reader ex, code;
	double number = 0;

	(void) find_text(info, "code", &c->code);
	(void) find_text(info, "description", &c->words);
	if (c->kind == COMMAND_STATUS && find_text(info, "level", &level) &&
		amf0_text_is(level, "error"))
		c->kind = COMMAND_ERROR;
	if (amf0_find(info, "ex", &ex) && amf0_find(&ex, "code", &code) &&
		amf0_number(&code, &number) && number == 302)
		(void) find_text(&ex, "redirect", &c->redirect);
}

static enum command_kind kind_of(struct amf0_text name)
{
	static const struct {
		const char *name;
		enum command_kind kind;
	} kinds[] = {
		{ "_result", COMMAND_RESULT },
		{ "_error", COMMAND_ERROR },
		{ "onStatus", COMMAND_STATUS },
		{ "close", COMMAND_CLOSE },
		{ "onBWDone", COMMAND_BANDWIDTH_DONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (amf0_text_is(name, kinds[i].name))
			return kinds[i].kind;
	}
	return COMMAND_OTHER;
}

bool command_read(const uint8_t *payload, size_t size, struct command *ret)
{
	struct amf0_reader r = { payload, payload + size };
	struct command c = { 0 };
	struct amf0_text name;

	if (!amf0_string(&r, &name))
		return false;
	c.kind = kind_of(name);
	(void) amf0_number(&r, &c.number);
	/* Some put nothing where others have an object, and some leave it out. */
	if (amf0_skip(&r)) {
		struct amf0_reader info = r;

		if (!amf0_number(&r, &c.id) && info.at < info.stop)
			read_info(&info, &c);
	}
	if (c.kind == COMMAND_STATUS || (c.kind == COMMAND_ERROR && amf0_text_is(name, "onStatus")))
		c.number = 0;
	*ret = c;
	return true;
}

/* Replaces each occurrence of the secret. */
static void hide(char *text, const char *secret, size_t size)
{
	char *at = text;

	if (size < SECRET_MIN)
		return;
	while ((at = memmem(at, strlen(at), secret, size))) {
		memcpy(at, "***", 3);
		memmove(at + 3, at + size, strlen(at + size) + 1);
		at += 3;
	}
}

/* The values behind a query's equal signs. */
static void hide_query(char *text, const char *query)
{
	while (query) {
		const char *value = strchr(query, '=');
		size_t size = value ? strcspn(value + 1, "&") : 0;

		if (value)
			hide(text, value + 1, size);
		query = value ? value + 1 + size : NULL;
	}
}

/* Control characters become blanks. */
static void blank(char *text)
{
	uint32_t code;
	size_t n;

	for (; *text; text += n) {
		n = utf8_decode(text, &code);
		if (n == 0)
			n = 1;
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0))
			memset(text, ' ', n);
	}
}

/* More is looked at than is shown, so that a secret is not cut before it has been found. */
static void clean(struct amf0_text from, const struct rtmp_target *t, char buf[WORDS_MAX])
{
	char raw[LOOK_MAX], mended[LOOK_MAX];
	_cleanup_(freep) char *masked = NULL;
	size_t size = MIN(from.size, sizeof(raw) - 1);

	if (size > 0)
		memcpy(raw, from.data, size);
	raw[size] = '\0';
	(void) utf8_text(raw, mended, sizeof(mended));
	blank(mended);
	hide(mended, t->stream, strlen(t->stream));
	hide(mended, t->stream, strcspn(t->stream, "?"));
	hide_query(mended, strchr(t->stream, '?'));
	hide_query(mended, strchr(t->app, '?'));
	masked = url_mask_text(mended);
	(void) utf8_text(masked ? masked : "", buf, WORDS_MAX);
}

const char *command_words(
	const struct command *c, const struct rtmp_target *t, char *buf, size_t size)
{
	char code[WORDS_MAX], words[WORDS_MAX], both[2 * WORDS_MAX + 2];

	clean(c->code, t, code);
	clean(c->words, t, words);
	if (!code[0] && !words[0])
		snprintf(code, sizeof(code), "no");
	snprintf(both, sizeof(both), "%s%s%s", code, code[0] && words[0] ? ": " : "", words);
	return utf8_text(both, buf, size);
}
