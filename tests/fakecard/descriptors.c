/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A grabber as the host's drivers want to see it: a video function and a sound function, each
 * introduced by an interface association. This file has what USB itself asks for.
 */
#include "descriptors.h"

#include <errno.h>

#include "common/cleanup.h"
#include "descriptors-writer.h"

#define LANGUAGE_ENGLISH_US 0x0409

static void append_configuration(struct descriptors_writer *w, const struct card *card)
{
	struct usb_config_descriptor d = {
		.bLength = USB_DT_CONFIG_SIZE,
		.bDescriptorType = USB_DT_CONFIG,
		.bNumInterfaces = card->sound ? 4 : 2,
		.bConfigurationValue = 1,
		.bmAttributes = USB_CONFIG_ATT_ONE,
		.bMaxPower = 250,
	};

	descriptors_append(w, &d, USB_DT_CONFIG_SIZE);
	descriptors_append_video(w, card);
	if (card->sound)
		descriptors_append_sound(w);
	descriptors_patch_u16(w, offsetof(struct usb_config_descriptor, wTotalLength), w->used);
}

static void append_device(struct descriptors_writer *w, const struct card *card)
{
	struct usb_device_descriptor d = {
		.bLength = sizeof(d),
		.bDescriptorType = USB_DT_DEVICE,
		.bcdUSB = htole16(0x0200),
		.bDeviceClass = USB_CLASS_MISC, /* these three: there are interface associations */
		.bDeviceSubClass = 2,
		.bDeviceProtocol = 1,
		.bMaxPacketSize0 = 64,
		.idVendor = htole16(card->vendor_id),
		.idProduct = htole16(card->product_id),
		.bcdDevice = htole16(0x0100),
		.iManufacturer = STRING_VENDOR,
		.iProduct = STRING_PRODUCT,
		.iSerialNumber = STRING_SERIAL,
		.bNumConfigurations = 1,
	};

	descriptors_append(w, &d, sizeof(d));
}

static int append_string(struct descriptors_writer *w, const struct card *card, uint8_t index)
{
	const char *const texts[] = {
		[STRING_VENDOR] = card->vendor,
		[STRING_PRODUCT] = card->product,
		[STRING_SERIAL] = card->serial,
	};
	uint16_t units[126] = { htole16(LANGUAGE_ENGLISH_US) };
	size_t n = 1;
	uint8_t header[2];

	if (index >= ARRAY_SIZE(texts))
		return -ENOENT;
	if (index != STRING_LANGUAGES)
		for (n = 0; texts[index][n] && n < ARRAY_SIZE(units); n++)
			units[n] = htole16((uint8_t) texts[index][n]);
	header[0] = (uint8_t) (sizeof(header) + n * sizeof(units[0]));
	header[1] = USB_DT_STRING;
	descriptors_append(w, header, sizeof(header));
	descriptors_append(w, units, n * sizeof(units[0]));
	return 0;
}

int descriptors_get(const struct card *card, uint8_t type, uint8_t index, uint8_t *ret, size_t size)
{
	struct descriptors_writer w = { .data = ret, .size = size };
	int r;

	switch (type) {
	case USB_DT_DEVICE:
		append_device(&w, card);
		break;
	case USB_DT_CONFIG:
		append_configuration(&w, card);
		break;
	case USB_DT_STRING:
		r = append_string(&w, card, index);
		if (r < 0)
			return r;
		break;
	default:
		return -ENOENT;
	}
	return (int) w.used;
}
