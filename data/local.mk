# SPDX-License-Identifier: GPL-2.0-or-later
dist_bashcompletion_DATA = %D%/bash-completion/egm-console %D%/bash-completion/egmctl
dist_zshcompletion_DATA = %D%/zsh/_egm-console %D%/zsh/_egmctl
bashcompletion_DATA = %D%/bash-completion/egm-streamer
EXTRA_DIST += %D%/bash-completion/egm-streamer
# journalctl -x; Debian's systemd reads the folder again by itself when a package changes it.
dist_catalog_DATA = \
	%D%/catalog/egm-streamer.catalog \
	%D%/catalog/egm-streamer.zh_CN.catalog \
	%D%/catalog/egm-streamer.zh_TW.catalog

dbuspolicydir = $(datadir)/dbus-1/system.d
dist_dbuspolicy_DATA = %D%/dbus/org.egm.Streamer1.conf
dbusinterfacesdir = $(datadir)/dbus-1/interfaces
dist_dbusinterfaces_DATA = %D%/dbus/org.egm.Streamer1.xml
polkitactionsdir = $(datadir)/polkit-1/actions
dist_polkitactions_DATA = %D%/polkit/org.egm.streamer1.policy
# What the web faces answer about themselves.
dist_pkgdata_DATA = %D%/openapi.json
