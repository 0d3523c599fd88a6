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

#define CONF_MAX (1 << 20)
#define CONFS_MAX 256
#define CHECK_USEC (60 * USEC_PER_SEC)
#define CARDS "/etc/egm/cards/"

struct stage {
	const struct import_plan *plan;
	char folder[64];
};

/* One of the machine's files into the folder; what is not there need not be. */
static int copy(const struct stage *s, const char *name)
{
	_cleanup_(freep) char *from = NULL, *to = NULL, *data = NULL;
	size_t size;
	int r;

	if (asprintf(&from, "%s/etc/egm/%s", s->plan->root, name) < 0) {
		from = NULL;
		return -ENOMEM;
	}
	if (asprintf(&to, "%s/%s", s->folder, name) < 0) {
		to = NULL;
		return -ENOMEM;
	}
	r = file_read(from, CONF_MAX, &data, &size);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = file_write(to, data, size, 0600, 0);
	explicit_bzero(data, size);
	return r;
}

static int copy_folder(const struct stage *s)
{
	_cleanup_(freep) char *path = import_path(s->plan->root, "/etc/egm/streamer.conf.d");
	DIR *d = path ? opendir(path) : NULL;
	const struct dirent *e;
	int r = path ? 0 : -ENOMEM;

	for (int i = 0; r == 0 && d && i < CONFS_MAX && (e = readdir(d)); i++) {
		_cleanup_(freep) char *name = NULL;

		if (e->d_name[0] == '.' || !strstr(e->d_name, ".conf"))
			continue;
		if (asprintf(&name, "streamer.conf.d/%s", e->d_name) < 0)
			name = NULL;
		r = name ? copy(s, name) : -ENOMEM;
	}
	if (d)
		closedir(d);
	return r;
}

static int make_stage(struct stage *s)
{
	const char *tmp = getenv("TMPDIR");
	char folder[128];
	int r;

	snprintf(s->folder, sizeof(s->folder), "%.40s/egm-import.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(s->folder)) {
		s->folder[0] = '\0';
		return -errno;
	}
	snprintf(folder, sizeof(folder), "%s/streamer.conf.d", s->folder);
	if (mkdir(folder, 0700) < 0)
		return -errno;
	snprintf(folder, sizeof(folder), "%s/cards", s->folder);
	if (mkdir(folder, 0700) < 0)
		return -errno;
	r = copy(s, "streamer.conf");
	return r < 0 ? r : copy_folder(s);
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
	_cleanup_(freep) char *path = NULL;
	char card[64];
	int r;

	if (asprintf(&path, "%s/cards/%s", s->folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = file_write(path, i->data, i->size, 0600, 0);
	snprintf(card, sizeof(card), "%.*s", (int) (strrchr(name, '.') - name), name);
	return r < 0 ? r : run(s, program, card);
}

int import_check(const struct import_plan *p, const char *program, char *why, size_t why_size)
{
	struct stage s = { .plan = p };
	int r = make_stage(&s);

	for (size_t i = 0; r == 0 && i < p->n_items; i++)
		if (strncmp(p->items[i].path, CARDS, strlen(CARDS)) == 0)
			r = check_card(&s, &p->items[i], program);
	remove_stage(&s);
	if (r == -EINVAL)
		snprintf(why, why_size, "egm-streamer does not take these settings");
	else if (r < 0)
		snprintf(why, why_size, "the settings cannot be checked with %s: %s", program,
			strerror(-r));
	return r;
}
