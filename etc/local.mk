# SPDX-License-Identifier: GPL-2.0-or-later
egmconfdir = $(sysconfdir)/egm
dist_egmconf_DATA = %D%/streamer.conf

# Where the administrator puts files of his own.
install-data-local: install-confdirs
install-confdirs:
	$(MKDIR_P) $(DESTDIR)$(egmconfdir)/streamer.conf.d $(DESTDIR)$(egmconfdir)/cards
	$(MKDIR_P) -m 0700 $(DESTDIR)$(egmconfdir)/keys
.PHONY: install-confdirs
