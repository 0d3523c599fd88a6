# SPDX-License-Identifier: GPL-2.0-or-later
# A simulated USB capture card; it runs in the test machine, which has the kernel drivers it needs.
check_PROGRAMS += %D%/fakecard

%C%_fakecard_SOURCES = \
	%D%/card.h \
	%D%/descriptors.c %D%/descriptors.h \
	%D%/descriptors-sound.c %D%/descriptors-video.c %D%/descriptors-writer.h \
	%D%/main.c \
	%D%/picture.c %D%/picture.h \
	%D%/uac.c %D%/uac.h \
	%D%/usbip.c %D%/usbip.h \
	%D%/uvc.c %D%/uvc.h
%C%_fakecard_LDADD = -lm
