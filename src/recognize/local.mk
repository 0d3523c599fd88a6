# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/librecognize.a
%C%_librecognize_a_SOURCES = \
	%D%/better.c \
	%D%/better.h \
	%D%/compatible.c \
	%D%/compatible.h \
	%D%/crop.c \
	%D%/crop.h \
	%D%/dct.c \
	%D%/dct.h \
	%D%/digits-blobs.c \
	%D%/digits-blobs.h \
	%D%/digits-learn.c \
	%D%/digits-private.h \
	%D%/digits-sample.c \
	%D%/digits-sample.h \
	%D%/digits-segment.c \
	%D%/digits-segment.h \
	%D%/digits-shape.c \
	%D%/digits-shape.h \
	%D%/digits.c \
	%D%/digits.h \
	%D%/evaluate.c \
	%D%/evaluate.h \
	%D%/grey.c \
	%D%/grey.h \
	%D%/hash.c \
	%D%/hash.h \
	%D%/matcher.c \
	%D%/matcher.h \
	%D%/patch.c \
	%D%/patch.h \
	%D%/recogniser.c \
	%D%/recogniser.h \
	%D%/region.c \
	%D%/region.h \
	%D%/resample.c \
	%D%/resample.h \
	%D%/rules-match.c \
	%D%/rules.c \
	%D%/rules.h \
	%D%/tracker.c \
	%D%/tracker.h \
	%D%/truth.c \
	%D%/truth.h \
	%D%/warp.c \
	%D%/warp.h
