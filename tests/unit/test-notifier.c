/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notifier.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/hmac.h"
#include "common/usec.h"
#include "notify/diskqueue.h"
#include "notify/receiver.h"
#include "notify/telegram.h"
#include "tests/tap.h"
#include "tests/unit/folder.h"
#include "tests/unit/webpeer.h"

#define LONG (20 * USEC_PER_SEC) /* a limit that only a broken notifier reaches */
#define SECRET "s3cr3t"
#define TOKEN_SECRET "AAH-t0ken"
#define TOKEN "123456789:" TOKEN_SECRET "_of_a_bot"

/* ---- a wall clock that can be stepped ---- */

static atomic_long clock_step;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	long r = syscall(SYS_clock_gettime, clock, ts);

	if (r == 0 && clock == CLOCK_REALTIME)
		ts->tv_sec += atomic_load(&clock_step);
	return (int) r;
}

time_t time(time_t *ret)
{
	struct timespec ts;

	(void) clock_gettime(CLOCK_REALTIME, &ts);
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}

/* ---- a notifier and what its hooks have said ---- */

struct bench {
	struct notifier *n;
	pthread_mutex_t lock;
	/* protected by lock */
	char said[8192];
	int fails, works, drops, spool_fails, spool_works;
	uint64_t total;
};

static struct bench bench = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void note(const char *words)
{
	size_t n = strlen(bench.said);

	snprintf(bench.said + n, sizeof(bench.said) - n, "%s\n", words);
}

static void on_receiver(void *userdata, const char *kind, const char *name, const char *why)
{
	bool spool = strcmp(kind, "spool") == 0;

	(void) userdata;
	pthread_mutex_lock(&bench.lock);
	note(name);
	if (why)
		note(why);
	if (spool)
		*(why ? &bench.spool_fails : &bench.spool_works) += 1;
	else
		*(why ? &bench.fails : &bench.works) += 1;
	pthread_mutex_unlock(&bench.lock);
}

static void on_dropped(
	void *userdata, const char *kind, const char *name, const char *why, uint64_t total)
{
	(void) userdata;
	(void) kind;
	pthread_mutex_lock(&bench.lock);
	note(name);
	note(why);
	bench.drops++;
	bench.total = total;
	pthread_mutex_unlock(&bench.lock);
}

static int heard(const int *counter)
{
	int n;

	pthread_mutex_lock(&bench.lock);
	n = *counter;
	pthread_mutex_unlock(&bench.lock);
	return n;
}

static bool said(const char *words)
{
	bool found;

	pthread_mutex_lock(&bench.lock);
	found = strstr(bench.said, words) != NULL;
	pthread_mutex_unlock(&bench.lock);
	return found;
}

static void begin(const struct notifier_settings *settings)
{
	static const struct notifier_hooks hooks = { .receiver = on_receiver,
		.dropped = on_dropped };
	char why[128];

	pthread_mutex_lock(&bench.lock);
	bench.said[0] = '\0';
	bench.fails = bench.works = bench.drops = bench.spool_fails = bench.spool_works = 0;
	bench.total = 0;
	pthread_mutex_unlock(&bench.lock);
	if (notifier_new(&bench.n, settings, &hooks, why, sizeof(why)) < 0) {
		printf("# %s\n", why);
		abort();
	}
	if (notifier_start(bench.n) < 0)
		abort();
}

/* True when it ended in time, and without leaving anybody behind. */
static bool end(void)
{
	uint64_t start = usec_now();
	int abandoned = notifier_free(bench.n, start + 1500 * USEC_PER_MSEC);
	uint64_t msec = (usec_now() - start) / USEC_PER_MSEC;

	bench.n = NULL;
	if (abandoned || msec > 1400)
		printf("# ended after %u ms, %d abandoned\n", (unsigned) msec, abandoned);
	return abandoned == 0 && msec <= 1400;
}

/* A member of the first receiver's JSON object. */
static json_int_t figure(const char *key)
{
	json_t *array = notifier_json(bench.n);
	json_int_t value = json_integer_value(json_object_get(json_array_get(array, 0), key));

	json_decref(array);
	return value;
}

static bool is_in_state(const char *state)
{
	json_t *array = notifier_json(bench.n);
	const char *found = json_string_value(json_object_get(json_array_get(array, 0), "state"));
	bool same = found && strcmp(found, state) == 0;

	json_decref(array);
	return same;
}

static bool shows_secret(void)
{
	json_t *array = notifier_json(bench.n);
	char *text = json_dumps(array, JSON_ENCODE_ANY);
	bool shown = strstr(text, SECRET) || strstr(text, TOKEN_SECRET) || said(SECRET) ||
		     said(TOKEN_SECRET);

	if (shown)
		printf("# %s\n", text);
	free(text);
	json_decref(array);
	return shown;
}

/* Polls until a condition holds. */
#define becomes(condition)                                  \
	({                                                  \
		uint64_t until_ = usec_now() + LONG;        \
                                                            \
		while (!(condition) && usec_now() < until_) \
			(void) poll(NULL, 0, 2);            \
		(condition);                                \
	})

static char *text(const char *words)
{
	return (char *) (uintptr_t) words;
}

static void tell(const char *state, const char *previous)
{
	_cleanup_(notice_unrefp) struct notice *n =
		notice_new(&(struct notice){ .realtime_usec = 1795339867123456,
			.machine = text("m"),
			.state = text(state),
			.previous = text(previous) });

	notifier_tell(bench.n, n);
}

static void tell_numbers(int first, int last)
{
	for (int i = first; i <= last; i++) {
		_cleanup_(notice_unrefp) struct notice *n = NULL;
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		n = notice_new(&(struct notice){ .number = text("N"), .value = value });
		notifier_tell(bench.n, n);
	}
}

/* Whether the numbers from first to last arrived, in order, none twice but those that were answered
 * with something else than 200; or, with a short timeout, too late. */
static bool arrived_with(struct webpeer *p, int from, int first, int last, bool repeats)
{
	int expected = first;

	for (int i = from; i < webpeer_count(p); i++) {
		const char *value = strstr(webpeer_body(p, i), "\"value\":\"");
		int number = value ? atoi(value + 9) : -1;

		if (number == expected)
			expected++;
		else if (!repeats || number != expected - 1) {
			printf("# request %d is %d, not %d\n", i, number, expected);
			return false;
		}
	}
	return expected == last + 1;
}

static bool arrived(struct webpeer *p, int from, int first, int last)
{
	return arrived_with(p, from, first, last, false);
}

/* One webhook with short times. */
struct one {
	struct notifier_settings settings;
	struct notifier_webhook webhook;
	char url[128];
};

static const struct notifier_settings *one(struct one *o, struct webpeer *p, const char *folder)
{
	snprintf(o->url, sizeof(o->url), "http://user:" SECRET "@127.0.0.1:%d/" SECRET "?a=" SECRET,
		webpeer_port(p));
	o->webhook = (struct notifier_webhook){ .name = "hook", .url = o->url, .secret = SECRET };
	o->settings = (struct notifier_settings){ .machine = "m",
		.role = "game",
		.folder = folder,
		.webhooks = &o->webhook,
		.n_webhooks = 1,
		.backoff_min_usec = 2 * USEC_PER_MSEC,
		.backoff_max_usec = 20 * USEC_PER_MSEC,
		.timeout_usec = 10 * USEC_PER_SEC };
	return &o->settings;
}

/* ---- webhooks ---- */

static void test_hmac(void)
{
	char hex[HMAC_HEX_SIZE];

	ok(hmac_sha256_hex("Jefe", 4, "what do ya want for nothing?", 28, hex) == 0 &&
			!strcmp(hex, "5bdcc146bf60754e6a042426089575c7"
				     "5a003f089d2739839dec58b964ec3843"),
		"the signature is that of RFC 4231, case 2");
}

static void test_delivery(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_OK);
	char event[64], timestamp[64], signature[128], type[64], expected[128], hex[HMAC_HEX_SIZE];
	_cleanup_(freep) char *signed_text = NULL;
	_cleanup_(notice_unrefp) struct notice *n = NULL;
	const char *body;
	struct one o;
	int size;

	begin(one(&o, p, NULL));
	ok(is_in_state("idle"), "nothing to do");
	tell("PLAYING", "OTHER");
	ok(becomes(figure("sent") == 1) && is_in_state("ok"), "told");
	body = webpeer_body(p, 0);
	webpeer_header(p, 0, "X-EGM-Event-Id", event, sizeof(event));
	webpeer_header(p, 0, "X-EGM-Timestamp", timestamp, sizeof(timestamp));
	webpeer_header(p, 0, "X-EGM-Signature", signature, sizeof(signature));
	webpeer_header(p, 0, "Content-Type", type, sizeof(type));
	ok(notice_parse(body, strlen(body), &n) == 0 && !strcmp(n->state, "PLAYING") &&
			!strcmp(n->id, event) && !strcmp(type, "application/json"),
		"the whole notice: %s", body);
	ok(llabs(atoll(timestamp) - (long long) time(NULL)) < 30, "the time of sending");
	size = asprintf(&signed_text, "%s.%s", timestamp, body);
	(void) hmac_sha256_hex(SECRET, strlen(SECRET), signed_text, (size_t) size, hex);
	snprintf(expected, sizeof(expected), "sha256=%s", hex);
	ok(!strcmp(signature, expected), "the signature can be verified: %s", signature);
	ok(strstr(webpeer_request(p, 0), "POST /" SECRET "?a=" SECRET " HTTP/1.1") != NULL,
		"the URL is used as it is");
	ok(!shows_secret() && heard(&bench.fails) == 0, "and shown to nobody");
	ok(end(), "ends");
	webpeer_free(p);
}

static void test_retried(enum webpeer_mode mode, const char *what)
{
	struct webpeer *p = webpeer_new(mode);
	struct one o;

	begin(one(&o, p, NULL));
	tell_numbers(1, 2);
	ok(becomes(figure("retries") >= 3) && is_in_state("failing"), "%s: tried again", what);
	webpeer_set(p, WEBPEER_OK);
	ok(becomes(figure("sent") == 2) && figure("dropped") == 0 && is_in_state("ok"),
		"%s: delivered in the end", what);
	ok(heard(&bench.fails) == 1 && heard(&bench.works) == 1,
		"%s: said when it begins and when it is over", what);
	ok(arrived(p, webpeer_count(p) - 2, 1, 2), "%s: in order", what);
	ok(!shows_secret(), "%s: no secret", what);
	ok(end(), "%s: ends", what);
	webpeer_free(p);
}

static void test_retry_after(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_LATER);
	struct one o;
	uint64_t start;

	(void) one(&o, p, NULL);
	o.settings.backoff_max_usec = 100 * USEC_PER_MSEC;
	begin(&o.settings);
	start = usec_now();
	tell_numbers(1, 1);
	while (figure("retries") < 2 && usec_now() < start + LONG) {
		tell_numbers(2, 2);
		(void) poll(NULL, 0, 2);
	}
	start = usec_now() - start;
	ok(start >= 100 * USEC_PER_MSEC && start < USEC_PER_SEC,
		"Retry-After is respected up to the longest wait, whoever knocks: %u ms",
		(unsigned) (start / USEC_PER_MSEC));
	ok(said("answers 429"), "the status is said");
	ok(end(), "ends while it waits");
	webpeer_free(p);
}

static void test_given_up(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_REFUSES);
	struct one o;

	begin(one(&o, p, NULL));
	tell_numbers(1, 3);
	ok(becomes(figure("dropped") == 3) && figure("retries") == 0 && figure("waiting") == 0,
		"404: given up");
	ok(heard(&bench.drops) == 3 && heard(&bench.fails) == 1 && said("answers 404"),
		"each one is said");
	webpeer_set(p, WEBPEER_OK);
	tell_numbers(4, 4);
	ok(becomes(figure("sent") == 1) && webpeer_count(p) == 4, "the next one is not held up");
	(void) end();
	webpeer_free(p);
}

/* A peer that says 200 has it, whatever comes then. */
static void test_endless(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_FLOODS);
	uint64_t start = usec_now();
	struct one o;

	begin(one(&o, p, NULL));
	tell_numbers(1, 2);
	ok(becomes(figure("sent") == 2) && webpeer_count(p) == 2, "a body without an end");
	webpeer_set(p, WEBPEER_HEADERS);
	tell_numbers(3, 3);
	ok(becomes(figure("sent") == 3) && webpeer_count(p) == 3, "headers without an end");
	ok(usec_now() - start < 5 * USEC_PER_SEC, "nobody waits for the end");
	ok(end(), "ends");
	webpeer_free(p);
}

static void test_silent(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_SILENT);
	struct one o;
	uint64_t start;

	begin(one(&o, p, "spools"));
	start = usec_now();
	tell_numbers(1, 500);
	ok(usec_now() - start < 200 * USEC_PER_MSEC, "telling waits for nobody: %u ms for 500",
		(unsigned) ((usec_now() - start) / USEC_PER_MSEC));
	ok(becomes(figure("waiting") == 500 && webpeer_count(p) == 1), "a silent peer");
	ok(end(), "is no reason to wait");
	(void) one(&o, p, "spools");
	o.settings.timeout_usec = 50 * USEC_PER_MSEC;
	begin(&o.settings);
	ok(becomes(figure("retries") >= 2) && figure("waiting") == 500,
		"after a restart all are there, and there is a limit");
	webpeer_set(p, WEBPEER_OK);
	ok(becomes(figure("sent") == 500), "all are delivered");
	ok(arrived_with(p, 0, 1, 500, true), "in order");
	ok(end(), "ends");
	wipe("spools/hook");
	(void) rmdir("spools");
	webpeer_free(p);
}

static void test_connect(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_FULL);
	struct one o;

	begin(one(&o, p, NULL));
	tell_numbers(1, 1);
	/* There is nothing to see of a connect, so have it time out once. */
	ok(end(), "ends while it is about to connect");
	o.settings.timeout_usec = 30 * USEC_PER_MSEC;
	begin(&o.settings);
	tell_numbers(1, 1);
	ok(becomes(figure("retries") >= 2) && is_in_state("failing"), "a connect has a limit");
	ok(end(), "ends");
	webpeer_free(p);
}

/* An hour at one change in ten seconds, with waits from 1 s to 5 min, is here 50 times as fast as a
 * second of 20 ms allows; the daemon restarts in between. */
static void test_dead_for_an_hour(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_DEAD);
	struct one o;

	begin(one(&o, p, "spools"));
	for (int i = 1; i <= 180; i++) {
		tell_numbers(i, i);
		(void) poll(NULL, 0, 1);
	}
	ok(becomes(figure("retries") >= 5) && figure("waiting") == 180, "nobody there");
	ok(end(), "restart");
	begin(one(&o, p, "spools"));
	ok(becomes(figure("waiting") == 180), "what waited still waits");
	tell_numbers(181, 360);
	ok(becomes(figure("waiting") == 360 && figure("retries") >= 5), "still nobody there");
	ok(heard(&bench.fails) == 1 && said("onnect"), "that is said once");
	webpeer_set(p, WEBPEER_OK);
	ok(becomes(figure("sent") == 360) && figure("dropped") == 0, "all 360 are delivered");
	ok(arrived(p, 0, 1, 360), "each once, in order");
	ok(figure("waiting") == 0 && heard(&bench.works) == 1, "nothing is left");
	ok(end(), "ends");
	wipe("spools/hook");
	(void) rmdir("spools");
	webpeer_free(p);
}

static void test_bounded(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_DEAD);
	struct one o;

	(void) one(&o, p, "file/spools");
	o.settings.spool_notices = 10;
	if (fclose(fopen("file", "w")) != 0)
		abort();
	begin(&o.settings);
	tell_numbers(1, 25);
	ok(becomes(figure("waiting") == 10 && figure("dropped") == 15), "the oldest are dropped");
	ok(heard(&bench.drops) > 0 && bench.total == 15, "and counted");
	ok(heard(&bench.spool_fails) == 1 && said("Not a directory"),
		"a disk that cannot be used is said once");
	(void) unlink("file");
	ok(becomes(heard(&bench.spool_works) == 1), "and that it works again");
	webpeer_set(p, WEBPEER_OK);
	ok(becomes(figure("sent") == 10) && arrived(p, 0, 16, 25), "the newest arrive");
	ok(end(), "ends");
	wipe("file/spools/hook");
	(void) rmdir("file/spools");
	(void) rmdir("file");
	webpeer_free(p);
}

/* Somebody else has the spool, as a thread that was left behind has for a while. */
static void test_spool_taken(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_DEAD);
	struct diskqueue *other;
	struct one o;

	begin(one(&o, p, "spools"));
	tell_numbers(1, 3);
	ok(becomes(figure("waiting") == 3) && end(), "three wait");
	webpeer_set(p, WEBPEER_OK);
	if (diskqueue_open(&other, "spools/hook", 4096) < 0)
		abort();
	begin(one(&o, p, "spools"));
	ok(becomes(heard(&bench.spool_fails) == 1) && figure("waiting") == 0, "out of reach");
	diskqueue_close(other);
	ok(becomes(figure("sent") == 3) && arrived(p, 0, 1, 3),
		"they arrive once it is free, though nothing else is told");
	ok(end(), "ends");
	wipe("spools/hook");
	(void) rmdir("spools");
	webpeer_free(p);
}

/* Whatever the wall clock does, waits are as long as they are. */
static void test_clock_stepped(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_BUSY);
	char before[64], after[64];
	struct one o;

	begin(one(&o, p, NULL));
	tell_numbers(1, 1);
	ok(becomes(figure("retries") >= 2), "busy");
	atomic_store(&clock_step, -400L * 24 * 3600);
	ok(becomes(figure("retries") >= 5), "the clock goes back by a year, attempts go on");
	atomic_store(&clock_step, 400L * 24 * 3600);
	ok(becomes(figure("retries") >= 9) && figure("retries") < 100,
		"it goes forward by two years, attempts do not come thicker: %d",
		(int) figure("retries"));
	webpeer_set(p, WEBPEER_OK);
	ok(becomes(figure("sent") == 1), "delivered");
	webpeer_header(p, 0, "X-EGM-Timestamp", before, sizeof(before));
	webpeer_header(p, webpeer_count(p) - 1, "X-EGM-Timestamp", after, sizeof(after));
	ok(atoll(after) - atoll(before) > 300L * 24 * 3600, "with the time that it is");
	ok(end(), "ends");
	atomic_store(&clock_step, 0);
	webpeer_free(p);
}

static void test_filter(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_OK);
	struct one o;

	(void) one(&o, p, NULL);
	o.webhook.states = "PLAYING, UNKNOWN";
	begin(&o.settings);
	tell("PLAY", "OTHER");
	tell("OTHER", "PLAYING");
	tell_numbers(1, 1);
	tell("PLAYING", "OTHER");
	tell("UNKNOWN", "PLAYING");
	ok(becomes(figure("sent") == 2) && strstr(webpeer_body(p, 0), "\"state\":\"PLAYING\"") &&
			strstr(webpeer_body(p, 1), "\"state\":\"UNKNOWN\""),
		"only the states asked for");
	ok(end() && webpeer_count(p) == 2, "and no numbers");
	webpeer_free(p);
}

/* ---- Telegram ---- */

static void test_telegram(void)
{
	static const char telegram_line[] = "POST /bot" TOKEN "/sendMessage HTTP/1.1\r\n";
	struct webpeer *p = webpeer_new(WEBPEER_REFUSES);
	struct notifier_settings settings = { .machine = "m",
		.role = "game",
		.telegram = { .token = TOKEN,
			.chat = "-100",
			.client = "Halle <3>",
			.states = "A" },
		.backoff_min_usec = USEC_PER_MSEC,
		.backoff_max_usec = 10 * USEC_PER_MSEC };
	char base[64];

	snprintf(base, sizeof(base), "http://127.0.0.1:%d/", webpeer_port(p));
	settings.telegram.base = base;
	setenv("TZ", "UTC", 1);
	tzset();
	begin(&settings);
	tell("A", "B");
	ok(becomes(figure("dropped") == 1) && said("answers 404: Not?Found"),
		"what Telegram says of it");
	ok(!shows_secret(), "no token in errors or status");
	webpeer_set(p, WEBPEER_OK);
	tell("B", "A");
	tell_numbers(1, 1);
	tell("A", "B");
	ok(becomes(figure("sent") == 1) && webpeer_count(p) == 2, "the state asked for");
	ok(strncmp(webpeer_request(p, 1), telegram_line, strlen(telegram_line)) == 0, "to the bot");
	ok(!strcmp(webpeer_body(p, 1),
		   "{\"chat_id\":\"-100\",\"text\":\"<b>A</b>\\nHalle &lt;3&gt;\\n"
		   "2026-11-22 09:31:07 UTC\",\"parse_mode\":\"HTML\"}"),
		"%s", webpeer_body(p, 1));
	ok(end(), "ends");
	webpeer_free(p);
}

/* Whoever answers in its place may repeat the path. */
static void test_telegram_echo(void)
{
	struct webpeer *p = webpeer_new(WEBPEER_ECHOES);
	struct notifier_settings settings = { .machine = "m",
		.role = "game",
		.telegram = { .token = TOKEN, .chat = "-100" },
		.backoff_min_usec = USEC_PER_MSEC,
		.backoff_max_usec = 10 * USEC_PER_MSEC };
	char base[64];

	snprintf(base, sizeof(base), "http://127.0.0.1:%d", webpeer_port(p));
	settings.telegram.base = base;
	begin(&settings);
	tell("A", "B");
	ok(becomes(figure("dropped") == 1) && said("answers 404: ***") && !shows_secret(),
		"an answer that repeats the token is not repeated");
	tell("B", "A");
	ok(becomes(figure("dropped") == 2) && said("answers 403: ***") && !shows_secret(),
		"nor one with most of it");
	ok(end(), "ends");
	webpeer_free(p);
}

static void test_telegram_text(void)
{
	const struct notice unknown = { .state = text("UNKNOWN"), .reason = text("a & b") };
	_cleanup_(freep) char *words = telegram_text(&unknown, "m");

	ok(!strcmp(words, "<b>UNKNOWN</b>: a &amp; b\nm\n1970-01-01 00:00:00 UTC"), "a reason");
}

/* ---- MQTT without a broker; with one: tests/native ---- */

static void test_mqtt(enum webpeer_mode mode, const char *what)
{
	struct webpeer *p = webpeer_new(mode);
	const struct notifier_settings settings = { .machine = "m",
		.role = "game",
		.mqtt = { .host = "127.0.0.1",
			.port = webpeer_port(p),
			.password = SECRET,
			.user = "u",
			.prefix = "egm",
			.discovery = true },
		.spool_notices = 10,
		.backoff_min_usec = USEC_PER_MSEC,
		.backoff_max_usec = 10 * USEC_PER_MSEC,
		.timeout_usec = 50 * USEC_PER_MSEC };

	begin(&settings);
	tell_numbers(1, 25);
	ok(becomes(figure("retries") >= 3) && is_in_state("failing"), "%s: tried again", what);
	ok(figure("waiting") == 10 && figure("dropped") == 15, "%s: bounded", what);
	ok(!shows_secret(), "%s: no secret", what);
	ok(end(), "%s: ends", what);
	ok(bench.total == 25 && said("told to stop"), "%s: what was in memory counts as dropped",
		what);
	webpeer_free(p);
}

/* ---- a thread that hangs, as in a resolver ---- */

static void hang(struct receiver *r, void *self)
{
	(void) r;
	(void) sem_post(self);
	for (;;)
		(void) pause();
}

static void free_nothing(void *self)
{
	(void) self;
}

static void test_left_behind(void)
{
	static struct receiver *r; /* left to the thread, for ever */
	static sem_t hangs;
	const struct receiver_settings settings = {
		.kind = "mqtt", .name = "mqtt", .numbers = true, .spool_notices = 10
	};
	const struct receiver_transport transport = { hang, free_nothing, &hangs };
	const struct notifier_hooks hooks = { .dropped = on_dropped };
	struct notice *n = notice_new(&(struct notice){ .state = text("A") });

	sem_init(&hangs, 0, 0);
	bench.drops = 0;
	if (receiver_new(&r, &settings, &transport, &hooks) < 0 || receiver_start(r) < 0)
		abort();
	receiver_push(r, n);
	while (sem_wait(&hangs) < 0)
		;
	receiver_push(r, n);
	ok(receiver_free(r, usec_now()) == -ETIMEDOUT && bench.drops == 1 && bench.total == 2,
		"what a thread that is left behind has in memory counts as dropped");
	notice_unref(n);
}

/* ---- */

static bool refused(const struct notifier_settings *settings, const char *words)
{
	struct notifier_hooks hooks = { 0 };
	struct notifier *n = NULL;
	char why[128];
	int r = notifier_new(&n, settings, &hooks, why, sizeof(why));

	return r == -EINVAL && !n && strstr(why, words);
}

static void test_settings(void)
{
	struct notifier_webhook hooks[2] = { { .name = "a", .url = "http://h/" },
		{ .name = "a", .url = "https://h/" } };
	struct notifier_settings s = {
		.machine = "m", .role = "r", .webhooks = hooks, .n_webhooks = 2
	};

	ok(refused(&s, "twice"), "names are unique");
	hooks[1] = (struct notifier_webhook){ .name = "../a", .url = "http://h/" };
	ok(refused(&s, "must consist"), "and no paths");
	hooks[1] = (struct notifier_webhook){ .name = "b", .url = "file:///etc/passwd" };
	ok(refused(&s, "http://"), "URLs are of the web");
	s.n_webhooks = 0;
	s.telegram = (struct notifier_telegram){ .token = "t", .base = "http://h" };
	ok(refused(&s, "chat"), "Telegram needs a chat");
	ok(notifier_free(NULL, 0) == 0, "none is fine");
}

int main(void)
{
	enter_folder();
	test_hmac();
	test_delivery();
	test_retried(WEBPEER_BUSY, "503");
	test_retried(WEBPEER_REDIRECTS, "302");
	test_retried(WEBPEER_RESETS, "reset");
	test_retried(WEBPEER_RUBBISH, "rubbish");
	test_retry_after();
	test_given_up();
	test_endless();
	test_silent();
	test_connect();
	test_dead_for_an_hour();
	test_bounded();
	test_spool_taken();
	test_clock_stepped();
	test_filter();
	test_telegram();
	test_telegram_echo();
	test_telegram_text();
	test_mqtt(WEBPEER_DEAD, "no broker");
	test_mqtt(WEBPEER_FULL, "a broker that is never connected");
	test_mqtt(WEBPEER_SILENT, "a silent broker");
	test_mqtt(WEBPEER_RUBBISH, "no broker at all");
	test_left_behind();
	test_settings();
	leave_folder();
	return tap_done();
}
