/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures for Prometheus, in its text form 0.0.4: families with HELP and TYPE, and their samples
 * with labels. Written into memory. Any thread, one for each object.
 *
 * The names are the caller's to choose: letters, digits and '_', with the unit at their end
 * ("_seconds", "_bytes", "_total"). What labels hold is escaped.
 */
#pragma once

#include <stddef.h>

#include "common/cleanup.h"
#include "common/hist.h"

#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct prometheus;

int prometheus_new(struct prometheus **ret);
struct prometheus *prometheus_free(struct prometheus *p);
DEFINE_CLEANUP(struct prometheus *, prometheus_free)

/* Pairs of a label and its value, ending with NULL: PROMETHEUS_LABELS("card", name). A pair whose
 * value is NULL is left out. */
#define PROMETHEUS_LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL, NULL })

/* A family begins, whose samples come next. type: "counter", "gauge", "histogram", "untyped". */
void prometheus_family(struct prometheus *p, const char *name, const char *type, const char *help);

/* One of the family. labels may be NULL. */
void prometheus_sample(struct prometheus *p, const char *const *labels, double value);

/* Likewise of a family of histograms, in seconds: the buckets by powers of two, from half a
 * millisecond to half a minute. */
void prometheus_hist(struct prometheus *p, const char *const *labels, const struct hist *h);

/* Ends it: the text, which the caller frees, and its length. -ENOMEM. */
int prometheus_text(struct prometheus *p, char **ret, size_t *ret_size);
