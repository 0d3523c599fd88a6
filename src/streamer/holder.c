/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/holder.h"

#include <dirent.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "settings/settings.h"

#define SERVICES_MAX 256 /* looked at; far more than a machine has ports */
#define STATUS_BYTES_MAX (1024 * 1024)

/* A node is what it leads to: services and people call it by various names. */
static int number_of(const char *device, dev_t *ret)
{
	struct stat st;

	if (stat(device, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENODEV;
	*ret = st.st_rdev;
	return 0;
}

/* The status of the service called card, when pictures come to it from the node. */
static bool has_open(const char *folder, const char *card, dev_t node, struct holder *ret)
{
	_cleanup_(json_decrefp) json_t *status = NULL;
	_cleanup_(freep) char *text = NULL;
	struct holder h = { 0 };
	const char *device, *state;
	size_t size;
	dev_t theirs = 0;
	int n;

	n = snprintf(h.status, sizeof(h.status), "%s/%s/status.json", folder, card);
	if (n < 0 || (size_t) n >= sizeof(h.status) ||
		file_read(h.status, STATUS_BYTES_MAX, &text, &size) < 0)
		return false;
	status = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
	device = json_string_value(json_object_get(json_object_get(status, "input"), "device"));
	if (!device || number_of(device, &theirs) < 0 || theirs != node)
		return false;
	/* What is lost stays in the status, and somebody else may have it by now. */
	if (!json_is_true(json_object_get(status, "input_live")))
		return false;
	state = json_string_value(json_object_get(json_object_get(status, "state"), "state"));
	if (state && rules_name_valid(state))
		snprintf(h.state, sizeof(h.state), "%s", state);
	snprintf(h.card, sizeof(h.card), "%s", card);
	*ret = h;
	return true;
}

int holder_find(const char *folder, const char *device, struct holder *ret)
{
	_cleanup_(closedirp) DIR *d = NULL;
	struct dirent *entry;
	dev_t node = 0;
	int r = number_of(device, &node);

	if (r < 0)
		return r;
	d = opendir(folder);
	if (!d)
		return -ENODATA;
	for (int n = 0; n < SERVICES_MAX && (entry = readdir(d)); n++)
		if (card_is_name(entry->d_name) && has_open(folder, entry->d_name, node, ret))
			return 0;
	return -ENODATA;
}
