/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/settings-change.h"

#include <inttypes.h>
#include <string.h>

#include "settings/settings-private.h"

/* Its index, or the number of outputs. */
static size_t find_output(const struct settings *s, const char *name)
{
	size_t i = 0;

	while (i < s->n_outputs && strcmp(s->outputs[i].name, name) != 0)
		i++;
	return i;
}

static int check_codec(const struct settings *s, const char *url, struct fault *f)
{
	char why[FAULT_WORDS_MAX - 32];

	if (settings_check_codec(s, url, why, sizeof(why)) < 0)
		return fault_set(f, FAULT_BAD_CODEC, "The URL %s.", why);
	return 0;
}

static int check_url(const struct settings *s, const char *card, const char *url, struct fault *f)
{
	const struct conf_row *row = conf_find_row(&settings_table, "outputs", "url");
	struct settings_names names;
	char why[FAULT_WORDS_MAX - 32];

	if (conf_row_check(row, url) < 0)
		return fault_set(f, FAULT_BAD_URL,
			"The URL must be of at most %d bytes, UTF-8 without control characters.",
			conf_row_length_max(row));
	if (strstr(url, "${credential:"))
		return fault_set(f, FAULT_BAD_URL,
			"Credentials are for outputs in the files of the settings only.");
	settings_names_init(&names, s, card);
	if (settings_check_output(url, &names, why, sizeof(why)) < 0)
		return fault_set(f, FAULT_BAD_URL, "The URL %s.", why);
	return check_codec(s, url, f);
}

static int append(struct settings *s, const char *name, const char *url, bool primary)
{
	_cleanup_(freep) char *n = strdup(name), *u = strdup(url);
	struct settings_output *more =
		realloc(s->outputs, (s->n_outputs + 1) * sizeof(struct settings_output));

	if (!more)
		return -ENOMEM;
	s->outputs = more;
	if (!n || !u)
		return -ENOMEM;
	more[s->n_outputs++] = (struct settings_output){
		.name = TAKE_PTR(n), .url = TAKE_PTR(u), .enabled = true, .primary = primary
	};
	return 0;
}

int settings_add_output(struct settings *s, const char *card, const char *name, const char *url,
	bool primary, struct fault *f)
{
	const struct conf_row *row = conf_find_row(&settings_table, "outputs", "name");
	int r;

	if (!settings_name_valid(name) || conf_row_check(row, name) < 0)
		return fault_set(f, FAULT_BAD_NAME,
			"The name must begin with a-z or 0-9 and consist of a-z, 0-9, '_' and "
			"'-', at most %d.",
			conf_row_length_max(row));
	if (find_output(s, name) < s->n_outputs)
		return fault_set(f, FAULT_OUTPUT_EXISTS, "There is an output %s.", name);
	r = check_url(s, card, url, f);
	if (r < 0)
		return r;
	if (s->n_outputs >= SETTINGS_OUTPUTS_MAX)
		return fault_set(f, FAULT_TOO_MANY_OUTPUTS, "There may be %d outputs.",
			SETTINGS_OUTPUTS_MAX);
	return append(s, name, url, primary);
}

static int no_output(const char *name, struct fault *f)
{
	return fault_set(f, FAULT_NO_SUCH_OUTPUT, "There is no output %.64s.", name);
}

int settings_enable_output(struct settings *s, const char *name, bool enabled, struct fault *f)
{
	size_t i = find_output(s, name);
	int r = 0;

	if (i == s->n_outputs)
		return no_output(name, f);
	/* Files may say what they like about outputs that are off. */
	if (enabled)
		r = check_codec(s, s->outputs[i].url, f);
	for (size_t j = 0; enabled && r == 0 && j < ARRAY_SIZE(s->outputs[i].backups); j++)
		if (s->outputs[i].backups[j] && *s->outputs[i].backups[j])
			r = check_codec(s, s->outputs[i].backups[j], f);
	if (r < 0)
		return r;
	s->outputs[i].enabled = enabled;
	return (int) i;
}

int settings_remove_output(struct settings *s, const char *name, struct fault *f)
{
	size_t i = find_output(s, name);

	if (i == s->n_outputs)
		return no_output(name, f);
	free(s->outputs[i].name);
	free(s->outputs[i].url);
	for (size_t j = 0; j < ARRAY_SIZE(s->outputs[i].backups); j++)
		free(s->outputs[i].backups[j]);
	s->n_outputs--;
	memmove(&s->outputs[i], &s->outputs[i + 1],
		(s->n_outputs - i) * sizeof(struct settings_output));
	return 0;
}

int settings_set_bitrate(struct settings *s, uint64_t bitrate, struct fault *f)
{
	const struct conf_row *row = conf_find_row(&settings_table, NULL, "encoder.bitrate");

	if (bitrate < (uint64_t) row->min || bitrate > (uint64_t) row->max)
		return fault_set(f, FAULT_BAD_BITRATE,
			"The bitrate must be %" PRId64 " to %" PRId64 " bits per second.", row->min,
			row->max);
	s->encoder.bitrate = (int64_t) bitrate;
	return 0;
}
