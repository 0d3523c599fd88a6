/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The multi interface, with one request at a time: its poll takes our eventfd as well, so that a
 * stop and new notices are heard at once, in whatever state the peer keeps us.
 */
#include "notify/post.h"

#include <curl/curl.h>
#include <string.h>

#include "common/url.h"
#include "common/usec.h"

#define POLL_MSEC 1000

struct post {
	CURL *easy;
	CURLM *multi;
	struct curl_slist *headers;
	struct post_answer *answer;
	size_t received, text_size;
	char error[CURL_ERROR_SIZE];
};

int post_global_init(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -EIO;
}

void post_global_deinit(void)
{
	curl_global_cleanup();
}

struct post *post_free(struct post *p)
{
	if (!p)
		return NULL;
	curl_easy_cleanup(p->easy);
	curl_multi_cleanup(p->multi);
	free(p);
	return NULL;
}

int post_new(struct post **ret)
{
	_cleanup_(post_freep) struct post *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->easy = curl_easy_init();
	p->multi = curl_multi_init();
	if (!p->easy || !p->multi)
		return -ENOMEM;
	*ret = TAKE_PTR(p);
	return 0;
}

static bool fits(struct post *p, size_t size)
{
	p->received += MIN(size, (size_t) POST_ANSWER_MAX + 1);
	return p->received <= POST_ANSWER_MAX;
}

static size_t take_header(char *data, size_t one, size_t size, void *userdata)
{
	(void) data;
	return fits(userdata, size) ? one * size : 0;
}

static size_t take_body(char *data, size_t one, size_t size, void *userdata)
{
	struct post *p = userdata;
	size_t n = MIN(size, POST_TEXT_MAX - 1 - p->text_size);

	memcpy(p->answer->text + p->text_size, data, n);
	p->text_size += n;
	p->answer->text[p->text_size] = '\0';
	return fits(p, size) ? one * size : 0;
}

static int set_headers(struct post *p, const char *const *headers)
{
	/* An empty "Expect:" keeps libcurl from asking first. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	for (; list && *headers; headers++) {
		struct curl_slist *longer = curl_slist_append(list, *headers);

		if (!longer)
			curl_slist_free_all(list);
		list = longer;
	}
	p->headers = list;
	return list ? 0 : -ENOMEM;
}

static void set_limits(struct post *p, const struct post_request *q)
{
	const long timeout_msec = (long) MAX(q->timeout_usec / USEC_PER_MSEC, 1);

	(void) curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
	(void) curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void) curl_easy_setopt(p->easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void) curl_easy_setopt(p->easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	(void) curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, timeout_msec);
	(void) curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, timeout_msec);
	(void) curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->error);
	(void) curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, take_header);
	(void) curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, p);
	(void) curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, take_body);
	(void) curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
}

/* Connections and sessions of TLS stay with the multi handle. */
static int set_up(struct post *p, const struct post_request *q)
{
	curl_easy_reset(p->easy);
	set_limits(p, q);
	if (set_headers(p, q->headers) < 0 ||
		curl_easy_setopt(p->easy, CURLOPT_URL, q->url) != CURLE_OK)
		return -ENOMEM;
	(void) curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
	(void) curl_easy_setopt(p->easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	(void) curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) q->size);
	(void) curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, q->body);
	if (q->ca_file && *q->ca_file) {
		if (curl_easy_setopt(p->easy, CURLOPT_CAINFO, q->ca_file) != CURLE_OK)
			return -ENOMEM;
		(void) curl_easy_setopt(p->easy, CURLOPT_CAPATH, NULL);
	}
	return 0;
}

/* 0 when the transfer is over, -EINTR when it is to be left. */
static int perform(struct post *p, const struct post_request *q, CURLcode *ret)
{
	CURLMcode code = curl_multi_add_handle(p->multi, p->easy);
	int running = 1, left;
	CURLMsg *message;

	while (code == CURLM_OK) {
		struct curl_waitfd wake = { .fd = q->wake_fd, .events = CURL_WAIT_POLLIN };

		code = curl_multi_perform(p->multi, &running);
		if (code != CURLM_OK || running == 0)
			break;
		code = curl_multi_poll(p->multi, &wake, 1, POLL_MSEC, NULL);
		if (wake.revents && !q->woken(q->userdata)) {
			/* A resolver's thread is not waited for. */
			(void) curl_easy_setopt(p->easy, CURLOPT_QUICK_EXIT, 1L);
			break;
		}
	}
	message = curl_multi_info_read(p->multi, &left);
	*ret = message && running == 0 ? message->data.result : CURLE_FAILED_INIT;
	(void) curl_multi_remove_handle(p->multi, p->easy);
	return code == CURLM_OK && running > 0 ? -EINTR : 0;
}

/* libcurl names hosts and ports in its errors. It has no reason to name more, and shall not. */
static bool may_be_said(const char *words, const char *url)
{
	const char *rest = strstr(url, "://"), *path, *at = NULL;

	rest = rest ? rest + 3 : url;
	path = rest + strcspn(rest, "/?#");
	for (const char *c = rest; c < path; c++)
		at = *c == '@' ? c : at;
	if (path[0] && path[1] && strstr(words, path + 1))
		return false;
	return !at || !memmem(words, strlen(words), rest, (size_t) (at - rest));
}

static void explain(struct post *p, const char *url, CURLcode code)
{
	_cleanup_(freep) char *masked = url_mask_text(p->error);
	const char *words =
		masked && *masked && may_be_said(masked, url) ? masked : curl_easy_strerror(code);

	p->answer->error = (int) code;
	snprintf(p->answer->words, sizeof(p->answer->words), "%s", words);
}

/* Once there is a status, the peer has decided, whatever happens to the rest of its answer. */
static void read_answer(struct post *p, const char *url, CURLcode code)
{
	curl_off_t retry_after = 0;
	long status = 0;

	(void) curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
	(void) curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &retry_after);
	if (status < 200) {
		explain(p, url, code);
		return;
	}
	p->answer->status = (int) status;
	if (retry_after > 0 && retry_after < INT32_MAX)
		p->answer->retry_after_usec = (uint64_t) retry_after * USEC_PER_SEC;
}

int post_send(struct post *p, const struct post_request *q, struct post_answer *ret)
{
	CURLcode code = CURLE_OUT_OF_MEMORY;
	int r;

	*ret = (struct post_answer){ 0 };
	p->answer = ret;
	p->received = p->text_size = 0;
	p->error[0] = '\0';
	r = set_up(p, q);
	if (r == 0)
		r = perform(p, q, &code);
	if (r == 0)
		read_answer(p, q->url, code);
	curl_slist_free_all(p->headers);
	p->headers = NULL;
	return r;
}

char *post_shown_url(const char *url)
{
	_cleanup_(freep) char *masked = url_mask(url);
	char *rest, *shown;
	size_t n;

	if (!masked)
		return NULL;
	rest = strstr(masked, "://");
	n = rest ? (size_t) (rest + 3 - masked) : 0;
	n += strcspn(masked + n, "/?#");
	if (!masked[n] || !masked[n + 1])
		return TAKE_PTR(masked);
	return asprintf(&shown, "%.*s/***", (int) n, masked) < 0 ? NULL : shown;
}
