# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-import-yaml
tests_unit_test_import_yaml_SOURCES = tests/unit/test-import-yaml.c tests/unit/conf-files.h \
	tests/unit/folder.h
tests_unit_test_import_yaml_LDADD = $(IMPORT_LIBS)
fuzz_targets += tests/fuzz/fuzz-import
tests_fuzz_fuzz_import_SOURCES = tests/fuzz/fuzz-import.c $(fuzz_main)
tests_fuzz_fuzz_import_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_import_LDADD = src/import/libimport.a $(YAML_LIBS) $(STREAMER_LIBS)
unit_tests += tests/unit/test-import
tests_unit_test_import_SOURCES = tests/unit/test-import.c tests/unit/conf-files.h tests/unit/folder.h
tests_unit_test_import_LDADD = src/import/libimport.a $(YAML_LIBS) $(STREAMER_LIBS)
unit_tests += tests/unit/test-import-apply
tests_unit_test_import_apply_SOURCES = tests/unit/test-import-apply.c \
	tests/unit/conf-files.h tests/unit/faults.h
tests_unit_test_import_apply_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fchmod,--wrap=fsync \
	-Wl,--wrap=futimens,--wrap=mkdirat,--wrap=renameat,--wrap=symlinkat,--wrap=unlinkat \
	-Wl,--wrap=write
tests_unit_test_import_apply_LDADD = $(IMPORT_LIBS)
