# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The life of the package in a fresh system without systemd: /old.deb and /new.deb come and go, as root.
# What people have made must come through all of it. Run by tests/release.
refs=/var/lib/egm-streamer/refs/left/PLAYING
n=0

result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		tail -n 20 /tmp/output | sed 's/^/# /'
	fi
}

check() {
	words=$1
	shift
	"$@" >/tmp/output 2>&1
	result $? "$words"
}

get() {
	apt-get -y -qq -o Dpkg::Use-Pty=0 --allow-downgrades "$@" </dev/null
}

# kept WHEN: what people have made is as it was, and may be read as it could
kept() {
	check "$1: what people have made is there" sh -c '
		(cd / && find var/lib/egm-streamer/refs var/lib/egm-streamer/rules etc/egm/cards \
			etc/egm/streamer.conf.d/mine.conf etc/egm/keys/srs \
			-printf "%p %u:%g %m %s %T@\n" | sort) | cmp - /tmp/made'
}

files() {
	find / -xdev \( -path /proc -o -path /tmp -o -path /var/lib/apt -o -path /var/lib/dpkg \
		-o -path /var/cache -o -path /var/log \) -prune -o -print | sort
}

version_is() {
	[ "$(dpkg-query -W -f '${Version}' egm-streamer)" = "$(dpkg-deb -f "$1" Version)" ]
}

# Twice the same ground: the dependencies are there, the package has been.
check 'it is installed' get install /old.deb adequate
check 'adequate has nothing to say' sh -c '! adequate egm-streamer | grep .'
check 'its files are whole' sh -c '! dpkg --verify egm-streamer | grep .'
check 'it is purged' get purge egm-streamer
check 'nothing of it is left' sh -c '! find /etc/egm /var/lib/egm-streamer /run/egm-streamer 2>/dev/null | grep .'
check 'its user stays' getent passwd egm-streamer
files >/tmp/before

check 'the older version is installed' get install /old.deb
mkdir -p "$refs" /var/lib/egm-streamer/rules /var/lib/egm-streamer/cache/hashes \
	/var/lib/egm-streamer/spool/left /var/lib/egm-streamer/last-good
echo picture >"$refs/by-hand.jpg"
echo rules >/var/lib/egm-streamer/rules/left.conf
chown -R egm-streamer: /var/lib/egm-streamer
echo 'machine = "egm-101";' >/etc/egm/streamer.conf.d/mine.conf
echo 'machine = "egm-101";' >/etc/egm/cards/left.conf
echo secret >/etc/egm/keys/srs
chmod 0600 /etc/egm/keys/srs
echo '# mine' >>/etc/egm/streamer.conf
(cd / && find var/lib/egm-streamer/refs var/lib/egm-streamer/rules etc/egm/cards \
	etc/egm/streamer.conf.d/mine.conf etc/egm/keys/srs \
	-printf "%p %u:%g %m %s %T@\n" | sort) >/tmp/made

check 'upgrade' get install /new.deb
check 'it is the newer version' version_is /new.deb
kept 'upgrade'
check 'a changed conffile stays, and nobody asks' grep -q '^# mine' /etc/egm/streamer.conf
check 'downgrade' get install /old.deb
check 'it is the older version' version_is /old.deb
kept 'downgrade'
check 'the program starts' egm-streamer --check-config
check 'removal' get remove egm-streamer
kept 'removal'
check 'a changed conffile stays' grep -q '^# mine' /etc/egm/streamer.conf
check 'installed again' get install /new.deb
kept 'installed again'
check 'purge' get purge egm-streamer
kept 'purge'
check 'conffiles are gone' test ! -e /etc/egm/streamer.conf
for folder in cache spool last-good candidates; do
	check "purge: $folder is gone" test ! -e "/var/lib/egm-streamer/$folder"
done

# As README.Debian says.
rm -r /var/lib/egm-streamer /etc/egm
files >/tmp/after
check 'nothing else is left' diff /tmp/before /tmp/after
echo "1..$n"
