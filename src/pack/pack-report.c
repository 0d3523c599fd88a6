/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack/pack-report.h"

#include <jansson.h>
#include <time.h>

#define DATE_SIZE 32

static const char *mode_name(const struct rules *rules)
{
	return rules->mode == MODE_COMPATIBLE ? "compatible" : "better";
}

/* "1 state", "3 states" */
static void print_count(FILE *f, size_t n, const char *what)
{
	fprintf(f, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

static void print_size(FILE *f, size_t bytes)
{
	if (bytes < 1000000)
		fprintf(f, "%.1f kB", (double) bytes / 1000);
	else
		fprintf(f, "%.1f MB", (double) bytes / 1000000);
}

static struct tm time_of(const struct pack *p)
{
	time_t date = (time_t) pack_date(p);
	struct tm tm = { .tm_mday = 1 };

	return gmtime_r(&date, &tm) ? tm : (struct tm){ .tm_mday = 1 };
}

void pack_report_line(FILE *f, const struct pack *p)
{
	fprintf(f, "\"%s\", ", pack_game(p));
	print_count(f, (size_t) pack_rules(p)->n_states, "state");
	fputs(", ", f);
	print_count(f, pack_references(p, STATE_OTHER), "picture");
	fputs(", ", f);
	print_size(f, pack_bytes(p));
	fputc('\n', f);
}

static void print_states(FILE *f, const struct pack *p)
{
	const struct rules *rules = pack_rules(p);
	const char *label = "States";

	for (int i = 0; i < rules->n_states; i++, label = "") {
		const struct state *s = &rules->states[i];

		fprintf(f, "%-9s%-20s ", label, s->name);
		print_count(f, (size_t) s->n_rois, "region");
		fputs(", ", f);
		print_count(f, pack_references(p, i), "picture");
		fputc('\n', f);
	}
}

static int count_learnt(const struct pack *p, int number)
{
	return pack_lessons(p) ? lessons_count(pack_lessons(p), number) : 0;
}

static void list_digits(const struct pack *p, int number, char ret[11])
{
	unsigned digits = lessons_digits(pack_lessons(p), number);

	for (int i = 0; i < 10; i++)
		if (digits >> i & 1)
			*ret++ = (char) ('0' + i);
	*ret = '\0';
}

static void print_number(FILE *f, const struct pack *p, int number)
{
	const char *name = pack_rules(p)->numbers[number].name;
	int n = count_learnt(p, number);
	char digits[11];

	fprintf(f, "%-9s", number ? "" : "Numbers");
	if (n > 0) {
		list_digits(p, number, digits);
		fprintf(f, "%-20s digits %s learnt from ", name, digits);
		print_count(f, (size_t) n, "picture");
	} else {
		fputs(name, f);
	}
	fputc('\n', f);
}

void pack_report_text(FILE *f, const struct pack *p)
{
	const struct rules *rules = pack_rules(p);
	const struct tm tm = time_of(p);
	char date[DATE_SIZE];

	strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
	fprintf(f, "Game     %s\n", pack_game(p));
	if (*pack_note(p))
		fprintf(f, "Note     %s\n", pack_note(p));
	fprintf(f, "Date     %s UTC\n", date);
	fprintf(f, "Format   %d\n", pack_format(p));
	fprintf(f, "Screen   %dx%d\n", rules->width, rules->height);
	fprintf(f, "Mode     %s\n", mode_name(rules));
	fputs("Size     ", f);
	print_size(f, pack_bytes(p));
	fputs(", ", f);
	print_count(f, pack_references(p, STATE_OTHER), "picture");
	fputc('\n', f);
	print_states(f, p);
	for (int i = 0; i < rules->n_numbers; i++)
		print_number(f, p, i);
}

static json_t *states_json(const struct pack *p)
{
	const struct rules *rules = pack_rules(p);
	json_t *list = json_array();

	for (int i = 0; list && i < rules->n_states; i++) {
		const struct state *s = &rules->states[i];

		if (json_array_append_new(
			    list, json_pack("{s:s, s:i, s:I}", "name", s->name, "rois", s->n_rois,
					  "references", (json_int_t) pack_references(p, i))) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *numbers_json(const struct rules *rules)
{
	json_t *list = json_array();

	for (int i = 0; list && i < rules->n_numbers; i++) {
		if (json_array_append_new(list, json_string(rules->numbers[i].name)) == 0)
			continue;
		json_decref(list);
		return NULL;
	}
	return list;
}

/* For each number with learnt digits. */
static json_t *learnt_json(const struct pack *p)
{
	const struct rules *rules = pack_rules(p);
	json_t *object = json_object();

	for (int i = 0; object && i < rules->n_numbers; i++) {
		char digits[11];

		if (count_learnt(p, i) == 0)
			continue;
		list_digits(p, i, digits);
		if (json_object_set_new(object, rules->numbers[i].name,
			    json_pack("{s:s, s:i}", "digits", digits, "pictures",
				    count_learnt(p, i))) == 0)
			continue;
		json_decref(object);
		return NULL;
	}
	return object;
}

int pack_report_json(FILE *f, const struct pack *p)
{
	const struct rules *rules = pack_rules(p);
	const struct tm tm = time_of(p);
	char date[DATE_SIZE];
	json_t *root;

	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	root = json_pack("{s:i, s:s, s:s, s:s, s:I, s:s, s:i, s:i, s:I, s:o, s:o, s:o}", "format",
		pack_format(p), "game", pack_game(p), "note", pack_note(p), "date", date, "bytes",
		(json_int_t) pack_bytes(p), "mode", mode_name(rules), "width", rules->width,
		"height", rules->height, "references", (json_int_t) pack_references(p, STATE_OTHER),
		"states", states_json(p), "numbers", numbers_json(rules), "learnt", learnt_json(p));
	if (!root)
		return -ENOMEM;
	/* What cannot be written is found out by who flushes the stream. */
	(void) json_dumpf(root, f, JSON_INDENT(2));
	fputc('\n', f);
	json_decref(root);
	return 0;
}
