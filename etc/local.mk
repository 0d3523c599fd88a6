# SPDX-License-Identifier: GPL-2.0-or-later
egmconfdir = $(sysconfdir)/egm
dist_egmconf_DATA = %D%/console.conf %D%/streamer.conf

# Where the administrator puts files of his own.
install-data-local: install-confdirs
install-confdirs:
	$(MKDIR_P) $(DESTDIR)$(egmconfdir)/streamer.conf.d $(DESTDIR)$(egmconfdir)/cards \
		$(DESTDIR)$(egmconfdir)/console.conf.d
	$(MKDIR_P) -m 0700 $(DESTDIR)$(egmconfdir)/keys $(DESTDIR)$(egmconfdir)/console-keys
.PHONY: install-confdirs
