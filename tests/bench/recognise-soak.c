/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hours of invented screens as fast as they can be drawn: the recogniser must neither make up a
 * change nor miss one. Each minute is another game on another card with other faults.
 */
#include <getopt.h>
#include <string.h>

#include "tests/tools/soak.h"

#define MINUTE (60 * SCREENS_RATE)

static const char help_text[] =
	"Usage: recognise-soak [OPTION]...\n"
	"Shows the recogniser invented screens, each minute with other faults of the\n"
	"card, and counts what it gets wrong. A stray change is one to a third state\n"
	"while two screens cross-fade; it does not count.\n"
	"\n"
	"  -m, --minutes=M   in all (120)\n"
	"  -l, --layout=N    only this one of 0 to 9\n"
	"  -s, --seed=N      another number, other screens (1)\n"
	"  -n, --numbers     read the credit too (costs time)\n"
	"  -v, --verbose     a line for each false, missed or stray change\n"
	"  -h, --help        show this\n"
	"\n"
	"Exit status: 0 when no change was false or missed, 1 when one was, 2 for wrong\n"
	"usage.\n";

struct bench {
	int minutes, layout;
	uint64_t seed;
	bool numbers, verbose;
};

static int parse(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = { { "minutes", required_argument, NULL, 'm' },
		{ "layout", required_argument, NULL, 'l' },
		{ "seed", required_argument, NULL, 's' }, { "numbers", no_argument, NULL, 'n' },
		{ "verbose", no_argument, NULL, 'v' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	int option;

	while ((option = getopt_long(argc, argv, "m:l:s:nvh", options, NULL)) >= 0)
		if (option == 'm')
			b->minutes = atoi(optarg);
		else if (option == 'l')
			b->layout = atoi(optarg);
		else if (option == 's')
			b->seed = strtoull(optarg, NULL, 10);
		else if (option == 'n')
			b->numbers = true;
		else if (option == 'v')
			b->verbose = true;
		else if (option == 'h')
			return fputs(help_text, stdout) >= 0;
		else
			return -EINVAL;
	return optind == argc && b->minutes > 0 && b->layout < SCREENS_LAYOUTS ? 0 : -EINVAL;
}

static void print_head(void)
{
	printf("%-10s %7s %7s %7s %7s %7s %9s %9s %6s %9s\n", "layout", "minutes", "changes",
		"missed", "false", "stray", "right %", "delay ms", "p99", "CPU us");
}

static void print_result(const struct bench *b, const char *name, const struct soak_result *r)
{
	printf("%-10s %7.0f %7llu %7llu %7llu %7llu %9.3f %9.0f %6.0f %9.1f\n", name,
		(double) r->frames / MINUTE, (unsigned long long) r->changes,
		(unsigned long long) r->missed, (unsigned long long) r->wrong,
		(unsigned long long) r->stray,
		100.0 * (double) r->right / (double) MAX(r->counted, 1),
		soak_delay_mean(r) * 1000 / SCREENS_RATE,
		soak_delay_at(r, 0.99) * 1000.0 / SCREENS_RATE,
		(double) r->cpu_nsec / 1000 / (double) MAX(r->frames, 1));
	if (b->numbers)
		printf("%-10s numbers %llu, read %.2f %%, wrong %llu\n", "",
			(unsigned long long) r->numbers,
			100.0 * (double) r->numbers_read / (double) MAX(r->numbers, 1),
			(unsigned long long) r->numbers_wrong);
	fflush(stdout);
}

static void add(struct soak_result *sum, const struct soak_result *r)
{
	sum->frames += r->frames;
	sum->counted += r->counted;
	sum->right += r->right;
	sum->changes += r->changes;
	sum->missed += r->missed;
	sum->wrong += r->wrong;
	sum->stray += r->stray;
	sum->numbers += r->numbers;
	sum->numbers_read += r->numbers_read;
	sum->numbers_wrong += r->numbers_wrong;
	sum->cpu_nsec += r->cpu_nsec;
	for (size_t i = 0; i < ARRAY_SIZE(r->delays); i++)
		sum->delays[i] += r->delays[i];
}

static int soak_layout(const struct bench *b, int layout, int minutes, struct soak_result *sum)
{
	struct soak_result result = { 0 };
	int r = 0;

	for (int i = 0; r >= 0 && i < minutes; i++) {
		struct soak_run run = { .layout = layout,
			.frames = MINUTE,
			.numbers = b->numbers,
			.log = b->verbose ? stdout : NULL };

		soak_choose(&run, b->seed * 1000000 + (uint64_t) layout * 10000 + (uint64_t) i);
		r = soak_run(&run, &result);
	}
	print_result(b, screens_layout_name(layout), &result);
	add(sum, &result);
	return r;
}

int main(int argc, char **argv)
{
	struct bench b = { .minutes = 120, .layout = -1, .seed = 1 };
	struct soak_result sum = { 0 };
	int r = parse(&b, argc, argv);

	if (r > 0)
		return 0;
	if (r < 0) {
		fputs("recognise-soak: wrong usage, see --help\n", stderr);
		return 2;
	}
	print_head();
	for (int i = 0; r >= 0 && i < SCREENS_LAYOUTS; i++)
		if (b.layout < 0)
			r = soak_layout(&b, i, MAX(b.minutes / SCREENS_LAYOUTS, 1), &sum);
		else if (b.layout == i)
			r = soak_layout(&b, i, b.minutes, &sum);
	print_result(&b, "all", &sum);
	if (r < 0)
		fprintf(stderr, "recognise-soak: %s\n", strerror(-r));
	return r < 0 || sum.missed > 0 || sum.wrong > 0;
}
