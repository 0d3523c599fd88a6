/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/snapshot.h"

#include <string.h>

#include "common/usec.h"
#include "streamer/peer-file.h"

#define PICTURE_USEC (1500 * USEC_PER_MSEC) /* a live card has brought one long before */
#define WRITE_USEC (5 * USEC_PER_SEC)
#define LEARN_QUANTISER 2

struct picture {
	struct jpeg jpeg;
	struct snapshot shot;
};

static void picture_deinit(struct picture *p)
{
	free(p->jpeg.data);
}

/* The card has its picture back before anything is written. */
static int take(struct stills *stills, struct stage *stage, int width, int height, int quantiser,
	struct picture *ret, struct fault *f)
{
	_cleanup_(frame_unrefp) struct frame *frame = NULL;
	int r = stills_take(stills, stage, usec_now() + PICTURE_USEC, &frame);

	if (r == -EBUSY)
		return fault_set(f, FAULT_BUSY, "Others wait for a picture already.");
	if (r < 0)
		return fault_set(f, FAULT_NO_PICTURE, "No live picture comes.");
	r = jpeg_make(frame, width, height, quantiser, &ret->jpeg);
	if (r == -EBADMSG)
		return fault_set(f, FAULT_NO_PICTURE, "The picture is broken.");
	if (r < 0)
		return fault_set(
			f, FAULT_IO, "The picture cannot be made a JPEG: %s.", strerror(-r));
	ret->shot = (struct snapshot){ .width = ret->jpeg.width,
		.height = ret->jpeg.height,
		.capture_realtime = usec_to_realtime(frame->capture_usec) };
	return 0;
}

int snapshot_make(struct stills *stills, struct stage *stage, int width, int height, int quality,
	uint8_t **ret_jpeg, size_t *ret_size, struct snapshot *ret, struct fault *f)
{
	struct picture p = { 0 };
	int r = take(stills, stage, width, height, jpeg_quantiser_of(quality), &p, f);

	if (r < 0)
		return r;
	*ret_jpeg = p.jpeg.data;
	*ret_size = p.jpeg.size;
	*ret = p.shot;
	return 0;
}

int snapshot_write(struct stills *stills, struct stage *stage, int fd, int quality,
	struct snapshot *ret, struct fault *f)
{
	_cleanup_(picture_deinit) struct picture p = { 0 };
	int r = take(stills, stage, 0, 0, jpeg_quantiser_of(quality), &p, f);

	if (r < 0)
		return r;
	r = peer_file_write(fd, p.jpeg.data, p.jpeg.size, stage, usec_now() + WRITE_USEC);
	if (r == -ETIMEDOUT)
		return fault_set(f, FAULT_IO, "Nobody reads what is written.");
	if (r == -ENOTSUP)
		return fault_set(f, FAULT_IO, "That is neither a file nor a pipe nor a socket.");
	if (r < 0)
		return fault_set(f, FAULT_IO, "The picture cannot be written: %s.", strerror(-r));
	*ret = p.shot;
	return 0;
}

int snapshot_learn(struct stills *stills, struct stage *stage, const char *folder,
	const char *state, char name[REFERENCE_NAME_MAX], struct fault *f)
{
	_cleanup_(picture_deinit) struct picture p = { 0 };
	int r = take(stills, stage, 0, 0, LEARN_QUANTISER, &p, f);

	return r < 0 ? r
		     : reference_files_add(folder, state, p.shot.capture_realtime, ".jpg",
			       p.jpeg.data, p.jpeg.size, name, f);
}
