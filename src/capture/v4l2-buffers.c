/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A buffer is with the driver, or at hand here, or out as a frame. A frame's release puts its
 * buffer back to the driver at once, from whichever thread let go of it last.
 *
 * The driver needs buffers to write into, so the last KEEP_QUEUED never go out: when consumers hold
 * that many, they get a copy from a few spare blocks of memory instead. A copy rather than a drop,
 * because the newest picture is worth more than a memcpy; when the spares are out as well, nobody
 * is looking at what they hold and the picture is dropped.
 *
 * When the source closes while frames are out, their pages are exchanged for a copy under their
 * readers' feet, so that nothing of ours holds the card any more: it can be opened anew at once,
 * and after an unplug its node is free for the card that comes back.
 */
#include "capture/v4l2-buffers.h"

#include <libv4l2.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "capture/source.h"
#include "capture/v4l2-map.h"
#include "common/usec.h"

/* Asked for; the driver may give another number. Besides those it keeps: SOURCE_WAITING come while
 * one is being encoded, one is kept to be shown again, one is looked at by the recogniser. */
#define BUFFERS 7
#define BUFFERS_MAX 32
#define BUFFERS_MIN 2
#define KEEP_QUEUED 2 /* one is being filled, one waits for its turn */
#define SPARES 4
#define DRAIN_MAX 64 /* buffers taken in one look, against a driver that never says EAGAIN */

enum where {
	WHERE_IDLE,
	WHERE_DRIVER,
	WHERE_OUT,
};

struct slot {
	struct frame frame; /* first: a frame is its slot */
	struct v4l2_buffers *owner;
	uint8_t *start;
	size_t length;
	size_t block[FRAME_PLANES]; /* where each of its blocks of memory begins */
	uint32_t index;
	bool spare;       /* memory of ours, not the card's */
	enum where where; /* protected by the owner's lock */
};

struct v4l2_buffers {
	/* set by start */
	int fd;
	struct v4l2_picture picture;
	bool converted;
	uint32_t n;
	struct slot slots[BUFFERS_MAX];
	struct slot spares[SPARES];
	pthread_mutex_t lock;
	/* the taking thread only */
	bool streaming;
	bool any; /* the two below hold something */
	uint32_t last_sequence;
	uint64_t last_usec;
	struct frame *waiting[SOURCE_WAITING]; /* handed over later, oldest first */
	int n_waiting;
	/* protected by lock */
	uint32_t queued; /* slots with the driver */
	uint32_t refs;   /* the opener and every frame that is out */
	bool stopped;    /* fd must not be used any more */
};

static void destroy(struct v4l2_buffers *b)
{
	for (uint32_t i = 0; i < b->n; i++)
		if (b->slots[i].start)
			(void) v4l2_munmap(b->slots[i].start, b->slots[i].length);
	for (int i = 0; i < SPARES; i++)
		free(b->spares[i].start);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static void unref(struct v4l2_buffers *b)
{
	bool last;

	pthread_mutex_lock(&b->lock);
	last = --b->refs == 0;
	pthread_mutex_unlock(&b->lock);
	if (last)
		destroy(b);
}

/* Gives a buffer to the driver. With the lock held, so that the descriptor stays what it is. */
static int queue(struct v4l2_buffers *b, struct slot *s)
{
	struct v4l2_one one;
	int r;

	s->where = WHERE_IDLE;
	if (b->stopped)
		return 0;
	v4l2_one_init(&one, &b->picture, s->index);
	r = v4l2_call(b->fd, VIDIOC_QBUF, &one.buf);
	if (r < 0)
		return r;
	s->where = WHERE_DRIVER;
	b->queued++;
	return 0;
}

static int give_back(struct v4l2_buffers *b, struct slot *s)
{
	int r;

	pthread_mutex_lock(&b->lock);
	r = queue(b, s);
	pthread_mutex_unlock(&b->lock);
	return r;
}

static void slot_release(struct frame *f)
{
	struct slot *s = (struct slot *) f;
	struct v4l2_buffers *b = s->owner;

	pthread_mutex_lock(&b->lock);
	if (s->spare)
		s->where = WHERE_IDLE;
	else
		(void) queue(b, s); /* stays idle on failure; take() tries again */
	pthread_mutex_unlock(&b->lock);
	unref(b);
}

/* A plane begins where the driver says, and that may be another place in each buffer. */
static void place_plane(const struct v4l2_picture *p, struct slot *s, int block, size_t begin)
{
	for (int i = 0; i < p->layout.planes; i++)
		if (p->layout.blocks <= 1 || i == block)
			s->frame.data[i] = s->start + s->block[block] + begin + p->layout.offset[i];
}

static void fill_frame(struct v4l2_buffers *b, struct slot *s)
{
	const struct v4l2_picture *p = &b->picture;
	struct frame *f = &s->frame;

	f->pixel = p->pixel;
	f->width = p->width;
	f->height = p->height;
	f->full_range = p->full_range;
	f->bt709 = p->bt709;
	for (int i = 0; i < p->layout.planes; i++)
		f->stride[i] = p->layout.stride[i];
	for (int i = 0; i < MAX(p->layout.blocks, 1); i++)
		place_plane(p, s, i, 0);
	f->release = slot_release;
	s->owner = b;
}

static int map_slot(struct v4l2_buffers *b, uint32_t index)
{
	struct slot *s = &b->slots[index];
	struct v4l2_one one;
	int r;

	v4l2_one_init(&one, &b->picture, index);
	r = v4l2_call(b->fd, VIDIOC_QUERYBUF, &one.buf);
	if (r >= 0)
		r = v4l2_one_map(&one, &b->picture, b->fd, &s->start, &s->length, s->block);
	if (r < 0)
		return r;
	s->index = index;
	fill_frame(b, s);
	return give_back(b, s);
}

static int start(struct v4l2_buffers *b, const char **ret_where)
{
	struct v4l2_requestbuffers req = { .count = BUFFERS,
		.type = v4l2_type(b->picture.multiplanar),
		.memory = V4L2_MEMORY_MMAP };
	int type = (int) req.type, r;

	*ret_where = "REQBUFS";
	r = v4l2_call(b->fd, VIDIOC_REQBUFS, &req);
	if (r < 0)
		return r;
	if (req.count < BUFFERS_MIN)
		return -ENOMEM;
	b->n = MIN(req.count, BUFFERS_MAX);
	*ret_where = "buffer";
	for (uint32_t i = 0; i < b->n; i++) {
		r = map_slot(b, i);
		if (r < 0)
			return r;
	}
	*ret_where = "STREAMON";
	b->streaming = true;
	return v4l2_call(b->fd, VIDIOC_STREAMON, &type);
}

int v4l2_buffers_start(struct v4l2_buffers **ret, int fd, const struct v4l2_picture *picture,
	bool converted, const char **ret_where)
{
	_cleanup_(v4l2_buffers_stopp) struct v4l2_buffers *b = calloc(1, sizeof(*b));
	int r;

	if (!b) {
		(void) v4l2_close(fd);
		return -ENOMEM;
	}
	b->fd = fd;
	b->picture = *picture;
	b->converted = converted;
	b->refs = 1;
	pthread_mutex_init(&b->lock, NULL);
	r = start(b, ret_where);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(b);
	return 0;
}

/* Puts a copy in the place of the card's memory, at the same address. The kernel does the exchange
 * in one step: whoever reads meanwhile sees the picture, before and after. Without memory for it
 * the mapping stays, and keeps the card's node alive until the frame comes back. */
static void detach_slot(struct slot *s)
{
	size_t page = (size_t) sysconf(_SC_PAGESIZE), size = (s->length + page - 1) / page * page;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	memcpy(p, s->start, s->length);
	if (mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, s->start) == MAP_FAILED)
		(void) munmap(p, size);
}

static void let_go(struct v4l2_buffers *b)
{
	pthread_mutex_lock(&b->lock);
	for (uint32_t i = 0; i < b->n; i++) {
		struct slot *s = &b->slots[i];

		if (!s->start)
			continue;
		if (s->where == WHERE_OUT) {
			detach_slot(s);
		} else {
			(void) v4l2_munmap(s->start, s->length);
			s->start = NULL;
		}
	}
	pthread_mutex_unlock(&b->lock);
}

struct v4l2_buffers *v4l2_buffers_stop(struct v4l2_buffers *b)
{
	struct v4l2_requestbuffers none = { .memory = V4L2_MEMORY_MMAP };
	int type;

	if (!b)
		return NULL;
	none.type = v4l2_type(b->picture.multiplanar);
	type = (int) none.type;
	while (b->n_waiting > 0)
		frame_unref(b->waiting[--b->n_waiting]);
	pthread_mutex_lock(&b->lock);
	b->stopped = true;
	pthread_mutex_unlock(&b->lock);
	if (b->streaming)
		(void) v4l2_call(b->fd, VIDIOC_STREAMOFF, &type);
	let_go(b);
	(void) v4l2_call(b->fd, VIDIOC_REQBUFS, &none);
	(void) v4l2_close(b->fd);
	unref(b);
	return NULL;
}

/* Buffers whose release could not queue them get another try; with none at the driver, waiting
 * would be for ever. */
static int queue_idle(struct v4l2_buffers *b)
{
	int r = 0;

	pthread_mutex_lock(&b->lock);
	for (uint32_t i = 0; i < b->n; i++) {
		int q = b->slots[i].where == WHERE_IDLE ? queue(b, &b->slots[i]) : 0;

		if (q < 0)
			r = q;
	}
	if (b->queued > 0 && r != -ENODEV)
		r = 0;
	pthread_mutex_unlock(&b->lock);
	return r;
}

/* Without the lock during STREAMOFF, which may take seconds: those who release must not wait. */
static int stream_off(struct v4l2_buffers *b)
{
	int type = (int) v4l2_type(b->picture.multiplanar), r;

	pthread_mutex_lock(&b->lock);
	b->stopped = true;
	pthread_mutex_unlock(&b->lock);
	r = v4l2_call(b->fd, VIDIOC_STREAMOFF, &type);
	pthread_mutex_lock(&b->lock);
	for (uint32_t i = 0; i < b->n; i++)
		if (b->slots[i].where == WHERE_DRIVER)
			b->slots[i].where = WHERE_IDLE;
	b->queued = 0;
	b->stopped = false;
	pthread_mutex_unlock(&b->lock);
	return r;
}

int v4l2_buffers_restart(struct v4l2_buffers *b, const char **ret_where)
{
	int type = (int) v4l2_type(b->picture.multiplanar), r;

	while (b->n_waiting > 0)
		frame_unref(b->waiting[--b->n_waiting]);
	b->any = false;
	*ret_where = "STREAMOFF";
	r = stream_off(b);
	if (r < 0)
		return r;
	*ret_where = "QBUF";
	r = queue_idle(b);
	if (r < 0)
		return r;
	*ret_where = "STREAMON";
	return v4l2_call(b->fd, VIDIOC_STREAMON, &type);
}

static int dequeue(struct v4l2_buffers *b, struct v4l2_one *ret)
{
	int r;

	v4l2_one_init(ret, &b->picture, 0);
	r = v4l2_call(b->fd, VIDIOC_DQBUF, &ret->buf);
	if (r < 0)
		return r;
	if (ret->buf.index >= b->n)
		return -EIO;
	pthread_mutex_lock(&b->lock);
	if (b->slots[ret->buf.index].where == WHERE_DRIVER)
		b->queued--;
	b->slots[ret->buf.index].where = WHERE_IDLE;
	pthread_mutex_unlock(&b->lock);
	return 0;
}

/* Only the picture itself tells how many bytes it takes. */
static bool is_compressed(const struct v4l2_picture *p)
{
	return p->pixel == PIXEL_MJPEG || p->pixel == PIXEL_H264;
}

/* Is there a whole picture in it, and where? */
static bool find_picture(struct v4l2_buffers *b, const struct v4l2_one *one)
{
	struct slot *s = &b->slots[one->buf.index];
	const struct v4l2_picture *p = &b->picture;
	size_t begin, size;

	for (int i = 0; i < MAX(p->layout.blocks, 1); i++) {
		if (!v4l2_one_used(one, p, i, &begin, &size) || begin + size > s->length)
			return false;
		place_plane(p, s, i, begin);
		if (size < p->layout.block_size[i])
			return false;
	}
	if (!is_compressed(p))
		return true;
	s->frame.size = p->pixel == PIXEL_MJPEG ? v4l2_jpeg_size(s->frame.data[0], size) : size;
	return s->frame.size > 0;
}

/* Fills the frame of a buffer just dequeued; false when its picture is broken. */
static bool stamp(struct v4l2_buffers *b, const struct v4l2_one *one, struct v4l2_taken *t)
{
	const struct v4l2_buffer *buf = &one->buf;
	struct slot *s = &b->slots[buf->index];
	struct frame *f = &s->frame;
	uint32_t lost = 0;

	f->dequeue_usec = usec_now();
	f->capture_usec = v4l2_capture_time(
		buf->flags, &buf->timestamp, f->dequeue_usec, b->any ? b->last_usec : 0);
	f->sequence = buf->sequence;
	if (b->any)
		lost = v4l2_lost(buf->sequence, b->last_sequence, f->capture_usec - b->last_usec,
			v4l2_millirate(&b->picture.interval));
	t->dropped += lost;
	t->lost += lost;
	b->any = true;
	b->last_usec = f->capture_usec;
	b->last_sequence = buf->sequence;
	return !(buf->flags & V4L2_BUF_FLAG_ERROR) && find_picture(b, one);
}

/* A spare with the picture of s in it; NULL when all are out or there is no memory. */
static struct slot *copy_slot(struct v4l2_buffers *b, const struct slot *s)
{
	bool compressed = is_compressed(&b->picture);
	const uint8_t *from = compressed ? s->frame.data[0] : s->start;
	size_t size = compressed               ? s->frame.size
		      : b->picture.multiplanar ? s->length
					       : b->picture.layout.size;
	struct slot *spare = NULL;

	pthread_mutex_lock(&b->lock);
	for (int i = 0; i < SPARES && !spare; i++)
		if (b->spares[i].where == WHERE_IDLE)
			spare = &b->spares[i];
	pthread_mutex_unlock(&b->lock);
	if (!spare)
		return NULL;
	if (!spare->start) {
		spare->start = malloc(s->length);
		if (!spare->start)
			return NULL;
		spare->length = s->length;
		spare->spare = true;
		fill_frame(b, spare);
	}
	if (spare->length < size)
		return NULL;
	memcpy(spare->start, from, size);
	for (int i = 0; i < b->picture.layout.planes; i++)
		spare->frame.data[i] = spare->start + (s->frame.data[i] - from);
	spare->frame.size = s->frame.size;
	spare->frame.capture_usec = s->frame.capture_usec;
	spare->frame.dequeue_usec = s->frame.dequeue_usec;
	spare->frame.sequence = s->frame.sequence;
	return spare;
}

/* Hands a good picture on, as it is or as a copy; NULL: it had to be dropped. */
static struct frame *hand_on(struct v4l2_buffers *b, struct slot *s, struct v4l2_taken *t)
{
	struct slot *out = s;
	bool copy;

	pthread_mutex_lock(&b->lock);
	copy = b->converted || b->queued < KEEP_QUEUED;
	pthread_mutex_unlock(&b->lock);
	if (copy)
		out = copy_slot(b, s);
	if (copy)
		(void) give_back(b, s);
	if (!out) {
		t->dropped++;
		return NULL;
	}
	t->copied += copy && !b->converted;
	pthread_mutex_lock(&b->lock);
	out->where = WHERE_OUT;
	b->refs++;
	pthread_mutex_unlock(&b->lock);
	atomic_store(&out->frame.refs, 1);
	return &out->frame;
}

static struct frame *pop_waiting(struct v4l2_buffers *b)
{
	struct frame *f;

	if (b->n_waiting == 0)
		return NULL;
	f = b->waiting[0];
	b->n_waiting--;
	memmove(&b->waiting[0], &b->waiting[1], (size_t) b->n_waiting * sizeof(b->waiting[0]));
	return f;
}

static void push_waiting(struct v4l2_buffers *b, struct slot *s, struct v4l2_taken *t)
{
	struct frame *f;

	if (b->n_waiting == SOURCE_WAITING) {
		t->dropped++;
		frame_unref(pop_waiting(b));
	}
	f = hand_on(b, s, t);
	if (f)
		b->waiting[b->n_waiting++] = f;
}

/* Takes what there is, the newest ones into kept, oldest first. Returns how many, and with what it
 * ended. */
static int drain(struct v4l2_buffers *b, struct slot *kept[SOURCE_WAITING], struct v4l2_taken *t,
	int *ret_error)
{
	/* libv4l2 converts what it dequeues: too costly for pictures that are then skipped. */
	bool single = b->converted || b->picture.pixel == PIXEL_H264;
	int most = single ? 1 : DRAIN_MAX, r = queue_idle(b), n = 0;
	struct v4l2_one one;

	for (int i = 0; r == 0 && i < most; i++) {
		r = dequeue(b, &one);
		if (r < 0)
			break;
		t->any = true;
		if (!stamp(b, &one, t)) {
			t->errors++;
			(void) give_back(b, &b->slots[one.buf.index]);
			continue;
		}
		if (n == SOURCE_WAITING) {
			t->dropped++;
			(void) give_back(b, kept[0]);
			memmove(&kept[0], &kept[1], (SOURCE_WAITING - 1) * sizeof(kept[0]));
			n--;
		}
		kept[n++] = &b->slots[one.buf.index];
	}
	*ret_error = r;
	return n;
}

int v4l2_buffers_take(struct v4l2_buffers *b, struct v4l2_taken *ret)
{
	struct slot *kept[SOURCE_WAITING];
	struct v4l2_taken t = { 0 };
	int r, n = drain(b, kept, &t, &r);

	for (int i = 0; i < n; i++)
		push_waiting(b, kept[i], &t);
	/* A picture in hand comes first; the fault will still be there next time. */
	t.frame = pop_waiting(b);
	*ret = t;
	return t.frame || n > 0 || r == -EAGAIN ? 0 : r;
}
