# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-card-name
tests_unit_test_card_name_SOURCES = tests/unit/test-card-name.c src/udev/card-name.c
