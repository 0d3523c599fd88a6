# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libhttp.a
%C%_libhttp_a_SOURCES = \
	%D%/answer.c \
	%D%/clients.c \
	%D%/decode.c \
	%D%/decode.h \
	%D%/private.h \
	%D%/request.c \
	%D%/request.h \
	%D%/server.c \
	%D%/server.h \
	%D%/tunnel.c \
	%D%/tunnel.h \
	%D%/websocket-key.c \
	%D%/websocket-key.h \
	%D%/websocket.c \
	%D%/websocket.h
