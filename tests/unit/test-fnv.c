/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By the vectors of its authors: names of cards and sums on disk are made of it. */
#include "common/fnv.h"

#include "tests/tap.h"

int main(void)
{
	ok(fnv64(FNV64_BEGIN, "", 0) == UINT64_C(0xcbf29ce484222325), "of nothing");
	ok(fnv64(FNV64_BEGIN, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c), "of a letter");
	ok(fnv64(FNV64_BEGIN, "foobar", 6) == UINT64_C(0x85944171f73967e8), "of a word");
	ok(fnv64(fnv64(FNV64_BEGIN, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8),
		"of its parts");
	ok(fnv64(FNV64_BEGIN, "\xff\0\x01", 3) == UINT64_C(0xf9210a1be4164051), "of bytes");
	ok(fnv32("") == UINT32_C(0x811c9dc5) && fnv32("a") == UINT32_C(0xe40c292c) &&
			fnv32("foobar") == UINT32_C(0xbf9cf968),
		"the short one");
	return tap_done();
}
