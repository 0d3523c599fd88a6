/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/store.h"

#include <string.h>

#include "common/file.h"
#include "common/log.h"
#include "common/usec.h"

/* The first folder of a list that systemd gives, or the default. */
static void folder(char *ret, size_t size, const char *env, const char *fallback)
{
	const char *value = getenv(env);

	if (value && *value)
		snprintf(ret, size, "%.*s", (int) strcspn(value, ":"), value);
	else
		snprintf(ret, size, "%s", fallback);
}

void store_state_folder(char *ret, size_t size)
{
	folder(ret, size, "STATE_DIRECTORY", EGM_STATEDIR);
}

void store_init(struct store *s, const char *card)
{
	char dir[128], fallback[128];

	*s = (struct store){ .status_rule = REPEATS_TROUBLE };
	if (!card)
		return;
	snprintf(fallback, sizeof(fallback), "%s/%s", STORE_RUN_FOLDER, card);
	folder(dir, sizeof(dir), "RUNTIME_DIRECTORY", fallback);
	(void) file_mkdir_p(dir, 0755);
	snprintf(s->status, sizeof(s->status), "%s/status.json", dir);
	snprintf(s->socket, sizeof(s->socket), "%s/http.sock", dir);
	store_state_folder(dir, sizeof(dir));
	snprintf(s->last_good, sizeof(s->last_good), "%s/last-good", dir);
	(void) file_mkdir_p(s->last_good, 0700);
	snprintf(s->last_good, sizeof(s->last_good), "%s/last-good/%s.conf", dir, card);
}

/* What is told here is how it is now, so that nothing has to be held back. */
static void tell_status(struct store *s, int r, uint64_t now_usec)
{
	char count[48] = "";

	if (r == s->status_last && r == s->status_error)
		return;
	s->status_changes += r != s->status_last;
	s->status_last = r;
	if (r == s->status_error || !repeats_may(&s->status_rule, now_usec))
		return;
	if (s->status_changes > 1)
		snprintf(count, sizeof(count), " (%u before this were left out)",
			s->status_changes - 1);
	if (r < 0)
		(void) log_warning_errno(r, "Cannot write %s: %m%s", s->status, count);
	else
		log_info("%s can be written again%s", s->status, count);
	s->status_error = r;
	s->status_changes = 0;
}

void store_status(struct store *s, const char *json)
{
	if (s->status[0])
		tell_status(s, file_write(s->status, json, strlen(json), 0644, 0), usec_now());
}

void store_keep(struct store *s, const struct conf *conf)
{
	int r;

	if (!s->last_good[0] || !conf)
		return;
	r = conf_save(conf, s->last_good);
	if (r < 0)
		(void) log_warning_errno(
			r, "Cannot keep the configuration in %s: %m", s->last_good);
}

void store_deinit(struct store *s)
{
	if (s->status[0])
		(void) unlink(s->status);
	*s = (struct store){ 0 };
}
