# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-file
tests_unit_test_file_SOURCES = tests/unit/test-file.c
tests_unit_test_file_LDADD = $(COMMON_LIBS)
