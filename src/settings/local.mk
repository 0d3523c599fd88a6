# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libsettings.a
%C%_libsettings_a_SOURCES = \
	%D%/rules-file.c \
	%D%/rules-file.h \
	%D%/rules-json.c \
	%D%/rules-json.h \
	%D%/rules-private.h \
	%D%/rules-read.c \
	%D%/rules-rois.c \
	%D%/rules-write.c \
	%D%/settings-check-notify.c \
	%D%/settings-check.c \
	%D%/settings-detector.c \
	%D%/settings-geometry.c \
	%D%/settings-geometry.h \
	%D%/settings-load.c \
	%D%/settings-notify.c \
	%D%/settings-notify.h \
	%D%/settings-private.h \
	%D%/settings.c \
	%D%/settings.h
