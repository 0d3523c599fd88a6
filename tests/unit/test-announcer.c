/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A notifier that cannot be made is tried again with the next settings, though they are the same.
 */
#include "streamer/announcer.h"

#include "common/usec.h"
#include "notify/notifier.h"
#include "tests/tap.h"

static int made;
static bool no_memory;

int __real_notifier_new(struct notifier **ret, const struct notifier_settings *settings,
	const struct notifier_hooks *hooks, char *why, size_t why_size);
int __wrap_notifier_new(struct notifier **ret, const struct notifier_settings *settings,
	const struct notifier_hooks *hooks, char *why, size_t why_size);

int __wrap_notifier_new(struct notifier **ret, const struct notifier_settings *settings,
	const struct notifier_hooks *hooks, char *why, size_t why_size)
{
	made++;
	return no_memory ? -ENOMEM : __real_notifier_new(ret, settings, hooks, why, why_size);
}

static size_t receivers(struct announcer *a)
{
	json_t *j = announcer_json(a);
	size_t n = json_array_size(j);

	json_decref(j);
	return n;
}

int main(void)
{
	static const char *const sets[] = { "mqtt.host=127.0.0.1", "mqtt.port=1", NULL };
	const struct settings_request request = { .no_files = true, .sets = sets };
	struct conf_report report = { 0 };
	struct settings settings;
	struct events *events;
	struct announcer *a;

	if (settings_load(&request, &settings, NULL, &report) < 0 || events_new(&events) < 0 ||
		announcer_new(&a, events) < 0)
		abort();
	no_memory = true;
	announcer_apply(a, &settings, NULL);
	ok(made == 1 && receivers(a) == 0, "no memory: nobody is told");
	no_memory = false;
	announcer_apply(a, &settings, NULL);
	ok(made == 2 && receivers(a) == 1, "the same settings again: there is some");
	announcer_apply(a, &settings, NULL);
	ok(made == 2 && receivers(a) == 1, "and again: it goes on");
	ok(announcer_free(a, usec_now() + 10 * USEC_PER_SEC) == 0, "is freed");
	events_free(events);
	settings_deinit(&settings);
	conf_report_deinit(&report);
	return tap_done();
}
