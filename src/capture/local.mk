# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libcapture.a
%C%_libcapture_a_SOURCES = \
	%D%/alsa.c \
	%D%/arrival.c \
	%D%/arrival.h \
	%D%/clockcode.c \
	%D%/clockcode.h \
	%D%/file-queue.c \
	%D%/file-queue.h \
	%D%/file-run.c \
	%D%/file-run.h \
	%D%/file.c \
	%D%/identity.c \
	%D%/identity.h \
	%D%/pace.c \
	%D%/pace.h \
	%D%/pattern.c \
	%D%/source.c \
	%D%/source.h \
	%D%/timeline.c \
	%D%/timeline.h \
	%D%/tone.c \
	%D%/tone.h \
	%D%/usb-reset.c \
	%D%/usb-reset.h \
	%D%/v4l2-buffers.c \
	%D%/v4l2-buffers.h \
	%D%/v4l2-codec.c \
	%D%/v4l2-codec.h \
	%D%/v4l2-format.c \
	%D%/v4l2-format.h \
	%D%/v4l2-input.c \
	%D%/v4l2-input.h \
	%D%/v4l2-m2m.c \
	%D%/v4l2-m2m.h \
	%D%/v4l2-map.c \
	%D%/v4l2-map.h \
	%D%/v4l2-probe.c \
	%D%/v4l2-probe.h \
	%D%/v4l2-signal.c \
	%D%/v4l2-signal.h \
	%D%/v4l2.c \
	%D%/wait.h
