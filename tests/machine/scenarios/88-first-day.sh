# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# machine: bare
# A cabinet's first day: a machine of the original, with its settings, pictures, unit and somebody's
# script, becomes ours, and nobody touches the script. Then a card is pulled, the network is cut, the
# machine starts anew and is upgraded. All comes back by itself, and the journal tells the story.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

by_id=/dev/v4l/by-id
game_node=$by_id/usb-MACROSILICON_USB3_Video_20210623-video-index0
cam_node=$by_id/usb-Generic_Rmoncam_5M_200901010001-video-index0
old_refs=/var/lib/egm-streamer/refs

# plug_game [--mirror]: the mirrored picture is the other state
plug_game()
{
	plug_usb card-game --port=0 --tone=600 --vendor=MACROSILICON '--product=USB3 Video' \
		--serial=20210623 "$@"
}

plug_cam()
{
	plug_usb card-cam --port=4 --vendor=Generic '--product=Rmoncam 5M' \
		--serial=200901010001 --no-sound
}

# pull WHICH
pull()
{
	systemctl stop "card-$1"
}

# reference STATE: what the game shows now, as the original saves it
reference()
{
	mkdir -p "$old_refs/$1" && wait_for 20 test -e "$game_node" &&
		v4l2-ctl -d "$game_node" --set-fmt-video=width=320,height=240,pixelformat=YUYV \
			--stream-mmap --stream-skip=2 --stream-count=1 --stream-to="$work/picture" &&
		ffmpeg -v error -y -f rawvideo -pixel_format yuyv422 -video_size 320x240 \
			-i "$work/picture" -vf scale=640:480 -q:v 2 "$old_refs/$1/ref_1700000000.jpg"
}

# In place of the original's program, which is not at hand: it holds both cards.
install_original()
{
	port=$(cat /job/srs.port) || return 1
	place_original
	cat >/etc/egm-streamer/cabinet.yaml <<-END
		common:
		  instance_id: egm-042
		streams:
		  game:
		    enabled: true
		    input_device: $game_node
		    audio_device: plughw:CARD=MS2109,DEV=0
		    resolution: 320x240
		    fps: 5
		    bitrate: 300k
		    rtmp_url: "rtmp://10.0.2.2:$port/live/egm-042-game?vhost=hall&token=open-sesame"
		    ffmpeg_params: {preset: ultrafast, tune: zerolatency, gop: 5}
		  cam:
		    enabled: true
		    input_device: $cam_node
		    audio_device: none
		    resolution: 320x240
		    fps: 5
		    bitrate: 300k
		    rtmp_url: "rtmp://10.0.2.2:$port/live/egm-042-cam?vhost=hall&token=open-sesame"
		    ffmpeg_params: {preset: ultrafast, tune: zerolatency, gop: 5}
		detector:
		  enabled: true
		  target_stream: game
		  base_refs_dir: $old_refs
		  states:
		    PLAYING:
		      rois: [{name: reels, x: 32, y: 48, w: 576, h: 400}]
		    SELECT:
		      rois: [{name: reels, x: 32, y: 48, w: 576, h: 400}]
		  priority: [SELECT, PLAYING]
		api: {host: 0.0.0.0, port: 8080}
	END
	systemctl daemon-reload && systemctl enable --now egm-streamer@cabinet.service
}

# The client's script, which knows nothing of us: ask PATH FILTER [JSON], to be posted.
ask()
{
	set -- "http://127.0.0.1:8080$1" "$2" ${3+-H 'Content-Type: application/json' -d "$3"}
	url=$1
	filter=$2
	shift 2
	curl -sSf -m 20 "$@" "$url" >"$work/answer" && jq -e "$filter" "$work/answer"
}

both_run()
{
	ask /api/streams '[.game, .cam] | all(.running)'
}

# server FILTER: of what the server has seen
server()
{
	jq -e "$1" /job/srs.json
}

# pictures_of STREAM: that have reached the server; asked many times a second, hence not by jq
pictures_of()
{
	pictures=$("$work/peek" /job/srs.json ".streams.egm-042-$1.pictures")
	case $pictures in
	'' | null) echo 0 ;;
	*) echo "$pictures" ;;
	esac
}

mark_pictures()
{
	pictures_of game >"$work/pictures-game"
	pictures_of cam >"$work/pictures-cam"
}

# Both send since the mark.
both_arrive()
{
	[ "$(pictures_of game)" -gt "$(($(cat "$work/pictures-game") + 5))" ] &&
		[ "$(pictures_of cam)" -gt "$(($(cat "$work/pictures-cam") + 5))" ]
}

screen()
{
	ask /api/state ".state == \"$1\""
}

interface()
{
	for path in /sys/class/net/e*; do
		echo "${path##*/}"
	done
}

# As when the power comes back: nothing runs, nothing is left below /run, and udev finds the cards again.
start_anew()
{
	systemctl stop egm.target egm-console.service egm-coldplug.service
	pull game
	pull cam
	systemctl stop systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket
	rm -rf /run/udev/data /run/egm-cards /run/egm-streamer /dev/egm
	systemctl start systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udevd.service
	systemd-tmpfiles --create >/dev/null 2>&1
	plug_cam
	plug_game --mirror
	systemctl start --no-block multi-user.target
}

step "a machine of the original"
modprobe -a vhci-hcd uvcvideo snd-usb-audio
plug_game --mirror
assert "a picture of one state" reference SELECT
pull game
wait_for 20 test ! -e "$game_node"
plug_game
assert "and of another" reference PLAYING
plug_cam
within 20 "there are a grabber and a camera" test -e "$cam_node"
within 20 "the server in another town is there" test -s /job/srs.port
assert "the original is enabled and started" install_original

step "installed and taken over"
assert "apt installs our packages" install_both
assert "and the console" install_package /job/debs/egm-console.deb
egmctl import --yes --open-api 127.0.0.1/32 >"$work/import" 2>&1 </dev/null
import_status=$?
note <"$work/import"
assert "the machine is taken over" equal "$import_status" 0
mark_pictures
within 90 "both streams reach the server" both_arrive
assert "with the token and the virtual host of the old URL" \
	server '[.streams[]] | all(.token == "open-sesame" and .vhost == "hall")'
within 30 "the script lists both through the one port" both_run
within 30 "the game is recognised by the old pictures" screen PLAYING
assert "the script stops the camera" ask /api/streams/cam/control '.status == "ok"' '{"action": "stop"}'
within 20 "which stops" ask /api/streams '.cam.running == false and .game.running'
assert "and starts it" ask /api/streams/cam/control '.status == "ok"' '{"action": "start"}'
within 30 "which runs again" both_run
assert "it adds a picture" ask /api/refs/PLAYING '.status == "saved"' '{}'
game=$(ask /api/v1/cards '.cards[] | select(.role == "game").name' | tr -d '"')
cam=$(ask /api/v1/cards '.cards[] | select(.role == "cam").name' | tr -d '"')
echo "# the cards: $game, $cam"
mark_pictures
within 60 "both go on at the server" both_arrive

step "a card is pulled"
card=$game
sessions=$(server '.streams["egm-042-game"].sessions')
pull game
within 10 "the game is not shown as live" not_live
plug_game --mirror
within 60 "it is live again" live
within 30 "the game shows the other state" screen SELECT
assert "the server has not noticed" server ".streams[\"egm-042-game\"].sessions == $sessions"

step "the network is cut"
ip link set "$(interface)" down
within 60 "the server gives the streams up" server '[.streams[]] | all(.publishing | not)'
within 60 "the output says so" not output_is main state running
ip link set "$(interface)" up
mark_pictures
within 90 "both streams reach the server again" both_arrive
within 20 "and run" both_run
assert "the state is still known" screen SELECT

step "the machine starts anew"
mark_pictures
start_anew
within 120 "both streams reach the server" both_arrive
within 60 "the script finds both" both_run
within 60 "and the state" screen SELECT
assert "the cards have their names" test -e "/dev/egm/$game" -a -e "/dev/egm/$cam"

step "upgraded"
pid=$(main_pid)
assert "apt installs the newer package" install_package /job/debs/egm-streamer-next.deb
within 60 "the instance was started anew" pid_changed "$pid"
mark_pictures
within 90 "both streams reach the server" both_arrive
within 60 "the script finds both" both_run
within 60 "and the state" screen SELECT
assert "no unit has failed" no_failed_units

step "the story, as the journal tells it"
journalctl -b --no-pager -o cat EGM_CARD="$game" >"$work/story"
grep -v '^$' "$work/story" | tail -n 60 | note
for words in 'Input is live' 'Input is not live' 'Output main is running' 'Output main: .*next try'; do
	assert "it says: $words" grep -E -- "$words" "$work/story"
done
assert "and no secret" not grep -rE open-sesame "$work/story"
