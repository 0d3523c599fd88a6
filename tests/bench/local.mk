# SPDX-License-Identifier: GPL-2.0-or-later
check_PROGRAMS += %D%/floor
%C%_floor_SOURCES = %D%/floor.c %D%/measure.c %D%/measure.h
%C%_floor_LDADD = $(MEDIA_LIBS)
EXTRA_DIST += %D%/run %D%/recognise-variants %D%/web_faces.py
check_PROGRAMS += %D%/card
%C%_card_SOURCES = %D%/card.c %D%/measure.c %D%/measure.h
%C%_card_LDADD = $(STREAMER_LIBS)
