#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The catalogues of the journal (data/catalog) and the code have the same MESSAGE_IDs, in every
# language, with fields that the code does send; and journalctl understands them.
#
# An id is whatever 32 hexadecimal digits in quotes stand in src/; it must be the value of a #define.
# The fields of an id are those in the statements that use its name: up to the semicolon, or, when
# there is neither one of them nor NULL in it, those of the whole function.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
top=$(cd "$top_srcdir" && pwd)
catalogues="egm-streamer egm-streamer.zh_CN egm-streamer.zh_TW"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# --- what the code has ---

find "$top/src" -name '*.[ch]' | sort >"$dir/sources"
# shellcheck disable=SC2046
set -- $(cat "$dir/sources")
sed -n 's/^#define \([A-Z][A-Z0-9_]*\) "\([0-9a-f]\{32\}\)".*/\2 \1/p' "$@" | sort >"$dir/names"
cut -d ' ' -f 1 "$dir/names" >"$dir/code"
[ "$(wc -l <"$dir/code")" -gt 20 ]
result $? 'the code could be read'

strays=$(grep -nE '"[0-9a-f]{32}"' "$@" | grep -vE ':#define [A-Z][A-Z0-9_]* "' | sed "s|^$top/||")
clean "${strays:+$strays
give each of these a #define of its own: NAME \"32 hexadecimal digits\"}" 'each MESSAGE_ID in the code has a name'
twice=$(uniq -d "$dir/code")
clean "${twice:+$twice
make another one with: journalctl --new-id128 (or systemd-id128 new)}" 'each MESSAGE_ID in the code is there once'

# "id FIELD" for every field that goes along. EGM_CARD does with all; EGM_REPEATS with those of events.c.
awk -v names="$dir/names" '
	BEGIN {
		while ((getline line <names) > 0) {
			split(line, part, " ")
			id_of[part[2]] = part[1]
			print part[1], "EGM_CARD"
		}
	}
	function fields(text, id,   n) {
		n = 0
		while (match(text, /"[A-Z][A-Z0-9_]+"/)) {
			if (substr(text, RSTART, 5) == "\"EGM_") {
				print id, substr(text, RSTART + 1, RLENGTH - 2)
				n++
			}
			text = substr(text, RSTART + RLENGTH)
		}
		return n
	}
	function end_function(   i, n, statements, name) {
		n = split(body, statements, ";")
		for (i = 1; i <= n; i++)
			for (name in id_of)
				if (statements[i] ~ "(^|[^A-Z0-9_])" name "([^A-Z0-9_]|$)") {
					if (fields(statements[i], id_of[name]) == 0 &&
						statements[i] !~ /NULL/)
						fields(body, id_of[name])
					if (FILENAME ~ /events\.c$/)
						print id_of[name], "EGM_REPEATS"
				}
		body = ""
	}
	/^#/ { next }
	{ body = body " " $0 }
	/^}/ { end_function() }
' "$@" | sort -u >"$dir/fields"

cat "$@" | grep -v '^#define ' >"$dir/text"
unused=$(while read -r id name; do
	grep -qw "$name" "$dir/text" || echo "$name ($id)"
done <"$dir/names")
clean "$unused" 'each of them is used'

# --- the catalogues ---

for catalogue in $catalogues; do
	file=$top/data/catalog/$catalogue.catalog
	sed -n 's/^-- \([0-9a-f]\{32\}\)$/\1/p' "$file" >"$dir/$catalogue.order"
	sort "$dir/$catalogue.order" >"$dir/$catalogue.ids"

	iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1
	result $? "$catalogue: is UTF-8"
	odd=$(grep -n '^--' "$file" | grep -vE '^[0-9]+:-- [0-9a-f]{32}$')
	clean "$odd" "$catalogue: every entry begins with an id"
	clean "$(uniq -d "$dir/$catalogue.ids")" "$catalogue: each id is there once"
	missing=$(comm -23 "$dir/code" "$dir/$catalogue.ids" | while read -r id; do
		grep "^$id " "$dir/names"
	done)
	clean "${missing:+$missing
add an entry \"-- ID\" for each of these to data/catalog/$catalogue.catalog, as the others there have it}" \
		"$catalogue: every MESSAGE_ID of the code is in it"
	gone=$(comm -13 "$dir/code" "$dir/$catalogue.ids")
	clean "${gone:+$gone
nothing in src/ has these ids: delete their entries}" "$catalogue: nothing else is in it"
	cmp -s "$dir/egm-streamer.order" "$dir/$catalogue.order"
	result $? "$catalogue: has its entries in the order of egm-streamer.catalog"

	faults=$(awk '
		function look() {
			if (!id)
				return
			if (subject !~ /^Subject: ./)
				print id ": the first line is \"Subject: WORDS\""
			if (!by)
				print id ": no \"Defined-By: EGM\""
			if (!support)
				print id ": no \"Support: URL\""
			if (!doc)
				print id ": no \"Documentation: man:PAGE\" of ours"
			if (words < 2)
				print id ": no text: what happened, is it an error, what is to be done"
		}
		/^-- / { look(); id = $2; subject = ""; by = support = doc = words = body = 0; next }
		!id { next }
		subject == "" { subject = $0; next }
		/^$/ { body = 1; next }
		!body && /^Defined-By: EGM$/ { by = 1; next }
		!body && /^Support: https:/ { support = 1; next }
		!body && /^Documentation: man:egm-((streamer|console)[(]8|udev[(]7)[)]$/ { doc = 1; next }
		!body { print id ": what is this line for? " $0; next }
		{ words++ }
		END { look() }' "$file")
	clean "$faults" "$catalogue: every entry has subject, headers and text"

	awk '/^-- / { id = $2 }
		id {
			rest = $0
			while (match(rest, /@[A-Za-z0-9_]*@/)) {
				print id, substr(rest, RSTART + 1, RLENGTH - 2)
				rest = substr(rest, RSTART + RLENGTH)
			}
		}' "$file" | sort -u >"$dir/$catalogue.fields"
	[ "$(wc -l <"$dir/$catalogue.fields")" -gt 30 ]
	result $? "$catalogue: fields could be read"
	unknown=$(comm -23 "$dir/$catalogue.fields" "$dir/fields" | while read -r id field; do
		echo "@$field@ in the entry of $(grep "^$id " "$dir/names"): the code does not send it"
	done)
	clean "$unknown" "$catalogue: every @FIELD@ is one that the code sends with that id"
	comm -3 "$dir/egm-streamer.fields" "$dir/$catalogue.fields" >"$dir/differ"
	clean "$(cat "$dir/differ")" "$catalogue: tells the fields that egm-streamer.catalog tells"
done

# --- journalctl ---

if command -v journalctl >/dev/null; then
	for catalogue in $catalogues; do
		root=$dir/root-$catalogue
		mkdir -p "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog"
		# Under a name without a language, so that the locale of whoever builds does not matter.
		cp "$top/data/catalog/$catalogue.catalog" "$root/usr/lib/systemd/catalog/egm.catalog"
		journalctl --update-catalog --root="$root" >"$dir/out" 2>&1 && [ ! -s "$dir/out" ]
		status=$?
		result $status "$catalogue: journalctl reads it without a word"
		[ $status -eq 0 ] || sed 's/^/# /' "$dir/out"
		journalctl --list-catalog --root="$root" 2>/dev/null | sed -n 's/^\([0-9a-f]\{32\}\) .*/\1/p' |
			sort >"$dir/listed"
		cmp -s "$dir/code" "$dir/listed"
		result $? "$catalogue: and has an entry for every MESSAGE_ID"
	done
else
	echo "# no journalctl"
fi

finish
