/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/v4l2-map.h"

#include <libv4l2.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/usec.h"

void v4l2_one_init(struct v4l2_one *o, const struct v4l2_picture *p, uint32_t index)
{
	memset(o, 0, sizeof(*o));
	o->buf.type = v4l2_type(p->multiplanar);
	o->buf.memory = V4L2_MEMORY_MMAP;
	o->buf.index = index;
	if (p->multiplanar) {
		o->buf.m.planes = o->planes;
		o->buf.length = VIDEO_MAX_PLANES;
	}
}

static int map_single(const struct v4l2_one *o, const struct v4l2_picture *p, int fd,
	uint8_t **ret_start, size_t *ret_length)
{
	void *at;

	if (o->buf.length < MAX(p->layout.size, 4))
		return -EOVERFLOW;
	/* Some drivers want their buffers mapped both ways. */
	at = v4l2_mmap(
		NULL, o->buf.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, o->buf.m.offset);
	if (at == MAP_FAILED)
		return -errno;
	*ret_start = at;
	*ret_length = o->buf.length;
	return 0;
}

static size_t whole_pages(size_t size)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/* Into a range that has been reserved for all of them. */
static int map_blocks(const struct v4l2_one *o, int n, int fd, uint8_t *start,
	const size_t offset[static FRAME_PLANES])
{
	for (int i = 0; i < n; i++) {
		void *at = v4l2_mmap(start + offset[i], o->planes[i].length, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_FIXED, fd, o->planes[i].m.mem_offset);

		if (at == MAP_FAILED)
			return -errno;
	}
	return 0;
}

int v4l2_one_map(const struct v4l2_one *o, const struct v4l2_picture *p, int fd,
	uint8_t **ret_start, size_t *ret_length, size_t ret_offset[static FRAME_PLANES])
{
	size_t length = 0, offset[FRAME_PLANES] = { 0 };
	int n = MAX(p->layout.blocks, 1), r;
	void *start;

	if (!p->multiplanar) {
		memset(ret_offset, 0, sizeof(offset));
		return map_single(o, p, fd, ret_start, ret_length);
	}
	if (o->buf.length < (uint32_t) n)
		return -EOVERFLOW;
	for (int i = 0; i < n; i++) {
		if (o->planes[i].length < MAX(p->layout.block_size[i], 4))
			return -EOVERFLOW;
		offset[i] = length;
		length += whole_pages(o->planes[i].length);
	}
	start = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return -errno;
	r = map_blocks(o, n, fd, start, offset);
	if (r < 0) {
		(void) v4l2_munmap(start, length);
		return r;
	}
	*ret_start = start;
	*ret_length = length;
	memcpy(ret_offset, offset, sizeof(offset));
	return 0;
}

bool v4l2_one_used(const struct v4l2_one *o, const struct v4l2_picture *p, int block,
	size_t *ret_begin, size_t *ret_size)
{
	const struct v4l2_plane *plane = &o->planes[block];
	size_t begin = p->multiplanar ? plane->data_offset : 0;
	size_t used = p->multiplanar ? plane->bytesused : o->buf.bytesused;

	if (begin > used || (p->multiplanar && used > plane->length))
		return false;
	*ret_begin = begin;
	*ret_size = used - begin;
	return true;
}
