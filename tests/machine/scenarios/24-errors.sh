# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A driver that fails: buffers with errors, a stream that breaks, calls that are refused. vivid does so when
# it is told to. The session at the server never notices.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

# inject WHAT: a button of vivid's; the node may have another number by now
inject()
{
	v4l2-ctl -d "$(vivid_node)" -c "$1=1"
}

recovery()
{
	status ".input.recovery.$1"
}

# more WHAT THAN
more()
{
	[ "$(status "$1")" -gt "$2" ]
}

still_live()
{
	frames=$(status .input.frames)
	within 10 "pictures come" more .input.frames $((frames + 15))
	assert "and are live" live
}

step "a running stream"
configure <<EOC
video: { size = "320x180"; rate = 15; };
audio: { device = "tone"; bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOC
assert "nginx listens for RTMP" start_rtmp_server
assert "vivid appears" load_vivid
within 20 "udev has started an instance" find_card
within 20 "the instance is up" active
within 10 "the input is live" live
within 10 "RTMP is running" output_is nginx state running
pid=$(main_pid)

step "buffers with an error"
errors=$(status .input.errors)
for i in 1 2 3; do
	inject inject_v4l2_buf_flag_error
	within 10 "$i: it is dropped and counted" more .input.errors $((errors + i - 1))
done
still_live
assert "nothing had to be done" equal "$(recovery restarts) $(recovery reopens) $(status .input.opens)" "0 0 1"

step "a stream that breaks"
journal_mark
for i in 1 2 3; do
	inject inject_fatal_streaming_error
	within 10 "$i: it is restarted" more .input.recovery.restarts $((i - 1))
	still_live
	# For more than LADDER_FLOW_USEC: until then it would be a restart that did not help.
	within 20 "$i: and for a while" more .input.frames $(($(status .input.frames) + 45))
done
assert "which was enough" equal "$(recovery restarts) $(recovery reopens) $(status .input.opens)" "3 0 1"

step "the restart is refused"
opens=$(status .input.opens)
inject inject_vidioc_streamon_error
inject inject_fatal_streaming_error
within 10 "it is opened anew" more .input.opens "$opens"
still_live
assert "it is counted" more .input.recovery.reopens 0

step "no buffers, then no stream"
opens=$(status .input.opens)
inject inject_vidioc_streamon_error
inject inject_vidioc_reqbufs_error
inject inject_fatal_streaming_error
within 15 "it is opened anew" more .input.opens "$opens"
still_live
assert "vivid is not on USB, so nothing was reset" \
	equal "$(recovery resets) $(recovery failed_resets)" "0 0"
assert "the instance is still the same" equal "$(main_pid)" "$pid"
echo "# $(status '.input.recovery | tostring')"
assert "no reconnect" equal "$(output nginx reconnects)" 0
systemctl stop "$(unit)"
assert "the server saw a single session" equal "$(rtmp_session_count)" 1
assert "no unit has failed" no_failed_units
