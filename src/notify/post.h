/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTTP request and its answer; the only place that knows libcurl. A connection is kept for the
 * next one. Only http and https, no redirects; of an answer the status and a few bytes are kept,
 * and no more than POST_ANSWER_MAX are read at all. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"

#define POST_ANSWER_MAX (64 * 1024) /* bytes of headers and body, then the connection is closed */
#define POST_TEXT_MAX 1024
#define POST_WORDS_MAX 128

struct post;

struct post_request {
	const char *url;
	const char *ca_file;        /* NULL or "": the system's */
	const char *const *headers; /* "Name: value"; ends with NULL */
	const char *body;
	size_t size;
	uint64_t timeout_usec; /* for everything together */
	/* While it lasts, woken() is called whenever wake_fd is readable; false: leave it. */
	int wake_fd;
	bool (*woken)(void *userdata);
	void *userdata;
};

struct post_answer {
	int status;                 /* of HTTP; 0: none came */
	int error;                  /* libcurl's number when none came */
	uint64_t retry_after_usec;  /* 0: not said */
	char text[POST_TEXT_MAX];   /* the beginning of the body, NUL-terminated */
	char words[POST_WORDS_MAX]; /* why none came, without what the URL may hold of secrets */
};

/* Before the first and after the last of all, on the main thread. 0 or -EIO. */
int post_global_init(void);
void post_global_deinit(void);

int post_new(struct post **ret);
struct post *post_free(struct post *p);
DEFINE_CLEANUP(struct post *, post_free)

/* Blocks. 0: see the answer; -EINTR: woken() said so; -ENOMEM. */
int post_send(struct post *p, const struct post_request *q, struct post_answer *ret);

/* As much of a URL as may be shown: paths hold tokens as often as queries do. The caller frees;
 * NULL: no memory. */
char *post_shown_url(const char *url);
