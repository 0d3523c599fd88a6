# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# machine: bare
# Several cards at once: found once each, named as the administrator likes, left alone where told so.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

rules=/etc/udev/rules.d/69-egm-local.rules

cards()
{
	systemctl list-units --plain --no-legend --state=active 'egm-streamer@*.service' |
		sed -n 's/^egm-streamer@\(.*\)\.service .*/\1/p' | sort | paste -sd ' '
}

cards_are()
{
	equal "$(cards)" "$1"
}

pids()
{
	for card in $(cards); do
		echo "$card $(main_pid)"
	done
}

restarts()
{
	systemctl show -P NRestarts 'egm-streamer@*.service' | awk '{ n += $1 } END { print n + 0 }'
}

all_live()
{
	for card in $(cards); do
		live || return 1
	done
}

links()
{
	find /dev/egm -type l -printf '%f\n' 2>/dev/null | sort | paste -sd ' '
}

links_are()
{
	equal "$(links)" "$1"
}

# From the node's appearance to READY=1, in milliseconds
ready_delays()
{
	for card in $(cards); do
		appeared=$(udevadm info -q property -n "/dev/egm/$card" |
			sed -n 's/^USEC_INITIALIZED=//p')
		ready=$(systemctl show -P ActiveEnterTimestampMonotonic "$(unit)")
		echo "$(((ready - appeared) / 1000)) $card"
	done | sort -n
}

# node_of NAME of the driver's card: /dev/videoN
node_of()
{
	for path in /sys/class/video4linux/video*; do
		[ "$(cat "$path/name")" != "$1" ] || echo "/dev/${path##*/}"
	done
}

# What the start of egm.target does, without its instances, which take long to start in here.
apply_rules()
{
	systemctl start egm-coldplug.service && udevadm settle
}

# Every card once more, as any program may ask for.
look_again()
{
	readlink -f /dev/egm/* | xargs udevadm trigger --settle --action=change
}

property_is()
{
	udevadm info -q property -n "$1" >"$work/properties"
	grep -x "$2" "$work/properties"
}

journal_of_udev_has()
{
	journalctl -b --no-pager -o cat -t egm-card-name | grep -E -- "$1"
}

step "four cards with nodes of every kind, then the package"
configure <<CONF
video: { size = "320x180"; rate = 5; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "200k"; gop = 5; };
outputs = ( );
CONF
modprobe vivid n_devs=4 num_inputs=1,1,1,1 input_types=0,0,0,0
udevadm settle
echo "# $(find /sys/class/video4linux -name 'video*' | wc -l) video nodes"
assert "apt installs the package" install_package
within 120 "one instance for each card" cards_are "vivid_000 vivid_001 vivid_002 vivid_003"
within 120 "all are live" all_live
pids >"$work/pids"
for _ in 1 2 3 4 5; do
	look_again
done
assert "nobody was started anew" equal "$(pids)" "$(cat "$work/pids")"
assert "nobody was started twice" equal "$(restarts)" 0

step "all cards off"
assert "egm.target is masked" systemctl mask --now egm.target
look_again
assert "no process is left" no_process

step "rules of the administrator"
cat >$rules <<CONF
SUBSYSTEM=="video4linux", ATTR{name}=="vivid-000-vid-cap", ENV{EGM_NAME}="left"
SUBSYSTEM=="video4linux", ATTR{name}=="vivid-001-vid-cap", ENV{EGM_IGNORE}="1"
SUBSYSTEM=="video4linux", ATTR{name}=="vivid-002-vid-cap", ENV{EGM_NAME}="Not-a-name"
CONF
assert "they are applied" apply_rules
assert "named, left alone, named by us after all" links_are "left vivid_002 vivid_003"
assert "the name that is none is in the journal" journal_of_udev_has 'Not-a-name.* is no name'
cat >$rules <<CONF
SUBSYSTEM=="video4linux", ATTR{name}=="vivid-00[01]-vid-cap", ENV{EGM_NAME}="left"
SUBSYSTEM=="video4linux", ATTR{name}=="vivid-00[23]-vid-cap", ENV{EGM_IGNORE}="1"
CONF
assert "one name for two is applied" apply_rules
two_links()
{
	links_are "left vivid_000" || links_are "left vivid_001"
}
assert "one has it, the other its own" two_links
assert "the journal names both" \
	journal_of_udev_has '/sys/devices/.* and /sys/devices/.* both would be called left'
assert "in fields, too" sh -c 'journalctl -b -o json MESSAGE_ID=06e7a1a468f44d10a0565e03e9e8e34c |
	jq -e "select(.EGM_WANTED == \"left\" and .EGM_CARD and .EGM_DEVICE and .EGM_OTHER_DEVICE)"'
sed -i 's/00\[01\]/000/' $rules
echo 'SUBSYSTEM=="video4linux", ATTR{name}=="vivid-001-vid-cap", ENV{EGM_NAME}="right"' >>$rules
assert "a name for each is applied" apply_rules
assert "both have theirs" links_are "left right"
sed -i 's/"left"/"was"/; s/"right"/"left"/; s/"was"/"right"/' $rules
assert "exchanged names are applied" apply_rules
assert "both have the other's" links_are "left right"
assert "left is now the second one" equal \
	"$(readlink -f /dev/egm/left)" "$(node_of vivid-001-vid-cap)"
rm $rules

step "webcams and models"
modprobe -a vhci-hcd uvcvideo snd-usb-audio
plug_usb webcam --port=0 --serial=CAM --product=Webcam --id=1234:5678 --camera --no-sound
plug_usb grabber --port=1 --serial=20210623 --product=Video --id=534d:2109 --no-sound
within 30 "a webcam is a card like others" test -e /dev/egm/webcam_cam
assert "but it is known for what it is" property_is /dev/egm/webcam_cam EGM_WEBCAM=1
within 30 "a model with one number for all is called by its port" \
	test -e /dev/egm/usb_vhci_hcd_0_2
assert "it is no webcam" not property_is /dev/egm/usb_vhci_hcd_0_2 EGM_WEBCAM=1
echo 'SUBSYSTEM=="video4linux", ENV{EGM_WEBCAMS}="0"' >$rules
mkdir -p /etc/udev/hwdb.d
printf 'egm:usb:v534Dp2109*\n EGM_IGNORE=1\n' >/etc/udev/hwdb.d/71-egm-local.hwdb
assert "an entry of our own is taken in" systemd-hwdb update
assert "both are applied" apply_rules
assert "neither has a name any more" links_are "vivid_000 vivid_001 vivid_002 vivid_003"
systemctl stop webcam grabber
rm $rules

step "eight cards at once"
rmmod vivid
within 20 "no links are left" links_are ""
assert "the target is unmasked and started" \
	sh -c 'systemctl unmask egm.target && systemctl start egm.target'
assert "eight cards appear" modprobe vivid n_devs=8 node_types=0x1,0x1,0x1,0x1,0x1,0x1,0x1,0x1
eight="vivid_000 vivid_001 vivid_002 vivid_003 vivid_004 vivid_005 vivid_006 vivid_007"
within 180 "eight instances are up" cards_are "$eight"
within 120 "all are live" all_live
assert "nobody was started twice" equal "$(restarts)" 0
ready_delays | sed 's/^/# ms from plug to ready: /'
assert "the slowest was ready within a minute of its node" \
	between 0 "$(ready_delays | tail -n 1 | cut -d ' ' -f 1)" 60000
assert "no unit has failed" no_failed_units
