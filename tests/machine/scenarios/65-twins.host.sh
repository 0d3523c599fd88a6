# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 65-twins.sh, run on the host: whose picture and whose tone went out under which
# name? One card's ramp of light rises and it sounds at 600 Hz, the other's falls and 2400 Hz.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

first=usb_video_same.flv
second=usb_vhci_hcd_0_5.flv

# light FILE X: the mean light of a strip, twice a second
light()
{
	ffmpeg -nostdin -v error -i "$1" -vf \
		"fps=2,crop=iw/8:ih/2:$2:ih/3,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-" \
		-f null - | sed -n 's/^lavfi.signalstats.YAVG=//p'
}

# ramps FILE: how many pictures rise, and how many fall; placeholders do neither
ramps()
{
	light "$1" 0 >"$work/left"
	light "$1" 'iw*7/8' >"$work/right"
	paste "$work/left" "$work/right" | awk '
		$1 < 70 && $2 > 180 { rise++ }
		$1 > 180 && $2 < 70 { fall++ }
		END { print rise + 0, fall + 0 }'
}

# louder FILE HZ OTHER: how much more of one tone there is than of the other, in dB, over the whole file
louder()
{
	echo "$(tone_share "$1" 0 "$2") $(tone_share "$1" 0 "$3")" | awk '{ print $1 - $2 }'
}

step "the first card"
ramps $first >"$work/ramps"
echo "# pictures that rise and fall: $(cat "$work/ramps")"
assert "its picture was seen" between 10 "$(cut -d ' ' -f 1 "$work/ramps")" 100000
assert "the other's never was" equal "$(cut -d ' ' -f 2 "$work/ramps")" 0
assert "its tone, and not the other's" between 15 "$(louder $first 600 2400)" 200

step "the second card"
ramps $second >"$work/ramps"
echo "# pictures that rise and fall: $(cat "$work/ramps")"
assert "its picture was seen" between 10 "$(cut -d ' ' -f 2 "$work/ramps")" 100000
assert "the other's never was" equal "$(cut -d ' ' -f 1 "$work/ramps")" 0
assert "its tone, and not the other's" between 15 "$(louder $second 2400 600)" 200

step "what is remembered"
note <serials
assert "one number, that of the first port, shared" equal \
	"$(cat serials)" "usb_video_same usb_vhci_hcd_0_1 shared"
