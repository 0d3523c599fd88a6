/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the face share. */
#pragma once

#include "face/face.h"
#include "face/origin.h"
#include "face/rate.h"

struct face {
	struct http_server *server;
	struct access *access; /* NULL: a Unix socket */
	struct rate *rate;     /* NULL: no limit */
	struct face_hooks hooks;
	unsigned where;
	char **hosts, **origins; /* NULL-terminated */
	char *page_folder, *openapi;
	size_t body_max;
	bool local;
};

/* "/" is index.html. */
int face_page(struct face *f, struct http_request *q, const char *path);
int face_openapi(struct face *f, struct http_request *q);
int face_login(struct face *f, struct http_request *q);
int face_logout(struct http_request *q);
int face_whoami(const struct face_request *q);

#define FACE_COOKIE "egm_session"
