# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libkeep.a
%C%_libkeep_a_SOURCES = \
	%D%/candidates.c \
	%D%/candidates.h \
	%D%/clips-writer.c \
	%D%/clips-writer.h \
	%D%/clips.c \
	%D%/clips.h
