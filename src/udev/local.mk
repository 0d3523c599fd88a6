# SPDX-License-Identifier: GPL-2.0-or-later
udev_PROGRAMS = %D%/egm-card-name
%C%_egm_card_name_SOURCES = \
	%D%/camera.c %D%/camera.h \
	%D%/card-assign.c %D%/card-assign.h \
	%D%/card-files.c %D%/card-files.h \
	%D%/card-name.c %D%/card-name.h \
	%D%/card-register.c %D%/card-register.h \
	%D%/egm-card-name.c
%C%_egm_card_name_LDADD = src/common/libcommon.a $(SYSTEMD_LIBS)

pkglibexec_PROGRAMS = %D%/egm-usb-reset
%C%_egm_usb_reset_SOURCES = %D%/egm-usb-reset.c %D%/usb-device.c %D%/usb-device.h
%C%_egm_usb_reset_LDADD = src/common/libcommon.a $(SYSTEMD_LIBS)
