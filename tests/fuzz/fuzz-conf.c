/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as streamer.conf. They either leave an error finding, or settings that are saved and
 * read again without a difference. Everything happens in a folder of its own, where @include finds
 * nothing but the input itself.
 */
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/url.h"
#include "settings/settings.h"
#include "tests/fuzz/fuzz.h"

/* Absolute, since libFuzzer does not like its working folder changed. */
static char folder[] = "/tmp/fuzz-conf.XXXXXX", input[64], saved[64];

static void leave(void)
{
	(void) unlink(input);
	(void) unlink(saved);
	(void) rmdir(folder);
}

static void enter(void)
{
	if (*input)
		return;
	must(mkdtemp(folder) && atexit(leave) == 0);
	snprintf(input, sizeof(input), "%s/streamer.conf", folder);
	snprintf(saved, sizeof(saved), "%s/saved.conf", folder);
}

static void must_not_differ(const char *path, unsigned flags, void *userdata)
{
	(void) flags;
	(void) userdata;
	fprintf(stderr, "%s is not the same after saving\n", path);
	abort();
}

/* What masking changes is not shown as it was. */
static void check_hidden(const struct settings *s, const char *dump, const char *url)
{
	_cleanup_(freep) char *shown = url_mask(url);

	must(shown);
	/* Sound devices are no URLs and are shown as they are. */
	must(strcmp(shown, url) == 0 || !strstr(dump, url) || strstr(s->audio.device, url));
}

static void check_dump(const struct conf *c, const struct settings *s)
{
	_cleanup_(freep) char *dump = NULL;
	size_t size;
	FILE *f = open_memstream(&dump, &size);

	must(f);
	conf_dump(c, f);
	must(fclose(f) == 0);
	check_hidden(s, dump, s->video.device);
	for (size_t i = 0; i < s->n_outputs; i++)
		check_hidden(s, dump, s->outputs[i].url);
}

static void check_round_trip(const struct conf *c, const struct settings *before)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	struct settings after;

	must(conf_save(c, saved) == 0);
	must(settings_load_saved(saved, &after, &report) == 0);
	conf_diff(&settings_table, before, &after, must_not_differ, NULL);
	settings_deinit(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct settings_request request = { .config_dir = folder, .card = "card" };
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(conf_freep) struct conf *c = NULL;
	struct settings s;
	int r;

	enter();
	must(file_write(input, data, size, 0600, 0) == 0);
	r = settings_load(&request, &s, &c, &report);
	must((r == 0) == (report.errors == 0) && (r == 0 || r == -EINVAL));
	if (r == 0) {
		check_dump(c, &s);
		check_round_trip(c, &s);
		settings_deinit(&s);
	}
	return 0;
}
