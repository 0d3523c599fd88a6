#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may include whom: a floor uses what stands below it, and each foreign library has its place.
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh
cd "$top_srcdir/src" || exit 1

# floor FLOOR BELOW…: FLOOR includes only headers of its own and of the floors named.
floor() {
	floor=$1
	shift
	allowed=$(printf '%s|' "$floor" "$@")
	clean "$(grep -rnE '^[[:space:]]*#[[:space:]]*include "' --include='*.[ch]' "$floor" |
		grep -vE "include \"(${allowed%|})/[^/]*\"")" "$floor uses: $*"
}

# library WHAT PATTERN FILE-PATTERN: only files that match include headers that match.
library() {
	clean "$(grep -rnE "^[[:space:]]*#[[:space:]]*include <($2)" --include='*.[ch]' . |
		grep -vE "^\./($3):")" "$1"
}

floor common
floor http common
floor face http common
floor rtmp common
floor media rtmp common
floor capture media common
floor recognize media common
floor notify common
floor keep recognize media common
floor settings keep notify recognize media common
floor detector settings recognize media common
floor pack detector settings recognize media common
floor evaluate pack detector settings recognize media common
floor teach detector settings keep recognize media common
floor streamer teach face http evaluate pack detector settings keep recognize notify capture media common
floor console face http common
floor udev common
floor import common
floor egmctl import common

library 'libav stays in src/media' 'libav|libsw' 'media/[^:]*'
library 'libconfig stays in common/conf' 'libconfig' 'common/conf[^:/]*\.c'
library 'libmicrohttpd stays in src/http' 'microhttpd' 'http/private\.h'
library 'wslay stays in http/websocket.c' 'wslay' 'http/websocket\.c'
library 'tesseract stays in detector/ocr.c' 'tesseract/' 'detector/ocr\.c'
library 'V4L2 and ALSA stay in src/capture' 'libv4l|linux/videodev2|alsa/' '(capture/[^:]*|udev/egm-card-name\.c)'
library 'libcurl stays in notify/post.c and console/upstream.c' 'curl/' '(notify/post|console/upstream)\.c'
library 'libmosquitto stays in notify/mqtt-session.c' 'mosquitto' 'notify/mqtt-session\.c'
library 'GnuTLS stays where somebody proves who he is' 'gnutls/' '(common/hmac|face/access|http/(request|websocket-key)|media/tls-reason|pack/pack-[a-z]*)\.c'
library 'libarchive stays where packs are read and written' 'archive' 'pack/pack-[a-z]*\.c'
library 'sd-bus stays where objects are put on the bus' 'systemd/sd-bus' '(common/bus(-log)?|console/cards|streamer/[a-z]*-bus(-private)?|egmctl/[a-z]*)\.[ch]'
library 'libyaml stays in import/import-yaml.c' 'yaml' 'import/import-yaml\.c'
library 'the journal stays in common/log.c' 'systemd/sd-journal' 'common/log\.c'

# Those six return errors and tell hooks; managers log.
clean "$(grep -rnE 'include "common/log\.h"' rtmp media capture recognize notify detector)" \
	'rtmp, media, capture, recognize, notify and detector do not log'

# The other one takes our place.
clean "$(grep -rnE '\<(popen|posix_spawnp?|execvp?e?|execlp?e?|system)\(' --include='*.c' . |
	grep -vE '^\./(common/run|egmctl/programs)\.c:')" 'other programs are run by common/run'

# Something of the name of a system header would hide it.
clean "$(find . -name 'signal.h' -o -name 'string.h' -o -name 'time.h' -o -name 'queue.h' -o -name 'config.h')" \
	'no header is called like one of the C library'

clean "$(find . -name '*.[ch]' -exec wc -l {} + | awk '$2 != "total" && $1 > 800')" \
	'no file over 800 lines'

finish
