# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libconsole.a
%C%_libconsole_a_SOURCES = \
	%D%/cards.c \
	%D%/cards.h \
	%D%/settings-check.c \
	%D%/settings-private.h \
	%D%/settings.c \
	%D%/settings.h \
	%D%/splice.c \
	%D%/splice.h \
	%D%/upstream.c \
	%D%/upstream.h
