# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-file
tests_unit_test_file_SOURCES = tests/unit/test-file.c
tests_unit_test_file_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-url
tests_unit_test_url_SOURCES = tests/unit/test-url.c
tests_unit_test_url_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-destination
tests_unit_test_destination_SOURCES = tests/unit/test-destination.c
tests_unit_test_destination_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-conf
tests_unit_test_conf_SOURCES = tests/unit/test-conf.c tests/unit/conf-files.h
tests_unit_test_conf_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-conf-tree
tests_unit_test_conf_tree_SOURCES = tests/unit/test-conf-tree.c tests/unit/conf-files.h
tests_unit_test_conf_tree_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-run
tests_unit_test_run_SOURCES = tests/unit/test-run.c
tests_unit_test_run_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-card
tests_unit_test_card_SOURCES = tests/unit/test-card.c
unit_tests += tests/unit/test-fnv
tests_unit_test_fnv_SOURCES = tests/unit/test-fnv.c
unit_tests += tests/unit/test-backoff
tests_unit_test_backoff_SOURCES = tests/unit/test-backoff.c
tests_unit_test_backoff_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-hist
tests_unit_test_hist_SOURCES = tests/unit/test-hist.c
tests_unit_test_hist_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-prometheus
tests_unit_test_prometheus_SOURCES = tests/unit/test-prometheus.c
tests_unit_test_prometheus_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-stage
tests_unit_test_stage_SOURCES = tests/unit/test-stage.c
tests_unit_test_stage_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-log
tests_unit_test_log_SOURCES = tests/unit/test-log.c
tests_unit_test_log_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-bus
tests_unit_test_bus_SOURCES = tests/unit/test-bus.c tests/unit/bus-daemon.c tests/unit/bus-daemon.h
tests_unit_test_bus_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getuid
tests_unit_test_bus_LDADD = $(COMMON_LIBS)

# Each fuzz target replays its corpus in "make check", or is a fuzzer of its own.
fuzz_targets = tests/fuzz/fuzz-url
fuzz_main = tests/fuzz/fuzz.h
if FUZZERS
check_PROGRAMS += $(fuzz_targets)
AM_CFLAGS += -fsanitize=fuzzer-no-link
fuzz_flags = -fsanitize=fuzzer
else
unit_tests += $(fuzz_targets)
fuzz_main += tests/fuzz/main.c
fuzz_flags =
endif
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz-url.c $(fuzz_main)
tests_fuzz_fuzz_url_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_url_LDADD = $(COMMON_LIBS)
EXTRA_DIST += tests/corpus
unit_tests += tests/unit/test-utf8
tests_unit_test_utf8_SOURCES = tests/unit/test-utf8.c
tests_unit_test_utf8_LDADD = $(COMMON_LIBS)
unit_tests += tests/unit/test-words
tests_unit_test_words_SOURCES = tests/unit/test-words.c
tests_unit_test_words_LDADD = $(COMMON_LIBS)
