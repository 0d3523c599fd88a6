#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every header compiles alone, and twice.
: "${top_srcdir:?is set by make check}"
n=0
bad=0
for header in "$top_srcdir"/src/*/*.h; do
	n=$((n + 1))
	name=${header#"$top_srcdir"/src/}
	# shellcheck disable=SC2086
	if printf '#include "%s"\n#include "%s"\nint check_headers;\n' "$name" "$name" |
		$CC $CPPFLAGS $CFLAGS -Werror -fsyntax-only -x c -; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		bad=1
	fi
done
echo "1..$n"
exit $bad
