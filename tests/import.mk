# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-import-yaml
tests_unit_test_import_yaml_SOURCES = tests/unit/test-import-yaml.c tests/unit/conf-files.h \
	tests/unit/folder.h
tests_unit_test_import_yaml_LDADD = $(IMPORT_LIBS)
