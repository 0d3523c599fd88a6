#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A program's table of settings, the file that is installed, and the manual tell the same: each
# setting stands in all three, with the same default.
# shellcheck disable=SC2013
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh

# has_default PAGE KEY DEFAULT: the page has the setting with this default, in its own language
has_default() {
	awk -v key="$2" -v default="$3" '
		/^\.It / { mine = $2 == "Ic" && $3 == key; says = 0 }
		mine && /^(Default:|(\.No )?默认值：|(\.No )?預設值：)/ { says = 1 }
		mine && says && (index($0, default) || default == "empty" && /：空/) { found = 1 }
		END { exit !found }' "$top_srcdir/man/$1"
}

# A dump as lines "group.setting value origin", without what has an inside of its own.
flatten() {
	awk '
	/^\t(states|numbers): \{/ { inside = 1 }
	inside { if ($0 == "\t};") inside = 0; next }
	/^\tpriority = / { next }
	/^[ \t]*[a-z_]+: \{/ { group = $1; sub(":", ".", group); next }
	/^[ \t]*\};/ { group = ""; next }
	/^[ \t]*(outputs|open_to) = / { exit }
	/ = / {
		key = $1
		value = $0
		sub(/^[^=]*= /, "", value)
		origin = value
		sub(/;[ \t]*#.*$/, "", value)
		sub(/^.*;[ \t]*# /, "", origin)
		print group key, value, origin
	}' "$1"
}

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# compare PROGRAM FILE PAGE…: the program's settings, the file as it is installed, and the pages
compare() {
	program=$1
	shipped=$top_srcdir/etc/$2
	name=$2
	shift 2
	rm -rf "${dir:?}"/*
	mkdir "$dir/empty" "$dir/shipped" "$dir/shown"

	"$program" --dump-config --config-dir "$dir/empty" >"$dir/defaults"
	result $? "$name: without a file there are defaults"
	flatten "$dir/defaults" >"$dir/defaults.flat"
	[ "$(wc -l <"$dir/defaults.flat")" -gt 10 ]
	result $? "$name: the dump could be read"

	cp "$shipped" "$dir/shipped/"
	"$program" --check-config --config-dir "$dir/shipped" >"$dir/out" 2>&1
	result $? "$name: the installed file is fine as it is"
	"$program" --dump-config --config-dir "$dir/shipped" >"$dir/as-shipped"
	flatten "$dir/as-shipped" | cmp -s - "$dir/defaults.flat"
	result $? "$name: and sets nothing"

	# Settings are commented out by a "#" that touches them; words have a space after theirs.
	sed 's/^\([ \t]*\)#\([^ #]\)/\1\2/' "$shipped" >"$dir/shown/$name"
	"$program" --check-config --config-dir "$dir/shown" >"$dir/out" 2>&1
	result $? "$name: without its comment signs it is fine, too"
	sed 's/^/# /' "$dir/out"
	"$program" --dump-config --config-dir "$dir/shown" >"$dir/as-shown"
	flatten "$dir/as-shown" >"$dir/shown.flat"

	for key in $(cut -d ' ' -f 1 "$dir/defaults.flat"); do
		default=$(sed -n "s/^$key \(.*\) default\$/\1/p" "$dir/defaults.flat")
		grep -q "^$key .*$name" "$dir/shown.flat"
		result $? "$key is in etc/$name"
		[ "$(sed -n "s/^$key \(.*\) [^ ]*$name:[0-9]*\$/\1/p" "$dir/shown.flat")" = "$default" ]
		result $? "$key has its default there: $default"
		default=$(echo "$default" | tr -d '"')
		[ -n "$default" ] || default=empty
		lacking=
		for page; do
			has_default "$page" "$key" "$default" || lacking="$lacking man/$page"
		done
		clean "$lacking" "$key is in the manual of $name with its default: $default"
	done
}

# listed KEY PAGE…: what has an inside of its own stands in the file and the pages as well
listed() {
	key=$1
	shift
	grep -q "^[ 	]*${key#*.}.*$name" "$dir/as-shown" || grep -q "^${key#*.} = ($" "$dir/as-shown"
	result $? "$key is in etc/$name"
	lacking=
	for page; do
		grep -qE "^\.It Ic $key( |\$)" "$top_srcdir/man/$page" || lacking="$lacking man/$page"
	done
	clean "$lacking" "$key is in the manual of $name"
}

pages="egm-streamer.conf.5 zh_CN/egm-streamer.conf.5 zh_TW/egm-streamer.conf.5"
# shellcheck disable=SC2086
compare "$top_builddir/src/streamer/egm-streamer" streamer.conf $pages
for key in detector.states detector.numbers detector.priority; do
	# shellcheck disable=SC2086
	listed $key $pages
done

compare "$top_builddir/src/console/egm-console" console.conf egm-console.conf.5
for key in open_to tokens; do
	listed $key egm-console.conf.5
done

finish
