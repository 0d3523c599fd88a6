/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What doctor looks at: each look adds findings to a list, good ones as well. Main thread; each
 * look ends within seconds.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "common/cleanup.h"
#include "egmctl/nodes.h"

#define DOCTOR_FINDINGS_MAX 512

enum doctor_level {
	DOCTOR_OK,
	DOCTOR_WARNING,
	DOCTOR_FAULT,
};

struct doctor {
	json_t *findings;
	int faults, warnings;
};

/* means: what follows of it, advice: what to do; "" where it is good. */
void doctor_add(struct doctor *d, enum doctor_level level, const char *check, const char *subject,
	const char *means, const char *advice, const char *fmt, ...) PRINTF_LIKE(7, 8);

/* Those that are plugged in: drivers, who may open them, what they share. */
void doctor_devices(struct doctor *d, const struct nodes *nodes);
void doctor_access(struct doctor *d, const struct nodes *nodes, const char *user);
void doctor_usb(struct doctor *d, const struct nodes *nodes);

/* The machine. */
void doctor_time(struct doctor *d, sd_bus *bus);
void doctor_disk(struct doctor *d, const char *folder);
void doctor_encoder(struct doctor *d, const char *program);
enum doctor_level doctor_disk_level(uint64_t free_bytes, uint64_t all_bytes);

/* The services, list being that of overview_new(): their state, inputs, references, outputs. */
void doctor_cards(struct doctor *d, const json_t *list, const struct nodes *nodes);
void doctor_network(struct doctor *d, const json_t *list);
