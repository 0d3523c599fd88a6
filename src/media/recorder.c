/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording: files of limited length one after the other, each whole by itself, and old ones
 * removed. The way out of a muxer for names with DESTINATION_TIME in them; each segment is a muxer
 * of its own. Belongs to the thread of the output, as all of the muxer; blocks as long as the disk
 * does.
 *
 * A segment begins with the first keyframe after its time, so no picture is in two or in none.
 * Sound of the time before that keyframe comes after it, so the old segment stays open until the
 * sound has caught up: none of it is lost between two.
 *
 * What a kill leaves is playable: containers are written in pieces that begin with a keyframe, and
 * each is with the kernel before the next one begins. A name is never used twice, and what is
 * removed has exactly such a name (common/folder-limit.h); the segment being written stays. How
 * much there may be is held when a segment is finished: the one that is being written counts as if
 * it were as large as the last one. What cannot be removed is a mishap, not an end; a full disk
 * ends the session like any write that fails.
 */
#include <string.h>

#include "common/destination.h"
#include "common/folder-limit.h"
#include "common/usec.h"
#include "media/muxer-private.h"

/* Sound that comes even later goes into the new segment, which leaves it out. */
#define OVERLAP_USEC ((int64_t) (2 * USEC_PER_SEC))

#define NAMES_MAX 1000

struct recorder {
	struct muxer *now, *before; /* before: waits for its sound while it is open */
	char *folder;               /* without a '/' at its end; "." */
	char *head, *tail;          /* what stands around the time in a name */
	int64_t begin_usec;         /* of the picture with which now began */
	bool begun;                 /* there was one */
	bool overlapping;           /* before is open */
	uint64_t last_bytes;        /* of the segment finished last */
	char why[160];              /* of a segment that failed */
};

void recorder_free(struct muxer *m)
{
	struct recorder *rec = m->recorder;

	if (!rec)
		return;
	muxer_free(rec->now);
	muxer_free(rec->before);
	free(rec);
	m->recorder = NULL;
}

static int recorder_new(struct muxer *m)
{
	struct recorder *rec = m->recorder = calloc(1, sizeof(*rec));
	int r;

	if (!rec)
		return -ENOMEM;
	r = muxer_new(&rec->now);
	if (r == 0)
		r = muxer_new(&rec->before);
	if (r < 0) {
		recorder_free(m);
		return r;
	}
	rec->now->parent = rec->before->parent = m;
	return 0;
}

/* FOLDER/HEAD${time}TAIL */
static int split(struct recorder *rec, const char *url)
{
	const char *path = destination_path(url), *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path, *time = strstr(name, DESTINATION_TIME);

	if (!slash)
		rec->folder = strdup(".");
	else
		rec->folder = strndup(path, slash == path ? 1 : (size_t) (slash - path));
	rec->head = strndup(name, (size_t) (time - name));
	rec->tail = strdup(time + strlen(DESTINATION_TIME));
	return rec->folder && rec->head && rec->tail ? 0 : -ENOMEM;
}

/* Bytes that a segment will have. */
static uint64_t expected(const struct muxer *m)
{
	uint64_t msec = m->settings.recording.segment_usec / USEC_PER_MSEC;

	return MAX(m->recorder->last_bytes, (uint64_t) muxer_bytes_of(m->tracks, (int64_t) msec));
}

/* current: the name of the segment that is being written, or NULL. */
static void remove_old(struct muxer *m, const char *current)
{
	const struct muxer_recording *r = &m->settings.recording;
	struct recorder *rec = m->recorder;
	const char *const tails[] = { rec->tail, NULL };
	const struct folder_limit limit = {
		.path = rec->folder,
		.before = rec->head,
		.suffixes = tails,
		.bytes = r->bytes ? r->bytes : UINT64_MAX / 2,
		.items = FOLDER_ITEMS_MAX,
		.age_usec = r->age_usec,
		.newest = current,
		.spared = current,
	};
	struct folder_usage usage;
	int error;

	error = folder_limit_keep(&limit, expected(m), 1, &usage);
	if (error < 0)
		muxer_count_mishap(m, "old segments in %s cannot be removed: %s", rec->folder,
			strerror(-error));
}

/* A path that is not there, of now or, when the clock went back, of a little later. */
static char *new_path(const struct recorder *rec)
{
	uint64_t now = usec_of(CLOCK_REALTIME);
	char stamp[FOLDER_TIME_MAX], *path = NULL;

	for (int i = 0; i < NAMES_MAX; i++) {
		free(path);
		folder_item_stamp(stamp, now + (uint64_t) i * USEC_PER_MSEC);
		if (asprintf(&path, "file:%s/%s%s%s", rec->folder, rec->head, stamp, rec->tail) < 0)
			return NULL;
		if (access(path + strlen("file:"), F_OK) < 0)
			break;
	}
	return path;
}

static int open_segment(struct muxer *m, struct muxer *segment)
{
	struct recorder *rec = m->recorder;
	_cleanup_(freep) char *path = new_path(rec), *shown = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = muxer_open(segment, path, &m->settings, m->tracks, rec->why, sizeof(rec->why));
	if (r < 0)
		return r;
	shown = strdup(muxer_path(segment));
	if (!shown)
		return -ENOMEM;
	free(m->path);
	m->path = TAKE_PTR(shown);
	m->segments++;
	return 0;
}

static const char *name_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

static void finish(struct muxer *m, struct muxer *segment, const char *current)
{
	m->recorder->last_bytes = muxer_bytes(segment);
	muxer_close(segment);
	remove_old(m, current);
}

static int open_recording(struct muxer *m, const char *url, const struct tracks *tracks)
{
	struct recorder *rec;
	int r = 0;

	(void) tracks; /* m has them */
	if (!m->recorder)
		r = recorder_new(m);
	if (r < 0)
		return r;
	rec = m->recorder;
	rec->begun = rec->overlapping = false;
	rec->why[0] = '\0';
	r = split(rec, url);
	if (r < 0)
		return r;
	remove_old(m, NULL);
	return open_segment(m, rec->now);
}

static bool is_cut(const struct muxer *m, const struct packet *p)
{
	const struct recorder *rec = m->recorder;

	return rec->begun && p->track == TRACK_VIDEO && p->key &&
	       p->pts_usec - rec->begin_usec >= (int64_t) m->settings.recording.segment_usec;
}

static void end_overlap(struct muxer *m)
{
	struct recorder *rec = m->recorder;

	if (!rec->overlapping)
		return;
	rec->overlapping = false;
	finish(m, rec->before, name_of(m->path));
}

/* A new file, into which p goes first. */
static int cut(struct muxer *m)
{
	struct recorder *rec = m->recorder;
	struct muxer *next = rec->before;
	int r;

	end_overlap(m);
	r = open_segment(m, next);
	if (r < 0)
		return r;
	rec->before = rec->now;
	rec->now = next;
	rec->begun = false;
	rec->overlapping = true;
	return 0;
}

/* Does it still belong into the segment that is over? */
static bool is_late_sound(const struct recorder *rec, const struct packet *p)
{
	return rec->overlapping && p->track == TRACK_AUDIO && p->dts_usec < rec->begin_usec;
}

static bool has_caught_up(const struct muxer *m, const struct packet *p)
{
	return !m->tracks->audio || p->track == TRACK_AUDIO ||
	       p->dts_usec > m->recorder->begin_usec + OVERLAP_USEC;
}

static int write_recording(struct muxer *m, struct packet *p, bool more)
{
	struct recorder *rec = m->recorder;
	int r;

	if (is_cut(m, p)) {
		r = cut(m);
		if (r < 0)
			return r;
	}
	if (!rec->begun && p->track == TRACK_VIDEO && p->key) {
		rec->begun = true;
		rec->begin_usec = p->pts_usec;
	}
	if (is_late_sound(rec, p))
		return muxer_write(rec->before, p, more, rec->why, sizeof(rec->why));
	r = muxer_write(rec->now, p, more, rec->why, sizeof(rec->why));
	/* What ends the other one takes its time: not before the picture is away. */
	if (r == 0 && rec->overlapping && has_caught_up(m, p))
		end_overlap(m);
	return r;
}

static void close_recording(struct muxer *m)
{
	struct recorder *rec = m->recorder;

	if (!rec)
		return;
	if (rec->overlapping)
		muxer_close(rec->before);
	rec->overlapping = false;
	muxer_close(rec->now);
	free(TAKE_PTR(rec->folder));
	free(TAKE_PTR(rec->head));
	free(TAKE_PTR(rec->tail));
}

static int explain(struct muxer *m, int error, bool opening, char *why, size_t why_size)
{
	const struct recorder *rec = m->recorder;

	(void) opening;
	snprintf(why, why_size, "%s", rec && rec->why[0] ? rec->why : strerror(-error));
	return error;
}

const struct muxer_ops recorder_ops = { .open = open_recording,
	.write = write_recording,
	.close = close_recording,
	.explain = explain };
