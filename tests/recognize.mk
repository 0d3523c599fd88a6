# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-grey
tests_unit_test_grey_SOURCES = tests/unit/test-grey.c
tests_unit_test_grey_LDADD = $(RECOGNIZE_LIBS)
