/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "streamer/api-private.h"

#include <stdarg.h>
#include <string.h>

#include "common/file.h"
#include "common/log.h"

#define MODE 0660
/* More than the console has for a card, see console/upstream.h and live.h. */
#define LOCAL_CLIENTS_MAX 700
#define CLIENTS_MAX 320 /* three quarters of them may look on */
#define TOKEN_FILE_MAX 4096

const api_handler_fn api_handlers[_ROUTE_MAX] = {
	[ROUTE_STATE] = api_state,
	[ROUTE_CONFIG_STATES] = api_config_states,
	[ROUTE_STREAMS] = api_streams,
	[ROUTE_STREAM_CONTROL] = api_stream_control,
	[ROUTE_REFS] = api_refs,
	[ROUTE_REF_CAPTURE] = api_reference_add,
	[ROUTE_REF_IMAGE] = api_reference_image,
	[ROUTE_REF_DELETE] = api_reference_delete,
	[ROUTE_LIVE_FRAME] = api_snapshot,
	[ROUTE_SNAPSHOT_LATEST] = api_snapshot,
	[ROUTE_SNAPSHOT_SAVE] = api_snapshot_save,
	[ROUTE_HEALTH] = api_health,
	[ROUTE_HEALTH_LIVE] = api_health,
	[ROUTE_HEALTH_READY] = api_health,
	[ROUTE_METRICS] = api_metrics,
	[ROUTE_SNAPSHOT_JPG] = api_snapshot,
	[ROUTE_STATUS_OLD] = api_status,
	[ROUTE_CARDS] = api_cards,
	[ROUTE_STATUS] = api_status,
	[ROUTE_SIGNAL] = api_signal,
	[ROUTE_CONTROL] = api_control,
	[ROUTE_BITRATE] = api_bitrate,
	[ROUTE_OUTPUTS] = api_outputs,
	[ROUTE_OUTPUT_ADD] = api_output_add,
	[ROUTE_OUTPUT_REMOVE] = api_output_remove,
	[ROUTE_OUTPUT_CONTROL] = api_output_control,
	[ROUTE_RULES] = api_rules,
	[ROUTE_RULES_SET] = api_rules_set,
	[ROUTE_THRESHOLDS] = api_thresholds,
	[ROUTE_REFERENCES] = api_references,
	[ROUTE_REFERENCE_ADD] = api_reference_add,
	[ROUTE_REFERENCE_IMAGE] = api_reference_image,
	[ROUTE_REFERENCE_THUMBNAIL] = api_reference_thumbnail,
	[ROUTE_REFERENCE_MOVE] = api_reference_move,
	[ROUTE_REFERENCE_DELETE] = api_reference_delete,
	[ROUTE_TRASH] = api_trash,
	[ROUTE_TRASH_RESTORE] = api_trash_restore,
	[ROUTE_CANDIDATES] = api_candidates,
	[ROUTE_CANDIDATE_IMAGE] = api_candidate_image,
	[ROUTE_CANDIDATE_ACCEPT] = api_candidate_accept,
	[ROUTE_CANDIDATE_DELETE] = api_candidate_delete,
	[ROUTE_NUMBER_TELL] = api_number_tell,
	[ROUTE_EVENTS] = api_events,
	[ROUTE_EVENTS_LIVE] = api_events_live,
	[ROUTE_SETTINGS_CHECK] = api_settings_check,
	[ROUTE_CARD_SNAPSHOT] = api_snapshot,
	[ROUTE_STREAM_MJPG] = api_stream,
	[ROUTE_CARD_STREAM] = api_stream,
	[ROUTE_CARD_LIVE] = api_live,
};

/* ---- answers ---- */

static unsigned status_of(enum fault_kind kind, int r)
{
	static const unsigned statuses[_FAULT_MAX] = {
		[FAULT_NO_SUCH_OUTPUT] = 404,
		[FAULT_OUTPUT_EXISTS] = 409,
		[FAULT_TOO_MANY_OUTPUTS] = 409,
		[FAULT_BAD_NAME] = 422,
		[FAULT_BAD_URL] = 422,
		[FAULT_BAD_CODEC] = 422,
		[FAULT_BAD_BITRATE] = 422,
		[FAULT_BAD_QUALITY] = 422,
		[FAULT_NO_PICTURE] = 503,
		[FAULT_NOT_RECOGNISING] = 404,
		[FAULT_NO_SUCH_STATE] = 404,
		[FAULT_NO_SUCH_REFERENCE] = 404,
		[FAULT_TOO_MANY_REFERENCES] = 409,
		[FAULT_BAD_PICTURE] = 422,
		[FAULT_NO_SUCH_TRASH] = 404,
		[FAULT_NO_SUCH_CANDIDATE] = 404,
		[FAULT_NO_SUCH_NUMBER] = 404,
		[FAULT_BAD_NUMBER] = 422,
		[FAULT_BAD_RULES] = 422,
		[FAULT_NOT_EDITABLE] = 409,
		[FAULT_CONFIGURATION_BAD] = 422,
		[FAULT_BUSY] = 503,
		[FAULT_IO] = 500,
	};

	if (kind == FAULT_NONE)
		return r == -ENOMEM || r == -EAGAIN ? 503 : 500;
	return statuses[kind];
}

int api_fault(struct http_request *q, int r, const struct fault *f)
{
	unsigned status = status_of(f->kind, r);

	if (f->kind == FAULT_NONE)
		return http_fault(q, status, "%s", strerror(-r));
	return face_fault(q, status, fault_name(f->kind), f->words);
}

int api_done(struct http_request *q)
{
	return http_answer(q, 204, NULL, "", 0);
}

int api_ok(struct http_request *q)
{
	return face_answer_json(q, 200, json_pack("{s:s}", "status", "ok"));
}

json_t *api_body(struct face_request *q, int *r, const char *format, ...)
{
	json_t *j = face_body_object(q->http, r);
	json_error_t error;
	va_list ap;
	int bad;

	if (!j)
		return NULL;
	va_start(ap, format);
	bad = json_vunpack_ex(j, &error, 0, format, ap);
	va_end(ap);
	if (!bad)
		return j;
	*r = http_fault(q->http, 422, "%s", error.text);
	json_decref(j);
	return NULL;
}

const char *api_card(const struct api *a)
{
	return a->control->card ? a->control->card : "self";
}

/* ---- requests ---- */

static int handle(struct face_request *q, void *userdata)
{
	struct api *a = userdata;
	const char *card = q->match.card;

	if (*card && strcmp(card, "self") != 0 && strcmp(card, api_card(a)) != 0)
		return http_fault(q->http, 404, "This is not the card %.64s.", card);
	if (!api_handlers[q->match.id])
		return http_fault(q->http, 404, "Not Found");
	return api_handlers[q->match.id](a, q);
}

/* ---- from start to end ---- */

static int open_local(struct api *a, const struct api_settings *s, const struct face_hooks *hooks)
{
	const struct face_settings settings = {
		.listen = { .path = s->path,
			.mode = MODE,
			.clients_max = LOCAL_CLIENTS_MAX,
			.clients_per_address_max = LOCAL_CLIENTS_MAX },
		.where = ROUTE_INSTANCE,
		.page_folder = s->page_folder,
		.openapi = s->openapi,
	};

	return face_new(&a->local, a->loop, &settings, NULL, hooks);
}

/* "127.0.0.1:8080" or "[::1]:8080" into its parts; text is cut. */
static int split(char *text, const char **ret_address, unsigned *ret_port)
{
	char *colon = strrchr(text, ':'), *end;
	unsigned long port;

	if (!colon || colon == text || !colon[1])
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535 || colon[1] == '-' || colon[1] == '+')
		return -EINVAL;
	*colon = '\0';
	if (*text == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		text++;
	}
	*ret_address = text;
	*ret_port = (unsigned) port;
	return 0;
}

static int add_token(struct access *access, const char *path, char *why, size_t size)
{
	_cleanup_(freep) char *text = NULL;
	int r = file_read(path, TOKEN_FILE_MAX, &text, NULL);

	if (r == 0) {
		text[strcspn(text, "\r\n")] = '\0';
		r = access_add_token(access, "http-token", text, ACCESS_ALL);
		explicit_bzero(text, strlen(text));
	}
	if (r == -EINVAL)
		snprintf(why, size, "%s: its first line is no token of %d to %d characters", path,
			ACCESS_TOKEN_MIN, ACCESS_TOKEN_MAX);
	else if (r < 0)
		snprintf(why, size, "%s: %s", path, strerror(-r));
	return r;
}

static int make_access(
	struct access **ret, const struct api_settings *s, char *why, size_t why_size)
{
	_cleanup_(access_freep) struct access *access = NULL;
	int r = access_new(&access);

	for (const char *const *n = s->open_to; r >= 0 && n && *n; n++) {
		r = access_add_network(access, *n, ACCESS_ALL);
		if (r < 0)
			snprintf(why, why_size, "%s: no network, such as 192.168.1.0/24", *n);
	}
	if (r >= 0 && s->token_file)
		r = add_token(access, s->token_file, why, why_size);
	if (r >= 0)
		*ret = TAKE_PTR(access);
	return r;
}

static int open_tcp(struct api *a, const struct api_settings *s, const struct face_hooks *hooks,
	char *why, size_t why_size)
{
	_cleanup_(freep) char *text = strdup(s->http);
	struct face_settings settings = {
		.listen = { .clients_max = CLIENTS_MAX },
		.where = ROUTE_INSTANCE,
		.page_folder = s->page_folder,
		.openapi = s->openapi,
	};
	struct access *access = NULL;
	int r = text ? split(text, &settings.listen.address, &settings.listen.port) : -ENOMEM;

	if (r < 0) {
		snprintf(why, why_size, "%s: no address and port, such as 127.0.0.1:8080", s->http);
		return r;
	}
	r = make_access(&access, s, why, why_size);
	if (r < 0)
		return r;
	r = face_new(&a->tcp, a->loop, &settings, access, hooks);
	if (r == -ENOKEY)
		snprintf(why, why_size,
			"HTTP stays shut at %s, for nobody could come in: say from where with "
			"--http-open, or by which token with --http-token",
			s->http);
	else if (r < 0)
		snprintf(why, why_size, "Cannot listen on %s: %s", s->http, strerror(-r));
	else
		log_notice("The page is at http://%.*s:%u/",
			(int) (strrchr(s->http, ':') - s->http), s->http, face_port(a->tcp));
	return r;
}

int api_new(struct api **ret, struct loop *loop, const struct api_settings *settings,
	struct control *control, char *why, size_t why_size)
{
	_cleanup_(api_freep) struct api *a = calloc(1, sizeof(*a));
	struct face_hooks hooks = { .handle = handle, .userdata = a };
	int r;

	snprintf(why, why_size, "no memory");
	if (!a)
		return -ENOMEM;
	a->loop = loop;
	a->control = control;
	r = api_events_new(&a->events, a);
	if (r >= 0)
		r = api_stream_new(&a->stream, a);
	if (r >= 0)
		r = api_live_new(&a->live, a);
	if (r >= 0 && settings->path) {
		r = open_local(a, settings, &hooks);
		if (r < 0)
			snprintf(why, why_size, "Cannot listen on %s: %s", settings->path,
				strerror(-r));
	}
	if (r >= 0 && settings->http)
		r = open_tcp(a, settings, &hooks, why, why_size);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(a);
	return 0;
}

void api_close(struct api *a)
{
	if (!a || a->closed)
		return;
	a->closed = true;
	api_jobs_drop(a);
	a->local = face_free(a->local);
	a->tcp = face_free(a->tcp);
	a->events = api_events_free(a->events);
	a->stream = api_stream_free(a->stream);
	a->live = api_live_free(a->live);
	a->thresholds = api_thresholds_free(a->thresholds);
}

struct api *api_free(struct api *a)
{
	api_close(a);
	free(a);
	return NULL;
}

void api_update(struct api *a)
{
	if (a->closed)
		return;
	api_jobs_go_on(a);
	api_events_update(a->events);
}

unsigned api_port(const struct api *a)
{
	return a->tcp ? face_port(a->tcp) : 0;
}
