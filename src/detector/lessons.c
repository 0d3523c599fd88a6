/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector/lessons.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "detector/lessons-private.h"

#define CHARACTERS "0123456789,."
#define FOLDER_MODE 0755
#define FILE_MODE 0644
#define PATH_OF_FD "/proc/self/fd/%d/%s" /* the folder that is open, whatever its name is now */

int lessons_new(struct lessons **ret, const struct rules *rules)
{
	struct lessons *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->rules = rules;
	l->fd = -1;
	*ret = l;
	return 0;
}

struct lessons *lessons_free(struct lessons *l)
{
	if (!l)
		return NULL;
	for (int i = 0; i < RULES_NUMBERS_MAX; i++)
		while (l->sets[i].n > 0)
			lessons_remove(l, i, l->sets[i].n - 1);
	closep(&l->fd);
	free(l->folder);
	free(l);
	return NULL;
}

/* --- what is kept --- */

bool lessons_text_valid(const char *text)
{
	return text[strspn(text, " ")] && strlen(text) <= DIGITS_MAX &&
	       !text[strspn(text, CHARACTERS " ")];
}

static int count_of(const struct lesson_set *set, char character)
{
	int n = 0;

	for (int i = 0; i < set->n; i++)
		n += strchr(set->items[i].text, character) != NULL;
	return n;
}

static bool is_useful(const struct lesson_set *set, const char *text)
{
	for (; *text; text++)
		if (*text != ' ' && count_of(set, *text) < LESSONS_EACH)
			return true;
	return false;
}

int lessons_put(struct lessons *l, int number, struct lesson *lesson)
{
	struct lesson_set *set = &l->sets[number];
	size_t bytes = (size_t) lesson->crop.picture.width * (size_t) lesson->crop.picture.height;

	if (!is_useful(set, lesson->text))
		return -EALREADY;
	if (set->n == LESSONS_MAX ||
		set->bytes + bytes > LESSONS_BYTES_MAX / (size_t) MAX(l->rules->n_numbers, 1))
		return -ENOSPC;
	set->bytes += bytes;
	set->items[set->n++] = *lesson;
	*lesson = (struct lesson){ 0 };
	return 0;
}

int lessons_add(
	struct lessons *l, int number, const struct grey *picture, struct rect r, const char *text)
{
	struct lesson lesson = { 0 };
	int err;

	if (number < 0 || number >= l->rules->n_numbers || !lessons_text_valid(text))
		return -EINVAL;
	memcpy(lesson.text, text, strlen(text));
	err = crop_take(&lesson.crop, picture, r);
	if (err >= 0)
		err = lessons_put(l, number, &lesson);
	crop_deinit(&lesson.crop);
	return err;
}

int lessons_count(const struct lessons *l, int number)
{
	return l->sets[number].n;
}

const struct lesson *lessons_get(const struct lessons *l, int number, int i)
{
	return &l->sets[number].items[i];
}

void lessons_remove(struct lessons *l, int number, int i)
{
	struct lesson_set *set = &l->sets[number];
	struct crop *crop = &set->items[i].crop;

	set->bytes -= (size_t) crop->picture.width * (size_t) crop->picture.height;
	crop_deinit(crop);
	set->n--;
	memmove(&set->items[i], &set->items[i + 1], (size_t) (set->n - i) * sizeof(set->items[0]));
	set->items[set->n] = (struct lesson){ 0 };
}

unsigned lessons_digits(const struct lessons *l, int number)
{
	unsigned digits = 0;

	for (char c = '0'; c <= '9'; c++)
		if (count_of(&l->sets[number], c) > 0)
			digits |= 1U << (c - '0');
	return digits;
}

const char *lessons_left_out(const struct lessons *l)
{
	return l->left_out[0] ? l->left_out : NULL;
}

/* 0, or 1 when it contradicts what is known. */
static int teach(const struct lessons *l, struct recogniser *r, int number, int i)
{
	const struct lesson *lesson = lessons_get(l, number, i);
	int err = recogniser_teach_number(
		r, number, &lesson->crop.picture, lesson->crop.rect, lesson->text, true);

	return err == -ENOMEM ? err : err < 0 && err != -ENOSPC;
}

int lessons_teach(struct lessons *l, struct recogniser *r,
	void (*refused)(const char *why, void *userdata), void *userdata)
{
	for (int n = 0; n < l->rules->n_numbers; n++)
		for (int i = 0; i < l->sets[n].n;) {
			char why[LESSONS_WHY_SIZE];
			int err = teach(l, r, n, i);

			if (err < 0)
				return err;
			if (err == 0) {
				i++;
				continue;
			}
			snprintf(why, sizeof(why),
				"%s: the picture of %s contradicts what is known, and is left out",
				l->rules->numbers[n].name, lessons_get(l, n, i)->text);
			refused(why, userdata);
			lessons_remove(l, n, i);
		}
	return 0;
}

/* --- the file --- */

static int open_folder(struct lessons *l, const char *folder)
{
	l->folder = strdup(folder);
	if (!l->folder)
		return -ENOMEM;
	l->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return l->fd < 0 && errno != ENOENT ? -errno : 0;
}

int lessons_open_anew(struct lessons **ret, const struct rules *rules, const char *folder)
{
	_cleanup_(lessons_freep) struct lessons *l = NULL;
	int r = lessons_new(&l, rules);

	if (r < 0)
		return r;
	r = open_folder(l, folder);
	if (r == -ENOMEM)
		return r;
	l->refused = true;
	*ret = TAKE_PTR(l);
	return 0;
}

static int say(int r, char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s", text);
	return r;
}

int lessons_open(struct lessons **ret, const struct rules *rules, const char *folder, char *why,
	size_t why_size)
{
	_cleanup_(lessons_freep) struct lessons *none = NULL, *l = NULL;
	_cleanup_(freep) char *text = NULL;
	char path[64];
	size_t size;
	int r = lessons_new(&none, rules);

	if (r >= 0)
		r = open_folder(none, folder);
	if (r >= 0 && none->fd >= 0) {
		snprintf(path, sizeof(path), PATH_OF_FD, none->fd, LESSONS_FILE);
		r = file_read(path, LESSONS_TEXT_MAX, &text, &size);
	}
	if (r == -EFBIG)
		return say(r, why, why_size, "longer than digits can be");
	if (r < 0 && r != -ENOENT)
		return say(r, why, why_size, strerror(-r));
	if (!text) {
		*ret = TAKE_PTR(none);
		return 0;
	}
	r = lessons_parse(&l, rules, text, size, why, why_size);
	if (r < 0)
		return r;
	l->folder = TAKE_PTR(none->folder);
	l->fd = TAKE_FD(none->fd);
	*ret = TAKE_PTR(l);
	return 0;
}

int lessons_image(struct lessons *l, struct lessons_image *ret)
{
	struct lessons_image i = { .fd = -1, .refused = l->refused };

	i.folder = strdup(l->folder);
	i.text = lessons_format(l, &i.size);
	if (!i.folder || !i.text) {
		lessons_image_deinit(&i);
		return -ENOMEM;
	}
	if (l->fd >= 0) {
		i.fd = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
		if (i.fd < 0) {
			int r = -errno;

			lessons_image_deinit(&i);
			return r;
		}
	}
	l->refused = false;
	*ret = i;
	return 0;
}

void lessons_image_deinit(struct lessons_image *i)
{
	closep(&i->fd);
	free(i->folder);
	free(i->text);
	*i = (struct lessons_image){ .fd = -1 };
}

/* Not in one that somebody else has made since: it may be another game's. */
static int make_folder(struct lessons_image *i)
{
	if (mkdir(i->folder, FOLDER_MODE) < 0)
		return -errno;
	i->fd = open(i->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return i->fd < 0 ? -errno : 0;
}

int lessons_image_write(struct lessons_image *i)
{
	char path[64];
	int r = i->fd < 0 ? make_folder(i) : 0;

	if (r < 0)
		return r;
	if (i->refused && renameat(i->fd, LESSONS_FILE, i->fd, LESSONS_FILE ".refused") < 0 &&
		errno != ENOENT)
		return -errno;
	snprintf(path, sizeof(path), PATH_OF_FD, i->fd, LESSONS_FILE);
	return file_write(path, i->text, i->size, FILE_MODE, 1);
}

void lessons_image_done(struct lessons *l, struct lessons_image *i)
{
	if (l->fd < 0 && strcmp(l->folder, i->folder) == 0)
		l->fd = TAKE_FD(i->fd);
}
