# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# machine: bare
# Upgrade while streaming, then remove and purge: what people made stays, what we made goes.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

step "a running stream, a changed conffile, a reference picture"
assert "vivid is there" load_vivid
assert "nginx listens for RTMP" start_rtmp_server
configure <<EOF
video: { size = "320x180"; rate = 15; };
audio: { device = "none"; };
encoder: { preset = "ultrafast"; bitrate = "400k"; gop = 15; };
outputs = ( { name = "nginx"; url = "rtmp://127.0.0.1/live/\${card}"; } );
EOF
assert "apt installs the package" install_package
within 30 "udev has started an instance" find_card
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
assert "its files are whole" dpkg --verify egm-streamer
echo '# changed by the administrator' >>/etc/egm/streamer.conf
refs=/var/lib/egm-streamer/refs/$card/PLAYING
mkdir -p "$refs"
echo picture >"$refs/made-by-hand.jpg"
mkdir -p "/var/lib/egm-streamer/spool/$card"
pid=$(main_pid)

step "upgrade"
assert "apt installs the newer package and asks nothing" \
	install_package /job/debs/egm-streamer-next.deb
assert "it is the newer one" \
	sh -c "dpkg-query -W -f '\${Version}' egm-streamer | grep -q '+next1\$'"
within 20 "the instance was started anew" pid_changed "$pid"
within 20 "the input is live" live
within 15 "RTMP is running" output_is nginx state running
assert "it runs the new program" \
	not sh -c "readlink /proc/$(main_pid)/exe | grep -q deleted"
assert "the administrator's change is still there" \
	grep -q 'changed by the administrator' /etc/egm/streamer.conf
assert "the reference picture is still there" test -e "$refs/made-by-hand.jpg"
assert "no unit has failed" no_failed_units
assert "exactly one process runs" equal "$(pgrep -c -x egm-streamer)" 1

step "everything stopped and started by the target"
assert "egm.target stops" systemctl stop egm.target
assert "no process is left" no_process
assert "egm.target starts" systemctl start egm.target
within 30 "the instance is up" active
within 15 "the input is live" live

step "remove"
assert "apt removes it" env DEBIAN_FRONTEND=noninteractive apt-get remove -y egm-streamer
assert "no process is left" no_process
assert "no unit has failed" no_failed_units
assert "the configuration is still there" \
	grep -q 'changed by the administrator' /etc/egm/streamer.conf

step "install again"
assert "apt installs it" install_package
within 30 "the instance is up" active
within 15 "the input is live" live

step "purge"
assert "apt purges it" env DEBIAN_FRONTEND=noninteractive apt-get purge -y egm-streamer
assert "no process is left" no_process
assert "no unit has failed" no_failed_units
assert "the conffile is gone" test ! -e /etc/egm/streamer.conf
assert "the last good configuration is gone" test ! -e /var/lib/egm-streamer/last-good
assert "what waited for receivers is gone" test ! -e /var/lib/egm-streamer/spool
assert "what is known about serial numbers is gone" test ! -e /var/lib/egm-cards
assert "the administrator's drop-in is still there" \
	test -e /etc/egm/streamer.conf.d/50-scenario.conf
assert "the reference picture is still there" test -e "$refs/made-by-hand.jpg"
