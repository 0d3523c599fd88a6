# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libnotify.a
%C%_libnotify_a_SOURCES = \
	%D%/diskqueue-record.c \
	%D%/diskqueue-record.h \
	%D%/diskqueue.c \
	%D%/diskqueue.h \
	%D%/notice.c \
	%D%/notice.h \
	%D%/notifier.h \
	%D%/spool.c \
	%D%/spool.h
