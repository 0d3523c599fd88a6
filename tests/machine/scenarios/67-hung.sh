# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# A USB card that stays plugged in and yields nothing: its stream begun anew, its device reset by the helper,
# a card that is dead for a while. The session at the server never notices. And who may have a card reset.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

socket=/run/egm-usb-reset.socket

plug_hanging()
{
	plug_usb usb-card --port=0 --serial=CARD-A --product="USB Video A" --id=1234:5678 "$@"
}

hang()
{
	journal_mark
	hung=$(clock)
	systemctl kill -s USR1 usb-card
}

show_recovery()
{
	echo "# $(status '.input.recovery | tostring')"
}

recovery()
{
	status ".input.recovery.$1"
}

recovery_is()
{
	[ "$(recovery "$1")" = "$2" ]
}

# ask WORDS: what the helper says to root
ask()
{
	python3 - "$1" <<-EOP
		import socket, sys
		with socket.socket(socket.AF_UNIX) as s:
		    s.settimeout(30)
		    s.connect("$socket")
		    s.sendall(sys.argv[1].encode())
		    print(s.recv(200).decode().strip())
	EOP
}

# may_connect USER: its groups and all
may_connect()
{
	setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups python3 -c \
		"import socket; socket.socket(socket.AF_UNIX).connect('$socket')"
}

step "a card whose stream must begin anew"
configure <<EOC
video: { size = "320x240"; rate = 10; format = "yuyv"; };
audio: { device = "tone"; bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 10; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOC
modprobe -a vhci-hcd uvcvideo snd-usb-audio
assert "nginx listens for RTMP" start_rtmp_server
assert "the card is plugged in" plug_hanging --cure=stream
within 30 "udev has started an instance" find_card
within 30 "the instance is up" active
within 15 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
pid=$(main_pid)
assert "the helper's socket is there" test -S $socket
hang
within 5 "the status says so" not_live
within 15 "it is live again" live
show_recovery
assert "by a restart of its stream" recovery_is restarts 1
assert "and nothing else" equal "$(recovery reopens) $(recovery resets) $(status .input.opens)" "0 0 1"

step "a card that only a reset of its device brings back"
systemctl stop usb-card
within 5 "the card is pulled" not_live
assert "another one is plugged in" plug_hanging --cure=reset
within 30 "it is live" live
opens=$(status .input.opens)
hang
within 5 "the status says so" not_live
within 40 "it is live again" live
show_recovery
assert "after one reset" equal "$(recovery resets) $(recovery failed_resets)" "1 0"
assert "it was opened anew before that and after" between 2 $(($(status .input.opens) - opens)) 20
within 5 "the journal says so" journal_has 'was reset'
assert "with its id" sh -c \
	"journalctl -b -o cat MESSAGE_ID=c4e7db2cdd3d42059da892a7471b8364 EGM_CARD=$card | grep -q ."
assert "once" equal "$(journalctl -b -o cat MESSAGE_ID=c4e7db2cdd3d42059da892a7471b8364 | wc -l)" 1
assert "the helper says which device" sh -c \
	"journalctl -b -o cat -t egm-usb-reset | grep -Fq 'USB device 1-1 (1234:5678) of card $card was reset'"
assert "the instance is still the same" equal "$(main_pid)" "$pid"

step "a card that is dead for a while"
systemctl stop usb-card
within 5 "the card is pulled" not_live
assert "another one is plugged in" plug_hanging
within 30 "it is live" live
resets=$(recovery resets)
hang
tried()
{
	[ $(($(clock) - hung)) -ge 3000 ]
}
wait_for 60 tried
assert "it is reset, but not at speed" between 0 $(($(recovery resets) - resets)) 1
show_recovery
assert "it is not live" not_live
systemctl kill -s USR1 usb-card
within 10 "alive again, it is live" live
assert "the instance is still the same" equal "$(main_pid)" "$pid"
assert "no reconnect" equal "$(output nginx reconnects)" 0

step "who may have a card reset, and which"
assert "not anybody" not may_connect nobody
assert "not who is in the service's group" sh -c \
	"! setpriv --reuid=nobody --regid=egm-streamer --clear-groups python3 -c \
	\"import socket; socket.socket(socket.AF_UNIX).connect('$socket')\""
assert "the service's user" may_connect egm-streamer
for name in "../../dev/sda" "1-1" "usb1" "" "no_such_card" "$(printf %02000d 1)"; do
	answer=$(ask "$name
")
	assert "\"$(echo "$name" | cut -c 1-20)\": $answer" not equal "$answer" ok
done
# Two at once. The later one is refused, or finds no card, because it has just been reset.
ask "$card
" >"$work/first" &
other=$!
ask "$card
" >"$work/second"
wait $other
cat "$work/first" "$work/second" >"$work/answers"
assert "not at speed: $(tr '\n' ';' <"$work/answers")" \
	between 0 "$(grep -cx ok "$work/answers")" 1
within 30 "the input is live" live
helper=egm-usb-reset@0-0-0.service
assert "its exposure is small" sh -c \
	"systemd-analyze security --threshold=15 --no-pager $helper >/dev/null"
assert "no capability is left to it" equal "$(systemctl show -P CapabilityBoundingSet $helper)" ""
grows_from nginx frames
within 5 "pictures go out" output_grows nginx frames
assert "no reconnect" equal "$(output nginx reconnects)" 0

systemctl stop "$(unit)"
cp "$(rtmp_sessions | head -n 1)" /job/stream.flv
assert "the server saw a single session" equal "$(rtmp_session_count)" 1
systemctl stop egm.target
assert "the socket goes with the target" not test -e $socket
assert "no unit has failed" no_failed_units
