# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libteach.a
%C%_libteach_a_SOURCES = \
	%D%/candidate-files.c \
	%D%/candidate-files.h \
	%D%/reference-files-private.h \
	%D%/reference-files.c \
	%D%/reference-files.h \
	%D%/reference-picture.c \
	%D%/reference-picture.h \
	%D%/reference-trash.c \
	%D%/reference-trash.h \
	%D%/rules-place.c \
	%D%/rules-place.h \
	%D%/thresholds.c \
	%D%/thresholds.h
