# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-placeholder
tests_unit_test_placeholder_SOURCES = tests/unit/test-placeholder.c
tests_unit_test_placeholder_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-text
tests_unit_test_text_SOURCES = tests/unit/test-text.c
tests_unit_test_text_LDADD = $(MEDIA_LIBS)
packet_helpers = tests/unit/av-packets.c tests/unit/av-packets.h tests/unit/av-readback.c \
	tests/unit/av-readback.h tests/unit/peers.c tests/unit/peers.h
unit_tests += tests/unit/test-outqueue
tests_unit_test_outqueue_SOURCES = tests/unit/test-outqueue.c
tests_unit_test_outqueue_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-muxer
tests_unit_test_muxer_SOURCES = tests/unit/test-muxer.c $(packet_helpers)
tests_unit_test_muxer_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-output
tests_unit_test_output_SOURCES = tests/unit/test-output.c tests/unit/tsan-join.c $(packet_helpers)
tests_unit_test_output_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-frame
tests_unit_test_frame_SOURCES = tests/unit/test-frame.c
tests_unit_test_frame_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-mailbox
tests_unit_test_mailbox_SOURCES = tests/unit/test-mailbox.c
tests_unit_test_mailbox_LDADD = $(MEDIA_LIBS)
unit_tests += tests/unit/test-convert
tests_unit_test_convert_SOURCES = tests/unit/test-convert.c
tests_unit_test_convert_LDADD = $(MEDIA_LIBS)
