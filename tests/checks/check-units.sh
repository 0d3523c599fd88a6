#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The units are understood by this systemd, and the sandbox leaves no more open than we say.
threshold=15 # tenths
# shellcheck source=tests/checks/lib.sh
. "${top_srcdir:?is set by make check}"/tests/checks/lib.sh

command -v systemd-analyze >/dev/null || skip_all 'no systemd-analyze'

# Programs that the units start are not installed here.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cp "$top_srcdir"/units/*.target "$top_srcdir"/units/*.slice "$top_srcdir"/units/egm-coldplug.service \
	"$top_srcdir"/units/*.socket "$top_builddir"/units/egm-console.service \
	"$top_builddir"/units/egm-streamer@.service "$top_builddir"/units/egm-usb-reset@.service "$dir"
sed -i -e 's|^ExecStart=[^ ]*/egm-streamer |ExecStart=/bin/true |' \
	-e 's|^ExecStart=[^ ]*/egm-console$|ExecStart=/bin/true|' \
	-e 's|^ExecStart=[^ ]*/egm-usb-reset$|ExecStart=/bin/true|' \
	"$dir"/egm-console.service "$dir"/egm-streamer@.service "$dir"/egm-usb-reset@.service
cp "$dir"/egm-streamer@.service "$dir"/egm-streamer@card.service
cp "$dir"/egm-usb-reset@.service "$dir"/egm-usb-reset@0.service

for unit in "$dir"/*.target "$dir"/*.slice "$dir"/egm-coldplug.service "$dir"/egm-console.service \
	"$dir"/egm-streamer@card.service "$dir"/egm-usb-reset.socket "$dir"/egm-usb-reset@0.service; do
	complaints=$(SYSTEMD_UNIT_PATH="$dir:" systemd-analyze verify --man=no "$unit" 2>&1 |
		grep -F egm)
	clean "$complaints" \
		"${unit##*/}: systemd $(systemctl --version | awk 'NR == 1 { print $2 }') understands it"
done

for unit in egm-console.service egm-streamer@card.service egm-usb-reset@0.service; do
	exposure=$(systemd-analyze security --offline=true --threshold=$threshold --no-pager \
		"$dir/$unit" 2>&1)
	status=$?
	echo "$exposure" | tail -n 1 | sed 's/^/# /'
	result $status "$unit: exposure at most $threshold tenths"
done

if udevadm verify --help >/dev/null 2>&1; then
	complaints=$(udevadm verify "$top_srcdir"/udev/70-egm-streamer.rules 2>&1)
	status=$?
	[ $status -eq 0 ] || echo "$complaints" | sed 's/^/# /'
	result $status '70-egm-streamer.rules: udev understands it'
fi

# The hardware database is compiled into a folder of its own, and asked.
if command -v systemd-hwdb >/dev/null; then
	mkdir -p "$dir"/root/etc/udev/hwdb.d
	cp "$top_srcdir"/udev/70-egm.hwdb "$dir"/root/etc/udev/hwdb.d
	complaints=$(systemd-hwdb --strict --root="$dir"/root update 2>&1)
	clean "$complaints" '70-egm.hwdb: udev understands it'
	answer=$(systemd-hwdb --root="$dir"/root query egm:usb:v534Dp2109d2100dcEFdsc02dp01)
	[ "$answer" = EGM_SERIAL_IS_MODEL=1 ]
	result $? '70-egm.hwdb: a grabber with a constant serial number is found'
	[ -z "$(systemd-hwdb --root="$dir"/root query egm:usb:v1234p5678d0100)" ]
	result $? '70-egm.hwdb: others are not'
fi

finish
