# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-http
tests_unit_test_http_SOURCES = tests/unit/test-http.c tests/unit/folder.h tests/unit/http-client.h
tests_unit_test_http_LDADD = $(HTTP_FLOOR) $(COMMON_LIBS)
unit_tests += tests/unit/test-face
tests_unit_test_face_SOURCES = tests/unit/test-face.c tests/unit/folder.h tests/unit/http-client.h
tests_unit_test_face_LDADD = $(FACE_LIBS)
