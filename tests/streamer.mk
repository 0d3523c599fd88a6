# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-settings
tests_unit_test_settings_SOURCES = tests/unit/test-settings.c
tests_unit_test_settings_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-video
tests_unit_test_video_SOURCES = tests/unit/test-video.c
tests_unit_test_video_LDADD = $(STREAMER_LIBS)
