/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The video nodes of this machine as udev and sysfs tell them: which is a card and which is not,
 * and what they hang on. Nothing is opened. Main thread.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/plug.h"

#define NODES_MAX 64
#define NODES_TEXT_MAX 160

struct node {
	char node[NODES_TEXT_MAX];   /* /dev/video0 */
	char name[NODES_TEXT_MAX];   /* EGM_NAME; "" for none */
	char model[NODES_TEXT_MAX];  /* what the driver calls it */
	char serial[NODES_TEXT_MAX]; /* ID_SERIAL_SHORT; "" for none */
	char id[NODES_TEXT_MAX];     /* ID_SERIAL: vendor, model, serial number */
	char port[NODES_TEXT_MAX];   /* ID_PATH; "" where udev knows none */
	char usb_if[NODES_TEXT_MAX]; /* ID_USB_INTERFACE_NUM */
	char driver[NODES_TEXT_MAX];
	char index[NODES_TEXT_MAX]; /* of the nodes of one function */
	char caps[NODES_TEXT_MAX];  /* ":capture:" */
	char plug[PLUG_MAX];        /* syspath of the USB or PCI device; "" for neither */
	char sound[NODES_TEXT_MAX]; /* hw:1,0; "" for none */
	bool known;                 /* to udev */
	bool ignored;               /* EGM_IGNORE */
	bool webcam;                /* … and EGM_WEBCAMS says that those are no cards */
	bool usb;
	bool shared_port; /* USB 2 and 3 number their ports apart, udev calls two of them the same
			   */
	int bus;          /* number of the USB */
	int mbit;         /* of the USB device */
};

/* A USB function that is for video and has no driver. */
struct orphan {
	char port[NODES_TEXT_MAX];
	char model[NODES_TEXT_MAX];
};

struct nodes {
	struct node list[NODES_MAX];
	size_t n;
	struct orphan orphans[NODES_MAX];
	size_t n_orphans;
};

/* Fills ret, which is large: from the heap. Sorted by the number of the node. 0, or a negative
 * errno. */
int nodes_read(struct nodes *ret);

/* Why it is no card, for a person; NULL: it is one. */
const char *nodes_why_not(const struct node *n);

/* Is it one that nobody wants for a card, by its nature or by a rule? */
bool nodes_left_out(const struct node *n);

/* Is the serial number the card's alone among those plugged in? false: it has none, too. */
bool nodes_serial_unique(const struct nodes *all, const struct node *n);

/* By node, link in /dev/egm or name. NULL: none of them. */
const struct node *nodes_find(const struct nodes *all, const char *what);

/* For cards --json. */
json_t *nodes_json(const struct node *n);
