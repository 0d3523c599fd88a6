/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/url.h"

#define NAME_MAX_BYTES 64
#define CREDENTIAL_MAX_BYTES 4096
#define RESULT_MAX_BYTES (16 * 1024)

static const char credential_prefix[] = "credential:";

struct expansion {
	url_lookup_fn lookup;
	void *userdata;
	bool check_only;
	char *why;
	size_t why_size;
	FILE *out;
	size_t length;
};

__attribute__((format(printf, 3, 4))) static int refuse(
	const struct expansion *e, int error, const char *fmt, ...)
{
	va_list ap;

	if (e->why && e->why_size > 0) {
		va_start(ap, fmt);
		vsnprintf(e->why, e->why_size, fmt, ap);
		va_end(ap);
	}
	return error;
}

static int put(struct expansion *e, const char *text, size_t length)
{
	if (length >= RESULT_MAX_BYTES - e->length)
		return refuse(e, -E2BIG, "longer than %d bytes", RESULT_MAX_BYTES - 1);
	e->length += length;
	return fwrite(text, 1, length, e->out) == length ? 0 : -ENOMEM;
}

/* A file name without a folder: a template must not read anything but credentials. */
static bool credential_name_valid(const char *name)
{
	return isalnum((unsigned char) *name) &&
	       name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_.-")] == '\0';
}

static int credential_read(const char *folder, const char *name, char **ret, size_t *ret_size)
{
	static const char *const prefixes[] = { "", "keys_" };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && r == -ENOENT; i++) {
		_cleanup_(freep) char *path = NULL;

		if (asprintf(&path, "%s/%s%s", folder, prefixes[i], name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = file_read(path, CREDENTIAL_MAX_BYTES, ret, ret_size);
	}
	return r;
}

static int put_credential(struct expansion *e, const char *name)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	_cleanup_(freep) char *value = NULL;
	size_t size = 0;
	int r;

	if (!credential_name_valid(name))
		return refuse(e, -ENOKEY, "'%s' is no name of a credential", name);
	if (e->check_only)
		return 0;
	r = folder ? credential_read(folder, name, &value, &size) : -ENOENT;
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return refuse(e, -ENOKEY, "credential '%s' cannot be read: %s", name, strerror(-r));
	while (size > 0 && isspace((unsigned char) value[size - 1]))
		size--;
	for (size_t i = 0; i < size; i++)
		if (iscntrl((unsigned char) value[i]))
			return refuse(e, -ENOKEY, "credential '%s' holds control characters", name);
	if (size == 0)
		return refuse(e, -ENOKEY, "credential '%s' is empty", name);
	r = put(e, value, size);
	explicit_bzero(value, size);
	return r;
}

/* text points behind "${", length is that of the name. */
static int put_reference(struct expansion *e, const char *text, size_t length)
{
	const size_t prefix = sizeof(credential_prefix) - 1;
	char name[NAME_MAX_BYTES + 1];
	const char *value;

	if (length > NAME_MAX_BYTES)
		return refuse(e, -ENOKEY, "a name of %zu bytes in ${…}", length);
	memcpy(name, text, length);
	name[length] = '\0';
	if (strncmp(name, credential_prefix, prefix) == 0)
		return put_credential(e, name + prefix);
	value = e->lookup ? e->lookup(name, e->userdata) : NULL;
	if (!value)
		return refuse(e, -ENOKEY, "unknown name ${%s}", name);
	return put(e, value, strlen(value));
}

static int expand(struct expansion *e, const char *text)
{
	int r = 0;

	while (*text && r == 0) {
		size_t plain = strcspn(text, "$");
		const char *end;

		if (plain > 0) {
			r = put(e, text, plain);
			text += plain;
		} else if (text[1] == '{') {
			end = strchr(text, '}');
			if (!end)
				return refuse(e, -EINVAL, "'${' without '}'");
			r = put_reference(e, text + 2, (size_t) (end - text) - 2);
			text = end + 1;
		} else {
			r = put(e, "$", 1);
			text += text[1] == '$' ? 2 : 1;
		}
	}
	return r;
}

static int run(struct expansion *e, const char *text, char **ret)
{
	_cleanup_(freep) char *buf = NULL;
	size_t size;
	int r;

	if (e->why && e->why_size > 0)
		*e->why = '\0';
	e->out = open_memstream(&buf, &size);
	if (!e->out)
		return -ENOMEM;
	r = expand(e, text);
	if (fclose(e->out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	*ret = TAKE_PTR(buf);
	return 0;
}

int url_expand(const char *text, url_lookup_fn lookup, void *userdata, char **ret, char *why,
	size_t why_size)
{
	struct expansion e = {
		.lookup = lookup, .userdata = userdata, .why = why, .why_size = why_size
	};

	return run(&e, text, ret);
}

int url_check(const char *text, url_lookup_fn lookup, void *userdata, char *why, size_t why_size)
{
	struct expansion e = { .lookup = lookup,
		.userdata = userdata,
		.check_only = true,
		.why = why,
		.why_size = why_size };
	_cleanup_(freep) char *result = NULL;

	return run(&e, text, &result);
}
