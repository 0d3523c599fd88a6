# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A server that is killed, frozen and set free again, and a clock that is stepped. The other output loses nothing by it, and what
# arrives after a reconnect can be decoded from its first packet on.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

step "a running stream to two servers"
# Small socket buffers, so that a frozen server is felt within a second and not after megabytes.
sysctl -q -w net.ipv4.tcp_wmem="4096 16384 65536" net.ipv4.tcp_rmem="4096 16384 65536"
configure <<EOF
video: { size = "320x180"; rate = 15; };
audio: { device = "tone"; bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 15; };
output: { queue = "2s"; connect_timeout = "3s"; write_timeout = "3s"; backoff_max = "3s"; };
outputs = (
	{ name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; },
	{ name = "srt"; url = "srt://127.0.0.1:9710"; }
);
EOF
assert "nginx listens for RTMP" start_rtmp_server
assert "srt-live-transmit listens for SRT" start_srt_server
assert "vivid is there" load_vivid
within 30 "udev has started an instance" find_card
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
within 15 "SRT is running" output_is srt state running
# Sound comes later than the picture where its encoder is slow: nginx must have some of both.
enough()
{
	[ "$(output nginx frames)" -ge 60 ]
}
within 30 "a few seconds of it go out" enough

step "the RTMP server is killed"
journal_mark
assert "nginx is gone" stop_rtmp_server
within 10 "the status says so" not output_is nginx state running
within 5 "with an error text" test -n "$(output nginx last_error)"
within 5 "the journal says so" journal_has 'nginx|rtmp'
grows_from srt frames
within 5 "SRT goes on" output_grows srt frames
assert "nginx is back" start_rtmp_server
within 20 "RTMP runs again" output_is nginx state running
assert "it counts a reconnect" between 1 "$(output nginx reconnects)" 1000

step "the clock is stepped by an hour, back and forth"
# step_clock SECONDS: neither output may notice, nor who waits for anything
step_clock()
{
	before="$(output nginx reconnects) $(output srt reconnects)"
	date -s "@$(($(date +%s) + $1))" >/dev/null
	for name in nginx srt; do
		grows_from $name frames
		within 10 "by $1 s: $name goes on" output_grows $name frames
	done
	assert "by $1 s: no session ends" \
		equal "$(output nginx reconnects) $(output srt reconnects)" "$before"
}
step_clock 3600
assert "nginx is gone again" stop_rtmp_server
within 10 "it is missed" not output_is nginx state running
date -s "@$(($(date +%s) - 7200))" >/dev/null
assert "the clock goes back by two hours, and nginx is back" start_rtmp_server
within 20 "RTMP runs again, as if it had not" output_is nginx state running
step_clock 3600

step "the RTMP server is frozen"
systemctl kill -s STOP rtmp-server
stalled()
{
	[ "$(output nginx dropped)" -gt 0 ] || ! output_is nginx state running
}
within 30 "the output notices: pictures are dropped or the connection is given up" stalled
show_status | note
grows_from srt frames
within 5 "SRT goes on" output_grows srt frames
systemctl kill -s CONT rtmp-server
within 40 "RTMP runs again" output_is nginx state running
grows_from nginx frames
within 10 "pictures go out" output_grows nginx frames
wait_for 4 false # two more keyframes for the recordings
assert "SRT never dropped a picture nor reconnected" \
	equal "$(output srt dropped) $(output srt reconnects)" "0 0"

# Copies, for the recordings go on. What is in them is looked at by 30-server.host.sh.
cp "$work/srt.ts" /job/
sessions=0
for file in $(rtmp_sessions); do
	sessions=$((sessions + 1))
	cp "$file" "/job/session-$sessions.flv"
done
assert "there were at least two sessions" between 2 "$sessions" 10

step "stopped while both servers are dead"
systemctl kill -s STOP rtmp-server
systemctl kill -s STOP srt-server
within 30 "the frozen server is felt" stalled
begin=$(clock)
systemctl stop "$(unit)"
took=$(($(clock) - begin))
echo "# stopped after ${took}0 ms"
assert "the instance ends within two seconds (and one for the emulation)" between 0 "$took" 300
assert "on its own" equal "$(systemctl show -P Result "$(unit)")" success
assert "no process is left" no_process
