/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prometheus' text format of several cards made one: each family with its HELP and TYPE once, then
 * the samples of all, each with the label "card". What is no line of that format is left out. Pure;
 * one owner.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"

#define METRICS_FAMILIES_MAX 1000
#define METRICS_TEXT_MAX (16 * 1024 * 1024) /* of the whole, the rest is left out */

struct metrics;

int metrics_new(struct metrics **ret);
struct metrics *metrics_free(struct metrics *m);
DEFINE_CLEANUP(struct metrics *, metrics_free)

/* Adds what one tells. card: of the label, where it does not stand already; NULL: without it. 0 or
 * -ENOMEM. */
int metrics_add(struct metrics *m, const char *card, const char *text);

/* All of it; the caller frees. NULL: no memory. */
char *metrics_text(const struct metrics *m, size_t *ret_size);
