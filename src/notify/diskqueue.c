/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/diskqueue.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/file.h"
#include "notify/diskqueue-record.h"

#define SUFFIX ".spool"
#define NAME_DIGITS 16
#define NAME_SIZE (NAME_DIGITS + sizeof(SUFFIX))
#define SEGMENTS_MAX 4096 /* more cannot be ours */
#define RECORD_MAX (DISKQUEUE_TEXT_MAX + RECORD_FRAME)

struct segment {
	uint64_t first; /* number of its first record */
	uint64_t bytes;
};

struct diskqueue {
	size_t segment_bytes;
	int folder_fd, position_fd;
	int head_fd; /* of the first segment, for reading; -1: not open */
	int tail_fd; /* of the last one, for appending; -1: a new one is begun */
	struct segment *segments;
	size_t n_segments;
	uint64_t head, next; /* numbers of the oldest record and of the next one to come */
	uint64_t offset;     /* of the oldest in the first segment, or before it */
	size_t shown;        /* size of the record that diskqueue_head() has shown; 0: none */
	uint64_t lost;
	bool position_dirty, data_dirty, folder_dirty;
	char buf[RECORD_MAX];
};

static void name_of(uint64_t first, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%0*" PRIx64 SUFFIX, NAME_DIGITS, first);
}

static bool parse_name(const char *name, uint64_t *ret)
{
	if (strlen(name) != NAME_SIZE - 1 || strspn(name, "0123456789abcdef") != NAME_DIGITS ||
		strcmp(name + NAME_DIGITS, SUFFIX) != 0)
		return false;
	*ret = strtoull(name, NULL, 16);
	return true;
}

static int open_segment(const struct diskqueue *q, uint64_t first, int flags)
{
	char name[NAME_SIZE];
	int fd;

	name_of(first, name);
	fd = openat(q->folder_fd, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return fd < 0 ? -errno : fd;
}

/* ---- the head ---- */

static void forget_head_file(struct diskqueue *q)
{
	closep(&q->head_fd);
	q->head_fd = -1;
	q->offset = 0;
}

static void delete_first_segment(struct diskqueue *q)
{
	char name[NAME_SIZE];

	name_of(q->segments[0].first, name);
	(void) unlinkat(q->folder_fd, name, 0);
	forget_head_file(q);
	q->n_segments--;
	memmove(q->segments, q->segments + 1, q->n_segments * sizeof(*q->segments));
}

/* A whole record, its number below the limit, at the offset or behind it: the offset is then where
 * it begins, else the end. What is no record is passed over line by line. */
static bool find_record(struct diskqueue *q, int fd, uint64_t end, uint64_t limit, uint64_t *offset,
	struct record *ret)
{
	while (*offset < end) {
		size_t room = (size_t) MIN(sizeof(q->buf), end - *offset);
		ssize_t n = pread(fd, q->buf, room, (off_t) *offset);
		const char *line_end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (record_read(q->buf, (size_t) n, ret) && ret->number < limit)
			return true;
		line_end = memchr(q->buf, '\n', (size_t) n);
		*offset += line_end ? (uint64_t) (line_end - q->buf) + 1 : (uint64_t) n;
	}
	*offset = end;
	return false;
}

/* In the first segment; one that cannot be opened has none. */
static bool find_head(struct diskqueue *q, struct record *ret)
{
	const struct segment *s = &q->segments[0];

	if (q->head_fd < 0)
		q->head_fd = open_segment(q, s->first, O_RDONLY);
	if (q->head_fd >= 0)
		return find_record(q, q->head_fd, s->bytes, q->next, &q->offset, ret);
	q->offset = s->bytes;
	return false;
}

int diskqueue_head(struct diskqueue *q, const char **ret, size_t *ret_size)
{
	struct record r;

	while (q->head < q->next && q->n_segments > 0) {
		if (!find_head(q, &r)) {
			if (q->n_segments == 1)
				break;
			delete_first_segment(q);
		} else if (r.number < q->head) {
			q->offset += r.size;
		} else {
			q->lost += r.number - q->head;
			q->head = r.number;
			q->shown = r.size;
			*ret = r.text;
			*ret_size = r.text_size;
			return 1;
		}
	}
	q->lost += q->next - q->head;
	q->head = q->next;
	q->shown = 0;
	return 0;
}

static int write_position(struct diskqueue *q)
{
	char text[RECORD_FRAME];
	ssize_t n;

	record_write(text, q->head, "", 0);
	n = pwrite(q->position_fd, text, sizeof(text), 0);
	if (n != (ssize_t) sizeof(text))
		return n < 0 ? -errno : -EIO;
	q->position_dirty = false;
	return 0;
}

int diskqueue_drop(struct diskqueue *q)
{
	int r;

	if (q->shown == 0)
		return 0;
	q->offset += q->shown;
	q->shown = 0;
	q->head++;
	q->position_dirty = true;
	r = write_position(q);
	/* The last one goes as well once it is full: the next record begins another. */
	if (q->offset >= q->segments[0].bytes &&
		(q->n_segments > 1 || q->segments[0].bytes >= q->segment_bytes)) {
		if (q->n_segments == 1) {
			closep(&q->tail_fd);
			q->tail_fd = -1;
		}
		delete_first_segment(q);
	}
	return r;
}

/* ---- the tail ---- */

static int begin_segment(struct diskqueue *q)
{
	size_t last = q->n_segments;
	struct segment *grown;
	int fd;

	/* One of this name holds no record, or it would not be the next one's. */
	if (last > 0 && q->segments[last - 1].first == q->next)
		last--;
	if (last >= SEGMENTS_MAX)
		return -E2BIG;
	grown = reallocarray(q->segments, last + 1, sizeof(*q->segments));
	if (!grown)
		return -ENOMEM;
	q->segments = grown;
	fd = open_segment(q, q->next, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC);
	if (fd < 0)
		return fd;
	closep(&q->tail_fd);
	q->tail_fd = fd;
	q->segments[last] = (struct segment){ .first = q->next };
	q->n_segments = last + 1;
	q->folder_dirty = true;
	if (last == 0)
		forget_head_file(q);
	return 0;
}

/* Half a record is cut off again; where even that fails, a new segment is begun behind it. */
static void cut_tail(struct diskqueue *q)
{
	struct segment *s = &q->segments[q->n_segments - 1];
	struct stat st;

	if (ftruncate(q->tail_fd, (off_t) s->bytes) == 0)
		return;
	if (fstat(q->tail_fd, &st) == 0)
		s->bytes = (uint64_t) st.st_size;
	closep(&q->tail_fd);
	q->tail_fd = -1;
}

int diskqueue_append(struct diskqueue *q, const char *text, size_t size)
{
	_cleanup_(freep) char *record = NULL;
	int r = 0;

	if (size > DISKQUEUE_TEXT_MAX)
		return -EMSGSIZE;
	record = malloc(size + RECORD_FRAME);
	if (!record)
		return -ENOMEM;
	if (q->tail_fd < 0 || q->segments[q->n_segments - 1].bytes >= q->segment_bytes)
		r = begin_segment(q);
	if (r < 0)
		return r;
	record_write(record, q->next, text, size);
	r = file_write_full(q->tail_fd, record, size + RECORD_FRAME);
	if (r < 0) {
		cut_tail(q);
		return r;
	}
	q->segments[q->n_segments - 1].bytes += size + RECORD_FRAME;
	q->next++;
	q->data_dirty = true;
	return 0;
}

int diskqueue_sync(struct diskqueue *q)
{
	int r = 0;

	if (q->position_dirty)
		r = write_position(q);
	if (q->data_dirty && q->tail_fd >= 0 && fdatasync(q->tail_fd) < 0 && r == 0)
		r = -errno;
	if (q->folder_dirty && fsync(q->folder_fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		q->data_dirty = q->folder_dirty = false;
	return r;
}

size_t diskqueue_count(const struct diskqueue *q)
{
	return (size_t) (q->next - q->head);
}

uint64_t diskqueue_bytes(const struct diskqueue *q)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < q->n_segments; i++)
		bytes += q->segments[i].bytes;
	return bytes - MIN(q->offset, bytes);
}

uint64_t diskqueue_take_lost(struct diskqueue *q)
{
	uint64_t lost = q->lost;

	q->lost = 0;
	return lost;
}

/* ---- opening ---- */

static int add_segment(struct diskqueue *q, const char *name)
{
	struct segment *grown;
	uint64_t first;
	struct stat st;

	if (!parse_name(name, &first) ||
		fstatat(q->folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	if (q->n_segments >= SEGMENTS_MAX)
		return -E2BIG;
	grown = reallocarray(q->segments, q->n_segments + 1, sizeof(*q->segments));
	if (!grown)
		return -ENOMEM;
	q->segments = grown;
	q->segments[q->n_segments++] =
		(struct segment){ .first = first, .bytes = (uint64_t) st.st_size };
	return 0;
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int list_segments(struct diskqueue *q)
{
	int fd = dup(q->folder_fd), r = 0;
	struct dirent *entry;
	DIR *folder;

	folder = fd >= 0 ? fdopendir(fd) : NULL;
	if (!folder) {
		r = -errno;
		closep(&fd);
		return r;
	}
	while (r == 0 && (entry = readdir(folder)))
		r = add_segment(q, entry->d_name);
	closedir(folder);
	if (q->n_segments > 0)
		qsort(q->segments, q->n_segments, sizeof(*q->segments), compare_segments);
	return r;
}

/* The next number follows the last whole record of the last segment; what stands behind that is cut
 * off. */
static int find_end(struct diskqueue *q)
{
	uint64_t offset = 0, end = 0;
	struct segment *s;
	struct record r;

	q->next = 1;
	if (q->n_segments == 0)
		return 0;
	s = &q->segments[q->n_segments - 1];
	q->tail_fd = open_segment(q, s->first, O_RDWR | O_APPEND);
	if (q->tail_fd < 0)
		return q->tail_fd;
	q->next = s->first;
	/* Each has more than one byte, so a number beyond the limit is rubbish. */
	while (find_record(q, q->tail_fd, s->bytes, s->first + s->bytes, &offset, &r)) {
		q->next = MAX(q->next, r.number + 1);
		offset += r.size;
		end = offset;
	}
	if (end < s->bytes && ftruncate(q->tail_fd, (off_t) end) < 0)
		return -errno;
	s->bytes = end;
	return 0;
}

/* Without a position that can be read everything is there again. */
static int read_position(struct diskqueue *q)
{
	char text[RECORD_FRAME];
	struct record r;
	struct stat st;

	q->position_fd = openat(q->folder_fd, "position",
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (q->position_fd < 0 || fstat(q->position_fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	q->head = q->n_segments > 0 ? q->segments[0].first : q->next;
	if (pread(q->position_fd, text, sizeof(text), 0) != (ssize_t) sizeof(text) ||
		!record_read(text, sizeof(text), &r) || r.number < 1 || r.number > INT64_MAX)
		return 0;
	/* What is missing on either side is gone: older segments, or the newest records. */
	if (r.number < q->head)
		q->lost += q->head - r.number;
	q->head = MAX(q->head, r.number);
	q->next = MAX(q->next, q->head);
	while (q->n_segments > 1 && q->segments[1].first <= q->head)
		delete_first_segment(q);
	return 0;
}

/* So that diskqueue_bytes() counts only what waits. */
static void skip_read(struct diskqueue *q)
{
	struct record r;

	while (q->n_segments > 0 && find_head(q, &r) && r.number < q->head)
		q->offset += r.size;
}

static int open_folder(struct diskqueue *q, const char *folder)
{
	int r = file_mkdir_p(folder, 0700);

	if (r < 0)
		return r;
	q->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->folder_fd < 0)
		return -errno;
	if (flock(q->folder_fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

int diskqueue_open(struct diskqueue **ret, const char *folder, size_t segment_bytes)
{
	_cleanup_(diskqueue_closep) struct diskqueue *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	q->segment_bytes = segment_bytes;
	q->folder_fd = q->position_fd = q->head_fd = q->tail_fd = -1;
	r = open_folder(q, folder);
	if (r == 0)
		r = list_segments(q);
	if (r == 0)
		r = find_end(q);
	if (r == 0)
		r = read_position(q);
	if (r < 0)
		return r;
	skip_read(q);
	*ret = TAKE_PTR(q);
	return 0;
}

struct diskqueue *diskqueue_close(struct diskqueue *q)
{
	if (!q)
		return NULL;
	closep(&q->head_fd);
	closep(&q->tail_fd);
	closep(&q->position_fd);
	closep(&q->folder_fd);
	free(q->segments);
	free(q);
	return NULL;
}
