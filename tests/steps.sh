# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What tests/check and tests/release have in common: where things are, the copy of the checkout, the
# source package, and steps. Sourced with top set and the program's arguments in place.
#
#   copy_tree                the checkout to $src
#   make_dist                $tarball of it, and $version
#   unpack_source DIR        the source package in the new DIR, and there we are
#   build NAME CFLAGS …      programs and tests, in $work/NAME
#   build_fuzzers -O         the same in $work/fuzz, with those
#   run_fuzzers SECONDS      each of them for so long; a test line for each
#   step NAME COMMAND…       runs it if it is wanted, its output goes to $out/NN-NAME.log
#   step_always NAME …       the same, wanted or not
#   aside NAME COMMAND…      a step of the lane, when there is one
#   start_lane PROGRAM       unless single steps are wanted: PROGRAM runs a second time, with --lane. It
#                            goes through the same list, and runs only what is aside; we run the others
#   wait_for_lane            until it has come to its end
#   built_aside              whether there was a lane
#   sum_up                   the last lines; its status is that of the whole
#
# The lane gets only the time that nobody else wants: SCHED_IDLE, and the lowest priority for a session
# of its own, since the kernel may share its time out by session first (sched_autogroup). It ends with us.

: "${top:?}"
work=$top/build/check
src=$work/src
out=$top/tests/out
side=front
[ "${1-}" != --lane ] || {
	side=lane
	shift
}
wanted=" $* "
lane= # its process, which leads its session
had_lane=
jobs=$(nproc)
passed=0
failed=0
number=0

export LC_ALL=C.UTF-8 TZ=UTC DEBIAN_FRONTEND=noninteractive TERM=dumb VERBOSE=1
unset MAKEFLAGS DISPLAY DBUS_SESSION_BUS_ADDRESS 2>/dev/null

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
if [ -z "${EGM_CACHE-}" ]; then
	EGM_CACHE=/var/cache/egm-check
	$sudo mkdir -p "$EGM_CACHE" 2>/dev/null || EGM_CACHE=$HOME/.cache/egm-check
fi
mkdir -p "$EGM_CACHE" 2>/dev/null
export EGM_CACHE EGM_SUDO="$sudo"
if command -v ccache >/dev/null; then
	PATH=/usr/lib/ccache:$PATH
	export CCACHE_BASEDIR="$work"
fi
. /etc/os-release
suite=${VERSION_CODENAME-}

# --- the source ------------------------------------------------------------------------------------

list_tree() {
	if [ -e .git ]; then
		git ls-files --cached --others --exclude-standard
	else
		find . -path ./build -prune -o -path ./tests/out -prune -o -type f -print
	fi | sort
}

# Only what differs is written, and with the present time: a file that was edited while an earlier run
# compiled it would look older than its object.
copy_tree() {
	cd "$top" && mkdir -p "$src" || return
	list_tree | while read -r file; do
		[ -f "$file" ] || continue
		echo "$file"
		cmp -s "$file" "$src/$file" || {
			mkdir -p "$(dirname "$src/$file")"
			cp "$file" "$src/$file"
		}
	done >"$work/list.new" || return
	[ ! -e "$work/list" ] || comm -23 "$work/list" "$work/list.new" | while read -r gone; do
		rm -f "$src/$gone"
	done
	mv "$work/list.new" "$work/list"
	[ -x "$src/configure" ] || "$src/bootstrap"
}

# configure_in FOLDER, which has our usual build or gets it
configure_in() {
	mkdir -p "$1" && cd "$1" || return
	[ -e config.status ] || "$src/configure" -q CC=gcc CFLAGS='-O2 -g -Werror'
}

# make_dist_in FOLDER: what runs at the same time as others needs one of its own
make_dist_in() {
	configure_in "$1" && make -s dist || return
	version=$(sed -n 's/^PACKAGE_VERSION = //p' Makefile)
	tarball=$PWD/egm-$version.tar.xz
}

make_dist() {
	make_dist_in "$work/gcc"
}

# As Debian would: the tarball and debian/.
unpack_source() {
	make_dist || return
	rm -rf "$1" && mkdir -p "$1" && cd "$1" || return
	cp "$tarball" "egm_$version.orig.tar.xz" && tar -xf "$tarball" &&
		cp -r "$src/debian" "egm-$version/" && cd "egm-$version"
}

# --- builds ----------------------------------------------------------------------------------------

# build_programs NAME CFLAGS CONFIGURE-ARGUMENT…
build_programs() {
	dir=$work/$1
	cflags=$2
	shift 2
	mkdir -p "$dir" && cd "$dir" || return
	"$src/configure" -q CFLAGS="$cflags" "$@" || return
	make -s -j"$jobs"
}

# The same, and the tests. With sanitizers, -g1 is enough: a report has functions and lines.
build() {
	build_programs "$@" && make -s -j"$jobs" check TESTS= >/dev/null
}

build_fuzzers() {
	build fuzz "$1 -g1 -Werror" CC=clang --enable-fuzzers --enable-sanitizers
}

run_fuzzers() {
	for fuzzer in "$work"/fuzz/tests/fuzz/fuzz-*; do
		case $fuzzer in
		*.o | *'*') continue ;;
		esac
		echo "$fuzzer"
	done | xargs -P "$jobs" -I '{}' "$src/tests/fuzz/run" '{}' "$1" "$src" "$out" "$work"
}

# --- running the steps -----------------------------------------------------------------------------

summary() {
	awk -v what="^# ($1): " '
		/^Testsuite summary for / { inside = 1 }
		inside && $0 ~ what { n += $3 }
		/^# ERROR: / { inside = 0 }
		END { print n + 0 }' "$2"
}

# Adds what a log counts itself (automake's summaries, TAP) to the sum; a step that counts nothing is
# one test.
count() {
	log=$1
	status=$2
	# The logs that automake shows after a failure hold lines that its summary has counted.
	if grep -q '^Testsuite summary for ' "$log"; then
		good=$(summary 'PASS' "$log")
		bad=$(summary 'FAIL|ERROR|XPASS' "$log")
	else
		good=$(awk '/^ok / && !/# SKIP/ { n++ } END { print n + 0 }' "$log")
		bad=$(grep -c '^not ok ' "$log")
	fi
	[ $((good + bad)) -gt 0 ] || [ "$status" -ne 0 ] || good=1
	[ "$bad" -gt 0 ] || [ "$status" -eq 0 ] || bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
}

# is_wanted NUMBER NAME
is_wanted() {
	case $wanted in
	*" $1 "* | *" $2 "* | '  ' | ' ') ;;
	*) false ;;
	esac
}

step() {
	number=$((number + 1))
	[ "$side" = lane ] || ! is_wanted "$number" "$1" || run_step "$@"
}

step_always() {
	wanted_all=$wanted
	wanted=' '
	step "$@"
	wanted=$wanted_all
}

aside() {
	number=$((number + 1))
	[ -n "$lane" ] || ! is_wanted "$number" "$1" || run_step "$@"
}

# run_counted COMMAND…, in a process of its own, which leaves the seconds of all that it has waited for: in ours
# the lane's would be among them when it ends.
run_counted() (
	"$@"
	status=$?
	times >"$work/times.$side"
	exit "$status"
)

# … of those, user and system together
count_processors() {
	awk 'NR == 2 { gsub("s", ""); split($1, a, "m"); split($2, b, "m")
		printf "%d\n", 60 * (a[1] + b[1]) + a[2] + b[2] }' "$work/times.$side"
}

# While two talk, each says all of a step at once.
run_step() {
	name=$1
	shift
	log=$out/$(printf '%02d' "$number")-$name.log
	title=$(printf '%2d. %-14s' "$number" "$name")
	alone=
	[ "$side" = lane ] || [ -n "$lane" ] || alone=yes
	[ -z "$alone" ] || printf '%s ' "$title"
	begin=$(date +%s)
	run_counted "$@" </dev/null >"$log" 2>&1
	status=$?
	seconds=$(($(date +%s) - begin))
	used=$(count_processors)
	count "$log" "$status"
	if [ -n "$alone" ]; then
		result
	else
		printf '%s %s\n' "$title" "$(result)"
	fi
}

# What is said of the step that has just run
result() {
	printf '%4d s, %4d of processors  ' "$seconds" "$used"
	if [ "$bad" -eq 0 ]; then
		printf 'ok (%d)\n' "$good"
	else
		printf 'FAILED (%d of %d), %s ends:\n' "$bad" $((good + bad)) "${log#"$top/"}"
		grep -E '^(not ok|FAIL|ERROR|.*: error:)' "$log" | tail -n 20
		tail -n 15 "$log" | sed 's/^/    | /'
	fi
}

start_lane() {
	[ "$side" = front ] && [ "$wanted" = '  ' ] || return
	rm -f "$out/lane"
	# shellcheck disable=SC2016
	setpriv --pdeathsig KILL setsid chrt --idle 0 sh -c '
		{ echo 19 >/proc/self/autogroup; } 2>/dev/null
		exec "$0" --lane' "$1" </dev/null &
	lane=$!
	had_lane=yes
	trap '[ -z "$lane" ] || kill -s KILL -- "-$lane"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' HUP TERM
}

wait_for_lane() {
	[ -n "$lane" ] || return
	wait "$lane"
	lane=
	read -r good bad <"$out/lane" || {
		echo 'The lane did not come to its end.'
		good=0 bad=1
	}
	passed=$((passed + good))
	failed=$((failed + bad))
}

built_aside() {
	[ -n "$had_lane" ]
}

sum_up() {
	if [ "$side" = lane ]; then
		echo "$passed $failed" >"$out/lane"
		return
	fi
	printf '%d s in all\n' $(($(date +%s) - begin_all))
	printf '%d passed, %d failed\n' "$passed" "$failed"
	[ "$failed" -eq 0 ]
}
