# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/librecognize.a
%C%_librecognize_a_SOURCES = \
	%D%/dct.c \
	%D%/dct.h \
	%D%/evaluate.c \
	%D%/evaluate.h \
	%D%/grey.c \
	%D%/grey.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/matcher.c \
	%D%/matcher.h \
	%D%/resample.c \
	%D%/resample.h \
	%D%/rules.c \
	%D%/rules.h \
	%D%/truth.c \
	%D%/truth.h
