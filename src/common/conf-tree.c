/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of any shape: what is done with their nodes, whoever made them. */
#include <stdlib.h>
#include <string.h>

#include "common/conf-private.h"

void conf_node_clear(struct conf_node *n)
{
	for (size_t i = 0; i < n->n; i++)
		conf_node_clear(&n->children[i]);
	if (n->kind == CONF_NODE_STRING)
		free(n->string);
	free(n->children);
	free(n->name);
	free(n->file);
	*n = (struct conf_node){ 0 };
}

struct conf_node *conf_node_free(struct conf_node *n)
{
	if (n)
		conf_node_clear(n);
	free(n);
	return NULL;
}

static int copy_text(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

/* What was copied before a failure is given back by the caller, like the whole. */
static int copy_into(const struct conf_node *from, struct conf_node *to)
{
	*to = *from;
	to->name = to->file = NULL;
	to->children = NULL;
	to->n = 0;
	if (from->kind == CONF_NODE_STRING)
		to->string = NULL;
	if (copy_text(from->name, &to->name) < 0 || copy_text(from->file, &to->file) < 0 ||
		(from->kind == CONF_NODE_STRING && copy_text(from->string, &to->string) < 0))
		return -ENOMEM;
	if (from->n == 0)
		return 0;
	to->children = calloc(from->n, sizeof(*to->children));
	if (!to->children)
		return -ENOMEM;
	for (size_t i = 0; i < from->n; i++)
		if (copy_into(&from->children[i], &to->children[to->n++]) < 0)
			return -ENOMEM;
	return 0;
}

int conf_node_copy(const struct conf_node *n, struct conf_node **ret)
{
	struct conf_node *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (copy_into(n, copy) < 0) {
		conf_node_free(copy);
		return -ENOMEM;
	}
	*ret = copy;
	return 0;
}

static bool values_equal(const struct conf_node *a, const struct conf_node *b)
{
	switch (a->kind) {
	case CONF_NODE_STRING:
		return strcmp(a->string, b->string) == 0;
	case CONF_NODE_INT:
		return a->integer == b->integer;
	case CONF_NODE_FLOAT:
		return a->real == b->real;
	case CONF_NODE_BOOL:
		return a->boolean == b->boolean;
	case CONF_NODE_GROUP:
	case CONF_NODE_LIST:
		break;
	}
	return true;
}

bool conf_node_equal(const struct conf_node *a, const struct conf_node *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->n != b->n || !a->name != !b->name ||
		(a->name && strcmp(a->name, b->name) != 0) || !values_equal(a, b))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!conf_node_equal(&a->children[i], &b->children[i]))
			return false;
	return true;
}

size_t conf_node_count(const struct conf_node *n)
{
	size_t count = 1;

	for (size_t i = 0; i < n->n; i++)
		count += conf_node_count(&n->children[i]);
	return count;
}

static struct conf_node *find(const struct conf_node *group, const char *name)
{
	for (size_t i = 0; i < group->n; i++)
		if (strcmp(group->children[i].name, name) == 0)
			return &group->children[i];
	return NULL;
}

static void move(struct conf_node *to, struct conf_node *from)
{
	conf_node_clear(to);
	*to = *from;
	*from = (struct conf_node){ 0 };
}

int conf_node_append(struct conf_node *parent, struct conf_node *child)
{
	struct conf_node *grown =
		reallocarray(parent->children, parent->n + 1, sizeof(*parent->children));

	if (!grown)
		return -ENOMEM;
	parent->children = grown;
	grown[parent->n++] = *child;
	*child = (struct conf_node){ 0 };
	return 0;
}

int conf_node_merge(struct conf_node *to, struct conf_node *from)
{
	int r = 0;

	if (to->kind != CONF_NODE_GROUP || from->kind != CONF_NODE_GROUP) {
		move(to, from);
		return 0;
	}
	free(to->file);
	to->file = TAKE_PTR(from->file);
	to->line = from->line;
	for (size_t i = 0; i < from->n && r == 0; i++) {
		struct conf_node *old = find(to, from->children[i].name);

		r = old ? conf_node_merge(old, &from->children[i])
			: conf_node_append(to, &from->children[i]);
	}
	return r;
}

const struct conf_node *conf_node_child(const struct conf_node *group, const char *name)
{
	return group->kind == CONF_NODE_GROUP ? find(group, name) : NULL;
}
