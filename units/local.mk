# SPDX-License-Identifier: GPL-2.0-or-later
dist_systemdsystemunit_DATA = %D%/egm-coldplug.service %D%/egm.slice %D%/egm.target
nodist_systemdsystemunit_DATA = %D%/egm-streamer@.service
EXTRA_DIST += %D%/egm-streamer.sysusers %D%/egm-streamer@.service.in
CLEANFILES += %D%/egm-streamer@.service

%D%/%.service: %D%/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) -e 's|@bindir[@]|$(bindir)|g' <$< >$@

# Installed under another name than it has here.
install-data-local: install-sysusers
install-sysusers:
	$(MKDIR_P) $(DESTDIR)$(sysusersdir)
	$(INSTALL_DATA) $(srcdir)/%D%/egm-streamer.sysusers $(DESTDIR)$(sysusersdir)/egm-streamer.conf
uninstall-local: uninstall-sysusers
uninstall-sysusers:
	rm -f $(DESTDIR)$(sysusersdir)/egm-streamer.conf
.PHONY: install-sysusers uninstall-sysusers
