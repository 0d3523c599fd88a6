/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detector/references-watch.h"

#include <poll.h>
#include <string.h>
#include <sys/inotify.h>

#include "common/fnv.h"
#include "common/stage.h"
#include "common/usec.h"
#include "settings/rules-file.h"

#define QUIET_USEC (200 * USEC_PER_MSEC) /* after the last change, then it is read */
#define BUSY_USEC (2 * USEC_PER_SEC)     /* … at the latest, though there are ever more */
#define RESCAN_USEC (10 * USEC_PER_SEC)
#define TOLD_MAX 256 /* faults remembered, so that each is told once */

struct references_watch {
	/* set before start */
	struct references_watch_settings settings;
	struct references_watch_hooks hooks;
	char *folder, *cache, *rules_path;
	struct stage stage;
	/* the thread's own */
	int inotify_fd;
	uint64_t stamp;
	bool handed;  /* something is in use */
	bool any;     /* … and at least one picture */
	bool missing; /* the folder is gone, which has been told */
	uint64_t told[TOLD_MAX], telling[TOLD_MAX];
	int n_told, n_telling;
	char problem[256];       /* the first one of this reading */
	struct lessons *lessons; /* … and what was learnt of digits */
	/* any thread */
	atomic_bool again;
};

void references_set_deinit(struct references_set *set)
{
	recogniser_free(set->live);
	recogniser_free(set->shadow);
	lessons_free(set->lessons);
	*set = (struct references_set){ 0 };
}

/* --- what is told --- */

static uint64_t digest(const char *path, const char *why)
{
	return fnv64(fnv64(FNV64_BEGIN, path, strlen(path)), why, strlen(why));
}

static bool has(const uint64_t *list, int n, uint64_t item)
{
	for (int i = 0; i < n; i++)
		if (list[i] == item)
			return true;
	return false;
}

/* A fault that was there when the folders were last read is not told again. */
static void tell(struct references_watch *w, const char *path, const char *why)
{
	uint64_t fault = digest(path, why);

	if (!w->problem[0])
		snprintf(w->problem, sizeof(w->problem), "%s: %s", path, why);
	if (has(w->telling, w->n_telling, fault))
		return;
	if (w->n_telling < TOLD_MAX)
		w->telling[w->n_telling++] = fault;
	if (!has(w->told, w->n_told, fault))
		w->hooks.told(w->hooks.userdata, path, why, 0, 0);
}

static void end_telling(struct references_watch *w)
{
	memcpy(w->told, w->telling, sizeof(w->told));
	w->n_told = w->n_telling;
	w->n_telling = 0;
}

static void on_fault(const char *path, const char *why, void *userdata)
{
	tell(userdata, path, why);
}

/* --- reading --- */

static void on_unnumbered(const struct frame *picture, void *userdata)
{
	struct references_watch *w = userdata;

	w->hooks.unnumbered(w->hooks.userdata, picture);
}

static void on_lessons(struct lessons *l, void *userdata)
{
	struct references_watch *w = userdata;

	w->lessons = l;
}

static int load(struct references_watch *w, const struct rules *rules, const char *cache,
	struct recogniser **ret, struct references_count *ret_count)
{
	const struct references_hooks hooks = { .skipped = on_fault,
		.warned = on_fault,
		.unnumbered = rules == w->settings.rules ? on_unnumbered : NULL,
		.lessons = rules == w->settings.rules ? on_lessons : NULL,
		.userdata = w };
	_cleanup_(recogniser_freep) struct recogniser *r = NULL;
	int err = recogniser_new(&r, rules);

	if (err >= 0)
		err = references_load(r, rules, w->folder, cache, &hooks, ret_count);
	if (err >= 0)
		*ret = TAKE_PTR(r);
	return err;
}

/* Both sets of rules look for folders of their own. */
static uint64_t stamp_of(const struct references_watch *w)
{
	uint64_t stamp = references_stamp(w->settings.rules, w->folder);

	if (w->settings.shadow)
		stamp ^= references_stamp(w->settings.shadow, w->folder) << 1;
	return stamp;
}

static int read_set(struct references_watch *w, struct references_set *ret, uint64_t *ret_stamp)
{
	struct references_set set = { 0 };
	struct references_count other = { 0 };
	int r;

	w->problem[0] = '\0';
	r = load(w, w->settings.rules, w->cache, &set.live, &set.count);
	set.lessons = TAKE_PTR(w->lessons);
	if (r >= 0 && w->settings.shadow)
		r = load(w, w->settings.shadow, NULL, &set.shadow, &other);
	if (r < 0) {
		references_set_deinit(&set);
		return r;
	}
	memcpy(set.problem, w->problem, sizeof(set.problem));
	*ret_stamp = set.count.stamp ^ other.stamp << 1;
	*ret = set;
	return 0;
}

static void miss_folder(struct references_watch *w)
{
	if (!w->missing)
		w->hooks.told(w->hooks.userdata, w->folder,
			"it is gone; what was read before serves on", 0, 0);
	w->missing = true;
}

static void hand_over(struct references_watch *w, const struct references_set *set)
{
	w->any = set->count.used > 0;
	w->handed = true;
	w->hooks.ready(w->hooks.userdata, set);
}

/* A file that is not there, or cannot be used, is not what the next reload will bring. */
static bool has_other_rules(const struct references_watch *w)
{
	_cleanup_(conf_report_deinit) struct conf_report report = { 0 };
	_cleanup_(rules_deinit) struct rules rules = { 0 };

	return w->rules_path && rules_file_read(w->rules_path, &rules, &report) >= 0 &&
	       !rules_equal(&rules, w->settings.rules);
}

/* Better no references than those of other rules: what came before this detector must not be shown
 * on and on. */
static void hand_over_none(struct references_watch *w)
{
	struct references_set none = { 0 };
	int r = recogniser_new(&none.live, w->settings.rules);

	if (r >= 0 && w->settings.shadow)
		r = recogniser_new(&none.shadow, w->settings.shadow);
	if (r < 0)
		references_set_deinit(&none);
	else
		hand_over(w, &none);
}

static void wait_for_reload(struct references_watch *w)
{
	if (!w->handed)
		hand_over_none(w);
	tell(w, w->rules_path,
		"other rules than those in use; what was read before serves on until a reload");
	end_telling(w);
}

/* Without memory all stays as it was until the next look. */
static void read_again(struct references_watch *w)
{
	struct references_count count;
	struct references_set set;
	uint64_t stamp = w->stamp;
	int r;

	if (has_other_rules(w)) {
		wait_for_reload(w);
		return;
	}
	r = read_set(w, &set, &stamp);
	/* Rules and references change in one moment, which may have been just now. */
	if (r >= 0 && has_other_rules(w)) {
		references_set_deinit(&set);
		wait_for_reload(w);
		return;
	}
	w->stamp = stamp;
	if (r < 0)
		tell(w, w->folder, strerror(-r));
	end_telling(w);
	if (r < 0)
		return;
	if (w->stamp == 0 && w->any) {
		/* It went while it was read. */
		references_set_deinit(&set);
		miss_folder(w);
		return;
	}
	w->missing = false;
	count = set.count;
	hand_over(w, &set);
	w->hooks.told(w->hooks.userdata, NULL, NULL, count.used, count.skipped);
}

/* --- watching --- */

static void watch_path(struct references_watch *w, const char *path)
{
	/* Whatever is wrong with it, the rescan will see what changes. */
	(void) inotify_add_watch(w->inotify_fd, path,
		IN_MODIFY | IN_CLOSE_WRITE | IN_MOVE | IN_CREATE | IN_DELETE | IN_ATTRIB |
			IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

static void watch_states(struct references_watch *w, const struct rules *rules)
{
	for (int s = 0; rules && s < rules->n_states; s++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s", w->folder, rules->states[s].name) < 0)
			path = NULL;
		if (path)
			watch_path(w, path);
	}
}

/* A folder that was moved away is still watched under its new name: so all begins anew. */
static void watch_folders(struct references_watch *w)
{
	closep(&w->inotify_fd);
	w->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->inotify_fd < 0)
		return;
	watch_path(w, w->folder);
	watch_states(w, w->settings.rules);
	watch_states(w, w->settings.shadow);
}

/* Forgets what the events are: all is looked at anyway. */
static void drain(const struct references_watch *w)
{
	char events[4096];

	while (read(w->inotify_fd, events, sizeof(events)) > 0)
		;
}

static void poll_until(struct references_watch *w, uint64_t until, bool *ret_event)
{
	struct pollfd fds[] = { { .fd = w->stage.wake_fd, .events = POLLIN },
		{ .fd = w->inotify_fd, .events = POLLIN } };
	uint64_t now = usec_now();
	struct timespec ts = usec_to_timespec(until > now ? until - now : 0);

	*ret_event = false;
	if (ppoll(fds, ARRAY_SIZE(fds), &ts, NULL) <= 0)
		return;
	if (fds[0].revents)
		stage_clear(&w->stage);
	*ret_event = fds[1].revents;
	if (fds[1].revents)
		drain(w);
}

/* Until something may have changed, or it is time to look whether. */
static void wait_for_change(struct references_watch *w)
{
	uint64_t until = usec_now() + RESCAN_USEC, latest = 0;
	bool event;

	while (usec_now() < until && !stage_stopping(&w->stage) && !atomic_load(&w->again)) {
		poll_until(w, until, &event);
		if (!event)
			continue;
		if (latest == 0)
			latest = usec_now() + BUSY_USEC;
		until = MIN(usec_now() + QUIET_USEC, latest);
	}
}

static void look_again(struct references_watch *w)
{
	bool asked = atomic_exchange(&w->again, false);
	uint64_t stamp = stamp_of(w);

	if (stamp == 0 && w->any)
		miss_folder(w);
	else if (asked || w->missing || stamp != w->stamp)
		read_again(w);
}

static void run(void *userdata)
{
	struct references_watch *w = userdata;

	watch_folders(w);
	read_again(w);
	for (;;) {
		wait_for_change(w);
		if (stage_stopping(&w->stage))
			break;
		/* Before it is read, so that no change falls between. */
		watch_folders(w);
		look_again(w);
	}
}

/* --- the outside --- */

static void destroy(struct references_watch *w)
{
	closep(&w->inotify_fd);
	free(w->folder);
	free(w->cache);
	free(w->rules_path);
	free(w);
}

int references_watch_new(struct references_watch **ret,
	const struct references_watch_settings *settings,
	const struct references_watch_hooks *hooks)
{
	struct references_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->settings = *settings;
	w->hooks = *hooks;
	w->stage = STAGE_NULL;
	w->inotify_fd = -1;
	w->folder = strdup(settings->folder);
	w->cache = settings->cache ? strdup(settings->cache) : NULL;
	w->rules_path = settings->rules_path ? strdup(settings->rules_path) : NULL;
	if (!w->folder || (settings->cache && !w->cache) ||
		(settings->rules_path && !w->rules_path)) {
		destroy(w);
		return -ENOMEM;
	}
	*ret = w;
	return 0;
}

int references_watch_start(struct references_watch *w)
{
	return stage_start(&w->stage, "references", run, w);
}

void references_watch_again(struct references_watch *w)
{
	atomic_store(&w->again, true);
	stage_wake(&w->stage);
}

void references_watch_stop(struct references_watch *w)
{
	if (w)
		stage_stop(&w->stage);
}

int references_watch_free(struct references_watch *w, uint64_t until_usec)
{
	int r;

	if (!w)
		return 0;
	r = stage_join(&w->stage, until_usec);
	if (r < 0)
		return r;
	stage_deinit(&w->stage);
	destroy(w);
	return 0;
}
