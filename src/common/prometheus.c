/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/prometheus.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define NAME_MAX_BYTES 128
/* A histogram has eight buckets for each power of two; these end at 2^9 … 2^25 µs. */
#define FIRST_BUCKET 55
#define BUCKET_STEP 8
#define BUCKETS 17

struct prometheus {
	FILE *f;
	char *text;
	size_t size;
	char family[NAME_MAX_BYTES];
};

int prometheus_new(struct prometheus **ret)
{
	struct prometheus *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->f = open_memstream(&p->text, &p->size);
	if (!p->f) {
		free(p);
		return -ENOMEM;
	}
	*ret = p;
	return 0;
}

struct prometheus *prometheus_free(struct prometheus *p)
{
	if (!p)
		return NULL;
	if (p->f)
		fclose(p->f);
	free(p->text);
	free(p);
	return NULL;
}

static void escape(FILE *f, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", f);
			continue;
		}
		if (strchr(special, *text))
			fputc('\\', f);
		fputc(*text, f);
	}
}

void prometheus_family(struct prometheus *p, const char *name, const char *type, const char *help)
{
	snprintf(p->family, sizeof(p->family), "%s", name);
	fprintf(p->f, "# HELP %s ", p->family);
	escape(p->f, help, "\\");
	fprintf(p->f, "\n# TYPE %s %s\n", p->family, type);
}

static void write_number(FILE *f, double value)
{
	char buf[32];

	if (isnan(value)) {
		fputs("NaN", f);
		return;
	}
	if (isinf(value)) {
		fputs(value > 0 ? "+Inf" : "-Inf", f);
		return;
	}
	/* Short where that is exact, as it is for counters. */
	snprintf(buf, sizeof(buf), "%.15g", value);
	if (strtod(buf, NULL) != value)
		snprintf(buf, sizeof(buf), "%.17g", value);
	fputs(buf, f);
}

static void write_sample(struct prometheus *p, const char *suffix, const char *const *labels,
	const char *bound, double value)
{
	const char *separator = "{";

	fprintf(p->f, "%s%s", p->family, suffix);
	for (; labels && labels[0]; labels += 2) {
		if (!labels[1])
			continue;
		fprintf(p->f, "%s%s=\"", separator, labels[0]);
		escape(p->f, labels[1], "\\\"");
		fputc('"', p->f);
		separator = ",";
	}
	if (bound) {
		fprintf(p->f, "%sle=\"%s\"", separator, bound);
		separator = ",";
	}
	fputs(*separator == ',' ? "} " : " ", p->f);
	write_number(p->f, value);
	fputc('\n', p->f);
}

void prometheus_sample(struct prometheus *p, const char *const *labels, double value)
{
	write_sample(p, "", labels, NULL, value);
}

void prometheus_hist(struct prometheus *p, const char *const *labels, const struct hist *h)
{
	uint64_t seen = 0;
	int bucket = 0;

	for (int i = 0; i < BUCKETS; i++) {
		int last = FIRST_BUCKET + i * BUCKET_STEP;
		char bound[32];

		for (; bucket <= last; bucket++)
			seen += atomic_load_explicit(&h->count[bucket], memory_order_relaxed);
		snprintf(bound, sizeof(bound), "%.6f", (double) (hist_edge(last) + 1) / 1e6);
		write_sample(p, "_bucket", labels, bound, (double) seen);
	}
	for (; bucket < HIST_BUCKETS; bucket++)
		seen += atomic_load_explicit(&h->count[bucket], memory_order_relaxed);
	/* One more may have come in meanwhile: the sum of the buckets is what counts. */
	write_sample(p, "_bucket", labels, "+Inf", (double) seen);
	write_sample(p, "_sum", labels, NULL,
		(double) atomic_load_explicit(&h->sum_usec, memory_order_relaxed) / 1e6);
	write_sample(p, "_count", labels, NULL, (double) seen);
}

int prometheus_text(struct prometheus *p, char **ret, size_t *ret_size)
{
	int r = fclose(TAKE_PTR(p->f));

	if (r != 0)
		return -ENOMEM;
	*ret = TAKE_PTR(p->text);
	*ret_size = p->size;
	return 0;
}
