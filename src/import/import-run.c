/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way of an import: read all files, plan, show, check, ask, do. */
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "import/import-check.h"
#include "import/import-console.h"
#include "import/import-find.h"
#include "import/import-write.h"
#include "import/import.h"

#define FILES_MAX 32
#define CARDS_MAX (FILES_MAX * OLD_STREAMS_MAX)

struct run {
	const struct import_options *o;
	struct import_plan plan;
	struct conf_report report;
	char cards[CARDS_MAX][CARD_NAME_MAX]; /* taken so far */
	size_t n_cards;
	int64_t bytes;
	struct import_addresses addresses; /* of the original's API */
	bool given[IMPORT_CARDS_MAX];      /* which --card has been made use of */
};

/* ---- words ---- */

PRINTF_LIKE(1, 2) static int complain(const char *fmt, ...)
{
	_cleanup_(freep) char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	fflush(stdout);
	fputs("egmctl import: ", stderr);
	import_put_clean(text ? text : "out of memory", stderr);
	fputc('\n', stderr);
	return IMPORT_FAILED;
}

/* The exit status for an error. */
static int status_of(int r)
{
	return r == -EACCES || r == -EPERM ? IMPORT_NOT_ALLOWED : IMPORT_FAILED;
}

/* Whoever presses Ctrl-C is too late: half of it is what nobody wants. */
static void hold_signals(bool hold)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void tell_findings(const struct run *run)
{
	static const char *const words[] = {
		[CONF_NOTE] = "note: ",
		[CONF_WARNING] = "warning: ",
		[CONF_ERROR] = "error: ",
	};
	size_t told = 0;

	fflush(stdout);
	for (size_t i = 0; i < run->report.n; i++) {
		char line[1024];

		fputs(words[run->report.findings[i].severity], stderr);
		conf_finding_format(&run->report.findings[i], line, sizeof(line));
		import_put_clean(line, stderr);
		fputc('\n', stderr);
		told += run->report.findings[i].severity != CONF_NOTE;
	}
	if (told < run->report.errors + run->report.warnings)
		fprintf(stderr, "… and %zu more warnings or errors\n",
			run->report.errors + run->report.warnings - told);
}

/* "no" is what nobody says, too. */
static bool ask(const struct import_options *o, const char *question)
{
	char answer[16];

	if (o->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		complain("nothing was changed; --yes carries it out");
		return false;
	}
	printf("%s [y/N] ", question);
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) &&
		(strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0))
		return true;
	puts("Nothing was changed.");
	return false;
}

/* ---- which card ---- */

/* What --card says of the stream, or NULL. One without "=" is for a stream that is alone. */
static const char *told_card(struct run *run, const struct old_stream *s)
{
	const size_t n = strlen(s->name);

	for (size_t i = 0; i < run->o->n_cards; i++) {
		const char *text = run->o->cards[i];

		if (!strchr(text, '=') || (strncmp(text, s->name, n) == 0 && text[n] == '=')) {
			run->given[i] = true;
			return strchr(text, '=') ? strchr(text, '=') + 1 : text;
		}
	}
	return NULL;
}

/* The card in its device's place, else of the stream's name. 1: it is plugged in. */
static int choose_card(struct run *run, const struct old_config *c, const struct old_stream *s,
	char ret[static CARD_NAME_MAX])
{
	const char *told = told_card(run, s);
	int r = import_find_card(run->o->root, s->device, ret);
	bool there = r == 0 && (!told || strcmp(told, ret) == 0);

	if (r < 0 && r != -ENOENT)
		return r;
	if (told || r < 0)
		snprintf(ret, CARD_NAME_MAX, "%s", told ? told : s->name);
	if (r < 0 && !told)
		conf_report_add(&run->report, CONF_WARNING, c->file, s->device_line, s->name,
			"no card is plugged in as %s: its settings are for a card of the name "
			"\"%s\"; --card tells another one, 'egmctl card name' names a card",
			s->device, ret);
	if (card_is_name(ret))
		return there;
	conf_report_add(&run->report, CONF_ERROR, c->file, s->line, s->name,
		"is no card's name: tell one with --card %s=CARD (a letter, then letters, digits "
		"and _, all lower case, 31 at most)",
		s->name);
	return -EINVAL;
}

static int claim_card(
	struct run *run, const struct old_config *c, const struct old_stream *s, const char *card)
{
	for (size_t i = 0; i < run->n_cards; i++)
		if (strcmp(run->cards[i], card) == 0) {
			conf_report_add(&run->report, CONF_ERROR, c->file, s->line, s->name,
				"the card %s is another stream's already: tell them apart with "
				"--card STREAM=CARD, or import one file after the other",
				card);
			return -EINVAL;
		}
	snprintf(run->cards[run->n_cards++], CARD_NAME_MAX, "%s", card);
	return 0;
}

/* ---- the plan ---- */

static int plan_keys(struct run *run, struct import_card *card)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < card->n_keys; i++) {
		struct import_key *k = &card->keys[i];
		char *value = TAKE_PTR(k->value);
		char path[96];

		snprintf(path, sizeof(path), "/etc/egm/keys/%s", k->name);
		r = import_plan_write(&run->plan, path, value, strlen(value), 0600, true);
	}
	return r;
}

static int plan_card(
	struct run *run, const struct old_config *c, const struct old_stream *s, const char *name)
{
	_cleanup_(import_card_deinit) struct import_card card;
	char path[96], *text;
	int r = import_write_card(c, s, name, run->o->width, run->o->height, &card, &run->report);

	if (r < 0)
		return r;
	r = plan_keys(run, &card);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/etc/egm/cards/%s.conf", name);
	text = TAKE_PTR(card.text);
	r = import_plan_write(&run->plan, path, text, strlen(text), 0644, false);
	if (r == 0 && c->detector.there && strcmp(c->detector.stream, s->name) == 0)
		r = import_find_refs(&run->plan, c, name, &run->bytes, &run->report);
	return r;
}

static int plan_stream(struct run *run, const struct old_config *c, const struct old_stream *s)
{
	char card[CARD_NAME_MAX], unit[CARD_UNIT_MAX];
	int r;

	if (!s->enabled) {
		conf_report_add(&run->report, CONF_WARNING, c->file, s->line, s->name,
			"is not taken over: it is not enabled there%s",
			c->detector.there && strcmp(c->detector.stream, s->name) == 0
				? ", nor is the detector, which looks at it"
				: "");
		return 0;
	}
	r = choose_card(run, c, s, card);
	if (r < 0)
		return r;
	if (r > 0 && run->plan.systemctl &&
		import_plan_unit(run->plan.start, &run->plan.n_start, card_unit(card, unit)) < 0)
		return -ENOMEM;
	r = claim_card(run, c, s, card);
	return r < 0 ? r : plan_card(run, c, s, card);
}

/* Errors of the file itself are findings, and the others are read all the same. */
static int plan_file(struct run *run, const char *path)
{
	_cleanup_(old_config_deinit) struct old_config c;
	int r = import_old_read(path, &c, &run->report);

	for (int i = 0; i < c.n_streams && r == 0; i++) {
		r = plan_stream(run, &c, &c.streams[i]);
		r = r == -EINVAL ? 0 : r;
	}
	if (r == 0 && c.n_streams > 0 && import_console_add(&run->addresses, &c.api) < 0)
		conf_report_add(&run->report, CONF_ERROR, path, 0, "api",
			"is one address too many: the console takes %d", IMPORT_ADDRESSES_MAX);
	return r == -EINVAL ? 0 : r;
}

/* The API of the original was everybody's; ours is for those who are named. */
static int plan_console(struct run *run)
{
	static const char *const unit = "/usr/lib/systemd/system/" IMPORT_CONSOLE_UNIT;
	_cleanup_(freep) char *installed = import_path(run->o->root, unit);
	char *text;
	int r;

	if (!installed)
		return -ENOMEM;
	if (run->o->n_open_to == 0) {
		conf_report_add(&run->report, CONF_NOTE, NULL, 0, "api",
			"is not opened: the console has its paths, and lets in whoever has a "
			"token; --open-api NETWORK opens it as the original's was");
		return 0;
	}
	if (access(installed, F_OK) < 0)
		conf_report_add(&run->report, CONF_WARNING, NULL, 0, "--open-api",
			"needs the package egm-console, which is not installed");
	text = import_console_write(&run->addresses, run->o->open_to, run->o->n_open_to);
	if (!text)
		return -ENOMEM;
	r = import_plan_write(&run->plan, IMPORT_CONSOLE_FILE, text, strlen(text), 0644, false);
	if (r == 0 && run->plan.systemctl && access(installed, F_OK) == 0)
		r = import_plan_unit(run->plan.renew, &run->plan.n_renew, IMPORT_CONSOLE_UNIT);
	return r;
}

static int is_yaml(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && dot &&
	       (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int plan_folder(struct run *run, const char *folder)
{
	struct dirent **names = NULL;
	int n = scandir(folder, &names, is_yaml, alphasort), r = 0;

	if (n <= 0 || n > FILES_MAX)
		conf_report_add(&run->report, CONF_ERROR, folder, 0, NULL,
			n < 0 ? "cannot be read"
			      : "must have files *.yaml of the original, 1 to 32 of them");
	for (int i = 0; i < n; i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", folder, names[i]->d_name) < 0)
			path = NULL;
		if (r == 0 && n <= FILES_MAX)
			r = path ? plan_file(run, path) : -ENOMEM;
		free(names[i]);
	}
	free(names);
	return r;
}

static void check_given(struct run *run)
{
	for (size_t i = 0; i < run->o->n_cards; i++)
		if (!run->given[i])
			conf_report_add(&run->report, CONF_ERROR, NULL, 0, "--card",
				"%s: there is no such stream that is enabled", run->o->cards[i]);
}

/* -EINVAL: there are error findings. */
static int make_plan(struct run *run)
{
	const struct import_options *o = run->o;
	_cleanup_(freep) char *standard = import_path(o->root, "/etc/egm-streamer");
	const char *path = o->path ? o->path : standard;
	struct stat st;
	int r;

	if (!standard)
		return -ENOMEM;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		r = plan_folder(run, path);
	else
		r = plan_file(run, path);
	if (r == 0 && run->report.errors == 0)
		check_given(run);
	if (r == 0 && run->addresses.n > 0)
		r = plan_console(run);
	if (r == 0)
		r = import_find_units(&run->plan, &run->report);
	return r == 0 && run->report.errors > 0 ? -EINVAL : r;
}

/* ---- doing ---- */

static int apply(struct run *run)
{
	char id[IMPORT_ID_MAX], why[IMPORT_WHY_MAX];

	int r;

	hold_signals(true);
	r = import_plan_apply(&run->plan, id, why, sizeof(why));
	hold_signals(false);
	if (r < 0) {
		complain("%s", why);
		return status_of(r);
	}
	printf("Done. 'egmctl import --undo %s' takes it back; the original's own files stay "
	       "where they are.\n",
		id);
	return IMPORT_GOOD;
}

static int check_and_apply(struct run *run)
{
	char why[IMPORT_WHY_MAX];

	if (import_check(&run->plan, run->o->program, why, sizeof(why)) < 0)
		return complain("%s; nothing was changed", why);
	if (run->o->dry_run) {
		puts("Nothing was changed.");
		return IMPORT_GOOD;
	}
	return ask(run->o, "Do all this?") ? apply(run) : IMPORT_FAILED;
}

static int go(struct run *run)
{
	int r = make_plan(run);

	/* What is wrong is told last, where it is seen; with a plan that is the question. */
	tell_findings(run);
	if (r == -EINVAL)
		return complain("this cannot be taken over; nothing was changed");
	if (r < 0) {
		complain("%s; nothing was changed", strerror(-r));
		return status_of(r);
	}
	if (import_plan_is_empty(&run->plan)) {
		puts("There is nothing to do.");
		return IMPORT_GOOD;
	}
	import_plan_print(&run->plan, run->o->dry_run, stdout);
	return check_and_apply(run);
}

int import_run(const struct import_options *o)
{
	struct run *run = calloc(1, sizeof(*run));
	int status;

	if (!run)
		return complain("out of memory");
	run->o = o;
	run->plan.root = o->root;
	run->plan.systemctl = o->systemctl;
	status = go(run);
	import_plan_deinit(&run->plan);
	conf_report_deinit(&run->report);
	free(run);
	return fflush(stdout) == 0 ? status : complain("standard output takes no more");
}

int import_run_undo(const struct import_options *o, const char *id)
{
	char newest[IMPORT_ID_MAX], why[IMPORT_WHY_MAX];
	size_t changed = 0;
	int r = id ? 0 : import_undo_find(o->root, newest, why, sizeof(why));

	id = id ? id : newest;
	if (r == 0)
		r = import_undo_print(o->root, id, stdout, &changed, why, sizeof(why));
	if (r == -ENOENT) {
		puts("There is nothing to undo.");
		return IMPORT_GOOD;
	}
	if (r < 0) {
		complain("%s", *why ? why : strerror(-r));
		return status_of(r);
	}
	if (o->dry_run) {
		puts("Nothing was changed.");
		return IMPORT_GOOD;
	}
	if (!ask(o, changed > 0 ? "Undo this, and lose what was changed since?" : "Undo this?"))
		return IMPORT_FAILED;
	hold_signals(true);
	r = import_undo(o->root, o->systemctl, id, why, sizeof(why));
	hold_signals(false);
	if (r < 0 && r != -ENOENT) {
		complain("%s", *why ? why : strerror(-r));
		return status_of(r);
	}
	puts("Undone.");
	return IMPORT_GOOD;
}
