# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The words that checks are written in; sourced by each of them.
#
#   result STATUS WORDS       one test line: STATUS is a command's
#   clean COMPLAINTS WORDS    one test line: there must be no complaints, else they are shown
#   skip_all WHY              instead of all test lines
#   egmctl_commands           those of egmctl --help, a line each
#   finish                    the plan, and the end
: "${top_srcdir:?is set by make check}" "${top_builddir:?}"
n=0
bad=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		bad=1
	fi
}

clean() {
	[ -z "$1" ]
	result $? "$2"
	[ -z "$1" ] || echo "$1" | sed 's/^/# /'
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

# Operands begin with another sign than a small letter.
egmctl_commands() {
	"$top_builddir/src/egmctl/egmctl" --help |
		awk -F '  +' '/^  [a-z]/ && $2 !~ /^egmctl/ { print $2 }' |
		sed 's/ [^a-z].*//' | tr '|' '\n'
}

finish() {
	echo "1..$n"
	exit $bad
}
