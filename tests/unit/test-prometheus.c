/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures as Prometheus reads them, to the letter. */
#include "common/prometheus.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tests/tap.h"

static char *text;

static struct prometheus *begin(void)
{
	struct prometheus *p = NULL;

	if (prometheus_new(&p) < 0)
		abort();
	return p;
}

static bool is(struct prometheus *p, const char *wanted)
{
	size_t size = 0;
	int r;

	free(text);
	text = NULL;
	r = prometheus_text(p, &text, &size);
	prometheus_free(p);
	if (r < 0 || strlen(text) != size || (wanted && strcmp(text, wanted) != 0))
		printf("# %s\n", text);
	return r == 0 && (!wanted || strcmp(text, wanted) == 0);
}

static void test_samples(void)
{
	struct prometheus *p = begin();

	prometheus_family(p, "a_total", "counter", "What \\ and\nmore.");
	prometheus_sample(p, NULL, 12345678901234.);
	prometheus_sample(p, PROMETHEUS_LABELS("x", "1", "y", NULL, "z", "\"\\\n"), 0.1);
	ok(is(p, "# HELP a_total What \\\\ and\\nmore.\n# TYPE a_total counter\n"
		 "a_total 12345678901234\na_total{x=\"1\",z=\"\\\"\\\\\\n\"} 0.1\n"),
		"a family, escaped");
	p = begin();
	prometheus_family(p, "b", "gauge", "B.");
	prometheus_sample(p, PROMETHEUS_LABELS("x", NULL), (double) NAN);
	prometheus_sample(p, NULL, (double) INFINITY);
	prometheus_sample(p, NULL, -(double) INFINITY);
	prometheus_sample(p, NULL, 9007199254740991.);
	ok(is(p, "# HELP b B.\n# TYPE b gauge\nb NaN\nb +Inf\nb -Inf\nb 9007199254740991\n"),
		"values of all kinds");
	ok(is(begin(), ""), "nothing at all");
}

static void test_hist(void)
{
	static struct hist h;
	struct prometheus *p = begin();
	unsigned long last = 0, n = 0;
	bool rises = true;

	hist_add(&h, 100);
	hist_add(&h, 511);
	hist_add(&h, 512);
	hist_add(&h, 3000000);
	hist_add(&h, 600000000);
	prometheus_family(p, "t_seconds", "histogram", "T.");
	prometheus_hist(p, PROMETHEUS_LABELS("c", "d"), &h);
	ok(is(p, NULL) && strstr(text, "\nt_seconds_bucket{c=\"d\",le=\"0.000512\"} 2\n") &&
			strstr(text, "\nt_seconds_bucket{c=\"d\",le=\"0.001024\"} 3\n") &&
			strstr(text, "\nt_seconds_bucket{c=\"d\",le=\"2.097152\"} 3\n") &&
			strstr(text, "\nt_seconds_bucket{c=\"d\",le=\"4.194304\"} 4\n") &&
			strstr(text, "\nt_seconds_bucket{c=\"d\",le=\"33.554432\"} 4\n") &&
			strstr(text, "\nt_seconds_bucket{c=\"d\",le=\"+Inf\"} 5\n"),
		"a histogram counts up");
	ok(strstr(text, "\nt_seconds_sum{c=\"d\"} 603.001123\n") &&
			strstr(text, "\nt_seconds_count{c=\"d\"} 5\n"),
		"with sum and count");
	for (const char *at = text; (at = strstr(at, "_bucket")); n++) {
		at = strchr(at, ' ');
		rises = rises && strtoul(at, NULL, 10) >= last;
		last = strtoul(at, NULL, 10);
	}
	ok(rises && n == 18, "in %lu buckets", n);
}

int main(void)
{
	test_samples();
	test_hist();
	free(text);
	return tap_done();
}
