/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signal against a driver of our own: libv4l2's ioctl is defined here. What real drivers do is
 * tried in the machine test.
 */
#include "capture/v4l2-signal.h"

#include <string.h>

#include "common/usec.h"
#include "tests/tap.h"
#include "tests/unit/v4l2-driver.h"

#define TIMINGS(w, h, rate)                                                            \
	{                                                                              \
		.type = V4L2_DV_BT_656_1120,                                           \
		.bt = {.width = (w),                                                   \
			.height = (h),                                                 \
			.hfrontporch = 100,                                            \
			.vfrontporch = 50,                                             \
			.pixelclock = ((w) + 100ULL) * ((h) + 50ULL) * (rate) / 1000 } \
	}

static const struct v4l2_dv_timings hd60 = TIMINGS(1920, 1080, 60000);
static const struct v4l2_dv_timings hd5994 = TIMINGS(1920, 1080, 59940);
static const struct v4l2_dv_timings hd50 = TIMINGS(1920, 1080, 50000);
static const struct v4l2_dv_timings p720 = TIMINGS(1280, 720, 50000);

static struct {
	bool has_timings, has_events, has_power, has_input;
	int query; /* errno of QUERY_DV_TIMINGS */
	struct v4l2_dv_timings seen, set;
	uint32_t status, capabilities, power, input;
	int events;
	int calls, sets;
	int refuse_set;
} card;

static int driver_ioctl(unsigned long request, void *arg)
{
	card.calls++;
	switch (request) {
	case VIDIOC_QUERY_DV_TIMINGS:
		if (card.has_timings && card.query == 0)
			*(struct v4l2_dv_timings *) arg = card.seen;
		return card.has_timings ? card.query : ENOTTY;
	case VIDIOC_G_DV_TIMINGS:
		*(struct v4l2_dv_timings *) arg = card.set;
		return card.has_timings ? 0 : ENOTTY;
	case VIDIOC_S_DV_TIMINGS:
		if (card.refuse_set)
			return card.refuse_set;
		card.set = *(struct v4l2_dv_timings *) arg;
		card.sets++;
		return 0;
	case VIDIOC_G_INPUT:
		*(int *) arg = (int) card.input;
		return card.has_input ? 0 : ENOTTY;
	case VIDIOC_ENUMINPUT: {
		struct v4l2_input *in = arg;

		in->status = card.status;
		in->capabilities = card.capabilities;
		return card.has_input ? 0 : ENOTTY;
	}
	case VIDIOC_QUERYCTRL:
		return card.has_power ? 0 : EINVAL;
	case VIDIOC_G_CTRL:
		((struct v4l2_control *) arg)->value = (int32_t) card.power;
		return card.has_power ? 0 : EINVAL;
	case VIDIOC_SUBSCRIBE_EVENT:
		return card.has_events ? 0 : ENOTTY;
	case VIDIOC_DQEVENT:
		if (card.events == 0)
			return ENOENT;
		card.events--;
		return 0;
	}
	return ENOTTY;
}

static void test_query(void)
{
	static const struct {
		int err;
		bool powered;
		enum signal signal;
	} table[] = {
		{ 0, true, SIGNAL_OK },
		{ -ENOLINK, true, SIGNAL_NO_SIGNAL },
		{ -ENOLINK, false, SIGNAL_NO_CABLE },
		{ -ENOLCK, true, SIGNAL_NO_SYNC },
		{ -ENOLCK, false, SIGNAL_NO_SYNC },
		{ -ERANGE, true, SIGNAL_UNSUPPORTED },
		{ -ENOTTY, true, SIGNAL_UNKNOWN },
		{ -ENODATA, true, SIGNAL_UNKNOWN },
		{ -EIO, false, SIGNAL_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		ok(v4l2_signal_of_query(table[i].err, table[i].powered) == table[i].signal,
			"error %d%s is %s", table[i].err, table[i].powered ? "" : ", no power",
			signal_name(table[i].signal));
}

static void test_status(void)
{
	static const struct {
		uint32_t status, capabilities;
		enum signal signal;
	} table[] = {
		{ 0, 0, SIGNAL_UNKNOWN },
		{ 0, V4L2_IN_CAP_STD, SIGNAL_OK },
		{ 0, V4L2_IN_CAP_DV_TIMINGS, SIGNAL_OK },
		{ V4L2_IN_ST_NO_POWER, 0, SIGNAL_NO_SIGNAL },
		{ V4L2_IN_ST_NO_SIGNAL, V4L2_IN_CAP_STD, SIGNAL_NO_SIGNAL },
		{ V4L2_IN_ST_NO_SIGNAL | V4L2_IN_ST_NO_H_LOCK, 0, SIGNAL_NO_SIGNAL },
		{ V4L2_IN_ST_NO_H_LOCK, V4L2_IN_CAP_STD, SIGNAL_NO_SYNC },
		{ V4L2_IN_ST_NO_SYNC, 0, SIGNAL_NO_SYNC },
		{ V4L2_IN_ST_NO_COLOR | V4L2_IN_ST_HFLIP, V4L2_IN_CAP_STD, SIGNAL_OK },
		{ V4L2_IN_ST_MACROVISION, 0, SIGNAL_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		ok(v4l2_signal_of_status(table[i].status, table[i].capabilities) == table[i].signal,
			"status 0x%x of an input that can 0x%x is %s", table[i].status,
			table[i].capabilities, signal_name(table[i].signal));
}

static void test_words(void)
{
	char buf[128], other[128];
	bool good = true;

	for (int s = 0; s < _SIGNAL_MAX; s++) {
		enum signal signal = (enum signal) s;

		good &= strstr(v4l2_signal_words(signal, "/dev/video7", buf, sizeof(buf)),
				"/dev/video7") != NULL;
		for (int o = 0; o < s; o++)
			good &= strcmp(v4l2_signal_words((enum signal) o, "/dev/video7", other,
					       sizeof(other)),
					buf) != 0 &&
				strcmp(signal_name(signal), signal_name((enum signal) o)) != 0;
	}
	ok(good, "each has words and a name of its own, and names the device");
	ok(v4l2_signal_errno(SIGNAL_OK) == 0 && v4l2_signal_errno(SIGNAL_UNKNOWN) == 0,
		"what is good, or not known, is no error");
	ok(v4l2_signal_errno(SIGNAL_NO_CABLE) == -ENOLINK &&
			v4l2_signal_errno(SIGNAL_NO_SYNC) == -ENOLCK &&
			v4l2_signal_errno(SIGNAL_UNSUPPORTED) == -ERANGE,
		"the others have that of the driver");
	ok(strcmp(signal_name(SIGNAL_UNSUPPORTED), "unsupported-timings") == 0 &&
			strcmp(signal_name(_SIGNAL_MAX), "?") == 0,
		"names");
}

static void test_same(void)
{
	struct v4l2_dv_timings none = { 0 }, interlaced = hd60;

	interlaced.bt.interlaced = 1;
	ok(v4l2_timings_same(&hd60, &hd60) && v4l2_timings_same(&hd60, &hd5994) &&
			v4l2_timings_same(&none, &none),
		"59.94 is measured as 60");
	ok(!v4l2_timings_same(&hd60, &hd50) && !v4l2_timings_same(&hd50, &hd60) &&
			!v4l2_timings_same(&hd60, &p720) &&
			!v4l2_timings_same(&hd60, &interlaced) && !v4l2_timings_same(&hd60, &none),
		"another rate, size or way is another signal");
}

static void insert_hdmi(void)
{
	memset(&card, 0, sizeof(card));
	card.has_timings = card.has_events = card.has_input = true;
	card.capabilities = V4L2_IN_CAP_DV_TIMINGS;
	card.seen = hd60;
}

static void test_begin(void)
{
	enum signal s = SIGNAL_UNKNOWN;
	struct v4l2_watch w;

	insert_hdmi();
	ok(v4l2_watch_begin(&w, 3, &s) == 0 && s == SIGNAL_OK && w.subscribed && card.sets == 1 &&
			v4l2_timings_same(&card.set, &hd60),
		"the timings of the signal are set");
	ok(v4l2_watch_begin(&w, 3, &s) == 0 && card.sets == 1, "but not when they are already");
	card.query = ENOLINK;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLINK && s == SIGNAL_NO_SIGNAL, "no signal");
	card.has_power = true;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLINK && s == SIGNAL_NO_CABLE, "no power at all");
	card.input = 1;
	card.power = 1;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLINK && s == SIGNAL_NO_CABLE,
		"power at the other connector");
	card.power = 2;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLINK && s == SIGNAL_NO_SIGNAL, "power at this one");
	card.query = ENOLCK;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLCK && s == SIGNAL_NO_SYNC, "no sync");
	card.query = ERANGE;
	ok(v4l2_watch_begin(&w, 3, &s) == -ERANGE && s == SIGNAL_UNSUPPORTED, "out of range");
	insert_hdmi();
	card.refuse_set = EBUSY;
	ok(v4l2_watch_begin(&w, 3, &s) == -EBUSY && s == SIGNAL_OK,
		"somebody else has the card: that is no fault of the signal");
}

static void test_begin_without_timings(void)
{
	enum signal s = SIGNAL_OK;
	struct v4l2_watch w;

	memset(&card, 0, sizeof(card));
	ok(v4l2_watch_begin(&w, 3, &s) == 0 && s == SIGNAL_UNKNOWN && !w.subscribed,
		"a card that tells nothing opens all the same");
	card.has_input = true;
	ok(v4l2_watch_begin(&w, 3, &s) == 0 && s == SIGNAL_UNKNOWN, "so does a webcam");
	card.status = V4L2_IN_ST_NO_SIGNAL;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLINK && s == SIGNAL_NO_SIGNAL, "status bits count");
	card.status = V4L2_IN_ST_NO_H_LOCK;
	ok(v4l2_watch_begin(&w, 3, &s) == -ENOLCK && s == SIGNAL_NO_SYNC, "each of them");
}

static void test_look(void)
{
	enum signal s = SIGNAL_UNKNOWN;
	struct v4l2_watch w;

	insert_hdmi();
	(void) v4l2_watch_begin(&w, 3, &s);
	card.calls = 0;
	for (int i = 0; i < 100; i++)
		(void) v4l2_watch_look(&w, false, &s);
	ok(card.calls == 0, "the driver is not asked for each picture");
	card.events = 1;
	ok(v4l2_watch_look(&w, true, &s) == 0 && s == SIGNAL_OK && card.events == 0,
		"a change that changes nothing");
	card.events = 1;
	card.query = ENOLINK;
	w.look_usec = 0;
	ok(v4l2_watch_look(&w, false, &s) == -ENOLINK && s == SIGNAL_NO_SIGNAL,
		"a change is found by who never waits, too");
	card.query = 0;
	card.events = 3;
	card.seen = p720;
	ok(v4l2_watch_look(&w, true, &s) == -ESTALE && s == SIGNAL_OK, "other timings");
	ok(card.events == 0, "all that was told has been taken");
	(void) v4l2_watch_begin(&w, 3, &s);
	card.seen = hd60;
	w.look_usec = w.full_usec = 0;
	ok(v4l2_watch_look(&w, false, &s) == -ESTALE, "also when the driver did not tell");
	ok(v4l2_watch_look(&w, true, &s) == 0 && !w.subscribed,
		"who tells of changes and has none is not listened to");
}

static void test_look_without_events(void)
{
	enum signal s = SIGNAL_UNKNOWN;
	struct v4l2_watch w;

	insert_hdmi();
	card.has_events = false;
	(void) v4l2_watch_begin(&w, 3, &s);
	card.query = ENOLCK;
	card.status = V4L2_IN_ST_NO_H_LOCK;
	ok(v4l2_watch_look(&w, false, &s) == 0, "not yet");
	w.look_usec = 0;
	ok(v4l2_watch_look(&w, false, &s) == -ENOLCK && s == SIGNAL_NO_SYNC,
		"the status tells, the timings say what");
	memset(&card, 0, sizeof(card));
	card.has_input = true;
	(void) v4l2_watch_begin(&w, 3, &s);
	w.look_usec = 0;
	card.calls = 0;
	ok(v4l2_watch_look(&w, false, &s) == 0 && card.calls == 1, "a webcam costs one call");
	card.status = V4L2_IN_ST_NO_SIGNAL;
	w.look_usec = 0;
	ok(v4l2_watch_look(&w, false, &s) == -ENOLINK && s == SIGNAL_NO_SIGNAL,
		"a card without timings");
	memset(&card, 0, sizeof(card));
	(void) v4l2_watch_begin(&w, 3, &s);
	w.look_usec = w.full_usec = 0;
	card.calls = 0;
	ok(v4l2_watch_look(&w, false, &s) == 0 && s == SIGNAL_UNKNOWN && card.calls == 0,
		"a card that tells nothing is not asked");
}

int main(void)
{
	test_query();
	test_status();
	test_words();
	test_same();
	test_begin();
	test_begin_without_timings();
	test_look();
	test_look_without_events();
	return tap_done();
}
