# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 26-planes.sh, run on the host in the job's folder: decoding under emulation would take
# long.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

# likeness looks at three seconds from the fifth one on; these are recordings of four seconds.
# like FILE [REFERENCE]
like()
{
	ffmpeg -nostdin -v info -ss 2 -i "$1" \
		-f rawvideo -pixel_format yuyv422 -video_size 320x180 -i "${2:-reference.yuv}" \
		-lavfi '[1:v]format=yuv420p,loop=200:1[r];[0:v]format=yuv420p[v];[v][r]psnr=shortest=1' \
		-frames:v 5 -f null - 2>&1 |
		sed -n 's/.*PSNR.*average:\([0-9.a-z]*\).*/\1/p' | sed 's/inf/99/'
}

for format in nv12 nv16 yuyv; do
	step "what has arrived as $format"
	assert "every packet decodes" decodes "$format.flv"
	assert "the picture is vivid's" between 25 "$(like "$format.flv")" 100
	echo "# $(like "$format.flv") dB"
done
head -c 115200 /dev/zero | tr '\0' '\200' >"$work/grey.yuv"
assert "a grey picture would have been noticed" between 0 "$(like nv12.flv "$work/grey.yuv")" 20
