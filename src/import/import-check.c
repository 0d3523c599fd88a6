/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-check.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/run.h"
#include "common/tree.h"
#include "common/usec.h"

#define ENTRIES_MAX 4096 /* of a folder */
#define CHECK_USEC (60 * USEC_PER_SEC)
#define CARDS "/etc/egm/cards/"

struct stage {
	const struct import_plan *plan;
	char folder[64];
};

/* What is in one of the machine's folders, but what is there already. */
static int link_folder(const char *from, const char *to)
{
	_cleanup_(closedirp) DIR *d = opendir(from);
	const struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		_cleanup_(freep) char *target = NULL, *link = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (++n > ENTRIES_MAX)
			return -E2BIG;
		if (asprintf(&target, "%s/%s", from, e->d_name) < 0) {
			target = NULL;
			return -ENOMEM;
		}
		if (asprintf(&link, "%s/%s", to, e->d_name) < 0) {
			link = NULL;
			return -ENOMEM;
		}
		if (symlink(target, link) < 0 && errno != EEXIST)
			return -errno;
	}
	return d || errno == ENOENT ? 0 : -errno;
}

/* Which files of a folder count, and what they include, is for the program to say: so all of it is
 * there, by links. */
static int link_machine(const struct stage *s)
{
	_cleanup_(freep) char *given = import_path(s->plan->root, "/etc/egm");
	_cleanup_(freep) char *base = given ? realpath(given, NULL) : NULL;
	_cleanup_(freep) char *from = NULL, *to = NULL;
	int r;

	if (!given)
		return -ENOMEM;
	if (!base)
		return errno == ENOENT ? 0 : -errno;
	from = import_path(base, "/cards");
	to = import_path(s->folder, "/cards");
	if (!from || !to)
		return -ENOMEM;
	r = link_folder(base, s->folder);
	return r < 0 ? r : link_folder(from, to);
}

static bool is_card_file(const struct import_item *i)
{
	return strncmp(i->path, CARDS, strlen(CARDS)) == 0;
}

static int write_card(const struct stage *s, const struct import_item *i)
{
	_cleanup_(freep) char *path = import_path(s->folder, i->path + strlen("/etc/egm"));

	return path ? file_write(path, i->data, i->size, 0600, 0) : -ENOMEM;
}

static int make_stage(struct stage *s)
{
	const struct import_plan *p = s->plan;
	const char *tmp = getenv("TMPDIR");
	char folder[128];
	int r = 0;

	snprintf(s->folder, sizeof(s->folder), "%.40s/egm-import.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(s->folder)) {
		s->folder[0] = '\0';
		return -errno;
	}
	snprintf(folder, sizeof(folder), "%s/cards", s->folder);
	if (mkdir(folder, 0700) < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < p->n_items; i++)
		if (is_card_file(&p->items[i]))
			r = write_card(s, &p->items[i]);
	return r < 0 ? r : link_machine(s);
}

static void remove_stage(const struct stage *s)
{
	if (s->folder[0])
		(void) tree_remove_at(AT_FDCWD, s->folder);
}

static int run(const struct stage *s, const char *program, const char *card)
{
	const char *const argv[] = { program, "--check-config", "--config-dir", s->folder, "--card",
		card, NULL };
	/* What is fine about the settings is not what one wants to read in between. */
	const struct run how = { .output = RUN_SILENT, .timeout_usec = CHECK_USEC };
	int r = run_program(argv, &how);

	return r > 0 ? -EINVAL : r;
}

static int check_card(const struct stage *s, const struct import_item *i, const char *program)
{
	const char *name = i->path + strlen(CARDS);
	char card[64];

	snprintf(card, sizeof(card), "%.*s", (int) (strrchr(name, '.') - name), name);
	return run(s, program, card);
}

int import_check(const struct import_plan *p, const char *program, char *why, size_t why_size)
{
	struct stage s = { .plan = p };
	int r = make_stage(&s);

	for (size_t i = 0; r == 0 && i < p->n_items; i++)
		if (is_card_file(&p->items[i]))
			r = check_card(&s, &p->items[i], program);
	remove_stage(&s);
	if (r == -EINVAL)
		snprintf(why, why_size, "egm-streamer does not take these settings");
	else if (r < 0)
		snprintf(why, why_size, "the settings cannot be checked with %s: %s", program,
			strerror(-r));
	return r;
}
