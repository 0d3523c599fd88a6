/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated USB capture card with sound, for tests of everything between the kernel's drivers and
 * the stream: it plugs itself into vhci-hcd, so that uvcvideo and snd-usb-audio bind as to a real
 * one. The card is pulled out when the program ends. Needs root and "modprobe vhci-hcd".
 */
#include <errno.h>
#include <getopt.h>
#include <linux/usb/ch9.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "common/cleanup.h"
#include "common/usec.h"
#include "descriptors.h"
#include "uac.h"
#include "usbip.h"
#include "uvc.h"

#define PORTS 8

struct device {
	struct card card;
	struct usbip usbip;
	struct uvc *video;
	struct uac *sound;
	bool stuck, mute;
};

static void print_help(void)
{
	printf("Usage: fakecard [OPTION...]\n"
	       "Plugs a simulated USB capture card into this machine until it is ended.\n"
	       "\n"
	       "  -p, --port=N             port of the simulated hub, 0 to 7 (0)\n"
	       "  -s, --serial=TEXT        serial number (FAKE0001)\n"
	       "  -n, --product=TEXT       product name (USB Video)\n"
	       "  -V, --vendor=TEXT        maker's name (EGM Test)\n"
	       "  -i, --id=VENDOR:PRODUCT  ids in hexadecimal (534d:2109)\n"
	       "  -j, --jpeg=FILE          offer MJPEG too: pictures of the file, one after the "
	       "other\n"
	       "  -x, --h264=FILE          offer H.264 too: the stream in the file, over and "
	       "over\n"
	       "  -t, --tone=HZ            frequency of the sound (1000)\n"
	       "  -d, --ppm=N              the sound's clock runs N parts in a million too fast "
	       "(0)\n"
	       "  -S, --no-sound           a card without sound\n"
	       "  -c, --camera             a webcam: exposure and focus can be set\n"
	       "  -m, --mirror             the ramp of the YUYV pictures falls instead of rising\n"
	       "  -u, --cure=WHAT          what makes it go on when it is stuck, too: stream, "
	       "reset\n"
	       "  -h, --help               this text\n"
	       "\n"
	       "SIGUSR1 stops and resumes the pictures, SIGUSR2 the tone; SIGTERM pulls the card.\n"
	       "YUYV pictures are a ramp with a moving block. A serial number may be used "
	       "twice.\n");
}

static int parse_unsigned(const char *text, unsigned long max, unsigned int *ret)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > max)
		return -EINVAL;
	*ret = (unsigned int) value;
	return 0;
}

static int parse_ppm(const char *text, double *ret)
{
	char *end;
	double value = strtod(text, &end);

	/* Beyond a fifth the packets would not hold the samples. */
	if (end == text || *end || !(value >= -200000 && value <= 200000))
		return -EINVAL;
	*ret = value;
	return 0;
}

static int parse_cure(const char *text, enum card_cure *ret)
{
	if (strcmp(text, "stream") == 0)
		*ret = CARD_CURE_STREAM;
	else if (strcmp(text, "reset") == 0)
		*ret = CARD_CURE_RESET;
	else
		return -EINVAL;
	return 0;
}

static int parse_option(struct card *card, int option, const char *value)
{
	int end = 0;

	switch (option) {
	case 'p':
		return parse_unsigned(value, PORTS - 1, &card->port);
	case 's':
		card->serial = value;
		return 0;
	case 'n':
		card->product = value;
		return 0;
	case 'V':
		card->vendor = value;
		return 0;
	case 'i':
		if (sscanf(value, "%4hx:%4hx%n", &card->vendor_id, &card->product_id, &end) != 2)
			return -EINVAL;
		return value[end] ? -EINVAL : 0;
	case 'j':
		card->jpeg_path = value;
		return 0;
	case 'x':
		card->h264_path = value;
		return 0;
	case 't':
		return parse_unsigned(value, CARD_SAMPLE_RATE / 2, &card->tone_hz);
	case 'd':
		return parse_ppm(value, &card->ppm);
	case 'S':
		card->sound = false;
		return 0;
	case 'c':
		card->camera = true;
		return 0;
	case 'm':
		card->mirrored = true;
		return 0;
	case 'u':
		return parse_cure(value, &card->cure);
	default:
		return -EINVAL;
	}
}

/* 0: go on; 1: nothing else to do; negative: wrong usage. */
static int parse_arguments(int argc, char *argv[], struct card *card)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "serial", required_argument, NULL, 's' },
		{ "product", required_argument, NULL, 'n' },
		{ "vendor", required_argument, NULL, 'V' },
		{ "id", required_argument, NULL, 'i' },
		{ "jpeg", required_argument, NULL, 'j' },
		{ "h264", required_argument, NULL, 'x' },
		{ "tone", required_argument, NULL, 't' },
		{ "ppm", required_argument, NULL, 'd' },
		{ "no-sound", no_argument, NULL, 'S' },
		{ "camera", no_argument, NULL, 'c' },
		{ "mirror", no_argument, NULL, 'm' },
		{ "cure", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "p:s:n:V:i:j:x:t:d:Scmu:h", options, NULL)) !=
		-1) {
		if (option == 'h') {
			print_help();
			return 1;
		}
		if (parse_option(card, option, optarg) < 0) {
			if (option != '?')
				fprintf(stderr, "fakecard: -%c does not take '%s'\n", option,
					optarg);
			return -EINVAL;
		}
	}
	return optind == argc ? 0 : -EINVAL;
}

static void cure(struct device *d, enum card_cure what)
{
	if (d->card.cure != what || !d->stuck)
		return;
	d->stuck = false;
	fprintf(stderr, "fakecard: goes on\n");
}

static int standard_control(
	struct device *d, const struct usbip_setup *setup, uint8_t *data, size_t size)
{
	bool to_interface = (setup->type & USB_RECIP_MASK) == USB_RECIP_INTERFACE;

	switch (setup->request) {
	case USB_REQ_GET_DESCRIPTOR:
		return descriptors_get(
			&d->card, setup->value >> 8, setup->value & 0xff, data, size);
	case USB_REQ_GET_STATUS:
		memset(data, 0, 2);
		return 2;
	case USB_REQ_GET_CONFIGURATION:
		data[0] = 1;
		return 1;
	case USB_REQ_GET_INTERFACE:
		data[0] = 0;
		return 1;
	case USB_REQ_SET_INTERFACE:
		if (to_interface && setup->index == CARD_INTERFACE_SOUND_STREAM)
			uac_restart(d->sound);
		return 0;
	case USB_REQ_SET_CONFIGURATION:
		/* The host sends it once when the card is plugged in, and after each reset. */
		cure(d, CARD_CURE_RESET);
		return 0;
	case USB_REQ_SET_ADDRESS:
	case USB_REQ_CLEAR_FEATURE:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int on_control(void *userdata, const struct usbip_setup *setup, uint8_t *data, size_t size)
{
	struct device *d = userdata;

	switch (setup->type & USB_TYPE_MASK) {
	case USB_TYPE_STANDARD:
		return standard_control(d, setup, data, size);
	case USB_TYPE_CLASS:
		if (uvc_begins_stream(setup))
			cure(d, CARD_CURE_STREAM);
		return uvc_control(d->video, setup, data, size);
	default:
		return -EOPNOTSUPP;
	}
}

/* 0, or 1 when the card is to be pulled. */
static int on_signal(struct device *d, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t) sizeof(info))
		return 0;
	switch (info.ssi_signo) {
	case SIGUSR1:
		d->stuck = !d->stuck;
		return 0;
	case SIGUSR2:
		d->mute = !d->mute;
		return 0;
	default:
		return 1;
	}
}

/* Waits at most until the time; 0, 1 at the end, or a negative errno. */
static int wait_and_handle(struct device *d, int signal_fd, uint64_t until)
{
	struct pollfd fds[] = { { d->usbip.fd, POLLIN, 0 }, { signal_fd, POLLIN, 0 } };
	uint64_t now = usec_now();
	struct timespec timeout = usec_to_timespec(until > now ? until - now : 0);
	int r;

	if (ppoll(fds, ARRAY_SIZE(fds), until == USEC_INFINITY ? NULL : &timeout, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[1].revents && on_signal(d, signal_fd))
		return 1;
	/* All that has arrived, so that a request that is taken back at once is not answered. */
	while (fds[0].revents) {
		r = usbip_handle(&d->usbip);
		if (r != 0)
			return r;
		if (poll(&fds[0], 1, 0) < 0)
			return -errno;
	}
	return 0;
}

static int run(struct device *d, int signal_fd)
{
	uint64_t video_next = 0, sound_next = 0;
	int r;

	while ((r = wait_and_handle(d, signal_fd, MIN(video_next, sound_next))) == 0) {
		uint64_t now = usec_now();

		r = uvc_pump(d->video, &d->usbip, now, d->stuck, &video_next);
		if (r == 0)
			r = uac_pump(d->sound, &d->usbip, now, d->mute, &sound_next);
		if (r < 0)
			return r;
	}
	return MIN(r, 0);
}

static int plug_in(struct device *d)
{
	_cleanup_(closep) int signal_fd = -1;
	sigset_t signals;
	int r;

	sigemptyset(&signals);
	for (size_t i = 0; i < 4; i++)
		sigaddset(&signals, (int[]){ SIGTERM, SIGINT, SIGUSR1, SIGUSR2 }[i]);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (signal_fd < 0)
		return -errno;

	r = usbip_attach(d->card.port);
	if (r < 0) {
		fprintf(stderr, "fakecard: cannot plug into port %u: %s\n", d->card.port,
			strerror(-r));
		return r;
	}
	d->usbip = (struct usbip){ .fd = r, .control = on_control, .userdata = d };
	r = run(d, signal_fd);
	if (r < 0)
		fprintf(stderr, "fakecard: %s\n", strerror(-r));
	usbip_deinit(&d->usbip);
	close(d->usbip.fd);
	return r;
}

int main(int argc, char *argv[])
{
	struct device d = {
		.card = {
			.vendor_id = 0x534d,
			.product_id = 0x2109,
			.vendor = "EGM Test",
			.product = "USB Video",
			.serial = "FAKE0001",
			.tone_hz = 1000,
			.sound = true,
		},
	};
	int r;

	r = parse_arguments(argc, argv, &d.card);
	if (r != 0) {
		if (r < 0)
			fprintf(stderr, "Try 'fakecard --help'.\n");
		return r < 0 ? 2 : 0;
	}
	r = uvc_new(&d.video, &d.card);
	if (r < 0)
		fprintf(stderr, "fakecard: %s %s: %s\n",
			d.card.jpeg_path ? d.card.jpeg_path : "cannot start",
			d.card.h264_path ? d.card.h264_path : "", strerror(-r));
	if (r == 0)
		r = uac_new(&d.sound, &d.card);
	if (r == 0)
		r = plug_in(&d);
	uac_free(d.sound);
	uvc_free(d.video);
	return r < 0 ? 1 : 0;
}
