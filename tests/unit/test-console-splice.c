/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes from one connection to another: all of them, in order, no faster than they are taken. */
#include "console/splice.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/usec.h"
#include "tests/tap.h"

#define LIMIT (20 * USEC_PER_SEC)

static struct loop *loop;

/* Two pairs; the inner ends are spliced, the outer ones are ours. */
struct bed {
	int left[2], right[2];
	struct splice *splice;
	bool gone;
};

static void on_gone(void *userdata)
{
	struct bed *b = userdata;

	b->gone = true;
}

static void bed_begin(struct bed *b, const char *early_left, const char *early_right)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK;
	struct splice_side a, c;

	*b = (struct bed){ .gone = false };
	if (socketpair(AF_UNIX, type, 0, b->left) < 0 || socketpair(AF_UNIX, type, 0, b->right) < 0)
		abort();
	a = (struct splice_side){ b->left[1], early_left, strlen(early_left) };
	c = (struct splice_side){ b->right[1], early_right, strlen(early_right) };
	if (splice_new(&b->splice, loop, &a, &c, on_gone, b) < 0)
		abort();
}

static void bed_end(struct bed *b)
{
	splice_free(b->splice);
	for (int i = 0; i < 2; i++) {
		closep(&b->left[i]);
		closep(&b->right[i]);
	}
}

static void turn(void)
{
	(void) sd_event_run(loop_event(loop), 20 * USEC_PER_MSEC);
}

/* Reads exactly this, from one end. */
static bool reads(int fd, const char *text)
{
	uint64_t until = usec_now() + LIMIT;
	char buf[256];
	size_t n = 0;

	while (n < strlen(text) && usec_now() < until) {
		ssize_t r = read(fd, buf + n, sizeof(buf) - n);

		if (r > 0)
			n += (size_t) r;
		else
			turn();
	}
	return n == strlen(text) && memcmp(buf, text, n) == 0;
}

static bool goes(struct bed *b)
{
	uint64_t until = usec_now() + LIMIT;

	while (!b->gone && usec_now() < until)
		turn();
	return b->gone;
}

static void test_both_ways(void)
{
	struct bed b;

	bed_begin(&b, "early ", "first ");
	ok(write(b.left[0], "left", 4) == 4 && write(b.right[0], "right", 5) == 5 &&
			reads(b.right[0], "early left") && reads(b.left[0], "first right"),
		"both ways, and what was there already comes first");
	ok(write(b.left[0], "bye", 3) == 3, "last words");
	closep(&b.left[0]);
	b.left[0] = -1;
	ok(reads(b.right[0], "bye") && goes(&b), "arrive before the end");
	bed_end(&b);
	bed_begin(&b, "", "");
	closep(&b.right[0]);
	b.right[0] = -1;
	ok(goes(&b), "the other side may end as well");
	bed_end(&b);
	bed_begin(&b, "what nobody takes", "");
	bed_end(&b);
	ok(true, "or its owner, at any time");
}

static void test_slow(void)
{
	static char block[26 * 100];
	size_t in = 0, out = 0;
	uint64_t until = usec_now() + LIMIT;
	struct bed b;
	bool good = true;
	int still = 0;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char) ('a' + i % 26);
	bed_begin(&b, "", "");
	while (still < 5 && usec_now() < until) {
		ssize_t n = write(b.left[0], block + in % 26, 26 * 50);

		still = n > 0 ? 0 : still + 1;
		in += n > 0 ? (size_t) n : 0;
		turn();
	}
	/* Two sockets, and a buffer between them. */
	ok(still == 5 && in < SPLICE_BUFFER + 1024 * 1024, "no more is taken than fits: %zu", in);
	ok(write(b.right[0], "back", 4) == 4 && reads(b.left[0], "back"),
		"the other way is free all the same");
	while (out < in && usec_now() < until) {
		char buf[999];
		ssize_t n = read(b.right[0], buf, sizeof(buf));

		for (ssize_t i = 0; i < n; i++)
			good &= buf[i] == (char) ('a' + (out + (size_t) i) % 26);
		out += n > 0 ? (size_t) n : 0;
		if (n <= 0)
			turn();
	}
	ok(out == in && good, "and all of it arrives in order");
	closep(&b.right[0]);
	b.right[0] = -1;
	(void) !write(b.left[0], "x", 1);
	ok(goes(&b), "nobody to write to");
	bed_end(&b);
}

int main(void)
{
	const struct loop_hooks none = { 0 };

	if (loop_new(&loop, &none) < 0)
		abort();
	test_both_ways();
	test_slow();
	loop_free(loop);
	return tap_done();
}
