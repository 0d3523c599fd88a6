# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 10-stream.sh, run on the host in the job's folder: decoding under emulation would take
# minutes.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

rtmp=stream.flv
srt=srt.ts

step "what has arrived"
for file in "$rtmp" "$srt"; do
	kind=${file##*.}
	assert "$kind: H.264 main profile, 320x180" \
		stream_is "$file" video codec_name=h264 profile=Main width=320 height=180
	assert "$kind: AAC, 48 kHz, stereo" \
		stream_is "$file" audio codec_name=aac sample_rate=48000 channels=2
	assert "$kind: timestamps increase in both tracks" times_increase "$file"
	assert "$kind: 15 pictures a second" between 14 "$(picture_rate "$file")" 15.5
	assert "$kind: begins with a keyframe" starts_with_keyframe "$file"
	assert "$kind: every packet decodes" decodes "$file"
	assert "$kind: the picture is vivid's" between 25 "$(likeness "$file" reference.yuv)" 100
	assert "$kind: the sound is the tone of 440 Hz" between -2 "$(tone_share "$file" 3 440)" 0.5
done
head -c 115200 /dev/zero | tr '\0' '\200' >"$work/grey.yuv"
assert "a grey picture would have been noticed" between 0 "$(likeness "$srt" "$work/grey.yuv")" 20
