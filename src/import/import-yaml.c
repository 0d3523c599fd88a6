/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libyaml's events into a tree. Each map or list that is open has a frame on a stack of fixed
 * depth, so that no file can make us recurse; a map's frame holds the key that waits for its value.
 */
#include "import/import-yaml.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

#include "common/file.h"
#include "common/secret.h"

struct frame {
	struct import_node *node;
	char *key; /* that waits for its value */
	int key_line;
};

struct reader {
	const char *name;
	struct conf_report *report;
	struct import_node *root;
	/* The array of an open node does not move: it grows only when nothing in it is open. */
	struct frame frames[IMPORT_YAML_DEPTH_MAX];
	size_t depth, nodes;
	int documents;
};

PRINTF_LIKE(3, 4) static int refuse(struct reader *rd, int line, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	conf_report_add(rd->report, CONF_ERROR, rd->name, line, NULL, "%s", text);
	return -EINVAL;
}

static int line_of(const yaml_event_t *e)
{
	return (int) e->start_mark.line + 1;
}

static void node_deinit(struct import_node *n)
{
	for (size_t i = 0; i < n->n; i++)
		node_deinit(&n->children[i]);
	free(n->children);
	free(n->key);
	secret_free(n->text);
}

struct import_node *import_node_free(struct import_node *n)
{
	if (n)
		node_deinit(n);
	free(n);
	return NULL;
}

struct import_node *import_node_take(struct import_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == IMPORT_MAP && i < map->n; i++)
		if (strcmp(map->children[i].key, key) == 0) {
			map->children[i].known = true;
			return &map->children[i];
		}
	return NULL;
}

bool import_node_is_null(const struct import_node *n)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	if (!n)
		return true;
	for (size_t i = 0; n->kind == IMPORT_TEXT && !n->quoted && i < ARRAY_SIZE(words); i++)
		if (strcmp(n->text, words[i]) == 0)
			return true;
	return false;
}

/* One line without what a terminal obeys; C1 too, which UTF-8 writes in two bytes. */
static bool is_plain(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char) text[i];

		if (c < 0x20 || c == 0x7f ||
			(c == 0xc2 && i + 1 < n && (unsigned char) text[i + 1] < 0xa0))
			return false;
	}
	return true;
}

static int copy_text(struct reader *rd, const yaml_event_t *e, char **ret)
{
	const char *text = (const char *) e->data.scalar.value;
	size_t n = e->data.scalar.length;

	if (n > IMPORT_YAML_TEXT_MAX)
		return refuse(rd, line_of(e), "a text has at most %d bytes", IMPORT_YAML_TEXT_MAX);
	if (!is_plain(text, n))
		return refuse(
			rd, line_of(e), "a text is one line of UTF-8 without control characters");
	*ret = strndup(text, n);
	return *ret ? 0 : -ENOMEM;
}

/* The place of a new node: the root, or in what is open. */
static int add_node(struct reader *rd, const yaml_event_t *e, struct import_node **ret)
{
	struct frame *f = rd->depth > 0 ? &rd->frames[rd->depth - 1] : NULL;
	struct import_node *bigger;

	if (++rd->nodes > IMPORT_YAML_NODES_MAX)
		return refuse(
			rd, line_of(e), "there are more than %d values", IMPORT_YAML_NODES_MAX);
	if (!f) {
		rd->root = calloc(1, sizeof(*rd->root));
		*ret = rd->root;
		return rd->root ? 0 : -ENOMEM;
	}
	bigger = realloc(f->node->children, (f->node->n + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	f->node->children = bigger;
	*ret = &bigger[f->node->n++];
	memset(*ret, 0, sizeof(**ret));
	(*ret)->key = TAKE_PTR(f->key);
	return 0;
}

static int take_key(struct reader *rd, struct frame *f, const yaml_event_t *e)
{
	char *key = NULL;
	int r;

	if (e->type != YAML_SCALAR_EVENT)
		return refuse(rd, line_of(e), "a key must be a text");
	r = copy_text(rd, e, &key);
	if (r < 0)
		return r;
	f->key = key;
	f->key_line = line_of(e);
	if (strcmp(key, "<<") == 0)
		return refuse(rd, f->key_line,
			"merge keys (<<) are not taken over: write out what they stand for");
	for (size_t i = 0; i < f->node->n; i++)
		if (strcmp(f->node->children[i].key, key) == 0)
			return refuse(rd, f->key_line, "\"%.64s\" stands in line %d already", key,
				f->node->children[i].line);
	return 0;
}

static int take_value(struct reader *rd, const yaml_event_t *e, enum import_kind kind)
{
	struct frame *f = rd->depth > 0 ? &rd->frames[rd->depth - 1] : NULL;
	/* What a key belongs to is looked for where the key stands. */
	int line = f && f->key ? f->key_line : line_of(e);
	struct import_node *n = NULL;
	int r;

	if (kind != IMPORT_TEXT && rd->depth == IMPORT_YAML_DEPTH_MAX)
		return refuse(rd, line_of(e), "nested deeper than %d", IMPORT_YAML_DEPTH_MAX);
	r = add_node(rd, e, &n);
	if (r < 0)
		return r;
	n->kind = kind;
	n->line = line;
	if (kind != IMPORT_TEXT) {
		rd->frames[rd->depth++] = (struct frame){ .node = n };
		return 0;
	}
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	r = copy_text(rd, e, &n->text);
	if (r < 0)
		n->text = NULL;
	return r;
}

static int take_node(struct reader *rd, const yaml_event_t *e, enum import_kind kind,
	const yaml_char_t *tag, const yaml_char_t *anchor)
{
	struct frame *f = rd->depth > 0 ? &rd->frames[rd->depth - 1] : NULL;

	if (anchor)
		return refuse(rd, line_of(e),
			"anchors (&) are not taken over: write out what they stand for");
	if (tag)
		return refuse(rd, line_of(e), "tags (!) are not taken over: leave it out");
	if (f && f->node->kind == IMPORT_MAP && !f->key)
		return take_key(rd, f, e);
	return take_value(rd, e, kind);
}

static int take_event(struct reader *rd, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return rd->documents++ > 0 ? refuse(rd, line_of(e), "a second document begins here")
					   : 0;
	case YAML_ALIAS_EVENT:
		return refuse(rd, line_of(e),
			"aliases (*) are not taken over: write out what they stand for");
	case YAML_SCALAR_EVENT:
		return take_node(rd, e, IMPORT_TEXT, e->data.scalar.tag, e->data.scalar.anchor);
	case YAML_SEQUENCE_START_EVENT:
		return take_node(rd, e, IMPORT_LIST, e->data.sequence_start.tag,
			e->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return take_node(
			rd, e, IMPORT_MAP, e->data.mapping_start.tag, e->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		rd->depth--;
		return 0;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

static int parse(struct reader *rd, yaml_parser_t *p)
{
	bool end = false;
	int r = 0;

	while (r == 0 && !end) {
		yaml_event_t e;

		if (!yaml_parser_parse(p, &e)) {
			if (p->error == YAML_MEMORY_ERROR)
				return -ENOMEM;
			return refuse(rd, (int) p->problem_mark.line + 1, "no YAML: %s",
				p->problem ? p->problem : "cannot be read");
		}
		end = e.type == YAML_STREAM_END_EVENT;
		r = take_event(rd, &e);
		yaml_event_delete(&e);
	}
	return r;
}

int import_yaml_parse(const char *text, size_t size, const char *name, struct import_node **ret,
	struct conf_report *report)
{
	struct reader rd = { .name = name, .report = report };
	yaml_parser_t p;
	int r;

	if (size > IMPORT_YAML_BYTES_MAX)
		return refuse(&rd, 0, "is longer than %d bytes", IMPORT_YAML_BYTES_MAX);
	if (!yaml_parser_initialize(&p))
		return -ENOMEM;
	yaml_parser_set_input_string(&p, (const unsigned char *) text, size);
	r = parse(&rd, &p);
	yaml_parser_delete(&p);
	if (r == 0 && (!rd.root || rd.root->kind != IMPORT_MAP))
		r = refuse(&rd, rd.root ? rd.root->line : 0,
			"must hold the groups common, streams, snapshot, detector and api");
	for (size_t i = 0; i < rd.depth; i++)
		free(rd.frames[i].key);
	if (r == 0)
		*ret = rd.root;
	else
		import_node_free(rd.root);
	return r;
}

int import_yaml_read(const char *path, struct import_node **ret, struct conf_report *report)
{
	struct reader rd = { .name = path, .report = report };
	char *text = NULL;
	size_t size;
	int r;

	r = file_read(path, IMPORT_YAML_BYTES_MAX, &text, &size);
	if (r == -ENOMEM)
		return r;
	if (r == -EFBIG)
		return refuse(&rd, 0, "is longer than %d bytes", IMPORT_YAML_BYTES_MAX);
	if (r < 0)
		return refuse(&rd, 0, "cannot be read: %s", strerror(-r));
	r = import_yaml_parse(text, size, path, ret, report);
	explicit_bzero(text, size);
	free(text);
	return r;
}
