# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What an instance takes, what it may take, and what it gets when others want all of the machine: limits
# and weights of the installed unit and its slice, under stress.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

cgroup=/sys/fs/cgroup

# cgroup_of CARD
cgroup_of()
{
	echo "$cgroup/egm.slice/egm-streamer@$1.service"
}

# limit_of PROPERTY of the unit's, as a number
limit_of()
{
	systemctl show -P "$1" "$(unit)"
}

# well_below VALUE LIMIT: a quarter of it at most
well_below()
{
	echo "$1 of $2"
	[ "$1" -gt 0 ] && [ "$1" -le $(($2 / 4)) ]
}

figures_of()
{
	systemctl show -p MainPID,NRestarts "egm-streamer@$1.service" | paste -sd ' '
}

killed_by_limit()
{
	journalctl -b --no-pager -o cat _PID=1 "UNIT=$(unit)" >"$work/journal"
	grep -E "$1" "$work/journal"
}

# counted: pictures that went to the server so far, and since when, in seconds
counted()
{
	status '(.outputs[] | select(.name == "nginx") | .frames), .uptime' | paste -sd ' '
}

longer()
{
	counted >"$work/counted"
	awk -v from="$1" '{ exit !($2 >= from + 6) }' "$work/counted"
}

# measure NAME: pictures that go out in a second, in six of the service's own seconds, to $work/rate-NAME
measure()
{
	set -- "$1" $(counted)
	wait_for 30 longer "$3"
	awk -v frames="$2" -v from="$3" '{ printf "%.2f\n", ($1 - frames) / ($2 - from) }' \
		"$work/counted" >"$work/rate-$1"
	echo "# $1: $(cat "$work/rate-$1") pictures a second"
}

# share NAME: of what goes out when nobody else wants anything
share()
{
	echo "$(cat "$work/rate-$1") $(cat "$work/rate-alone")" | awk '{ printf "%.2f\n", $1 / $2 }'
}

# What the slice has had of the processors, in microseconds
used()
{
	sed -n 's/^usage_usec //p' "$cgroup/$1/cpu.stat"
}

# As apt upgrade would, among the system's own services: all processors, and the disk that is written to
start_stress()
{
	systemd-run --quiet --unit=upgrade stress-ng --cpu 4 --hdd 2 --hdd-bytes 8M \
		--hdd-opts wr-seq,fsync --temp-path "$disk" || return 1
	wait_for 30 stressed
}

stressed()
{
	[ "$(pgrep -c -f 'stress-ng-(cpu|hdd)')" -ge 6 ] && [ "$(used system.slice/upgrade.service)" -gt 2000000 ]
}

step "two cards"
disk=/var/lib/egm-streamer/disk
modprobe -a bfq loop
mkdir -p "$disk"
truncate -s 128M /run/disk
assert "a disk whose scheduler knows weights" sh -c "
	loop=\$(losetup --show -f /run/disk) && echo bfq >/sys/block/\${loop#/dev/}/queue/scheduler &&
	mkfs.ext4 -q \$loop && mount \$loop $disk && chmod 1777 $disk"
configure <<CONF
video: { size = "320x180"; rate = 5; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "200k"; gop = 5; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
CONF
assert "nginx listens for RTMP" start_rtmp_server
assert "two cards appear" modprobe vivid n_devs=2 node_types=0x1,0x1 num_inputs=1,1 input_types=0,0
for card in vivid_001 vivid_000; do
	within 60 "$card: the input is live" live
	within 20 "$card: RTMP is running" output_is nginx state running
done

step "limits"
assert "the memory limit is the unit's" \
	equal "$(cat "$(cgroup_of "$card")/memory.max")" "$(limit_of MemoryMax)"
assert "it is well below that, and always was" \
	well_below "$(cat "$(cgroup_of "$card")/memory.peak")" "$(limit_of MemoryMax)"
echo "# memory: $(($(cat "$(cgroup_of "$card")/memory.peak") >> 10)) KiB at most of $(($(limit_of MemoryMax) >> 10))"
assert "the limit of tasks is the unit's" \
	equal "$(cat "$(cgroup_of "$card")/pids.max")" "$(limit_of TasksMax)"
assert "it is well below that" well_below "$(limit_of TasksCurrent)" "$(limit_of TasksMax)"
echo "# tasks: $(limit_of TasksCurrent) of $(limit_of TasksMax)"

step "more tasks than allowed"
pid=$(main_pid)
systemctl set-property --runtime "$(unit)" TasksMax="$(limit_of TasksCurrent)"
assert "one more output is refused" not busctl --system call "org.egm.Streamer1.$card" \
	/org/egm/Streamer1 org.egm.Streamer1 AddOutput ss more "$disk/more.ts"
note <"$work/output"
grows_from nginx frames
within 10 "the others go on" output_grows nginx frames
systemctl set-property --runtime "$(unit)" TasksMax=256
assert "with a limit as before it is taken" busctl --system call "org.egm.Streamer1.$card" \
	/org/egm/Streamer1 org.egm.Streamer1 AddOutput ss more "$disk/more.ts"
assert "the instance is still the same" equal "$(main_pid)" "$pid"

step "more memory than allowed"
other=$(figures_of vivid_001)
systemctl set-property --runtime "$(unit)" MemoryMax=4M
within 20 "it is killed for it" killed_by_limit "killed by the OOM killer"
within 20 "and the journal says that this was the reason" killed_by_limit "Failed with result 'oom-kill'"
systemctl set-property --runtime "$(unit)" MemoryMax=1G
within 30 "systemd starts it again" active
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
assert "it is another process" not equal "$(main_pid)" "$pid"
assert "the other card's instance was left alone" equal "$(figures_of vivid_001)" "$other"
assert "and is live" sh -c "jq -e .input_live /run/egm-streamer/vivid_001/status.json"
assert "no unit has failed" no_failed_units
systemctl revert "$(unit)"

step "weights"
assert "the slice's processors" equal "$(cat $cgroup/egm.slice/cpu.weight)" 500
assert "more than the system's" equal "$(cat $cgroup/system.slice/cpu.weight)" 100
cat $cgroup/egm.slice/io.*weight | note
assert "the slice's disks" between 101 "$(sed -n 's/^default //p' $cgroup/egm.slice/io.bfq.weight)" 1000
assert "each card has its share of both" equal \
	"$(cat "$(cgroup_of "$card")/cpu.weight") $(cat "$(cgroup_of "$card")/io.weight")" \
	"100 default 100"

step "everybody wants all of it"
systemctl stop egm-streamer@vivid_001.service
# The driver of the test, as the servers, is no part of what is tested.
systemctl set-property --runtime guest-job.service CPUWeight=2000
configure <<CONF
video: { size = "640x360"; rate = 15; };
audio: { device = "tone"; bitrate = "48k"; };
encoder: { preset = "ultrafast"; bitrate = "500k"; gop = 15; };
output: { queue = "20s"; };
outputs = (
	{ name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; },
	{ name = "disk"; url = "$disk/live.ts"; }
);
CONF
assert "the instance is started anew" systemctl restart "$(unit)"
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
within 15 "the file is written" output_is disk state running
pid=$(main_pid)
begin=$(used egm.slice) begin_time=$(clock)
measure alone
echo "# the slice uses $((($(used egm.slice) - begin) / 100 / ($(clock) - begin_time))) % of a processor"
assert "as much as an upgrade may" start_stress
begin=$(used egm.slice) begin_time=$(clock)
grows_from disk frames
measure stress
echo "# the slice uses $((($(used egm.slice) - begin) / 100 / ($(clock) - begin_time))) % of a processor"
assert "its pictures go out all the same" between 0.7 "$(share stress)" 2
within 10 "to the disk as well" output_grows disk frames
systemctl set-property --runtime egm.slice CPUWeight=5
measure weak
systemctl set-property --runtime egm.slice CPUWeight=500
assert "with hardly any weight this would have been noticed" between 0 "$(share weak)" 0.69
systemctl stop upgrade
assert "nobody was started anew" equal "$(main_pid) $(systemctl show -P NRestarts "$(unit)")" "$pid 0"
assert "no reconnect" equal "$(output nginx reconnects) $(output disk reconnects)" "0 0"
assert "nothing was dropped on the way" equal "$(output nginx dropped) $(output disk dropped)" "0 0"
assert "no unit has failed" no_failed_units
