# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libface.a
%C%_libface_a_SOURCES = \
	%D%/access.c \
	%D%/access.h \
	%D%/face-answer.c \
	%D%/face-page.c \
	%D%/face-private.h \
	%D%/face.c \
	%D%/face.h \
	%D%/origin.c \
	%D%/origin.h \
	%D%/rate.c \
	%D%/rate.h \
	%D%/routes.c \
	%D%/routes.h
