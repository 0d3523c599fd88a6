# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 30-server.sh, run on the host in the job's folder: decoding under emulation would take
# minutes.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

step "what the servers saw"
for file in session-*.flv; do
	session="session ${file#session-}"
	session=${session%.flv}
	assert "$session begins with a keyframe" starts_with_keyframe "$file"
	assert "$session: every packet decodes" decodes "$file"
	assert "$session: timestamps increase" times_increase "$file"
done
assert "SRT: begins with a keyframe" starts_with_keyframe srt.ts
# The copy was cut off in the middle of a packet.
seconds=$(ffprobe -v error -show_entries format=duration -of csv=p=0 srt.ts)
assert "SRT: every packet decodes, but for the last two seconds" \
	decodes srt.ts "$((${seconds%.*} - 2))"
assert "SRT: timestamps increase" times_increase srt.ts
assert "SRT: no hole in the picture is longer than 0.6 s" \
	between 0 "$(largest_gap srt.ts video)" 0.6
