# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += $(unit_tests)
include %D%/common.mk
include %D%/face.mk
include %D%/rtmp.mk
include %D%/media.mk
include %D%/capture.mk
include %D%/recognize.mk
include %D%/notify.mk
include %D%/streamer.mk
include %D%/console.mk
include %D%/udev.mk
include %D%/web.mk
include %D%/import.mk
include %D%/egmctl.mk
include %D%/checks.mk
include %D%/bench/local.mk
include %D%/fakecard/local.mk
include %D%/native/local.mk
include %D%/tools/local.mk

EXTRA_DIST += %D%/tap.h %D%/lsan.supp %D%/tsan.supp

LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
TEST_EXTENSIONS = .sh
AM_TESTS_ENVIRONMENT = LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/lsan.supp' \
	TSAN_OPTIONS='halt_on_error=1 suppressions=$(abs_top_srcdir)/tests/tsan.supp' \
	UBSAN_OPTIONS='print_stacktrace=1' \
	CC='$(CC)' CPPFLAGS='$(AM_CPPFLAGS) $(CPPFLAGS)' CFLAGS='$(AM_CFLAGS)' \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)'; \
	export LSAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS CC CPPFLAGS CFLAGS top_srcdir top_builddir;
