# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libmedia.a
%C%_libmedia_a_SOURCES = \
	%D%/aac.c \
	%D%/aac.h \
	%D%/av-error.c \
	%D%/av-error.h \
	%D%/av-log.c \
	%D%/av-log.h \
	%D%/convert.c \
	%D%/convert.h \
	%D%/drift.c \
	%D%/drift.h \
	%D%/encoder.c \
	%D%/encoder.h \
	%D%/font.c \
	%D%/font.h \
	%D%/frame.c \
	%D%/frame.h \
	%D%/hls.c \
	%D%/hls.h \
	%D%/hub.c \
	%D%/hub.h \
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/muxer.c \
	%D%/muxer.h \
	%D%/output.c \
	%D%/output.h \
	%D%/outqueue.c \
	%D%/outqueue.h \
	%D%/pacer.c \
	%D%/pacer.h \
	%D%/packet.c \
	%D%/packet.h \
	%D%/placeholder.c \
	%D%/placeholder.h \
	%D%/samples.h \
	%D%/sync.c \
	%D%/sync.h \
	%D%/text.c \
	%D%/text.h \
	%D%/tracks.c \
	%D%/tracks.h
