# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A card with an HDMI input whose signal goes away, cannot be locked on, is out of range, and comes back
# with other timings. Its driver goes on with pictures all the time, so what is live is known by what it
# says only. The session at the server never notices.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

load_hdmi()
{
	modprobe vivid n_devs=1 node_types=0x1 num_inputs=2 input_types=0x3 || return 1
	wait_for 10 vivid_node >/dev/null || return 1
	node=$(vivid_node)
	v4l2-ctl -d "$node" -c osd_text_mode=2
}

# timings WIDTHxHEIGHTpRATE: what comes in from now on
timings()
{
	timings_item=$(v4l2-ctl -d "$node" --list-ctrls-menus |
		sed -n "/ dv_timings /,/ 0x/s/^[[:space:]]*\([0-9]*\): $1\$/\1/p" | head -n 1)
	[ -n "$timings_item" ] && v4l2-ctl -d "$node" -c "dv_timings=$timings_item"
}

# signal MODE: 1 none, 2 no lock, 3 out of range, 4 the timings chosen above. What clock said at that
# moment is then in since; v4l2-ctl takes longer to start than the streamer to notice.
signal()
{
	signal_control=$(v4l2-ctl -d "$node" --list-ctrls |
		sed -n 's/.* dv_timings_signal_mode \(0x[0-9a-f]*\) .*/\1/p')
	python3 - "$node" "$signal_control" "$1" >"$work/since" <<-EOF
		import fcntl, struct, sys, time
		with open(sys.argv[1], "rb+", buffering=0) as card:
		    now = time.clock_gettime(time.CLOCK_BOOTTIME)
		    fcntl.ioctl(card, 0xC008561C, struct.pack("Ii", int(sys.argv[2], 16), int(sys.argv[3])))
		print(int(now * 100))
	EOF
}

set_to()
{
	v4l2-ctl -d "$node" --get-dv-timings >"$work/timings"
	grep -E "Active (width|height)" "$work/timings" | paste -sd ' '
	grep -q "Active width: $1\$" "$work/timings" && grep -q "Active height: $2\$" "$work/timings"
}

reason_is()
{
	status .input.reason
	status .input.reason | grep -Eq "$1"
}

opened_since()
{
	[ "$(status .input.opens)" -gt "$1" ]
}

grown()
{
	output_grows nginx frames
}

flows()
{
	grows_from nginx frames
	within 5 "pictures go out" grown
}

# For people: an emulated machine is no place to demand such figures.
show_delays()
{
	echo "# placeholder after $(delay_of "$lost" 'Input is not live') ms," \
		"live after $(delay_of "$back" 'Input is live') ms; nothing: not told any more"
}

# goes MODE WORDS REASON NAME: the signal goes, and comes back
goes()
{
	step "$2"
	journal_mark
	assert "the signal is so" signal "$1"
	lost=$(cat "$work/since")
	within 3 "the status says that it is not live" not_live
	within 3 "and why" reason_is "$3"
	echo "# $(status .input.reason)"
	within 3 "and so does the fact" status_is .facts.signal "$4"
	within 5 "so does the journal" journal_has "placeholder.*$3"
	assert "and egmctl" sh -c "egmctl status | tee $work/seen | grep -Eq '$3' || { cat $work/seen; false; }"
	frames=$(status .input.frames)
	flows
	assert "none of them is the driver's" equal "$(status .input.frames)" "$frames"
	assert "the signal comes back" signal 4
	back=$(cat "$work/since")
	within 4 "the input is live again" live
	within 3 "and the fact is a good signal" status_is .facts.signal ok
	show_delays
}

# becomes WIDTH HEIGHT RATE
becomes()
{
	step "the source changes to $1x$2p$3"
	opens=$(status .input.opens)
	assert "its timings are others" timings "$1x$2p$3"
	within 5 "the card has been opened anew" opened_since "$opens"
	within 5 "the receiver is set to it" set_to "$1" "$2"
	within 5 "the input is live" live
	flows
	echo "# $(status .input.format) $(status .input.width)x$(status .input.height)"
}

step "a card with HDMI, and with controls that it has and that it has not"
configure <<EOF
video: {
	size = "320x180"; rate = 15; input = "hdmi 0";
	controls = [ "brightness=140", "no_such_thing=1", "contrast=999" ];
};
audio: { device = "tone"; bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOF
assert "nginx listens for RTMP" start_rtmp_server
assert "the card appears" load_hdmi
v4l2-ctl -d "$node" --list-inputs | grep -E "Input|Name|Status" | note
within 20 "udev has started an instance" find_card
within 20 "the instance is up" active
within 10 "the input is live" live
within 10 "RTMP is running" output_is nginx state running
pid=$(main_pid)
journal_lines=0
assert "a control has its value" \
	sh -c "v4l2-ctl -d $node -C brightness | tee /dev/stderr | grep -q ': 140\$'"
assert "the status tells of those that cannot be had" \
	sh -c "status=\$(jq -r .input.warning /run/egm-streamer/$card/status.json); echo \"\$status\"
		echo \"\$status\" | grep -q 'no_such_thing; contrast cannot be 999, but 0 to 255; the card has'"
within 5 "so does the journal" journal_has 'no control no_such_thing; .*the card has .*brightness'

step "1080p60"
assert "chosen" timings 1920x1080p60
assert "sent" signal 4
within 5 "the receiver is set to it" set_to 1920 1080
within 5 "the input is live" live
flows
goes 1 "no signal" 'no cable at' no-cable
goes 2 "no lock" 'no sync at' no-sync
goes 3 "out of range" 'unsupported timings at' unsupported-timings
becomes 1280 720 50
becomes 1920 1080 60
becomes 640 480 59
step "a few seconds of 4:3"
later=$(status .input.frames)
later()
{
	[ "$(status .input.frames)" -ge $((later + 100)) ]
}
within 20 "are recorded" later

assert "the instance is still the same" equal "$(main_pid)" "$pid"
assert "no reconnect" equal "$(output nginx reconnects)" 0
show_status | note
systemctl stop "$(unit)"
cp "$(rtmp_sessions | head -n 1)" /job/stream.flv
assert "the server saw a single session" equal "$(rtmp_session_count)" 1
assert "no unit has failed" no_failed_units
