/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instance answers over HTTP (data/openapi.json): on a Unix socket in its run-time folder,
 * where whoever may open the socket may ask for all, and over TCP when it is told to. Owns the
 * listeners; runs on the main thread's loop. What takes its time is a job.
 *
 * Faults are {"detail": TEXT}, as the original has them, with the fault's name as "error".
 */
#pragma once

#include "common/cleanup.h"
#include "common/loop.h"
#include "streamer/control.h"

struct api;

struct api_settings {
	const char *path; /* of the socket; NULL: none */
	const char *http; /* "127.0.0.1:8080", "[::1]:0"; NULL: none */
	/* Networks from where all may be asked for over TCP, NULL-terminated, and a file with a
	 * token for everybody else, or NULL. With neither TCP stays shut. */
	const char *const *open_to;
	const char *token_file;
	const char *page_folder; /* of the page; NULL: there is none */
	const char *openapi;     /* file of the API's description; NULL: none */
};

/* control, which has jobs, is kept by reference. 0, or why it cannot listen there, with words. */
int api_new(struct api **ret, struct loop *loop, const struct api_settings *settings,
	struct control *control, char *why, size_t why_size);

/* Nobody is answered any more; jobs of its own may still run. Any number of times; NULL is fine. */
void api_close(struct api *a);

/* After its jobs have ended. */
struct api *api_free(struct api *a);
DEFINE_CLEANUP(struct api *, api_free)

/* Something may have changed, and each second or so. */
void api_update(struct api *a);

/* Of the TCP listener; 0: there is none. */
unsigned api_port(const struct api *a);
