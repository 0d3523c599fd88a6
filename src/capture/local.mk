# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libcapture.a
%C%_libcapture_a_SOURCES = \
	%D%/clockcode.c \
	%D%/clockcode.h \
	%D%/pace.c \
	%D%/pace.h \
	%D%/pattern.c \
	%D%/source.c \
	%D%/source.h \
	%D%/tone.c \
	%D%/tone.h \
	%D%/wait.h
