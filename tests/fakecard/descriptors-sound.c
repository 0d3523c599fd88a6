/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sound function: a line-in with one stream, Audio Class 1.0 (chapter 4 has the fields). */
#include "descriptors-writer.h"

#include <linux/usb/audio.h>

#define TERMINAL_LINE_CONNECTOR 0x0603
#define AUDIO_VERSION 0x0100
#define AUDIO_FORMAT_PCM 1
#define AUDIO_FORMAT_TYPE_I 1
#define PACKET_SAMPLES_MAX 60

enum {
	UNIT_SOUND_INPUT = 1,
	UNIT_SOUND_OUTPUT,
};

DECLARE_UAC_AC_HEADER_DESCRIPTOR(1);
DECLARE_UAC_FORMAT_TYPE_I_DISCRETE_DESC(1);

static void append_sound_control(struct descriptors_writer *w)
{
	struct uac_input_terminal_descriptor input = {
		.bLength = sizeof(input),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubtype = UAC_INPUT_TERMINAL,
		.bTerminalID = UNIT_SOUND_INPUT,
		.wTerminalType = htole16(TERMINAL_LINE_CONNECTOR),
		.bNrChannels = CARD_CHANNELS,
		.wChannelConfig = htole16(3), /* left and right front */
	};
	struct uac1_output_terminal_descriptor output = {
		.bLength = sizeof(output),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubtype = UAC_OUTPUT_TERMINAL,
		.bTerminalID = UNIT_SOUND_OUTPUT,
		.wTerminalType = htole16(TERMINAL_USB_STREAM),
		.bSourceID = UNIT_SOUND_INPUT,
	};
	struct uac1_ac_header_descriptor_1 header = {
		.bLength = sizeof(header),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubtype = UAC_HEADER,
		.bcdADC = htole16(AUDIO_VERSION),
		.wTotalLength = htole16(sizeof(header) + sizeof(input) + sizeof(output)),
		.bInCollection = 1,
		.baInterfaceNr = { CARD_INTERFACE_SOUND_STREAM },
	};

	descriptors_append_interface(
		w, CARD_INTERFACE_SOUND_CONTROL, 0, 0, USB_CLASS_AUDIO, USB_SUBCLASS_AUDIOCONTROL);
	descriptors_append(w, &header, sizeof(header));
	descriptors_append(w, &input, sizeof(input));
	descriptors_append(w, &output, sizeof(output));
}

static void append_sound_stream(struct descriptors_writer *w)
{
	struct uac1_as_header_descriptor general = {
		.bLength = sizeof(general),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubtype = UAC_AS_GENERAL,
		.bTerminalLink = UNIT_SOUND_OUTPUT,
		.bDelay = 1,
		.wFormatTag = htole16(AUDIO_FORMAT_PCM),
	};
	struct uac_format_type_i_discrete_descriptor_1 format = {
		.bLength = sizeof(format),
		.bDescriptorType = CLASS_INTERFACE,
		.bDescriptorSubtype = UAC_FORMAT_TYPE,
		.bFormatType = AUDIO_FORMAT_TYPE_I,
		.bNrChannels = CARD_CHANNELS,
		.bSubframeSize = sizeof(int16_t),
		.bBitResolution = 16,
		.bSamFreqType = 1,
		.tSamFreq = { { CARD_SAMPLE_RATE & 0xff, CARD_SAMPLE_RATE >> 8 & 0xff,
			CARD_SAMPLE_RATE >> 16 } },
	};
	/* A packet each millisecond (interval 4 = eight micro-frames), with room for a fast clock.
	 */
	struct usb_endpoint_descriptor endpoint = {
		.bLength = USB_DT_ENDPOINT_AUDIO_SIZE,
		.bDescriptorType = USB_DT_ENDPOINT,
		.bEndpointAddress = USB_DIR_IN | CARD_ENDPOINT_SOUND,
		.bmAttributes = USB_ENDPOINT_XFER_ISOC | USB_ENDPOINT_SYNC_ASYNC,
		.wMaxPacketSize = htole16(PACKET_SAMPLES_MAX * CARD_SAMPLE_FRAME_BYTES),
		.bInterval = 4,
	};
	struct uac_iso_endpoint_descriptor streaming = {
		.bLength = sizeof(streaming),
		.bDescriptorType = CLASS_ENDPOINT,
		.bDescriptorSubtype = UAC_EP_GENERAL,
	};

	descriptors_append_interface(
		w, CARD_INTERFACE_SOUND_STREAM, 0, 0, USB_CLASS_AUDIO, USB_SUBCLASS_AUDIOSTREAMING);
	descriptors_append_interface(
		w, CARD_INTERFACE_SOUND_STREAM, 1, 1, USB_CLASS_AUDIO, USB_SUBCLASS_AUDIOSTREAMING);
	descriptors_append(w, &general, sizeof(general));
	descriptors_append(w, &format, sizeof(format));
	descriptors_append(w, &endpoint, USB_DT_ENDPOINT_AUDIO_SIZE);
	descriptors_append(w, &streaming, sizeof(streaming));
}

void descriptors_append_sound(struct descriptors_writer *w)
{
	descriptors_append_association(
		w, CARD_INTERFACE_SOUND_CONTROL, USB_CLASS_AUDIO, USB_SUBCLASS_AUDIOCONTROL);
	append_sound_control(w);
	append_sound_stream(w);
}
