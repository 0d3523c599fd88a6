/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our files are STEM-NUMBER.ts, STEM-NUMBER.m4s and STEM-init-NUMBER.mp4 beside STEM.m3u8, each
 * perhaps with .tmp behind it. Nothing else is ever removed.
 */
#include "media/hls.h"

#include <dirent.h>
#include <fcntl.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/file.h"

#define PLAYLIST_BYTES_MAX 262144
#define GRACE_SEC 60 /* a player may be this far behind the playlist */

/* First number and number of segments of a playlist; -EBADMSG when it is none. */
static int playlist_read(const char *path, int64_t *ret_first, int64_t *ret_count)
{
	_cleanup_(freep) char *text = NULL;
	char *save = NULL;
	int64_t first = -1, count = 0;
	size_t size;
	int r;

	r = file_read(path, PLAYLIST_BYTES_MAX, &text, &size);
	if (r < 0)
		return r;
	for (char *l = strtok_r(text, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save)) {
		if (strncmp(l, "#EXT-X-MEDIA-SEQUENCE:", 22) == 0)
			first = strtoll(l + 22, NULL, 10);
		count += strncmp(l, "#EXTINF:", 8) == 0;
	}
	if (first < 0 || first > INT64_MAX / 2)
		return -EBADMSG;
	*ret_first = first;
	*ret_count = count;
	return 0;
}

/* Whether a name is one of ours; rest is what follows the stem. */
static bool is_segment(const char *rest)
{
	static const char *const ends[] = { ".ts", ".m4s", ".mp4", ".ts.tmp", ".m4s.tmp",
		".mp4.tmp" };
	size_t digits;

	if (*rest++ != '-')
		return false;
	if (strncmp(rest, "init-", 5) == 0)
		rest += 5;
	digits = strspn(rest, "0123456789");
	for (size_t i = 0; digits > 0 && i < ARRAY_SIZE(ends); i++) {
		if (strcmp(rest + digits, ends[i]) == 0)
			return true;
	}
	return false;
}

/* Removes our files older than that many seconds. Best effort: they only cost room. */
static void remove_stale(const char *folder, const char *stem, time_t older_sec)
{
	_cleanup_(closedirp) DIR *d = opendir(folder);
	size_t len = strlen(stem);
	time_t now = time(NULL);
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, stem, len) != 0 || !is_segment(e->d_name + len))
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(st.st_mode))
			continue;
		if (st.st_mtime + older_sec < now)
			(void) unlinkat(dirfd(d), e->d_name, 0);
	}
}

/* Splits DIR/STEM.m3u8; both are for the caller to free. */
static int split(const char *playlist, char **ret_folder, char **ret_stem)
{
	const char *slash = strrchr(playlist, '/'), *name = slash ? slash + 1 : playlist;
	const char *dot = strrchr(name, '.');
	char *folder, *stem;

	folder = slash ? strndup(playlist, (size_t) (slash - playlist) + 1) : strdup("./");
	stem = strndup(name, dot ? (size_t) (dot - name) : strlen(name));
	if (!folder || !stem) {
		free(folder);
		free(stem);
		return -ENOMEM;
	}
	*ret_folder = folder;
	*ret_stem = stem;
	return 0;
}

/* The muxer leaks when its header cannot be opened, so that is tried before it is asked to. */
static int try_create(const char *folder, const char *name)
{
	_cleanup_(freep) char *path = NULL;
	_cleanup_(closep) int fd = -1;

	if (asprintf(&path, "%s%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : 0;
}

int hls_plan_init(struct hls_plan *p, const char *playlist, int seconds, int segments, bool fmp4)
{
	_cleanup_(freep) char *folder = NULL, *stem = NULL;
	time_t window = (time_t) seconds * segments + GRACE_SEC;
	int64_t first, count;
	struct stat st;
	int r;

	*p = HLS_PLAN_NULL;
	/* libavformat would take it for a placeholder, and knows no way to escape it. */
	if (strchr(playlist, '%'))
		return -EINVAL;
	r = split(playlist, &folder, &stem);
	if (r < 0)
		return r;
	if (access(folder, W_OK | X_OK) < 0)
		return -errno;
	if (stat(playlist, &st) == 0 && playlist_read(playlist, &first, &count) == 0) {
		bool fresh = st.st_mtime + window >= time(NULL);

		p->append = fresh && !fmp4;
		p->start_number = p->append ? first : first + count;
		if (!fresh)
			(void) unlink(playlist);
	} else {
		p->start_number = (int64_t) time(NULL);
	}
	remove_stale(folder, stem, 2 * window);
	if (asprintf(&p->segments, "%s%s-%%d.%s", folder, stem, fmp4 ? "m4s" : "ts") < 0)
		p->segments = NULL;
	if (asprintf(&p->init_name, "%s-init-%lld.mp4", stem, (long long) p->start_number) < 0)
		p->init_name = NULL;
	r = p->segments && p->init_name ? 0 : -ENOMEM;
	if (r == 0 && fmp4)
		r = try_create(folder, p->init_name);
	if (r < 0)
		hls_plan_deinit(p);
	return r;
}

void hls_plan_deinit(struct hls_plan *p)
{
	free(p->segments);
	free(p->init_name);
	*p = HLS_PLAN_NULL;
}

static int watched_open(
	AVFormatContext *oc, AVIOContext **pb, const char *name, int flags, AVDictionary **options)
{
	struct hls_io *io = oc->opaque;
	int r;

	if (io->error < 0)
		return io->error;
	free(io->name);
	io->name = strdup(name);
	r = io->name ? avio_open2(pb, name, flags, &oc->interrupt_callback, options)
		     : AVERROR(ENOMEM);
	if (r < 0)
		io->error = r;
	return r;
}

static int watched_close(AVFormatContext *oc, AVIOContext *pb)
{
	struct hls_io *io = oc->opaque;
	int r;

	avio_flush(pb);
	r = pb->error;
	if (r == 0)
		return avio_close(pb);
	(void) avio_close(pb);
	if (io->error == 0)
		io->error = r;
	if (io->name)
		(void) unlink(io->name);
	return r;
}

void hls_io_attach(struct hls_io *io, struct AVFormatContext *oc)
{
	*io = (struct hls_io){ 0 };
	oc->opaque = io;
	oc->io_open = watched_open;
	oc->io_close2 = watched_close;
}

void hls_io_refuse(struct hls_io *io)
{
	if (io->error == 0)
		io->error = AVERROR_EXIT;
}

void hls_io_deinit(struct hls_io *io)
{
	free(io->name);
	*io = (struct hls_io){ 0 };
}
