# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 27-coded.sh, run on the host in the job's folder: which pictures of the card's film
# have arrived, to the bit?
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

pictures=90 gop=5 # of 27-coded.before.sh

# sums FILE: a checksum for each picture
sums()
{
	ffmpeg -nostdin -v fatal -i "$1" -map 0:v -fps_mode passthrough -pix_fmt yuv420p -f framemd5 - |
		sed -n 's/^[^#].*, *//p'
}

# places FILE: leaves in $work/places where in the film each picture is, from 0 on; "-": not in it
places()
{
	sums "$1" | awk 'NR == FNR { at[$1] = NR - 1; next } { print ($1 in at) ? at[$1] : "-" }' \
		"$work/film" - >"$work/places"
}

# kinds: of what was placed, without repetitions
kinds()
{
	sed 's/^-$/encoded/; s/^[0-9].*/copied/' "$work/places" | uniq
}

# like FILE: dB to the film's first picture, most of which stands still
like()
{
	ffmpeg -nostdin -v info -i "$1" -i film.h264 -lavfi \
		'[1:v]trim=end_frame=1,loop=-1:1[r];[0:v]format=yuv420p[v];[v][r]psnr=shortest=1' \
		-f null - 2>&1 | sed -n 's/.*PSNR.*average:\([0-9.a-z]*\).*/\1/p'
}

# in_turn FILE: of kinds
in_turn()
{
	uniq "$1" | xargs | tee /dev/stderr | grep -q 'copied encoded copied'
}

copied()
{
	grep -c '^[0-9]' "$work/places"
}

# A busy machine may lose a picture. Then the next one is a keyframe, and so is the first one.
follow()
{
	awk -v pictures=$pictures -v gop=$gop '
		$1 != "-" && $1 != wanted && $1 % gop { print $1 " where " wanted " was due"; bad = 1 }
		{ wanted = $1 == "-" ? "a keyframe" : ($1 + 1) % pictures }
		END { exit bad || !NR }' "$work/places"
}

step "what the card has"
sums film.h264 >"$work/film"
assert "its pictures are told apart" equal "$(sort -u "$work/film" | wc -l)" $pictures

step "what the server got of our encoder"
assert "every packet decodes" decodes ours.flv
assert "the picture is the film's" between 15 "$(like ours.flv)" 100
echo "# $(like ours.flv) dB"
ffmpeg -nostdin -v error -f lavfi -i color=gray:size=320x240:rate=15 -frames:v 3 "$work/grey.flv"
assert "a grey picture would have been noticed" between 0 "$(like "$work/grey.flv")" 15

step "what it got when that was passed on"
assert "every packet decodes" decodes stream.flv
assert "timestamps increase" times_increase stream.flv video
places stream.flv
echo "# $(wc -l <"$work/places") pictures, $(copied) of them the film's: $(kinds | xargs)"
kinds >"$work/sent"
assert "the film, a placeholder, and the film again" in_turn "$work/sent"
assert "as much of it as the status said" between 80 "$(copied)" 100000
assert "one picture after the other, from a keyframe on" follow

step "what was recorded"
for file in rec-*.mkv; do
	assert "$file: decodes" decodes "$file"
	places "$file"
	echo "# $(wc -l <"$work/places") pictures: $(kinds | xargs)"
	assert "$file: is of one kind" equal "$(kinds | wc -l)" 1
	assert "$file: one picture after the other" follow
	kinds >>"$work/recorded"
	copied >>"$work/copied"
done
assert "the film, a placeholder, and the film again" in_turn "$work/recorded"
assert "as much of it as the status said" \
	between 80 "$(awk '{ n += $1 } END { print n }' "$work/copied")" 100000

# packets FILE: a checksum of each, as it is
packets()
{
	ffmpeg -nostdin -v fatal -i "$1" -map 0:v -c copy -f framemd5 - | sed -n 's/^[^#].*, *//p'
}

step "JPEGs"
packets film.mjpeg >"$work/jpegs"
packets jpeg.mkv >"$work/passed"
echo "# $(wc -l <"$work/passed") of them"
assert "in Matroska they are those of the card" equal "$(grep -vcxFf "$work/jpegs" "$work/passed")" 0
assert "all that the status said" between 20 "$(wc -l <"$work/passed")" 100000
assert "every one of them decodes" decodes jpeg.mkv
assert "the file after them has H.264" equal "$(ffprobe -v error -select_streams v \
	-show_entries stream=codec_name -of csv=p=0 jpeg.1.mkv)" h264
