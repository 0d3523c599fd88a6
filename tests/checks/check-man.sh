#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The pages are well-formed mdoc, have the sections people look for, and name each other right.
: "${top_srcdir:?is set by make check}"
n=0
bad=0
cd "$top_srcdir/man" || exit 1

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		bad=1
	fi
}

if ! command -v mandoc >/dev/null; then
	echo '1..0 # SKIP no mandoc'
	exit 0
fi

for page in *.[1-8]; do
	if [ "$(wc -l <"$page")" -eq 1 ] && grep -q '^\.so ' "$page"; then
		link=$(sed 's|^\.so man[0-9]/||' "$page")
		[ -e "$link" ]
		result $? "$page: an alias of $link"
		continue
	fi
	complaints=$(mandoc -T lint -W warning "$page" 2>&1)
	[ -z "$complaints" ] || echo "$complaints" | sed 's/^/# /'
	[ -z "$complaints" ]
	result $? "$page: mandoc has nothing to say"
	for section in EXAMPLES FILES 'SEE ALSO'; do
		grep -q "^\.Sh $section" "$page"
		result $? "$page: has $section"
	done
done

echo "1..$n"
exit $bad
