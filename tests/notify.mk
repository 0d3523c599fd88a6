# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-notice
tests_unit_test_notice_SOURCES = tests/unit/test-notice.c
tests_unit_test_notice_LDADD = $(NOTIFY_LIBS)
fuzz_targets += tests/fuzz/fuzz-notice
tests_fuzz_fuzz_notice_SOURCES = tests/fuzz/fuzz-notice.c $(fuzz_main)
tests_fuzz_fuzz_notice_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_notice_LDADD = $(NOTIFY_LIBS)
unit_tests += tests/unit/test-diskqueue
tests_unit_test_diskqueue_SOURCES = tests/unit/test-diskqueue.c tests/unit/folder.h
tests_unit_test_diskqueue_LDADD = $(NOTIFY_LIBS)
unit_tests += tests/unit/test-spool
tests_unit_test_spool_SOURCES = tests/unit/test-spool.c tests/unit/folder.h
tests_unit_test_spool_LDADD = $(NOTIFY_LIBS)
unit_tests += tests/unit/test-notifier
tests_unit_test_notifier_SOURCES = tests/unit/test-notifier.c tests/unit/folder.h \
	tests/unit/webpeer.c tests/unit/webpeer.h
tests_unit_test_notifier_LDADD = $(NOTIFY_LIBS)
check_PROGRAMS += tests/tools/egm-notify
tests_tools_egm_notify_SOURCES = tests/tools/notify.c
tests_tools_egm_notify_LDADD = $(NOTIFY_LIBS)
unit_tests += tests/unit/test-settings-notify
tests_unit_test_settings_notify_SOURCES = tests/unit/test-settings-notify.c \
	tests/unit/conf-files.h tests/unit/folder.h
tests_unit_test_settings_notify_LDADD = $(STREAMER_LIBS)
