/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoders are tried in processes of their own, which are this program: one hangs, one crashes, and
 * the prober only tells. What it has found out is not tried again, nor after a restart.
 */
#include "streamer/prober.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/file.h"
#include "common/usec.h"
#include "streamer/commands.h"
#include "tests/tap.h"
#include "tests/unit/counters.h"
#include "tests/unit/fake-encoder.h"
#include "tests/unit/folder.h"

/* Longer than it takes to try one; shorter than anybody waits for a test. */
#define HANG_USEC (1500 * USEC_PER_MSEC)

struct bench {
	struct prober *prober;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int ready; /* protected by lock */
};

static void on_ready(void *userdata)
{
	struct bench *b = userdata;

	pthread_mutex_lock(&b->lock);
	b->ready++;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

static void begin(struct bench *b, const struct prober_settings *s)
{
	*b = (struct bench){ .lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER };
	if (prober_new(&b->prober, s, on_ready, b) < 0)
		abort();
}

static int end(struct bench *b)
{
	prober_stop(b->prober);
	return prober_free(b->prober, usec_now() + COUNTERS_LIMIT);
}

static struct encoder_settings settings_of(const char *codec, int width)
{
	return (struct encoder_settings){ .codec = codec,
		.profile = "main",
		.bitrate = 500000,
		.gop = 30,
		.width = width,
		.height = 64,
		.rate_num = 25,
		.rate_den = 1 };
}

static int ask_size(struct bench *b, const char *codec, int width, char *why, size_t size)
{
	const struct encoder_settings s = settings_of(codec, width);

	why[0] = '\0';
	return prober_ask(b->prober, encoder_kind_find(codec), &s, why, size);
}

/* Asks until there is an answer. */
static int answer(struct bench *b, const char *codec, char *why, size_t size)
{
	for (int n = counter_get(&b->lock, &b->ready);; n++) {
		int r = ask_size(b, codec, 64, why, size);

		if (r != -EAGAIN || !counter_reaches(&b->lock, &b->changed, &b->ready, n + 1))
			return r;
	}
}

static void expect(struct bench *b, const char *codec, int wanted, const char *words)
{
	char why[160];
	int r = answer(b, codec, why, sizeof(why));

	ok(r == wanted && strstr(why, words), "%s: %d %s", codec, r, why);
}

static void test_answers(void)
{
	const struct prober_settings s = { .timeout_usec = COUNTERS_LIMIT };
	struct bench b;
	char why[160];
	int n;

	begin(&b, &s);
	ok(ask_size(&b, "good", 64, why, sizeof(why)) == -EAGAIN, "it takes its time");
	expect(&b, "good", 0, "");
	n = counter_get(&b.lock, &b.ready);
	expect(&b, "good", 0, "");
	ok(counter_get(&b.lock, &b.ready) == n, "… once");
	expect(&b, "broken", -EIO, "fake is broken");
	expect(&b, "dark", -EIO, "not those it was given");
	expect(&b, "crashes", -EIO, "crashes");
	expect(&b, "good", 0, "");
	ok(ask_size(&b, "good", 128, why, sizeof(why)) == -EAGAIN, "another size is another try");
	ok(end(&b) == 0, "ends, also in the middle of a try");
}

static void test_hang(void)
{
	const struct prober_settings s = { .timeout_usec = HANG_USEC };
	struct bench b;

	begin(&b, &s);
	expect(&b, "hangs", -ETIMEDOUT, "it hangs: no picture within 1.5 s");
	ok(end(&b) == 0, "ends");
}

static void test_stop(void)
{
	const struct prober_settings s = { .timeout_usec = 10 * COUNTERS_LIMIT };
	struct bench b;
	char why[160];

	begin(&b, &s);
	(void) ask_size(&b, "hangs", 64, why, sizeof(why));
	ok(end(&b) == 0, "one that hangs does not hold up the end");
	begin(&b, &s);
	prober_stop(b.prober);
	(void) ask_size(&b, "good", 64, why, sizeof(why));
	ok(end(&b) == 0, "nor one that is asked for after it");
}

static void test_missing(void)
{
	const struct prober_settings s = { .program = "/nonexistent/program" };
	struct bench b;

	begin(&b, &s);
	atomic_store(&fake_missing, true);
	expect(&b, "good", -ENOENT, "no fake");
	ok(counter_get(&b.lock, &b.ready) == 0, "without a device node there is nothing to try");
	atomic_store(&fake_missing, false);
	expect(&b, "good", -ENOENT, "cannot be tried");
	ok(end(&b) == 0, "ends");
}

static void test_restart(void)
{
	const struct prober_settings s = { .card = "card1" };
	/* Who has the file needs no program. */
	const struct prober_settings blind = { .program = "/nonexistent/program", .card = "card1" };
	const char *rubbish = "good,64x64,25/1,main zz\n\n%s %n 1 2\nx\n";
	struct bench b;
	struct stat st;

	begin(&b, &s);
	expect(&b, "good", 0, "");
	expect(&b, "broken", -EIO, "fake is broken");
	ok(end(&b) == 0 && stat("encoders/card1", &st) == 0 && (st.st_mode & 0777) == 0600,
		"results are in a file");
	begin(&b, &blind);
	expect(&b, "good", 0, "");
	expect(&b, "broken", -EIO, "fake is broken");
	expect(&b, "dark", -ENOENT, "cannot be tried");
	ok(end(&b) == 0, "after a restart nothing is tried again");
	(void) file_write("encoders/card1", rubbish, strlen(rubbish), 0600, false);
	begin(&b, &s);
	expect(&b, "good", 0, "");
	ok(end(&b) == 0, "a file of rubbish is as good as none");
	wipe("encoders");
}

/* In the process that tries: the first one says that it is there, and stays until it is ended. */
static void linger_once(void)
{
	int fd;

	if (unlink("linger") < 0)
		return;
	fd = open("lingers", O_WRONLY);
	(void) !write(fd, "", 1);
	for (;;)
		(void) pause();
}

static int use(struct bench *b, const char *codec)
{
	const struct encoder_settings s = settings_of(codec, 64);

	return prober_use(b->prober, encoder_kind_find(codec), &s);
}

/* What is in use changes while another one is tried, which is no word against that one. */
static void test_use_meanwhile(void)
{
	const struct prober_settings s = { .card = "card1", .timeout_usec = COUNTERS_LIMIT };
	struct pollfd lingers = { .events = POLLIN };
	struct bench b;
	char why[160];

	(void) file_write("linger", "", 0, 0600, false);
	if (mkfifo("lingers", 0600) < 0 || (lingers.fd = open("lingers", O_RDWR)) < 0)
		abort();
	begin(&b, &s);
	(void) ask_size(&b, "good", 64, why, sizeof(why));
	ok(poll(&lingers, 1, COUNTERS_LIMIT / USEC_PER_MSEC) == 1, "one is tried");
	ok(use(&b, "slow") == -EAGAIN && counter_reaches(&b.lock, &b.changed, &b.ready, 1) &&
			use(&b, "slow") == 0,
		"another one is noted meanwhile");
	expect(&b, "good", 0, "");
	ok(end(&b) == 0, "ends");
	close(lingers.fd);
	(void) unlink("lingers");
	wipe("encoders");
	wipe("encoders-in-use");
}

/* A disk that hangs, in front of the library's own. */
static atomic_bool disk_hangs;
static sem_t disk_asked, disk_works, disk_written;

int rename(const char *from, const char *to)
{
	bool hangs = atomic_load(&disk_hangs);
	int r;

	if (hangs)
		(void) sem_post(&disk_asked);
	while (hangs && sem_wait(&disk_works) < 0)
		;
	r = renameat(AT_FDCWD, from, AT_FDCWD, to);
	if (hangs)
		(void) sem_post(&disk_written);
	return r;
}

static bool wait_for(sem_t *sem)
{
	struct timespec ts = usec_to_timespec(usec_of(CLOCK_REALTIME) + COUNTERS_LIMIT);
	int r;

	while ((r = sem_timedwait(sem, &ts)) < 0 && errno == EINTR)
		;
	return r == 0;
}

/* Only after this may the disk hang. */
static void begin_on_disk(struct bench *b)
{
	const struct prober_settings s = { .card = "card1" };

	(void) sem_init(&disk_asked, 0, 0);
	(void) sem_init(&disk_works, 0, 0);
	(void) sem_init(&disk_written, 0, 0);
	begin(b, &s);
}

/* It is noted as the n-th thing that is told. */
static void use_good(struct bench *b, int n)
{
	ok(use(b, "good") == -EAGAIN && counter_reaches(&b->lock, &b->changed, &b->ready, n) &&
			use(b, "good") == 0,
		"one is in use");
}

/* Closed and opened again while the note of its end is being written: who uses it now must not take
 * the note from before for one of his own. */
static void test_use_again(void)
{
	_cleanup_(freep) char *text = NULL;
	struct bench b;

	begin_on_disk(&b);
	use_good(&b, 1);
	atomic_store(&disk_hangs, true);
	prober_unuse(b.prober);
	ok(wait_for(&disk_asked) && use(&b, "good") == -EAGAIN,
		"used again while its end is noted: there is no note yet");
	atomic_store(&disk_hangs, false);
	(void) sem_post(&disk_works);
	ok(counter_reaches(&b.lock, &b.changed, &b.ready, 3) && use(&b, "good") == 0 &&
			file_read("encoders-in-use/card1", 512, &text, NULL) == 0 &&
			strstr(text, " 1\n"),
		"and then there is one");
	ok(end(&b) == 0, "ends");
	wipe("encoders");
	wipe("encoders-in-use");
}

/* What was good before the service died with it is not told as good while the note of that is read.
 */
static void test_died(void)
{
	_cleanup_(freep) char *text = NULL;
	char note[512], why[160], *rest = NULL;
	struct bench b;

	begin_on_disk(&b);
	expect(&b, "good", 0, "");
	use_good(&b, 2);
	ok(file_read("encoders-in-use/card1", 512, &text, NULL) == 0 &&
			(rest = strstr(text, " 0 0 1\n")),
		"with a note that says so");
	ok(end(&b) == 0, "ends");
	snprintf(note, sizeof(note), "%.*s 1 %" PRIu64 " 1\n", rest ? (int) (rest - text) : 0,
		text ? text : "", usec_of(CLOCK_BOOTTIME));
	(void) file_write("encoders-in-use/card1", note, strlen(note), 0600, false);

	begin_on_disk(&b);
	atomic_store(&disk_hangs, true);
	ok(ask_size(&b, "good", 64, why, sizeof(why)) == -EAGAIN, "it died twice");
	ok(wait_for(&disk_asked) && ask_size(&b, "good", 64, why, sizeof(why)) == -EAGAIN,
		"which is read: nothing is known yet");
	atomic_store(&disk_hangs, false);
	(void) sem_post(&disk_works);
	expect(&b, "good", -EOWNERDEAD, "the service died 2 times while it was in use");
	ok(end(&b) == 0, "ends");
	wipe("encoders");
	wipe("encoders-in-use");
}

static void test_disk_hangs(void)
{
	static struct bench b; /* it is left behind */
	_cleanup_(freep) char *text = NULL;

	begin_on_disk(&b);
	use_good(&b, 1);
	atomic_store(&disk_hangs, true);
	prober_stop(b.prober);
	ok(prober_free(b.prober, usec_now() + HANG_USEC) == -ETIMEDOUT,
		"the end does not wait for a disk");
	(void) sem_post(&disk_works);
	(void) wait_for(&disk_written);
	atomic_store(&disk_hangs, false);
	ok(file_read("encoders-in-use/card1", 512, &text, NULL) == 0 && strstr(text, " 0\n"),
		"which is written when it works");
	wipe("encoders");
	wipe("encoders-in-use");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "probe-encoder") == 0) {
		linger_once();
		atomic_store(&fake_probing, true);
		return command_probe_encoder(argc - 1, argv + 1);
	}
	enter_folder();
	(void) setenv("STATE_DIRECTORY", folder_path, true);
	test_answers();
	test_hang();
	test_stop();
	test_missing();
	test_restart();
	test_use_meanwhile();
	test_use_again();
	test_died();
	test_disk_hangs();
	leave_folder();
	return tap_done();
}
