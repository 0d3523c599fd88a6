# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libconsole.a
%C%_libconsole_a_SOURCES = \
	%D%/cards.c \
	%D%/cards.h \
	%D%/console.c \
	%D%/console.h \
	%D%/dial.c \
	%D%/dial.h \
	%D%/doors.c \
	%D%/doors.h \
	%D%/gather.c \
	%D%/gather.h \
	%D%/live.c \
	%D%/live.h \
	%D%/metrics.c \
	%D%/metrics.h \
	%D%/options.c \
	%D%/options.h \
	%D%/relay.c \
	%D%/relay.h \
	%D%/serve.c \
	%D%/serve.h \
	%D%/settings-check.c \
	%D%/settings-private.h \
	%D%/settings.c \
	%D%/settings.h \
	%D%/splice.c \
	%D%/splice.h \
	%D%/streams.c \
	%D%/streams.h \
	%D%/upstream.c \
	%D%/upstream.h

bin_PROGRAMS += %D%/egm-console
%C%_egm_console_SOURCES = %D%/main.c
%C%_egm_console_LDADD = $(CONSOLE_LIBS)
