# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Run on the host before 27-coded.sh, in the job's folder: what the card has encoded. Keyframes come so
# often that a lost picture is made up for before an encoder has to step in (0.4 s).
set -eu
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x240:rate=15 -frames:v 90 -pix_fmt yuv420p \
	-c:v libx264 -preset veryfast -b:v 300k -bf 0 -g 5 -sc_threshold 0 -f h264 film.h264
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=320x240:rate=15 -frames:v 30 -pix_fmt yuvj422p \
	-c:v mjpeg -q:v 8 -f mjpeg film.mjpeg
