# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The installed service on the system's own bus, in its sandbox and as its own user, with the system's
# polkit: who may see it and who may control it.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

streamer=org.egm.Streamer1
path=/org/egm/Streamer1

# as USER call|get-property MEMBER [SIGNATURE VALUE]
as()
{
	setpriv --reuid="$1" --regid="$1" --init-groups busctl --timeout=20 "$2" \
		"$streamer.$card" "$path" "$streamer" "$3" ${4:+"$4" "$5"} 2>&1
}

property()
{
	as "$1" get-property "$2"
}

property_is()
{
	[ "$(property root "$1")" = "$2" ]
}

owner()
{
	busctl --system --no-pager list --acquired | awk -v name="$streamer.$card" '$1 == name { print $4 }'
}

owner_is()
{
	[ "$(owner)" = "$1" ]
}

refused()
{
	as "$@" >"$work/refused" && return 1
	cat "$work/refused"
	grep -Eiq 'denied|interactive auth' "$work/refused"
}

step "a running stream"
configure <<EOF
video: { size = "320x180"; rate = 15; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "300k"; gop = 15; };
outputs = ( { name = "file"; url = "/var/lib/egm-streamer/bus.ts"; } );
EOF
printf 'u pilot -\nu visitor -\n' | systemd-sysusers -
mkdir -p /etc/polkit-1/rules.d
cat >/etc/polkit-1/rules.d/50-egm.rules <<EOF
polkit.addRule(function(action, subject) {
    if (action.id.indexOf("org.egm.streamer1.") == 0 && subject.user == "pilot")
        return polkit.Result.YES;
});
EOF
chmod 0644 /etc/polkit-1/rules.d/50-egm.rules
assert "vivid is there" load_vivid
within 30 "udev has started an instance" find_card
within 20 "the input is live" live
within 30 "it has its name, as the service's user" owner_is egm-streamer

step "everybody may look"
within 20 "it runs" property_is State 's "running"'
assert "a visitor sees it" equal "$(property visitor State)" 's "running"'
as visitor call GetStatus >"$work/status"
assert "and its status" grep -q input_live "$work/status"

step "not everybody may act"
assert "a visitor may not stop it" refused visitor call Stop
assert "nor set the bitrate" refused visitor call SetBitrate t 400000
assert "nor reload it" refused visitor call Reload
assert "it runs on" property_is State 's "running"'
assert "root may set the bitrate" as root call SetBitrate t 400000
assert "and it is set" property_is TargetBitrate "t 400000"
assert "so may whom a rule allows" as pilot call SetBitrate t 350000
assert "and it is set" property_is TargetBitrate "t 350000"
assert "who may stop it" as pilot call Stop
assert "and it is stopped" property_is State 's "stopped"'
assert "and start it" as pilot call Start
within 20 "and it runs" property_is State 's "running"'
assert "and reload it" as pilot call Reload
assert "which brings back the bitrate of the files" property_is TargetBitrate "t 300000"

step "outputs that come and go"
assert "one more" busctl --system call "$streamer.$card" "$path" "$streamer" AddOutput ss more \
	/var/lib/egm-streamer/more.ts
within 10 "it sends" output_is more state running
assert "it goes" as root call RemoveOutput s more
assert "and is gone" equal "$(output more state)" ""

step "the log level"
assert "debug" systemctl service-log-level "$(unit)" debug
assert "is what it is" equal "$(systemctl service-log-level "$(unit)")" debug
assert "and back" systemctl service-log-level "$(unit)" info

step "polkit stopped in its tracks"
frames=$(status .frame)
more_frames()
{
	[ "$(status .frame)" -gt "$((frames + 30))" ]
}
systemctl kill -s STOP polkit.service
as visitor call Stop >/dev/null &
waiting=$!
within 15 "pictures go on" more_frames
systemctl kill -s CONT polkit.service
wait "$waiting"
assert "the stream was not stopped" property_is State 's "running"'

assert "no unit has failed" no_failed_units

step "the bus goes away and comes back"
pid=$(main_pid)
frames=$(status .frame)
systemctl kill -s KILL dbus.service
within 15 "pictures go on" more_frames
within 30 "the name is back" owner_is egm-streamer
assert "of the same process" equal "$(main_pid)" "$pid"
