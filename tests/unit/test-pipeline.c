/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole pipeline on the built-in sources: what the status shows, outputs that come and go at
 * run time, secrets that do not show, and an end within two seconds beside a peer that says
 * nothing.
 */
#include "streamer/pipeline.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/usec.h"
#include "media/hub.h"
#include "media/live.h"
#include "streamer/preview.h"
#include "streamer/status.h"
#include "tests/tap.h"
#include "tests/unit/peers.h"

#define LIMIT (10 * USEC_PER_SEC)

static int changed_fd;
static char dir[] = "/tmp/test-pipeline.XXXXXX";

static void on_changed(void *userdata)
{
	uint64_t one = 1;

	(void) userdata;
	(void) !write(changed_fd, &one, sizeof(one));
}

/* Waits for the next change, a tenth of a second at most, so that conditions are looked at again.
 */
static void wait_change(void)
{
	struct pollfd p = { .fd = changed_fd, .events = POLLIN };
	uint64_t n;

	if (poll(&p, 1, 100) > 0)
		(void) !read(changed_fd, &n, sizeof(n));
}

static struct settings load_with(const char *const *outputs, const char *bitrate, const char *queue)
{
	const char *const sets[] = { "video.device=pattern", "video.size=320x180",
		"audio.device=tone", "encoder.preset=ultrafast", "output.connect_timeout=30s",
		bitrate, queue, NULL };
	const struct settings_request request = {
		.no_files = true, .sets = sets, .outputs = outputs
	};
	struct conf_report report = { 0 };
	struct settings s;

	if (settings_load(&request, &s, NULL, &report) < 0)
		abort();
	conf_report_deinit(&report);
	return s;
}

static struct settings load(const char *const *outputs)
{
	return load_with(outputs, "encoder.bitrate=300k", "output.queue=2s");
}

static struct pipeline *begin(const struct settings *s)
{
	const struct pipeline_hooks hooks = { .changed = on_changed };
	struct pipeline *p = NULL;
	char why[160];

	if (pipeline_new(&p, s, NULL, &hooks, why, sizeof(why)) < 0 || pipeline_start(p) < 0)
		abort();
	return p;
}

struct look {
	const char *suffix;
	bool running;
	uint64_t frames, sessions;
};

static void look_at(struct output *o, void *userdata)
{
	struct look *l = userdata;
	const char *url = output_url(o);
	struct output_stats t;

	if (strlen(url) < strlen(l->suffix) ||
		strcmp(url + strlen(url) - strlen(l->suffix), l->suffix) != 0)
		return;
	output_stats(o, &t);
	l->running = t.state == OUTPUT_RUNNING;
	l->frames = t.frames;
	l->sessions = t.sessions;
}

/* Waits until the output whose URL ends like this has sent more than so many pictures. */
static struct look await(struct pipeline *p, const char *suffix, uint64_t frames)
{
	uint64_t until = usec_now() + LIMIT;
	struct look l;

	do {
		l = (struct look){ .suffix = suffix };
		hub_foreach(pipeline_hub(p), look_at, &l);
		if (l.running && l.frames > frames)
			break;
		wait_change();
	} while (usec_now() < until);
	return l;
}

static bool has_number(json_t *o, const char *group, const char *key)
{
	return json_is_number(json_object_get(group ? json_object_get(o, group) : o, key));
}

static void test_status(struct pipeline *p)
{
	static const char *const original[] = { "pid", "fps", "frame", "drop_frames", "dup_frames",
		"uptime", "last_update" };
	const struct status_names names = { .machine = "m", .role = "game" };
	struct status *s = NULL;
	char *text, line[400];
	json_t *o, *out;
	bool all = true;

	(void) status_new(&s);
	text = status_json(s, p, &names, true);
	o = json_loads(text, 0, NULL);
	ok(o, "the status is JSON");
	ok(json_is_true(json_object_get(o, "input_live")), "the input is live");
	ok(has_number(o, "input", "width") && has_number(o, "audio", "drift_ppm") &&
			has_number(o, "encoder", "keyframes") && has_number(o, "log", "waiting") &&
			has_number(o, "log", "lost"),
		"input, sound, encoder and log are there");
	out = json_object_get(json_object_get(o, "audio"), "peak_db");
	ok(json_array_size(out) == 2 && json_number_value(json_array_get(out, 1)) >= -120 &&
			json_number_value(json_array_get(out, 1)) <= 0,
		"how loud it is, in both channels");
	for (size_t i = 0; i < ARRAY_SIZE(original); i++)
		all = all && has_number(o, NULL, original[i]);
	ok(all && json_is_string(json_object_get(o, "bitrate")) &&
			json_is_string(json_object_get(o, "speed")) &&
			json_is_true(json_object_get(o, "running")),
		"and the original's fields");
	out = json_array_get(json_object_get(o, "outputs"), 0);
	ok(json_is_array(json_object_get(json_object_get(out, "latency_ms"), "buckets_usec")),
		"and every histogram");
	json_decref(o);
	free(text);
	ok(strncmp(status_line(s, p, line, sizeof(line)), "live, 320x180", 13) == 0, "%s", line);
	status_free(s);
}

static void test_outputs(void)
{
	char a[64], b[64];
	const char *const one[] = { a, NULL }, *const two[] = { a, b, NULL };
	struct settings s1, s2;
	struct pipeline *p;
	struct look l;
	uint64_t frames;

	snprintf(a, sizeof(a), "%s/a.ts", dir);
	snprintf(b, sizeof(b), "%s/b.flv", dir);
	s1 = load(one);
	s2 = load(two);
	p = begin(&s1);
	l = await(p, "a.ts", 10);
	ok(l.running, "one output runs");
	ok(pipeline_state(p) == PIPELINE_RUNNING && pipeline_progress(p), "the pipeline runs");
	test_status(p);

	ok(pipeline_apply(p, &s2, NULL) == 0 && hub_count(pipeline_hub(p)) == 2, "a second comes");
	ok(await(p, "b.flv", 5).running, "it runs");
	l = await(p, "a.ts", 0);
	ok(l.sessions == 1, "the first has not noticed");

	ok(pipeline_apply(p, &s1, NULL) == 0 && hub_count(pipeline_hub(p)) == 1, "it goes again");
	frames = l.frames;
	l = await(p, "a.ts", frames + 5);
	ok(l.frames > frames && l.sessions == 1, "the first goes on");
	ok(pipeline_free(p, usec_now() + LIMIT) == 0, "the end");
	settings_deinit(&s1);
	settings_deinit(&s2);
	(void) unlink(a);
	(void) unlink(b);
}

/* A peer that accepts (the kernel does it for us) and never says a word. */
static int silent_peer(unsigned *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *) &sa, size) < 0 || listen(fd, 8) < 0 ||
		getsockname(fd, (struct sockaddr *) &sa, &size) < 0)
		abort();
	*port = ntohs(sa.sin_port);
	return fd;
}

static void test_silent_peer(void)
{
	const struct status_names names = { .machine = "m", .role = "game" };
	char a[64], url[96];
	const char *const outputs[] = { a, url, NULL };
	struct settings s;
	struct pipeline *p;
	struct status *status = NULL;
	unsigned port;
	int fd = silent_peer(&port);
	uint64_t start;
	char *text;

	snprintf(a, sizeof(a), "%s/c.ts", dir);
	snprintf(url, sizeof(url), "rtmp://127.0.0.1:%u/live/hush?token=whisper", port);
	s = load(outputs);
	p = begin(&s);
	ok(await(p, "c.ts", 20).running, "the file runs beside a peer that is silent");
	(void) status_new(&status);
	text = status_json(status, p, &names, true);
	ok(text && !strstr(text, "hush") && !strstr(text, "whisper"), "its secrets do not show");
	free(text);
	status_free(status);
	start = usec_now();
	ok(pipeline_free(p, start + LIMIT) == 0, "no thread is stuck");
	ok(usec_now() - start < 3 * USEC_PER_SEC, "and the end does not wait for the peer (%d ms)",
		(int) ((usec_now() - start) / 1000));
	settings_deinit(&s);
	close(fd);
	(void) unlink(a);
}

static void look_at_queue(struct output *o, void *userdata)
{
	output_stats(o, userdata);
}

static struct output_stats stats_of_only_output(struct pipeline *p)
{
	struct output_stats t = { 0 };

	hub_foreach(pipeline_hub(p), look_at_queue, &t);
	return t;
}

/* Waits until the rule has struck so many times; returns the longest queue seen on the way. */
static uint64_t longest_queue(struct pipeline *p, uint64_t drops)
{
	uint64_t until = usec_now() + LIMIT, longest = 0;
	struct output_stats t;

	do {
		t = stats_of_only_output(p);
		longest = MAX(longest, t.queue.queued_usec);
		(void) poll(NULL, 0, 5);
	} while (t.queue.drops < drops && usec_now() < until);
	return longest;
}

/* The limits of a queue that is filling up change under way. */
static void test_new_limits(void)
{
	struct peer *peer = peer_new(PEER_SPEAKS);
	const char *const outputs[] = { peer_url(peer), NULL };
	struct settings wide = load_with(outputs, "encoder.bitrate=4M", "output.queue=10s");
	struct settings narrow = load_with(outputs, "encoder.bitrate=4M", "output.queue=200ms");
	struct pipeline *p = begin(&wide);
	uint64_t until = usec_now() + LIMIT, longest;
	struct output_stats t;

	do {
		wait_change();
		t = stats_of_only_output(p);
	} while (t.queue.queued_usec <= 500 * USEC_PER_MSEC && usec_now() < until);
	ok(t.queue.queued_usec > 500 * USEC_PER_MSEC && t.queue.drops == 0,
		"a peer stalls, and the queue grows");
	ok(pipeline_apply(p, &narrow, NULL) == 0, "a shorter one is asked for");
	longest = longest_queue(p, 2);
	t = stats_of_only_output(p);
	ok(longest <= 200 * USEC_PER_MSEC && t.queue.drops >= 2,
		"from now on it is never longer (%d ms)", (int) (longest / USEC_PER_MSEC));
	ok(t.sessions == 1 && t.failures == 0, "and the session goes on");
	ok(pipeline_free(p, usec_now() + LIMIT) == 0, "the end");
	settings_deinit(&wide);
	settings_deinit(&narrow);
	peer_free(peer);
}

static bool await_encoder(struct pipeline *p, bool open)
{
	uint64_t until = usec_now() + LIMIT;
	struct video_status v;

	do {
		wait_change();
		pipeline_video_status(p, &v);
	} while ((v.width > 0) != open && usec_now() < until);
	return (v.width > 0) == open;
}

struct watched {
	int inits, fragments, keys, live;
};

static void look_on(struct pipeline *p, struct live_cursor *c, struct watched *w)
{
	struct preview_picture *picture = preview_newest(pipeline_preview(p), 0);
	struct live_fragment *f;

	while (live_next(pipeline_live(p), c, &f) == 0) {
		w->inits += f->init;
		w->fragments += !f->init;
		w->keys += f->key && w->fragments == 1;
		live_fragment_unref(f);
	}
	w->live += picture && picture->live;
	preview_picture_unref(picture);
}

/* Who looks on is no output, but somebody for whom the encoder is opened. */
static void test_watching(void)
{
	const char *const none[] = { NULL };
	struct settings s = load(none);
	struct pipeline *p = begin(&s);
	uint64_t until = usec_now() + LIMIT;
	struct live_cursor c = { 0 };
	struct watched w = { 0 };

	live_listen(pipeline_live(p), on_changed, NULL);
	preview_listen(pipeline_preview(p), on_changed, NULL);
	ok(await_encoder(p, false), "without anybody the encoder is closed");
	live_watch(pipeline_live(p));
	preview_watch(pipeline_preview(p));
	ok(await_encoder(p, true), "somebody watches: it is opened");
	while ((w.fragments < 20 || w.live < 5) && usec_now() < until) {
		wait_change();
		look_on(p, &c, &w);
	}
	ok(w.inits == 1 && w.fragments >= 20 && w.keys == 1, "live picture and sound come");
	ok(w.live >= 5, "and pictures as JPEG");
	ok(hub_count(pipeline_hub(p)) == 0, "it is no output");
	ok(pipeline_free(p, usec_now() + LIMIT) == 0, "the end, with somebody who still watches");
	settings_deinit(&s);
}

int main(void)
{
	changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (changed_fd < 0 || !mkdtemp(dir))
		abort();
	test_outputs();
	test_silent_peer();
	test_new_limits();
	test_watching();
	(void) rmdir(dir);
	return tap_done();
}
