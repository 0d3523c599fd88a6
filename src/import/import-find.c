/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "import/import-find.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/run.h"
#include "common/usec.h"

#define CARDS_MAX 256
#define HEAD_MAX 16
#define UNIT_MAX (64 << 10)
#define UNIT_FILES_MAX 4096
#define LIST_MAX (256 << 10) /* bytes of running units */
#define LIST_USEC (60 * USEC_PER_SEC)
#define UNITS "/etc/systemd/system"
#define REFS "/var/lib/egm-streamer/refs"

/* ---- cards ---- */

int import_find_card(const char *root, const char *device, char ret[static CARD_NAME_MAX])
{
	_cleanup_(freep) char *path = import_path(root, device);
	_cleanup_(freep) char *links = import_path(root, "/dev/egm");
	_cleanup_(freep) char *node = path ? realpath(path, NULL) : NULL;
	_cleanup_(closedirp) DIR *d = links ? opendir(links) : NULL;
	const struct dirent *e;

	if (!path || !links)
		return -ENOMEM;
	for (int i = 0; node && d && i < CARDS_MAX && (e = readdir(d)); i++) {
		_cleanup_(freep) char *link = NULL, *target = NULL;

		if (!card_is_name(e->d_name))
			continue;
		if (asprintf(&link, "%s/%s", links, e->d_name) < 0) {
			link = NULL;
			return -ENOMEM;
		}
		target = realpath(link, NULL);
		if (target && strcmp(target, node) == 0) {
			snprintf(ret, CARD_NAME_MAX, "%.31s", e->d_name);
			return 0;
		}
	}
	return -ENOENT;
}

/* ---- references ---- */

struct refs {
	struct import_plan *plan;
	const struct old_config *config;
	const struct old_state *state;
	const char *card;
	int64_t *bytes;
	struct conf_report *report;
};

static void leave(struct refs *r, const char *path, const char *why)
{
	conf_report_add(r->report, CONF_WARNING, r->config->file, r->state->line, r->state->name,
		"%s is not taken over: %s", path, why);
}

static bool has_ending(const char *name)
{
	static const char *const endings[] = { ".jpg", ".jpeg", ".png", ".webp" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(endings); i++)
		if (strcasecmp(dot, endings[i]) == 0)
			return true;
	return false;
}

bool import_is_picture(const void *data, size_t n)
{
	const char *head = data;

	return (n >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0) ||
	       (n >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0) ||
	       (n >= 12 && memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WEBP", 4) == 0);
}

/* Why a file is left out, or NULL. */
static const char *check_picture(const char *path, const char *name, off_t *ret_size)
{
	_cleanup_(closep) int fd =
		open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	unsigned char head[HEAD_MAX];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errno == ELOOP ? "a link" : "cannot be opened";
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "no file";
	if (!has_ending(name))
		return "not .jpg, .jpeg, .png or .webp";
	for (const char *p = name; *p; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f)
			return "its name has control characters";
	if (st.st_size > IMPORT_FILE_MAX)
		return "longer than 32 MiB";
	n = read(fd, head, sizeof(head));
	if (n < 0 || !import_is_picture(head, (size_t) n))
		return "no picture";
	*ret_size = st.st_size;
	return NULL;
}

static int take_picture(struct refs *r, const char *folder, const char *name)
{
	_cleanup_(freep) char *from = NULL, *to = NULL;
	const char *why;
	off_t size = 0;
	int error;

	if (asprintf(&from, "%s/%s", folder, name) < 0) {
		from = NULL;
		return -ENOMEM;
	}
	if (asprintf(&to, REFS "/%s/%s/%s", r->card, r->state->name, name) < 0) {
		to = NULL;
		return -ENOMEM;
	}
	why = check_picture(from, name, &size);
	if (!why && *r->bytes + size > IMPORT_REFS_BYTES_MAX)
		why = "together they are more than 1 GiB";
	if (why) {
		leave(r, from, why);
		return 0;
	}
	*r->bytes += size;
	error = import_plan_copy(r->plan, to, from, 0644);
	if (error == -ENOMEM || error == -ENOSPC)
		return error;
	if (error < 0)
		leave(r, from, strerror(-error));
	return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int take_folder(struct refs *r, const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_shown, compare_names), error = 0;

	if (n < 0) {
		leave(r, folder, errno == ENOENT ? "no such folder" : strerror(errno));
		return 0;
	}
	if (n > IMPORT_REFS_MAX)
		leave(r, folder, "it has more than 1024 files, of which the first are taken");
	for (int i = 0; i < n; i++) {
		if (error == 0 && i < IMPORT_REFS_MAX)
			error = take_picture(r, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return error;
}

/* refs_dir is absolute or under base_refs_dir, that is absolute or taken to be beside the YAML. */
static char *folder_of(const struct refs *r)
{
	const char *root = r->plan->root, *base = r->config->detector.refs;
	const char *dir = r->state->refs_dir ? r->state->refs_dir : r->state->name;
	const char *file = r->config->file, *slash = strrchr(file, '/');
	char *ret;
	int n;

	if (*dir == '/')
		return import_path(root, dir);
	if (*base == '/')
		n = asprintf(&ret, "%s%s/%s", root, base, dir);
	else
		n = asprintf(
			&ret, "%.*s%s/%s", slash ? (int) (slash + 1 - file) : 0, file, base, dir);
	return n < 0 ? NULL : ret;
}

int import_find_refs(struct import_plan *p, const struct old_config *c, const char *card,
	int64_t *bytes, struct conf_report *report)
{
	struct refs r = { .plan = p, .config = c, .card = card, .bytes = bytes, .report = report };
	int error = 0;

	for (int i = 0; error == 0 && i < c->detector.n_states; i++) {
		_cleanup_(freep) char *folder = NULL;

		r.state = &c->detector.states[i];
		folder = folder_of(&r);
		error = folder ? take_folder(&r, folder) : -ENOMEM;
	}
	return error;
}

/* ---- units ---- */

/* Ours says --card; the original was a Python program with a file of settings. */
bool import_is_old_unit(const char *text)
{
	for (const char *line = text; line && *line;) {
		size_t n = strcspn(line, "\n");
		_cleanup_(freep) char *copy = strndup(line, n);

		if (copy && strncmp(copy, "ExecStart=", 10) == 0 && strstr(copy, "egm-streamer") &&
			strstr(copy, " serve") && strstr(copy, "--config") &&
			!strstr(copy, "--card") && !strstr(copy, "--config-dir"))
			return true;
		line += n + (line[n] == '\n');
	}
	return false;
}

static bool is_unit_name(const char *name)
{
	static const char prefix[] = CARD_UNIT_BEGIN, suffix[] = CARD_UNIT_END;
	size_t n = strlen(name);

	return n >= sizeof(prefix) + sizeof(suffix) - 2 && n < 200 &&
	       strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       strcmp(name + n - sizeof(suffix) + 1, suffix) == 0 &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789:_.\\-@")];
}

static int add_removal(struct import_plan *p, const char *folder, const char *name)
{
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	p->reload = true;
	return import_plan_remove(p, path);
}

/* One unit file, or link to one. */
static int take_unit(
	struct import_plan *p, const char *name, bool *ret_template, struct conf_report *report)
{
	_cleanup_(freep) char *full = NULL, *text = NULL;
	int r;

	if (asprintf(&full, "%s" UNITS "/%s", p->root, name) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	r = file_read(full, UNIT_MAX, &text, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !import_is_old_unit(text)) {
		conf_report_add(report, CONF_NOTE, full, 0, NULL,
			"stays, for it is not the original's; it stands before ours");
		return 0;
	}
	*ret_template |= strstr(name, "@.") != NULL;
	return add_removal(p, UNITS, name);
}

static int take_links(struct import_plan *p, const char *folder)
{
	_cleanup_(freep) char *full = import_path(p->root, folder);
	_cleanup_(closedirp) DIR *d = full ? opendir(full) : NULL;
	const struct dirent *e;
	int r = full ? 0 : -ENOMEM;

	for (int i = 0; r == 0 && d && i < UNIT_FILES_MAX && (e = readdir(d)); i++) {
		struct stat st;

		if (!is_unit_name(e->d_name) ||
			fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISLNK(st.st_mode))
			continue;
		r = add_removal(p, folder, e->d_name);
		if (r == 0 && p->systemctl)
			r = import_plan_unit(p->stop, &p->n_stop, e->d_name);
	}
	return r;
}

static bool enables(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (strcmp(dot, ".wants") == 0 || strcmp(dot, ".requires") == 0);
}

static int take_all_links(struct import_plan *p, struct dirent *const *names, int n)
{
	int r = 0;

	for (int i = 0; r == 0 && i < n && i < UNIT_FILES_MAX; i++) {
		_cleanup_(freep) char *folder = NULL;

		if (!enables(names[i]->d_name))
			continue;
		if (asprintf(&folder, UNITS "/%s", names[i]->d_name) < 0) {
			folder = NULL;
			return -ENOMEM;
		}
		r = take_links(p, folder);
	}
	return r;
}

static int find_running(struct import_plan *p)
{
	const char *const argv[] = { p->systemctl, "list-units", "--plain", "--no-legend", "--full",
		"--no-pager", CARD_UNITS, NULL };
	_cleanup_(freep) char *text = malloc(LIST_MAX);
	const struct run how = {
		.output = RUN_WHOLE, .timeout_usec = LIST_USEC, .text = text, .size = LIST_MAX
	};
	char *line, *rest = NULL;
	int r;

	if (!text)
		return -ENOMEM;
	r = run_program(argv, &how);
	if (r != 0)
		return r < 0 ? r : -EIO;
	for (line = strtok_r(text, "\n", &rest); r == 0 && line;
		line = strtok_r(NULL, "\n", &rest)) {
		char name[256], load[32], active[32];

		if (sscanf(line, "%255s %31s %31s", name, load, active) == 3 &&
			is_unit_name(name) && strcmp(active, "inactive") != 0)
			r = import_plan_unit(p->stop, &p->n_stop, name);
	}
	return r;
}

static int find_units(
	struct import_plan *p, struct dirent *const *names, int n, struct conf_report *report)
{
	bool template = false;
	int r = 0;

	for (int i = 0; r == 0 && i < n && i < UNIT_FILES_MAX; i++) {
		if (is_unit_name(names[i]->d_name))
			r = take_unit(p, names[i]->d_name, &template, report);
		if (strcmp(names[i]->d_name, "egm-streamer@.service.d") == 0)
			conf_report_add(report, CONF_WARNING, UNITS "/egm-streamer@.service.d", 0,
				NULL,
				"is in force for our units as well: look through it, or remove it");
	}
	if (r == 0 && template)
		r = take_all_links(p, names, n);
	if (r == 0 && template && p->systemctl)
		r = find_running(p);
	return r;
}

int import_find_units(struct import_plan *p, struct conf_report *report)
{
	_cleanup_(freep) char *full = import_path(p->root, UNITS);
	struct dirent **names = NULL;
	int n = full ? scandir(full, &names, is_shown, compare_names) : -1;
	int r = n < 0 && errno != ENOENT ? -errno : 0;

	if (!full)
		return -ENOMEM;
	if (n > 0)
		r = find_units(p, names, n, report);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	if (r < 0)
		conf_report_add(report, CONF_ERROR, UNITS, 0, NULL, "cannot be looked through: %s",
			strerror(-r));
	return r;
}
