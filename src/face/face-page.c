/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page's files: by plain names below one folder, of known kinds, without links. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "face/face-private.h"
#include "http/decode.h"

#define DEPTH_MAX 4
#define POLICY                                                                                  \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " \
	"media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; "    \
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

static const char *type_of(const char *name)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".webmanifest", "application/manifest+json" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i].suffix) == 0)
			return types[i].type;
	return NULL;
}

/* Opens a path below the folder. The last name into name. A negative errno when it is none. */
static int open_below(const char *folder, const char *path, char name[ROUTES_ARG_SIZE])
{
	_cleanup_(closep) int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int depth = 0;

	while (dir >= 0 && depth++ < DEPTH_MAX) {
		size_t n = strcspn(path, "/");
		bool last = path[n] == '\0';
		int fd;

		if (decode_part(path, n, name, ROUTES_ARG_SIZE) < 1 || *name == '.')
			return -ENOENT;
		fd = openat(dir, name,
			O_CLOEXEC | O_NOFOLLOW |
				(last ? O_RDONLY | O_NONBLOCK : O_PATH | O_DIRECTORY));
		if (fd < 0 || last)
			return fd < 0 ? -errno : fd;
		close(dir);
		dir = fd;
		path += n + 1;
	}
	return -ENOENT;
}

/* A browser asks again each time, and gets 304 while it has the same. True: it has been answered,
 * with r. */
static bool is_known(struct http_request *q, int fd, int *r)
{
	const char *known = http_header(q, "If-None-Match");
	char tag[80];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	snprintf(tag, sizeof(tag), "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
		(uint64_t) st.st_mtim.tv_sec, (uint64_t) st.st_mtim.tv_nsec, (uint64_t) st.st_size);
	(void) http_set_header(q, "ETag", tag);
	(void) http_set_header(q, "Cache-Control", "no-cache");
	if (!known || strcmp(known, tag) != 0)
		return false;
	*r = http_answer(q, 304, NULL, "", 0);
	return true;
}

static int send_file(struct http_request *q, int fd, const char *type)
{
	int r;

	if (is_known(q, fd, &r)) {
		close(fd);
		return r;
	}
	return http_answer_file(q, type, fd);
}

int face_page(struct face *f, struct http_request *q, const char *path)
{
	char name[ROUTES_ARG_SIZE];
	const char *type;
	int fd = f->page_folder ? open_below(f->page_folder, path, name) : -ENOENT;

	if (fd < 0)
		return http_fault(q, 404, "Not Found");
	type = type_of(name);
	if (!type) {
		close(fd);
		return http_fault(q, 404, "Not Found");
	}
	(void) http_set_header(q, "Content-Security-Policy", POLICY);
	return send_file(q, fd, type);
}

int face_openapi(struct face *f, struct http_request *q)
{
	int fd = f->openapi ? open(f->openapi, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	return fd < 0 ? http_fault(q, 404, "The document is not installed.")
		      : send_file(q, fd, "application/json");
}
