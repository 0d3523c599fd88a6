# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Two equal grabbers with one serial number, pulled and plugged fifty times in changing order, and found
# in any order after reboots: no name is ever exchanged. Only udev is at work until the end; streams would take most of the machine's time.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

# Both cards are in; they are pulled and plugged ten times.
ten_plugs()
{
	pull_card first
	pull_card second
	plug first second
	pull_card second
	pull_card first
	plug second first
	pull_card first
	plug first
	pull_card second
	pull_card first
	plug second first
	pull_card second
	plug second
	pull_card first
	plug first
	pull_card second
	plug second
}

step "two cards that appear one after the other"
configure <<CONF
video: { size = "320x240"; rate = 5; format = "yuyv"; };
audio: { bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "300k"; gop = 5; };
outputs = ( );
CONF
modprobe -a vhci-hcd uvcvideo snd-usb-audio
without_streams
plug first
plug second
assert "each has its name" no_wrong_name

step "pulled and plugged fifty times"
plugs=0
begin=$(clock)
while [ $plugs -lt 50 ] && no_wrong_name; do
	ten_plugs
done
echo "# $((($(clock) - begin) / 100)) s"
assert "fifty plugs were made" equal "$plugs" 50
assert "no card was ever called otherwise" no_wrong_name
assert "nothing else has a name" all_named

step "reboots"
boot second first
assert "the same names, the second one first" no_wrong_name
boot first second
assert "the same names, the first one first" no_wrong_name
pull_card first
boot second
pull_card second
boot
plug first second
assert "the same names after one was away" no_wrong_name

step "both stream after all that"
with_streams
within 120 "both stream, with their own sound" both_stream
for card in $first $second; do
	assert "$card: was started once" equal "$(systemctl show -P NRestarts "$(unit)")" 0
done
assert "one number is remembered, that of the first port" equal \
	"$(cat /var/lib/egm-cards/serials)" "usb_video_same usb_vhci_hcd_0_1 shared"
assert "no unit has failed" no_failed_units
