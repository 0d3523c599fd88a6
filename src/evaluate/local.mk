# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libevaluate.a
%C%_libevaluate_a_SOURCES = \
	%D%/evaluate-clip.c \
	%D%/evaluate-clip.h \
	%D%/evaluate-load.c \
	%D%/evaluate-load.h \
	%D%/evaluate-plot.c \
	%D%/evaluate-plot.h \
	%D%/evaluate-report.c \
	%D%/evaluate-report.h \
	%D%/evaluate-sweep.c \
	%D%/evaluate-sweep.h
