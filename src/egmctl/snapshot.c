/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * egmctl snapshot. The card gets a file in memory of ours to write to, never one of the caller's: a
 * picture that fails half way leaves nothing behind, and a pipe that nobody reads stops nobody.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/file.h"
#include "egmctl/bus.h"
#include "egmctl/command.h"
#include "egmctl/show.h"

#define PICTURE_MAX (64 << 20)
#define QUALITY_DEFAULT 90

struct shot {
	uint32_t width, height;
	uint64_t realtime_usec;
};

static int parse_quality(const char *text, uint32_t *ret)
{
	char *end;
	long n = text ? strtol(text, &end, 10) : QUALITY_DEFAULT;

	if (text && (*text < '0' || *text > '9' || *end || n < 1 || n > 100))
		return -EINVAL;
	*ret = (uint32_t) n;
	return 0;
}

static int take(sd_bus *bus, const char *card, uint32_t quality, int fd, struct shot *ret)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *answer = NULL;
	sd_bus_message *call = NULL;
	struct shot shot = { 0 };
	int r = bus_method_new(bus, card, false, "Snapshot", &call), status;

	if (r >= 0)
		r = sd_bus_message_append(call, "hu", fd, quality);
	status = bus_method_call(bus, card, call, r, &answer);
	if (status != COMMAND_GOOD)
		return status;
	r = sd_bus_message_read(answer, "uut", &shot.width, &shot.height, &shot.realtime_usec);
	if (r < 0)
		return command_fail(COMMAND_FAILED, "%s: an answer of another kind", card);
	*ret = shot;
	return COMMAND_GOOD;
}

/* All that is in the file in memory; the caller unmaps it. */
static int map(int fd, void **ret, size_t *ret_size)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size > PICTURE_MAX)
		return st.st_size > 0 ? -EFBIG : -ENODATA;
	p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	*ret_size = (size_t) st.st_size;
	return 0;
}

static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Where people look for the pictures of their own: beside them, by the card's name. */
static int keep(const struct command *c, int fd, const struct shot *shot)
{
	char name[CARD_NAME_MAX + sizeof(".jpg")], when[32];
	const char *path = c->output ? c->output : name;
	bool out = c->output && strcmp(c->output, "-") == 0;
	void *data = NULL;
	size_t size = 0;
	int r = map(fd, &data, &size);

	snprintf(name, sizeof(name), "%s.jpg", c->words[0]);
	if (r == 0)
		r = out ? file_write_full(STDOUT_FILENO, data, size)
			: file_write(path, data, size, usual_mode(), 0);
	if (data)
		munmap(data, size);
	if (r < 0)
		return command_fail(
			r == -EACCES || r == -EPERM ? COMMAND_NOT_ALLOWED : COMMAND_FAILED,
			"%s: %s", out ? "standard output" : path, strerror(-r));
	if (!out)
		printf("%s: %" PRIu32 "x%" PRIu32 " of %s\n", path, shot->width, shot->height,
			show_time(shot->realtime_usec, when));
	return command_written(0);
}

int command_snapshot(const struct command *c)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(closep) int fd = -1;
	struct shot shot = { 0 };
	uint32_t quality;
	int status;

	if (!command_cards_valid(c, 1))
		return COMMAND_USAGE;
	if (parse_quality(c->quality, &quality) < 0)
		return command_usage(c, "--quality %s: 1 to 100", c->quality);
	if (c->output && strcmp(c->output, "-") == 0 && isatty(STDOUT_FILENO))
		return command_usage(c, "a terminal is no place for a picture");
	if (bus_open(&bus, &status) < 0)
		return status;
	fd = memfd_create("egmctl-snapshot", MFD_CLOEXEC);
	if (fd < 0)
		return command_fail(COMMAND_FAILED, "no memory for a picture: %s", strerror(errno));
	status = take(bus, c->words[0], quality, fd, &shot);
	return status == COMMAND_GOOD ? keep(c, fd, &shot) : status;
}
