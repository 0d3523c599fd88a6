/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/pack-folder.h"

#include <fcntl.h>
#include <string.h>

#include "common/log.h"
#include "common/tree.h"
#include "media/av-log.h"
#include "streamer/pack.h"

static int make_temporary(struct pack_folder *f)
{
	const char *parent = getenv("TMPDIR");
	_cleanup_(freep) char *path = NULL;

	if (asprintf(&path, "%s/egm-pack.XXXXXX", parent && *parent ? parent : "/tmp") < 0) {
		path = NULL;
		return log_error_errno(ENOMEM, "%m");
	}
	if (!mkdtemp(path))
		return log_error_errno(errno, "Cannot make the folder %s: %m", path);
	f->temporary = TAKE_PTR(path);
	if (asprintf(&f->refs, "%s/refs", f->temporary) >= 0)
		return 0;
	f->refs = NULL;
	return log_error_errno(ENOMEM, "%m");
}

int pack_folder_open(struct pack_folder *ret, const char *pack)
{
	_cleanup_(pack_freep) struct pack *p = NULL;
	char why[256];
	int r;

	*ret = (struct pack_folder){ 0 };
	avlog_capture();
	r = pack_open(&p, pack, why, sizeof(why));
	if (r < 0)
		return log_error_errno(r, "%s: %s", pack, why);
	r = rules_copy(&ret->rules, pack_rules(p));
	if (r < 0)
		return log_error_errno(r, "%m");
	r = make_temporary(ret);
	if (r < 0)
		return r;
	r = pack_install(p, NULL, ret->refs, why, sizeof(why));
	return r < 0 ? log_error_errno(r, "%s: %s", pack, why) : 0;
}

void pack_folder_deinit(struct pack_folder *f)
{
	if (f->temporary)
		(void) tree_remove_at(AT_FDCWD, f->temporary);
	free(f->temporary);
	free(f->refs);
	rules_free(f->rules);
	*f = (struct pack_folder){ 0 };
}

const char *pack_folder_shown(const struct pack_folder *f, const char *path)
{
	size_t size = f->temporary ? strlen(f->temporary) : 0;

	return size && strncmp(path, f->temporary, size) == 0 && path[size] == '/' ? path + size + 1
										   : path;
}
