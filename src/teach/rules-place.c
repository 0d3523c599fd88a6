/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "teach/rules-place.h"

#include <string.h>

#include "common/file.h"
#include "settings/rules-file.h"

#define FOLDER_MODE 0755
#define FILE_MODE 0644

/* The folder of a path, or the next one above that is there; cuts it in place. */
static const char *folder_of(char *path)
{
	char *slash;

	while ((slash = strrchr(path, '/')) && slash > path) {
		*slash = '\0';
		if (access(path, F_OK) == 0)
			return path;
	}
	return slash ? "/" : ".";
}

static int check_folder(struct rules_place *p)
{
	_cleanup_(freep) char *copy = strdup(p->path);
	const char *folder;

	if (!copy)
		return -ENOMEM;
	folder = folder_of(copy);
	p->editable = access(folder, W_OK | X_OK) == 0;
	if (!p->editable)
		snprintf(p->why, sizeof(p->why),
			"%.96s: the service may not write there. Set detector.rules to a file "
			"below " EGM_STATEDIR ".",
			p->path);
	return 0;
}

int rules_place_find(const struct settings *s, const char *card, struct rules_place *ret)
{
	char *real;
	int r;

	*ret = (struct rules_place){ .path = NULL };
	r = settings_path(s, s->detector.rules_file, card, &ret->path, ret->why, sizeof(ret->why));
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return 0;
	if (!ret->path) {
		snprintf(ret->why, sizeof(ret->why),
			"The rules are in the settings themselves. Set detector.rules = "
			"\"" EGM_STATEDIR
			"/rules/${card}.conf\" to have them in a file that can be "
			"written.");
		return 0;
	}
	/* A game pack makes it a link to the file beside its references. */
	real = realpath(ret->path, NULL);
	if (real) {
		free(ret->path);
		ret->path = real;
	}
	return check_folder(ret);
}

void rules_place_deinit(struct rules_place *p)
{
	free(p->path);
	p->path = NULL;
}

static int format(const struct rules *rules, char **ret, size_t *ret_size)
{
	FILE *f = open_memstream(ret, ret_size);
	int r;

	if (!f)
		return -ENOMEM;
	fputs("# Written by egm-streamer when somebody changed the rules over HTTP.\n", f);
	r = rules_file_write(rules, f);
	if (fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	return r;
}

/* The folder's path, made where it is not there. */
static int make_folder(const char *path)
{
	_cleanup_(freep) char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;

	if (!folder)
		return -ENOMEM;
	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return file_mkdir_p(folder, FOLDER_MODE);
}

int rules_place_write(const struct rules_place *p, const struct rules *rules, struct fault *f)
{
	_cleanup_(freep) char *text = NULL;
	size_t size = 0;
	int r;

	if (!p->editable)
		return fault_set(f, FAULT_NOT_EDITABLE, "%s", p->why);
	r = format(rules, &text, &size);
	if (r == -EINVAL)
		return fault_set(f, FAULT_BAD_RULES, "No file can have such rules.");
	if (r == 0)
		r = make_folder(p->path);
	if (r == 0)
		r = file_write(p->path, text, size, FILE_MODE, 1);
	if (r < 0 && r != -ENOMEM)
		return fault_set(f, FAULT_IO, "%s: %s", p->path, strerror(-r));
	return r;
}
