# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A multi-planar card: another form of every call about buffers and formats, same pictures.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

load_multiplanar()
{
	modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0 multiplanar=2 || return 1
	wait_for 10 vivid_node >/dev/null || return 1
	v4l2-ctl -d "$(vivid_node)" -c osd_text_mode=2
}

recorded()
{
	[ "$(status .input.frames)" -ge 60 ]
}

# What the picture looks like, from a card of the other kind.
assert "vivid is there" load_vivid
v4l2-ctl -d "$(vivid_node)" --set-fmt-video=width=320,height=180,pixelformat=YUYV \
	--stream-mmap --stream-count=1 --stream-to=/job/reference.yuv >/dev/null 2>&1
find_card && systemctl stop "$(unit)"
rmmod vivid

assert "nginx listens for RTMP" start_rtmp_server
for format in nv12 nv16 yuyv; do
	step "multi-planar, $format"
	configure <<-EOF
		video: { size = "320x180"; rate = 15; format = "$format"; };
		audio: { device = "none"; };
		encoder: { preset = "ultrafast"; bitrate = "600k"; gop = 15; };
		outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/$format"; } );
	EOF
	assert "the card appears" load_multiplanar
	assert "it has no other form" sh -c "v4l2-ctl -d $(vivid_node) --info | tee /dev/stderr |
		grep -q 'Video Capture Multiplanar' && ! v4l2-ctl -d $(vivid_node) --info | grep -qx '[[:space:]]*Video Capture'"
	within 20 "udev has started an instance" find_card
	within 20 "the instance is up" active
	within 10 "the input is live" live
	within 20 "some seconds are recorded" recorded
	assert "in the format that was asked for" \
		equal "$(status .input.format | tr '[:upper:]' '[:lower:]')" "$format"
	assert "without broken pictures" equal "$(status .input.errors)" 0
	systemctl stop "$(unit)"
	cp "$(rtmp_sessions | grep "/$format-")" "/job/$format.flv"
	rmmod vivid
	wait_for 10 not test -e "/dev/egm/$card"
done
assert "no unit has failed" no_failed_units
