# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The screen recognised by the service as it is installed: taught with pictures of the card itself,
# told to a webhook, to an MQTT broker and to the journal. What the sandbox must allow for it:
# clips, candidates, spools, and disks that are mounted while it runs.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

var=/var/lib/egm-streamer
# vivid's test patterns
bars=0 squares=4 ramp=20 cross=19

show()
{
	v4l2-ctl -d "$(vivid_node)" -c "test_pattern=$1"
}

# take STATE PATTERN: a picture of the card, which nobody else has opened
take()
{
	mkdir -p "$work/refs/$1"
	show "$2" &&
		v4l2-ctl -d "$(vivid_node)" --stream-mmap --stream-count=1 --stream-to="$work/$1.yuyv"
}

# What was taken becomes references, all at once: ffmpeg takes seconds to start in here.
make_references()
{
	cat "$work/SQUARES.yuyv" "$work/CROSS.yuyv" "$work/BARS.yuyv" |
		ffmpeg -v error -f rawvideo -pixel_format yuyv422 -video_size 320x180 -i - "$work/%d.png" &&
		mv "$work/1.png" "$work/refs/SQUARES/live.png" &&
		mv "$work/2.png" "$work/refs/CROSS/live.png" &&
		mv "$work/3.png" "$work/refs/BARS/live.png"
}

# Writes what each request brings as a line. Not more of Python is here than its smallest package.
start_hall()
{
	cat >"$work/hall.py" <<-EOF
		import socket
		server = socket.create_server(("127.0.0.1", 8085))
		while True:
		    peer, _ = server.accept()
		    with peer, peer.makefile("rwb") as stream:
		        size = 0
		        while line := stream.readline().strip():
		            name, _, value = line.partition(b":")
		            if name.lower() == b"content-length":
		                size = int(value)
		        with open("$work/hall", "ab") as file:
		            file.write(stream.read(size) + b"\n")
		        stream.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
	EOF
	touch "$work/hall"
	$outside --unit=hall python3 "$work/hall.py" || return 1
	wait_for 20 listening tcp 8085
}

start_broker()
{
	printf 'listener 1883 127.0.0.1\nallow_anonymous true\nuser root\n' >"$work/mosquitto.conf"
	$outside --unit=broker mosquitto -c "$work/mosquitto.conf" || return 1
	wait_for 20 listening tcp 1883
}

retained()
{
	mosquitto_sub -h 127.0.0.1 -t "egm/$card/state" --retained-only -C 1 -W 5 -F %p
}

retained_is()
{
	[ "$(retained)" = "$1" ]
}

# The states in the journal, with their fields as columns
told()
{
	journalctl -b --no-pager -o json MESSAGE_ID=07d6291dbfeb484cae52892e58cf1aa3 "EGM_CARD=$card" |
		jq -r '[.EGM_STATE, .EGM_STATE_BEFORE, .EGM_REASON // "-", .EGM_CAPTURE_USEC] | join(" ")'
}

told_mark()
{
	told_lines=$(told | wc -l)
}

told_since()
{
	told | tail -n "+$((told_lines + 1))"
}

told_has()
{
	told_since >"$work/told"
	cat "$work/told"
	grep -Eq -- "$1" "$work/told"
}

hall_has()
{
	jq -se --arg state "$1" 'map(select(.state == $state)) | length > 0' "$work/hall" >/dev/null
}

# The last one it was told
hall_last()
{
	tail -n 1 "$work/hall" | jq -e --arg state "$1" '.state == $state' >/dev/null
}

screen()
{
	status_is .state.state "$1"
}

references()
{
	status_is '.state.references | "\(.used) \(.skipped)"' "$1"
}

# looks_on: more pictures have been looked at than when $looked was set
looks_on()
{
	[ "$(status .state.decisions)" -gt "$looked" ]
}

# messages_wait N: so many that the service could not yet give to the journal
messages_wait()
{
	[ "$(status .log.waiting)" -ge "$1" ]
}

# The states in the journal since told_mark that have their own time, because they are late
told_late()
{
	journalctl -b --no-pager -o json MESSAGE_ID=07d6291dbfeb484cae52892e58cf1aa3 "EGM_CARD=$card" |
		tail -n "+$((told_lines + 1))" | jq -r 'select(.EGM_TIME) | .EGM_STATE'
}

placeholders()
{
	[ "$(status .input.placeholders)" -ge "$1" ]
}

# A state, with a region that is most of the picture
write_rules()
{
	mkdir -p /etc/egm/cards
	{
		echo 'detector: { screen = "320x180"; states: {'
		for state; do
			echo "$state: { rois = (" \
				'{ name = "all"; x = 16; y = 16; w = 288; h = 148; } ); };'
		done
		echo '}; };'
	} >"/etc/egm/cards/$card.conf"
}

made_by_service()
{
	find "$var" -path "$1" -user egm-streamer -size +0 >"$work/made"
	cat "$work/made"
	[ -s "$work/made" ]
}

step "the card's pictures, taken before the service has it"
without_streams
assert "vivid is there" load_vivid
v4l2-ctl -d "$(vivid_node)" --set-fmt-video=width=320,height=180,pixelformat=YUYV
assert "squares" take SQUARES "$squares"
assert "a cross" take CROSS "$cross"
assert "bars" take BARS "$bars"
assert "as references" make_references
assert "somebody listens for webhooks" start_hall
assert "mosquitto listens for MQTT" start_broker
configure <<EOF
video: { size = "320x180"; rate = 15; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "300k"; gop = 15; };
clips: { folder = "$var/clips/\${card}"; before = "1s"; after = "1s"; };
webhooks = ( { name = "hall"; url = "http://127.0.0.1:8085/egm"; } );
mqtt: { host = "127.0.0.1"; };
notify: { backoff_max = "1s"; };
EOF
assert "the service is let at it" with_streams
within 30 "udev has started an instance" find_card
within 20 "the input is live" live
assert "nothing is recognised yet" status_is .state null

step "taught, with references on a disk that is mounted while it runs"
refs=$var/refs/$card
mkdir -p "$refs"
assert "the disk is mounted" mount -t tmpfs references "$refs"
cp -r "$work/refs/BARS" "$work/refs/SQUARES" "$refs/"
write_rules BARS SQUARES CROSS
assert "--check-config is content" egm-streamer --check-config --card "$card"
assert "the reload succeeds" systemctl reload "$(unit)"
within 20 "the bars are recognised" screen BARS
within 10 "with both references" references "2 0"
journal_mark
told_mark
show "$squares"
within 20 "the squares are recognised" screen SQUARES
within 10 "the journal has the state, the one before and the time in fields" \
	told_has '^SQUARES BARS - [0-9]+$'
within 10 "the webhook brings it" hall_has SQUARES
within 10 "the broker keeps it" retained_is SQUARES
show "$ramp"
within 20 "what nobody has taught is OTHER" screen OTHER
within 20 "the broker knows" retained_is OTHER
show "$bars"
within 20 "the bars again" screen BARS

step "what is kept"
within 20 "a clip, by the service's own user" made_by_service "$var/clips/$card/*-SQUARES.mkv"
assert "it can be played" decodes "$(find "$var/clips/$card" -name '*-SQUARES.mkv' | head -n 1)"
within 10 "the journal names it" journal_has "Kept $var/clips/$card/.*-SQUARES.mkv"
cp "$refs/BARS/live.png" "$refs/SQUARES/mistake.png"
within 20 "a picture that might be of two states is a candidate" \
	made_by_service "$var/candidates/$card/*.jpg"
rm "$refs/SQUARES/mistake.png"
within 10 "the mistake is gone" references "2 0"
within 20 "the bars again" screen BARS

step "the journal hangs"
# One output that works, one that fails all the time and says so
cat >/etc/egm/streamer.conf.d/60-journal.conf <<EOF
log_level = "debug";
output: { backoff_min = "500ms"; backoff_max = "500ms"; };
outputs = ( { name = "file"; url = "$var/live.ts"; },
	{ name = "flapping"; url = "rtmp://127.0.0.1:1936/live/nobody"; } );
EOF
assert "--check-config is content" egm-streamer --check-config --card "$card"
assert "the reload succeeds" systemctl reload "$(unit)"
within 15 "the file is written" output_is file state running
within 20 "the bars are recognised" screen BARS
told_mark
assert "journald is stopped and its queue is full" hang_journal
within 20 "messages wait" messages_wait 3
looked=$(status .state.decisions)
grows_from file frames
grows_from flapping failures
within 10 "pictures are looked at" looks_on
within 10 "and go out" output_grows file frames
within 10 "what fails is tried again" output_grows flapping failures
show "$squares"
within 20 "the squares are recognised" screen SQUARES
within 10 "the webhook brings it" hall_last SQUARES
show "$ramp"
within 20 "what nobody has taught is OTHER" screen OTHER
within 10 "the broker knows" retained_is OTHER
show "$bars"
within 20 "the bars again" screen BARS
within 10 "the webhook brings them" hall_last BARS
grows_from file frames
# For more than a second, which makes all of the above late
within 20 "more messages wait" messages_wait $(($(status .log.waiting) + 10))
assert "pictures go out still" output_grows file frames
assert "journald goes on" journal_goes_on
within 20 "nothing waits any more" status_is .log.waiting 0
within 10 "the journal is told all of it" told_has '^BARS OTHER'
assert "in order" equal "$(told_since | cut -d ' ' -f 1 | paste -sd ' ')" "SQUARES OTHER BARS"
assert "with the time at which it was" equal "$(told_late | paste -sd ' ')" "SQUARES OTHER BARS"
assert "nothing was lost" status_is .log.lost 0

step "stopped while the journal hangs"
assert "journald is stopped and its queue is full" hang_journal
within 20 "messages wait" messages_wait 3
assert "the instance ends" timeout 30 systemctl stop "$(unit)"
assert "by itself, before systemd would kill it" equal "$(systemctl show -P Result "$(unit)")" success
assert "journald goes on" journal_goes_on
rm /etc/egm/streamer.conf.d/60-journal.conf "$var/"live*.ts
assert "it is started again" systemctl start "$(unit)"
within 20 "the bars are recognised" screen BARS

step "the card is pulled and plugged in"
told_mark
assert "the driver lets go of the card" unplug_vivid
within 10 "UNKNOWN" screen UNKNOWN
assert "because there is no signal" status_is .state.reason no-signal
within 10 "the journal says so" told_has '^UNKNOWN BARS no-signal'
within 10 "the webhook brings it" hall_has UNKNOWN
looked=$(status .state.decisions)
within 20 "placeholders go out" placeholders 30
assert "they are not looked at" equal "$(status .state.decisions)" "$looked"
assert "and show no state" equal "$(told_since | cut -d ' ' -f 1)" UNKNOWN
assert "the driver takes the card" plug_vivid
v4l2-ctl -d "$(vivid_node)" -c osd_text_mode=2
within 20 "the bars are back" screen BARS

step "references that change and go"
journal_mark
echo 'no picture' >"$refs/CROSS.png"
mkdir "$refs/CROSS" && mv "$refs/CROSS.png" "$refs/CROSS/broken.png"
within 10 "a broken picture is named" journal_has "$refs/CROSS/broken.png"
within 10 "and left out" references "2 1"
assert "the disk goes away" umount "$refs"
within 20 "which is told" journal_has "$refs: it is gone"
show "$squares"
within 20 "what was read serves on" screen SQUARES
cp -r "$work/refs/SQUARES" "$work/refs/CROSS" "$work/refs/BARS" "$refs/"
within 20 "other references are there: they are read" references "3 0"
show "$cross"
within 20 "and known" screen CROSS
cp -r "$refs" "$refs.new" && rm -r "$refs.new/CROSS"
mv "$refs" "$refs.away" && mv "$refs.new" "$refs"
within 20 "a folder in place of another" references "2 0"
within 10 "with less in it" screen OTHER
rm -r "$refs" && mv "$refs.away" "$refs"
within 20 "the one before again" screen CROSS

step "the clock is stepped"
# stepped SECONDS PATTERN STATE: nothing happens by that, and what happens then has the new time
stepped()
{
	told_mark
	looked=$(status .state.decisions)
	date -s "@$(($(date +%s) + $1))" >/dev/null
	within 10 "by $1 s: pictures are looked at" looks_on
	assert "by $1 s: the state stays" equal "$(told_since)" ""
	stepped_time=$(date +%s)
	show "$2"
	within 20 "by $1 s: $3" screen "$3"
	within 10 "by $1 s: the webhook has it, and the time" hall_dates "$3" "$stepped_time"
}

# hall_dates STATE TIME: the last one told began at that time or soon after
hall_dates()
{
	tail -n 1 "$work/hall" | jq -e --arg state "$1" --argjson time "$2" \
		'.state == $state and .timestamp >= $time - 1 and .timestamp < $time + 30' >/dev/null
}
stepped -86400 "$squares" SQUARES
stepped 172800 "$cross" CROSS
date -s "@$(($(date +%s) - 86400))" >/dev/null

step "a game pack"
assert "export" egm-streamer pack export --card "$card" --note 'of vivid' "$work/vivid.egmpack"
assert "show" egm-streamer pack show "$work/vivid.egmpack"
rm -r "$refs" "/etc/egm/cards/$card.conf"
systemctl reload "$(unit)"
within 10 "without rules nothing is recognised" status_is .state null
egm-streamer pack import --card "$card" "$work/vivid.egmpack" >"$work/import"
assert "import" equal "$?" 0
note <"$work/import"
sed -n 's/^ *\(detector: .*\)/\1/p' "$work/import" >"/etc/egm/cards/$card.conf"
assert "--check-config is content with what it said" egm-streamer --check-config --card "$card"
assert "the reload succeeds" systemctl reload "$(unit)"
within 20 "the cross is recognised by the pack" screen CROSS
show "$bars"
within 20 "so are the bars" screen BARS
systemctl reload "$(unit)"
assert "another import" egm-streamer pack import --card "$card" "$work/vivid.egmpack"
within 20 "is taken up" references "3 0"

step "detect, while the service has the card"
# detects ARGUMENT…: its status, what it printed, and what it said to people
detects()
{
	egm-streamer detect "$@" >"$work/detect" 2>"$work/detect.err"
	detect_status=$?
	head -n 15 "$work/detect" | note
	note <"$work/detect.err"
}

says()
{
	cat "$work/detect.err"
	grep -Eq -- "$1" "$work/detect.err"
}

opens=$(status .input.opens)
detects --card "$card"
assert "it fails, and prints no decision" equal "$detect_status $(wc -c <"$work/detect")" "1 0"
assert "it says who has the card" says "/dev/egm/$card is in use by egm-streamer@$card\$"
assert "and where its decision is" says "now BARS, .*/run/egm-streamer/$card/status\.json\$"
assert "and what can be done" says "systemctl stop egm-streamer@$card\$"
detects --pack "$work/vivid.egmpack" "$(vivid_node)"
assert "it says so of the node as well" says "$(vivid_node) is in use by egm-streamer@$card\$"
assert "the service did not notice" equal "$(status .input_live) $(status .input.opens)" "true $opens"

step "detect, with the card to itself"
assert "the service is stopped" systemctl stop "$(unit)"
detects --card "$card"
assert "it decides" equal "$detect_status $(head -n 1 "$work/detect")" "0 BARS"
assert "explained by the reference" grep -Eq '^\* BARS +[01]\.[0-9]+ .* yes +BARS/live\.png$' "$work/detect"
assert "with nothing to complain of" equal "$(cat "$work/detect.err")" ""
show "$squares"
detects --json --card "$card"
assert "as JSON" equal "$detect_status $(jq -r .state "$work/detect")" "0 SQUARES"
assert "with the scores of all, and their references" jq -e '
	.references == 3 and .pictures >= 2 and (.states | keys == ["BARS", "CROSS", "SQUARES"]) and
	.states.SQUARES.matched and (.states.BARS.matched or .states.CROSS.matched | not) and
	.states.SQUARES.score > .states.BARS.score and .states.SQUARES.score > .states.CROSS.score and
	.states.SQUARES.rois[0].nearest == "SQUARES/live.png"' "$work/detect"
show "$ramp"
detects --card "$card"
assert "what nobody has taught is OTHER" equal "$detect_status $(head -n 1 "$work/detect")" "0 OTHER"
$outside --unit=other v4l2-ctl -d "$(vivid_node)" --stream-mmap --stream-to="$work/other.yuyv"
within 20 "another program takes pictures" test -s "$work/other.yuyv"
detects --card "$card"
assert "which is what it says" says 'is in use by another program$'
assert "and fails" equal "$detect_status $(wc -c <"$work/detect")" "1 0"
systemctl stop other
assert "the driver lets go of the card" unplug_vivid
detects --card "$card"
assert "without a card it fails as well" equal "$detect_status $(wc -c <"$work/detect")" "1 0"
assert "and says why" says "/dev/egm/$card"
assert "the driver takes the card" plug_vivid
within 30 "udev starts the instance again" active
v4l2-ctl -d "$(vivid_node)" -c osd_text_mode=2
show "$bars"
within 20 "the bars are back" screen BARS

step "killed while nobody listens"
waiting_is()
{
	status_is '.receivers[] | select(.name == "hall") | .waiting' "$1"
}
within 10 "the webhook has heard of all" waiting_is 0
systemctl stop hall
heard=$(wc -l <"$work/hall")
for state in SQUARES CROSS BARS; do
	case $state in
	SQUARES) show "$squares" ;;
	CROSS) show "$cross" ;;
	BARS) show "$bars" ;;
	esac
	within 20 "$state" screen "$state"
done
within 10 "three changes wait" waiting_is 3
find "$var/spool/$card" -type f -printf '%m %u %p\n' >"$work/spool"
note <"$work/spool"
assert "they are on disk, and for nobody else" \
	sh -c "grep -q '/hall/' '$work/spool' && ! grep -v '^600 egm-streamer ' '$work/spool'"
pid=$(main_pid)
systemctl kill -s KILL "$(unit)"
within 15 "systemd starts it again" pid_changed "$pid"
within 20 "it is up" active
within 20 "the bars are recognised" screen BARS
assert "somebody listens again" start_hall
within 20 "nothing waits any more" waiting_is 0
tail -n "+$((heard + 1))" "$work/hall" >"$work/heard"
jq -c '[.state, .previous, .time]' "$work/heard" | note
assert "all of it was heard, in order" \
	equal "$(jq -r .state "$work/heard" | head -n 3 | paste -sd ' ')" "SQUARES CROSS BARS"
assert "nothing twice" jq -se 'map(.id) | length == (unique | length)' "$work/heard"
assert "no unit has failed" no_failed_units
