# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libconsole.a
%C%_libconsole_a_SOURCES = \
	%D%/settings-check.c \
	%D%/settings-private.h \
	%D%/settings.c \
	%D%/settings.h
