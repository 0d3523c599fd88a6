# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-notice
tests_unit_test_notice_SOURCES = tests/unit/test-notice.c
tests_unit_test_notice_LDADD = $(NOTIFY_LIBS)
fuzz_targets += tests/fuzz/fuzz-notice
tests_fuzz_fuzz_notice_SOURCES = tests/fuzz/fuzz-notice.c $(fuzz_main)
tests_fuzz_fuzz_notice_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_notice_LDADD = $(NOTIFY_LIBS)
