# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-console-settings
tests_unit_test_console_settings_SOURCES = tests/unit/test-console-settings.c \
	tests/unit/conf-files.h tests/unit/folder.h
tests_unit_test_console_settings_LDADD = $(CONSOLE_LIBS)
