/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "face/face-private.h"

#define YEAR_SEC 31536000

int face_answer_json(struct http_request *q, unsigned status, json_t *j)
{
	char *text = j ? json_dumps(j, JSON_REAL_PRECISION(15)) : NULL;

	json_decref(j);
	return text ? http_answer_take(q, status, "application/json", text, strlen(text)) : -ENOMEM;
}

int face_fault(struct http_request *q, unsigned status, const char *name, const char *words)
{
	return face_answer_json(
		q, status, json_pack("{s:s, s:s*}", "detail", words, "error", name));
}

json_t *face_body_object(struct http_request *q, int *r)
{
	json_error_t error;
	size_t size;
	const char *body = http_body(q, &size);
	json_t *j = json_loadb(body, size, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(j))
		return j;
	if (j)
		*r = http_fault(q, 422, "The body is no JSON object.");
	else
		*r = http_fault(
			q, 422, "The body is no JSON: line %d: %s.", error.line, error.text);
	json_decref(j);
	return NULL;
}

static int set_cookie(struct http_request *q, const char *value, long age)
{
	char text[ACCESS_SESSION_SIZE + 128];

	snprintf(text, sizeof(text),
		FACE_COOKIE "=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Strict%s", value, age,
		http_is_tls(q) ? "; Secure" : "");
	return http_set_header(q, "Set-Cookie", text);
}

int face_login(struct face *f, struct http_request *q)
{
	char session[ACCESS_SESSION_SIZE];
	const char *token;
	json_t *j;
	int r = 0;

	j = face_body_object(q, &r);
	if (!j)
		return r;
	token = json_string_value(json_object_get(j, "token"));
	if (!token)
		r = http_fault(q, 422, "The body has no \"token\".");
	else if (!f->access || access_session(f->access, token, session) < 0)
		r = http_fault(q, 401, "Nobody has this token.");
	else if (set_cookie(q, session, YEAR_SEC) < 0)
		r = -ENOMEM;
	else
		r = http_answer(q, 204, NULL, "", 0);
	json_decref(j);
	return r;
}

int face_logout(struct http_request *q)
{
	int r = set_cookie(q, "", 0);

	return r < 0 ? r : http_answer(q, 204, NULL, "", 0);
}

int face_whoami(const struct face_request *q)
{
	static const struct {
		unsigned role;
		const char *word;
	} words[] = {
		{ ACCESS_VIEW, "view" },
		{ ACCESS_OPERATE, "operate" },
		{ ACCESS_TEACH, "teach" },
	};
	json_t *roles = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (q->grant.roles & words[i].role)
			json_array_append_new(roles, json_string(words[i].word));
	return face_answer_json(q->http, 200,
		json_pack("{s:o, s:s, s:s?}", "roles", roles, "by", access_by_name(q->grant.by),
			"name", q->grant.name[0] ? q->grant.name : NULL));
}
