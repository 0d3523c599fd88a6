#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom: a floor uses what stands below it, and each foreign library has its place.
: "${top_srcdir:?is set by make check}"
n=0
bad=0
cd "$top_srcdir/src" || exit 1

result() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$2" | sed 's/^/# /'
		bad=1
	fi
}

# floor FLOOR BELOW…: FLOOR includes only headers of its own and of the floors named.
floor() {
	floor=$1
	shift
	allowed=$(printf '%s|' "$floor" "$@")
	result "$floor uses: $*" "$(grep -rnE '^[[:space:]]*#[[:space:]]*include "' --include='*.[ch]' "$floor" |
		grep -vE "include \"(${allowed%|})/[^/]*\"")"
}

# library WHAT PATTERN FILE-PATTERN: only files that match include headers that match.
library() {
	result "$1" "$(grep -rnE "^[[:space:]]*#[[:space:]]*include <($2)" --include='*.[ch]' . |
		grep -vE "^\./($3):")"
}

floor common
floor media common
floor capture media common
floor recognize media common
floor streamer recognize capture media common
floor udev common

library 'libav stays in src/media' 'libav|libsw' 'media/[^:]*'
library 'libconfig stays in common/conf' 'libconfig' 'common/conf[^:/]*\.c'
library 'libmicrohttpd stays in common/http.c' 'microhttpd' 'common/http\.c'
library 'V4L2 and ALSA stay in src/capture' 'libv4l|linux/videodev2|alsa/' '(capture/[^:]*|udev/egm-card-name\.c)'
library 'the journal stays in common/log.c' 'systemd/sd-journal' 'common/log\.c'

# Those two return errors and tell hooks; managers log.
result 'media, capture and recognize do not log' \
	"$(grep -rnE 'include "common/log\.h"' media capture recognize)"

# Something of the name of a system header would hide it.
result 'no header is called like one of the C library' \
	"$(find . -name 'signal.h' -o -name 'string.h' -o -name 'time.h' -o -name 'queue.h' -o -name 'config.h')"

result 'no file over 800 lines' "$(find . -name '*.[ch]' -exec wc -l {} + |
	awk '$2 != "total" && $1 > 800')"

echo "1..$n"
exit $bad
