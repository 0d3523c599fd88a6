#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the shell completes: commands, options, settings and files, those of the program as it is.
# shellcheck disable=SC2013
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
command -v bash >/dev/null || skip_all 'no bash'

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
touch "$dir/a.egmpack" "$dir/b.conf" "$dir/c.json" "$dir/a clip.mkv"
mkdir "$dir/folder"

# completions WORD…: what the last word may become, a line each, sorted.
# shellcheck disable=SC2016
completions() {
	(cd "$dir" && PATH=$top_builddir/src/streamer:$PATH bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_egm_streamer egm-streamer "${!#}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$top_srcdir/data/bash-completion/egm-streamer" egm-streamer "$@" 2>&1) | sort
}

# becomes EXPECTED WORD…: exactly these lines.
becomes() {
	expected=$1
	shift
	found=$(completions "$@")
	[ "$found" = "$expected" ]
	result $? "\"$*\" becomes: $(echo "$found" | tr '\n' ' ')"
}

# knows WHAT WORD…: this among others.
knows() {
	what=$1
	shift
	completions "$@" | grep -qxF -e "$what"
	result $? "\"$*\": $what"
}

commands=$("$top_builddir/src/streamer/egm-streamer" --help |
	sed -n 's/^\([a-z, ]*\): see egm-streamer COMMAND .*/\1/p' | tr -d ,)
for command in run serve $commands; do
	knows "$command" ''
done
becomes run r
for command in $commands; do
	"$top_builddir/src/streamer/egm-streamer" "$command" --help >"$dir/help"
	for option in $(grep -oE -- '--[a-z][a-z-]*' "$dir/help" | sort -u); do
		knows "$option" "$command" --
	done
done
knows -c serve -
becomes --dump-config --dump
knows encoder.bitrate= run --set ''
knows encoder.gop= serve --card cam --set enc
knows detector.mode= serve --set detector.
becomes better evaluate --mode b
becomes 'export
import
show' pack ''
becomes 'a.egmpack
folder' pack show ''
becomes 'b.conf
folder' pack export --config ''
becomes folder pack export --refs ''
becomes 'a clip.mkv' evaluate 'a '
becomes 'a clip.mkv
c.json
folder' evaluate ''
becomes '' run --duration ''
becomes pattern run --video pat

finish
