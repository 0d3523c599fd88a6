/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.egm.Recogniser1: what the screen shows, and the pictures that teach it. */
#include <string.h>

#include "common/usec.h"
#include "common/utf8.h"
#include "streamer/daemon-bus-private.h"
#include "streamer/snapshot.h"
#include "teach/reference-trash.h"

#define VIEW(name, member) PROPERTY(name, struct recogniser_seen, member)

static const struct property properties[] = {
	VIEW("Mode", view.mode),
	VIEW("State", view.state),
	VIEW("Reason", view.reason),
	VIEW("StateSinceRealtime", since),
	VIEW("States", view.states),
	VIEW("Numbers", view.numbers),
	VIEW("References", view.references),
	VIEW("ReferencesSkipped", view.skipped),
	{ .name = NULL },
};

/* ---- properties ---- */

static int get_states(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	const struct screen_view *v = &d->recogniser.view;
	int r = sd_bus_message_open_container(reply, 'a', "s");

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	for (int i = 0; i < v->n_states && r >= 0; i++)
		r = sd_bus_message_append(reply, "s", v->states[i]);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_numbers(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	const struct screen_view *v = &d->recogniser.view;
	int r = sd_bus_message_open_container(reply, 'a', "{ss}");

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	for (int i = 0; i < v->n_numbers && r >= 0; i++)
		r = sd_bus_message_append(reply, "{ss}", v->numbers[i].name, v->numbers[i].text);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int get_decisions(sd_bus *bus, const char *path, const char *interface, const char *property,
	sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;

	(void) bus, (void) path, (void) interface, (void) property, (void) error;
	return sd_bus_message_append(
		reply, "t", screen_decisions(pipeline_screen(d->control->pipeline)));
}

void recogniser_bus_update(struct daemon_bus *d)
{
	struct recogniser_seen next = { 0 };

	screen_view(pipeline_screen(d->control->pipeline), &next.view);
	next.since = moment_at(d->recogniser.since, next.view.since_usec);
	daemon_bus_tell(d, RECOGNISER_PATH, RECOGNISER_INTERFACE, properties, &d->recogniser, &next,
		sizeof(next));
}

/* ---- methods ---- */

static int on_explain(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	_cleanup_(freep) char *json = control_explain(d->control);

	if (!json)
		return sd_bus_error_set(error, fault_name(FAULT_NOT_RECOGNISING),
			"Nothing is recognised on this card.");
	return sd_bus_reply_method_return(m, "s", json);
}

static int do_reload_references(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;
	struct fault f = { .kind = FAULT_NONE };
	int r = control_reload_references(d->control, &f);

	return r < 0 ? bus_fault(error, r, &f) : bus_done(d, m);
}

/* The answer comes before anything is learnt, and says so. */
static int do_tell_number(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const struct daemon_bus *d = userdata;
	struct fault f = { .kind = FAULT_NONE };
	const char *name, *text;
	int r = sd_bus_message_read(m, "ss", &name, &text);

	if (r < 0)
		return r;
	r = control_tell_number(d->control, name, text, &f);
	if (r < 0)
		return bus_fault(error, r, &f);
	return sd_bus_reply_method_return(m, "s", "next-picture");
}

/* ---- what is done with the files ---- */

struct files_request {
	struct request q;
	char *folder;
	char state[64], name[REFERENCE_NAME_MAX];
	char states[RULES_STATES_MAX][RULES_NAME_MAX + 1]; /* to be listed */
	int n_states;
	struct reference_file *list;
	size_t n;
};

static void files_free(struct request *q)
{
	struct files_request *s = (struct files_request *) q;

	free(s->folder);
	free(s->list);
	free(s);
}

static int files_new(struct files_request **ret, struct daemon_bus *d, const char *state, bool all,
	int (*answer)(struct request *q, sd_bus_message *m), sd_bus_error *error)
{
	struct files_request *s = calloc(1, sizeof(*s));
	struct fault f = { .kind = FAULT_NONE };
	int r;

	if (!s)
		return -ENOMEM;
	s->q = (struct request){ .d = d, .answer = answer, .free = files_free };
	r = control_references(d->control, state, all, &s->folder, &f);
	if (r < 0) {
		files_free(&s->q);
		return bus_fault(error, r, &f);
	}
	snprintf(s->state, sizeof(s->state), "%s", state);
	*ret = s;
	return 0;
}

static void learn_run(void *userdata, struct stage *stage)
{
	struct files_request *s = userdata;

	s->q.result = snapshot_learn(pipeline_stills(s->q.d->control->pipeline), stage, s->folder,
		s->state, s->name, &s->q.fault);
}

static int learn_answer(struct request *q, sd_bus_message *m)
{
	return sd_bus_reply_method_return(m, "s", ((const struct files_request *) q)->name);
}

static int do_learn(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct files_request *s;
	const char *state;
	int r = sd_bus_message_read(m, "s", &state);

	if (r >= 0)
		r = files_new(&s, userdata, state, false, learn_answer, error);
	return r < 0 ? r : request_start(&s->q, JOB_PICTURE, learn_run, m, error);
}

static void delete_run(void *userdata, struct stage *stage)
{
	struct files_request *s = userdata;
	char id[TRASH_ID_MAX];

	(void) stage;
	s->q.result = reference_trash_put(
		s->folder, s->state, s->name, usec_of(CLOCK_REALTIME), id, &s->q.fault);
}

static int delete_answer(struct request *q, sd_bus_message *m)
{
	(void) q;
	return sd_bus_reply_method_return(m, NULL);
}

static int do_delete_reference(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct files_request *s;
	const char *state, *name;
	int r = sd_bus_message_read(m, "ss", &state, &name);

	if (r >= 0)
		r = files_new(&s, userdata, state, false, delete_answer, error);
	if (r < 0)
		return r;
	/* One that is too long stays so, and is refused. */
	snprintf(s->name, sizeof(s->name), "%s", strlen(name) < sizeof(s->name) ? name : ".");
	return request_start(&s->q, JOB_FILES, delete_run, m, error);
}

static void list_run(void *userdata, struct stage *stage)
{
	struct files_request *s = userdata;
	int r = 0;

	for (int i = 0; i < s->n_states && r >= 0 && !stage_stopping(stage); i++)
		r = reference_files_list(s->folder, s->states[i], &s->list, &s->n, &s->q.fault);
	s->q.result = r;
}

static int append_file(sd_bus_message *reply, const struct reference_file *f)
{
	char name[sizeof(f->name)];

	return sd_bus_message_append(reply, "(sstt)", f->state,
		utf8_text(f->name, name, sizeof(name)), f->bytes, f->realtime_usec);
}

static int list_answer(struct request *q, sd_bus_message *m)
{
	const struct files_request *s = (const struct files_request *) q;
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(m, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(sstt)");
	for (size_t i = 0; i < s->n && r >= 0; i++)
		r = append_file(reply, &s->list[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int on_list_references(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct daemon_bus *d = userdata;
	struct files_request *s;
	struct screen_view v;
	const char *state;
	int r = sd_bus_message_read(m, "s", &state);

	if (r >= 0)
		r = files_new(&s, d, state, true, list_answer, error);
	if (r < 0)
		return r;
	screen_view(pipeline_screen(d->control->pipeline), &v);
	for (int i = 0; i < v.n_states; i++)
		if (!*state || strcmp(v.states[i], state) == 0)
			memcpy(s->states[s->n_states++], v.states[i], sizeof(v.states[i]));
	return request_start(&s->q, JOB_FILES, list_run, m, error);
}

/* ---- who may ---- */

GUARDED(learn, ACTION_TEACH)
GUARDED(delete_reference, ACTION_TEACH)
GUARDED(reload_references, ACTION_TEACH)
GUARDED(tell_number, ACTION_TEACH)

#define AT(member) offsetof(struct daemon_bus, recogniser.member)
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
#define TEXT(name, member) SD_BUS_PROPERTY(name, "s", bus_get_text, AT(member), CHANGES)
#define PLAIN(name, type, member) SD_BUS_PROPERTY(name, type, NULL, AT(member), CHANGES)
#define METHOD SD_BUS_METHOD_WITH_ARGS
#define IN SD_BUS_ARGS
#define OUT SD_BUS_RESULT
#define OPEN SD_BUS_VTABLE_UNPRIVILEGED /* bus_check() says who may */

const sd_bus_vtable recogniser_bus_vtable[] = {
	SD_BUS_VTABLE_START(0),
	TEXT("Mode", view.mode),
	TEXT("State", view.state),
	TEXT("Reason", view.reason),
	PLAIN("StateSinceRealtime", "t", since.realtime),
	SD_BUS_PROPERTY("States", "as", get_states, 0, CHANGES),
	SD_BUS_PROPERTY("Numbers", "a{ss}", get_numbers, 0, CHANGES),
	PLAIN("References", "u", view.references),
	PLAIN("ReferencesSkipped", "u", view.skipped),
	SD_BUS_PROPERTY("Decisions", "t", get_decisions, 0, 0),
	METHOD("Explain", SD_BUS_NO_ARGS, OUT("s", json), on_explain, OPEN),
	METHOD("ListReferences", IN("s", state), OUT("a(sstt)", references), on_list_references,
		OPEN),
	METHOD("Learn", IN("s", state), OUT("s", file), on_learn, OPEN),
	METHOD("DeleteReference", IN("s", state, "s", file), SD_BUS_NO_RESULT, on_delete_reference,
		OPEN),
	METHOD("ReloadReferences", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_reload_references, OPEN),
	METHOD("TellNumber", IN("s", name, "s", text), OUT("s", learnt_from), on_tell_number, OPEN),
	SD_BUS_SIGNAL_WITH_ARGS("StateChanged",
		SD_BUS_ARGS("s", state, "s", before, "s", reason, "t", capture_usec, "t",
			capture_realtime),
		0),
	SD_BUS_SIGNAL_WITH_ARGS("NumberChanged",
		SD_BUS_ARGS("s", name, "s", value, "t", capture_usec, "t", capture_realtime), 0),
	SD_BUS_VTABLE_END,
};
