/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/nodes.h"

#include <string.h>

#include "common/utf8.h"

#define LINKS "/dev/egm/"

bool nodes_left_out(const struct node *n)
{
	return !strstr(n->caps, ":capture:") || n->ignored ||
	       (!*n->name && (n->webcam || strstr(n->caps, ":video_output:")));
}

const char *nodes_why_not(const struct node *n)
{
	if (!n->known)
		return "udev does not know it";
	if (!strstr(n->caps, ":capture:"))
		return "does not capture pictures";
	if (n->ignored)
		return "is to be ignored (EGM_IGNORE)";
	if (!*n->name && n->webcam)
		return "is a webcam (EGM_WEBCAMS)";
	if (!*n->name && strstr(n->caps, ":video_output:"))
		return "puts out as well; name it if it is a card";
	return *n->name ? NULL : "has no name; see the journal for egm-card-name";
}

bool nodes_serial_unique(const struct nodes *all, const struct node *n)
{
	if (!*n->serial || !*n->id)
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct node *other = &all->list[i];

		if (strcmp(other->plug, n->plug) != 0 && strcmp(other->id, n->id) == 0)
			return false;
	}
	return true;
}

const struct node *nodes_find(const struct nodes *all, const char *what)
{
	const char *name = what;

	if (strncmp(what, LINKS, strlen(LINKS)) == 0)
		name = what + strlen(LINKS);
	for (size_t i = 0; i < all->n; i++) {
		const struct node *n = &all->list[i];

		if (strcmp(n->node, what) == 0 || (*n->name && strcmp(n->name, name) == 0))
			return n;
	}
	return NULL;
}

json_t *nodes_json(const struct node *n)
{
	const char *why = nodes_why_not(n);

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:i, s:s}", "Name",
		utf8_json(n->name), "Node", n->node, "Model", utf8_json(n->model), "Serial",
		utf8_json(n->serial), "Port", utf8_json(n->port), "Driver", utf8_json(n->driver),
		"Sound", n->sound, "Usb", n->usb, "UsbMbit", n->mbit, "LeftOut", why ? why : "");
}
