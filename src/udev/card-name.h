/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a card's name of what is known about it. Pure: the same facts always give the same name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/card.h"

/* Of product (may be NULL) and serial number. "" where there is no serial number to go by. */
void card_name_of_serial(const char *product, const char *serial, char ret[static CARD_NAME_MAX]);

/* Of VIDIOC_QUERYCAP's bus_info: the port, or the virtual device. superspeed: USB 3 numbers its
 * ports apart from those of USB 2. "" when there is not a single usable character. */
void card_name_of_port(const char *bus_info, bool superspeed, char ret[static CARD_NAME_MAX]);

/* The base, made unique by a hash of what tells this card from the others of that name. */
void card_name_marked(const char *base, const char *text, char ret[static CARD_NAME_MAX]);

/* Appends a number for the second and further capture nodes (rank 1, …) of one card. The base is
 * one that the functions above have made, so there is room. */
void card_name_number(char name[static CARD_NAME_MAX], unsigned rank);
