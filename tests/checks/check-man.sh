#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The pages are well-formed mdoc, have the sections people look for, and name each other right.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
cd "$top_srcdir/man" || exit 1

command -v mandoc >/dev/null || skip_all 'no mandoc'

for page in *.[1-8]; do
	if [ "$(wc -l <"$page")" -eq 1 ] && grep -q '^\.so ' "$page"; then
		link=$(sed 's|^\.so man[0-9]/||' "$page")
		[ -e "$link" ]
		result $? "$page: an alias of $link"
		continue
	fi
	complaints=$(mandoc -T lint -W warning "$page" 2>&1)
	clean "$complaints" "$page: mandoc has nothing to say"
	for section in EXAMPLES FILES 'SEE ALSO'; do
		grep -q "^\.Sh $section" "$page"
		result $? "$page: has $section"
	done
done

finish
