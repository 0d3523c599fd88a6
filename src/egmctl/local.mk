# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libegmctl.a
%C%_libegmctl_a_SOURCES = \
	%D%/bus.c \
	%D%/bus.h \
	%D%/card-name.c \
	%D%/cards.c \
	%D%/command.c \
	%D%/command.h \
	%D%/control.c \
	%D%/doctor-cards.c \
	%D%/doctor-machine.c \
	%D%/doctor.c \
	%D%/doctor.h \
	%D%/local-rules.c \
	%D%/local-rules.h \
	%D%/nodes-udev.c \
	%D%/nodes.c \
	%D%/nodes.h \
	%D%/outputs.c \
	%D%/overview.c \
	%D%/overview.h \
	%D%/probe.c \
	%D%/probe.h \
	%D%/programs.c \
	%D%/refs.c \
	%D%/show.c \
	%D%/show.h \
	%D%/snapshot.c \
	%D%/status.c \
	%D%/watch.c

bin_PROGRAMS += %D%/egmctl
%C%_egmctl_SOURCES = %D%/main.c
%C%_egmctl_LDADD = $(EGMCTL_LIBS)
