#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The translated manual pages have what the English ones have: the same sections, in each the same
# items (.It) in the same order, and in the text of an item or section the same numbers, settings,
# options and other names. Above a translated heading stands the English one as a comment.
#
# Of the line of an item counts what is not translated: macros, options, settings, names. Arguments
# (.Ar), free words after No, and items that are nothing but words may be anything.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
cd "$top_srcdir/man" || exit 1

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# Two lines for each section and item: where it is, "in SECTION, SUBSECTION: .It NAME", which is made
# unique by a number, and after a tab its whole text.
outline() {
	awk '
	function item(line,   n, i, w, out, macros) {
		n = split(line, w, " ")
		for (i = 2; i <= n; i++) {
			if (w[i] == "Ar" || w[i] == "No") {
				i++
				continue
			}
			if (w[i] ~ /^(Fl|Ic|Cm|Va|Ev|Dv|Pa|Li)$/)
				macros = 1
			out = out " " w[i]
		}
		if (!macros && out !~ /^( [0-9a-f]+)*$/)
			return " (words)"
		return out == "" ? " (an argument)" : out
	}
	function begin(name) {
		if (here != "")
			print here "\t" text
		seen[name]++
		here = seen[name] > 1 ? name " (number " seen[name] ")" : name
		text = ""
	}
	/^\.\\" / { english = substr($0, 5); next }
	/^\.S[hs] / {
		name = english != "" ? english : substr($0, 5)
		if ($1 == ".Sh")
			section = name
		place = "in " section ($1 == ".Ss" ? ", " name : "")
		begin(place ":")
		english = ""
		next
	}
	/^\.It/ { begin(place ": .It" item($0)); next }
	/^\.Bd/ { begin(place ": an example") }
	{ english = ""; text = text " " $0 }
	END { print here "\t" text }' "$1"
}

# What an English text has that a translated one must have, too, as lines "WHERE<tab>WORD".
words() {
	awk -F '\t' -v possessive="'s\$" '
	$1 ~ /^in (NAME|SYNOPSIS|SEE ALSO)/ { next }
	{
		n = split($2, w, " ")
		for (i = 1; i <= n; i++) {
			word = w[i]
			code = w[i - 1] ~ /^\.?(Cm|Ic|Va|Ev|Dv|Xr|Fl)$/
			gsub(/^[("]+|[]"),.:;]+$/, "", word)
			sub(possessive, "", word)
			if (word ~ /^[A-Z][a-z]$/)
				continue
			if (word != "" && (code || word ~ /[0-9_]/))
				print $1 "\t" word
		}
	}' "$1"
}

# hint COMPLAINTS ADVICE: the complaints, if any, with the advice below
hint() {
	[ -z "$1" ] || printf '%s\n%s\n' "$1" "$2"
}

for page in *.[1-8]; do
	outline "$page" >"$dir/english"
	cut -f 1 "$dir/english" >"$dir/english.order"
	sort "$dir/english.order" >"$dir/english.sorted"
	grep -q '^\.so ' "$page" || [ "$(wc -l <"$dir/english")" -gt 10 ]
	result $? "$page: its outline could be read"
	for language in zh_CN zh_TW; do
		translation=$language/$page
		# Translated are the pages of those who stand before the machines. These are for people
		# who set machines up or write programs, and name commands and D-Bus calls throughout.
		case $page in
		egm-console.8 | egm-console.conf.5 | egmctl.1 | egmctl-import.8 | egm-udev.7 | org.egm.Streamer1.5) continue ;;
		esac
		[ -e "$translation" ]
		result $? "man/$translation: is there"
		[ -e "$translation" ] || continue
		if grep -q '^\.so ' "$page"; then
			cmp -s "$page" "$translation"
			result $? "man/$translation: is the same alias"
			continue
		fi
		iconv -f UTF-8 -t UTF-8 "$translation" >/dev/null 2>&1
		result $? "man/$translation: is UTF-8"
		outline "$translation" >"$dir/translated"
		cut -f 1 "$dir/translated" >"$dir/translated.order"
		sort "$dir/translated.order" >"$dir/translated.sorted"
		lacks=$(comm -23 "$dir/english.sorted" "$dir/translated.sorted")
		clean "$(hint "$lacks" "translate these from man/$page; above a heading: .\\\" ENGLISH HEADING")" \
			"man/$translation: lacks no section and no item of man/$page"
		more=$(comm -13 "$dir/english.sorted" "$dir/translated.sorted")
		clean "$(hint "$more" "man/$page does not have these: delete them")" \
			"man/$translation: has nothing else"
		order=
		[ -n "$lacks$more" ] || order=$(diff "$dir/english.order" "$dir/translated.order")
		clean "$order" "man/$translation: has it in the same order"
		stale=$(words "$dir/english" | awk -F '\t' '
			function has(text, word,   i) {
				while ((i = index(text, word)) > 0) {
					if (substr(text, i - 1, 1) !~ /[A-Za-z0-9_]/ &&
						substr(text, i + length(word), 1) !~ /[A-Za-z0-9_]/)
						return 1
					text = substr(text, i + 1)
				}
				return 0
			}
			NR == FNR { text[$1] = " " $2 " "; next }
			$1 in text && !has(text[$1], $2) { print $1 " lacks \"" $2 "\"" }' \
			"$dir/translated" - | uniq)
		clean "$(hint "$stale" "the English text says these: translate anew what has changed")" \
			"man/$translation: has the numbers and names of man/$page"
	done
done

finish
