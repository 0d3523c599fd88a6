/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of an RTMP URL is a secret: passwords, and the values of all parameters but the few that
 * only say which server is meant. Where none of these is there, what follows the application is the
 * key by which the server knows the sender, unless it is a name that stands elsewhere anyway.
 */
#include "import/import-write.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "common/secret.h"

#define TEXT_MAX 1023
#define NAME_MAX_BYTES 255

struct writer {
	const struct old_config *c;
	const struct old_stream *s;
	const char *card;
	int width, height;
	FILE *f;
	struct import_card *out;
	struct conf_report *report;
	int error;
};

static void refuse(struct writer *w, int line, const char *key, const char *text)
{
	conf_report_add(w->report, CONF_ERROR, w->c->file, line, key, "%s", text);
	w->error = -EINVAL;
}

/* In quotes; of templates the $ is doubled. */
static void put_chars(struct writer *w, const char *text, size_t n, bool template)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', w->f);
		if (text[i] == '$' && template)
			fputc('$', w->f);
		fputc(text[i], w->f);
	}
}

/* Of a text of the settings that began at from, as it is written. */
static void check_length(struct writer *w, long from, int line, const char *key)
{
	if (ftell(w->f) - from > TEXT_MAX)
		refuse(w, line, key, "is too long, 1023 bytes are possible");
}

static void put_setting(struct writer *w, const char *name, const char *text, bool template)
{
	fprintf(w->f, "%s = \"", name);
	put_chars(w, text, strlen(text), template);
	fputs("\";\n", w->f);
}

/* ---- secrets ---- */

static bool has_key(const struct writer *w, const char *name)
{
	for (size_t i = 0; i < w->out->n_keys; i++)
		if (strcmp(w->out->keys[i].name, name) == 0)
			return true;
	return false;
}

/* CARD-WHAT; a parameter that stands twice gets a number. */
static void make_key_name(
	const struct writer *w, const char *what, size_t n, char ret[IMPORT_KEY_NAME_MAX])
{
	char clean[18];
	size_t used = 0;

	for (size_t i = 0; i < n && used < sizeof(clean) - 1; i++)
		if (isalnum((unsigned char) what[i]) && (unsigned char) what[i] < 0x80)
			clean[used++] = (char) tolower((unsigned char) what[i]);
	clean[used] = '\0';
	snprintf(ret, IMPORT_KEY_NAME_MAX, "%.31s-%s", w->card, used > 0 ? clean : "key");
	for (unsigned i = 2; has_key(w, ret) && i < 100; i++)
		snprintf(ret, IMPORT_KEY_NAME_MAX, "%.31s-%s%u", w->card, used > 0 ? clean : "key",
			i);
}

/* Puts a reference in the place of a secret. */
static void put_key(struct writer *w, const char *what, size_t what_n, const char *value, size_t n)
{
	struct import_key *key = &w->out->keys[w->out->n_keys];

	if (n == 0)
		return;
	if (w->out->n_keys == IMPORT_KEYS_MAX) {
		refuse(w, w->s->url_line, "rtmp_url", "has too many parameters to keep apart");
		return;
	}
	make_key_name(w, what, what_n, key->name);
	key->value = strndup(value, n);
	if (!key->value) {
		w->error = -ENOMEM;
		return;
	}
	w->out->n_keys++;
	fprintf(w->f, "${credential:%s}", key->name);
}

static void put_key_of(struct writer *w, const char *what, const char *value, size_t n)
{
	put_key(w, what, strlen(what), value, n);
}

/* ---- the URL ---- */

static void put_authority(struct writer *w, const char *text, size_t n)
{
	const char *at = memrchr(text, '@', n);
	size_t user = at ? (size_t) (at - text) : 0;
	const char *colon = at ? memchr(text, ':', user) : NULL;

	if (colon) {
		put_chars(w, text, (size_t) (colon + 1 - text), true);
		put_key_of(w, "password", colon + 1, (size_t) (at - colon) - 1);
	} else {
		put_key_of(w, "user", text, user);
	}
	put_chars(w, text + user, n - user, true);
}

static bool is_harmless(const char *name, size_t n)
{
	return n == 5 && memcmp(name, "vhost", n) == 0;
}

/* Whether a parameter's value is a secret; the whole one where there is no '='. */
static bool is_secret(const char *p, size_t n, size_t *ret_name)
{
	const char *equals = memchr(p, '=', n);

	*ret_name = equals ? (size_t) (equals - p) : 0;
	return n > 0 && (!equals || (*ret_name + 1 < n && !is_harmless(p, *ret_name)));
}

static bool has_secret(const char *query)
{
	while (*query) {
		size_t n = strcspn(query, "&"), name;

		if (is_secret(query, n, &name))
			return true;
		query += n + (query[n] == '&');
	}
	return false;
}

static void put_query(struct writer *w, const char *query)
{
	while (*query) {
		size_t n = strcspn(query, "&"), name;

		if (!is_secret(query, n, &name)) {
			put_chars(w, query, n, true);
		} else if (name == 0) {
			put_key_of(w, "query", query, n);
		} else {
			put_chars(w, query, name + 1, true);
			put_key(w, query, name, query + name + 1, n - name - 1);
		}
		query += n;
		if (*query == '&')
			fputc(*query++, w->f);
	}
}

static bool is_public(const struct writer *w, const char *text, size_t n)
{
	const char *const names[] = { w->c->instance, w->s->name, w->card };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0)
			return true;
	return false;
}

static void put_path(struct writer *w, const char *text, size_t n, bool may_hide)
{
	const char *slash = n > 1 ? memchr(text + 1, '/', n - 1) : NULL;
	size_t app = slash ? (size_t) (slash + 1 - text) : n;

	put_chars(w, text, app, true);
	if (app < n && may_hide && !is_public(w, text + app, n - app))
		put_key_of(w, "stream", text + app, n - app);
	else
		put_chars(w, text + app, n - app, true);
}

static void put_url(struct writer *w, const char *url)
{
	const char *host = strstr(url, "://") + 3;
	size_t authority = strcspn(host, "/?");
	const char *path = host + authority;
	size_t n = strcspn(path, "?");
	const char *query = path[n] ? path + n + 1 : "";

	put_chars(w, url, (size_t) (host - url), true);
	put_authority(w, host, authority);
	put_path(w, path, n, !has_secret(query) && !memchr(host, '@', authority));
	if (path[n])
		fputc('?', w->f);
	put_query(w, query);
}

/* ---- settings ---- */

/* A file's name in a comment must stay in its line. */
static void put_title(struct writer *w)
{
	const char *slash = strrchr(w->c->file, '/');

	fputs("# Taken over from the original's ", w->f);
	for (const char *p = slash ? slash + 1 : w->c->file; *p; p++)
		fputc((unsigned char) *p < 0x20 || *p == 0x7f ? '?' : *p, w->f);
	fprintf(w->f, ", stream %s, by 'egmctl import'.\n", w->s->name);
}

/* It goes into URLs and topics as it is. */
static void put_machine(struct writer *w)
{
	char label[64];

	snprintf(label, sizeof(label), "%s", w->c->instance);
	for (char *p = label; *p; p++)
		if ((unsigned char) *p >= 0x80 ||
			(!isalnum((unsigned char) *p) && !strchr("._-", *p)))
			*p = '-';
	put_setting(w, "machine", label, false);
}

static void put_stream(struct writer *w)
{
	const struct old_stream *s = w->s;
	char real[CONF_REAL_TEXT_MAX];
	long from;

	put_machine(w);
	put_setting(w, "role", s->name, false);
	put_setting(w, "log_level", w->c->log_level, false);
	fprintf(w->f, "video: {\n\tsize = \"%dx%d\";\n\t", s->width, s->height);
	put_setting(w, "rate", conf_real_text(round(s->fps * 1000) / 1000, real), false);
	fputs("};\naudio: {\n\t", w->f);
	put_setting(w, "device", s->audio ? s->audio : "none", false);
	fputs("};\nencoder: {\n\t", w->f);
	put_setting(w, "preset", s->preset, false);
	fputc('\t', w->f);
	put_setting(w, "tune", s->tune, false);
	fprintf(w->f, "\tbitrate = \"%.*s%s\";\n\tgop = %" PRId64 ";\n};\n",
		(int) strspn(s->bitrate, "0123456789"), s->bitrate,
		strpbrk(s->bitrate, "kK") ? "k"
		: strchr(s->bitrate, 'M') ? "M"
					  : "",
		s->gop);
	if (!s->url)
		return;
	fputs("outputs = (\n\t{ name = \"main\"; url = \"", w->f);
	from = ftell(w->f);
	put_url(w, s->url);
	check_length(w, from, s->url_line, "rtmp_url");
	fputs("\"; }\n);\n", w->f);
}

void import_screen(const struct old_stream *s, int *ret_width, int *ret_height)
{
	*ret_width = OLD_PICTURE_WIDTH;
	*ret_height = (OLD_PICTURE_WIDTH * s->height / s->width + 1) / 2 * 2;
}

static void put_roi(struct writer *w, const struct old_state *s, int i)
{
	const struct old_roi *roi = &s->rois[i];

	fprintf(w->f, "\t\t\t\t{ name = \"%s\";", roi->name);
	if (roi->placed)
		fprintf(w->f, " x = %d; y = %d; w = %d; h = %d;", roi->x, roi->y, roi->w, roi->h);
	if (roi->required)
		fputs(" required = true;", w->f);
	if (roi->negative)
		fputs(" negative = true;", w->f);
	if (roi->ref_state)
		fprintf(w->f, " ref_state = \"%s\";", roi->ref_state);
	fprintf(w->f, " }%s\n", i + 1 < s->n_rois ? "," : "");
}

/* Wholly outside it would never be seen, neither there nor here: somebody took it for pixels of
 * the stream. */
static void check_inside(struct writer *w, const struct old_state *s)
{
	for (int i = 0; i < s->n_rois; i++) {
		char text[256];

		if (!s->rois[i].placed || (s->rois[i].x < w->width && s->rois[i].y < w->height))
			continue;
		snprintf(text, sizeof(text),
			"rois[%d] lies outside the picture of %dx%d that the original looked at; "
			"give --screen WIDTHxHEIGHT if regions are in pixels of another one",
			i, w->width, w->height);
		refuse(w, s->line, s->name, text);
	}
}

static void put_state(struct writer *w, const struct old_state *s)
{
	char real[CONF_REAL_TEXT_MAX];

	check_inside(w, s);
	fprintf(w->f, "\t\t%s: {\n\t\t\trois = (\n", s->name);
	for (int i = 0; i < s->n_rois; i++)
		put_roi(w, s, i);
	fprintf(w->f, "\t\t\t);\n\t\t\tmin_match = %" PRId64 ";\n\t\t\tthreshold = %s;\n\t\t};\n",
		s->min_match, conf_real_text(s->threshold, real));
}

static void put_detector(struct writer *w)
{
	const struct old_detector *d = &w->c->detector;

	if (w->height < 32 || w->height > 8192)
		refuse(w, w->s->line, w->s->name,
			"a picture of this shape cannot be recognised: give --screen WIDTHxHEIGHT");
	fprintf(w->f,
		"detector: {\n\tenabled = %s;\n\tmode = \"compatible\";\n"
		"\tscreen = \"%dx%d\";\n\tevery = \"%.0fms\";\n\talgo = \"%s\";\n"
		"\thash_size = %" PRId64 ";\n\tconfirm_frames = %" PRId64
		";\n\tdrop_frames = %" PRId64 ";\n\tstates: {\n",
		d->enabled ? "true" : "false", w->width, w->height, d->interval * 1000, d->algo,
		d->hash_size, d->confirm, d->drop);
	for (int i = 0; i < d->n_states; i++)
		put_state(w, &d->states[i]);
	fputs("\t};\n\tpriority = (", w->f);
	for (int i = 0; i < d->n_states; i++)
		fprintf(w->f, "%s\"%s\"", i > 0 ? ", " : " ", d->states[i].name);
	fputs(" );\n};\n", w->f);
}

static void put_telegram(struct writer *w)
{
	const struct old_detector *d = &w->c->detector;

	long from;

	if (2 * strlen(d->chat) > NAME_MAX_BYTES || 2 * strlen(d->client) > NAME_MAX_BYTES)
		refuse(w, d->telegram_line, "detector.telegram",
			"chat_id and client_id have at most 127 bytes");
	fputs("telegram: {\n\ttoken = \"", w->f);
	put_key_of(w, "telegram", d->token, strlen(d->token));
	fputs("\";\n\t", w->f);
	put_setting(w, "chat", d->chat, true);
	fputc('\t', w->f);
	put_setting(w, "client", d->client, true);
	fputs("\tstates = \"", w->f);
	from = ftell(w->f);
	for (int i = 0; i < d->n_notify; i++)
		fprintf(w->f, "%s%s", i > 0 ? ", " : "", d->notify[i]);
	check_length(w, from, d->telegram_line, "detector.telegram.notify_states");
	fputs("\";\n};\n", w->f);
}

int import_write_card(const struct old_config *c, const struct old_stream *s, const char *card,
	int width, int height, struct import_card *ret, struct conf_report *report)
{
	struct writer w = { .c = c,
		.s = s,
		.card = card,
		.width = width,
		.height = height,
		.out = ret,
		.report = report };
	size_t size;

	*ret = (struct import_card){ 0 };
	if (width == 0)
		import_screen(s, &w.width, &w.height);
	w.f = open_memstream(&ret->text, &size);
	if (!w.f)
		return -ENOMEM;
	put_title(&w);
	put_stream(&w);
	if (c->detector.there && strcmp(c->detector.stream, s->name) == 0) {
		put_detector(&w);
		if (c->detector.telegram)
			put_telegram(&w);
	}
	if (ferror(w.f))
		w.error = -ENOMEM;
	if (fclose(w.f) != 0)
		w.error = -ENOMEM;
	return w.error;
}

void import_card_deinit(struct import_card *card)
{
	for (size_t i = 0; i < card->n_keys; i++)
		secret_free(card->keys[i].value);
	free(card->text);
	*card = (struct import_card){ 0 };
}
