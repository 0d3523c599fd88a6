/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "face/routes.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "face/access.h"
#include "http/decode.h"

#define API "/api/v1/"
#define CARDS "cards/"
#define BOTH (ROUTE_INSTANCE | ROUTE_CONSOLE)
#define SMALL ((size_t) 64 << 10)
#define PICTURE ((size_t) 32 << 20)
#define RULES ((size_t) 1 << 20)

/* A path that ends in "/" "**" takes whatever follows, as rest. */
/* clang-format off */
const struct route routes[_ROUTE_MAX] = {
	[ROUTE_STATE] = { HTTP_GET, "/api/state", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_CONFIG_STATES] = { HTTP_GET, "/api/config/states", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_STREAMS] = { HTTP_GET, "/api/streams", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_STREAM_CONTROL] = { HTTP_POST, "/api/streams/{name}/control", BOTH, ACCESS_OPERATE, SMALL },
	[ROUTE_REFS] = { HTTP_GET, "/api/refs/{state}", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_REF_CAPTURE] = { HTTP_POST, "/api/refs/{state}", BOTH, ACCESS_TEACH, SMALL },
	[ROUTE_REF_IMAGE] = { HTTP_GET, "/api/refs/{state}/{filename}/image", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_REF_DELETE] = { HTTP_DELETE, "/api/refs/{state}/{filename}", BOTH, ACCESS_TEACH, SMALL },
	[ROUTE_LIVE_FRAME] = { HTTP_GET, "/api/live/frame", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_SNAPSHOT_LATEST] = { HTTP_GET, "/api/snapshot/latest", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_SNAPSHOT_SAVE] = { HTTP_POST, "/snapshot/save", BOTH, ACCESS_OPERATE, SMALL },

	[ROUTE_PAGE] = { HTTP_GET, "/", BOTH, 0, 0 },
	[ROUTE_WEB] = { HTTP_GET, "/web/**", BOTH, 0, 0 },
	[ROUTE_HEALTH] = { HTTP_GET, "/healthz", BOTH, 0, 0 },
	[ROUTE_HEALTH_LIVE] = { HTTP_GET, "/healthz/live", BOTH, 0, 0 },
	[ROUTE_HEALTH_READY] = { HTTP_GET, "/healthz/ready", BOTH, 0, 0 },
	[ROUTE_METRICS] = { HTTP_GET, "/metrics", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_OPENAPI] = { HTTP_GET, "/api/openapi.json", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_SNAPSHOT_JPG] = { HTTP_GET, "/snapshot.jpg", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_STREAM_MJPG] = { HTTP_GET, "/stream.mjpg", BOTH, ACCESS_VIEW, 0 },
	[ROUTE_STATUS_OLD] = { HTTP_GET, "/api/status", ROUTE_INSTANCE, ACCESS_VIEW, 0 },
	[ROUTE_LOGIN] = { HTTP_POST, API "login", BOTH, 0, SMALL },
	[ROUTE_LOGOUT] = { HTTP_POST, API "logout", BOTH, 0, SMALL },
	[ROUTE_WHOAMI] = { HTTP_GET, API "whoami", BOTH, 0, 0 },
	[ROUTE_CARDS] = { HTTP_GET, API "cards", BOTH, ACCESS_VIEW, 0 },

	[ROUTE_STATUS] = { HTTP_GET, "status", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_SIGNAL] = { HTTP_GET, "signal", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_CONTROL] = { HTTP_POST, "control", ROUTE_CARD, ACCESS_OPERATE, SMALL },
	[ROUTE_BITRATE] = { HTTP_PUT, "bitrate", ROUTE_CARD, ACCESS_OPERATE, SMALL },
	[ROUTE_OUTPUTS] = { HTTP_GET, "outputs", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_OUTPUT_ADD] = { HTTP_POST, "outputs", ROUTE_CARD, ACCESS_OPERATE, SMALL },
	[ROUTE_OUTPUT_REMOVE] = { HTTP_DELETE, "outputs/{output}", ROUTE_CARD, ACCESS_OPERATE, SMALL },
	[ROUTE_OUTPUT_CONTROL] = { HTTP_POST, "outputs/{output}/control", ROUTE_CARD, ACCESS_OPERATE, SMALL },
	[ROUTE_RULES] = { HTTP_GET, "rules", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_RULES_SET] = { HTTP_PUT, "rules", ROUTE_CARD, ACCESS_TEACH, RULES },
	[ROUTE_THRESHOLDS] = { HTTP_GET, "thresholds", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_REFERENCES] = { HTTP_GET, "references", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_REFERENCE_ADD] = { HTTP_POST, "references/{state}", ROUTE_CARD, ACCESS_TEACH, PICTURE },
	[ROUTE_REFERENCE_IMAGE] = { HTTP_GET, "references/{state}/{name}", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_REFERENCE_THUMBNAIL] = { HTTP_GET, "references/{state}/{name}/thumbnail", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_REFERENCE_MOVE] = { HTTP_POST, "references/{state}/{name}/move", ROUTE_CARD, ACCESS_TEACH, SMALL },
	[ROUTE_REFERENCE_DELETE] = { HTTP_DELETE, "references/{state}/{name}", ROUTE_CARD, ACCESS_TEACH, SMALL },
	[ROUTE_TRASH] = { HTTP_GET, "trash", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_TRASH_RESTORE] = { HTTP_POST, "trash/{id}/restore", ROUTE_CARD, ACCESS_TEACH, SMALL },
	[ROUTE_CANDIDATES] = { HTTP_GET, "candidates", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_CANDIDATE_IMAGE] = { HTTP_GET, "candidates/{name}", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_CANDIDATE_ACCEPT] = { HTTP_POST, "candidates/{name}/accept", ROUTE_CARD, ACCESS_TEACH, SMALL },
	[ROUTE_CANDIDATE_DELETE] = { HTTP_DELETE, "candidates/{name}", ROUTE_CARD, ACCESS_TEACH, SMALL },
	[ROUTE_NUMBER_TELL] = { HTTP_POST, "numbers/{number}", ROUTE_CARD, ACCESS_TEACH, SMALL },
	[ROUTE_EVENTS] = { HTTP_GET, "events", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_EVENTS_LIVE] = { HTTP_GET, "events/live", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_SETTINGS_CHECK] = { HTTP_POST, "settings/check", ROUTE_CARD, ACCESS_VIEW, RULES },
	[ROUTE_CARD_SNAPSHOT] = { HTTP_GET, "snapshot.jpg", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_CARD_STREAM] = { HTTP_GET, "stream.mjpg", ROUTE_CARD, ACCESS_VIEW, 0 },
	[ROUTE_CARD_LIVE] = { HTTP_GET, "live", ROUTE_CARD, ACCESS_VIEW, 0 },
};
/* clang-format on */

/* The path against a pattern. 0, or -ENOENT, also for a part that cannot be a name. */
static int match(const char *pattern, const char *path, struct route_match *ret)
{
	size_t n_args = 0;

	for (;;) {
		size_t p = strcspn(pattern, "/"), n = strcspn(path, "/");

		if (p == 2 && memcmp(pattern, "**", 2) == 0) {
			ret->rest = path;
			return 0;
		}
		if (*pattern == '{') {
			if (n == 0 || n_args == ROUTES_ARGS_MAX ||
				decode_part(path, n, ret->args[n_args], ROUTES_ARG_SIZE) < 0)
				return -ENOENT;
			n_args++;
		} else if (p != n || memcmp(pattern, path, n) != 0) {
			return -ENOENT;
		}
		pattern += p;
		path += n;
		if (!*pattern || !*path)
			return *pattern == *path ? 0 : -ENOENT;
		pattern++;
		path++;
	}
}

/* Takes /api/v1/cards/{card}/ off, or /api/v1/ of an instance. What follows, or NULL. */
static const char *rest_of(const char *path, unsigned where, char card[ROUTES_ARG_SIZE])
{
	size_t n;

	card[0] = '\0';
	if (strncmp(path, API, strlen(API)) != 0)
		return NULL;
	path += strlen(API);
	if (strncmp(path, CARDS, strlen(CARDS)) != 0)
		return where == ROUTE_INSTANCE ? path : NULL;
	path += strlen(CARDS);
	n = strcspn(path, "/");
	if (n == 0 || path[n] != '/' || decode_part(path, n, card, ROUTES_ARG_SIZE) < 0)
		return NULL;
	return path + n + 1;
}

static bool matches(const struct route *route, const char *path, const char *rest, unsigned where,
	struct route_match *ret)
{
	if (!(route->where & ROUTE_CARD))
		return (route->where & where) && match(route->path, path, ret) == 0;
	return rest && match(route->path, rest, ret) == 0;
}

int routes_find(enum http_method method, const char *path, unsigned where, struct route_match *ret)
{
	struct route_match m = { .methods = 0 };
	const char *rest = rest_of(path, where, ret->card);

	if (method == HTTP_HEAD)
		method = HTTP_GET;
	ret->methods = 0;
	for (int i = 0; i < _ROUTE_MAX; i++) {
		if (!matches(&routes[i], path, rest, where, &m))
			continue;
		ret->methods |= 1U << routes[i].method;
		if (routes[i].method != method)
			continue;
		memcpy(ret->args, m.args, sizeof(m.args));
		ret->id = (enum route_id) i;
		ret->rest = routes[i].where & ROUTE_CARD ? rest : m.rest;
		return 0;
	}
	return ret->methods ? -EOPNOTSUPP : -ENOENT;
}
