# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libdetector.a
%C%_libdetector_a_SOURCES = \
	%D%/detector.c \
	%D%/detector.h \
	%D%/explain.c \
	%D%/explain.h \
	%D%/hash-cache.c \
	%D%/hash-cache.h \
	%D%/lessons-json.c \
	%D%/lessons-private.h \
	%D%/lessons.c \
	%D%/lessons.h \
	%D%/numbers.c \
	%D%/numbers.h \
	%D%/ocr.c \
	%D%/ocr.h \
	%D%/references-watch.c \
	%D%/references-watch.h \
	%D%/references.c \
	%D%/references.h \
	%D%/unjpeg.c \
	%D%/unjpeg.h
