/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card's name out of what is known about it: "[a-z][a-z0-9_]*", the same string as unit instance,
 * file name, link and journal field. Pure: the same facts always give the same name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* With the end; as the settings have it. */
#define CARD_NAME_MAX 32

struct card_facts {
	const char *product; /* USB product text, or NULL */
	const char *serial;  /* USB serial number, or NULL */
	bool serial_shared;  /* another device that is plugged in has the same product and serial */
	bool superspeed;     /* USB 3: its ports are numbered apart from those of USB 2 */
	const char *bus_info; /* VIDIOC_QUERYCAP's: the port, or the virtual device */
	unsigned rank;        /* 0 for the device's first capture node */
};

/* The name without the rank's suffix, of product and serial number alone; for comparing devices. ""
 * where there is no serial number. */
void card_name_of_serial(const char *product, const char *serial, char ret[static CARD_NAME_MAX]);

/* 0, or -ENODATA when neither serial number nor bus_info gives a single usable character. */
int card_name_make(const struct card_facts *facts, char ret[static CARD_NAME_MAX]);
