/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host asks for packets, one for each millisecond, several to a transfer. Each is answered when
 * its time has passed and holds the 48 samples of that millisecond, now and then one more or less
 * when the card's clock is off.
 */
#include "uac.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/usec.h"

#define AMPLITUDE 8000
#define LATE_PACKETS_MAX 200
#define SAMPLES_PER_PACKET_MAX 60

struct uac {
	const struct card *card;
	uint64_t start_usec; /* 0: nothing was asked for since the stream was started */
	uint64_t sent;       /* packets since then */
	double owed;         /* the fraction of a sample that the last packet left over */
	double phase;
	int16_t samples[USBIP_PACKETS_MAX * SAMPLES_PER_PACKET_MAX * CARD_CHANNELS];
};

int uac_new(struct uac **ret, const struct card *card)
{
	struct uac *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->card = card;
	*ret = a;
	return 0;
}

struct uac *uac_free(struct uac *a)
{
	free(a);
	return NULL;
}

void uac_restart(struct uac *a)
{
	a->start_usec = 0;
}

static int16_t next_sample(struct uac *a, bool mute)
{
	double value = mute ? 0 : AMPLITUDE * sin(a->phase);

	a->phase = fmod(a->phase + 2 * M_PI * a->card->tone_hz / CARD_SAMPLE_RATE, 2 * M_PI);
	return (int16_t) lrint(value);
}

/* Fills the packets of the oldest transfer. */
static int send_transfer(struct uac *a, struct usbip *u, bool mute)
{
	struct usbip_urb *urb = usbip_first(u, CARD_ENDPOINT_SOUND);
	size_t n = 0;

	for (unsigned int i = 0; i < urb->n_packets; i++) {
		unsigned int frames;

		a->owed += CARD_SAMPLE_RATE / 1000.0 * (1 + a->card->ppm / 1e6);
		frames = MIN((unsigned int) a->owed, (unsigned int) SAMPLES_PER_PACKET_MAX);
		frames = MIN(
			frames, (unsigned int) (urb->packets[i].length / CARD_SAMPLE_FRAME_BYTES));
		a->owed -= frames;
		urb->packets[i].actual = (uint32_t) (frames * CARD_SAMPLE_FRAME_BYTES);
		for (unsigned int j = 0; j < frames; j++) {
			int16_t sample = next_sample(a, mute);

			for (int channel = 0; channel < CARD_CHANNELS; channel++)
				a->samples[n++] = sample;
		}
	}
	a->sent += urb->n_packets;
	return usbip_complete(u, CARD_ENDPOINT_SOUND, NULL, 0, a->samples, n * sizeof(int16_t));
}

int uac_pump(struct uac *a, struct usbip *u, uint64_t now, bool mute, uint64_t *ret_next)
{
	struct usbip_urb *urb;
	uint64_t passed;
	int r;

	*ret_next = USEC_INFINITY;
	while ((urb = usbip_first(u, CARD_ENDPOINT_SOUND))) {
		if (urb->n_packets == 0)
			return -EPROTO;
		if (!a->start_usec) {
			a->start_usec = now;
			a->sent = 0;
		}
		passed = (now - a->start_usec) / USEC_PER_MSEC;
		if (passed < a->sent + urb->n_packets) {
			*ret_next = a->start_usec + (a->sent + urb->n_packets) * USEC_PER_MSEC;
			return 0;
		}
		/* After a long pause of the host the time that went by is not made up for. */
		if (passed > a->sent + urb->n_packets + LATE_PACKETS_MAX)
			a->sent = passed - urb->n_packets;
		r = send_transfer(a, u, mute);
		if (r < 0)
			return r;
	}
	return 0;
}
