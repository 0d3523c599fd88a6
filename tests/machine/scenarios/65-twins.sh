# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Two equal grabbers with one serial number: each keeps its name, its picture and its sound, also when
# they are plugged in the other way round.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

both_pids()
{
	for card in $first $second; do
		echo "$card $(main_pid) $(systemctl show -P NRestarts "$(unit)")"
	done
}

step "one card, then its twin"
configure <<CONF
video: { size = "320x240"; rate = 5; format = "yuyv"; };
audio: { bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "300k"; gop = 5; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
CONF
modprobe -a vhci-hcd uvcvideo snd-usb-audio
assert "nginx listens for RTMP" start_rtmp_server
plug_card first
within 20 "the first one is called by its serial number" named first
plug_card second
within 20 "the second one is called by its port" named second
assert "the first one keeps its name" named first
assert "the journal names both" sh -c "journalctl -b -o cat -t egm-card-name |
	grep -E '/sys/devices/.*usb.* and /sys/devices/.*usb.* both would be called $first'"
within 120 "both stream, with their own sound" both_stream
appeared=$(udevadm info -q property -n "/dev/egm/$second" | sed -n 's/^USEC_INITIALIZED=//p')
ready=$(systemctl show -P ActiveEnterTimestampMonotonic "egm-streamer@$second.service")
echo "# from the node to READY: $(((ready - appeared) / 1000)) ms"
assert "READY within a minute of the node" between 0 $(((ready - appeared) / 1000000)) 60

step "pulled and plugged while they stream"
both_pids >"$work/pids"
pull_card first
pull_card second
plug second first
within 120 "in the other order: both stream, with their own sound" both_stream
assert "the same names" no_wrong_name
assert "the instances are the same, none was started anew" \
	equal "$(both_pids)" "$(cat "$work/pids")"
for card in $first $second; do
	assert "$card: one session at the server" equal "$(output nginx reconnects)" 0
done
assert "no unit has failed" no_failed_units
for card in $first $second; do
	systemctl stop "$(unit)"
	rtmp=$(find "$work/rtmp" -name "$card-*.flv" -size +8k | sort | tail -n 1)
	cp "$rtmp" "/job/$card.flv"
done
cp /var/lib/egm-cards/serials /job/serials
