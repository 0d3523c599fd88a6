/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pack/pack-private.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "media/picture.h"
#include "recognize/truth.h"
#include "settings/rules-file.h"

int pack_refuse(int r, char *why, size_t why_size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, why_size, fmt, ap);
	va_end(ap);
	for (char *c = why; why_size && *c; c++)
		if (pack_is_control(c))
			*c = '?';
	return r;
}

bool pack_is_control(const char *c)
{
	const unsigned char *byte = (const unsigned char *) c;

	return *byte < ' ' || *byte == 0x7f ||
	       (byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0);
}

/* --- names --- */

bool pack_is_picture(const char *name)
{
	static const char *const suffixes[] = { ".jpg", ".jpeg", ".png", ".webp" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && dot > name && i < ARRAY_SIZE(suffixes); i++)
		if (strcasecmp(dot, suffixes[i]) == 0)
			return true;
	return false;
}

/* Printable ASCII: the same on every disk and in every locale. */
bool pack_picture_name_allowed(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if (name[i] < ' ' || name[i] > '~' || name[i] == '/' || name[i] == '\\')
			return false;
	return size <= PACK_FILE_NAME_MAX && name[0] != '.' && pack_is_picture(name);
}

static size_t state_name_length(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789_-");
}

bool pack_name_allowed(const char *name, size_t *ret_max)
{
	size_t length;

	if (strcmp(name, PACK_RULES) == 0) {
		*ret_max = RULES_FILE_MAX;
		return true;
	}
	if (strcmp(name, PACK_REFS PACK_CREDITS) == 0) {
		*ret_max = TRUTH_TEXT_MAX;
		return true;
	}
	if (strcmp(name, PACK_REFS PACK_DIGITS) == 0) {
		*ret_max = LESSONS_TEXT_MAX;
		return true;
	}
	if (strncmp(name, PACK_REFS, strlen(PACK_REFS)) != 0)
		return false;
	name += strlen(PACK_REFS);
	length = state_name_length(name);
	if (length < 1 || length > RULES_NAME_MAX || name[length] != '/')
		return false;
	*ret_max = PICTURE_BYTES_MAX;
	return pack_picture_name_allowed(name + length + 1);
}

/* --- files --- */

int pack_add(struct pack *p, const char *name, uint8_t *data, size_t size)
{
	_cleanup_(freep) uint8_t *owned = data;
	struct pack_file *files;
	char *copy;

	if (p->n_files >= PACK_FILES_MAX || size > PACK_BYTES_MAX - p->bytes)
		return -ENOSPC;
	files = reallocarray(p->files, p->n_files + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	p->files = files;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	files[p->n_files++] =
		(struct pack_file){ .name = copy, .data = TAKE_PTR(owned), .size = size };
	p->bytes += size;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct pack_file *left = a, *right = b;

	return strcmp(left->name, right->name);
}

void pack_sort(struct pack *p)
{
	if (p->n_files > 1)
		qsort(p->files, p->n_files, sizeof(*p->files), by_name);
}

struct pack_file *pack_find(const struct pack *p, const char *name)
{
	const struct pack_file key = { .name = (char *) name };

	if (p->n_files == 0)
		return NULL;
	return bsearch(&key, p->files, p->n_files, sizeof(*p->files), by_name);
}

/* --- what the files hold --- */

static int check_rules(struct pack *p, char *why, size_t why_size)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	const struct pack_file *f = pack_find(p, PACK_RULES);
	int r;

	if (!f)
		return pack_refuse(-EBADMSG, why, why_size, "there is no " PACK_RULES " in it");
	r = rules_file_parse((const char *) f->data, f->size, PACK_RULES, &p->rules, &report);
	if (r == -EINVAL && report.n > 0) {
		char text[PACK_WHY_SIZE];

		for (size_t i = 0; i < report.n; i++)
			if (report.findings[i].severity == CONF_ERROR)
				return pack_refuse(-EBADMSG, why, why_size, "%s",
					conf_finding_format(
						&report.findings[i], text, sizeof(text)));
	}
	if (r < 0)
		return pack_refuse(r == -ENOMEM ? r : -EBADMSG, why, why_size, PACK_RULES ": %s",
			strerror(-r));
	return 0;
}

static int check_credits(const struct pack *p, char *why, size_t why_size)
{
	_cleanup_(truth_pictures_deinit) struct truth_pictures numbers = { 0 };
	const struct pack_file *f = pack_find(p, PACK_REFS PACK_CREDITS);
	char text[TRUTH_WHY_SIZE] = "";
	int r;

	if (!f)
		return 0;
	r = truth_pictures_parse((const char *) f->data, f->size, &numbers, text, sizeof(text));
	return r < 0 ? pack_refuse(r, why, why_size, "%s: %s", f->name,
			       r == -ENOMEM ? strerror(ENOMEM) : text)
		     : 0;
}

static int check_digits(struct pack *p, char *why, size_t why_size)
{
	const struct pack_file *f = pack_find(p, PACK_REFS PACK_DIGITS);
	char text[LESSONS_WHY_SIZE] = "";
	int r;

	if (!f)
		return 0;
	r = lessons_parse(
		&p->lessons, &p->rules, (const char *) f->data, f->size, text, sizeof(text));
	return r < 0 ? pack_refuse(r, why, why_size, "%s: %s", f->name, text) : 0;
}

static int check_picture(
	struct pack *p, const struct pack_file *f, uint64_t *pixels, char *why, size_t why_size)
{
	const char *name = f->name + strlen(PACK_REFS);
	char state[RULES_NAME_MAX + 1], text[PACK_WHY_SIZE];
	_cleanup_(frame_unrefp) struct frame *frame = NULL;
	int index, r;

	snprintf(state, sizeof(state), "%.*s", (int) state_name_length(name), name);
	if (rules_find_state(&p->rules, state, &index) < 0 || index < 0)
		return pack_refuse(
			-EBADMSG, why, why_size, "%s: the rules have no such state", f->name);
	r = picture_decode(&frame, f->data, f->size, text, sizeof(text));
	if (r < 0)
		return pack_refuse(r, why, why_size, "%s: %s", f->name, text);
	*pixels += (uint64_t) frame->width * (uint64_t) frame->height;
	if (*pixels > PACK_PIXELS_MAX)
		return pack_refuse(
			-EFBIG, why, why_size, "its pictures have too many pixels, all together");
	p->references[index]++;
	return 0;
}

int pack_check(struct pack *p, char *why, size_t why_size)
{
	uint64_t pixels = 0;
	int r = check_rules(p, why, why_size);

	if (r == 0)
		r = check_credits(p, why, why_size);
	if (r == 0)
		r = check_digits(p, why, why_size);
	for (size_t i = 0; r == 0 && i < p->n_files; i++)
		if (pack_is_picture(p->files[i].name))
			r = check_picture(p, &p->files[i], &pixels, why, why_size);
	return r;
}

/* --- what is asked for --- */

int pack_format(const struct pack *p)
{
	return p->format;
}

const char *pack_game(const struct pack *p)
{
	return p->game;
}

const char *pack_note(const struct pack *p)
{
	return p->note;
}

int64_t pack_date(const struct pack *p)
{
	return p->date;
}

size_t pack_bytes(const struct pack *p)
{
	return p->bytes;
}

const struct rules *pack_rules(const struct pack *p)
{
	return &p->rules;
}

const struct lessons *pack_lessons(const struct pack *p)
{
	return p->lessons;
}

size_t pack_references(const struct pack *p, int state)
{
	size_t n = 0;

	for (int i = 0; i < p->rules.n_states; i++)
		if (i == state || state == STATE_OTHER)
			n += p->references[i];
	return n;
}

struct pack *pack_free(struct pack *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n_files; i++) {
		free(p->files[i].name);
		free(p->files[i].data);
	}
	free(p->files);
	free(p->game);
	free(p->note);
	lessons_free(p->lessons);
	rules_deinit(&p->rules);
	free(p);
	return NULL;
}
