# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libimport.a
%C%_libimport_a_SOURCES = \
	%D%/import-value.c \
	%D%/import-value.h \
	%D%/import-yaml.c \
	%D%/import-yaml.h
