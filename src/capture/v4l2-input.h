/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people may choose of a card besides its picture's size: the input, and the values of its
 * controls, both by name. Names are compared as v4l2-ctl writes them: "White Balance, Automatic" is
 * white_balance_automatic. What the card does not have is told in words that name what it has. The
 * thread that opens the card; each call is a few ioctls, which may take milliseconds each.
 */
#pragma once

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define V4L2_INPUTS_MAX 32    /* that are looked at */
#define V4L2_CONTROLS_MAX 256 /* likewise */

/* ---- pure ---- */

/* Letters and digits in lower case, everything between them one '_'. Returns buf. */
const char *v4l2_plain_name(const char *name, char *buf, size_t size);

/* Takes the next "name=value" of a list as words_next() has it. False: there is no more. What is no
 * assignment comes with an empty value. */
bool v4l2_next_control(
	const char **list, char *name, size_t name_size, char *value, size_t value_size);

/* Is it a value for this control? Numbers in any base of C's, of a boolean also true, false, on,
 * off, yes and no; items of a menu are numbers here. -EINVAL: no number; -ERANGE: beyond its
 * limits, or not on its steps. */
int v4l2_control_value(const struct v4l2_query_ext_ctrl *q, const char *text, int64_t *ret);

/* ---- the card ---- */

/* Selects the input of this number or name; NULL or "auto" leaves the one that is selected. -ENOENT
 * and why ("has no input x, but 0 HDMI 0, 1 Webcam 1"), or what the driver returned. */
int v4l2_input_select(int fd, const char *wanted, char *why, size_t size);

/* Sets the controls of the list; NULL: none. Each that cannot be set is left as it is, and told in
 * why, one after the other as far as there is room; "" when all is well. */
void v4l2_controls_set(int fd, const char *list, char *why, size_t size);
