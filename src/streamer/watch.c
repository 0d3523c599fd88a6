/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serves two things: the built-in page, and files of the folder the HLS output writes to, by plain
 * name and known suffix only. The folder is opened once; names are looked up below it without
 * links.
 */
#include "streamer/watch.h"

#include <fcntl.h>
#include <libgen.h>
#include <string.h>

#include "common/log.h"
#include "face/origin.h"
#include "http/server.h"

extern const char watch_page_start[], watch_page_end[];

/* web/watch.html, put into the program by the assembler. */
__asm__(".pushsection .rodata\n"
	".globl watch_page_start, watch_page_end\n"
	"watch_page_start:\n"
	".incbin \"" EGM_WEBDIR "/watch.html\"\n"
	"watch_page_end:\n"
	".byte 0\n"
	".popsection\n");

#define POLICY                                                                        \
	"default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " \
	"media-src 'self' blob:; frame-ancestors 'none'"

struct watch {
	struct http_server *http;
	int folder_fd;
	char playlist[128]; /* name in the folder */
};

static const char *type_of(const char *name)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {
		{ ".m3u8", "application/vnd.apple.mpegurl" },
		{ ".ts", "video/mp2t" },
		{ ".m4s", "video/iso.segment" },
		{ ".mp4", "video/mp4" },
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(types); i++)
		if (strcmp(dot, types[i].suffix) == 0)
			return types[i].type;
	return NULL;
}

static bool is_plain_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && !strchr(name, '/');
}

static int not_found(struct http_request *q)
{
	return http_fault(q, 404, "Not Found");
}

static int on_request(struct http_request *q, void *userdata)
{
	struct watch *w = userdata;
	const char *name = http_path(q) + 1, *host = http_header(q, "Host"), *type;
	int fd;

	if (!host || !origin_host_fits(NULL, host))
		return http_fault(q, 403, "This name is not served here.");
	if (http_method(q) != HTTP_GET && http_method(q) != HTTP_HEAD)
		return http_fault(q, 405, "Method Not Allowed");
	(void) http_set_header(q, "Content-Security-Policy", POLICY);
	if (*name == '\0')
		return http_answer(q, 200, "text/html; charset=utf-8", watch_page_start,
			(size_t) (watch_page_end - watch_page_start));
	/* The page need not know what the playlist is called. */
	if (strcmp(name, "watch.m3u8") == 0)
		name = w->playlist;
	type = is_plain_name(name) ? type_of(name) : NULL;
	if (!type)
		return not_found(q);
	fd = openat(w->folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd < 0 ? not_found(q) : http_answer_file(q, type, fd);
}

static const char *find_playlist(const char *const *outputs)
{
	for (; *outputs; outputs++) {
		const char *type = type_of(*outputs);

		if (type && strcmp(type, "application/vnd.apple.mpegurl") == 0 &&
			!strstr(*outputs, "://"))
			return *outputs;
	}
	return NULL;
}

static int open_folder(struct watch *w, const char *playlist)
{
	_cleanup_(freep) char *a = strdup(playlist);
	_cleanup_(freep) char *b = strdup(playlist);
	const char *folder;

	if (!a || !b)
		return -ENOMEM;
	snprintf(w->playlist, sizeof(w->playlist), "%s", basename(a));
	folder = dirname(b);
	w->folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->folder_fd < 0)
		return log_error_errno(errno, "Cannot open folder %s: %m", folder);
	return 0;
}

int watch_new(struct watch **ret, struct loop *loop, const char *port, const char *const *outputs)
{
	_cleanup_(watch_freep) struct watch *w = calloc(1, sizeof(*w));
	struct http_listen listen = { .address = "127.0.0.1" };
	struct http_hooks hooks = { .handle = on_request };
	const char *playlist = find_playlist(outputs);
	unsigned long n;
	char *end;
	int r;

	if (!w)
		return -ENOMEM;
	w->folder_fd = -1;
	n = strtoul(port, &end, 10);
	if (*end || n < 1 || n > 65535)
		return log_error_errno(EINVAL, "--watch %s: a port from 1 to 65535", port);
	if (!playlist)
		return log_error_errno(
			EINVAL, "--watch shows an HLS output: add --output FOLDER/live.m3u8");
	r = open_folder(w, playlist);
	if (r < 0)
		return r;
	listen.port = (unsigned) n;
	hooks.userdata = w;
	r = http_server_new(&w->http, loop, &listen, &hooks);
	if (r < 0)
		return log_error_errno(r, "Cannot listen on 127.0.0.1:%lu: %m", n);
	log_notice("Watch at http://127.0.0.1:%u/", http_server_port(w->http));
	*ret = TAKE_PTR(w);
	return 0;
}

struct watch *watch_free(struct watch *w)
{
	if (!w)
		return NULL;
	http_server_free(w->http);
	closep(&w->folder_fd);
	free(w);
	return NULL;
}
