# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What every scenario goes on from that is not about installing: a machine without a card, on which both
# packages have been installed.
# shellcheck source=tests/machine/lib.sh
. /job/lib.sh

settled()
{
	udevadm settle && [ "$(systemctl list-jobs --no-legend | wc -l)" -eq 0 ]
}

step "the packages on a machine without a card"
assert "apt installs them" install_both
assert "egm.target is up" systemctl is-active egm.target
assert "no instance runs" not find_card
within 30 "nothing is still being done" settled
assert "no unit has failed" no_failed_units
