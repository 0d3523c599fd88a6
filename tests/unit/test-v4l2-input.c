/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inputs and controls by name, against a driver of our own: libv4l2's ioctl is defined here. */
#include "capture/v4l2-input.h"

#include <string.h>

#include "common/cleanup.h"
#include "tests/tap.h"
#include "tests/unit/v4l2-driver.h"

static const struct v4l2_query_ext_ctrl controls[] = {
	{ .id = 0x980001, .type = V4L2_CTRL_TYPE_CTRL_CLASS, .name = "User Controls" },
	{ .id = 0x980900,
		.type = V4L2_CTRL_TYPE_INTEGER,
		.name = "Brightness",
		.maximum = 255,
		.step = 1 },
	{ .id = 0x98090c,
		.type = V4L2_CTRL_TYPE_BOOLEAN,
		.name = "White Balance, Automatic",
		.maximum = 1,
		.step = 1 },
	{ .id = 0x980918,
		.type = V4L2_CTRL_TYPE_MENU,
		.name = "Power Line Frequency",
		.maximum = 2,
		.step = 1 },
	{ .id = 0x980999,
		.type = V4L2_CTRL_TYPE_INTEGER,
		.name = "Read Only",
		.maximum = 9,
		.flags = V4L2_CTRL_FLAG_READ_ONLY },
	{ .id = 0x9a0901, .type = V4L2_CTRL_TYPE_BUTTON, .name = "Fire" },
	{ .id = 0x9a0902,
		.type = V4L2_CTRL_TYPE_INTEGER,
		.name = "Exposure Time, Absolute",
		.minimum = 3,
		.maximum = 2047,
		.step = 4 },
};

static const char *const menu[] = { "Disabled", "50 Hz", "60 Hz" };
static const char *const inputs[] = { "HDMI 0", "HDMI 1", "Webcam 0" };

static struct {
	int input, input_sets;
	int32_t values[ARRAY_SIZE(controls)];
	int sets;
	int refuse; /* errno of S_EXT_CTRLS */
} card;

static int query_control(struct v4l2_query_ext_ctrl *q)
{
	uint32_t after = q->id & ~V4L2_CTRL_FLAG_NEXT_CTRL;

	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		if (controls[i].id > after) {
			*q = controls[i];
			return 0;
		}
	}
	return EINVAL;
}

static int set_control(const struct v4l2_ext_controls *c)
{
	if (card.refuse)
		return card.refuse;
	for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
		if (controls[i].id == c->controls[0].id)
			card.values[i] = c->controls[0].value;
	card.sets++;
	return 0;
}

static int driver_ioctl(unsigned long request, void *arg)
{
	switch (request) {
	case VIDIOC_ENUMINPUT: {
		struct v4l2_input *in = arg;

		if (in->index >= ARRAY_SIZE(inputs))
			return EINVAL;
		(void) snprintf((char *) in->name, sizeof(in->name), "%s", inputs[in->index]);
		return 0;
	}
	case VIDIOC_G_INPUT:
		*(int *) arg = card.input;
		return 0;
	case VIDIOC_S_INPUT:
		card.input = *(int *) arg;
		card.input_sets++;
		return 0;
	case VIDIOC_QUERY_EXT_CTRL:
		return query_control(arg);
	case VIDIOC_QUERYMENU: {
		struct v4l2_querymenu *m = arg;

		if (m->index >= ARRAY_SIZE(menu))
			return EINVAL;
		(void) snprintf((char *) m->name, sizeof(m->name), "%s", menu[m->index]);
		return 0;
	}
	case VIDIOC_S_EXT_CTRLS:
		return set_control(arg);
	}
	return ENOTTY;
}

static bool plain(const char *name, const char *wanted)
{
	char buf[64];

	return strcmp(v4l2_plain_name(name, buf, sizeof(buf)), wanted) == 0;
}

static void test_names(void)
{
	char small[8];

	ok(plain("White Balance, Automatic", "white_balance_automatic") &&
			plain("Exposure (Absolute)", "exposure_absolute") &&
			plain("50 Hz", "50_hz") && plain(" - ", "") && plain("", ""),
		"names as v4l2-ctl has them");
	ok(strlen(v4l2_plain_name("Power Line Frequency", small, sizeof(small))) < sizeof(small),
		"cut where there is no room");
}

static void test_list(void)
{
	const char *list = "brightness=140, hue=-3 auto=  =5 a=b=c";
	static const char *const wanted[][2] = { { "brightness", "140" }, { "hue", "-3" },
		{ "auto", "" }, { "", "5" }, { "a", "b=c" } };
	char name[16], value[8];
	size_t n = 0;
	bool good = true;

	while (v4l2_next_control(&list, name, sizeof(name), value, sizeof(value))) {
		good &= n < ARRAY_SIZE(wanted) && strcmp(name, wanted[n][0]) == 0 &&
			strcmp(value, wanted[n][1]) == 0;
		n++;
	}
	ok(good && n == ARRAY_SIZE(wanted), "a list of assignments");
	list = "";
	ok(!v4l2_next_control(&list, name, sizeof(name), value, sizeof(value)), "an empty one");
	list = "a_name_that_is_too_long_for_it=123456789";
	ok(v4l2_next_control(&list, name, sizeof(name), value, sizeof(value)) &&
			strlen(name) < sizeof(name) && strlen(value) < sizeof(value),
		"what is too long is cut");
}

static void test_values(void)
{
	const struct v4l2_query_ext_ctrl *brightness = &controls[1], *automatic = &controls[2],
					 *exposure = &controls[6];
	const struct v4l2_query_ext_ctrl mask = { .type = V4L2_CTRL_TYPE_BITMASK, .maximum = 6 };
	int64_t v = -1;

	ok(v4l2_control_value(brightness, "140", &v) == 0 && v == 140 &&
			v4l2_control_value(brightness, "0xff", &v) == 0 && v == 255,
		"numbers");
	ok(v4l2_control_value(brightness, "256", &v) == -ERANGE &&
			v4l2_control_value(brightness, "-1", &v) == -ERANGE &&
			v4l2_control_value(brightness, "99999999999999999999", &v) == -ERANGE,
		"beyond the limits");
	ok(v4l2_control_value(brightness, "", &v) == -EINVAL &&
			v4l2_control_value(brightness, "12x", &v) == -EINVAL &&
			v4l2_control_value(brightness, "true", &v) == -EINVAL && v == 255,
		"no numbers");
	ok(v4l2_control_value(automatic, "true", &v) == 0 && v == 1 &&
			v4l2_control_value(automatic, "off", &v) == 0 && v == 0 &&
			v4l2_control_value(automatic, "1", &v) == 0 && v == 1 &&
			v4l2_control_value(automatic, "2", &v) == -ERANGE,
		"a switch");
	ok(v4l2_control_value(exposure, "7", &v) == 0 && v == 7 &&
			v4l2_control_value(exposure, "8", &v) == -ERANGE,
		"between two steps is nothing");
	ok(v4l2_control_value(&mask, "6", &v) == 0 && v == 6 &&
			v4l2_control_value(&mask, "1", &v) == -ERANGE &&
			v4l2_control_value(&mask, "-2", &v) == -ERANGE,
		"bits that are there");
}

static void test_select(void)
{
	char why[96] = "";

	memset(&card, 0, sizeof(card));
	ok(v4l2_input_select(3, NULL, why, sizeof(why)) == 0 &&
			v4l2_input_select(3, "auto", why, sizeof(why)) == 0 &&
			v4l2_input_select(3, "hdmi 0", why, sizeof(why)) == 0 &&
			card.input_sets == 0,
		"what is selected is left alone");
	ok(v4l2_input_select(3, "2", why, sizeof(why)) == 0 && card.input == 2, "by number");
	ok(v4l2_input_select(3, "HDMI-1", why, sizeof(why)) == 0 && card.input == 1, "by name");
	ok(v4l2_input_select(3, "dvi", why, sizeof(why)) == -ENOENT && card.input == 1 &&
			strcmp(why, "has no input dvi, but 0 HDMI 0, 1 HDMI 1, 2 Webcam 0") == 0,
		"the one that is not there: %s", why);
	ok(v4l2_input_select(3, "3", why, sizeof(why)) == -ENOENT, "nor is number 3");
}

static const char *set(const char *list, char why[static 256])
{
	v4l2_controls_set(3, list, why, 256);
	return why;
}

static void test_set(void)
{
	char why[256], tiny[24];

	memset(&card, 0, sizeof(card));
	ok(*set(NULL, why) == '\0' && *set("", why) == '\0' && card.sets == 0, "nothing to do");
	ok(*set("brightness=140, white_balance_automatic=true, power_line_frequency=50_hz", why) ==
				'\0' &&
			card.values[1] == 140 && card.values[2] == 1 && card.values[3] == 1,
		"each has its value");
	ok(*set("power_line_frequency=2", why) == '\0' && card.values[3] == 2, "an item by number");
	ok(strstr(set("hue=1 brightness=7", why), "no control hue; the card has brightness") &&
			strstr(why, "exposure_time_absolute") && !strstr(why, "fire") &&
			!strstr(why, "read_only") && card.values[1] == 7,
		"one that is not there, and the next one is set: %s", why);
	ok(strcmp(set("brightness=999", why), "brightness cannot be 999, but 0 to 255") == 0,
		"beyond its limits: %s", why);
	ok(strstr(set("x=1 brightness=999 y=2", why), "no control x; brightness cannot be 999, but "
						      "0 to 255; no control y; the card has "
						      "brightness"),
		"several: %s", why);
	ok(strstr(set("power_line_frequency=70_hz", why), "0 disabled 1 50_hz 2 60_hz"),
		"no item: %s", why);
	ok(strstr(set("exposure_time_absolute=4", why), "3 to 2047 by 4"), "steps: %s", why);
	card.refuse = EBUSY;
	ok(strstr(set("brightness=1", why), "another control"), "refused: %s", why);
	card.refuse = EIO;
	ok(strstr(set("brightness=1", why), "cannot be set"), "broken: %s", why);
	v4l2_controls_set(3, "a=1 b=2 c=3", tiny, sizeof(tiny));
	ok(strlen(tiny) < sizeof(tiny), "no more than there is room for: %s", tiny);
}

int main(void)
{
	test_names();
	test_list();
	test_values();
	test_select();
	test_set();
	return tap_done();
}
