# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-file
tests_unit_test_file_SOURCES = tests/unit/test-file.c
tests_unit_test_file_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-url
tests_unit_test_url_SOURCES = tests/unit/test-url.c
tests_unit_test_url_LDADD = $(COMMON_LIBS)
