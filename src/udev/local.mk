# SPDX-License-Identifier: GPL-2.0-or-later
udev_PROGRAMS = %D%/egm-card-name
%C%_egm_card_name_SOURCES = %D%/card-name.c %D%/card-name.h %D%/egm-card-name.c
