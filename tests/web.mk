# SPDX-License-Identifier: GPL-2.0-or-later
web_peer = tests/fuzz/web-peer.c tests/fuzz/web-peer.h
fuzz_targets += tests/fuzz/fuzz-decode
tests_fuzz_fuzz_decode_SOURCES = tests/fuzz/fuzz-decode.c $(fuzz_main)
tests_fuzz_fuzz_decode_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_decode_LDADD = $(FACE_LIBS)
fuzz_targets += tests/fuzz/fuzz-http
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz-http.c $(web_peer) $(fuzz_main)
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_http_LDADD = $(FACE_LIBS)
fuzz_targets += tests/fuzz/fuzz-websocket
tests_fuzz_fuzz_websocket_SOURCES = tests/fuzz/fuzz-websocket.c $(web_peer) $(fuzz_main)
tests_fuzz_fuzz_websocket_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_websocket_LDADD = $(FACE_LIBS)
