# SPDX-License-Identifier: GPL-2.0-or-later
udevrulesdir = $(udevdir)/rules.d
udevhwdbdir = $(udevdir)/hwdb.d
dist_udevrules_DATA = %D%/70-egm-streamer.rules
dist_udevhwdb_DATA = %D%/70-egm.hwdb
