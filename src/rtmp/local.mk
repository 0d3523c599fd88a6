# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/librtmp.a
%C%_librtmp_a_SOURCES = \
	%D%/amf0.c \
	%D%/amf0.h \
	%D%/chunk.c \
	%D%/chunk.h \
	%D%/command.c \
	%D%/command.h \
	%D%/flv.c \
	%D%/flv.h \
	%D%/load.c \
	%D%/load.h \
	%D%/session.c \
	%D%/session.h \
	%D%/target.c \
	%D%/target.h \
	%D%/wire.c \
	%D%/wire.h
