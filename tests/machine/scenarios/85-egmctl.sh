# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# egmctl as it is installed, on a machine with a card: what it shows, what it finds, and names that it
# gives while udev and systemd are at work.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

rules=/etc/udev/rules.d/69-egm-local.rules

# ctl ARGUMENT…: its status is $ctl_status, and what it printed in $work/ctl and $work/ctl.err
ctl()
{
	egmctl "$@" >"$work/ctl" 2>"$work/ctl.err"
	ctl_status=$?
	head -n 20 "$work/ctl" | note
	head -n 5 "$work/ctl.err" | note
}

# says PATTERN, in what it printed
says()
{
	grep -Eq -- "$1" "$work/ctl"
}

complains()
{
	grep -Eq -- "$1" "$work/ctl.err"
}

json_has()
{
	jq -e --arg card "$card" "$1" "$work/ctl"
}

# finding LEVEL CHECK SUBJECT
finding()
{
	jq -e --arg level "$1" --arg check "$2" --arg subject "$3" \
		'.Findings | any(.Level == $level and .Check == $check and .Subject == $subject)' "$work/ctl"
}

links()
{
	find /dev/egm -type l -printf '%f\n' 2>/dev/null | sort | paste -sd ' '
}

instances()
{
	systemctl list-units --plain --no-legend --state=active,activating,failed 'egm-streamer@*.service' |
		cut -d ' ' -f 1 | paste -sd ' '
}

step "a running stream"
configure <<CONF
video: { size = "320x180"; rate = 15; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "300k"; gop = 15; };
outputs = ( { name = "file"; url = "/var/lib/egm-streamer/live.ts"; } );
CONF
assert "vivid is there" load_vivid
within 30 "udev has started an instance" find_card
within 20 "the input is live" live
within 15 "the file is written" output_is file state running
node=$(vivid_node)
old=$card

step "what is shown"
ctl cards
assert "cards" equal "$ctl_status" 0
assert "has the card, its node and its service" says "^$card +$node .* active\$"
ctl cards --json
assert "and as JSON" json_has 'map(select(.Service == "active")) | length == 1 and .[0].Name == $card'
ctl
assert "the overview" says "^$card .* running +live 320x180 .* 1/1\$"
ctl status --json
assert "status --json" json_has 'length == 1 and (.[0] |
	.Card == $card and .Running and .Unit == "active" and .Error == "" and .State == "running" and
	.InputLive and .InputSize == [320, 180] and
	(.Outputs | length == 1 and .[0].Name == "file" and .[0].State == "running"))'
ctl logs "$card"
assert "logs has what the service says" says "egm-streamer\[[0-9]+\]: Input is live"
assert "and what systemd says of it" says "systemd\[1\]: Started .*$card"
assert "and nothing of others" not grep -q 'scenario\[' "$work/ctl"
ctl logs --catalog "$card"
assert "and our explanations" says 'Pictures come from the card, and the outputs show them'
ctl check-config
assert "check-config is content" equal "$ctl_status" 0
mkdir -p /etc/egm/cards
echo 'video: { rate = "fast"; };' >"/etc/egm/cards/$card.conf"
ctl check-config
assert "a mistake in a card's file fails" equal "$ctl_status" 1
assert "and is named with its line" complains "/etc/egm/cards/$card\.conf:1"
rm "/etc/egm/cards/$card.conf"

step "what is found"
# Colour bars that stand still would be.
v4l2-ctl -d "$node" -c test_pattern=4,horizontal_movement=2
picture_is_ordinary()
{
	ctl doctor --json
	finding OK input "$card"
}
within 30 "nothing is odd about the picture" picture_is_ordinary
assert "doctor has no fault to find" equal "$ctl_status" 0
for check in "card $card" "access $node" "service $card" "input $card" "output $card/file" \
	"disk /var/lib/egm-streamer" "encoder "; do
	assert "but this to say: ${check% }" finding OK "${check%% *}" "${check#* }"
done
chmod 0600 "$node"
ctl doctor --json
assert "a node that the service may not open: it fails" equal "$ctl_status" 5
assert "and says so" finding FAULT access "$node"
chmod 0660 "$node"

step "a name"
pid=$(main_pid)
ctl card name "$card" Left
assert "one that is none is refused" equal "$ctl_status" 2
assert "and nothing has come of it" equal "$(links) $(main_pid) $(find $rules 2>/dev/null)" "$card $pid "
ctl card name "$card" left
assert "card name" equal "$ctl_status" 0
assert "udev knows it when that ends" equal "$(links)" left
assert "the link leads to the node" equal "$(readlink -f /dev/egm/left)" "$node"
assert "the line is what was said" grep -xF "$(sed -n "s|^$rules: ||p" "$work/ctl")" $rules
card=left
within 30 "the instance of the new name is up" active
within 20 "the input is live" live
within 15 "the file is written" output_is file state running
assert "the old one is gone, and did not fail" equal "$(instances)" egm-streamer@left.service
assert "with its process" equal "$(pgrep -c -x egm-streamer)" 1
ctl status --json
assert "status has it" json_has 'length == 1 and .[0].Card == "left" and .[0].State == "running"'
ctl status "$old"
assert "and nobody of the old name" equal "$ctl_status" 3
pid=$(main_pid)
assert "udev looks again" udevadm trigger --settle --action=change --subsystem-match=video4linux
assert "and leaves it alone" equal "$(links) $(main_pid)" "left $pid"

step "left out, and taken back"
ctl card ignore left
assert "card ignore" equal "$ctl_status" 0
assert "no name, no process" equal "$(links) $(pgrep -c -x egm-streamer)" " 0"
ctl cards
assert "cards says why" says "$node .*no card: is to be ignored"
ctl card forget "$node"
assert "card forget" equal "$ctl_status" 0
assert "it has the name that it had" equal "$(links)" left
within 30 "its instance is up" active
within 20 "the input is live" live
assert "no rule of ours is left" not grep -v '^#' $rules
assert "no unit has failed" no_failed_units
