/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An instance as it is seen and steered from outside: single outputs, JSON, figures. */
#include "streamer/control.h"

#include <string.h>

#include "common/usec.h"
#include "streamer/control-json.h"
#include "streamer/events.h"
#include "streamer/metrics.h"
#include "tests/tap.h"

static char dir[] = "/tmp/test-control.XXXXXX";
static struct settings settings;
static struct control c;

static void on_changed(void *userdata)
{
	(void) userdata;
}

static void begin(void)
{
	static char a[64], b[96];
	const char *const outputs[] = { a, b, NULL };
	static const char *const sets[] = { "video.device=pattern", "video.size=320x180",
		"audio.device=tone", "encoder.preset=ultrafast", NULL };
	const struct settings_request request = {
		.no_files = true, .sets = sets, .outputs = outputs
	};
	const struct pipeline_hooks hooks = { .changed = on_changed };
	struct conf_report report = { 0 };
	char why[256];

	snprintf(a, sizeof(a), "%s/a.ts", dir);
	snprintf(b, sizeof(b), "rtmp://127.0.0.1:1/live/secret?token=hush");
	if (settings_load(&request, &settings, NULL, &report) < 0)
		abort();
	conf_report_deinit(&report);
	free(settings.outputs[1].backups[0]);
	settings.outputs[1].backups[0] = strdup("rtmp://127.0.0.1:1/live/spare?token=hush");
	c = (struct control){ .card = "left", .settings = &settings, .problem = "" };
	if (pipeline_new(&c.pipeline, &settings, "left", &hooks, why, sizeof(why)) < 0 ||
		status_new(&c.status) < 0 || pipeline_start(c.pipeline) < 0)
		abort();
}

/* What a key of an output says. */
static bool is_running(const char *name)
{
	json_t *o = control_output_json(&c, name);
	bool running = json_is_true(json_object_get(o, "running"));

	json_decref(o);
	return running;
}

static enum fault_kind output(const char *name, enum control_action action)
{
	struct fault f = { .kind = FAULT_NONE };

	return control_output(&c, name, action, &f) < 0 ? f.kind : FAULT_NONE;
}

static bool is_primary(const char *name)
{
	const struct follow *f = pipeline_follow(c.pipeline);

	return f->n_primary == 1 && strcmp(f->primary[0], name) == 0;
}

static void test_primary(void)
{
	struct fault f = { .kind = FAULT_NONE };

	ok(control_add_output(&c, "tried", "rtmp://127.0.0.1:1/live/x", false, &f) == 0 &&
			pipeline_follow(c.pipeline)->n_primary == 0,
		"what is added for now does not lower the bitrate");
	ok(control_add_output(&c, "meant", "rtmp://127.0.0.1:1/live/y", true, &f) == 0 &&
			is_primary("meant"),
		"what is meant to does");
	ok(control_remove_output(&c, "tried", &f) == 0 && is_primary("meant"), "another one goes");
	ok(control_remove_output(&c, "meant", &f) == 0 &&
			pipeline_follow(c.pipeline)->n_primary == 0,
		"and that one");
}

static void test_backups(void)
{
	char *urls[OUTPUT_URLS_MAX - 1] = { NULL };
	size_t n;

	ok(control_output_backups(&c, "out1", urls) == 0 &&
			control_output_backups(&c, "nobody", urls) == 0,
		"an output without backups has none");
	n = control_output_backups(&c, "out2", urls);
	ok(n == 1 && urls[0] && !strstr(urls[0], "spare") && !strstr(urls[0], "hush") &&
			strstr(urls[0], "rtmp://127.0.0.1:1/live/"),
		"a backup is told, masked: %s", urls[0] ? urls[0] : "none");
	free(urls[0]);
}

static void test_output(void)
{
	struct fault f = { .kind = FAULT_NONE };
	json_t *all = control_outputs_json(&c);
	char *text = json_dumps(all, 0);

	ok(json_array_size(all) == 2 && is_running("out1") && is_running("out2"),
		"two outputs begin");
	ok(text && !strstr(text, "secret") && !strstr(text, "hush"), "their secrets do not show");
	free(text);
	json_decref(all);
	ok(output("out2", CONTROL_STOP) == FAULT_NONE && !is_running("out2") && is_running("out1"),
		"one is stopped");
	ok(output("out2", CONTROL_STOP) == FAULT_NONE, "twice is no harm");
	all = control_outputs_json(&c);
	text = json_dumps(all, 0);
	ok(json_array_size(all) == 2 && text && !strstr(text, "secret") && !strstr(text, "hush"),
		"it is still shown, masked");
	free(text);
	json_decref(all);
	ok(output("out2", CONTROL_START) == FAULT_NONE && is_running("out2") &&
			output("out2", CONTROL_START) == FAULT_NONE,
		"and started");
	ok(output("out1", CONTROL_RESTART) == FAULT_NONE && is_running("out1"), "or both");
	ok(output("nobody", CONTROL_START) == FAULT_NO_SUCH_OUTPUT, "one that is not there");
	(void) output("out2", CONTROL_STOP);
	ok(control_remove_output(&c, "out2", &f) == 0 && !control_output_json(&c, "out2"),
		"one that is stopped can be removed");
	control_stop(&c);
	ok(output("out1", CONTROL_START) == FAULT_NONE && !is_running("out1"),
		"while all are stopped none begins");
	control_start(&c);
	ok(is_running("out1"), "until they do");
	ok(control_action_of("restart") == CONTROL_RESTART && control_action_of("Start") < 0,
		"the words for it");
}

static void test_json(void)
{
	json_t *stream = control_stream(&c), *figures = control_figures_json(&c),
	       *signal = control_signal_json(&c);

	ok(strcmp(json_string_value(json_object_get(stream, "name")), "game") == 0 &&
			json_is_integer(json_object_get(stream, "pid")) &&
			json_is_string(json_object_get(stream, "speed")) &&
			json_object_size(stream) == 11,
		"the original's fields");
	ok(json_is_null(json_object_get(figures, "state")) &&
			json_array_size(json_object_get(figures, "outputs")) == 1 &&
			json_array_size(
				json_object_get(json_object_get(figures, "sound"), "peak_db")) == 2,
		"figures");
	ok(json_is_boolean(json_object_get(signal, "input_live")) &&
			json_is_number(json_object_get(signal, "rate")),
		"the signal");
	ok(json_object_size(json_object_get(signal, "facts")) == 8 &&
			json_equal(json_object_get(json_object_get(figures, "facts"), "signal"),
				json_object_get(json_object_get(signal, "facts"), "signal")),
		"with the facts about it");
	json_decref(stream);
	json_decref(figures);
	json_decref(signal);
}

/* Each sample belongs to the family that stands last above it, and no family comes twice. */
static bool is_sound(const char *text)
{
	char family[128] = "", seen[200][128];
	size_t n = 0;

	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		size_t length = strcspn(line, "{ ");

		if (strncmp(line, "# TYPE ", 7) == 0) {
			snprintf(family, sizeof(family), "%.*s", (int) strcspn(line + 7, " "),
				line + 7);
			for (size_t i = 0; i < n; i++)
				if (strcmp(seen[i], family) == 0)
					return false;
			memcpy(seen[n++], family, sizeof(family));
		} else if (*line != '#' &&
			   (strncmp(line, family, strlen(family)) != 0 || length < strlen(family) ||
				   strncmp(line, "egm_streamer_", 13) != 0)) {
			printf("# %.80s\n", line);
			return false;
		}
	}
	return n > 40;
}

static void test_metrics(void)
{
	char *text = NULL;
	size_t size = 0;

	ok(metrics_text(&c, &text, &size) == 0 && size == strlen(text), "there are figures");
	ok(is_sound(text), "each in its family");
	ok(strstr(text, "\negm_streamer_input_live{card=\"left\"} ") &&
			strstr(text, "\negm_streamer_output_state{card=\"left\",output=\"out1\","
				     "state=\"running\"} ") &&
			strstr(text, "\negm_streamer_output_latency_seconds_bucket{card=\"left\","
				     "output=\"out1\",le=\"+Inf\"} ") &&
			strstr(text,
				"\negm_streamer_signal{card=\"left\",signal=\"no-cable\"} 0") &&
			strstr(text, "\negm_streamer_picture{card=\"left\",picture=\"black\"} 0") &&
			strstr(text, "\negm_streamer_output_mishaps_total{card=\"left\","
				     "output=\"out1\"} 0\n") &&
			strstr(text, "\negm_streamer_rate{card=\"left\",rate=\"low\"} 0") &&
			strstr(text, "\negm_streamer_sound_peak_dbfs{card=\"left\",channel=") &&
			strstr(text, "\negm_streamer_start_time_seconds{card=\"left\"} 1"),
		"of all that there is");
	free(text);
}

static void test_events(void)
{
	struct history *h = events_history(pipeline_events(c.pipeline));
	json_t *j = history_json(h, 0, 0, 1000);
	char *text = json_dumps(j, 0);

	ok(text && strstr(text, "Output out2 was stopped by request") &&
			strstr(text, "Started by request"),
		"what was asked for is remembered");
	free(text);
	json_decref(j);
}

int main(void)
{
	char command[128];

	if (!mkdtemp(dir))
		abort();
	begin();
	test_primary();
	test_backups();
	test_output();
	test_json();
	test_metrics();
	test_events();
	ok(pipeline_free(c.pipeline, usec_now() + 10 * USEC_PER_SEC) == 0, "the end");
	status_free(c.status);
	settings_deinit(&settings);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ok(system(command) == 0, "cleaned up");
	return tap_done();
}
