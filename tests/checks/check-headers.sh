#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every header compiles alone, and twice.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
for header in "$top_srcdir"/src/*/*.h; do
	name=${header#"$top_srcdir"/src/}
	# shellcheck disable=SC2086
	printf '#include "%s"\n#include "%s"\nint check_headers;\n' "$name" "$name" |
		$CC $CPPFLAGS $CFLAGS -Werror -fsyntax-only -x c -
	result $? "$name"
done

finish
