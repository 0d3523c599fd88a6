# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 24-signal.sh, run on the host in the job's folder: decoding under emulation would take
# long.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

# brightest START CROP: luma of the brightest dot in that part of a picture at START seconds, which
# counts from the end when it is negative
brightest()
{
	case $1 in
	-*) set -- -sseof "$1" "$2" ;;
	*) set -- -ss "$1" "$2" ;;
	esac
	ffmpeg -nostdin -v error "$1" "$2" -i stream.flv -frames:v 1 -an \
		-vf "crop=$3,signalstats,metadata=print:file=-" -f null - |
		sed -n 's/.*signalstats.YMAX=//p'
}

step "what the server saw"
assert "320x180 all the time" stream_is stream.flv video codec_name=h264 width=320 height=180
assert "timestamps increase in both tracks" times_increase stream.flv
assert "no hole in the picture is longer than a second" between 0 "$(largest_gap stream.flv video)" 1
echo "# $(largest_gap stream.flv video) s"
assert "no hole in the sound is longer than a second" between 0 "$(largest_gap stream.flv audio)" 1
assert "every packet decodes" decodes stream.flv

# In the middle of 320x180 there is room for 240x180.
step "shapes"
assert "16:9 fills the picture" between 60 "$(brightest 2 36:180:0:0)" 255
assert "4:3 has a border on the left" between 0 "$(brightest -3 36:180:0:0)" 30
assert "and on the right" between 0 "$(brightest -3 36:180:284:0)" 30
assert "and is there in between" between 60 "$(brightest -3 240:180:40:0)" 255
