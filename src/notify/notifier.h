/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the world about changes: webhooks, Telegram, MQTT. Each receiver has a thread and an
 * ordered spool of its own; none can delay the caller, the others, or a decision.
 *
 * Webhook: POST of notice_json() with Content-Type application/json, X-EGM-Event-Id,
 * X-EGM-Timestamp and, with a secret, X-EGM-Signature: sha256=HEX, the HMAC-SHA256 of TIMESTAMP "."
 * BODY. 2xx is delivered; 408, 425, 429, 5xx, no connection: again after a back-off with jitter
 * (Retry-After is respected up to the longest back-off); other 4xx: given up, counted, logged. In
 * order: the next one waits for the one before. Redirects are not followed but tried again: a
 * portal that wants somebody to log in answers so.
 *
 * Telegram: sendMessage of BASE/botTOKEN, HTML, as the original has it, for the states asked for;
 * no numbers.
 *
 * MQTT: PREFIX/CARD/state (retained, plain name), PREFIX/CARD/event (JSON, QoS 1),
 * PREFIX/CARD/status (retained "online", last will "offline"), Home Assistant discovery (retained)
 * when wanted; TLS. Clean sessions: what the broker has not acknowledged is published again, from
 * memory. Before any state was told the one retained is that of the settings, or "UNKNOWN".
 *
 * The spool of webhooks and Telegram is on disk (folder/NAME), bounded in notices and bytes, oldest
 * dropped first and counted; it survives a restart and a full disk (then it is in memory only, the
 * same bounds, said once).
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "notify/notice.h"

struct notifier_webhook {
	const char *name;    /* [a-z0-9][a-z0-9_-]*; of its spool, too */
	const char *url;     /* with its secrets */
	const char *secret;  /* of the signature; NULL or "": none */
	const char *ca_file; /* NULL or "": the system's */
	const char *states;  /* those told about, with commas or spaces, and no numbers; NULL or "":
			      * all, and numbers */
};

struct notifier_telegram {
	const char *base;  /* "https://api.telegram.org" */
	const char *token; /* NULL or "": off */
	const char *chat;
	const char *client; /* name shown; else the machine's */
	const char *states;
};

struct notifier_mqtt {
	const char *host; /* NULL or "": off */
	int port;
	bool tls;
	const char *ca_file, *user, *password;
	const char *prefix; /* "egm" */
	bool discovery;     /* Home Assistant's */
};

struct notifier_settings {
	const char *card, *machine, *role; /* card may be NULL: machine is used in topics */
	const char *state;                 /* known already, so no news; NULL or "": none is */
	const char *folder;                /* of the spools; NULL: memory only */
	const struct notifier_webhook *webhooks;
	size_t n_webhooks;
	struct notifier_telegram telegram;
	struct notifier_mqtt mqtt;
	size_t spool_notices, spool_bytes; /* of each receiver; 0: 10000 and 16 MiB */
	uint64_t backoff_min_usec, backoff_max_usec, timeout_usec; /* 0: 1 s, 5 min, 10 s */
};

struct notifier_hooks {
	/* On a receiver's thread, once per change: it fails (why, without secrets) or works again
	 * (why NULL); short. kind is "webhook", "telegram", "mqtt", or "spool" for the disk of the
	 * receiver of that name. */
	void (*receiver)(void *userdata, const char *kind, const char *name, const char *why);
	/* One was given up or dropped; total: so far. */
	void (*dropped)(void *userdata, const char *kind, const char *name, const char *why,
		uint64_t total);
	void *userdata;
};

struct notifier;

/* Whether a URL can be that of a webhook or of Telegram. */
bool notifier_url_valid(const char *url);

/* Everything is copied. 0 and words in why otherwise. */
int notifier_new(struct notifier **ret, const struct notifier_settings *settings,
	const struct notifier_hooks *hooks, char *why, size_t why_size);
int notifier_start(struct notifier *n);

/* Any thread; never blocks on a disk or a peer. Takes a reference of its own. */
void notifier_tell(struct notifier *n, struct notice *notice);

/* [{"kind", "name", "url" (masked), "state" ("idle", "ok", "failing"), "last_error", "sent",
 * "retries", "dropped", "waiting", "on_disk"}]; a new reference. */
json_t *notifier_json(struct notifier *n);

/* Says good-bye to MQTT, ends all threads by the time; what is not delivered stays in the spools
 * on disk; what is in memory only is lost, counted and told as dropped. Returns how many threads
 * had to be abandoned. NULL is fine. */
int notifier_free(struct notifier *n, uint64_t until_usec);
