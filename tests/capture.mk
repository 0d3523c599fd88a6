# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-clockcode
tests_unit_test_clockcode_SOURCES = tests/unit/test-clockcode.c
tests_unit_test_clockcode_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-arrival
tests_unit_test_arrival_SOURCES = tests/unit/test-arrival.c
tests_unit_test_arrival_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-pattern
tests_unit_test_pattern_SOURCES = tests/unit/test-pattern.c
tests_unit_test_pattern_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-tone
tests_unit_test_tone_SOURCES = tests/unit/test-tone.c
tests_unit_test_tone_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-v4l2-format
tests_unit_test_v4l2_format_SOURCES = tests/unit/test-v4l2-format.c
tests_unit_test_v4l2_format_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-filesource
tests_unit_test_filesource_SOURCES = tests/unit/test-filesource.c tests/unit/clip.c \
	tests/unit/clip.h
tests_unit_test_filesource_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-file-queue
tests_unit_test_file_queue_SOURCES = tests/unit/test-file-queue.c
tests_unit_test_file_queue_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-timeline
tests_unit_test_timeline_SOURCES = tests/unit/test-timeline.c
tests_unit_test_timeline_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-v4l2-buffers
tests_unit_test_v4l2_buffers_SOURCES = tests/unit/test-v4l2-buffers.c
tests_unit_test_v4l2_buffers_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-v4l2-signal
tests_unit_test_v4l2_signal_SOURCES = tests/unit/test-v4l2-signal.c tests/unit/v4l2-driver.h
tests_unit_test_v4l2_signal_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-v4l2-input
tests_unit_test_v4l2_input_SOURCES = tests/unit/test-v4l2-input.c tests/unit/v4l2-driver.h
tests_unit_test_v4l2_input_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-usb-reset
tests_unit_test_usb_reset_SOURCES = tests/unit/test-usb-reset.c
tests_unit_test_usb_reset_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-v4l2-source
tests_unit_test_v4l2_source_SOURCES = tests/unit/test-v4l2-source.c tests/unit/v4l2-card.c \
	tests/unit/v4l2-card.h tests/unit/v4l2-driver.h
tests_unit_test_v4l2_source_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=v4l2_node_kind
tests_unit_test_v4l2_source_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-v4l2-coded
tests_unit_test_v4l2_coded_SOURCES = tests/unit/test-v4l2-coded.c tests/unit/coded-units.c \
	tests/unit/coded-units.h tests/unit/v4l2-card.c tests/unit/v4l2-card.h \
	tests/unit/v4l2-driver.h
tests_unit_test_v4l2_coded_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=v4l2_node_kind
tests_unit_test_v4l2_coded_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-alsa
tests_unit_test_alsa_SOURCES = tests/unit/test-alsa.c
tests_unit_test_alsa_LDADD = $(CAPTURE_LIBS)
unit_tests += tests/unit/test-cards
tests_unit_test_cards_SOURCES = tests/unit/test-cards.c
tests_unit_test_cards_LDADD = $(CAPTURE_LIBS)
# A player that measures, for tests and benches.
check_PROGRAMS += tests/tools/egm-watch
tests_tools_egm_watch_SOURCES = tests/tools/watch.c tests/tools/watch-stats.c \
	tests/tools/watch-stats.h
tests_tools_egm_watch_LDADD = $(CAPTURE_LIBS)
