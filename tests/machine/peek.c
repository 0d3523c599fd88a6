/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peek FILE .KEY.KEY[NAME].KEY: one value out of a file of JSON, as "jq -r" would print it; [NAME]
 * is the object of that name in an array. Nothing is printed when there is none. jq compiles its
 * library of functions each time, which takes a third of a second in an emulated machine, where
 * scenarios look into a status many times each second. Linked statically, since it runs in any
 * Debian.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 128

/* What stands in front of the next of . [ ], and what is behind it; NULL: too long */
static const char *take(const char *path, const char *ends, char key[static KEY_MAX])
{
	size_t n = strcspn(path, ends);

	if (n >= KEY_MAX)
		return NULL;
	memcpy(key, path, n);
	key[n] = '\0';
	return path + n;
}

static const json_t *find_name(const json_t *list, const char *name)
{
	const json_t *o, *value;
	size_t i;

	json_array_foreach(list, i, o)
	{
		value = json_object_get(o, "name");
		if (json_is_string(value) && strcmp(json_string_value(value), name) == 0)
			return o;
	}
	return NULL;
}

/* false: there is no such element, or the path is none. *ret is NULL when there is no such key. */
static bool find(const json_t *root, const char *path, const json_t **ret)
{
	const json_t *at = root;
	char key[KEY_MAX];

	while (*path) {
		bool member = *path == '.';

		if (!member && *path != '[')
			return false;
		path = take(path + 1, member ? ".[" : "]", key);
		if (!path || (!member && *path++ != ']'))
			return false;
		at = member ? json_object_get(at, key) : find_name(at, key);
		if (!at && !member)
			return false;
	}
	*ret = at;
	return true;
}

static int print(const json_t *value)
{
	if (!value)
		return puts("null");
	if (json_is_string(value))
		return puts(json_string_value(value));
	if (json_is_real(value))
		return printf("%.15g\n", json_real_value(value));
	if (json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT) < 0)
		return EOF;
	return putchar('\n');
}

int main(int argc, char **argv)
{
	const json_t *value;
	json_error_t error;
	json_t *root;
	bool good;

	if (argc != 3) {
		fprintf(stderr, "usage: peek FILE .KEY.KEY[NAME].KEY\n");
		return 2;
	}
	root = json_load_file(argv[1], 0, &error);
	if (!root) {
		fprintf(stderr, "peek: %s: %s\n", argv[1], error.text);
		return 1;
	}
	good = !find(root, argv[2], &value) || print(value) != EOF;
	json_decref(root);
	return good && fflush(stdout) == 0 ? 0 : 1;
}
