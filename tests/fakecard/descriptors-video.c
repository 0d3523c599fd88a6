/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video function: an input and one stream with a bulk endpoint, Video Class 1.0. What
 * the fields mean stands in its chapters 3.7 and 3.9; H.264 is a frame-based format of 1.1, which
 * hosts take in whatever version it comes.
 */
#include "descriptors-writer.h"

#include <linux/usb/video.h>

/* Grabbers call themselves cameras: the kernel follows no chain that begins at a connector. */
#define TERMINAL_CAMERA 0x0201
#define CAMERA_CONTROLS 0x2a /* automatic and absolute exposure, absolute focus */
#define VIDEO_VERSION 0x0100
#define VIDEO_CLOCK_HZ 6000000

enum {
	UNIT_VIDEO_INPUT = 1,
	UNIT_VIDEO_OUTPUT,
};

const struct card_size card_sizes[CARD_SIZES] = { { 320, 240 }, { 640, 480 }, { 1280, 720 } };
const uint32_t card_intervals[CARD_INTERVALS] = { 333333, 666666, 1000000, 2000000 };

DECLARE_UVC_HEADER_DESCRIPTOR(1);
DECLARE_UVC_INPUT_HEADER_DESCRIPTOR(1, 3);
DECLARE_UVC_FRAME_MJPEG(4);
_Static_assert(CARD_INTERVALS == 4, "which is the number in a frame's descriptor");

/* Of version 1.1, whose fields the kernel's header does not have. */
struct format_frame_based {
	uint8_t bLength, bDescriptorType, bDescriptorSubType, bFormatIndex, bNumFrameDescriptors;
	uint8_t guidFormat[16];
	uint8_t bBitsPerPixel, bDefaultFrameIndex, bAspectRatioX, bAspectRatioY;
	uint8_t bmInterlaceFlags, bCopyProtect, bVariableSize;
} __attribute__((packed));

struct frame_frame_based {
	uint8_t bLength, bDescriptorType, bDescriptorSubType, bFrameIndex, bmCapabilities;
	uint16_t wWidth, wHeight;
	uint32_t dwMinBitRate, dwMaxBitRate, dwDefaultFrameInterval;
	uint8_t bFrameIntervalType;
	uint32_t dwBytesPerLine;
	uint32_t dwFrameInterval[CARD_INTERVALS];
} __attribute__((packed));

static void append_video_control(struct descriptors_writer *w, const struct card *card)
{
	struct uvc_camera_terminal_descriptor input = {
		.bLength = sizeof(input),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VC_INPUT_TERMINAL,
		.bTerminalID = UNIT_VIDEO_INPUT,
		.wTerminalType = htole16(TERMINAL_CAMERA),
		.bControlSize = 3,
		.bmControls = { card->camera ? CAMERA_CONTROLS : 0 },
	};
	struct uvc_output_terminal_descriptor output = {
		.bLength = sizeof(output),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VC_OUTPUT_TERMINAL,
		.bTerminalID = UNIT_VIDEO_OUTPUT,
		.wTerminalType = htole16(TERMINAL_USB_STREAM),
		.bSourceID = UNIT_VIDEO_INPUT,
	};
	struct UVC_HEADER_DESCRIPTOR(1) header = {
		.bLength = sizeof(header),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VC_HEADER,
		.bcdUVC = htole16(VIDEO_VERSION),
		.wTotalLength = htole16(sizeof(header) + sizeof(input) + sizeof(output)),
		.dwClockFrequency = htole32(VIDEO_CLOCK_HZ),
		.bInCollection = 1,
		.baInterfaceNr = { CARD_INTERFACE_VIDEO_STREAM },
	};

	descriptors_append_interface(
		w, CARD_INTERFACE_VIDEO_CONTROL, 0, 0, USB_CLASS_VIDEO, UVC_SC_VIDEOCONTROL);
	descriptors_append(w, &header, sizeof(header));
	descriptors_append(w, &input, sizeof(input));
	descriptors_append(w, &output, sizeof(output));
}

/* Frame descriptors of MJPEG and of uncompressed formats have the same form. */
static void append_frames(struct descriptors_writer *w, uint8_t subtype)
{
	for (int i = 0; i < CARD_SIZES; i++) {
		uint32_t bytes = card_sizes[i].width * card_sizes[i].height * 2u;
		struct UVC_FRAME_MJPEG(4) d = {
			.bLength = sizeof(d),
			.bDescriptorType = CLASS_INTERFACE,
			.bDescriptorSubType = subtype,
			.bFrameIndex = (uint8_t) (i + 1),
			.wWidth = htole16(card_sizes[i].width),
			.wHeight = htole16(card_sizes[i].height),
			.dwMinBitRate = htole32(bytes * 8 * 5),
			.dwMaxBitRate = htole32(bytes * 8 * 30),
			.dwMaxVideoFrameBufferSize = htole32(bytes),
			.dwDefaultFrameInterval = htole32(card_intervals[0]),
			.bFrameIntervalType = CARD_INTERVALS,
			.dwFrameInterval = { htole32(card_intervals[0]), htole32(card_intervals[1]),
				htole32(card_intervals[2]), htole32(card_intervals[3]) },
		};

		descriptors_append(w, &d, sizeof(d));
	}
}

static void append_colours(struct descriptors_writer *w)
{
	struct uvc_color_matching_descriptor d = {
		.bLength = sizeof(d),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VS_COLORFORMAT,
		.bColorPrimaries = 1,
		.bTransferCharacteristics = 1,
		.bMatrixCoefficients = 4, /* BT.601 */
	};

	descriptors_append(w, &d, sizeof(d));
}

static void append_mjpeg(struct descriptors_writer *w, uint8_t index)
{
	struct uvc_format_mjpeg d = {
		.bLength = sizeof(d),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VS_FORMAT_MJPEG,
		.bFormatIndex = index,
		.bNumFrameDescriptors = CARD_SIZES,
		.bmFlags = 1, /* sample sizes are fixed */
		.bDefaultFrameIndex = CARD_DEFAULT_SIZE + 1,
	};

	descriptors_append(w, &d, sizeof(d));
	append_frames(w, UVC_VS_FRAME_MJPEG);
	append_colours(w);
}

static void append_h264(struct descriptors_writer *w, uint8_t index)
{
	struct format_frame_based format = {
		.bLength = sizeof(format),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VS_FORMAT_FRAME_BASED,
		.bFormatIndex = index,
		.bNumFrameDescriptors = CARD_SIZES,
		.guidFormat = { 'H', '2', '6', '4', 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b,
			0x71 },
		.bDefaultFrameIndex = CARD_DEFAULT_SIZE + 1,
		.bVariableSize = 1,
	};

	descriptors_append(w, &format, sizeof(format));
	for (int i = 0; i < CARD_SIZES; i++) {
		uint32_t bits = card_sizes[i].width * card_sizes[i].height * 2u;
		struct frame_frame_based d = {
			.bLength = sizeof(d),
			.bDescriptorType = CLASS_INTERFACE,
			.bDescriptorSubType = UVC_VS_FRAME_FRAME_BASED,
			.bFrameIndex = (uint8_t) (i + 1),
			.wWidth = htole16(card_sizes[i].width),
			.wHeight = htole16(card_sizes[i].height),
			.dwMinBitRate = htole32(bits),
			.dwMaxBitRate = htole32(bits * 8),
			.dwDefaultFrameInterval = htole32(card_intervals[0]),
			.bFrameIntervalType = CARD_INTERVALS,
			.dwFrameInterval = { htole32(card_intervals[0]), htole32(card_intervals[1]),
				htole32(card_intervals[2]), htole32(card_intervals[3]) },
		};

		descriptors_append(w, &d, sizeof(d));
	}
	append_colours(w);
}

static void append_yuyv(struct descriptors_writer *w, uint8_t index)
{
	struct uvc_format_uncompressed d = {
		.bLength = sizeof(d),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VS_FORMAT_UNCOMPRESSED,
		.bFormatIndex = index,
		.bNumFrameDescriptors = CARD_SIZES,
		.guidFormat = { 'Y', 'U', 'Y', '2', 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b,
			0x71 },
		.bBitsPerPixel = 16,
		.bDefaultFrameIndex = CARD_DEFAULT_SIZE + 1,
	};

	descriptors_append(w, &d, sizeof(d));
	append_frames(w, UVC_VS_FRAME_UNCOMPRESSED);
	append_colours(w);
}

static void append_video_stream(struct descriptors_writer *w, const struct card *card)
{
	static void (*const append[_CARD_FORMAT_MAX])(struct descriptors_writer *, uint8_t) = {
		[CARD_FORMAT_MJPEG] = append_mjpeg,
		[CARD_FORMAT_H264] = append_h264,
		[CARD_FORMAT_YUYV] = append_yuyv,
	};
	/* One byte of controls per format: the size of this descriptor depends on their number. */
	struct UVC_INPUT_HEADER_DESCRIPTOR(1, 3) header = {
		.bLength = UVC_DT_INPUT_HEADER_SIZE(card_formats(card), 1),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubType = UVC_VS_INPUT_HEADER,
		.bNumFormats = card_formats(card),
		.bEndpointAddress = USB_DIR_IN | CARD_ENDPOINT_VIDEO,
		.bTerminalLink = UNIT_VIDEO_OUTPUT,
		.bControlSize = 1,
	};
	struct usb_endpoint_descriptor endpoint = {
		.bLength = USB_DT_ENDPOINT_SIZE,
		.bDescriptorType = USB_DT_ENDPOINT,
		.bEndpointAddress = USB_DIR_IN | CARD_ENDPOINT_VIDEO,
		.bmAttributes = USB_ENDPOINT_XFER_BULK,
		.wMaxPacketSize = htole16(512),
	};
	size_t start;

	descriptors_append_interface(
		w, CARD_INTERFACE_VIDEO_STREAM, 0, 1, USB_CLASS_VIDEO, UVC_SC_VIDEOSTREAMING);
	start = w->used;
	descriptors_append(w, &header, header.bLength);
	for (unsigned int i = 1; i <= card_formats(card); i++)
		append[card_format(card, i)](w, (uint8_t) i);
	descriptors_patch_u16(w, start + offsetof(struct uvc_input_header_descriptor, wTotalLength),
		w->used - start);
	descriptors_append(w, &endpoint, USB_DT_ENDPOINT_SIZE);
}

void descriptors_append_video(struct descriptors_writer *w, const struct card *card)
{
	descriptors_append_association(w, CARD_INTERFACE_VIDEO_CONTROL, USB_CLASS_VIDEO,
		UVC_SC_VIDEO_INTERFACE_COLLECTION);
	append_video_control(w, card);
	append_video_stream(w, card);
}
