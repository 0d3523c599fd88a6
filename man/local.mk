# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += %D%/egm-streamer.8 %D%/egm-streamer.conf.5 %D%/egm-streamer@.service.8 \
	%D%/egmctl-import.8 %D%/egmctl.1 %D%/org.egm.Streamer1.5 %D%/egm-udev.7
