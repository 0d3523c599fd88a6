# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the unit promises, looked at from outside: the sandbox, the slice, switching it off so that it
# lasts, coming back however often it is killed, and that no key shows.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

# shown PROPERTY VALUE
shown()
{
	equal "$(systemctl show -P "$1" "$(unit)")" "$2"
}

# Each of the kernel's words for what the process may do.
kernel_says()
{
	grep "^$1:" "/proc/$(main_pid)/status"
	[ "$(awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(main_pid)/status")" = "$2" ]
}

look_at_cards()
{
	udevadm trigger --subsystem-match=video4linux --action=change && udevadm settle
}

step "a running stream whose address holds a key"
assert "nginx listens for RTMP" start_rtmp_server
configure <<EOF
video: { size = "320x180"; rate = 15; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}?key=\${credential:srs}"; } );
EOF
mkdir -p /etc/egm/keys
(umask 077 && echo open-sesame >/etc/egm/keys/srs)
assert "vivid is there" load_vivid
within 30 "udev has started an instance" find_card
within 20 "the instance is up" active
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running

step "the sandbox"
for capabilities in CapInh CapPrm CapEff CapBnd CapAmb; do
	assert "no capability: $capabilities" kernel_says $capabilities 0000000000000000
done
assert "no new privileges" kernel_says NoNewPrivs 1
assert "system calls are filtered" kernel_says Seccomp 2
assert "the exposure is what we say" systemd-analyze security --no-pager --threshold=15 "$(unit)"
assert "it tells when it is ready" shown Type notify
assert "the watchdog looks after it" shown WatchdogUSec 20s
assert "it runs as its own user" shown User egm-streamer
assert "in a slice of its own" shown Slice egm.slice
assert "the status line says something" test -n "$(systemctl show -P StatusText "$(unit)")"
echo "# $(systemctl show -P StatusText "$(unit)")"
assert "the slice holds it" \
	equal "$(cat "/proc/$(main_pid)/cgroup")" "0::/egm.slice/$(unit)"
systemctl set-property --runtime egm.slice CPUQuota=150%
assert "what the slice may use can be changed" equal "$(cat /sys/fs/cgroup/egm.slice/cpu.max)" "150000 100000"
systemctl set-property --runtime egm.slice CPUQuota=

step "the key"
assert "the server got it" sh -c "ls $work/rtmp | grep -q ."
assert "systemd does not show it" not sh -c "systemctl show '$(unit)' | grep open-sesame"
assert "its command line does not show it" not grep -a open-sesame "/proc/$(main_pid)/cmdline"
assert "the environment does not show it" not grep -a open-sesame "/proc/$(main_pid)/environ"
assert "the journal does not show it" not sh -c "journalctl -b --no-pager -u '$(unit)' | grep open-sesame"
assert "the status does not show it" not grep -r open-sesame /run/egm-streamer

step "off means off"
assert "one card is masked" systemctl mask --now "$(unit)"
assert "udev looks at it again" look_at_cards
assert "it stays off" not active
assert "and no process runs" no_process
assert "it is let go" systemctl unmask "$(unit)"
assert "udev looks at it again" look_at_cards
within 30 "it is up" active
assert "all cards are masked" systemctl mask --now egm.target
assert "udev looks at them again" look_at_cards
assert "they stay off" no_process
assert "they are let go" sh -c 'systemctl unmask egm.target && systemctl start egm.target'
within 30 "it is up" active
within 20 "the input is live" live

step "killed ten times in a row"
for turn in 1 2 3 4 5 6 7 8 9 10; do
	pid=$(main_pid)
	systemctl kill -s KILL "$(unit)"
	wait_for 30 pid_changed "$pid" || break
done
assert "systemd started it each time" equal "$turn" 10
within 20 "it is up" active
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running

step "a card that is not there"
assert "its start does not hang" timeout 45 systemctl start egm-streamer@nobody
systemctl stop egm-streamer@nobody
systemctl reset-failed egm-streamer@nobody 2>/dev/null
assert "no unit has failed" no_failed_units
