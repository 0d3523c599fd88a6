# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The other half of 67-hung.sh, run on the host in the job's folder: decoding under emulation would take
# long.
# shellcheck source=tests/machine/lib.sh
. ./lib.sh

step "what the server saw"
assert "timestamps increase in both tracks" times_increase stream.flv
assert "no hole in the picture is longer than 1 s" between 0 "$(largest_gap stream.flv video)" 1
assert "every packet decodes" decodes stream.flv
