/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every path of the API in one table: who may call it, where it is served, how large a body may be.
 * The instance and the console both go by it, and data/openapi.json describes it (a test compares).
 * Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

#define ROUTES_ARGS_MAX 3
#define ROUTES_ARG_SIZE 256

enum route_where {
	ROUTE_INSTANCE = 1 << 0,
	ROUTE_CONSOLE = 1 << 1,
	/* Of a card: /api/v1/REST on an instance, /api/v1/cards/{card}/REST on both. */
	ROUTE_CARD = 1 << 2,
};

enum route_id {
	/* of the original */
	ROUTE_STATE,
	ROUTE_CONFIG_STATES,
	ROUTE_STREAMS,
	ROUTE_STREAM_CONTROL,
	ROUTE_REFS,
	ROUTE_REF_CAPTURE,
	ROUTE_REF_IMAGE,
	ROUTE_REF_DELETE,
	ROUTE_LIVE_FRAME,
	ROUTE_SNAPSHOT_LATEST,
	ROUTE_SNAPSHOT_SAVE,
	/* of both */
	ROUTE_PAGE,
	ROUTE_WEB,
	ROUTE_HEALTH,
	ROUTE_HEALTH_LIVE,
	ROUTE_HEALTH_READY,
	ROUTE_METRICS,
	ROUTE_OPENAPI,
	ROUTE_SNAPSHOT_JPG,
	ROUTE_STREAM_MJPG,
	ROUTE_STATUS_OLD,
	ROUTE_LOGIN,
	ROUTE_LOGOUT,
	ROUTE_WHOAMI,
	ROUTE_CARDS,
	/* of a card */
	ROUTE_STATUS,
	ROUTE_SIGNAL,
	ROUTE_CONTROL,
	ROUTE_BITRATE,
	ROUTE_OUTPUTS,
	ROUTE_OUTPUT_ADD,
	ROUTE_OUTPUT_REMOVE,
	ROUTE_OUTPUT_CONTROL,
	ROUTE_RULES,
	ROUTE_RULES_SET,
	ROUTE_THRESHOLDS,
	ROUTE_REFERENCES,
	ROUTE_REFERENCE_ADD,
	ROUTE_REFERENCE_IMAGE,
	ROUTE_REFERENCE_THUMBNAIL,
	ROUTE_REFERENCE_MOVE,
	ROUTE_REFERENCE_DELETE,
	ROUTE_TRASH,
	ROUTE_TRASH_RESTORE,
	ROUTE_CANDIDATES,
	ROUTE_CANDIDATE_IMAGE,
	ROUTE_CANDIDATE_ACCEPT,
	ROUTE_CANDIDATE_DELETE,
	ROUTE_NUMBER_TELL,
	ROUTE_EVENTS,
	ROUTE_EVENTS_LIVE,
	ROUTE_SETTINGS_CHECK,
	ROUTE_CARD_SNAPSHOT,
	ROUTE_CARD_STREAM,
	ROUTE_CARD_LIVE,
	_ROUTE_MAX
};

struct route {
	enum http_method method;
	const char *path; /* "/api/refs/{state}"; of a card without what stands before: "outputs" */
	unsigned where;
	unsigned roles;  /* one of them is needed; 0: anybody */
	size_t body_max; /* bytes */
};

/* By route_id. */
extern const struct route routes[_ROUTE_MAX];

struct route_match {
	enum route_id id;
	char card[ROUTES_ARG_SIZE]; /* of /api/v1/cards/{card}/…; "" when it does not stand there */
	char args[ROUTES_ARGS_MAX][ROUTES_ARG_SIZE]; /* decoded, in the order of the path */
	const char *rest; /* of a card: what follows, in the path as it was sent: "outputs/a%20b" */
	unsigned
		methods; /* 1 << method of all that the path has, when this one is not among them */
};

/* 0; -ENOENT: no such path there; -EOPNOTSUPP: it has other methods. where: ROUTE_INSTANCE or
 * ROUTE_CONSOLE. HEAD is GET. */
int routes_find(enum http_method method, const char *path, unsigned where, struct route_match *ret);
