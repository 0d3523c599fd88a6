# SPDX-License-Identifier: GPL-2.0-or-later
# Screens of invented gaming machines, for tests and as clips.
check_LIBRARIES += %D%/libscreens.a
%C%_libscreens_a_SOURCES = \
	%D%/canvas.c \
	%D%/canvas.h \
	%D%/layouts-more.c \
	%D%/layouts-slots.c \
	%D%/layouts-tables.c \
	%D%/reels.c \
	%D%/reels.h \
	%D%/screens-private.h \
	%D%/screens.c \
	%D%/screens.h \
	%D%/soak.c \
	%D%/soak.h \
	%D%/widgets.c
SCREENS_LIBS = %D%/libscreens.a $(RECOGNIZE_LIBS)

check_PROGRAMS += %D%/egm-screens
%C%_egm_screens_SOURCES = %D%/screens-main.c
%C%_egm_screens_LDADD = $(SCREENS_LIBS)

unit_tests += tests/unit/test-screens
tests_unit_test_screens_SOURCES = tests/unit/test-screens.c
tests_unit_test_screens_LDADD = $(SCREENS_LIBS)
unit_tests += tests/unit/test-digits-fonts
tests_unit_test_digits_fonts_SOURCES = tests/unit/test-digits-fonts.c
tests_unit_test_digits_fonts_LDADD = $(SCREENS_LIBS)
unit_tests += tests/unit/test-numbers
tests_unit_test_numbers_SOURCES = tests/unit/test-numbers.c
tests_unit_test_numbers_LDADD = tests/tools/libscreens.a $(STREAMER_LIBS)
unit_tests += tests/unit/test-soak
tests_unit_test_soak_SOURCES = tests/unit/test-soak.c
tests_unit_test_soak_LDADD = $(SCREENS_LIBS)

# Not a test: two hours of screens take minutes.
check_PROGRAMS += tests/bench/recognise-soak
tests_bench_recognise_soak_SOURCES = tests/bench/recognise-soak.c
tests_bench_recognise_soak_LDADD = $(SCREENS_LIBS)

check_PROGRAMS += %D%/egm-routes
%C%_egm_routes_SOURCES = %D%/routes.c
%C%_egm_routes_LDADD = $(FACE_LIBS)

# A machine for the page without one.
EXTRA_DIST += %D%/page-server.py
