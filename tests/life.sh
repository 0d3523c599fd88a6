# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The life of the packages in a fresh system without systemd: /old.deb and /old-tools.deb, /new.deb and
# /new-tools.deb come and go, as root; /original.yaml is a machine that is taken over. What people have
# made must come through all of it. Run by tests/release.
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

# What people have made, and who may do what with it; the backup of a take-over is there until that is undone.
list_made() {
	# shellcheck disable=SC2046
	(cd / && find var/lib/egm-streamer/refs var/lib/egm-streamer/rules etc/egm/cards \
		etc/egm/streamer.conf.d/mine.conf etc/egm/keys/srs $(ls -d var/lib/egm-import 2>/dev/null) \
		-printf '%p %u:%g %m %s %T@\n' | sort)
}

# kept WHEN: it is as it was
kept() {
	list_made >/tmp/now
	check "$1: what people have made is there" diff /tmp/made /tmp/now
}

files() {
	find / -xdev \( -path /proc -o -path /tmp -o -path /var/lib/apt -o -path /var/lib/dpkg \
		-o -path /var/cache -o -path /var/log \) -prune -o -print | sort
}

# versions_are OLD|NEW
versions_are() {
	[ "$(dpkg-query -W -f '${Version}' egm-streamer)" = "$(dpkg-deb -f "/$1.deb" Version)" ] &&
		[ "$(dpkg-query -W -f '${Version}' egm-tools)" = "$(dpkg-deb -f "/$1-tools.deb" Version)" ]
}

purged() {
	! dpkg-query -W -f '${Package} ${db:Status-Status}\n' egm-streamer egm-tools 2>/dev/null |
		grep -v not-installed
}

# Twice the same ground: the dependencies are there, the package has been.
check 'they are installed' get install /old.deb /old-tools.deb adequate
check 'adequate has nothing to say' sh -c '! adequate egm-streamer egm-tools | grep .'
check 'their files are whole' sh -c '! dpkg --verify egm-streamer egm-tools | grep .'
check 'they are purged' get purge egm-streamer egm-tools
check 'dpkg knows nothing of them' purged
check 'nothing of it is left' sh -c '! find /etc/egm /var/lib/egm-streamer /run/egm-streamer 2>/dev/null | grep .'
check 'its user stays' getent passwd egm-streamer
files >/tmp/before

# What the tools need is in the system, too, when they are alone.
check 'the tools do without the streamer' get install /old-tools.deb
check 'they run' egmctl --version
check 'the older version is installed' get install /old.deb /old-tools.deb
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

mkdir /etc/egm-streamer
cp /original.yaml /etc/egm-streamer/
check 'a machine of the original is taken over' egmctl import --yes
check 'its card has settings' grep -q 'Taken over' /etc/egm/cards/game.conf
check 'which are good' egm-streamer --check-config --card game
check 'there is a backup' test -d /var/lib/egm-import
list_made >/tmp/made

check 'upgrade' get install /new.deb /new-tools.deb
check 'it is the newer version' versions_are new
kept 'upgrade'
check 'a changed conffile stays, and nobody asks' grep -q '^# mine' /etc/egm/streamer.conf
check 'downgrade' get install /old.deb /old-tools.deb
check 'it is the older version' versions_are old
kept 'downgrade'
check 'the program starts' egm-streamer --check-config
check 'the tools start' egmctl --help
check 'the tools go alone' get remove egm-tools
check 'and the streamer stays' egm-streamer --version
check 'removal' get remove egm-streamer
kept 'removal'
check 'a changed conffile stays' grep -q '^# mine' /etc/egm/streamer.conf
check 'installed again' get install /new.deb /new-tools.deb
kept 'installed again'
check 'the take-over is undone by a later version' egmctl import --undo --yes
check 'its card has no settings any more, nor is there a backup' \
	sh -c '! ls -d /etc/egm/cards/game.conf /var/lib/egm-import'
list_made >/tmp/made
check 'purge' get purge egm-streamer egm-tools
check 'dpkg knows nothing of them' purged
kept 'purge'
check 'conffiles are gone' test ! -e /etc/egm/streamer.conf
for folder in cache spool last-good candidates; do
	check "purge: $folder is gone" test ! -e "/var/lib/egm-streamer/$folder"
done

# As README.Debian says.
rm -r /var/lib/egm-streamer /etc/egm
rm -r /etc/egm-streamer # the original's
files >/tmp/after
check 'nothing else is left' diff /tmp/before /tmp/after
echo "1..$n"
