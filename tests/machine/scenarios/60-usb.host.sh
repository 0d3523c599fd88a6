# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 60-usb.sh, run on the host in the job's folder: decoding under emulation would take
# long.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

step "what the server saw"
assert "H.264, 320x240" stream_is stream.flv video codec_name=h264 width=320 height=240
assert "timestamps increase in both tracks" times_increase stream.flv
assert "every packet decodes" decodes stream.flv
length=$(packets stream.flv audio | awk '{ last = $1 } END { printf "%.0f\n", last }')
assert "the card's tone is heard again at the end" \
	between -2 "$(tone_share stream.flv $((length - 4)) 600)" 0.5
