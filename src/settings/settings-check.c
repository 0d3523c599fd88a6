/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What settings must hold together, each finding at the line that is to be changed. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/destination.h"
#include "common/url.h"
#include "common/usec.h"
#include "common/words.h"
#include "settings/settings-private.h"

#define WHY_MAX SETTINGS_WHY_MAX
#define BITRATE_MIN_LEAST 64000

void settings_find(struct settings_check *k, enum conf_severity severity, const char *list,
	size_t index, const char *path, const char *fmt, ...)
{
	char text[WHY_MAX + 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_report_setting(k->report, k->c, severity, list, index, path, text);
	k->failed |= severity == CONF_ERROR;
}

#define refuse(k, path, ...) settings_find(k, CONF_ERROR, NULL, 0, path, __VA_ARGS__)
#define refuse_output(k, index, path, ...) \
	settings_find(k, CONF_ERROR, "outputs", index, path, __VA_ARGS__)

/* Both go into URLs and status as they are. */
static void check_labels(struct settings_check *k)
{
	static const char allowed[] = "must consist of letters, digits, '.', '_' and '-'";

	if (!settings_consists_of(k->s->machine, SETTINGS_LABEL_CHARS))
		refuse(k, "machine", "%s", allowed);
	if (!settings_consists_of(k->s->role, SETTINGS_LABEL_CHARS))
		refuse(k, "role", "%s", allowed);
}

static bool is_word(const char *const *words, const char *text, size_t n)
{
	for (; *words; words++)
		if (strlen(*words) == n && strncmp(*words, text, n) == 0)
			return true;
	return false;
}

/* x264 drops the second of two psychovisual tunings without an error; better say so here. */
static void check_tune(struct settings_check *k)
{
	static const char *const psy[] = { "film", "animation", "grain", "stillimage", "psnr",
		"ssim", NULL };
	static const char *const other[] = { "fastdecode", "zerolatency", NULL };
	const char *p = k->s->encoder.tune;
	int n_psy = 0;

	for (bool more = *p != '\0'; more; p++) {
		size_t n = strcspn(p, ",");
		bool is_psy = is_word(psy, p, n);

		if (!is_psy && !is_word(other, p, n)) {
			refuse(k, "encoder.tune",
				"must be empty or of zerolatency, fastdecode, film, animation, "
				"grain, "
				"stillimage, psnr, ssim, several with commas");
			return;
		}
		n_psy += is_psy;
		p += n;
		more = *p == ',';
	}
	if (n_psy > 1)
		refuse(k, "encoder.tune",
			"only one of film, animation, grain, stillimage, psnr and ssim can be "
			"used");
}

int settings_check_output(const char *url, struct settings_names *names, char *why, size_t size)
{
	char reason[WHY_MAX];
	int r;

	if (!*url) {
		snprintf(why, size, "is needed: %s", destination_words);
		return -EINVAL;
	}
	r = destination_check(url, why, size);
	if (r < 0)
		return r;
	names->output = true;
	r = url_check(url, settings_lookup, names, reason, sizeof(reason));
	names->output = false;
	if (r < 0)
		snprintf(why, size,
			"%s; allowed are ${host}, ${card}, ${machine}, ${role} and "
			"${credential:NAME}, in the name of a file ${time}",
			reason);
	return r < 0 ? -EINVAL : 0;
}

int settings_check_codec(const struct settings *s, const char *url, char *why, size_t size)
{
	if (!settings_are_hevc(s) || destination_takes_hevc(url))
		return 0;
	snprintf(why, size,
		"cannot be sent HEVC, which encoder.codec = \"%s\" makes: it must be %s",
		settings_codec_name(s), destination_hevc_words);
	return -EINVAL;
}

/* What must hold for each of an output's URLs. */
static void check_url(struct settings_check *k, size_t i, const char *path, const char *url,
	struct settings_names *names)
{
	char why[WHY_MAX + 128];
	const char *format;

	if (settings_check_output(url, names, why, sizeof(why)) < 0 ||
		settings_check_codec(k->s, url, why, sizeof(why)) < 0) {
		refuse_output(k, i, path, "%s", why);
		return;
	}
	format = destination_format(url);
	if (settings_are_hevc(k->s) && k->s->output.hls_type == HLS_TYPE_MPEGTS && format &&
		strcmp(format, "hls") == 0)
		settings_find(k, CONF_WARNING, "outputs", i, path,
			"is HEVC in MPEG-TS, which few players of HLS take: output.hls_type = "
			"\"fmp4\" is for more");
}

/* Who waits for a caller waits for ever, and nothing behind it would be tried. */
static void check_caller(struct settings_check *k, size_t i, const char *path, const char *url)
{
	if (strstr(url, "mode=listener"))
		refuse_output(k, i, path, "waits for a caller, which one of several URLs must not");
}

static void check_urls(struct settings_check *k, size_t i, struct settings_names *names)
{
	static const char *const paths[] = { "backup", "backup2", "backup3" };
	const struct settings_output *o = &k->s->outputs[i];
	bool several = false;

	check_url(k, i, "url", o->url, names);
	for (size_t j = 0; j < ARRAY_SIZE(o->backups); j++) {
		const char *url = o->backups[j];

		if (!url || !*url)
			continue;
		several = true;
		check_caller(k, i, paths[j], url);
		check_url(k, i, paths[j], url, names);
		if (strcmp(url, o->url) == 0)
			settings_find(
				k, CONF_WARNING, "outputs", i, paths[j], "goes where url goes");
	}
	if (several)
		check_caller(k, i, "url", o->url);
}

bool settings_name_valid(const char *name)
{
	return isalnum((unsigned char) *name) && settings_consists_of(name, SETTINGS_NAME_CHARS);
}

/* Against those before it. */
static void check_duplicates(struct settings_check *k, size_t i)
{
	const struct settings_output *a = &k->s->outputs[i];

	for (size_t j = 0; j < i; j++) {
		const struct settings_output *b = &k->s->outputs[j];

		if (strcmp(a->name, b->name) == 0)
			refuse_output(k, i, "name", "\"%s\" is the name of outputs[%zu] already",
				a->name, j);
		if (a->enabled && b->enabled && *a->url && strcmp(a->url, b->url) == 0)
			settings_find(k, CONF_WARNING, "outputs", i, "url",
				"goes where outputs[%zu] goes", j);
	}
}

static void check_outputs(struct settings_check *k, struct settings_names *names)
{
	for (size_t i = 0; i < k->s->n_outputs; i++) {
		const struct settings_output *o = &k->s->outputs[i];

		if (!settings_name_valid(o->name))
			refuse_output(k, i, "name",
				"must begin with a-z or 0-9 and consist of a-z, 0-9, '_' and '-'");
		if (o->enabled)
			check_urls(k, i, names);
		check_duplicates(k, i);
	}
}

/* What is passed on as it is can only be what it is. */
static void check_copy(struct settings_check *k)
{
	const struct settings *s = k->s;
	const struct {
		const char *path;
		bool set;
	} alterations[] = {
		{ "video.crop", *s->video.crop },
		{ "video.rotate", s->video.rotate != 0 },
		{ "video.flip", s->video.flip != FLIP_NONE },
		{ "video.masks", *s->video.masks },
		{ "encoder.size", s->encoder.size.width != 0 },
		{ "encoder.bitrate_min", s->encoder.bitrate_min != 0 },
	};

	if (s->encoder.codec != CODEC_COPY)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(alterations); i++)
		if (alterations[i].set)
			refuse(k, alterations[i].path,
				"cannot be with encoder.codec = \"copy\", which passes pictures on "
				"as the card has encoded them");
}

/* But for a value that cannot be meant, nothing to stop a picture for. */
static void check_bitrate(struct settings_check *k)
{
	const struct settings *s = k->s;
	size_t i = 0;

	if (s->encoder.bitrate_min == 0)
		return;
	while (i < s->n_outputs && !(s->outputs[i].enabled && s->outputs[i].primary))
		i++;
	if (s->encoder.bitrate_min < BITRATE_MIN_LEAST)
		refuse(k, "encoder.bitrate_min", "must be 0, or 64k to 100M");
	else if (s->encoder.bitrate_min > s->encoder.bitrate)
		settings_find(k, CONF_WARNING, NULL, 0, "encoder.bitrate_min",
			"is above encoder.bitrate, which stays as it is");
	else if (i == s->n_outputs && s->encoder.bitrate_min < s->encoder.bitrate)
		settings_find(k, CONF_WARNING, NULL, 0, "encoder.bitrate_min",
			"has no effect: no output is primary");
}

/* Nothing is wrong with so little, but it is not what was meant. */
static void check_recording(struct settings_check *k)
{
	const struct settings *s = k->s;
	int64_t per_second = (s->encoder.bitrate + s->audio.bitrate) / 8;
	int64_t segment = per_second * (int64_t) (s->recording.segment_usec / USEC_PER_SEC);
	bool wanted = false;

	for (size_t i = 0; i < s->n_outputs; i++)
		wanted |= s->outputs[i].enabled && destination_is_recording(s->outputs[i].url);
	if (wanted && s->recording.disk_bytes < 2 * segment)
		settings_find(k, CONF_WARNING, NULL, 0, "recording.disk",
			"at encoder.bitrate that is less than two segments");
}

static int name_outputs(struct settings *s)
{
	for (size_t i = 0; i < s->n_outputs; i++) {
		struct settings_output *o = &s->outputs[i];

		if (*o->name)
			continue;
		free(o->name);
		if (asprintf(&o->name, "out%zu", i + 1) < 0) {
			o->name = NULL;
			return -ENOMEM;
		}
	}
	return 0;
}

/* Templates of the detector's, which wants files and no URLs. */
static void check_detector(struct settings_check *k, struct settings_names *names)
{
	/* The folder's default goes by the card, and without one there may be nothing to recognise.
	 */
	struct settings_names with_card = *names;
	const struct {
		const char *path, *text;
	} paths[] = {
		{ "detector.refs", k->s->detector.refs },
		{ "detector.rules", k->s->detector.rules_file },
		{ "detector.shadow", k->s->detector.shadow_file },
	};
	char why[WHY_MAX];

	if (!names->card)
		with_card.card = "card";
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (url_check(paths[i].text, settings_lookup, i == 0 ? &with_card : names, why,
			    sizeof(why)) < 0)
			refuse(k, paths[i].path, "%s", why);
}

/* Folders of files for people: templates, and no URLs. */
static void check_folder(
	struct settings_check *k, const char *path, const char *text, struct settings_names *names)
{
	char why[WHY_MAX];

	if (*text && *text != '/')
		refuse(k, path, "must be empty or a path that begins with '/'");
	else if (url_check(text, settings_lookup, names, why, sizeof(why)) < 0)
		refuse(k, path, "%s", why);
}

static void check_clips(struct settings_check *k, struct settings_names *names)
{
	const struct settings *s = k->s;
	int64_t per_second = (s->encoder.bitrate + s->audio.bitrate) / 8;

	check_folder(k, "clips.folder", s->clips.folder, names);
	if (strcmp(s->candidates.folder, "auto") != 0)
		check_folder(k, "candidates.folder", s->candidates.folder, names);
	check_folder(k, "snapshots.folder", s->snapshots.folder, names);
	if (!settings_consists_of(s->clips.states, SETTINGS_LABEL_CHARS ", "))
		refuse(k, "clips.states", "must be empty or names of states, joined by commas");
	if (s->clips.disk_bytes < s->clips.memory_bytes)
		refuse(k, "clips.disk", "must not be less than clips.memory");
	if (*s->clips.folder && (uint64_t) (s->clips.memory_bytes / per_second) * USEC_PER_SEC <
					s->clips.before_usec)
		settings_find(k, CONF_WARNING, NULL, 0, "clips.memory",
			"at encoder.bitrate that is less than clips.before");
}

/* Whether the card has them is known when it is opened. */
static void check_controls(struct settings_check *k)
{
	const char *list = k->s->video.controls, *word;
	size_t n;

	while ((word = words_next(&list, &n))) {
		const char *equals = memchr(word, '=', n);

		if (equals && equals > word && equals + 1 < word + n)
			continue;
		refuse(k, "video.controls", "%.*s: must be NAME=VALUE, such as brightness=128",
			(int) MIN(n, 64), word);
	}
}

int settings_check(
	struct settings *s, const struct conf *c, const char *card, struct conf_report *report)
{
	struct settings_check k = { .s = s, .c = c, .report = report };
	struct settings_names names;
	char why[WHY_MAX];

	if (name_outputs(s) < 0)
		return -ENOMEM;
	settings_names_init(&names, s, card);
	check_labels(&k);
	if (url_check(s->video.device, settings_lookup, &names, why, sizeof(why)) < 0)
		refuse(&k, "video.device", "%s", why);
	settings_check_geometry(&k);
	check_controls(&k);
	check_copy(&k);
	check_tune(&k);
	check_clips(&k, &names);
	check_detector(&k, &names);
	if (s->output.backoff_min_usec > s->output.backoff_max_usec)
		refuse(&k, "output.backoff_min", "must not be longer than output.backoff_max");
	check_outputs(&k, &names);
	check_bitrate(&k);
	check_recording(&k);
	if (settings_check_notify(&k, &names) < 0)
		return -ENOMEM;
	return k.failed ? -EINVAL : 0;
}
