# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A card that is plugged in after the installation, pulled while it is live, and plugged in again:
# the session at the server never notices.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

# For people: an emulated machine is no place to demand such figures.
show_delays()
{
	echo "# placeholder after $(delay_of "$pulled" 'Input is not live') ms," \
		"live after $(delay_of "$plugged" 'Input is live') ms"
}

step "a machine without a card"
configure <<EOF
video: { size = "320x180"; rate = 15; };
audio: { device = "tone"; bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOF
assert "nginx listens for RTMP" start_rtmp_server
assert "no instance runs" not find_card

step "hot plug"
assert "vivid appears" load_vivid
within 20 "udev has started an instance" find_card
within 20 "the instance is up" active
within 10 "the input is live" live
within 10 "RTMP is running" output_is nginx state running
pid=$(main_pid)

step "pulled"
journal_mark
pulled=$(clock)
assert "the driver lets go of the card" unplug_vivid
within 3 "the status says so" not_live
assert "and why" test -n "$(status '.input.reason // empty')"
echo "# reason: $(status .input.reason)"
within 5 "the journal says so" journal_has 'card|input|signal|gone|lost|unplug|device'
assert "the messages carry the card's name as a field" \
	sh -c "journalctl -b --no-pager -o cat EGM_CARD=$card | grep -q ."
absent=$(status .input.placeholders)
placeholders()
{
	[ "$(status .input.placeholders)" -ge "$1" ]
}
within 20 "five seconds of pictures still go out" placeholders $((absent + 75))
assert "the instance is still the same" equal "$(main_pid)" "$pid"

step "plugged in again"
plugged=$(clock)
assert "the driver takes the card" plug_vivid
within 6 "the input is live again" live
show_delays
assert "the instance is still the same" equal "$(main_pid)" "$pid"
grows_from nginx frames
within 5 "pictures go out" output_grows nginx frames
assert "no reconnect" equal "$(output nginx reconnects)" 0

step "pulled and plugged in three times in a row"
for _ in 1 2 3; do
	pulled=$(clock)
	unplug_vivid
	wait_for 5 not_live
	plugged=$(clock)
	plug_vivid
	wait_for 10 live
	show_delays
done
assert "the input is live" live
assert "the instance is still the same" equal "$(main_pid)" "$pid"

systemctl stop "$(unit)"
cp "$(rtmp_sessions | head -n 1)" /job/stream.flv
assert "the server saw a single session" equal "$(rtmp_session_count)" 1
assert "no unit has failed" no_failed_units
