/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two archives in a row: one that takes the compression off ("raw"), one that reads the tar. So the
 * bytes between them can be counted, and the filter is chosen here instead of being guessed, which
 * might be a dozen of them one in the other. Every byte that comes out is meant for a file of the
 * manifest or for a header, and both have a limit: a bomb ends where it has used that up.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "common/file.h"
#include "pack/pack-private.h"

#define ZSTD_MAGIC "\x28\xb5\x2f\xfd"
#define PIECE_MAX 512          /* a record: so nothing is read ahead */
#define HEADER_MAX (256 << 10) /* bytes between two files */

DEFINE_CLEANUP(struct archive *, archive_read_free)

struct reader {
	struct archive *raw, *tar;
	const uint8_t *block; /* of raw; not handed on yet */
	size_t block_left;
	size_t allowed; /* bytes that may come until more is allowed */
	bool too_long;
	struct pack *p;
	char *why;
	size_t why_size;
};

#define refuse(reader, r, ...) pack_refuse(r, (reader)->why, (reader)->why_size, __VA_ARGS__)

/* What libarchive says is about the archive, and may hold names of it. */
static int refuse_archive(struct reader *rd, struct archive *a)
{
	const char *text = archive_error_string(a);

	if (rd->too_long)
		return refuse(rd, -EFBIG, "not a game pack: more in it than its list tells");
	if (archive_errno(a) == ENOMEM)
		return refuse(rd, -ENOMEM, "%s", strerror(ENOMEM));
	return refuse(rd, -EBADMSG, "not a game pack, or broken: %s", text ? text : "unreadable");
}

/* --- the bytes of the tar archive --- */

static la_ssize_t next_piece(struct archive *tar, void *userdata, const void **ret)
{
	struct reader *rd = userdata;
	size_t size;
	la_int64_t offset;

	while (rd->block_left == 0) {
		int r = archive_read_data_block(
			rd->raw, (const void **) &rd->block, &rd->block_left, &offset);

		if (r == ARCHIVE_EOF)
			return 0;
		if (r != ARCHIVE_OK) {
			archive_set_error(
				tar, archive_errno(rd->raw), "%s", archive_error_string(rd->raw));
			return -1;
		}
	}
	size = MIN(rd->block_left, PIECE_MAX);
	if (size > rd->allowed) {
		rd->too_long = true;
		archive_set_error(tar, EFBIG, "too long");
		return -1;
	}
	*ret = rd->block;
	rd->block += size;
	rd->block_left -= size;
	rd->allowed -= size;
	return (la_ssize_t) size;
}

static int open_archives(struct reader *rd, const void *data, size_t size)
{
	const bool compressed =
		size >= strlen(ZSTD_MAGIC) && memcmp(data, ZSTD_MAGIC, strlen(ZSTD_MAGIC)) == 0;
	struct archive_entry *entry;

	rd->raw = archive_read_new();
	rd->tar = archive_read_new();
	if (!rd->raw || !rd->tar)
		return refuse(rd, -ENOMEM, "%s", strerror(ENOMEM));
	if (archive_read_append_filter(rd->raw,
		    compressed ? ARCHIVE_FILTER_ZSTD : ARCHIVE_FILTER_NONE) != ARCHIVE_OK ||
		archive_read_support_format_raw(rd->raw) != ARCHIVE_OK ||
		archive_read_open_memory(rd->raw, data, size) != ARCHIVE_OK ||
		archive_read_next_header(rd->raw, &entry) != ARCHIVE_OK)
		return refuse_archive(rd, rd->raw);
	rd->allowed = HEADER_MAX;
	if (archive_read_append_filter(rd->tar, ARCHIVE_FILTER_NONE) != ARCHIVE_OK ||
		archive_read_support_format_tar(rd->tar) != ARCHIVE_OK ||
		archive_read_open(rd->tar, rd, NULL, next_piece, NULL) != ARCHIVE_OK)
		return refuse_archive(rd, rd->tar);
	return 0;
}

/* --- its files --- */

static bool is_plain_file(struct archive_entry *entry)
{
	return archive_entry_filetype(entry) == AE_IFREG && !archive_entry_hardlink(entry) &&
	       !archive_entry_symlink(entry) && archive_entry_size_is_set(entry) &&
	       archive_entry_sparse_count(entry) == 0;
}

/* 1 and the next entry, 0 at the end. */
static int next_entry(struct reader *rd, struct archive_entry **ret, const char **ret_name)
{
	struct archive_entry *entry;
	int r;

	rd->allowed = HEADER_MAX;
	r = archive_read_next_header(rd->tar, &entry);
	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return refuse_archive(rd, rd->tar);
	*ret_name = archive_entry_pathname(entry);
	if (!*ret_name)
		return refuse(rd, -EBADMSG, "not a game pack: a file in it has no name");
	if (!is_plain_file(entry))
		return refuse(rd, -EBADMSG, "%.100s: not a plain file", *ret_name);
	*ret = entry;
	return 1;
}

static int read_data(struct reader *rd, const char *name, size_t size, uint8_t **ret)
{
	_cleanup_(freep) uint8_t *data = malloc(size + 1);
	size_t done = 0;

	if (!data)
		return refuse(rd, -ENOMEM, "%s", strerror(ENOMEM));
	rd->allowed = size + HEADER_MAX;
	while (done < size) {
		la_ssize_t n = archive_read_data(rd->tar, data + done, size - done);

		if (n < 0)
			return refuse_archive(rd, rd->tar);
		if (n == 0)
			return refuse(rd, -EBADMSG, "%.100s: cut off", name);
		done += (size_t) n;
	}
	data[size] = '\0';
	*ret = TAKE_PTR(data);
	return 0;
}

/* It comes first, so that everything else can be compared with it on the way. */
static int read_manifest(struct reader *rd)
{
	_cleanup_(freep) uint8_t *text = NULL;
	struct archive_entry *entry;
	const char *name;
	size_t size;
	int r = next_entry(rd, &entry, &name);

	if (r < 0)
		return r;
	if (r == 0 || strcmp(name, PACK_MANIFEST) != 0)
		return refuse(
			rd, -EBADMSG, "not a game pack: it does not begin with " PACK_MANIFEST);
	if (archive_entry_size(entry) > PACK_MANIFEST_MAX)
		return refuse(rd, -EFBIG, PACK_MANIFEST ": more than %d bytes", PACK_MANIFEST_MAX);
	size = (size_t) archive_entry_size(entry);
	r = read_data(rd, name, size, &text);
	if (r < 0)
		return r;
	r = pack_manifest_parse(rd->p, (const char *) text, size, rd->why, rd->why_size);
	return r == -ENOMEM ? refuse(rd, r, "%s", strerror(ENOMEM)) : r;
}

static int read_file(struct reader *rd, struct archive_entry *entry, const char *name)
{
	struct pack_file *f = pack_find(rd->p, name);
	uint8_t sum[PACK_SUM_SIZE];
	int r;

	if (!f)
		return refuse(rd, -EBADMSG, "%.100s: not in its list", name);
	if (f->data)
		return refuse(rd, -EBADMSG, "%.100s: there twice", name);
	if (archive_entry_size(entry) != (la_int64_t) f->size)
		return refuse(rd, -EBADMSG, "%.100s: not as long as its list tells", name);
	r = read_data(rd, f->name, f->size, &f->data);
	if (r < 0)
		return r;
	r = pack_sum(f, sum);
	if (r < 0)
		return refuse(rd, r, "%s: its checksum cannot be computed", f->name);
	if (memcmp(sum, f->sum, sizeof(sum)) != 0)
		return refuse(rd, -EBADMSG, "%s: not what it was, its checksum differs", f->name);
	return 0;
}

static bool is_zero(const uint8_t *data, size_t size)
{
	return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

/* Up to the end, where the compression has a checksum of its own. */
static int read_end(struct reader *rd)
{
	const void *piece;
	la_ssize_t n;

	rd->allowed = HEADER_MAX;
	while ((n = next_piece(rd->tar, rd, &piece)) > 0)
		if (!is_zero(piece, (size_t) n))
			return refuse(rd, -EBADMSG, "not a game pack: more follows its end");
	if (n < 0)
		return refuse_archive(rd, rd->tar);
	for (size_t i = 0; i < rd->p->n_files; i++)
		if (!rd->p->files[i].data)
			return refuse(rd, -EBADMSG, "%s: missing", rd->p->files[i].name);
	return 0;
}

static int read_files(struct reader *rd)
{
	struct archive_entry *entry;
	const char *name;
	int r;

	while ((r = next_entry(rd, &entry, &name)) > 0) {
		r = read_file(rd, entry, name);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : read_end(rd);
}

int pack_parse(struct pack **ret, const void *data, size_t size, char *why, size_t why_size)
{
	_cleanup_(pack_freep) struct pack *p = calloc(1, sizeof(*p));
	struct reader rd = { .p = p, .why = why, .why_size = why_size };
	int r;

	if (!p)
		return refuse(&rd, -ENOMEM, "%s", strerror(ENOMEM));
	r = open_archives(&rd, data, size);
	if (r == 0)
		r = read_manifest(&rd);
	if (r == 0)
		r = read_files(&rd);
	if (r == 0)
		r = pack_check(p, why, why_size);
	archive_read_freep(&rd.tar);
	archive_read_freep(&rd.raw);
	if (r == 0)
		*ret = TAKE_PTR(p);
	return r;
}

int pack_open(struct pack **ret, const char *path, char *why, size_t why_size)
{
	_cleanup_(freep) char *data = NULL;
	size_t size;
	int r = file_read(path, PACK_BYTES_MAX, &data, &size);

	if (r == -EFBIG)
		return pack_refuse(r, why, why_size, "larger than %d MiB", PACK_BYTES_MAX >> 20);
	if (r < 0)
		return pack_refuse(
			r, why, why_size, "%s", r == -EINVAL ? "not a file" : strerror(-r));
	return pack_parse(ret, data, size, why, why_size);
}
