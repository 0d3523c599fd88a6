# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libnotify.a
%C%_libnotify_a_SOURCES = \
	%D%/notice.c \
	%D%/notice.h \
	%D%/notifier.h
