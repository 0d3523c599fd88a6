# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libimport.a
%C%_libimport_a_SOURCES = \
	%D%/import-apply.c \
	%D%/import-backup.c \
	%D%/import-backup.h \
	%D%/import-check.c \
	%D%/import-check.h \
	%D%/import-console.c \
	%D%/import-console.h \
	%D%/import-find.c \
	%D%/import-find.h \
	%D%/import-old.c \
	%D%/import-old.h \
	%D%/import-plan.c \
	%D%/import-plan.h \
	%D%/import-run.c \
	%D%/import-undo.c \
	%D%/import-value.c \
	%D%/import-value.h \
	%D%/import-write.c \
	%D%/import-write.h \
	%D%/import-yaml.c \
	%D%/import-yaml.h \
	%D%/import.c \
	%D%/import.h
