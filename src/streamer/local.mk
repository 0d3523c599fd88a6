# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libstreamer.a
%C%_libstreamer_a_SOURCES = \
	%D%/settings-check.c \
	%D%/settings-load.c \
	%D%/settings-private.h \
	%D%/settings.c \
	%D%/settings.h
