/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the three files that write descriptors share. */
#pragma once

#include <assert.h>
#include <endian.h>
#include <linux/usb/ch9.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "card.h"

#define CLASS_INTERFACE (USB_TYPE_CLASS | USB_DT_INTERFACE)
#define CLASS_ENDPOINT (USB_TYPE_CLASS | USB_DT_ENDPOINT)

/* A stream towards the host, in both classes. */
#define TERMINAL_USB_STREAM 0x0101

enum descriptors_string {
	STRING_LANGUAGES,
	STRING_VENDOR,
	STRING_PRODUCT,
	STRING_SERIAL,
};

struct descriptors_writer {
	uint8_t *data;
	size_t size, used;
};

static inline void descriptors_append(struct descriptors_writer *w, const void *data, size_t size)
{
	assert(size <= w->size - w->used);
	memcpy(w->data + w->used, data, size);
	w->used += size;
}

/* For a length that is only known when what it counts has been written. */
static inline void descriptors_patch_u16(struct descriptors_writer *w, size_t offset, size_t value)
{
	uint16_t little = htole16((uint16_t) value);

	memcpy(w->data + offset, &little, sizeof(little));
}

static inline void descriptors_append_association(
	struct descriptors_writer *w, uint8_t first, uint8_t class, uint8_t subclass)
{
	struct usb_interface_assoc_descriptor d = {
		.bLength = sizeof(d),
		.bDescriptorType = USB_DT_INTERFACE_ASSOCIATION,
		.bFirstInterface = first,
		.bInterfaceCount = 2,
		.bFunctionClass = class,
		.bFunctionSubClass = subclass,
		.iFunction = STRING_PRODUCT,
	};

	descriptors_append(w, &d, sizeof(d));
}

static inline void descriptors_append_interface(struct descriptors_writer *w, uint8_t number,
	uint8_t alternate, uint8_t endpoints, uint8_t class, uint8_t subclass)
{
	struct usb_interface_descriptor d = {
		.bLength = sizeof(d),
		.bDescriptorType = USB_DT_INTERFACE,
		.bInterfaceNumber = number,
		.bAlternateSetting = alternate,
		.bNumEndpoints = endpoints,
		.bInterfaceClass = class,
		.bInterfaceSubClass = subclass,
		.iInterface = STRING_PRODUCT,
	};

	descriptors_append(w, &d, sizeof(d));
}

void descriptors_append_video(struct descriptors_writer *w, const struct card *card);
void descriptors_append_sound(struct descriptors_writer *w);
