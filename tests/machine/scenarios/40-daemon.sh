# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The daemon killed, stopped, and given configuration that cannot be used.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

step "a running stream"
mkdir -p /run/systemd/system/egm-streamer@.service.d
printf '[Service]\nWatchdogSec=5s\n' >/run/systemd/system/egm-streamer@.service.d/scenario.conf
systemctl daemon-reload
write_settings()
{
	configure <<-EOF
		video: { size = "320x180"; rate = 15; };
		audio: { device = "none"; };
		encoder: { preset = "ultrafast"; bitrate = "$1"; gop = 15; };
		outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
	EOF
}
write_settings 400k
assert "nginx listens for RTMP" start_rtmp_server
assert "vivid is there" load_vivid
within 30 "udev has started an instance" find_card
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running

step "killed"
pid=$(main_pid)
systemctl kill -s KILL "$(unit)"
within 15 "systemd starts it again" pid_changed "$pid"
within 20 "it is up" active
within 15 "RTMP is running" output_is nginx state running

step "stopped in its tracks"
pid=$(main_pid)
journal_mark
kill -STOP "$pid"
within 25 "the watchdog ends it and systemd starts it again" pid_changed "$pid"
within 20 "it is up" active
within 10 "the input is live" live
within 15 "RTMP is running" output_is nginx state running

step "a configuration that cannot be read"
pid=$(main_pid)
assert "--check-config is content with the good one" egm-streamer --check-config
printf 'video: { size = "320x180"; };\noutputs = ( { name = "nginx"; url =\n' | configure
egm-streamer --check-config >"$work/check" 2>&1
check_status=$?
note <"$work/check"
assert "--check-config fails" not equal "$check_status" 0
assert "it names the file and a line" grep -E '50-scenario\.conf:[0-9]+' "$work/check"
journal_mark
systemctl reload "$(unit)"
within 5 "the journal is loud about it" journal_has '50-scenario\.conf'
assert "the instance goes on" equal "$(main_pid)" "$pid"
grows_from nginx frames
within 5 "and so do its pictures" output_grows nginx frames

step "started with it"
journal_mark
systemctl restart "$(unit)"
within 30 "the instance is up" active
within 10 "the input is live" live
within 15 "RTMP is running: the last good configuration" output_is nginx state running
within 5 "the journal says which configuration this is" journal_has 'last good|last-good|/var/lib'

step "a value that is not allowed"
write_settings many
egm-streamer --check-config >"$work/check" 2>&1
check_status=$?
note <"$work/check"
assert "--check-config fails" not equal "$check_status" 0
assert "it names file, line and key" grep -E '50-scenario\.conf:3.*bitrate' "$work/check"

step "an unknown key"
write_settings 400k
echo 'colour = "blue";' >>/etc/egm/streamer.conf.d/50-scenario.conf
egm-streamer --check-config >"$work/check" 2>&1
assert "--check-config names it" grep colour "$work/check"

step "mended"
pid=$(main_pid)
write_settings 300k
assert "--check-config is content" egm-streamer --check-config
journal_mark
assert "the reload succeeds" systemctl reload "$(unit)"
assert "the instance goes on" equal "$(main_pid)" "$pid"
within 10 "RTMP is running" output_is nginx state running
grows_from nginx frames
within 5 "pictures go out" output_grows nginx frames
assert "--dump-config shows the value and its file" \
	sh -c "egm-streamer --dump-config | grep -E '300.*50-scenario.conf|50-scenario.conf.*300'"
assert "no unit has failed" no_failed_units
