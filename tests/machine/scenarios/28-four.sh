# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Four cards at once: one loses its signal, one is pulled, one hangs and then fails, and the fourth,
# whose sound card is pulled, too, loses no picture. Each fault is in the journal of its own
# card, once, with its end; and in each of them SIGTERM ends an instance.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

healthy=vivid_000 dark=vivid_001 pulled=vivid_002 hung=vivid_003

# of CARD CMD…
of()
{
	card=$1
	shift
	"$@"
}

# control CARD NAME=VALUE; the node may have another number by now
control()
{
	v4l2-ctl -d "$(readlink -f "/dev/egm/$1")" -c "$2"
}

# tells CARD BEGIN END: since the mark, each once, one after the other, and nothing after them
tells()
{
	card=$1
	journal_of_card | tail -n "+$(($(cat "$work/mark-$1") + 1))" | grep -E "$2|$3" >"$work/told"
	cat "$work/told"
	[ "$(wc -l <"$work/told")" -eq 2 ] && head -n 1 "$work/told" | grep -Eq "$2" &&
		tail -n 1 "$work/told" | grep -Eq "$3"
}

# But that nginx is too slow, which on a busy host it may be.
says_nothing()
{
	card=$1
	journal_of_card | tail -n "+$(($(cat "$work/mark-$1") + 1))" >"$work/told"
	cat "$work/told"
	not grep -Evq 'Output nginx (does not keep up|keeps up again)' "$work/told"
}

# mark CARD…
mark()
{
	for card; do
		journal_of_card | wc -l >"$work/mark-$card"
	done
}

more()
{
	[ "$(status "$1")" -gt "$2" ]
}

# A restart that seemed not to help is followed by opening it anew.
recoveries()
{
	status '.input.recovery | .restarts + .reopens'
}

mended_since()
{
	[ "$(recoveries)" -gt "$1" ]
}

# What must stay as it is for the healthy one, whatever happens to the others
lost_pictures()
{
	status '.input | [.dropped, .errors, .opens, .placeholders] | join(" ")'
}

# unharmed BEFORE: the host may have been too busy for some pictures, for less than a second of them
unharmed()
{
	# shellcheck disable=SC2046,SC2086
	set -- $1 $(lost_pictures)
	echo "dropped, errors, opens, placeholders: were $1 $2 $3 $4, are $5 $6 $7 $8"
	[ $(($5 - $1)) -lt 5 ] && [ "$2 $3 $4" = "$6 $7 $8" ]
}

sound_is()
{
	status_is .audio.live "$1"
}

# What was encoded lately is no silence, or is
loud()
{
	status '.audio.rms_db[0] > -40' | grep -x true
}

quiet()
{
	not loud
}

loop_card()
{
	echo snd_aloop.0 >"/sys/bus/platform/drivers/snd_aloop/$1"
}

# It has gone with its card.
forget_player()
{
	systemctl stop tone 2>/dev/null
	systemctl reset-failed tone 2>/dev/null
	:
}

play_on()
{
	forget_player
	$outside --unit=tone -p CPUSchedulingPolicy=rr "$work/play-tone"
}

# All devices of vivid's hang together, so one cannot be unbound. A card that is told to be gone is back
# when it was closed by all; so somebody keeps it open.
pull()
{
	pulled_node=$(readlink -f /dev/egm/$pulled)
	systemd-run --quiet --unit=keeper sh -c "exec sleep infinity <$pulled_node"
	wait_for 10 kept && v4l2-ctl -d "$pulled_node" -c disconnect=1
}

kept()
{
	find "/proc/$(systemctl show -P MainPID keeper)/fd" -lname "$pulled_node" | grep .
}

# What systemd measured from the stop to the end, in milliseconds
stop_time()
{
	echo $((($(systemctl show -P ExecMainExitTimestampMonotonic "$(unit)") - \
		$(systemctl show -P ActiveExitTimestampMonotonic "$(unit)")) / 1000))
}

step "four cards, one of them with HDMI and one with a sound card"
configure <<EOC
video: { size = "320x180"; rate = 5; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "200k"; gop = 5; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOC
cat >/etc/egm/cards/$healthy.conf <<EOC
audio: { device = "hw:Loop,1"; bitrate = "48k"; };
EOC
assert "the loop-back sound card plays" load_loop_with_tone 440
assert "nginx listens for RTMP" start_rtmp_server
assert "four cards appear" modprobe vivid n_devs=4 node_types=0x1,0x1,0x1,0x1 \
	num_inputs=1,1,1,1 input_types=0,3,0,0
for card in $healthy $dark $pulled $hung; do
	within 60 "$card: the input is live" live
	within 20 "$card: RTMP is running" output_is nginx state running
done
card=$healthy
within 20 "its sound is live" sound_is true
mark $healthy $dark $pulled $hung
for card in $healthy $dark $pulled $hung; do
	echo "$card $(main_pid)"
done >"$work/pids"
card=$healthy
before=$(lost_pictures)
show_status | note

step "one loses its signal, one is pulled, one hangs"
frames=$(status .input.frames)
assert "no signal" control $dark dv_timings_signal_mode=1
assert "pulled" pull
assert "no more pictures" control $hung percentage_of_dropped_buffers=100
within 10 "$dark: is not live" of $dark not_live
within 10 "$pulled: is not live" of $pulled not_live
within 10 "$hung: is not live" of $hung not_live
card=$healthy
within 20 "$healthy: goes on" more .input.frames $((frames + 25))
assert "the signal is back" control $dark dv_timings_signal_mode=0
assert "it is plugged in again" systemctl stop keeper
assert "the card is awake" control $hung percentage_of_dropped_buffers=0
for card in $dark $pulled $hung; do
	within 30 "$card: is live again" live
done
mended=$(of $hung recoveries)
assert "a stream that breaks" control $hung inject_fatal_streaming_error=1
within 10 "$hung: it is mended" of $hung mended_since "$mended"
within 10 "$hung: and live" of $hung live
card=$healthy
assert "the healthy one has taken no harm" unharmed "$before"
assert "and has nothing to say" says_nothing $healthy
for card in $dark $pulled $hung; do
	assert "$card: told once, with its end" tells "$card" "Input is not live" "Input is live"
	note <"$work/told"
done

step "its sound card is pulled"
mark $healthy
before=$(lost_pictures)
assert "the sound card is gone" loop_card unbind
within 10 "there is no sound" sound_is false
within 10 "silence goes out" quiet
grows_from nginx frames
within 10 "with pictures" output_grows nginx frames
assert "the sound card is back" loop_card bind
assert "it plays" play_on
within 20 "there is sound again" sound_is true
within 10 "which is heard" loud
assert "its picture has taken no harm" unharmed "$before"
assert "its session is the same" equal "$(output nginx reconnects)" 0
assert "told once, with its end" tells $healthy "No sound, silence is sent" "Sound is live"

step "each ends, whatever is wrong with its card"
assert "no sound card" loop_card unbind
assert "no signal" control $dark dv_timings_signal_mode=1
assert "no more pictures" control $hung percentage_of_dropped_buffers=100
assert "pulled" pull
for card in $dark $hung $pulled; do
	within 10 "$card: is not live" not_live
done
card=$healthy
within 10 "there is no sound" sound_is false
for card in $healthy $dark $pulled $hung; do
	assert "$card: is the same, with the same session" equal \
		"$(main_pid) $(output nginx reconnects)" "$(sed -n "s/^$card //p" "$work/pids") 0"
done
systemctl stop egm-streamer@$healthy egm-streamer@$dark egm-streamer@$pulled egm-streamer@$hung
for card in $healthy $dark $pulled $hung; do
	assert "$card: ends within two seconds (and one for the emulation)" between 0 "$(stop_time)" 3000
	echo "# $(stop_time) ms"
done
forget_player
assert "each card had a single session" equal "$(rtmp_session_count)" 4
assert "no unit has failed" no_failed_units
