/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may lower the bitrate, and what counts between two looks; what comes of it is in test-bitrate
 * and, with real connections, in tests/native. */
#include "streamer/follow.h"

#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"

static void nothing_happens(void *userdata, const struct output_event *e)
{
	(void) userdata, (void) e;
}

static void add(struct hub *h, const char *name, const char *url)
{
	const struct output_hooks hooks = { .event = nothing_happens };
	char copy[64];
	struct output_settings s = { .url = copy,
		.queue_usec = USEC_PER_SEC,
		.queue_bytes = 1 << 20,
		.backoff_min_usec = USEC_PER_SEC,
		.backoff_max_usec = USEC_PER_SEC };
	struct output *o;

	snprintf(copy, sizeof(copy), "%s", url);
	snprintf(s.name, sizeof(s.name), "%s", name);
	if (output_new(&o, &s, &hooks) < 0 || hub_add(h, o) < 0)
		abort();
}

int main(void)
{
	static char one[] = "one", two[] = "two", url[] = "rtmp://192.0.2.1/live/x";
	struct settings_output outputs[] = {
		{ .name = one, .url = url, .enabled = true, .primary = true },
		{ .name = two, .url = url, .enabled = true }
	};
	struct settings s = { .outputs = outputs, .n_outputs = 2 };
	const struct bitrate_decision *d;
	struct follow_view v;
	struct follow *f = calloc(1, sizeof(*f));
	struct hub *h;

	if (!f || hub_new(&h) < 0)
		abort();
	f->hub = h;
	add(h, "one", url);
	s.encoder.bitrate = 2000000;
	s.audio.bitrate = 96000;
	s.output.queue_usec = 2 * USEC_PER_SEC;
	follow_apply(f, &s, true);
	ok(!follow_wanted(f) && follow_target(f) == 2000000, "without a floor: nothing");
	s.encoder.bitrate_min = 500000;
	follow_apply(f, &s, true);
	ok(follow_wanted(f) && f->n_primary == 1 && strcmp(f->primary[0], "one") == 0 &&
			f->limits.sound == 96000,
		"with one: the primary output");
	follow_apply(f, &s, false);
	ok(f->limits.sound == 0, "no sound, nothing to leave room for");
	d = follow_step(f, 1);
	ok(d->state == BITRATE_FULL && d->target == 2000000 && !f->bitrate.links[0].name[0],
		"an output that is not connected does not decide");
	/* As if it had been found slow. */
	f->decision = (struct bitrate_decision){
		.state = BITRATE_LOWERED, .target = 800000, .output = "one"
	};
	f->bitrate.episode = true;
	ok(follow_target(f) == 800000, "lowered");
	follow_view(f, &v);
	ok(v.target == 800000 && v.ceiling == 2000000 && v.state == BITRATE_LOWERED &&
			strcmp(v.output, "one") == 0,
		"and shown so");
	follow_apply(f, &s, true);
	ok(follow_target(f) == 800000, "a reload does not forget it");
	follow_set_ceiling(f, 700000);
	ok(follow_target(f) == 700000, "a ceiling below that counts");
	follow_set_ceiling(f, 400000);
	ok(follow_target(f) == 400000 && follow_wanted(f), "so does one below the floor");
	d = follow_step(f, 2);
	ok(d->news == BITRATE_ENDS && d->state == BITRATE_OFF && !follow_wanted(f),
		"which ends it");
	follow_set_ceiling(f, 2000000);
	outputs[0].primary = false;
	follow_apply(f, &s, true);
	ok(!follow_wanted(f), "no primary output: nothing to follow");
	outputs[1].primary = true;
	follow_apply(f, &s, true);
	ok(follow_wanted(f) && strcmp(f->primary[0], "two") == 0, "or another one");
	(void) hub_free(h, 0);
	free(f);
	return tap_done();
}
