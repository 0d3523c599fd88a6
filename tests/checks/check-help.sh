#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The command line behaves as people and scripts expect, and the manual has all of it.
# shellcheck disable=SC2013
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
program=$top_builddir/src/streamer/egm-streamer
pages="egm-streamer.8 zh_CN/egm-streamer.8 zh_TW/egm-streamer.8"

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# in_manual PATTERN WORDS: the page has it, and so have its translations
in_manual() {
	lacking=
	for page in $pages; do
		grep -qE -- "$1" "$top_srcdir/man/$page" || lacking="$lacking man/$page"
	done
	clean "$lacking" "$2"
}

"$program" --help >"$dir/help" 2>"$dir/err"
result $? '--help: exit status 0'
[ -s "$dir/help" ] && [ ! -s "$dir/err" ]
result $? '--help: goes to standard output'
[ "$(wc -L <"$dir/help")" -le 80 ]
result $? '--help: at most 80 columns'

"$program" --version >"$dir/version" 2>&1
grep -q '^egm-streamer [0-9][0-9.]*$' "$dir/version"
result $? '--version: one line, name and number'

for line in '--no-such-option' 'run --no-such-option' 'fly' '' 'run' 'serve' 'serve --card A-1' \
	'run --output x.ts --duration never' 'run --output x.ts superfluous'; do
	# shellcheck disable=SC2086
	"$program" $line >"$dir/out" 2>"$dir/err"
	[ $? -eq 2 ] && [ ! -s "$dir/out" ] && [ -s "$dir/err" ]
	result $? "\"$line\": words on standard error, exit status 2"
done

for option in $(grep -oE -- '--[a-z][a-z-]*' "$dir/help" | sort -u); do
	in_manual "Fl Fl ${option#--}( |$)" "$option is in egm-streamer(8)"
done
for option in $(sed -n 's/^  -\([a-zA-Z]\),.*/\1/p' "$dir/help"); do
	in_manual "^\.It.* Fl $option( |$)" "-$option is in egm-streamer(8)"
done

# Commands of their own
pictures=$top_srcdir/tests/data/imagehash
for command in detect evaluate hash pack probe-encoder; do
	"$program" "$command" --help >"$dir/help" 2>"$dir/err"
	result $? "$command --help: exit status 0"
	[ -s "$dir/help" ] && [ ! -s "$dir/err" ] && [ "$(wc -L <"$dir/help")" -le 80 ]
	result $? "$command --help: standard output, at most 80 columns"
	for option in $(grep -oE -- '--[a-z][a-z-]*' "$dir/help" | sort -u); do
		in_manual "Fl Fl ${option#--}( |$)" "$command $option is in egm-streamer(8)"
	done
done
for line in 'detect' 'detect --pack x' 'detect --pack x --refs y z' \
	'detect x.png' 'detect --no-such-option' 'detect --card A-1' \
	'detect --card card --seconds 0 x.png' 'detect --card card x.png y.png' \
	'evaluate' 'evaluate --no-such-option x y' 'evaluate x' 'evaluate x y z' \
	'evaluate --mode best x y' 'evaluate --config x --pack y a b' 'evaluate --rate 0 x y' \
	'pack' 'pack fly x' 'pack show' 'pack show x y' 'pack show -c cam x' 'pack export x' \
	'pack export -c cam --refs x y' 'pack export -c CAM x' 'pack import x' \
	'pack import --rules x y' 'pack import -c cam --rules x y' 'pack import --no-such-option' \
	'probe-encoder' 'probe-encoder fast' 'probe-encoder libx264 x' 'probe-encoder -s big libx264' \
	'probe-encoder -r 25 libx264' 'probe-encoder -b lots libx264' \
	'hash' 'hash --no-such-option x' 'hash --algo whash x' 'hash --size 1 x' \
	'hash --size 8x x' 'hash --roi 1,2,3 x' 'hash --roi 1,2,0,4 x' 'hash --roi 1,2,3,4, x'; do
	# shellcheck disable=SC2086
	"$program" $line >"$dir/out" 2>"$dir/err"
	[ $? -eq 2 ] && [ ! -s "$dir/out" ] && [ -s "$dir/err" ]
	result $? "\"$line\": words on standard error, exit status 2"
done
"$program" hash --algo phash --size 8 "$pictures/v000.pgm" >"$dir/out" 2>&1 &&
	[ "$(cat "$dir/out")" = ae13ccf6035e26a3 ]
result $? 'hash: of one picture, without its name'
"$program" hash --roi 14,8,79,67 "$pictures/v000.pgm" "$dir/missing" "$pictures/v000.pgm" \
	>"$dir/out" 2>"$dir/err"
[ $? -eq 1 ] && [ "$(grep -cx "cbe7e78b8f6d67e7  $pictures/v000.pgm" "$dir/out")" -eq 2 ] &&
	grep -q "$dir/missing: No such file" "$dir/err"
result $? 'hash: of several with their names, though one is missing; exit status 1'
"$program" hash "$pictures/v000.pgm" >/dev/full 2>"$dir/err"
[ $? -eq 1 ] && [ -s "$dir/err" ]
result $? 'hash: a full disk is told, exit status 1'

for id in $(find "$top_srcdir/src" -name '*.[ch]' ! -path '*/console/*' -exec \
	sed -n 's/^#define [A-Z][A-Z0-9_]* "\([0-9a-f]\{32\}\)".*/\1/p' {} + | sort); do
	in_manual "^\.It $id\$" "MESSAGE_ID $id is in egm-streamer(8)"
done

# egm-console
program=$top_builddir/src/console/egm-console
pages=egm-console.8
"$program" --help >"$dir/help" 2>"$dir/err"
result $? 'egm-console --help: exit status 0'
[ -s "$dir/help" ] && [ ! -s "$dir/err" ] && [ "$(wc -L <"$dir/help")" -le 80 ]
result $? 'egm-console --help: standard output, at most 80 columns'
"$program" --version >"$dir/version" 2>&1
grep -q '^egm-console [0-9][0-9.]*$' "$dir/version"
result $? 'egm-console --version: one line, name and number'
for option in $(grep -oE -- '--[a-z][a-z-]*' "$dir/help" | sort -u); do
	in_manual "Fl Fl ${option#--}( |$)" "$option is in egm-console(8)"
done
for option in $(sed -n 's/^  -\([a-zA-Z]\),.*/\1/p' "$dir/help"); do
	in_manual "^\.It.* Fl $option( |$)" "-$option is in egm-console(8)"
done
for line in '--no-such-option' 'run' '--config-dir'; do
	# shellcheck disable=SC2086
	"$program" $line >"$dir/out" 2>"$dir/err"
	[ $? -eq 2 ] && [ ! -s "$dir/out" ] && [ -s "$dir/err" ]
	result $? "egm-console $line: words on standard error, exit status 2"
done
for id in $(sed -n 's/^#define [A-Z][A-Z0-9_]* "\([0-9a-f]\{32\}\)".*/\1/p' \
	"$top_srcdir"/src/console/*.h | sort); do
	in_manual "^\.It $id\$" "MESSAGE_ID $id is in egm-console(8)"
done

# egmctl
program=$top_builddir/src/egmctl/egmctl
page=$top_srcdir/man/egmctl.1
"$program" --version >"$dir/version" 2>&1
grep -q '^egmctl [0-9][0-9.]*$' "$dir/version"
result $? 'egmctl --version: one line, name and number'
for command in '' status watch cards card output refs start stop restart bitrate snapshot learn explain \
	check-config logs doctor; do
	# shellcheck disable=SC2086
	"$program" $command --help >"$dir/help" 2>"$dir/err"
	result $? "egmctl $command --help: exit status 0"
	[ -s "$dir/help" ] && [ ! -s "$dir/err" ] && [ "$(wc -L <"$dir/help")" -le 80 ]
	result $? "egmctl $command --help: standard output, at most 80 columns"
	for option in $(grep -oE -- '--[a-z][a-z-]*' "$dir/help" | sort -u); do
		grep -qE -- "Fl Fl ${option#--}( |$)" "$page"
		result $? "egmctl $command $option is in egmctl(1)"
	done
	for option in $(sed -n 's/^  -\([a-zA-Z]\),.*/\1/p' "$dir/help"); do
		grep -qE -- "^\.It.* Fl $option( |$)" "$page"
		result $? "egmctl $command -$option is in egmctl(1)"
	done
done
egmctl_commands >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -gt 20 ]
result $? 'egmctl --help tells its commands'
while read -r command; do
	grep -qE "^\.It Cm $command( |$)" "$page"
	result $? "egmctl $command is in egmctl(1)"
done <"$dir/commands"
for line in fly '--no-such-option' 'status --no-such-option' 'status A-1' 'cards x' card 'card fly' \
	'card name x' 'card name x y z' 'card name x A' output 'output add cam' 'output add cam x' \
	'bitrate cam' 'bitrate cam fast' 'snapshot' 'snapshot -q 0 cam' 'learn cam' 'refs rm cam x' \
	'logs -n' 'doctor x' 'start' 'watch -f'; do
	# shellcheck disable=SC2086
	"$program" $line >"$dir/out" 2>"$dir/err"
	[ $? -eq 2 ] && [ ! -s "$dir/out" ] && [ -s "$dir/err" ]
	result $? "egmctl $line: words on standard error, exit status 2"
done

finish
