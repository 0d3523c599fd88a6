# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libcommon.a
%C%_libcommon_a_SOURCES = \
	%D%/backoff.c \
	%D%/backoff.h \
	%D%/bus-log.c \
	%D%/bus-log.h \
	%D%/bus.c \
	%D%/bus.h \
	%D%/cleanup.h \
	%D%/conf-apply.c \
	%D%/conf-files.c \
	%D%/conf-node.c \
	%D%/conf-private.h \
	%D%/conf-read.c \
	%D%/conf-report.c \
	%D%/conf-scan.c \
	%D%/conf-tree.c \
	%D%/conf-value.c \
	%D%/conf-write.c \
	%D%/conf.c \
	%D%/conf.h \
	%D%/file.c \
	%D%/file.h \
	%D%/hist.c \
	%D%/hist.h \
	%D%/http.c \
	%D%/http.h \
	%D%/log-queue.c \
	%D%/log-queue.h \
	%D%/log.c \
	%D%/log.h \
	%D%/loop.c \
	%D%/loop.h \
	%D%/memory.c \
	%D%/memory.h \
	%D%/secret.h \
	%D%/stage.c \
	%D%/stage.h \
	%D%/tree.c \
	%D%/tree.h \
	%D%/url-expand.c \
	%D%/url.c \
	%D%/url.h \
	%D%/usec.h \
	%D%/words.c \
	%D%/words.h
