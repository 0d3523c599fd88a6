# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libnotify.a
%C%_libnotify_a_SOURCES = \
	%D%/copy.h \
	%D%/courier.c \
	%D%/courier.h \
	%D%/diskqueue-record.c \
	%D%/diskqueue-record.h \
	%D%/diskqueue.c \
	%D%/diskqueue.h \
	%D%/homeassistant.c \
	%D%/homeassistant.h \
	%D%/mqtt-session.c \
	%D%/mqtt-session.h \
	%D%/mqtt.c \
	%D%/mqtt.h \
	%D%/notice.c \
	%D%/notice.h \
	%D%/notifier.c \
	%D%/notifier.h \
	%D%/post.c \
	%D%/post.h \
	%D%/receiver.c \
	%D%/receiver.h \
	%D%/spool.c \
	%D%/spool.h \
	%D%/telegram.c \
	%D%/telegram.h \
	%D%/webhook.c \
	%D%/webhook.h
