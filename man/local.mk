# SPDX-License-Identifier: GPL-2.0-or-later
dist_man_MANS += %D%/egm-console.8 %D%/egm-console.conf.5 \
	%D%/egm-streamer.8 %D%/egm-streamer.conf.5 %D%/egm-streamer@.service.8 \
	%D%/egmctl-import.8 %D%/egmctl.1 %D%/org.egm.Streamer1.5 %D%/egm-udev.7

# Translations; tests/checks/check-translations.sh tells what they lack.
zhcnman5dir = $(mandir)/zh_CN/man5
zhcnman8dir = $(mandir)/zh_CN/man8
zhtwman5dir = $(mandir)/zh_TW/man5
zhtwman8dir = $(mandir)/zh_TW/man8
dist_zhcnman5_DATA = %D%/zh_CN/egm-streamer.conf.5
dist_zhcnman8_DATA = %D%/zh_CN/egm-streamer.8 %D%/zh_CN/egm-streamer@.service.8
dist_zhtwman5_DATA = %D%/zh_TW/egm-streamer.conf.5
dist_zhtwman8_DATA = %D%/zh_TW/egm-streamer.8 %D%/zh_TW/egm-streamer@.service.8
