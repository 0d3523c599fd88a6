# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A USB card with sound: found with its partner, pulled, plugged into another port, still the same.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

step "a machine without a card"
configure <<EOF
video: { size = "320x240"; rate = 10; format = "yuyv"; };
audio: { bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 10; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOF
modprobe -a vhci-hcd uvcvideo snd-usb-audio
assert "nginx listens for RTMP" start_rtmp_server

step "plugged in"
assert "the card is plugged into port 0" \
	plug_usb usb-card --port=0 --serial=CARD-A --product="USB Video A" --id=1234:5678 --tone=600
within 30 "udev has started an instance" find_card
echo "# the card is called $card"
within 30 "the instance is up" active
within 15 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
assert "its sound partner was found" test -n "$(status '.audio.device // empty')"
echo "# sound from $(status .audio.device)"
pid=$(main_pid)
first=$card

step "stuck: the card is there, but no picture comes"
systemctl kill -s USR1 usb-card
within 5 "the status says so" not_live
echo "# reason: $(status .input.reason)"
systemctl kill -s USR1 usb-card
within 10 "the input is live again" live

step "pulled"
systemctl stop usb-card
within 5 "the status says so" not_live
echo "# reason: $(status .input.reason)"
assert "the instance is still the same" equal "$(main_pid)" "$pid"

step "plugged into another port"
assert "the card is plugged into port 4" \
	plug_usb usb-card-again --port=4 --serial=CARD-A --product="USB Video A" --id=1234:5678 --tone=600
within 15 "the input is live again" live
assert "the instance is still the same" equal "$(main_pid)" "$pid"
find_card
assert "and the only one" equal \
	"$(systemctl list-units --plain --no-legend 'egm-streamer@*.service' | wc -l) $card" "1 $first"
assert "no reconnect" equal "$(output nginx reconnects)" 0
sound_is_back()
{
	status_is .audio.live true || [ -n "$(status '.audio.device // empty')" ]
}
within 10 "its sound is back" sound_is_back
grows_from nginx frames
enough()
{
	[ "$(output nginx frames)" -ge $(($(cat "$work/grows-nginx-frames") + 60)) ]
}
within 20 "four seconds of it went out" enough

systemctl stop "$(unit)"
cp "$(rtmp_sessions | head -n 1)" /job/stream.flv
assert "the server saw a single session" equal "$(rtmp_session_count)" 1
assert "no unit has failed" no_failed_units
