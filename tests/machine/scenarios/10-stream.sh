# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# machine: bare
# The main job: a card that is there already, a sound card, the package installed by apt without a
# network; then what an RTMP server and an SRT listener have received is taken apart.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

step "a virtual card, a sound card with 440 Hz on its line-in, and both servers"
assert "vivid is there" load_vivid
assert "the loop-back sound card plays" load_loop_with_tone 440
assert "nginx listens for RTMP" start_rtmp_server
assert "srt-live-transmit listens for SRT" start_srt_server
v4l2-ctl -d "$(vivid_node)" --set-fmt-video=width=320,height=180,pixelformat=YUYV \
	--stream-mmap --stream-count=1 --stream-to="$work/reference.yuv" >/dev/null 2>&1
configure <<EOF
video: { size = "320x180"; rate = 15; };
# Under emulation AAC is hardly faster than the clock; half the bitrate leaves it room.
audio: { device = "hw:Loop,1"; bitrate = "48k"; };
encoder: { bitrate = "500k"; };
output: { queue = "20s"; };
outputs = (
	{ name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; },
	{ name = "srt"; url = "srt://127.0.0.1:9710"; }
);
EOF

step "install the package from a local folder; the card was plugged in before"
assert "apt installs it" install_package
within 30 "udev has started an instance" find_card
echo "# the card is called $card"
within 30 "the instance is up" active
within 10 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
within 15 "SRT is running" output_is srt state running
assert "/dev/egm/$card leads to the node" equal "$(readlink -f "/dev/egm/$card")" "$(vivid_node)"
assert "the service runs as its own user" \
	equal "$(ps -o user:20= -p "$(main_pid)" | tr -d ' ')" egm-streamer
assert "no URL stands in its command line" \
	not grep -aq 127.0.0.1 "/proc/$(main_pid)/cmdline"

step "six seconds of it"
grows_from nginx frames
grows_from srt frames
recorded()
{
	[ "$(output nginx frames)" -ge $(($(cat "$work/grows-nginx-frames") + 90)) ] &&
		[ "$(output srt frames)" -ge $(($(cat "$work/grows-srt-frames") + 90)) ]
}
within 30 "90 pictures went to each output" recorded
assert "a player at the server sees the stream" timeout 30 \
	ffprobe -v error -analyzeduration 1M -show_entries stream=codec_name "rtmp://127.0.0.1/live/$card"
assert "no picture was dropped on the way" \
	equal "$(output nginx dropped) $(output srt dropped)" "0 0"
assert "one RTMP session, no reconnect" \
	equal "$(rtmp_session_count) $(output nginx reconnects)" "1 0"

show_status | note

# From here on nothing arrives any more, so that the files are whole.
systemctl stop "$(unit)"
rtmp=$work/stream.flv
srt=$work/srt.ts
cp "$(rtmp_sessions | head -n 1)" "$rtmp"
cp "$rtmp" "$srt" "$work/reference.yuv" /job/
# It listens anew when a sender has gone, which fails when the socket before is not closed yet.
systemctl stop srt-server
systemctl reset-failed srt-server 2>/dev/null
assert "no unit has failed" no_failed_units
