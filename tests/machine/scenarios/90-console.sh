# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The console as it is installed, over two cards: shut at first, opened by a token and by a network, each
# card at its place, one that is stopped, what its sandbox keeps from it, and its end.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

token=a-token-of-this-scenario

# The console's answer to a path: its status, and what it said in $work/answer.
status_of()
{
	path=$1
	shift
	curl -sS -m 30 -o "$work/answer" -w '%{http_code}' "$@" "http://127.0.0.1:8080$path"
}

answers()
{
	wanted=$1
	shift
	equal "$(status_of "$@")" "$wanted"
}

with_token()
{
	wanted=$1
	shift
	answers "$wanted" "$@" -H "Authorization: Bearer $token"
}

answer_has()
{
	jq -e "$1" "$work/answer"
}

listens()
{
	ss -ltnH | grep -q ':8080 '
}

console_pid()
{
	systemctl show -P MainPID egm-console
}

console_is_another()
{
	[ "$(console_pid)" != 0 ] && [ "$(console_pid)" != "$1" ]
}

cards_alive()
{
	with_token 200 /api/v1/cards &&
		equal "$(jq -c '[.cards[] | select(.alive and .input_live) | [.name, .role]]' "$work/answer")" "$1"
}

step "the package, without a word about who may come in"
assert "apt installs it" install_package /job/debs/egm-console.deb
assert "the console is up" systemctl is-active egm-console
assert "and enabled" systemctl is-enabled egm-console
assert "it does not listen" not listens
assert "the journal says what to do" sh -c 'journalctl -b -o cat \
	MESSAGE_ID=767896de2a7440ebbbfbb354e14289d1 | grep "a token"'
assert "its user has the group of the cards" sh -c 'id -Gn egm-console | grep -w egm-streamer'
assert "the installed settings are fine" egm-console --check-config

step "two cards"
configure <<EOF
video: { size = "320x180"; rate = 5; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "200k"; gop = 5; };
outputs = ( );
EOF
mkdir -p /etc/egm/cards
echo 'role = "cam";' >/etc/egm/cards/vivid_001.conf
modprobe vivid n_devs=2 num_inputs=1,1 input_types=0,0
udevadm settle
for card in vivid_000 vivid_001; do
	within 60 "$card is up" active
	within 60 "$card is live" live
done

step "a token"
(umask 077 && echo "$token" >/etc/egm/console-keys/hall)
mkdir -p /etc/egm/console.conf.d
cat >/etc/egm/console.conf.d/50-scenario.conf <<EOF
listen = "0.0.0.0:8080";
tokens = ( { name = "hall"; roles = ( "operate", "teach" ); token = "\${credential:hall}"; } );
EOF
assert "the settings are fine" egm-console --check-config
assert "the console starts anew with the new credential" systemctl restart egm-console
within 20 "it listens" listens
assert "without the token nothing is told" answers 401 /api/v1/cards
within 20 "with it both cards are" cards_alive '[["vivid_000","game"],["vivid_001","cam"]]'
for card in vivid_000 vivid_001; do
	assert "$card answers at its place" with_token 200 "/api/v1/cards/$card/status"
	assert "for itself" answer_has ".card == \"$card\""
done
assert "a card that is not there" with_token 404 /api/v1/cards/vivid_009/status
assert "a monitor needs no token" answers 200 /healthz
assert "nor does the page, which asks for one" answers 200 /
assert "it is the page" grep -q '<script type="module"' "$work/answer"
assert "its script" answers 200 /web/js/main.js
assert "the API's document" with_token 200 /api/openapi.json
assert "which is one" answer_has '.paths["/api/streams"].get'
for card in vivid_000 vivid_001; do
	assert "a picture of $card" with_token 200 "/api/v1/cards/$card/snapshot.jpg?width=160"
	assert "which is a JPEG" sh -c "head -c 3 '$work/answer' | od -An -tx1 | grep 'ff d8 ff'"
done
assert "both streams by the original's paths" with_token 200 /api/streams
assert "with their roles" answer_has '.game.name == "game" and .cam.name == "cam"'
assert "the figures tell of both" with_token 200 /metrics
assert "by name" grep -c '^egm_console_card_up{card="vivid_00[01]"} ' "$work/answer"

step "a network, by a reload"
pid=$(console_pid)
cat >/etc/egm/console.conf.d/60-scenario.conf <<EOF
open_to = ( "127.0.0.1/32" );
EOF
assert "the console is reloaded" systemctl reload egm-console
within 20 "from there no token is needed" answers 200 /api/v1/cards
assert "but nothing may be changed without" \
	answers 403 /api/v1/cards/vivid_000/control -X POST -d '{"action":"stop"}'
assert "it is the same process" equal "$(console_pid)" "$pid"

step "a card that is stopped"
assert "vivid_001 is stopped" systemctl stop egm-streamer@vivid_001
within 10 "its requests fail" answers 502 /api/v1/cards/vivid_001/status
assert "the other's do not" answers 200 /api/v1/cards/vivid_000/status
within 20 "and it is told to be away" cards_alive '[["vivid_000","game"]]'
assert "vivid_001 is started" systemctl start egm-streamer@vivid_001
within 30 "and is back" answers 200 /api/v1/cards/vivid_001/status

step "the sandbox"
for capabilities in CapInh CapPrm CapEff CapBnd CapAmb; do
	assert "no capability: $capabilities" \
		grep -x "$capabilities:	0000000000000000" "/proc/$(console_pid)/status"
done
assert "the exposure is what we say" systemd-analyze security --no-pager --threshold=15 egm-console
assert "it runs as its own user" equal "$(ps -o user= -p "$(console_pid)")" egm-console
assert "in the slice" equal "$(cat "/proc/$(console_pid)/cgroup")" "0::/egm.slice/egm-console.service"
(umask 077 && echo key >/etc/egm/keys/srs)
assert "it does not see the keys of streams" \
	not nsenter -t "$(console_pid)" -m cat /etc/egm/keys/srs
assert "the journal does not show the token" not sh -c "journalctl -b --no-pager | grep $token"
assert "nor does its command line" not grep -a "$token" "/proc/$(console_pid)/cmdline"
assert "nor does a dump of the settings" not sh -c "egm-console --dump-config | grep $token"

step "it comes back"
pid=$(console_pid)
kill -9 "$pid"
within 20 "after it was killed" console_is_another "$pid"
within 20 "and answers" answers 200 /api/v1/cards/vivid_000/status
pid=$(console_pid)
assert "egm.target starts anew" systemctl restart egm.target
within 30 "and the console with it" console_is_another "$pid"
within 30 "and answers" answers 200 /healthz

step "its end"
DEBIAN_FRONTEND=noninteractive apt-get remove -y egm-console >"$work/removed" 2>&1
assert "nothing of it runs" not pgrep -x egm-console
assert "nobody listens" not listens
assert "the cards do not mind" systemctl is-active egm-streamer@vivid_000
DEBIAN_FRONTEND=noninteractive apt-get purge -y egm-console >"$work/removed" 2>&1
assert "its settings are purged" not test -e /etc/egm/console.conf
assert "the streamer's are not" test -e /etc/egm/streamer.conf
assert "no unit has failed" no_failed_units
