/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An invented machine is watched by a recogniser that knows its states but not its digits. Who
 * reads in the place of tesseract knows the truth, and errs as often as a test wants it to.
 */
#include "detector/numbers.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <syslog.h>

#include "common/tree.h"
#include "common/usec.h"
#include "media/picture.h"
#include "tests/tap.h"
#include "tests/tools/screens.h"

#define LAYOUT 7
#define ALL_DIGITS 0x3ffU
#define SECONDS 40
#define SHOWN_MAX 256
#define WAIT_USEC (20 * USEC_PER_SEC)

struct reader {
	pthread_mutex_t lock;
	/* protected by lock */
	struct shown {
		uint64_t sum; /* of the pixels */
		char text[24];
	} shown[SHOWN_MAX];
	int n_shown;
	int calls, wrong_every;
	double confidence;
	int warnings; /* that were said */
};

struct machine {
	struct screens *screens;
	struct rules rules;
	struct recogniser *recogniser;
	struct numbers *numbers;
	struct reader reader;
	char text[24]; /* what is shown now */
	struct decision decision;
	uint64_t next; /* picture */
	int shown, read, wrong;
};

/* Of a picture of a number, as it is handed to the reader. */
static uint64_t sum_of(const struct grey *g, struct rect r)
{
	uint64_t sum = 1;

	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			sum = sum * 31 + g->data[y * g->stride + (ptrdiff_t) x * g->step];
	return sum;
}

static void set_shown(struct machine *m, const struct frame *f, int64_t credit)
{
	struct reader *reader = &m->reader;
	struct shown *shown;
	struct grey g;

	snprintf(m->text, sizeof(m->text), "%" PRId64, credit);
	if (grey_of_frame(f, &g) < 0)
		return;
	pthread_mutex_lock(&reader->lock);
	shown = &reader->shown[reader->n_shown++ % SHOWN_MAX];
	shown->sum = sum_of(&g, m->rules.numbers[0].rect);
	snprintf(shown->text, sizeof(shown->text), "%s", credit < 0 ? "" : m->text);
	pthread_mutex_unlock(&reader->lock);
}

static int read_truth(void *userdata, const struct grey *g, struct rect r, struct ocr_text *ret)
{
	struct reader *reader = userdata;
	uint64_t sum = sum_of(g, r);

	pthread_mutex_lock(&reader->lock);
	*ret = (struct ocr_text){ .confidence = reader->confidence };
	for (int i = 0; i < MIN(reader->n_shown, SHOWN_MAX); i++)
		if (reader->shown[i].sum == sum)
			snprintf(ret->text, sizeof(ret->text), "%.16s", reader->shown[i].text);
	if (reader->wrong_every && ++reader->calls % reader->wrong_every == 0)
		ret->text[0] = ret->text[0] == '6' ? '8' : '6';
	pthread_mutex_unlock(&reader->lock);
	return 0;
}

static void on_said(void *userdata, int level, const char *number, const char *words)
{
	struct reader *reader = userdata;

	(void) number;
	(void) words;
	pthread_mutex_lock(&reader->lock);
	reader->warnings += level == LOG_WARNING;
	pthread_mutex_unlock(&reader->lock);
}

/* The machine's recogniser anew, with its states only. */
static void make_recogniser(struct machine *m)
{
	m->recogniser = recogniser_free(m->recogniser);
	if (recogniser_new(&m->recogniser, &m->rules) < 0)
		return;
	for (int i = 0; i < m->rules.n_states; i++)
		for (int k = 0; k < 3; k++) {
			_cleanup_(frame_unrefp) struct frame *f = NULL;

			if (screens_reference(m->screens, i, k, &f, NULL) == 0)
				(void) recogniser_add_reference(m->recogniser, i, f);
		}
}

static bool machine_init(struct machine *m, int wrong_every)
{
	const struct screens_options o = { .noise = 2 };

	*m = (struct machine){ .reader = { .lock = PTHREAD_MUTEX_INITIALIZER,
				       .wrong_every = wrong_every,
				       .confidence = 0.95 } };
	if (screens_new(&m->screens, LAYOUT, 5, &o) < 0 ||
		screens_rules(m->screens, &m->rules) < 0 ||
		numbers_new(&m->numbers, &(struct numbers_settings){ .rules = &m->rules,
						 .read = read_truth,
						 .said = on_said,
						 .userdata = &m->reader }) < 0)
		return false;
	make_recogniser(m);
	return m->recogniser;
}

static void machine_deinit(struct machine *m)
{
	(void) numbers_free(m->numbers, usec_now() + WAIT_USEC);
	recogniser_free(m->recogniser);
	rules_deinit(&m->rules);
	screens_free(m->screens);
}

static void judge(struct machine *m, const struct screens_truth *t)
{
	const struct digits_reading *reading = &m->decision.numbers[0];

	if (t->credit < 0)
		return;
	m->shown++;
	if (reading->sure && strcmp(reading->text, m->text) == 0)
		m->read++;
	else if (reading->sure)
		m->wrong++;
}

/* One picture, as the detector looks at it. How many digits became known. */
static int look(struct machine *m, uint64_t n)
{
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	struct screens_truth t;

	if (screens_truth(m->screens, n, &t) < 0 || screens_frame(m->screens, n, &f) < 0)
		return 0;
	set_shown(m, f, t.credit);
	if (recogniser_look(m->recogniser, f, &m->decision) < 0)
		return 0;
	judge(m, &t);
	return numbers_follow(m->numbers, m->recogniser, f, &m->decision);
}

/* The last two pictures of each half of a second are enough to see what stands still. */
static int watch(struct machine *m, int seconds, bool work)
{
	int more = 0;

	m->shown = m->read = m->wrong = 0;
	for (uint64_t end = m->next + (uint64_t) seconds * SCREENS_RATE; m->next < end; m->next++) {
		if (m->next % 15 < 13)
			continue;
		more += look(m, m->next);
		if (work)
			numbers_work(m->numbers);
	}
	return more;
}

static unsigned known(const struct machine *m)
{
	return recogniser_known_digits(m->recogniser, 0);
}

static void test_learn(int wrong_every)
{
	struct machine m;
	int more;

	ok(machine_init(&m, wrong_every), "a machine, one reading of %d is wrong", wrong_every);
	more = watch(&m, SECONDS, true);
	ok(known(&m) == ALL_DIGITS && more == 10, "digits %x are learnt", known(&m));
	ok(m.wrong == 0 && m.read > 0, "%d of %d read, %d wrong", m.read, m.shown, m.wrong);
	(void) watch(&m, SECONDS, true);
	ok(m.wrong == 0 && m.read * 100 >= m.shown * 90, "then %d of %d, %d wrong", m.read, m.shown,
		m.wrong);
	make_recogniser(&m);
	ok(known(&m) == 0, "another recogniser");
	numbers_again(m.numbers, NULL);
	(void) watch(&m, 3, false);
	ok(known(&m) == ALL_DIGITS, "is taught all of it again");
	machine_deinit(&m);
}

static void test_unsure(void)
{
	struct machine m;

	ok(machine_init(&m, 0), "a reader who is not sure");
	m.reader.confidence = 0.6;
	(void) watch(&m, 10, true);
	ok(known(&m) == 0 && m.read == 0, "is not listened to");
	machine_deinit(&m);
}

/* References whose numbers nobody knows. */
static void test_show(void)
{
	struct machine m;

	ok(machine_init(&m, 0), "references");
	for (int i = 0; i < m.rules.n_states; i++)
		for (int k = 0; k < 4; k++) {
			_cleanup_(frame_unrefp) struct frame *f = NULL;
			int64_t credit;

			if (screens_reference(m.screens, i, k, &f, &credit) < 0 || credit < 0)
				continue;
			set_shown(&m, f, credit);
			ok(numbers_show(m.numbers, f) == 0, "show %s", m.text);
			numbers_work(m.numbers);
		}
	(void) watch(&m, 2, false);
	ok(__builtin_popcount(known(&m)) > 7, "digits %x are learnt from them", known(&m));
	machine_deinit(&m);
}

static void test_tell(void)
{
	struct machine m;
	const char *name;

	ok(machine_init(&m, 0), "told");
	m.reader.confidence = 0;
	name = m.rules.numbers[0].name;
	(void) watch(&m, 1, false);
	ok(numbers_tell(m.numbers, "NOTHING", "1") == -ENOENT &&
			numbers_tell(m.numbers, name, "") == -EINVAL &&
			numbers_tell(m.numbers, name, "12x") == -EINVAL &&
			numbers_tell(m.numbers, name, "12345678901234567") == -EINVAL,
		"nonsense is refused");
	ok(numbers_tell(m.numbers, name, "1") == 0 && look(&m, ++m.next) == 0 && known(&m) == 0 &&
			m.reader.warnings == 1,
		"what is not to be seen is not learnt, and said so");
	ok(numbers_tell(m.numbers, name, m.text) == 0 && look(&m, ++m.next) > 0,
		"%s is learnt at once", m.text);
	make_recogniser(&m);
	numbers_again(m.numbers, NULL);
	ok(look(&m, ++m.next) > 0 || known(&m) != 0, "and kept");
	machine_deinit(&m);
}

/* More than are kept of what was told: the newest ones count. */
static void test_tell_often(void)
{
	struct machine m;
	const char *name;
	int said = 0;

	ok(machine_init(&m, 0), "told often");
	m.reader.confidence = 0;
	name = m.rules.numbers[0].name;
	(void) watch(&m, 1, false);
	while (said < 100 && numbers_tell(m.numbers, name, m.text) == 0)
		said++;
	ok(said > 1 && said < 100, "%d times without a picture, and no more", said);
	for (int i = 0; i < 30; i++) {
		(void) look(&m, ++m.next);
		(void) numbers_tell(m.numbers, name, m.text);
	}
	ok(numbers_tell(m.numbers, name, m.text) == 0 && known(&m), "digits %x", known(&m));
	(void) watch(&m, 10, false);
	ok(m.wrong == 0, "%d of %d read, %d wrong", m.read, m.shown, m.wrong);
	machine_deinit(&m);
}

static struct lessons *open_lessons(const struct machine *m, const char *folder)
{
	struct lessons *l = NULL;
	char why[LESSONS_WHY_SIZE] = "";

	ok(lessons_open(&l, &m->rules, folder, why, sizeof(why)) == 0, "the folder's file %s", why);
	return l;
}

static void on_refused(const char *why, void *userdata)
{
	(void) userdata;
	ok(false, "%s", why);
}

/* What was learnt outlives who has learnt it. */
static void test_kept(void)
{
	char folder[] = "/tmp/test-numbers.XXXXXX", path[64];
	uint64_t until = usec_now() + WAIT_USEC;
	struct lessons *l;
	struct machine m;
	int n;

	if (!mkdtemp(folder))
		return;
	snprintf(path, sizeof(path), "%s/digits.json", folder);
	ok(machine_init(&m, 7), "a machine with a folder");
	numbers_again(m.numbers, open_lessons(&m, folder));
	ok(numbers_start(m.numbers) == 0, "a thread");
	do
		(void) watch(&m, 10, false);
	while ((known(&m) != ALL_DIGITS || access(path, F_OK) < 0) && usec_now() < until);
	ok(known(&m) == ALL_DIGITS && access(path, F_OK) == 0, "writes what it has learnt");
	machine_deinit(&m);

	ok(machine_init(&m, 0), "the machine after a restart");
	m.reader.confidence = 0;
	l = open_lessons(&m, folder);
	n = lessons_count(l, 0);
	ok(n >= 4 && n <= LESSONS_MAX && lessons_digits(l, 0) == ALL_DIGITS,
		"%d pictures show digits %x", n, lessons_digits(l, 0));
	ok(lessons_teach(l, m.recogniser, on_refused, NULL) == 0 && known(&m) == ALL_DIGITS,
		"digits %x are known", known(&m));
	numbers_again(m.numbers, l);
	(void) watch(&m, SECONDS, true);
	ok(m.wrong == 0 && m.read * 100 >= m.shown * 90, "%d of %d read, %d wrong", m.read, m.shown,
		m.wrong);
	machine_deinit(&m);
	(void) tree_remove_at(AT_FDCWD, folder);
}

/* With the thread at work, what was told is learnt when that lets go of it, at any picture. */
static bool look_until_learnt(struct machine *m)
{
	uint64_t until = usec_now() + WAIT_USEC;

	while (look(m, ++m->next) <= 0)
		if (usec_now() >= until)
			return false;
	return true;
}

/* A disk is not written to each time a digit is learnt. */
static void test_seldom_kept(void)
{
	char folder[] = "/tmp/test-numbers.XXXXXX", path[64], first[24];
	uint64_t until = usec_now() + WAIT_USEC;
	const char *name;
	struct machine m;

	if (!mkdtemp(folder))
		return;
	snprintf(path, sizeof(path), "%s/digits.json", folder);
	ok(machine_init(&m, 0), "a machine that is told");
	m.reader.confidence = 0;
	name = m.rules.numbers[0].name;
	numbers_again(m.numbers, open_lessons(&m, folder));
	ok(numbers_start(m.numbers) == 0, "a thread");
	(void) watch(&m, 1, false);
	memcpy(first, m.text, sizeof(first));
	ok(numbers_tell(m.numbers, name, first) == 0 && look_until_learnt(&m), "%s is learnt",
		first);
	while (access(path, F_OK) < 0 && usec_now() < until)
		(void) look(&m, ++m.next);
	ok(unlink(path) == 0, "and written at once");
	do
		(void) watch(&m, 1, false);
	while (strcmp(m.text, first) == 0 && m.next < 10000);
	ok(numbers_tell(m.numbers, name, m.text) == 0 && look_until_learnt(&m), "then %s", m.text);
	(void) watch(&m, 2, false);
	ok(access(path, F_OK) < 0, "is not written at once again");
	machine_deinit(&m);
	ok(access(path, F_OK) == 0, "but at the end");
	(void) tree_remove_at(AT_FDCWD, folder);
}

static void test_thread(void)
{
	struct machine m;
	uint64_t until = usec_now() + WAIT_USEC;

	ok(machine_init(&m, 7) && numbers_start(m.numbers) == 0, "a thread");
	do
		(void) watch(&m, 10, false);
	while (known(&m) != ALL_DIGITS && usec_now() < until);
	ok(known(&m) == ALL_DIGITS, "digits %x are learnt", known(&m));
	ok(m.wrong == 0, "%d of %d read, %d wrong", m.read, m.shown, m.wrong);
	machine_deinit(&m);
}

/* Tesseract itself, where it is installed. */
static void test_ocr(void)
{
	static const char *const texts[] = { "123456", "7890", "70556", "89874" };
	_cleanup_(ocr_freep) struct ocr *o = NULL;
	_cleanup_(frame_unrefp) struct frame *f = NULL;
	const char *top = getenv("top_srcdir");
	char path[4096], why[200] = "";
	int r = ocr_new(&o, why, sizeof(why));

	if (r < 0) {
		ok(r == -ENOENT && why[0], "no tesseract: %s", why);
		return;
	}
	snprintf(path, sizeof(path), "%s/tests/data/digits/koi-clean-refs.png", top ? top : ".");
	ok(picture_load(&f, path, why, sizeof(why)) == 0, "pictures");
	for (int i = 0; f && i < 4; i++) {
		struct grey g = { 154, 50, f->data[0] + (ptrdiff_t) i * 50 * f->stride[0],
			f->stride[0], 3, false };
		struct ocr_text text;

		r = ocr_read(o, &g, (struct rect){ 15, 4, 125, 44 }, &text);
		ok(r == 0 && strcmp(text.text, texts[i]) == 0 && text.confidence > 0.85,
			"%s read as %s, %.2f", texts[i], text.text, text.confidence);
		ok(ocr_read(o, &g, (struct rect){ 1000, 1000, 10, 10 }, &text) == -EINVAL,
			"nothing outside");
	}
}

int main(void)
{
	test_learn(6);
	test_unsure();
	test_show();
	test_tell();
	test_tell_often();
	test_kept();
	test_seldom_kept();
	test_thread();
	test_ocr();
	return tap_done();
}
