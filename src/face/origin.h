/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page of a stranger can make a browser send us requests, in two ways: under a name of the
 * stranger's that resolves to us, which the Host header shows; or to our name, which the Origin
 * header shows. Addresses are nobody's names, so as hosts they always fit. Pure; any thread.
 */
#pragma once

#include <stdbool.h>

/* May we be called by this name ("egm-101:8080")? localhost, the machine's own name, and what is
 * listed. Lists are NULL-terminated; NULL: empty. */
bool origin_host_fits(char *const *hosts, const char *host);

/* Does a page from there ("https://a.example") have a say? Our own, which was got from own (a Host
 * header, may be NULL), and those listed. */
bool origin_fits(char *const *origins, const char *origin, const char *own);

/* Whatever its case. */
bool origin_is_listed(char *const *list, const char *what);
