#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the shells complete: commands, options, settings and files, those of the programs as they are.
# shellcheck disable=SC2013
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
command -v bash >/dev/null || skip_all 'no bash'

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
touch "$dir/a.egmpack" "$dir/b.conf" "$dir/c.json" "$dir/a clip.mkv"
mkdir "$dir/folder"

# completions WORD…: what the last word of $program's may become, a line each, sorted.
program=egm-streamer
# shellcheck disable=SC2016
completions() {
	(cd "$dir" && PATH=$top_builddir/src/streamer:$top_builddir/src/console:$top_builddir/src/egmctl:$PATH bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		"_${1//-/_}" "$1" "${!#}" "${@: -2:1}"
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$top_srcdir/data/bash-completion/$program" "$program" "$@" 2>&1) | sort
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

# zsh_arguments WORD…: all that zsh is told about what the last word may become.
# shellcheck disable=SC2016
zsh_arguments() {
	zsh -f -c '
		_arguments() { print -rl -- "$@" }
		_describe() { print -rl -- "${(@P)@[-1]}" }
		words=("${@[2,-1]}")
		CURRENT=$#words
		. "$1"
	' zsh "$top_srcdir/data/zsh/_egmctl" egmctl "$@" 2>&1
}

program=egm-console
"$top_builddir/src/console/egm-console" --help >"$dir/help"
for option in $(grep -oE -- '--[a-z][a-z-]*' "$dir/help" | sort -u); do
	knows "$option" -
	grep -qE -- "${option}[[}]" "$top_srcdir/data/zsh/_egm-console"
	result $? "zsh, egm-console: $option"
done
knows -V -
becomes folder --config-dir ''

program=egmctl
egmctl_commands >"$dir/commands"
[ "$(wc -l <"$dir/commands")" -gt 20 ]
result $? 'egmctl --help tells its commands'
while read -r command; do
	# shellcheck disable=SC2086
	set -- $command
	if [ $# -eq 2 ]; then
		knows "$2" "$1" ''
	fi
	knows "$1" ''
	case $1 in evaluate | import) continue ;; esac
	# shellcheck disable=SC2086
	"$top_builddir/src/egmctl/egmctl" $command --help >"$dir/help"
	for option in $(grep -oE -- '^ +-[A-Za-z], --[a-z][a-z-]*' "$dir/help" | tr -d ,); do
		# shellcheck disable=SC2086
		knows "$option" $command -
		if command -v zsh >/dev/null; then
			# shellcheck disable=SC2086
			zsh_arguments $command ''
		else
			cat "$top_srcdir/data/zsh/_egmctl"
		fi >"$dir/zsh"
		# As zsh has it, or in braces as the file has it.
		grep -qE -- "(\\)${option}\\[|[{,]${option}[,}])" "$dir/zsh"
		result $? "zsh, \"$command\": $option"
	done
done <"$dir/commands"
becomes 'restart' rest
becomes 'port
serial' card name --by ''
becomes 'list
rm' refs ''
becomes '' bitrate cam ''
becomes err logs -p er

finish
