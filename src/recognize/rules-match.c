/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions over a state's ROIs: OR binds least, then AND, then NOT. Read by recursive descent
 * and kept in postfix order, which needs no brackets; written back with as few as it takes.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "recognize/rules.h"

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

#define DEPTH_MAX 16 /* brackets in brackets, and NOT before NOT */

const char *const feature_names[] = {
	[FEATURE_PATTERN] = "correlation",
	[FEATURE_HASH] = "hash",
	[FEATURE_COLOUR] = "colour",
	[FEATURE_DOMINANT] = "dominant",
	[FEATURE_BRIGHTNESS] = "brightness",
	[FEATURE_EDGES] = "edges",
	[FEATURE_MOTION] = "motion",
	[FEATURE_DIGITS] = "digits",
	[_FEATURE_MAX] = NULL,
};

enum token {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_WRONG, /* a character that begins none */
};

struct parser {
	const struct state *state;
	const char *text, *rest;
	/* the token that is next */
	enum token token;
	const char *start;
	size_t length;
	/* what has been understood */
	int8_t ops[RULES_OPS_MAX];
	int n_ops, depth;
	char *why;
	size_t why_size;
};

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static enum token word_of(const char *text, size_t length)
{
	if (is_word(text, length, "and"))
		return TOKEN_AND;
	if (is_word(text, length, "or"))
		return TOKEN_OR;
	return is_word(text, length, "not") ? TOKEN_NOT : TOKEN_NAME;
}

bool rules_name_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= RULES_NAME_MAX && name[strspn(name, name_chars)] == '\0' &&
	       word_of(name, length) == TOKEN_NAME;
}

static void advance(struct parser *p)
{
	static const struct {
		const char *text;
		enum token token;
	} signs[] = {
		{ "&&", TOKEN_AND },
		{ "||", TOKEN_OR },
		{ "!", TOKEN_NOT },
		{ "(", TOKEN_OPEN },
		{ ")", TOKEN_CLOSE },
	};
	size_t length = 0;

	p->start = p->rest + strspn(p->rest, " \t");
	p->token = *p->start ? TOKEN_WRONG : TOKEN_END;
	for (size_t i = 0; i < ARRAY_SIZE(signs) && length == 0; i++)
		if (strncmp(p->start, signs[i].text, strlen(signs[i].text)) == 0) {
			length = strlen(signs[i].text);
			p->token = signs[i].token;
		}
	if (length == 0) {
		length = strspn(p->start, name_chars);
		if (length > 0)
			p->token = word_of(p->start, length);
	}
	p->length = length;
	p->rest = p->start + length;
}

PRINTF_LIKE(2, 3) static int refuse(const struct parser *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void) vsnprintf(p->why, p->why_size, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int push(struct parser *p, int op)
{
	if (p->n_ops == RULES_OPS_MAX)
		return refuse(p, "has more than %d names and operators", RULES_OPS_MAX);
	p->ops[p->n_ops++] = (int8_t) op;
	return 0;
}

static int push_name(struct parser *p)
{
	for (int i = 0; i < p->state->n_rois; i++) {
		const char *name = p->state->rois[i].name;

		if (strlen(name) == p->length && strncmp(name, p->start, p->length) == 0) {
			advance(p);
			return push(p, i);
		}
	}
	return refuse(p, "names \"%.*s\", which is no region of this state",
		(int) MIN(p->length, RULES_NAME_MAX), p->start);
}

static int refuse_token(const struct parser *p)
{
	if (p->token == TOKEN_END)
		return refuse(p, "ends too early");
	if (p->token == TOKEN_WRONG)
		return refuse(p, "has a character that it cannot have at byte %td",
			p->start - p->text + 1);
	return refuse(p, "has \"%.*s\" at byte %td, where the name of a region should be",
		(int) p->length, p->start, p->start - p->text + 1);
}

static int parse_or(struct parser *p);

static int parse_brackets(struct parser *p)
{
	int r;

	advance(p);
	r = parse_or(p);
	if (r < 0)
		return r;
	if (p->token != TOKEN_CLOSE)
		return refuse(p, "lacks a \")\"");
	advance(p);
	return 0;
}

static int parse_operand(struct parser *p)
{
	int r;

	if (p->depth == DEPTH_MAX)
		return refuse(p, "has too many brackets in brackets");
	p->depth++;
	if (p->token == TOKEN_NAME) {
		r = push_name(p);
	} else if (p->token == TOKEN_OPEN) {
		r = parse_brackets(p);
	} else if (p->token == TOKEN_NOT) {
		advance(p);
		r = parse_operand(p);
		r = r < 0 ? r : push(p, OP_NOT);
	} else {
		r = refuse_token(p);
	}
	p->depth--;
	return r;
}

static int parse_and(struct parser *p)
{
	int r = parse_operand(p);

	while (r == 0 && p->token == TOKEN_AND) {
		advance(p);
		r = parse_operand(p);
		r = r < 0 ? r : push(p, OP_AND);
	}
	return r;
}

static int parse_or(struct parser *p)
{
	int r = parse_and(p);

	while (r == 0 && p->token == TOKEN_OR) {
		advance(p);
		r = parse_and(p);
		r = r < 0 ? r : push(p, OP_OR);
	}
	return r;
}

int rules_parse_match(struct state *s, const char *text, char *why, size_t why_size)
{
	struct parser p = {
		.state = s, .text = text, .rest = text, .why = why, .why_size = why_size
	};
	int r;

	advance(&p);
	r = parse_or(&p);
	if (r == 0 && p.token == TOKEN_WRONG)
		r = refuse_token(&p);
	else if (r == 0 && p.token != TOKEN_END)
		r = refuse(&p, "has \"%.*s\" at byte %td, where AND, OR or the end should be",
			(int) MIN(p.length, RULES_NAME_MAX), p.start, p.start - text + 1);
	if (r < 0)
		return r;
	memcpy(s->ops, p.ops, sizeof(s->ops));
	s->n_ops = p.n_ops;
	return 0;
}

/* --- and back --- */

enum binding {
	BINDS_OR,
	BINDS_AND,
	BINDS_NOT,
	BINDS_NAME,
};

struct part {
	char *text;
	enum binding binding;
};

struct stack {
	struct part parts[RULES_OPS_MAX];
	int n;
};

static void stack_deinit(struct stack *s)
{
	while (s->n > 0)
		free(s->parts[--s->n].text);
}

static int stack_push(struct stack *s, enum binding binding, const char *format, ...)
	PRINTF_LIKE(3, 4);

static int stack_push(struct stack *s, enum binding binding, const char *format, ...)
{
	struct part part = { .binding = binding };
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&part.text, format, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	s->parts[s->n++] = part;
	return 0;
}

static int format_not(struct stack *s)
{
	_cleanup_(freep) char *operand = NULL;
	bool loose;

	if (s->n < 1)
		return -EINVAL;
	operand = s->parts[--s->n].text;
	loose = s->parts[s->n].binding < BINDS_NOT;
	return stack_push(s, BINDS_NOT, "NOT %s%s%s", loose ? "(" : "", operand, loose ? ")" : "");
}

/* What stands to the right binds as tightly only in brackets: order is kept as it was. */
static int format_binary(struct stack *s, const char *word, enum binding binding)
{
	_cleanup_(freep) char *left = NULL, *right = NULL;
	bool loose_left, loose_right;

	if (s->n < 2)
		return -EINVAL;
	right = s->parts[--s->n].text;
	loose_right = s->parts[s->n].binding <= binding;
	left = s->parts[--s->n].text;
	loose_left = s->parts[s->n].binding < binding;
	return stack_push(s, binding, "%s%s%s %s %s%s%s", loose_left ? "(" : "", left,
		loose_left ? ")" : "", word, loose_right ? "(" : "", right, loose_right ? ")" : "");
}

static int format_op(const struct state *state, int op, struct stack *s)
{
	switch (op) {
	case OP_AND:
		return format_binary(s, "AND", BINDS_AND);
	case OP_OR:
		return format_binary(s, "OR", BINDS_OR);
	case OP_NOT:
		return format_not(s);
	default:
		if (op < 0 || op >= state->n_rois)
			return -EINVAL;
		return stack_push(s, BINDS_NAME, "%s", state->rois[op].name);
	}
}

char *rules_format_match(const struct state *s)
{
	_cleanup_(stack_deinit) struct stack stack = { .n = 0 };
	int r = 0;

	for (int i = 0; i < s->n_ops && r == 0; i++)
		r = format_op(s, s->ops[i], &stack);
	if (r < 0 || stack.n != 1)
		return NULL;
	return stack.parts[--stack.n].text;
}
