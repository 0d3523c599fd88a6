# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A card that gives H.264: its pictures are decoded and encoded anew, or passed on as they are
# (encoder.codec = "copy"); pulled and plugged in again meanwhile, in one session. Then its JPEGs.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

plug()
{
	plug_usb usb-card --port=0 --serial=CODED --product="USB Video" --id=1234:5678 --no-sound \
		--h264=/job/film.h264 --jpeg=/job/film.mjpeg
}

offers_h264()
{
	v4l2-ctl -d "/dev/egm/$card" --list-formats | tee /dev/stderr | grep -q "'H264'"
}

no_complaint()
{
	journalctl -b -k -o cat --no-pager | grep -i uvc >"$work/kernel"
	cat "$work/kernel"
	not grep -Eiq 'error|fail|invalid|unknown|unsupported' "$work/kernel"
}

# more OUTPUT N: so many pictures more than when grows_from was called for it
more()
{
	[ "$(output "$1" frames)" -ge $(($(cat "$work/grows-$1-frames") + $2)) ]
}

# without_errors [BEFORE]: none, or no more than that
without_errors()
{
	equal "$(status .input.format) $(status .input.errors) $(status .encoder.errors)" "H264 ${1:-0} 0"
}

encoder_is()
{
	status_is .encoder.name "$1"
}

outputs_grow_from()
{
	grows_from nginx frames
	grows_from rec frames
}

# Counts anew when the machine was too busy for the card's pictures, and libx264 had to step in.
passed_on()
{
	encoder_is copy || {
		outputs_grow_from
		return 1
	}
	more nginx 45 && more rec 45
}

step "an encoder of ours"
configure <<EOC
video: { size = "320x240"; rate = 15; format = "h264"; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "300k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/ours"; } );
EOC
modprobe -a vhci-hcd uvcvideo
assert "nginx listens for RTMP" start_rtmp_server
assert "the card is plugged in" plug
within 30 "udev has started an instance" find_card
within 30 "the instance is up" active
assert "the kernel offers H.264" offers_h264
within 15 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
grows_from nginx frames
within 20 "pictures go out" more nginx 30
assert "the input is still live" live
assert "they came as H.264, and all could be decoded" without_errors
assert "libx264 has encoded them" encoder_is libx264
assert "the kernel has no complaint about the card" no_complaint
systemctl stop "$(unit)"

step "passed on"
# Of all that the card has, it is H.264 that is taken for this.
configure <<EOC
video: { size = "320x240"; rate = 15; };
audio: { device = "none"; };
encoder: { codec = "copy"; preset = "ultrafast"; bitrate = "300k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/passed"; },
	{ name = "rec"; url = "/var/lib/egm-streamer/rec-\${time}.mkv"; } );
EOC
journal_mark
systemctl start "$(unit)"
within 30 "the status calls it copy" encoder_is copy
assert "the journal does" journal_has "Encoder copy is used"
within 15 "RTMP is running" output_is nginx state running
outputs_grow_from
within 60 "the server gets it, and it is recorded" passed_on
assert "it came as H.264, without errors" without_errors
pid=$(main_pid)

step "pulled"
journal_mark
systemctl stop usb-card
within 5 "the status says so" not_live
within 5 "libx264 makes a placeholder" encoder_is libx264
echo "# reason: $(status .input.reason), $(status .encoder.reason)"
assert "the journal tells it" journal_has "Encoder libx264 is used instead of copy: "
outputs_grow_from
within 20 "the server gets that" more nginx 30
within 20 "it is recorded" more rec 30
errors=$(status .input.errors) # the picture that was on its way
assert "they are placeholders" between 20 "$(status .input.placeholders)" 100000

step "plugged in again"
journal_mark
assert "the card is plugged in" plug
within 15 "the input is live again" live
within 30 "what it gives is passed on again" encoder_is copy
assert "the journal says so" journal_has "Encoder copy is used"
outputs_grow_from
within 60 "the server gets it, and it is recorded" passed_on
assert "it came as H.264, without errors" without_errors "$errors"
assert "the instance is still the same" equal "$(main_pid)" "$pid"
assert "so is the session" equal "$(output nginx reconnects) $(output nginx failures)" "0 0"

systemctl stop "$(unit)"
assert "the server saw a single session of that" \
	equal "$(rtmp_sessions | grep -c /passed-)" 1

step "JPEGs"
configure <<EOC
video: { size = "320x240"; rate = 15; format = "mjpeg"; };
audio: { device = "none"; };
encoder: { codec = "copy"; preset = "ultrafast"; bitrate = "300k"; gop = 15; };
outputs = ( { name = "jpeg"; url = "/var/lib/egm-streamer/jpeg.mkv"; } );
EOC
journal_mark
systemctl start "$(unit)"
within 30 "into Matroska they are passed on" encoder_is copy
within 15 "which is running" output_is jpeg state running
grows_from jpeg frames
within 30 "as they come" more jpeg 20
assert "nothing else was in use before" not journal_has "Encoder libx264"
assert "a server is added, which does not take JPEGs" \
	egmctl output add "$card" nginx rtmp://127.0.0.1/live/jpeg
within 30 "libx264 makes what it takes" encoder_is libx264
assert "the journal says why" journal_has "not every output takes what the input gives"
within 15 "RTMP is running" output_is nginx state running
grows_from nginx frames
within 30 "and the server gets it" more nginx 20
assert "no session of it has failed" equal "$(output nginx failures)" 0
systemctl stop "$(unit)" usb-card
assert "no unit has failed" no_failed_units
cp "$(rtmp_sessions | grep /ours-)" /job/ours.flv
cp "$(rtmp_sessions | grep /passed-)" /job/stream.flv
cp /var/lib/egm-streamer/rec-*.mkv /var/lib/egm-streamer/jpeg*.mkv /job/
