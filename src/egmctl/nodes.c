/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "egmctl/nodes.h"

#include <string.h>

#define LINKS "/dev/egm/"

const char *nodes_why_not(const struct node *n)
{
	if (!n->known)
		return "udev does not know it";
	if (!strstr(n->caps, ":capture:"))
		return "does not capture pictures";
	if (n->ignored)
		return "is to be ignored (EGM_IGNORE)";
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

/* What devices say about themselves need not be UTF-8. */
static json_t *words(const char *text)
{
	char clean[NODES_TEXT_MAX];
	json_t *j = json_string(text);

	if (j)
		return j;
	snprintf(clean, sizeof(clean), "%s", text);
	for (char *c = clean; *c; c++)
		if ((unsigned char) *c < ' ' || (unsigned char) *c > '~')
			*c = '?';
	return json_string(clean);
}

json_t *nodes_json(const struct node *n)
{
	const char *why = nodes_why_not(n);

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:i, s:s}", "Name",
		words(n->name), "Node", n->node, "Model", words(n->model), "Serial",
		words(n->serial), "Port", words(n->port), "Driver", words(n->driver), "Sound",
		n->sound, "Usb", n->usb, "UsbMbit", n->mbit, "LeftOut", why ? why : "");
}
