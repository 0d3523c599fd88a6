/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller against models of links: an encoder that follows its target within some tenths of
 * a second and makes keyframes, a queue with the drop rule, a kernel that takes so much, and a link
 * with a rate, a round trip and, where a reader is slow, a buffer that nobody sees.
 */
#include "media/bitrate.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "tests/tap.h"

#define MSEC USEC_PER_MSEC
#define SEC USEC_PER_SEC
#define DT (5 * MSEC)
#define PICTURES 30 /* a second, and in a GOP */
#define KEY_WEIGHT 5.
#define FOLLOW_SEC 0.3 /* in which the encoder goes two thirds of the way to a new target */
#define QUEUE_MAX 4096
#define RTT_MAX 100 /* in DT */
#define SOUND 96000

struct model {
	/* the link */
	double rate, noise; /* bit/s; of it by which each moment differs at most */
	size_t rtt;         /* in DT */
	size_t least_rtt;   /* as the kernel remembers it; 0: as it is */
	double kernel;      /* bytes that it takes */
	double hidden;      /* bytes that the peer takes at once before it is slow */
	double lump;        /* bytes by which a slow reader opens its window; 0: it is none */
	bool by_packet, connected, silent;
	/* what goes on */
	struct {
		double size;
		uint64_t usec;
	} queue[QUEUE_MAX];
	size_t head, tail;
	double left; /* of the packet that is being written */
	double written, served, read, acked[RTT_MAX + 1], sent;
	bool shut;
	uint64_t drops, session;
	/* figures */
	uint64_t longest_usec;
};

struct world {
	struct bitrate b;
	struct bitrate_limits limits;
	struct bitrate_decision d;
	struct model link[3];
	const char *names[3];
	size_t n;
	bool adaptive;
	uint64_t now, begin;
	double actual; /* of the encoder */
	unsigned picture;
	uint32_t seed;
	/* figures since reset() */
	int64_t least, most;
	double sum;
	uint64_t ticks, falls_before;
	unsigned begins, ends;
};

static double chance(struct world *w)
{
	w->seed = w->seed * 1664525 + 1013904223;
	return (double) (w->seed >> 8) / (1 << 23) - 1;
}

static uint64_t span(const struct model *m, uint64_t now)
{
	return m->head == m->tail ? 0 : now - m->queue[m->head % QUEUE_MAX].usec;
}

static void put(struct world *w, struct model *m, double size, bool key)
{
	if (m->shut && !key)
		return;
	m->shut = false;
	m->queue[m->tail % QUEUE_MAX].size = size;
	m->queue[m->tail++ % QUEUE_MAX].usec = w->now;
	m->longest_usec = MAX(m->longest_usec, span(m, w->now));
	if (span(m, w->now) > w->limits.queue_usec) {
		m->head = m->tail;
		m->shut = true;
		m->drops++;
	}
}

static void make_picture(struct world *w)
{
	bool key = w->picture++ % PICTURES == 0;
	double unit, follow = 1 / (FOLLOW_SEC * PICTURES);

	w->actual += ((double) w->d.target - w->actual) * follow;
	unit = w->actual / 8 / (PICTURES - 1 + KEY_WEIGHT);
	for (size_t i = 0; i < w->n; i++)
		if (w->link[i].connected)
			put(w, &w->link[i], unit * (key ? KEY_WEIGHT : 1) + SOUND / 8. / PICTURES,
				key);
}

static void write_out(struct model *m)
{
	double room = m->kernel - (m->written - m->acked[m->rtt]);

	while (room > 0 && (m->left > 0 || m->head < m->tail)) {
		double n;

		if (m->left <= 0)
			m->left = m->queue[m->head % QUEUE_MAX].size;
		n = MIN(room, m->left);
		m->left -= n;
		m->written += n;
		room -= n;
		if (m->left <= 0) {
			m->sent += m->queue[m->head % QUEUE_MAX].size;
			m->head += m->head < m->tail;
		}
	}
}

static void move(struct world *w, struct model *m)
{
	double n = m->rate * (1 + m->noise * chance(w)) / 8 * DT / SEC;

	write_out(m);
	if (m->served < m->hidden)
		n = m->hidden - m->served;
	if (m->silent)
		n = 0;
	m->read += MIN(n, m->served - m->read);
	if (m->lump == 0)
		m->served += MIN(n, m->written - m->served);
	else if (m->served - m->read < 1)
		m->served += MIN(m->lump * (0.65 + 0.35 * chance(w)), m->written - m->served);
	memmove(m->acked + 1, m->acked, sizeof(m->acked) - sizeof(m->acked[0]));
	m->acked[0] = m->served;
}

static void look(struct world *w)
{
	bitrate_begin(&w->b, &w->limits, w->now);
	for (size_t i = 0; i < w->n; i++) {
		struct model *m = &w->link[i];
		struct bitrate_sample s = { .session = m->session,
			.delivered_bytes = (uint64_t) (m->by_packet ? m->sent : m->acked[m->rtt]),
			.held_bytes = m->by_packet ? 0 : (uint64_t) (m->written - m->acked[m->rtt]),
			.round_usec =
				m->by_packet ? 0 : DT * (m->least_rtt ? m->least_rtt : m->rtt),
			.queue_usec = span(m, w->now),
			.drops = m->drops,
			.by_packet = m->by_packet };

		if (m->connected && w->adaptive)
			bitrate_put(&w->b, w->names[i], &s);
	}
	w->d = bitrate_end(&w->b);
	w->begins += w->d.news == BITRATE_BEGINS;
	w->ends += w->d.news == BITRATE_ENDS;
	w->least = MIN(w->least, w->d.target);
	w->most = MAX(w->most, w->d.target);
	w->sum += (double) w->d.target;
	w->ticks++;
	if (getenv("VERBOSE"))
		printf("# %.1f target %lld %s queue %llu ms held %.0f drops %llu\n",
			(double) (w->now - w->begin) / SEC, (long long) w->d.target,
			bitrate_state_name(w->d.state),
			(unsigned long long) span(&w->link[0], w->now) / 1000,
			w->link[0].written - w->link[0].acked[w->link[0].rtt],
			(unsigned long long) w->link[0].drops);
}

static void reset(struct world *w)
{
	w->least = INT64_MAX;
	w->most = 0;
	w->sum = 0;
	w->ticks = 0;
	w->begins = w->ends = 0;
	w->falls_before = w->d.falls;
	for (size_t i = 0; i < w->n; i++)
		w->link[i].longest_usec = 0;
}

static void step(struct world *w)
{
	const uint64_t period = SEC / PICTURES;

	if (w->now / period != (w->now - DT) / period)
		make_picture(w);
	for (size_t i = 0; i < w->n; i++)
		if (w->link[i].connected)
			move(w, &w->link[i]);
	if (w->now / BITRATE_TICK_USEC != (w->now - DT) / BITRATE_TICK_USEC)
		look(w);
	w->now += DT;
}

static void run(struct world *w, double seconds)
{
	uint64_t end = w->now + (uint64_t) (seconds * SEC);

	reset(w);
	while (w->now < end)
		step(w);
}

/* Runs until the target is there, in either direction. Seconds; limit: not within that. */
static double until(struct world *w, int64_t target, bool up, double limit)
{
	uint64_t begin = w->now, end = begin + (uint64_t) (limit * SEC);

	reset(w);
	while (w->now < end && (up ? w->d.target < target : w->d.target > target))
		step(w);
	return (double) (w->now - begin) / SEC;
}

static double mean(const struct world *w)
{
	return w->sum / (double) w->ticks;
}

static struct model wide(void)
{
	return (struct model){
		.rate = 50e6, .rtt = 4, .kernel = 128e3, .connected = true, .session = 1
	};
}

static struct world *world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	w->limits = (struct bitrate_limits){
		.floor = 300000, .ceiling = 2000000, .sound = SOUND, .queue_usec = 2 * SEC
	};
	w->names[0] = "main";
	w->names[1] = "second";
	w->names[2] = "third";
	w->link[0] = wide();
	w->n = 1;
	w->adaptive = true;
	w->now = w->begin = 1000 * SEC;
	w->actual = 2e6;
	w->d.target = 2000000;
	w->seed = 1;
	run(w, 10);
	return w;
}

#define FIGURES "least %.2f, mean %.2f, most %.2f Mb/s, %d falls, queue %d ms at most, %d drops"
#define OF(w)                                                               \
	(double) (w)->least / 1e6, mean(w) / 1e6, (double) (w)->most / 1e6, \
		(int) ((w)->d.falls - (w)->falls_before),                   \
		(int) ((w)->link[0].longest_usec / 1000), (int) (w)->link[0].drops

static void steady(void)
{
	struct world *w = world();

	run(w, 300);
	ok(w->d.falls == 0 && w->least == 2000000 && w->d.state == BITRATE_FULL,
		"a wide link: " FIGURES, OF(w));
	w->link[0].rate = 2.4e6;
	w->link[0].rtt = 40;
	w->link[0].session++;
	run(w, 300);
	ok(w->d.falls == 0, "15 %% more than needed, 200 ms away, keyframes in bursts: " FIGURES,
		OF(w));
	free(w);
}

/* Half the rate, then all of it again. */
static void step_down_and_up(const char *name, const struct model *m)
{
	struct world *w = world();
	double down, up;

	w->link[0] = *m;
	w->link[0].session++;
	run(w, 10);
	w->link[0].rate = 1.05e6;
	w->link[0].hidden += w->link[0].served;
	down = until(w, 1000000, false, 30);
	ok(down < 6, "%s: half the rate: below it after %.1f s", name, down);
	ok(w->d.state == BITRATE_LOWERED && strcmp(w->d.output, "main") == 0 && w->begins == 1,
		"%s: and it is told, for whose sake", name);
	run(w, 30);
	ok(w->link[0].drops == 0, "%s: nothing is lost: " FIGURES, name, OF(w));
	run(w, 300);
	ok(w->link[0].drops == 0 && mean(w) > 0.75e6 && mean(w) < 1e6 && w->most < 1.6e6 &&
			w->d.falls - w->falls_before <= 12 && w->begins + w->ends == 0,
		"%s: five minutes of it: " FIGURES, name, OF(w));
	w->link[0].rate = 50e6;
	up = until(w, 2000000, true, 200);
	ok(up > 8 && up < 100, "%s: all of it: back after %.1f s", name, up);
	run(w, 120);
	ok(w->d.state == BITRATE_FULL && w->ends == 1 && w->d.falls == w->falls_before,
		"%s: and it stays there: " FIGURES, name, OF(w));
	free(w);
}

static void steps(void)
{
	struct model near = wide(), far = wide(), bloat = wide(), reader = wide(), lumps = wide(),
		     blind = wide();

	far.rtt = 60;
	far.kernel = 256e3;
	bloat.rtt = 10;
	bloat.kernel = 1e6;
	reader.hidden = 128e3;
	lumps.kernel = 180e3;
	lumps.lump = 110e3;
	blind.by_packet = true;
	step_down_and_up("a link nearby", &near);
	step_down_and_up("300 ms away", &far);
	step_down_and_up("bufferbloat of 1 MB", &bloat);
	step_down_and_up("a slow reader", &reader);
	step_down_and_up("a reader by lumps", &lumps);
	step_down_and_up("a queue alone", &blind);
}

/* Lower and lower, below the floor. */
static void to_the_floor(void)
{
	struct world *w = world();
	double sec;

	w->link[0].rate = 0.5e6;
	sec = until(w, 450000, false, 30);
	ok(sec < 8, "a quarter of the rate: below it after %.1f s: " FIGURES, sec, OF(w));
	w->link[0].rate = 0.2e6;
	run(w, 60);
	ok(w->least == 300000 && w->d.target == 300000, "never below the floor: " FIGURES, OF(w));
	ok(w->link[0].drops > 0, "where the queue drops, as it would without");
	free(w);
}

static void noise(void)
{
	struct world *w = world();
	double least, most;

	w->link[0].noise = 0.9;
	w->link[0].rate = 3e6;
	run(w, 300);
	ok(w->d.falls == 0, "jitter of 90 %% on a link that is wide enough: " FIGURES, OF(w));
	/* A rate that wanders by 20 %, anew each quarter of a second, around half of what is
	 * needed. */
	w->link[0].noise = 0;
	run(w, 1);
	for (int i = 0; i < 4 * 60; i++) {
		w->link[0].rate = 1.05e6 * (1 + 0.2 * chance(w));
		run(w, 0.25);
	}
	w->link[0].drops = 0;
	least = 1e9;
	most = 0;
	w->falls_before = w->d.falls;
	for (int i = 0; i < 4 * 300; i++) {
		uint64_t before = w->falls_before;

		w->link[0].rate = 1.05e6 * (1 + 0.2 * chance(w));
		run(w, 0.25);
		w->falls_before = before;
		least = MIN(least, (double) w->least);
		most = MAX(most, (double) w->most);
	}
	ok(w->link[0].drops == 0 && least > 0.5e6 && most < 1.3e6 &&
			w->d.falls - w->falls_before <= 20,
		"20 %% of noise for five minutes: from %.2f to %.2f Mb/s, %d falls, %d drops",
		least / 1e6, most / 1e6, (int) (w->d.falls - w->falls_before),
		(int) w->link[0].drops);
	free(w);
}

/* The way becomes longer: no congestion. And a stall of a second: no reason to stay low. */
static void moments(void)
{
	struct world *w = world();
	double sec;

	w->link[0].rtt = 80;
	w->link[0].least_rtt = 4;
	run(w, 60);
	ok(w->least > 700000 && w->d.falls <= 3, "a route that is 380 ms longer: " FIGURES, OF(w));
	sec = until(w, 2000000, true, 60);
	ok(sec < 60, "and back after %.1f s", sec);
	w->link[0] = wide();
	run(w, 60);
	w->link[0].silent = true;
	run(w, 1);
	sec = (double) w->least;
	w->link[0].silent = false;
	run(w, 1);
	ok(MIN(sec, (double) w->least) >= 500000, "a stall of a second: " FIGURES, OF(w));
	sec = until(w, 2000000, true, 60);
	ok(sec < 45, "back after %.1f s", sec);
	free(w);
}

static void several(void)
{
	struct world *w = world();
	int64_t two;

	w->n = 3;
	w->link[1] = w->link[2] = wide();
	w->link[1].rate = 1.5e6;
	w->link[2].rate = 0.8e6;
	run(w, 60);
	ok(w->d.target < 720000 && strcmp(w->d.output, "third") == 0, "the slowest decides: %.2f",
		(double) w->d.target / 1e6);
	w->link[2].connected = false;
	run(w, 0.2);
	two = w->d.target;
	run(w, 30);
	ok(strcmp(w->d.output, "second") == 0 && two > 700000 && w->d.target < 1500000,
		"one that is not connected does not: %.2f, %.2f", (double) two / 1e6,
		(double) w->d.target / 1e6);
	w->link[1].connected = false;
	run(w, 1);
	ok(w->d.target == 2000000 && w->d.state == BITRATE_FULL && w->ends == 0,
		"none: the ceiling, and no end of it yet");
	w->link[2].connected = true;
	w->link[2].session++;
	run(w, 0.3);
	ok(w->d.target < 800000 && w->begins == 0, "back soon, it is where it was: %.2f",
		(double) w->d.target / 1e6);
	w->link[2].connected = false;
	run(w, 90);
	ok(w->ends == 1 && strcmp(w->d.output, "") == 0, "away for good, that is the end");
	w->link[2] = wide();
	run(w, 0.3);
	ok(w->d.target == 2000000, "back late, it begins anew");
	free(w);
}

static void limits(void)
{
	struct world *w = world();

	w->link[0].rate = 1.05e6;
	run(w, 30);
	w->limits.ceiling = 600000;
	run(w, 1);
	ok(w->d.target == 600000, "a ceiling that comes down counts at once");
	run(w, 60);
	ok(w->d.state == BITRATE_FULL && w->d.target == 600000, "and is reached");
	w->limits.ceiling = 1500000;
	run(w, 30);
	ok(w->d.target < 1050000 && w->d.falls > w->falls_before,
		"one that goes up is tried, and not believed");
	w->limits.floor = 1200000;
	run(w, 0.1);
	run(w, 0.2);
	ok(w->least >= 1200000 && w->least < 1500000, "a floor that goes up, too: %.2f to %.2f",
		(double) w->least / 1e6, (double) w->most / 1e6);
	w->limits.floor = 0;
	run(w, 0.2);
	ok(w->d.target == 1500000 && w->d.state == BITRATE_OFF && w->ends == 1,
		"without a floor nothing is lowered");
	w->limits.floor = 1500000;
	run(w, 20);
	ok(w->d.target == 1500000 && w->d.state == BITRATE_OFF, "nor with one at the ceiling");
	free(w);
}

/* What they would be without it, so that the models are worth something. */
static void without(void)
{
	struct world *w = world();

	w->adaptive = false;
	w->link[0].rate = 1.05e6;
	run(w, 60);
	ok(w->link[0].drops > 5, "without it: " FIGURES, OF(w));
	free(w);
}

static void short_queue(void)
{
	struct world *w = world();

	w->limits.queue_usec = 800 * MSEC;
	w->link[0].rate = 1.05e6;
	run(w, 300);
	ok(w->link[0].drops <= 1, "a queue of 800 ms: " FIGURES, OF(w));
	free(w);
}

int main(void)
{
	steady();
	steps();
	short_queue();
	to_the_floor();
	noise();
	moments();
	several();
	limits();
	without();
	ok(strcmp(bitrate_state_name(BITRATE_RISING), "rising") == 0 &&
			strcmp(bitrate_state_name(_BITRATE_STATE_MAX), "?") == 0,
		"states have names");
	return tap_done();
}
