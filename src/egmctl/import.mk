# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libimport.a
%C%_libimport_a_SOURCES = \
	%D%/import-old.c \
	%D%/import-old.h \
	%D%/import-value.c \
	%D%/import-value.h \
	%D%/import-write.c \
	%D%/import-write.h \
	%D%/import-yaml.c \
	%D%/import-yaml.h
