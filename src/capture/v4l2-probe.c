/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drivers differ in how much of this they answer: HDMI receivers list no sizes (the timings fix
 * them), some list no rates, some refuse S_PARM. What is not said stays open, and what S_FMT
 * answers counts.
 */
#include "capture/v4l2-probe.h"

#include <libv4l2.h>
#include <string.h>
#include <sys/ioctl.h>

#include "capture/v4l2-map.h"

#define FORMATS_MAX 64
#define SIZES_MAX 128    /* of one format */
#define INTERVALS_MAX 64 /* of one size */
#define MODES_MAX 2048

int v4l2_call(int fd, unsigned long request, void *arg)
{
	int r;

	do {
		r = v4l2_ioctl(fd, request, arg);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* Of the node, not of the whole card. */
static uint32_t node_caps(const struct v4l2_capability *cap)
{
	return cap->capabilities & V4L2_CAP_DEVICE_CAPS ? cap->device_caps : cap->capabilities;
}

bool v4l2_only_multiplanar(const struct v4l2_capability *cap)
{
	return !(node_caps(cap) & V4L2_CAP_VIDEO_CAPTURE);
}

int v4l2_node_kind(int fd, struct v4l2_capability *ret_cap, enum v4l2_kind *ret)
{
	struct v4l2_capability cap = { 0 };
	uint32_t caps;

	if (ioctl(fd, VIDIOC_QUERYCAP, &cap) < 0)
		return -errno;
	caps = node_caps(&cap);
	if (caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE))
		*ret = V4L2_KIND_OTHER;
	else if (caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE))
		*ret = V4L2_KIND_CAPTURE;
	else if (caps & (V4L2_CAP_META_CAPTURE | V4L2_CAP_META_OUTPUT | V4L2_CAP_VBI_CAPTURE))
		*ret = V4L2_KIND_METADATA;
	else if (caps & (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE))
		*ret = V4L2_KIND_OUTPUT;
	else
		*ret = V4L2_KIND_OTHER;
	if (ret_cap)
		*ret_cap = cap;
	return 0;
}

static int add_mode(struct v4l2_modes *m, const struct v4l2_mode *mode)
{
	if (m->n == MODES_MAX)
		return 0;
	if (m->n % 64 == 0) {
		void *p = realloc(m->list, (m->n + 64) * sizeof(*m->list));

		if (!p)
			return -ENOMEM;
		m->list = p;
	}
	m->list[m->n++] = *mode;
	return 0;
}

static int add_intervals(int fd, struct v4l2_modes *m, struct v4l2_mode mode)
{
	for (uint32_t i = 0; i < INTERVALS_MAX; i++) {
		struct v4l2_frmivalenum e = { .index = i,
			.pixel_format = mode.fourcc,
			.width = (uint32_t) mode.width,
			.height = (uint32_t) mode.height };
		int r = v4l2_call(fd, VIDIOC_ENUM_FRAMEINTERVALS, &e);

		if (r < 0 && i > 0)
			return 0;
		if (r == 0 && e.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
			mode.fastest = mode.slowest = e.discrete;
		} else if (r == 0) {
			mode.fastest = e.stepwise.min;
			mode.slowest = e.stepwise.max;
		}
		if (add_mode(m, &mode) < 0)
			return -ENOMEM;
		if (r < 0 || e.type != V4L2_FRMIVAL_TYPE_DISCRETE)
			return 0;
	}
	return 0;
}

static int add_sizes(
	int fd, struct v4l2_modes *m, struct v4l2_mode mode, const struct video_want *want)
{
	for (uint32_t i = 0; i < SIZES_MAX; i++) {
		struct v4l2_frmsizeenum e = { .index = i, .pixel_format = mode.fourcc };
		bool discrete;

		if (v4l2_call(fd, VIDIOC_ENUM_FRAMESIZES, &e) < 0)
			return i == 0 ? add_mode(m, &mode) : 0;
		discrete = e.type == V4L2_FRMSIZE_TYPE_DISCRETE;
		if (discrete) {
			mode.width = (int) MIN(e.discrete.width, (uint32_t) INT16_MAX);
			mode.height = (int) MIN(e.discrete.height, (uint32_t) INT16_MAX);
		} else {
			v4l2_size_snap(
				&e.stepwise, want->width, want->height, &mode.width, &mode.height);
		}
		if (mode.width < 2 || mode.height < 2 || mode.width > FRAME_SIDE_MAX ||
			mode.height > FRAME_SIDE_MAX)
			continue;
		if (add_intervals(fd, m, mode) < 0)
			return -ENOMEM;
		if (!discrete)
			return 0;
	}
	return 0;
}

int v4l2_enumerate(int fd, bool multiplanar, const struct video_want *want, struct v4l2_modes *ret,
	char *natives, size_t size)
{
	struct v4l2_modes m = { 0 };
	size_t used = 0;

	natives[0] = '\0';
	for (uint32_t i = 0; i < FORMATS_MAX; i++) {
		struct v4l2_fmtdesc e = { .index = i, .type = v4l2_type(multiplanar) };
		struct v4l2_mode mode = { 0 };
		char name[5];

		if (v4l2_call(fd, VIDIOC_ENUM_FMT, &e) < 0)
			break;
		if (used + sizeof(name) < size)
			used += (size_t) snprintf(natives + used, size - used, " %s",
				v4l2_fourcc_name(e.pixelformat, name));
		mode.fourcc = e.pixelformat;
		if (!v4l2_pixel_from_fourcc(e.pixelformat, &mode.pixel) ||
			(!multiplanar && v4l2_fourcc_blocks(e.pixelformat) > 1))
			continue;
		if (add_sizes(fd, &m, mode, want) < 0) {
			free(m.list);
			return -ENOMEM;
		}
	}
	*ret = m;
	return 0;
}

/* HDMI receivers have no frame rate of their own but that of the timings. */
static struct v4l2_fract timings_interval(int fd)
{
	struct v4l2_dv_timings t = { 0 };
	uint64_t total;

	if (v4l2_call(fd, VIDIOC_G_DV_TIMINGS, &t) < 0 || t.type != V4L2_DV_BT_656_1120 ||
		t.bt.pixelclock == 0)
		return (struct v4l2_fract){ 0 };
	total = (uint64_t) V4L2_DV_BT_FRAME_WIDTH(&t.bt) * V4L2_DV_BT_FRAME_HEIGHT(&t.bt);
	/* In thousandths, which tells 59.94 from 60 and keeps within 32 bits. */
	return (struct v4l2_fract){ 1000, (uint32_t) (t.bt.pixelclock * 1000 / MAX(total, 1)) };
}

static struct v4l2_fract current_interval(int fd, bool multiplanar)
{
	struct v4l2_streamparm p = { .type = v4l2_type(multiplanar) };
	const struct v4l2_fract *f = &p.parm.capture.timeperframe;

	if (v4l2_call(fd, VIDIOC_G_PARM, &p) == 0 && f->numerator != 0 && f->denominator != 0)
		return *f;
	return timings_interval(fd);
}

void v4l2_current(int fd, bool multiplanar, struct video_want *ret)
{
	struct v4l2_format f = { .type = v4l2_type(multiplanar) };
	struct v4l2_fract interval = current_interval(fd, multiplanar);

	memset(ret, 0, sizeof(*ret));
	if (v4l2_call(fd, VIDIOC_G_FMT, &f) == 0) {
		/* Of both kinds these stand first. */
		ret->width = (int) MIN(f.fmt.pix.width, (uint32_t) FRAME_SIDE_MAX);
		ret->height = (int) MIN(f.fmt.pix.height, (uint32_t) FRAME_SIDE_MAX);
	}
	if (interval.numerator <= INT32_MAX && interval.denominator <= INT32_MAX) {
		ret->rate_num = (int) interval.denominator;
		ret->rate_den = (int) interval.numerator;
	}
}

static void set_interval(int fd, bool multiplanar, const struct v4l2_fract *interval)
{
	struct v4l2_streamparm p = { .type = v4l2_type(multiplanar) };

	if (interval->numerator == 0)
		return;
	p.parm.capture.timeperframe = *interval;
	(void) v4l2_call(fd, VIDIOC_S_PARM, &p); /* what came of it is asked for afterwards */
}

/* Sets the format and says what came of it in the form of single-planar devices; strides are those
 * of each block of memory. */
static int set_format(int fd, const struct v4l2_choice *choice, struct v4l2_pix_format *ret,
	uint32_t strides[static FRAME_PLANES])
{
	struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE };
	struct v4l2_pix_format *pix = &f.fmt.pix;
	int r;

	(void) v4l2_call(fd, VIDIOC_G_FMT, &f); /* the size, where nobody says one */
	pix->pixelformat = choice->fourcc;
	if (choice->width > 0) {
		pix->width = (uint32_t) choice->width;
		pix->height = (uint32_t) choice->height;
	}
	pix->field = V4L2_FIELD_NONE;
	pix->bytesperline = pix->sizeimage = 0;
	r = v4l2_call(fd, VIDIOC_S_FMT, &f);
	strides[0] = pix->bytesperline;
	*ret = *pix;
	return r;
}

static int set_format_multiplanar(int fd, const struct v4l2_choice *choice,
	struct v4l2_pix_format *ret, uint32_t strides[static FRAME_PLANES])
{
	struct v4l2_format f = { .type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE };
	struct v4l2_pix_format_mplane *pix = &f.fmt.pix_mp;
	int r;

	(void) v4l2_call(fd, VIDIOC_G_FMT, &f);
	pix->pixelformat = choice->fourcc;
	if (choice->width > 0) {
		pix->width = (uint32_t) choice->width;
		pix->height = (uint32_t) choice->height;
	}
	pix->field = V4L2_FIELD_NONE;
	pix->num_planes = (uint8_t) v4l2_fourcc_blocks(choice->fourcc);
	memset(pix->plane_fmt, 0, sizeof(pix->plane_fmt));
	r = v4l2_call(fd, VIDIOC_S_FMT, &f);
	if (r == 0 && pix->num_planes != v4l2_fourcc_blocks(pix->pixelformat))
		r = -ENOTSUP;
	for (int i = 0; i < FRAME_PLANES; i++)
		strides[i] = pix->plane_fmt[i].bytesperline;
	*ret = (struct v4l2_pix_format){
		.width = pix->width,
		.height = pix->height,
		.pixelformat = pix->pixelformat,
		.colorspace = pix->colorspace,
		.ycbcr_enc = pix->ycbcr_enc,
		.quantization = pix->quantization,
	};
	return r;
}

int v4l2_apply(int fd, bool multiplanar, const struct v4l2_choice *choice, struct v4l2_picture *ret)
{
	struct v4l2_picture p = { .multiplanar = multiplanar };
	uint32_t strides[FRAME_PLANES] = { 0 };
	struct v4l2_pix_format pix;
	int r = multiplanar ? set_format_multiplanar(fd, choice, &pix, strides)
			    : set_format(fd, choice, &pix, strides);

	if (r < 0)
		return r;
	if (!v4l2_pixel_from_fourcc(pix.pixelformat, &p.pixel))
		return -ENOTSUP;
	if (pix.width > FRAME_SIDE_MAX || pix.height > FRAME_SIDE_MAX)
		return -ENOTSUP;
	set_interval(fd, multiplanar, &choice->interval);
	p.fourcc = pix.pixelformat;
	p.width = (int) pix.width;
	p.height = (int) pix.height;
	p.interval = current_interval(fd, multiplanar);
	v4l2_colour(&pix, p.pixel, &p.full_range, &p.bt709);
	if (v4l2_fourcc_blocks(p.fourcc) > 1)
		r = v4l2_layout_split(p.pixel, p.width, p.height, strides, &p.layout);
	else
		r = v4l2_layout_make(p.pixel, p.width, p.height, strides[0], &p.layout);
	if (r < 0)
		return r;
	*ret = p;
	return 0;
}
