# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The words that scenarios are written in. Sourced in the guest, as root, in an empty machine; and, with
# work set, on the host by what takes a scenario's recordings apart (NN-name.host.sh).
#
#   step WORDS               what comes now; also noted in the journal
#   assert NAME CMD…         one test line: CMD must succeed
#   within SECONDS NAME CMD… one test line: CMD must succeed before the time is over
#   wait_for SECONDS CMD…    the same without a test line; its status is CMD's
#   finish                   the plan; called by the driver after the scenario
#
# Nothing here sleeps for a guessed time; conditions are polled with a limit. Limits are generous,
# because the machine is emulated and its host is busy: they find what hangs, not what is slow.

work=${work:-/run/scenario}
card=
mkdir -p "$work"
[ ! -e /job/peek ] || cp /job/peek "$work/"
tests=0
failures=0
hung_journal= # its process, while it hangs

# Starts what stands for the world around the machine: it must not be the streamer's slice, to which
# the system gives more than others, that makes a server slow or a tone falter.
outside='systemd-run --quiet -p CPUWeight=2000'

### Test lines

note()
{
	sed 's/^/#   /'
}

# Not while it hangs: logger would hang with it.
tell_journal()
{
	[ -n "$hung_journal" ] || logger -t scenario -- "$*" 2>/dev/null || :
}

step()
{
	echo "# $*"
	tell_journal "$*"
}

report()
{
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $2"
		tell_journal "FAILED: $2"
	fi
}

assert()
{
	assert_name=$1
	shift
	assert_result=0
	"$@" >"$work/output" 2>&1 || assert_result=$?
	report "$assert_result" "$assert_name"
	[ "$assert_result" -eq 0 ] || {
		echo "#   $*"
		tail -n 20 "$work/output" | note
	}
}

# Hundredths of a second since the machine was started.
clock()
{
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}${uptime#*.}"
}

wait_for()
{
	wait_until=$(($(clock) + $1 * 100))
	shift
	until "$@"; do
		[ "$(clock)" -lt "$wait_until" ] || return 1
		sleep 0.1
	done
}

within()
{
	within_seconds=$1 within_name=$2
	shift 2
	within_start=$(clock)
	within_result=0
	wait_for "$within_seconds" "$@" >"$work/output" 2>&1 || within_result=1
	report "$within_result" "$within_name"
	echo "#   after $(($(clock) - within_start))0 ms, limit $within_seconds s"
	[ "$within_result" -eq 0 ] || {
		echo "#   $*"
		tail -n 5 "$work/output" | note
		[ -z "${card:-}" ] || show_status | note
	}
}

finish()
{
	echo "1..$tests"
	[ "$failures" -eq 0 ]
}

not()
{
	! "$@"
}

equal()
{
	echo "got '$1', wanted '$2'"
	[ "$1" = "$2" ]
}

# between LOW VALUE HIGH, decimal numbers
between()
{
	echo "got '$2', wanted $1 to $3"
	awk -v low="$1" -v value="$2" -v high="$3" \
		'BEGIN { exit !(value != "" && value + 0 >= low && value + 0 <= high) }'
}

### The package and its service

# install_package [DEB…]: egm-streamer when nothing is said
install_package()
{
	[ $# -gt 0 ] || set -- /job/debs/egm-streamer.deb
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 "$@" 2>&1
}

# With egmctl
install_both()
{
	install_package /job/debs/egm-streamer.deb /job/debs/egm-tools.deb
}

# Settings of this test from standard input. A drop-in, so that the package's own file stays as it
# was shipped.
configure()
{
	mkdir -p /etc/egm/streamer.conf.d
	cat >/etc/egm/streamer.conf.d/50-scenario.conf
}

# The instance that udev has started; the first one when there are several.
find_card()
{
	card=$(systemctl list-units --plain --no-legend 'egm-streamer@*.service' |
		sed -n 's/^egm-streamer@\(.*\)\.service .*/\1/p' | head -n 1)
	[ -n "$card" ]
}

unit()
{
	echo "egm-streamer@$card.service"
}

active()
{
	systemctl is-active --quiet "$(unit)"
}

main_pid()
{
	systemctl show -P MainPID "$(unit)"
}

pid_changed()
{
	pid_now=$(main_pid)
	[ "$pid_now" != 0 ] && [ "$pid_now" != "$1" ]
}

show_status()
{
	echo "status of $card:"
	jq -c . "/run/egm-streamer/$card/status.json" 2>&1
}

# status FILTER: a value out of the status file. Simple paths are not given to jq, see peek.c.
status()
{
	case $1 in
	*[!.a-z0-9_]*) jq -r "$1" "/run/egm-streamer/$card/status.json" ;;
	*) "$work/peek" "/run/egm-streamer/$card/status.json" "$1" ;;
	esac 2>/dev/null
}

status_is()
{
	[ "$(status "$1")" = "$2" ]
}

live()
{
	status_is .input_live true
}

not_live()
{
	status_is .input_live false
}

# output NAME FIELD
output()
{
	"$work/peek" "/run/egm-streamer/$card/status.json" ".outputs[$1].$2" 2>/dev/null
}

output_is()
{
	[ "$(output "$1" "$2")" = "$3" ]
}

# output_grows NAME FIELD: more than when grows_from was called for it
grows_from()
{
	output "$1" "$2" >"$work/grows-$1-$2"
}

output_grows()
{
	[ "$(output "$1" "$2")" -gt "$(cat "$work/grows-$1-$2")" ]
}

no_failed_units()
{
	systemctl --failed --no-legend --plain >"$work/failed"
	cat "$work/failed"
	[ ! -s "$work/failed" ]
}

no_process()
{
	not pgrep -a -x egm-streamer
}

# journal_mark, then journal_has PATTERN: a line of our service since the mark matches
journal_mark()
{
	journal_lines=$(journal_of_card | wc -l)
}

journal_of_card()
{
	journalctl -b --no-pager -o cat "_SYSTEMD_UNIT=$(unit)" + "EGM_INSTANCE=$card" 2>/dev/null
}

journal_has()
{
	journal_of_card | tail -n "+$((journal_lines + 1))" >"$work/journal"
	grep -Ei -- "$1" "$work/journal" || {
		cat "$work/journal"
		return 1
	}
}

# Stops journald and fills the queue of its socket, so that whoever sends to it from now on waits.
# Each sender has a limit of its own besides that of the queue. Until journal_goes_on, nothing may be
# started or called that talks to it.
hang_journal()
{
	hung_journal=$(systemctl show -P MainPID systemd-journald)
	kill -STOP "$hung_journal" || return 1
	python3 - <<-EOF
		import socket
		sent = True
		while sent:
		    sent = False
		    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
		        filler.setblocking(False)
		        try:
		            while True:
		                filler.sendto(b"MESSAGE=filler\\nPRIORITY=7\\n", "/run/systemd/journal/socket")
		                sent = True
		        except BlockingIOError:
		            pass
	EOF
}

journal_goes_on()
{
	kill -CONT "$hung_journal"
	hung_journal=
}

# delay_of CLOCK WORDS: milliseconds from what clock said to our next message that begins so
delay_of()
{
	journalctl -b --no-pager -o json "_SYSTEMD_UNIT=$(unit)" + "EGM_INSTANCE=$card" 2>/dev/null |
		jq -r --argjson from "$1" --arg words "$2" \
			'select((.MESSAGE | strings) | startswith($words)) |
				((.__MONOTONIC_TIMESTAMP | tonumber) / 1000 - $from * 10 | floor) |
				select(. >= 0)' |
		head -n 1
}

### Cards and sound

# One virtual card whose test picture stands still, without the clock in it.
load_vivid()
{
	modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0 || return 1
	wait_for 10 vivid_node >/dev/null || return 1
	v4l2-ctl -d "$(vivid_node)" -c osd_text_mode=2
}

vivid_node()
{
	for vivid_path in /sys/class/video4linux/video*; do
		case $(cat "$vivid_path/name") in
		vivid-*)
			[ -c "/dev/${vivid_path##*/}" ] || return 1
			echo "/dev/${vivid_path##*/}"
			return 0
			;;
		esac
	done
	return 1
}

unplug_vivid()
{
	echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
}

plug_vivid()
{
	echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
}

# A second of a tone is a whole number of waves: repeated, it has no seam.
load_loop_with_tone()
{
	modprobe snd-aloop index=5 id=Loop pcm_substreams=1 || return 1
	wait_for 10 test -e /dev/snd/controlC5 || return 1
	ffmpeg -v error -f lavfi -i "sine=$1:r=48000:d=1" -ac 2 -f s16le "$work/tone" || return 1
	cat >"$work/play-tone" <<-EOF
		#!/bin/sh
		while cat $work/tone; do :; done |
			aplay -q -t raw -f S16_LE -r 48000 -c 2 -D hw:Loop,0 --buffer-time=1000000
	EOF
	chmod +x "$work/play-tone"
	$outside --unit=tone -p CPUSchedulingPolicy=rr "$work/play-tone"
}

# plug_usb UNIT OPTION…: the simulated card, pulled by "systemctl stop UNIT"
plug_usb()
{
	usb_unit=$1
	shift
	$outside --unit="$usb_unit" -p CPUSchedulingPolicy=rr \
		/job/fakecard "$@"
}

### Two equal cards: one serial number, but a picture and a tone of their own. Scenarios call them "first"
### and "second"; who came first has the name of the serial number.

first=usb_video_same
second=usb_vhci_hcd_0_5
first_port=0 second_port=4 plugs=0
wrong=$work/wrong # a line for every name that was not right

plug_card()
{
	case $1 in
	first) set -- card-first --port=$first_port --tone=600 ;;
	second) set -- card-second --port=$second_port --tone=2400 --mirror ;;
	esac
	plug_usb "$@" --serial=SAME --product=USB-Video --id=1234:5678
}

pull_card()
{
	systemctl stop "card-$1"
}

# capture_node PORT: the kernel's name of the node that captures
capture_node()
{
	for node in /sys/devices/platform/vhci_hcd.0/usb*/*-$(($1 + 1))/*/video4linux/video*; do
		read -r index 2>/dev/null <"$node/index" || continue
		[ "$index" != 0 ] || {
			echo "${node##*/}"
			return 0
		}
	done
	return 1
}

# has_name PORT NAME: the link leads to the card in this port
has_name()
{
	node=$(capture_node "$1") && [ "$(readlink "/dev/egm/$2")" = "../$node" ]
}

named()
{
	case $1 in
	first) has_name $first_port $first ;;
	second) has_name $second_port $second ;;
	esac
}

# plug CARD…: one after the other, without waiting in between
plug()
{
	for which; do
		plug_card "$which"
	done
	for which; do
		wait_for 20 named "$which" || {
			echo "plug $plugs: $which is not called so" >>"$wrong"
			ls -l /dev/egm >>"$wrong"
		}
		plugs=$((plugs + 1))
	done
}

links()
{
	find /dev/egm -type l 2>/dev/null | wc -l
}

# streams NAME PORT: picture and sound are live, and the sound comes from the card in that port
streams()
{
	status_of=/run/egm-streamer/$1/status.json
	picture=$("$work/peek" "$status_of" .input_live)
	sound=$("$work/peek" "$status_of" .audio.live)
	device=$("$work/peek" "$status_of" .audio.device)
	number=${device#hw:}
	path=$(readlink -f "/sys/class/sound/card${number%%,*}/device")
	echo "$1: picture $picture, sound $sound, $device is $path"
	case $picture,$sound,$path in
	true,true,*-$(($2 + 1)):1.*) return 0 ;;
	*) return 1 ;;
	esac
}

both_stream()
{
	streams $first $first_port && streams $second $second_port
}

# boot CARD CARD: udev knows nothing any more and looks at the cards in this order
boot()
{
	systemctl stop systemd-udevd.service systemd-udevd-kernel.socket \
		systemd-udevd-control.socket
	rm -rf /run/udev/data /run/egm-cards /dev/egm
	systemctl start systemd-udevd-kernel.socket systemd-udevd-control.socket \
		systemd-udevd.service
	udevadm trigger --settle --action=add --subsystem-match=video4linux
	[ ! -e /dev/egm ] || echo "boot: names too early" >>"$wrong"
	mkdir -p /run/egm-cards
	for which; do
		case $which in
		first) node=$(capture_node $first_port) ;;
		second) node=$(capture_node $second_port) ;;
		esac
		udevadm trigger --settle --action=add "/sys/class/video4linux/$node"
	done
	for which; do
		named "$which" || echo "boot $*: $which is not called so" >>"$wrong"
	done
	[ "$(links)" -eq $# ] || echo "boot $*: $(links) names" >>"$wrong"
}

no_wrong_name()
{
	[ ! -s "$wrong" ] || {
		note <"$wrong"
		return 1
	}
}

all_named()
{
	named first && named second && [ "$(links)" -eq 2 ]
}

# Whoever streams would take most of the emulated machine's time.
without_streams()
{
	systemctl mask --runtime --now egm.target
}

with_streams()
{
	systemctl unmask --runtime egm.target && systemctl start egm.target
}

### Servers

# In place of the original, which has FFmpeg read the cards: a program that reads those of its settings,
# /etc/egm-streamer/NAME.yaml, and its unit, egm-streamer@NAME. Writing the one and starting the other
# is left to the caller. It takes five pictures a second, which cost the machine little. None of its
# processes has the name of ours.
place_original()
{
	mkdir -p /opt/egm-streamer/venv/bin /etc/egm-streamer
	cat >/opt/egm-streamer/venv/bin/egm-streamer <<-'END'
		#!/bin/sh
		[ "$1 $2" = "serve --config" ] && [ -r "$3" ] || exit 1
		set -- $(sed -n 's/^ *input_device: //p' "$3")
		while [ $# -gt 1 ]; do
			v4l2-ctl -d "$1" --set-parm=5 --stream-mmap >/dev/null 2>&1 &
			shift
		done
		exec v4l2-ctl -d "$1" --set-parm=5 --stream-mmap >/dev/null 2>&1
	END
	chmod 755 /opt/egm-streamer/venv/bin/egm-streamer
	cat >/etc/systemd/system/egm-streamer@.service <<-END
		[Unit]
		Description=EGM Streamer %i
		After=network-online.target
		[Service]
		ExecStart=/opt/egm-streamer/venv/bin/egm-streamer serve --config /etc/egm-streamer/%i.yaml
		Restart=always
		RestartSec=5
		StateDirectory=egm-streamer
		[Install]
		WantedBy=multi-user.target
	END
}

# nginx with the RTMP module. Each session of a publisher becomes a file of its own in $work/rtmp,
# exactly as the server has received it.
start_rtmp_server()
{
	mkdir -p "$work/rtmp"
	chmod 777 "$work" "$work/rtmp"
	cat >"$work/nginx.conf" <<-EOF
		load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
		user root;
		daemon off;
		worker_processes 1;
		pid $work/nginx.pid;
		error_log $work/nginx.log info;
		events { worker_connections 64; }
		rtmp {
			server {
				listen 127.0.0.1:1935;
				application live {
					live on;
					record all;
					record_path $work/rtmp;
					record_unique on;
				}
			}
		}
	EOF
	$outside --unit=rtmp-server nginx -c "$work/nginx.conf" || return 1
	wait_for 20 listening tcp 1935
}

stop_rtmp_server()
{
	systemctl kill -s KILL rtmp-server
	systemctl stop rtmp-server
	systemctl reset-failed rtmp-server 2>/dev/null
	wait_for 5 not listening tcp 1935
}

rtmp_sessions()
{
	find "$work/rtmp" -name '*.flv' -size +8k | sort
}

rtmp_session_count()
{
	rtmp_sessions | wc -l
}

start_srt_server()
{
	$outside --unit=srt-server sh -c "exec srt-live-transmit -q -chunk:1316 \
		'srt://127.0.0.1:9710?mode=listener&latency=200' file://con >'$work/srt.ts'" || return 1
	wait_for 10 listening udp 9710
}

listening()
{
	case $1 in
	tcp) ss -Hltn "sport = :$2" | grep -q . ;;
	udp) ss -Hlun "sport = :$2" | grep -q . ;;
	esac
}

### What arrived
#
# ffprobe takes seconds to start in here, so what it says of a file is kept beside it. A file must
# be whole, that is, its publisher gone, before it is looked at.

# inspect FILE: leaves FILE.packets ("video|audio DTS FLAGS") and FILE.streams
inspect()
{
	[ ! -e "$1.packets" ] || return 0
	inspect_stream=codec_type,codec_name,profile,width,height,sample_rate,channels
	ffprobe -v error -of compact "$1" >"$1.facts" 2>/dev/null \
		-show_entries "packet=codec_type,dts_time,flags:stream=$inspect_stream"
	sed -n 's/^packet|codec_type=\([a-z]*\)|dts_time=\([0-9.-]*\)|flags=\([^|]*\).*/\1 \2 \3/p' \
		"$1.facts" >"$1.packets"
	grep '^stream|' "$1.facts" >"$1.streams"
}

# packets FILE video|audio: "DTS FLAGS"
packets()
{
	inspect "$1"
	sed -n "s/^$2 //p" "$1.packets"
}

# stream_is FILE video|audio KEY=VALUE…
stream_is()
{
	inspect "$1"
	grep "|codec_type=$2" "$1.streams" >"$work/stream"
	cat "$work/stream"
	shift 2
	for stream_fact; do
		grep -Fq "|$stream_fact" "$work/stream" || return 1
	done
}

# times_increase FILE [TRACK]: in both when nothing is said
times_increase()
{
	for track in ${2:-video audio}; do
		packets "$1" "$track" | awk -v track="$track" '
			NR > 1 && $1 <= last { print track ": " $1 " after " last; bad = 1 }
			{ last = $1 }
			END { if (NR < 10) print track ": only " NR " packets"; exit bad || NR < 10 }' ||
			return 1
	done
}

# largest_gap FILE video|audio: seconds between a packet and the next
largest_gap()
{
	packets "$1" "$2" | awk 'NR > 1 && $1 - last > gap { gap = $1 - last }
		{ last = $1 } END { printf "%.3f\n", gap }'
}

# picture_rate FILE: pictures a second, over the whole file
picture_rate()
{
	packets "$1" video | awk 'NR == 1 { first = $1 } { last = $1 }
		END { if (last > first) printf "%.2f\n", (NR - 1) / (last - first) }'
}

starts_with_keyframe()
{
	packets "$1" video | awk '{ print; bad = $2 !~ /^K/; exit } END { exit bad || !NR }'
}

# decodes FILE [SECONDS]: without a single complaint of a demuxer or decoder, in all of it or up to
# there; that the recording was cut off does not count
decodes()
{
	ffmpeg -nostdin -v error -i "$1" -map 0 ${2:+-t "$2"} -f null - 2>&1 |
		grep -vE '^\[null @|Last message repeated|Packet mismatch|end of file' >"$work/decode"
	cat "$work/decode"
	[ ! -s "$work/decode" ]
}

# tone_share FILE START HZ: how much of the sound's energy after START seconds lies around HZ, in dB;
# 0 is all of it. This holds too when the sound has holes, as it may have in here: under emulation the
# AAC encoder is hardly faster than the clock.
tone_share()
{
	ffmpeg -nostdin -v info -ss "$2" -i "$1" -filter_complex \
		"[0:a]asplit[x][y];[x]astats@all[all];[y]bandpass=f=$3:width_type=h:w=150,astats@band[band]" \
		-map '[all]' -f null - -map '[band]' -f null - 2>&1 |
		awk '/RMS level dB/ { if (/@all/ || /all @/) all = $NF; else band = $NF }
			END { if (all != "" && all != "-inf") printf "%.1f\n", band - all }'
}

# likeness FILE REFERENCE: dB between the file's last pictures and a raw YUYV picture of 320x180
likeness()
{
	timeout 120 ffmpeg -nostdin -v info -ss 5 -t 3 -i "$1" \
		-f rawvideo -pixel_format yuyv422 -video_size 320x180 -i "$2" \
		-lavfi '[1:v]format=yuv420p,loop=200:1[r];[0:v]format=yuv420p[v];[v][r]psnr=shortest=1' \
		-frames:v 5 -f null - 2>&1 |
		sed -n 's/.*PSNR.*average:\([0-9.a-z]*\).*/\1/p' | sed 's/inf/99/'
}
