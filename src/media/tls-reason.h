/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a TLS server was refused. libavformat knows no more than that its certificate "failed
 * verification", or that there was an error: so a second connection is made, as far as to the end
 * of the handshake, and its certificate looked at. Nothing is ever sent by it. The one place in
 * src/media that knows GnuTLS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rtmp/wire.h"

/* host: a name or an address, as the URL has it. ca_file: the authorities that are trusted; "": the
 * system's; NULL: nothing is verified. Blocks until the guard says so, and in the resolver. True:
 * words were found, of what is wrong and what is to be done about it; false: nothing is wrong, or
 * there is no connection. */
bool tls_reason(const char *host, const char *port, const char *ca_file, const struct wire_guard *g,
	char *why, size_t why_size);
