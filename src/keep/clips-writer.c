/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep/clips-writer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/usec.h"

#define BATCH 64
#define OPEN_USEC (5 * USEC_PER_SEC)
#define WRITE_USEC (5 * USEC_PER_SEC)
#define CLOSE_USEC USEC_PER_SEC
#define NAMES_MAX 99

/* How often an open clip takes what has come: seldom enough to cost nothing. */
#define PACE_USEC ((int64_t) (500 * USEC_PER_MSEC))

/* What the file has besides the packets. */
#define CONTAINER_BYTES (64 << 10)

/* Sound comes later than the pictures of its time. */
#define SOUND_LATE_USEC ((int64_t) (300 * USEC_PER_MSEC))

static int fail(int r, const char *what, char *why, size_t why_size)
{
	snprintf(why, why_size, "%s: %s", what, strerror(-r));
	return r;
}

static int make_paths(
	struct clip *c, const char *folder, const struct clip_change *t, char **ret_url)
{
	char name[FOLDER_NAME_MAX];

	folder_item_name(name, t->realtime_usec, t->label);
	if (asprintf(&c->final, "%s/%s.mkv", folder, name) < 0)
		c->final = NULL;
	/* Hidden until it is whole; the scheme keeps what else is in the path from being one. */
	if (asprintf(ret_url, "file:%s/.%s.part.mkv", folder, name) < 0)
		*ret_url = NULL;
	return c->final && *ret_url ? 0 : -ENOMEM;
}

static void forget(struct clip *c)
{
	c->open = false;
	free(TAKE_PTR(c->part));
	free(TAKE_PTR(c->final));
}

static int open_file(struct clip *c, const char *folder, const struct clip_change *t,
	struct tracks *tracks, char *why, size_t why_size)
{
	const struct muxer_settings settings = {
		.connect_usec = OPEN_USEC, .write_usec = WRITE_USEC, .close_usec = CLOSE_USEC
	};
	_cleanup_(freep) char *url = NULL;
	char words[128];
	int r = make_paths(c, folder, t, &url);

	if (r < 0)
		return fail(r, "cannot begin a clip", why, why_size);
	r = muxer_open(c->muxer, url, &settings, tracks, words, sizeof(words));
	if (r < 0) {
		snprintf(why, why_size, "%s: %s", folder, words);
		return r;
	}
	c->part = strdup(muxer_path(c->muxer));
	if (c->part)
		return 0;
	muxer_close(c->muxer);
	return fail(-ENOMEM, "cannot begin a clip", why, why_size);
}

int clip_begin(struct clip *c, struct ring *ring, const char *folder, const struct clip_change *t,
	uint64_t before_usec, uint64_t after_usec, char *why, size_t why_size)
{
	_cleanup_(tracks_unrefp) struct tracks *tracks = NULL;
	int r;

	c->begin_usec = c->read_usec = t->pts_usec - (int64_t) before_usec;
	c->end_usec = t->pts_usec + (int64_t) after_usec;
	c->moved_usec = usec_now();
	c->cut = NULL;
	snprintf(c->label, sizeof(c->label), "%s", t->label);
	r = ring_seek(ring, c->begin_usec, &c->cursor, &tracks);
	if (r < 0) {
		snprintf(why, why_size, "there are no packets: the encoder sleeps");
		return r;
	}
	r = open_file(c, folder, t, tracks, why, why_size);
	if (r < 0)
		forget(c);
	else
		c->open = true;
	return r;
}

bool clip_extend(struct clip *c, const struct clip_change *t, uint64_t after_usec)
{
	int64_t end = t->pts_usec + (int64_t) after_usec;

	if (!c->open || strcmp(c->label, t->label) != 0 || t->pts_usec < c->begin_usec ||
		t->pts_usec > c->end_usec || end - c->begin_usec > CLIP_USEC_MAX)
		return false;
	c->end_usec = MAX(c->end_usec, end);
	return true;
}

static int write_packet(struct clip *c, struct packet *p, char *why, size_t why_size)
{
	if (muxer_bytes(c->muxer) + p->size + CONTAINER_BYTES > c->room_bytes)
		c->cut = "it takes all the room that clips have";
	return c->cut ? 0 : muxer_write(c->muxer, p, false, why, why_size);
}

/* Writes and lets go of all of them. */
static int write_batch(struct clip *c, struct packet **p, int n, char *why, size_t why_size)
{
	int r = 0;

	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = write_packet(c, p[i], why, why_size);
		c->read_usec = MAX(c->read_usec, p[i]->dts_usec);
		packet_unref(p[i]);
	}
	return r;
}

/* Words for an end that came too early; "" when the time is over; NULL: it goes on. */
static const char *is_over(const struct clip *c, struct ring *ring)
{
	if (ring_newest(ring) >= c->end_usec + SOUND_LATE_USEC)
		return "";
	return usec_now() - c->moved_usec > CLIP_IDLE_USEC ? "packets have ceased" : NULL;
}

int clip_pump(struct clip *c, struct ring *ring, char *why, size_t why_size)
{
	struct packet *batch[BATCH];
	const char *over;
	int n = 0;

	/* Asked first: what came before the answer is read below. */
	over = is_over(c, ring);
	while (!c->cut && (n = ring_read(ring, &c->cursor, c->end_usec, batch, BATCH)) > 0) {
		int r = write_batch(c, batch, n, why, why_size);

		if (r < 0)
			return r;
		c->moved_usec = usec_now();
	}
	if (n == -ENOBUFS)
		over = "the disk is too slow";
	else if (n < 0 && !over)
		over = "the encoder was closed";
	if (over && over[0] && !c->cut)
		c->cut = over;
	return over || c->cut ? 1 : 0;
}

static int sync_file(const char *path)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Never takes the place of another file. */
static int rename_new(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* Not every file system can refuse to replace. */
	if (errno == EINVAL && access(to, F_OK) < 0)
		return rename(from, to) < 0 ? -errno : 0;
	return errno == EINVAL ? -EEXIST : -errno;
}

/* NAME.mkv, else NAME-2.mkv and so on. */
static int give_name(struct clip *c)
{
	int stem = (int) (strlen(c->final) - strlen(".mkv")), r = -EEXIST;

	for (int i = 1; i <= NAMES_MAX && r == -EEXIST; i++) {
		char *to = NULL;

		if (i > 1) {
			if (asprintf(&to, "%.*s-%d.mkv", stem, c->final, i) < 0)
				return -ENOMEM;
			free(c->final);
			c->final = to;
		}
		r = rename_new(c->part, c->final);
	}
	return r;
}

/* The muxer says nothing about what it could not write at the end. */
static int check_whole(const struct clip *c, uint64_t payload)
{
	struct stat st;

	if (stat(c->part, &st) < 0)
		return -errno;
	return (uint64_t) st.st_size < payload ? -ENOSPC : 0;
}

int clip_finish(struct clip *c, bool durable, char **ret_path, char *why, size_t why_size)
{
	uint64_t payload = muxer_bytes(c->muxer);
	int r;

	muxer_close(c->muxer);
	if (payload == 0) {
		snprintf(why, why_size, "%s", c->cut ? c->cut : "no picture came");
		forget(c);
		return -ENODATA;
	}
	r = check_whole(c, payload);
	if (r == 0 && durable)
		r = sync_file(c->part);
	if (r == 0)
		r = give_name(c);
	if (r < 0) {
		(void) unlink(c->part);
		(void) fail(r, c->final, why, why_size);
	} else {
		*ret_path = TAKE_PTR(c->final);
	}
	forget(c);
	return r;
}

void clip_discard(struct clip *c)
{
	muxer_close(c->muxer);
	(void) unlink(c->part);
	forget(c);
}

int64_t clip_wake_usec(const struct clip *c)
{
	int64_t end = c->end_usec + SOUND_LATE_USEC;

	return c->read_usec + PACE_USEC < c->end_usec ? c->read_usec + PACE_USEC : end;
}

uint64_t clip_bytes(const struct clip *c)
{
	return c->open ? muxer_bytes(c->muxer) : 0;
}
