#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual of the bus tells every member of the interfaces, with its types, every error and every
# action, and none that is not there; the XML files are well-formed.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
page=$top_srcdir/man/org.egm.Streamer1.5
xml=$top_srcdir/data/dbus/org.egm.Streamer1.xml
actions=$top_srcdir/data/polkit/org.egm.streamer1.policy

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Lines "interface kind name type… ": of a property its type, and "figure" for one without signals; of
# a method its arguments, "->" and its results; of a signal its arguments.
awk -F'"' '
/<interface / { interface = $2 }
/<property / { kind = "property"; name = $2; types = " " $4 }
/EmitsChangedSignal" value="false"/ { types = types " figure" }
/<(method|signal) / { kind = $0 ~ /<method/ ? "method" : "signal"; name = $2; types = ""; results = "" }
/<arg / && /direction="out"/ { results = results " " $2 " " $4; next }
/<arg / { types = types " " $2 " " $4 }
/<property .*\/>/ || /<\/property>/ || /<(method|signal) .*\/>/ || /<\/(method|signal)>/ {
	print interface, kind, name types (results != "" ? " ->" results : "")
	results = ""
}' "$xml" | sort >"$dir/xml"

# The page with lines that go on made one.
sed -e ':a' -e '/\\$/{N' -e 's/\\\n//' -e 'ta' -e '}' "$page" | awk '
/^\.Sh ORG\.EGM\./ {
	interface = "org.egm." substr($2, 9, 1) tolower(substr($2, 10))
	next
}
/^\.Sh / { interface = "" }
/^\.Ss / { kind = $2 == "Properties" ? "property" : $2 == "Methods" ? "method" : "signal" }
interface != "" && /^\.It (Va|Ic) / {
	name = $3
	line = $0
	sub(/^\.It (Va|Ic) [A-Za-z0-9]+/, "", line)
	gsub(/\\\(->/, "->", line)
	gsub(/ (Ns|Ar|Pq|,)/, " ", line)
	# What is left are parentheses around the arguments, names and types.
	gsub(/\(\)| \( | \)( |$)| , /, " ", line)
	gsub(/,/, " ", line)
	gsub(/ +/, " ", line)
	sub(/ $/, "", line)
	print interface, kind, name line
}' | sort >"$dir/page"
[ "$(wc -l <"$dir/xml")" -gt 50 ]
result $? 'the interfaces could be read'
clean "$(diff "$dir/xml" "$dir/page")" 'the page has each member as it is'

grep -o 'org\.egm\.Error\.[A-Za-z]*' "$top_srcdir/src/common/fault.c" | sort -u >"$dir/errors"
sed -n 's/^\.It Li \(org\.egm\.Error\.[A-Za-z]*\)$/\1/p' "$page" | sort >"$dir/page-errors"
[ -s "$dir/errors" ]
result $? 'there are errors'
clean "$(diff "$dir/errors" "$dir/page-errors")" 'and each is in the page'

sed -n 's/.*<action id="\([^"]*\)".*/\1/p' "$actions" | sort >"$dir/actions"
sed -n 's/^\.It Li \(org\.egm\.streamer1\.[a-z]*\)$/\1/p' "$page" | sort >"$dir/page-actions"
sed -n 's/^#define ACTION_[A-Z]* "\(.*\)"/\1/p' "$top_srcdir/src/streamer/daemon-bus-private.h" |
	sort >"$dir/code-actions"
clean "$(diff "$dir/actions" "$dir/page-actions")" 'so are the actions'
clean "$(diff "$dir/actions" "$dir/code-actions")" 'which are those that are asked for'
for language in zh_CN zh_TW; do
	[ "$(grep -c "xml:lang=\"$language\"" "$actions")" -eq "$((2 * $(wc -l <"$dir/actions")))" ]
	result $? "each has its words in $language"
done

finish
