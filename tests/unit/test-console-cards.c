/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of cards on a bus of its own, with processes that are cards (tests/tools/bus-card.c):
 * they come, change, go and hang, others tell lies about them, and the bus is started anew.
 */
#include "console/cards.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/log.h"
#include "common/loop.h"
#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/bus-daemon.h"

#define LIMIT (20 * USEC_PER_SEC)

static struct loop *loop;
static struct cards *cards;
static int changes;

static void on_changed(void *userdata)
{
	(void) userdata;
	changes++;
}

/* argv: of egm-bus-card. */
static pid_t card_begin(const char *name, const char *option)
{
	const char *top = getenv("top_builddir");
	char path[512];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/tests/tools/egm-bus-card", top ? top : ".");
	pid = fork();
	if (pid == 0) {
		(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(STDOUT_FILENO);
		(void) execl(path, path, name, option, (char *) NULL);
		_exit(127);
	}
	return pid;
}

static void card_end(pid_t pid)
{
	(void) kill(pid, SIGKILL);
	(void) waitpid(pid, NULL, 0);
}

static bool turns_until(bool (*reached)(const void *arg), const void *arg)
{
	uint64_t until = usec_now() + LIMIT;

	while (!reached(arg) && usec_now() < until) {
		(void) sd_event_run(loop_event(loop), 50 * USEC_PER_MSEC);
		cards_tick(cards);
	}
	return reached(arg);
}

static bool is_known(const void *name)
{
	const struct card *c = cards_find(cards, name);

	return c && c->known && c->recognises == (strcmp(name, "cam") != 0);
}

static bool is_stopped(const void *name)
{
	const struct card *c = cards_find(cards, name);

	return c && strcmp(c->state, "stopped") == 0;
}

static bool is_alive(const void *name)
{
	const struct card *c = cards_find(cards, name);

	return c && c->alive;
}

static bool is_away(const void *name)
{
	return cards_find(cards, name) && !is_alive(name);
}

/* A client of the bus that is not a card says that one has failed. */
static int liar(void *userdata)
{
	sd_bus *b;

	(void) userdata;
	if (sd_bus_open_system(&b) < 0)
		return 1;
	if (sd_bus_emit_signal(b, "/org/egm/Streamer1", "org.freedesktop.DBus.Properties",
		    "PropertiesChanged", "sa{sv}as", "org.egm.Streamer1", 1, "State", "s", "failed",
		    0) < 0)
		return 1;
	return sd_bus_flush(b) < 0;
}

/* Tells the card to stop, and returns when it has. */
static int stopper(void *userdata)
{
	sd_bus *b;

	if (sd_bus_open_system(&b) < 0)
		return 1;
	return sd_bus_call_method(b, userdata, "/org/egm/Streamer1", "org.egm.Streamer1", "Stop",
		       NULL, NULL, "") < 0;
}

static int client(int (*fn)(void *userdata), void *userdata)
{
	int status;

	(void) waitpid(bus_client(fn, userdata), &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_learning(pid_t *ret_game, pid_t *ret_cam)
{
	const struct card *c;

	ok(cards_new(&cards, loop, on_changed, NULL) == 0 && cards_count(cards) == 0,
		"without a bus there are no cards");
	(void) sd_event_run(loop_event(loop), 50 * USEC_PER_MSEC);
	bus_daemon_start();
	*ret_game = card_begin("zz_game", NULL);
	ok(turns_until(is_known, "zz_game"), "a card is found, and tells about itself");
	c = cards_find(cards, "zz_game");
	ok(!strcmp(c->role, "game") && !strcmp(c->machine, "egm-101") &&
			!strcmp(c->state, "running") && c->input_live && !*c->input_reason &&
			c->recognises,
		"what it is for and how it does");
	*ret_cam = card_begin("cam", "--blind");
	ok(turns_until(is_known, "cam") && cards_count(cards) == 2 &&
			!strcmp(cards_at(cards, 0)->name, "cam") && changes > 0,
		"another one that recognises nothing, sorted by name");
	ok(!cards_find(cards, "ca") && !cards_find(cards, "cams") && !cards_find(cards, ""),
		"there are no others");
}

static void test_changes(void)
{
	ok(client(liar, NULL) == 0 && client(stopper, (void *) "org.egm.Streamer1.cam") == 0 &&
			turns_until(is_stopped, "cam"),
		"a change of a property is heard");
	ok(!strcmp(cards_find(cards, "zz_game")->state, "running"),
		"and nothing that somebody else says");
}

static void test_going(pid_t game)
{
	const struct card *c;
	pid_t silent;

	card_end(game);
	ok(turns_until(is_away, "zz_game") && cards_count(cards) == 2,
		"one that goes stays listed");
	c = cards_find(cards, "zz_game");
	ok(!c->input_live && *c->input_reason && !strcmp(c->state, "away") &&
			!strcmp(c->role, "game"),
		"as one that is away, and nothing of it is live");
	silent = card_begin("silent", "--silent");
	ok(turns_until(is_alive, "silent"), "one that never answers");
	game = card_begin("zz_game", "--role=cam");
	ok(turns_until(is_known, "zz_game") && !cards_find(cards, "silent")->known &&
			!strcmp(cards_find(cards, "zz_game")->role, "cam"),
		"does not keep the others away; one that is back is asked anew");
	card_end(silent);
	card_end(game);
}

static bool list_is_away(const void *arg)
{
	(void) arg;
	for (size_t i = 0; i < cards_count(cards); i++)
		if (cards_at(cards, i)->alive || cards_at(cards, i)->input_live)
			return false;
	return true;
}

static void test_bus(pid_t cam)
{
	bus_daemon_stop();
	ok(turns_until(list_is_away, NULL) && cards_count(cards) == 3,
		"without the bus nothing is known to be live");
	(void) waitpid(cam, NULL, 0);
	bus_daemon_start();
	cam = card_begin("cam", "--blind");
	ok(turns_until(is_known, "cam") && !is_alive("zz_game"), "and it is all heard again after");
	card_end(cam);
}

static void test_many(void)
{
	pid_t pids[CARDS_MAX];
	char name[CARD_NAME_MAX];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "card%d", i);
		pids[i] = card_begin(name, NULL);
		ok(turns_until(is_known, name), "%s", name);
	}
	cards = cards_free(cards);
	ok(cards_new(&cards, loop, NULL, NULL) == 0 && turns_until(is_known, "card3") &&
			turns_until(is_known, "card0") && cards_count(cards) == 4,
		"those that were there before are found");
	for (int i = 0; i < 4; i++)
		card_end(pids[i]);
}

int main(void)
{
	const struct loop_hooks none = { 0 };
	pid_t game, cam;

	log_open("test-console-cards");
	bus_daemon_prepare();
	if (loop_new(&loop, &none) < 0)
		abort();
	test_learning(&game, &cam);
	test_changes();
	test_going(game);
	test_bus(cam);
	test_many();
	cards_free(cards);
	loop_free(loop);
	bus_daemon_stop();
	bus_daemon_clean();
	return tap_done();
}
