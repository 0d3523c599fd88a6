# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# machine: bare
# A machine of the original is taken over while it runs, and given back: its unit, which stands before
# ours, its settings with a key, and reference pictures that it has made.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

old_unit=egm-streamer@game.service
old_refs=/var/lib/egm-streamer/refs
# vivid's test patterns
bars=0 squares=4

install_original()
{
	place_original
	cat >/etc/egm-streamer/game.yaml <<-END
		common:
		  instance_id: egm-042
		streams:
		  game:
		    enabled: true
		    input_device: /dev/v4l/by-path/platform-vivid.0-video-index0
		    resolution: 320x180
		    fps: 15
		    bitrate: 400k
		    rtmp_url: "rtmp://127.0.0.1/live/game?vhost=hall&token=open-sesame"
		    ffmpeg_params: {preset: ultrafast, tune: zerolatency, gop: 15}
		snapshot:
		  enabled: true
		detector:
		  enabled: true
		  base_refs_dir: $old_refs
		  states:
		    PLAYING:
		      rois: [{name: reels, x: 32, y: 32, w: 576, h: 296}]
		    SELECT:
		      rois: [{name: reels, x: 32, y: 32, w: 576, h: 296}]
		  priority: [SELECT, PLAYING]
		api: {host: 0.0.0.0, port: 8080}
	END
	systemctl daemon-reload && systemctl enable --now "$old_unit"
}

show()
{
	v4l2-ctl -d "$(vivid_node)" -c "test_pattern=$1"
}

# reference STATE PATTERN: as the original saves them, 640 wide
reference()
{
	mkdir -p "$old_refs/$1" && show "$2" &&
		v4l2-ctl -d "$(vivid_node)" --stream-mmap --stream-count=1 --stream-to="$work/picture" &&
		ffmpeg -v error -f rawvideo -pixel_format yuyv422 -video_size 320x180 -i "$work/picture" \
			-vf scale=640:360 -q:v 2 "$old_refs/$1/ref_1700000000.jpg"
}

# All that there is in /etc and /var/lib, with contents, owners, rights and, but for folders, times;
# without what our service makes for itself, which an undo leaves there
take_stock()
{
	(
		cd / || exit 1
		find etc var/lib -path 'var/lib/egm-streamer/cache*' -o \
			-path 'var/lib/egm-streamer/last-good*' -o \
			-type d -printf '%p %y %m %U:%G\n' -o -printf '%p %y %m %U:%G %T@ %l\n' | sort
		find etc var/lib -path 'var/lib/egm-streamer/cache*' -o \
			-path 'var/lib/egm-streamer/last-good*' -o \
			-type f -exec sha256sum {} + | sort -k 2
	) >"$work/stock-$1"
}

same_stock()
{
	diff "$work/stock-$1" "$work/stock-$2"
}

# import ARGUMENT…: its status is $import_status, and what it says in $work/import
import()
{
	egmctl import "$@" >"$work/import" 2>&1 </dev/null
	import_status=$?
	note <"$work/import"
}

says()
{
	grep -Eq -- "$1" "$work/import"
}

old_unit_holds_card()
{
	[ "$(systemctl show -P ActiveState "$old_unit")" = active ] && pgrep -x v4l2-ctl
}

# original_api PATH FILTER [CURL-OPTION…]: what the original's API answers there fits
original_api()
{
	path=$1
	filter=${2-.}
	shift "$(($# > 2 ? 2 : $#))"
	curl -sSf -m 20 "$@" "http://127.0.0.1:8080$path" >"$work/answer" && jq -e "$filter" "$work/answer"
}

unit_is_from()
{
	systemctl show -P FragmentPath "$(unit)" | grep "^$1/"
}

screen()
{
	status_is .state.state "$1"
}

step "a machine of the original"
assert "vivid is there" load_vivid
v4l2-ctl -d "$(vivid_node)" --set-fmt-video=width=320,height=180,pixelformat=YUYV
assert "a picture of one state" reference PLAYING "$squares"
assert "and of another" reference SELECT "$bars"
assert "nginx listens for RTMP" start_rtmp_server
assert "the original is enabled and started" install_original
within 20 "it has the card" old_unit_holds_card

step "our packages beside it"
assert "apt installs both packages" install_both
assert "and the console" install_package /job/debs/egm-console.deb
card=vivid_000
within 10 "the card has its name" test -e /dev/egm/$card
assert "but the old unit stands before ours" unit_is_from /etc/systemd/system
assert "and no program of ours runs" no_process
assert "the original goes on" old_unit_holds_card
original_pid=$(systemctl show -P MainPID "$old_unit")
take_stock before

step "asked what it would do"
import --dry-run
assert "the dry run succeeds" equal "$import_status" 0
assert "it names the settings" says "/etc/egm/cards/$card\.conf"
assert "the pictures" says "refs/$card/SELECT/ref_1700000000\.jpg"
assert "the unit" says '/etc/systemd/system/egm-streamer@\.service'
assert "what has no counterpart" says 'snapshot'
assert "and no secret" not says open-sesame
import
assert "with nobody to ask it fails" equal "$import_status" 1
take_stock after-dry-run
assert "nothing has changed in /etc and /var/lib" same_stock before after-dry-run
assert "and nothing was stopped" equal "$(systemctl show -P MainPID "$old_unit")" "$original_pid"

step "taken over"
assert "the console lets nobody in" not original_api /api/streams
import --yes --open-api 127.0.0.1/32
assert "the import succeeds" equal "$import_status" 0
assert "the original runs no more" not old_unit_holds_card
assert "its unit is gone" test ! -e /etc/systemd/system/egm-streamer@.service
assert "and what enabled it" test ! -L "/etc/systemd/system/multi-user.target.wants/$old_unit"
assert "the unit is ours" unit_is_from "$(dirname "$(dpkg -L egm-streamer | grep 'egm-streamer@.service$')")"
within 30 "the instance is up" active
within 20 "the input is live" live
within 15 "RTMP is running" output_is main state running
grows_from main frames
within 10 "pictures go out" output_grows main frames
within 20 "the bars are recognised by the picture of the original" screen SELECT
show "$squares"
within 20 "so are the squares" screen PLAYING
assert "the pictures are the same" diff -r "$old_refs/SELECT" "$old_refs/$card/SELECT"
assert "the key is for root alone" equal "$(find /etc/egm/keys -type f -printf '%m %U\n')" "600 0"
assert "and in no settings" not grep -r open-sesame /etc/egm/cards
assert "egmctl check-config is content" egmctl check-config "$card"
assert "no unit has failed" no_failed_units
import --yes --open-api 127.0.0.1/32
assert "a second import has nothing to do" says 'nothing to do'

step "the original's scripts"
within 20 "find their stream at the same port" original_api /api/streams '.game.running == true'
assert "the state as they know it" original_api /api/state '.state == "PLAYING"'
assert "its states" original_api /api/config/states '.states == ["SELECT", "PLAYING"]'
assert "its pictures" original_api /api/refs/SELECT '. == ["ref_1700000000.jpg"]'
assert "stop the stream" original_api /api/streams/game/control '.status == "ok"' \
	-H 'Content-Type: application/json' -d '{"action": "stop"}'
within 10 "which stops" original_api /api/streams '.game.running == false'
assert "and start it" original_api /api/streams/game/control '.status == "ok"' \
	-H 'Content-Type: application/json' -d '{"action": "start"}'
within 20 "which runs again" original_api /api/streams '.game.running == true'

step "given back"
import --undo --yes
assert "the undo succeeds" equal "$import_status" 0
assert "the console is shut again" not original_api /api/streams
within 20 "the original has the card" old_unit_holds_card
assert "its unit stands before ours again" unit_is_from /etc/systemd/system
assert "it will start at boot" systemctl is-enabled "$old_unit"
assert "no program of ours runs" no_process
take_stock after-undo
assert "all was looked at" between 1000 "$(wc -l <"$work/stock-before")" 1000000
assert "everything in /etc and /var/lib is as it was" same_stock before after-undo
import --undo --yes
assert "a second undo has nothing to do" says 'nothing to undo'
