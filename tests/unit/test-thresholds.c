/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thresholds that references suggest, of a game whose states are told apart well. */
#include "teach/thresholds.h"

#include <math.h>
#include <string.h>

#include "tests/tap.h"
#include "tests/unit/koi.h"

static char folder[64];

static void measure(enum rules_mode mode, bool (*going_on)(void *userdata), void *userdata,
	struct threshold ret[RULES_STATES_MAX])
{
	struct fault f = { .kind = FAULT_NONE };
	struct rules rules;
	int r;

	memset(ret, 0, RULES_STATES_MAX * sizeof(*ret));
	koi_rules(&rules, mode);
	r = thresholds_measure(&rules, koi_in(folder, "refs"), going_on, userdata, ret, &f);
	ok(r == 0, "measured: %s", f.words);
	for (int i = 0; i < rules.n_states; i++)
		printf("# %s %g: %g, %g\n", ret[i].state, ret[i].threshold, ret[i].suggested,
			ret[i].margin);
	rules_deinit(&rules);
}

static void test_better(void)
{
	struct threshold t[RULES_STATES_MAX];

	measure(MODE_BETTER, NULL, NULL, t);
	for (int i = 0; i < KOI_STATES; i++)
		ok(t[i].threshold == 0.75 && t[i].suggested > 0.5 && t[i].suggested < 1 &&
				t[i].margin > 0.05 && t[i].margin < 0.5,
			"%s: a score between its pictures and the others", t[i].state);
}

static void test_compatible(void)
{
	struct threshold t[RULES_STATES_MAX];

	measure(MODE_COMPATIBLE, NULL, NULL, t);
	for (int i = 0; i < KOI_STATES; i++)
		ok(isnan(t[i].suggested) || (t[i].suggested > 0 && t[i].suggested < 32 &&
						    t[i].margin <= t[i].suggested),
			"%s: bits", t[i].state);
	ok(!isnan(t[KOI_SELECT].suggested), "there are some");
}

static bool never(void *userdata)
{
	(*(int *) userdata)++;
	return false;
}

static void test_little(void)
{
	struct threshold t[RULES_STATES_MAX];
	int asked = 0;

	measure(MODE_BETTER, never, &asked, t);
	ok(asked > 0 && isnan(t[0].suggested), "who is told to end suggests nothing");
	koi_remove(koi_in(folder, "refs/SELECT/ref_1.jpg"));
	koi_remove(koi_in(folder, "refs/SELECT/ref_2.jpg"));
	koi_write(koi_in(folder, "refs/NORMAL/ref_9.jpg"), "\xff\xd8\xff\xe0 no picture", 16);
	measure(MODE_BETTER, NULL, NULL, t);
	ok(strcmp(t[KOI_SELECT].state, "SELECT") == 0 && isnan(t[KOI_SELECT].suggested) &&
			isnan(t[KOI_SELECT].margin),
		"of one picture nothing can be said");
	ok(t[KOI_NORMAL].suggested > 0.5, "one that is broken is left out");
	koi_remove(koi_in(folder, "refs"));
	measure(MODE_BETTER, NULL, NULL, t);
	ok(isnan(t[KOI_NORMAL].suggested), "nor of none");
}

int main(void)
{
	koi_folder(folder);
	koi_copy(folder);
	test_better();
	test_compatible();
	test_little();
	koi_remove(folder);
	return tap_done();
}
