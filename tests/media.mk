# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-placeholder
tests_unit_test_placeholder_SOURCES = tests/unit/test-placeholder.c
tests_unit_test_placeholder_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-text
tests_unit_test_text_SOURCES = tests/unit/test-text.c
tests_unit_test_text_LDADD = $(MEDIA_LIBS)
