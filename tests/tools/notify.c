/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egm-notify tells the world what it reads on standard input, without a card or a screen:
 *
 *   egm-notify [--machine=M] [--card=C] [--known=STATE] [--folder=F] [--webhook=URL]
 *              [--secret=S] [--ca=FILE] [--mqtt=HOST] [--port=N] [--tls] [--user=U] [--password=P]
 *              [--discovery]
 *
 * A line "STATE PREVIOUS" is a change, "= NAME VALUE" a number, "?" prints the status as a line of
 * JSON. What the hooks say goes to standard error. The end of the input is the end.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/usec.h"
#include "notify/notifier.h"

#define STOP_USEC (1500 * USEC_PER_MSEC)

static void on_receiver(void *userdata, const char *kind, const char *name, const char *why)
{
	(void) userdata;
	fprintf(stderr, "%s %s: %s\n", kind, name, why ? why : "works");
}

static void on_dropped(
	void *userdata, const char *kind, const char *name, const char *why, uint64_t total)
{
	(void) userdata;
	fprintf(stderr, "%s %s: dropped: %s (%u)\n", kind, name, why, (unsigned) total);
}

static void tell(struct notifier *n, const struct notifier_settings *s, const char *a, char *b,
	const char *number)
{
	struct notice from = { .realtime_usec = usec_of(CLOCK_REALTIME), .margin = 0.5 };
	_cleanup_(notice_unrefp) struct notice *notice = NULL;

	from.card = (char *) (uintptr_t) s->card;
	from.machine = (char *) (uintptr_t) s->machine;
	from.role = (char *) (uintptr_t) s->role;
	if (number)
		from.number = (char *) (uintptr_t) number;
	else
		from.state = (char *) (uintptr_t) a;
	*(number ? &from.value : &from.previous) = b;
	notice = notice_new(&from);
	if (notice)
		notifier_tell(n, notice);
}

static void show(struct notifier *n)
{
	json_t *status = notifier_json(n);
	char *text = json_dumps(status, JSON_COMPACT);

	puts(text ? text : "?");
	fflush(stdout);
	free(text);
	json_decref(status);
}

static void read_lines(struct notifier *n, const struct notifier_settings *s)
{
	char line[512], a[128], b[128], c[128];

	while (fgets(line, sizeof(line), stdin)) {
		int words = sscanf(line, "%127s %127s %127s", a, b, c);

		if (words == 3 && strcmp(a, "=") == 0)
			tell(n, s, NULL, c, b);
		else if (words == 2)
			tell(n, s, a, b, NULL);
		else if (words == 1 && strcmp(a, "?") == 0)
			show(n);
	}
}

/* The first letter of an option's name is its value below, but for those that share it. */
static const struct option options[] = {
	{ "machine", required_argument, NULL, 'm' },
	{ "card", required_argument, NULL, 'c' },
	{ "known", required_argument, NULL, 'k' },
	{ "folder", required_argument, NULL, 'f' },
	{ "webhook", required_argument, NULL, 'w' },
	{ "secret", required_argument, NULL, 's' },
	{ "ca", required_argument, NULL, 'a' },
	{ "mqtt", required_argument, NULL, 'q' },
	{ "port", required_argument, NULL, 'p' },
	{ "tls", no_argument, NULL, 't' },
	{ "user", required_argument, NULL, 'u' },
	{ "password", required_argument, NULL, 'P' },
	{ "discovery", no_argument, NULL, 'd' },
	{ 0 },
};

static int parse(int argc, char *argv[], struct notifier_settings *s, struct notifier_webhook *w)
{
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (o == 'm')
			s->machine = optarg;
		else if (o == 'c')
			s->card = optarg;
		else if (o == 'k')
			s->state = optarg;
		else if (o == 'f')
			s->folder = optarg;
		else if (o == 'w')
			w->url = optarg;
		else if (o == 's')
			w->secret = optarg;
		else if (o == 'a')
			s->mqtt.ca_file = w->ca_file = optarg;
		else if (o == 'q')
			s->mqtt.host = optarg;
		else if (o == 'p')
			s->mqtt.port = atoi(optarg);
		else if (o == 't')
			s->mqtt.tls = true;
		else if (o == 'u')
			s->mqtt.user = optarg;
		else if (o == 'P')
			s->mqtt.password = optarg;
		else if (o == 'd')
			s->mqtt.discovery = true;
		else
			return -EINVAL;
	}
	s->n_webhooks = w->url != NULL;
	return optind == argc ? 0 : -EINVAL;
}

int main(int argc, char *argv[])
{
	static const struct notifier_hooks hooks = { .receiver = on_receiver,
		.dropped = on_dropped };
	struct notifier_webhook webhook = { .name = "hook" };
	struct notifier_settings settings = { .machine = "m",
		.role = "game",
		.webhooks = &webhook,
		.mqtt = { .port = 1883, .prefix = "egm" },
		.backoff_min_usec = 20 * USEC_PER_MSEC,
		.backoff_max_usec = 200 * USEC_PER_MSEC,
		.timeout_usec = 5 * USEC_PER_SEC };
	struct notifier *n;
	char why[128];

	if (parse(argc, argv, &settings, &webhook) < 0)
		return 2;
	if (notifier_new(&n, &settings, &hooks, why, sizeof(why)) < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	if (notifier_start(n) < 0)
		return 1;
	read_lines(n, &settings);
	return notifier_free(n, usec_now() + STOP_USEC) ? 1 : 0;
}
