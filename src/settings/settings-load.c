/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/card.h"
#include "common/destination.h"
#include "common/url.h"
#include "recognize/rules.h"
#include "settings/settings-private.h"

/* In the order of settings.h. A file that is missing is as good as an empty one; all are read, so
 * that one run of a check shows every mistake. */
static int read_files(struct conf *c, const struct settings_request *q, struct conf_report *report)
{
	_cleanup_(freep) char *base = NULL, *folder = NULL, *card = NULL;
	const char *dir = q->config_dir ? q->config_dir : EGM_SYSCONFDIR;
	int r, r_folder, r_card = 0;

	if (asprintf(&base, "%s/streamer.conf", dir) < 0 || asprintf(&folder, "%s.d", base) < 0 ||
		asprintf(&card, "%s/cards/%s.conf", dir, q->card ? q->card : "") < 0)
		return -ENOMEM;
	r = conf_read_file(c, base, report);
	r_folder = conf_read_dir(c, folder, report);
	if (q->card)
		r_card = conf_read_file(c, card, report);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r_folder < 0)
		return r_folder;
	return r_card == -ENOENT ? 0 : r_card;
}

static int append_outputs(struct conf *c, const char *const *urls, struct conf_report *report)
{
	int r = 0;

	if (!urls || !*urls)
		return 0;
	conf_clear(c, "outputs");
	for (; *urls && r == 0; urls++) {
		_cleanup_(freep) char *assignment = NULL;

		if (asprintf(&assignment, "url=%s", *urls) < 0) {
			assignment = NULL;
			return -ENOMEM;
		}
		r = conf_append(c, "outputs", (const char *const[]){ assignment, NULL }, "--output",
			report);
	}
	return r;
}

static int read_all(struct conf *c, const struct settings_request *q, struct conf_report *report)
{
	int r = 0;

	if (q->card && !card_is_name(q->card)) {
		conf_report_add(report, CONF_ERROR, NULL, 0, NULL,
			"a card's name begins with a-z and consists of a-z, 0-9 and '_', at most "
			"%d",
			CARD_NAME_MAX - 1);
		return -EINVAL;
	}
	if (!q->no_files)
		r = read_files(c, q, report);
	for (const char *const *set = q->sets; set && *set; set++) {
		int one = conf_set(c, *set, "--set", report);

		r = r < 0 ? r : one;
	}
	return r < 0 ? r : append_outputs(c, q->outputs, report);
}

static int apply_and_check(const struct conf *c, const struct settings_card *card,
	struct settings *ret, struct conf_report *report)
{
	struct settings s;
	int r, one;

	r = conf_apply(c, &s);
	if (r < 0)
		return r;
	r = settings_check(&s, c, card->name, report);
	one = settings_read_rules(c, &s, card, report);
	r = r < 0 ? r : one;
	if (r < 0)
		settings_deinit(&s);
	else
		*ret = s;
	return r;
}

int settings_load(const struct settings_request *request, struct settings *ret,
	struct conf **ret_conf, struct conf_report *report)
{
	/* Who checks the files of a machine without naming a card means any card. */
	const bool any = !request->card && !request->no_files;
	const struct settings_card card = { any ? "card" : request->card, any, false };
	_cleanup_(conf_freep) struct conf *c = NULL;
	int r;

	r = conf_new(&c, &settings_table);
	if (r == 0)
		r = read_all(c, request, report);
	if (r == 0)
		r = settings_take_rules(c, &card, report);
	if (r == 0)
		r = apply_and_check(c, &card, ret, report);
	if (r == 0 && ret_conf)
		*ret_conf = TAKE_PTR(c);
	return r;
}

int settings_load_saved(const char *path, struct settings *ret, struct conf_report *report)
{
	/* The card's name is not in the file; that its templates were fine is. */
	const struct settings_card card = { "card", true, true };
	_cleanup_(conf_freep) struct conf *c = NULL;
	int r;

	r = conf_new(&c, &settings_table);
	if (r == 0)
		r = conf_read_file(c, path, report);
	return r == 0 ? apply_and_check(c, &card, ret, report) : r;
}

static void forget_files(struct conf_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		free(report->findings[i].file);
		report->findings[i].file = NULL;
	}
}

int settings_check_text(const char *text, const char *card_name, struct conf_report *report)
{
	/* As one that was read before: the files that it names are not opened. */
	const struct settings_card card = { card_name, false, true };
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct settings s;
	int r;

	r = conf_new(&c, &settings_table);
	if (r == 0)
		r = conf_read_text(c, text, "text", NULL, report);
	if (r == 0)
		r = apply_and_check(c, &card, &s, report);
	if (r == 0)
		settings_deinit(&s);
	forget_files(report);
	return r;
}

void settings_deinit(struct settings *s)
{
	rules_free(s->detector.rules);
	rules_free(s->detector.shadow);
	conf_destroy(&settings_table, s);
}

static void host_name(char *buf, size_t size)
{
	if (gethostname(buf, size) < 0)
		snprintf(buf, size, "localhost");
	buf[size - 1] = '\0';
	buf[strcspn(buf, ".")] = '\0';
}

const char *settings_machine(const struct settings *s, char *buf, size_t size)
{
	if (*s->machine)
		snprintf(buf, size, "%s", s->machine);
	else
		host_name(buf, size);
	return buf;
}

void settings_names_init(struct settings_names *n, const struct settings *s, const char *card)
{
	n->card = card;
	n->role = s->role;
	n->output = false;
	host_name(n->host, sizeof(n->host));
	settings_machine(s, n->machine, sizeof(n->machine));
}

const char *settings_lookup(const char *name, void *userdata)
{
	const struct settings_names *n = userdata;

	if (strcmp(name, "host") == 0)
		return n->host;
	if (strcmp(name, "card") == 0)
		return n->card;
	if (strcmp(name, "machine") == 0)
		return n->machine;
	if (n->output && strcmp(name, "time") == 0)
		return DESTINATION_TIME;
	return strcmp(name, "role") == 0 ? n->role : NULL;
}

static int expand(const struct settings *s, const char *text, const char *card, char **ret,
	char *why, size_t why_size)
{
	struct settings_names names;

	settings_names_init(&names, s, card);
	return url_expand(text, settings_lookup, &names, ret, why, why_size);
}

static int expand_output(const struct settings *s, const char *url, const char *card, char **ret,
	char *why, size_t why_size)
{
	struct settings_names names;

	settings_names_init(&names, s, card);
	names.output = true;
	return url_expand(url, settings_lookup, &names, ret, why, why_size);
}

int settings_output_urls(const struct settings *s, size_t output, const char *card,
	char *ret[SETTINGS_URLS_MAX], char *why, size_t why_size)
{
	const struct settings_output *o = &s->outputs[output];
	char *urls[SETTINGS_URLS_MAX] = { NULL };
	size_t n = 1;
	int r = expand_output(s, o->url, card, &urls[0], why, why_size);

	for (size_t i = 0; i < ARRAY_SIZE(o->backups) && r >= 0; i++)
		if (o->backups[i] && *o->backups[i])
			r = expand_output(s, o->backups[i], card, &urls[n++], why, why_size);
	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		if (r >= 0)
			ret[i] = TAKE_PTR(urls[i]);
		free(urls[i]);
	}
	return r;
}

int settings_video_device(
	const struct settings *s, const char *card, char **ret, char *why, size_t why_size)
{
	if (strcmp(s->video.device, "auto") != 0)
		return expand(s, s->video.device, card, ret, why, why_size);
	if (!card) {
		snprintf(why, why_size,
			"video.device: which one? (a node such as /dev/video0, "
			"\"pattern\", a file or a URL)");
		return -EINVAL;
	}
	return asprintf(ret, "/dev/egm/%s", card) < 0 ? -ENOMEM : 0;
}

int settings_path(const struct settings *s, const char *path, const char *card, char **ret,
	char *why, size_t why_size)
{
	if (*path)
		return expand(s, path, card, ret, why, why_size);
	*ret = NULL;
	return 0;
}
