/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the console answers: its own list of cards, what it hands on to one card, and what it puts
 * together of all. The face has let the request in and found its route. The loop's thread.
 */
#pragma once

#include "common/cleanup.h"
#include "face/face.h"

struct cards;
struct loop;
struct serve;

/* run_dir: of the folders of cards with their sockets; kept by reference, as cards is. */
int serve_new(
	struct serve **ret, struct loop *loop, const struct cards *cards, const char *run_dir);

/* After all faces whose requests came here. */
struct serve *serve_free(struct serve *s);
DEFINE_CLEANUP(struct serve *, serve_free)

/* The handle of struct face_hooks; userdata is the serve. */
int serve_handle(struct face_request *q, void *userdata);

/* Whose figures are told in /metrics; called for each answer. */
void serve_set_counts(
	struct serve *s, void (*counts)(struct http_counts *ret, void *userdata), void *userdata);
