/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/webhook.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/hmac.h"
#include "common/secret.h"
#include "notify/copy.h"

struct webhook {
	char *url, *secret, *ca_file; /* the last two may be NULL */
	struct post *post;
	struct courier courier;
};

/* Over the time as well, so that nobody can send an old one again later. */
static int sign(const struct webhook *w, int64_t now, const char *body, char ret[HMAC_HEX_SIZE])
{
	_cleanup_(freep) char *signed_text = NULL;
	int n = asprintf(&signed_text, "%" PRId64 ".%s", now, body);

	if (n < 0) {
		signed_text = NULL;
		return -ENOMEM;
	}
	return hmac_sha256_hex(w->secret, strlen(w->secret), signed_text, (size_t) n, ret);
}

static int deliver(void *self, struct receiver *r, const struct notice *n, struct post_answer *ret)
{
	struct webhook *w = self;
	struct post_request q = courier_request(r, &w->courier.times);
	char event[64], timestamp[64], signature[64 + HMAC_HEX_SIZE], hex[HMAC_HEX_SIZE];
	const char *headers[] = { "Content-Type: application/json", event, timestamp, NULL, NULL };
	_cleanup_(freep) char *body = notice_json(n);
	const int64_t now = time(NULL);

	if (!body)
		return -ENOMEM;
	snprintf(event, sizeof(event), "X-EGM-Event-Id: %s", n->id);
	snprintf(timestamp, sizeof(timestamp), "X-EGM-Timestamp: %" PRId64, now);
	if (w->secret) {
		if (sign(w, now, body, hex) < 0)
			return -ENOMEM;
		snprintf(signature, sizeof(signature), "X-EGM-Signature: sha256=%s", hex);
		headers[3] = signature;
	}
	q.url = w->url;
	q.ca_file = w->ca_file;
	q.headers = headers;
	q.body = body;
	q.size = strlen(body);
	return post_send(w->post, &q, ret);
}

static void run(struct receiver *r, void *self)
{
	struct webhook *w = self;

	courier_run(r, &w->courier);
}

static void webhook_free(void *self)
{
	struct webhook *w = self;

	post_free(w->post);
	secret_free(w->secret);
	secret_free(w->url);
	free(w->ca_file);
	free(w);
}

int webhook_new(struct receiver_transport *ret, const struct notifier_webhook *settings,
	const struct courier_times *times)
{
	struct webhook *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->courier = (struct courier){ .times = *times, .deliver = deliver, .self = w };
	w->url = strdup(settings->url);
	if (!w->url || copy_text(&w->secret, settings->secret) < 0 ||
		copy_text(&w->ca_file, settings->ca_file) < 0 || post_new(&w->post) < 0) {
		webhook_free(w);
		return -ENOMEM;
	}
	*ret = (struct receiver_transport){ .run = run, .free = webhook_free, .self = w };
	return 0;
}
