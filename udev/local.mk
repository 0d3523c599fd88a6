# SPDX-License-Identifier: GPL-2.0-or-later
udevrulesdir = $(udevdir)/rules.d
dist_udevrules_DATA = %D%/70-egm-streamer.rules
