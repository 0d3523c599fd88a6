# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libpack.a
%C%_libpack_a_SOURCES = \
	%D%/pack-folder.c \
	%D%/pack-folder.h \
	%D%/pack-install.c \
	%D%/pack-manifest.c \
	%D%/pack-private.h \
	%D%/pack-read.c \
	%D%/pack-report.c \
	%D%/pack-report.h \
	%D%/pack-write.c \
	%D%/pack.c \
	%D%/pack.h
