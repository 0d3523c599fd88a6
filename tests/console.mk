# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-console-settings
tests_unit_test_console_settings_SOURCES = tests/unit/test-console-settings.c \
	tests/unit/conf-files.h tests/unit/folder.h
tests_unit_test_console_settings_LDADD = $(CONSOLE_LIBS)
unit_tests += tests/unit/test-console-cards
tests_unit_test_console_cards_SOURCES = tests/unit/test-console-cards.c tests/unit/bus-daemon.c \
	tests/unit/bus-daemon.h
tests_unit_test_console_cards_LDADD = $(CONSOLE_LIBS)
unit_tests += tests/unit/test-console-upstream
tests_unit_test_console_upstream_SOURCES = tests/unit/test-console-upstream.c tests/unit/folder.h
tests_unit_test_console_upstream_LDADD = $(CONSOLE_LIBS)
unit_tests += tests/unit/test-console-splice
tests_unit_test_console_splice_SOURCES = tests/unit/test-console-splice.c
tests_unit_test_console_splice_LDADD = $(CONSOLE_LIBS)
unit_tests += tests/unit/test-console-metrics
tests_unit_test_console_metrics_SOURCES = tests/unit/test-console-metrics.c
tests_unit_test_console_metrics_LDADD = $(CONSOLE_LIBS)
unit_tests += tests/unit/test-console-streams
tests_unit_test_console_streams_SOURCES = tests/unit/test-console-streams.c
tests_unit_test_console_streams_LDADD = $(CONSOLE_LIBS)
fuzz_targets += tests/fuzz/fuzz-metrics
tests_fuzz_fuzz_metrics_SOURCES = tests/fuzz/fuzz-metrics.c $(fuzz_main)
tests_fuzz_fuzz_metrics_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_metrics_LDADD = $(CONSOLE_LIBS)
unit_tests += tests/unit/test-console-dial
tests_unit_test_console_dial_SOURCES = tests/unit/test-console-dial.c tests/unit/folder.h
tests_unit_test_console_dial_LDADD = $(CONSOLE_LIBS)
