# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libmedia.a
%C%_libmedia_a_SOURCES = \
	%D%/frame.c \
	%D%/frame.h \
	%D%/mailbox.c \
	%D%/mailbox.h \
	%D%/samples.h
